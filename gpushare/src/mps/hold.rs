//! The sign that a session lives.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{FlockOperation, OFlags};

use crate::mps::error::MpsError;
use crate::mps::pipe_directory::PipeDirectory;

/// Keeps a pipe directory for one session: a lock on it, which ends with this value and with the process, however that ends.
pub(crate) struct Hold {
    directory: File,
    /// The process that took it: a child made by `fork` shares the lock.
    owner: u32,
}

impl Hold {
    /// # Errors
    ///
    /// [`MpsError::AlreadyRunning`] where another has it.
    pub(crate) fn take(pipes: &PipeDirectory) -> Result<Self, MpsError> {
        let path = pipes.path();
        let refuse = |error: io::Error| MpsError::InvalidDirectory { path: path.to_owned(), reason: error.to_string() };
        let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32;
        let directory = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(refuse)?;
        match rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { directory, owner: std::process::id() }),
            Err(rustix::io::Errno::AGAIN) => Err(MpsError::AlreadyRunning { directory: path.to_owned() }),
            Err(error) => Err(refuse(error.into())),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.owner == std::process::id() {
            // Closing the file is not enough: a process that is just being started has it too for a moment.
            let _ = rustix::fs::flock(&self.directory, FlockOperation::Unlock);
        }
    }
}
