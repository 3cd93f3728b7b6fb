//! Directories that this library makes for MPS.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
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
    match look(path)?.mode() & 0o7777 {
        mode if mode & 0o022 == 0 => Ok(made),
        mode => Err(refuse(format!("its permissions {mode:o} let others write to it"))),
    }
}

/// The same, that every user may enter and read.
pub(crate) fn open(path: &Path) -> Result<Made, MpsError> {
    let made = private(path)?;
    permit(path, look(path)?.mode() | 0o055)?;
    Ok(made)
}

/// Keeps others out of a directory that was open to them.
pub(crate) fn close(path: &Path) -> Result<(), MpsError> {
    permit(path, look(path)?.mode() & !0o077)
}

fn permit(path: &Path, mode: u32) -> Result<(), MpsError> {
    let mode = mode & 0o7777;
    if look(path)?.mode() & 0o7777 == mode {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| MpsError::InvalidDirectory { path: path.to_owned(), reason: error.to_string() })
}

fn look(path: &Path) -> Result<fs::Metadata, MpsError> {
    let refuse = |error: io::Error| MpsError::InvalidDirectory { path: path.to_owned(), reason: error.to_string() };
    let found = fs::symlink_metadata(path).map_err(refuse)?;
    owned(path, &found)?;
    Ok(found)
}

/// Whether a user can come to a directory. Who belongs to which group is not looked up: a group that may enter may be his.
pub(crate) fn admits(path: &Path, uid: u32) -> bool {
    let enters = |folder: &Path| match fs::metadata(folder) {
        Ok(found) if found.uid() == uid => found.mode() & 0o100 != 0,
        Ok(found) => found.mode() & 0o011 != 0,
        Err(_) => true,
    };
    uid == 0 || path.ancestors().all(enters)
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
    fn others_enter_where_they_may_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (outer, inner) = (folder.path().join("outer"), folder.path().join("outer/inner"));
        let other = rustix::process::geteuid().as_raw() + 1;
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        private(&outer).unwrap().keep();
        open(&inner).unwrap().keep();
        assert_eq!((mode(&outer), mode(&inner)), (0o700, 0o755));
        assert!(!admits(&inner, other) && admits(&inner, 0) && admits(&inner, other - 1));
        open(&outer).unwrap().keep();
        assert!(admits(&inner, other));
        close(&inner).unwrap();
        assert!(!admits(&inner, other) && admits(&outer, other));
        assert_eq!(mode(&inner), 0o700);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&outer, &link).unwrap();
        assert!(open(&link).is_err() && close(&link).is_err());
        assert_eq!(mode(&outer), 0o755);
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
