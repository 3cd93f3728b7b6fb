//! Directories that this library makes for MPS.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::mps::error::MpsError;

/// A directory that only this user or root owns and only its owner writes to; made where it does not exist.
pub(crate) fn private(path: &Path) -> Result<PathBuf, MpsError> {
    let refuse = |reason: String| MpsError::InvalidDirectory { path: path.to_owned(), reason };
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(refuse(error.to_string())),
        _ => {}
    }
    let found = fs::symlink_metadata(path).map_err(|error| refuse(error.to_string()))?;
    owned(path, &found)?;
    match found.mode() & 0o022 {
        0 => Ok(path.to_owned()),
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
    } else if found.uid() != own && found.uid() != 0 {
        format!("it belongs to user {}, neither to this process's user {own} nor to root", found.uid())
    } else {
        return Ok(());
    };
    Err(MpsError::InvalidDirectory { path: path.to_owned(), reason })
}
