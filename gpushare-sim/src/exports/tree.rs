//! The files of `/proc` and `/dev` that show the machine's capabilities, below a folder of the user's.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::engine::Machine;

/// The dynamic major of `nvidia-caps`, as recorded.
const MAJOR: u32 = 242;

/// A folder that is kept in step with a machine.
///
/// `/proc` shows what there is now. Nodes in `/dev` stay after what they stood for is gone, as on a real host; they are plain files, which
/// need no root, and hold the device number that the node would have.
pub(super) struct Tree {
    root: PathBuf,
    /// What was last written: contents and permission bits, `None` for folders.
    written: BTreeMap<String, Option<(String, u32)>>,
}

impl Tree {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, written: BTreeMap::new() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Brings the files to the machine's present state.
    pub(super) fn show(&mut self, machine: &Machine) -> io::Result<()> {
        if self.written.is_empty() {
            // What an earlier machine left.
            match fs::remove_dir_all(self.path("/proc/driver/nvidia/capabilities")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => fs::create_dir_all(&self.root)?,
            }
        }
        let wanted = files(machine);
        // Backwards, so that a folder comes after what is in it.
        for (path, entry) in self.written.iter().rev().filter(|(path, _)| !wanted.contains_key(*path)) {
            let path = self.path(path);
            match entry {
                Some(_) => fs::remove_file(path)?,
                None => fs::remove_dir(path)?,
            }
        }
        for (path, entry) in wanted.iter().filter(|(path, entry)| self.written.get(*path) != Some(entry)) {
            self.write(path, entry.as_ref())?;
        }
        self.written = wanted;
        for node in machine.capability_nodes() {
            let device = format!("{MAJOR}:{}\n", node.minor);
            if !self.path(&node.path).exists() {
                self.write(&node.path, Some(&(device, node.mode)))?;
            }
        }
        Ok(())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file appears whole or not at all, as those of `/proc` do.
    fn write(&self, path: &str, entry: Option<&(String, u32)>) -> io::Result<()> {
        let path = self.path(path);
        let Some((contents, mode)) = entry else {
            return fs::create_dir_all(path);
        };
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        let new = self.root.join(format!(".new-{}", std::process::id()));
        fs::write(&new, contents)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(*mode))?;
        fs::rename(new, path)
    }
}

/// Every file and folder below `/proc` that shows the machine.
fn files(machine: &Machine) -> BTreeMap<String, Option<(String, u32)>> {
    let entries = machine.capability_entries().into_iter();
    let mut files: BTreeMap<_, _> =
        entries.map(|entry| (entry.path, entry.contents.map(|contents| (contents, entry.mode)))).collect();
    let devices = format!(
        "Character devices:\n  1 mem\n195 nvidia\n195 nvidiactl\n{MAJOR} nvidia-caps\n\nBlock devices:\n  8 sd\n"
    );
    files.insert("/proc/devices".to_owned(), Some((devices, 0o444)));
    files
}
