//! The major numbers of the driver's character devices, from `/proc/devices`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::id::parse_decimal;

/// Which name has which major.
pub(super) struct Majors {
    file: PathBuf,
    named: Vec<(String, u32)>,
}

impl Majors {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let file = root.join("proc/devices");
        let content = fs::read_to_string(&file).map_err(|error| Error::File {
            path: file.clone(),
            reason: error.to_string(),
            io: Some(error.kind()),
        })?;
        Ok(Self { named: character_devices(&content), file })
    }

    /// The major of the GPUs and of the control node. Drivers before 545 call it `nvidia-frontend`.
    pub(super) fn gpu(&self) -> Result<u32> {
        self.find("nvidia").or_else(|| self.find("nvidia-frontend")).ok_or_else(|| self.lacks("nvidia"))
    }

    /// The major of unified memory, where its module is loaded.
    pub(super) fn unified_memory(&self) -> Option<u32> {
        self.find("nvidia-uvm")
    }

    /// The major of the capability nodes.
    pub(super) fn capabilities(&self) -> Result<u32> {
        self.find("nvidia-caps").ok_or_else(|| self.lacks("nvidia-caps"))
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, major)| *major)
    }

    fn lacks(&self, name: &str) -> Error {
        let reason = format!("there is no character device {name:?}; is the driver loaded?");
        Error::File { path: self.file.clone(), reason, io: None }
    }
}

/// The names and numbers of the section on character devices; names of block devices have majors of their own.
fn character_devices(content: &str) -> Vec<(String, u32)> {
    let lines = content.lines().skip_while(|line| *line != "Character devices:").skip(1);
    let section = lines.take_while(|line| !line.trim().is_empty());
    let read = |line: &str| {
        let (major, name) = line.trim().split_once(' ')?;
        Some((name.to_owned(), parse_decimal(major)?))
    };
    section.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn majors(content: &str) -> Majors {
        Majors { file: "/proc/devices".into(), named: character_devices(content) }
    }

    #[test]
    fn both_names_of_the_gpus_are_known() {
        let new = majors(
            "Character devices:\n  1 mem\n195 nvidia\n195 nvidiactl\n242 nvidia-caps\n\nBlock devices:\n  8 sd\n",
        );
        assert_eq!((new.gpu(), new.capabilities(), new.unified_memory()), (Ok(195), Ok(242), None));
        let old = majors("Character devices:\n195 nvidia-frontend\n  7 nvidia-uvm\n");
        assert_eq!((old.gpu(), old.unified_memory()), (Ok(195), Some(7)));
        let error = old.capabilities().unwrap_err();
        assert_eq!(
            error.to_string(),
            "/proc/devices: there is no character device \"nvidia-caps\"; is the driver loaded?"
        );
    }

    #[test]
    fn block_devices_do_not_count() {
        let odd = majors("Block devices:\n  8 nvidia\n\nCharacter devices:\nnvidia\n\n9 nvidia-uvm\n");
        assert!(odd.gpu().is_err());
        assert_eq!(odd.unified_memory(), None);
    }
}
