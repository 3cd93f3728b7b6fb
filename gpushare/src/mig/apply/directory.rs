//! The folder in which processes agree on who changes a GPU, and in which a change leaves its journal.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use super::journal::Journal;
use crate::error::{Error, Result};
use crate::id::GpuUuid;

/// Bits that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// A folder that only its owner writes to.
pub(super) struct Directory {
    path: PathBuf,
}

/// The right to change one GPU, until it is dropped. The kernel takes it back from a process that dies.
pub(super) struct Lock {
    _file: File,
}

fn file_error(path: &Path, error: &io::Error) -> Error {
    Error::File { path: path.to_owned(), reason: error.to_string(), io: Some(error.kind()) }
}

impl Directory {
    /// Opens the folder, or makes it. One that others could have made or can write to is refused.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let fail = |error| file_error(path, &error);
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fail(error)),
            _ => {}
        }
        let found = fs::symlink_metadata(path).map_err(fail)?;
        let own = rustix::process::geteuid().as_raw();
        let refuse =
            |reason: String| Error::File { path: path.to_owned(), reason, io: Some(io::ErrorKind::PermissionDenied) };
        if !found.is_dir() {
            return Err(refuse("not a folder".into()));
        }
        if found.uid() != own && found.uid() != 0 {
            return Err(refuse(format!(
                "belongs to user {}, neither to this process's user {own} nor to root",
                found.uid()
            )));
        }
        if found.mode() & OTHERS_WRITE != 0 {
            return Err(refuse(format!("its permissions {:o} let others write to it", found.mode() & 0o7777)));
        }
        Ok(Self { path: path.to_owned() })
    }

    fn file(&self, gpu: &GpuUuid, ending: &str) -> PathBuf {
        self.path.join(format!("{gpu}.{ending}"))
    }

    fn open_file(path: &Path) -> io::Result<File> {
        let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32;
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path)
    }

    /// Waits until no other process changes the GPU through this folder.
    pub(super) fn lock(&self, gpu: &GpuUuid) -> Result<Lock> {
        let path = self.file(gpu, "lock");
        let file = Self::open_file(&path).map_err(|error| file_error(&path, &error))?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(file_error(&path, &error.into())),
            }
        }
    }

    /// The journal of a change that was begun and not ended.
    pub(super) fn read(&self, gpu: &GpuUuid) -> Result<Option<Journal>> {
        let path = self.file(gpu, "journal");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| file_error(&path, &error))?,
        };
        let fail = |reason: String| Error::File { path: path.clone(), reason, io: None };
        Journal::from_text(&text).map(Some).map_err(fail)
    }

    /// Writes the journal: it is there whole, or not at all, and once this returns a crash does not lose it.
    pub(super) fn write(&self, gpu: &GpuUuid, journal: &Journal) -> Result<()> {
        let (new, path) = (self.file(gpu, "journal.new"), self.file(gpu, "journal"));
        let write = || {
            let mut file = Self::open_file(&new)?;
            file.set_len(0)?;
            file.write_all(journal.to_text()?.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            self.sync()
        };
        write().map_err(|error| {
            // What was written of it says nothing.
            let _ = fs::remove_file(&new);
            file_error(&path, &error)
        })
    }

    /// Removes the journal: the change has ended.
    pub(super) fn remove(&self, gpu: &GpuUuid) -> Result<()> {
        let path = self.file(gpu, "journal");
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| self.sync()).map_err(|error| file_error(&path, &error)),
        }
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}
