//! Directories that this library makes for MPS.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::mps::error::MpsError;

/// A directory for something that may fail yet: one that was made for it goes again when this is dropped, if it is empty.
#[must_use = "it removes the directory"]
pub(crate) struct Made {
    path: PathBuf,
    made: bool,
}

impl Made {
    /// What needs it has come about.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.made = false;
        std::mem::take(&mut self.path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.made {
            // What has something in it stays.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// A directory that only this user or root owns and only its owner writes to; made where it does not exist.
pub(crate) fn private(path: &Path) -> Result<Made, MpsError> {
    let refuse = |reason: String| MpsError::InvalidDirectory { path: path.to_owned(), reason };
    if path.as_os_str().as_bytes().iter().any(u8::is_ascii_control) {
        return Err(refuse("it has control characters".into()));
    }
    let made = match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(refuse(error.to_string())),
        made => made.is_ok(),
    };
    let made = Made { path: path.to_owned(), made };
    let found = fs::symlink_metadata(path).map_err(|error| refuse(error.to_string()))?;
    owned(path, &found)?;
    match found.mode() & 0o022 {
        0 => Ok(made),
        _ => Err(refuse(format!("its permissions {:o} let others write to it", found.mode() & 0o7777))),
    }
}

/// Refuses what is no directory, and what neither this user nor root owns.
pub(crate) fn owned(path: &Path, found: &fs::Metadata) -> Result<(), MpsError> {
    let own = rustix::process::geteuid().as_raw();
    let reason = if found.is_symlink() {
        "it is a link".to_owned()
    } else if !found.is_dir() {
        "it is no directory".to_owned()
    } else {
        return owned_by(path, found.uid(), own);
    };
    Err(MpsError::InvalidDirectory { path: path.to_owned(), reason })
}

fn owned_by(path: &Path, owner: u32, own: u32) -> Result<(), MpsError> {
    if owner == own || owner == 0 {
        return Ok(());
    }
    let reason = format!("it belongs to user {owner}, neither to this process's user {own} nor to root");
    Err(MpsError::InvalidDirectory { path: path.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_other_users_are_refused() {
        let path = Path::new("/x");
        assert!(owned_by(path, 0, 1000).is_ok() && owned_by(path, 1000, 1000).is_ok());
        let refused = owned_by(path, 1001, 1000).unwrap_err().to_string();
        assert!(refused.contains("user 1001") && refused.contains("user 1000"), "{refused}");
        assert!(owned_by(path, 1001, 0).is_err(), "root trusts no user either");
    }

    #[test]
    fn what_was_made_in_vain_goes_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made");
        drop(private(&path).unwrap());
        assert!(!path.exists());
        assert_eq!(private(&path).unwrap().keep(), path);
        drop(private(&path).unwrap());
        assert!(path.exists(), "what was there before stays");
        assert!(private(&folder.path().join("a\nb")).is_err());
    }
}
