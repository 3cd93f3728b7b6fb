//! The compute mode that a session changes, and what it was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::compute_mode::ComputeMode;
use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// A compute mode that is to be put back.
pub(crate) struct HeldMode {
    gpu: Gpu,
    before: ComputeMode,
    journal: PathBuf,
}

impl HeldMode {
    /// Makes the device one of a single process, once what it was is written where the next session finds it.
    pub(crate) fn take(gpu: &Gpu, journal: PathBuf) -> Result<Self> {
        let held = match Self::left(gpu, &journal)? {
            Some(left) => left,
            None => {
                let before = gpu.compute_mode()?;
                write_whole(&journal, before.0.to_string().as_bytes()).map_err(|error| failed(&journal, &error))?;
                Self { gpu: gpu.clone(), before, journal }
            }
        };
        match gpu.set_compute_mode(ComputeMode::EXCLUSIVE_PROCESS) {
            Ok(()) => Ok(held),
            Err(error) => held.put_back().and(Err(error)),
        }
    }

    /// What a session that ended without a word left: the mode that it found is the one to put back.
    pub(crate) fn left(gpu: &Gpu, journal: &Path) -> Result<Option<Self>> {
        let fail = |error: io::Error| failed(journal, &error);
        let text = match fs::read_to_string(journal) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(fail)?,
        };
        let before = ComputeMode(text.trim().parse().map_err(|_| fail(io::Error::other("not a compute mode")))?);
        Ok(Some(Self { gpu: gpu.clone(), before, journal: journal.to_owned() }))
    }

    pub(crate) fn put_back(self) -> Result<()> {
        if self.gpu.compute_mode()? != self.before {
            self.gpu.set_compute_mode(self.before)?;
        }
        match fs::remove_file(&self.journal) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&self.journal, &error)),
            _ => Ok(()),
        }
    }
}

fn failed(journal: &Path, error: &io::Error) -> Error {
    Error::File { path: journal.into(), reason: error.to_string(), io: Some(error.kind()) }
}

/// Writes a file so that there is all of it or, after a crash or on a full disk, nothing. Its folder is this user's alone.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let written = write_through(&part, bytes).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What failed is told, and this may not have come to be.
        let _ = fs::remove_file(&part);
    }
    written?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).custom_flags(flags).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("GPU-1.mode");
        write_whole(&journal, b"0").unwrap();
        write_whole(&journal, b"3").unwrap();
        assert_eq!(fs::read(&journal).unwrap(), b"3");
        // What was left half-written is no hindrance; where there is no writing, the old one stays.
        fs::write(journal.with_extension("part"), "left by a crash").unwrap();
        write_whole(&journal, b"0").unwrap();
        std::os::unix::fs::symlink("/dev/full", journal.with_extension("part")).unwrap();
        assert!(write_whole(&journal, b"7").is_err());
        assert_eq!(fs::read(&journal).unwrap(), b"0");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
