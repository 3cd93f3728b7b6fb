//! The pipe directory: the place by which a control daemon and those who speak with it find each other.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags};
use rustix::process::{Flock, FlockType};

use crate::mps::directory;
use crate::mps::error::MpsError;

/// The longest path that every version of the daemon can use; a longer one makes it fail without a word.
const LONGEST: usize = 87;
/// The file that a daemon keeps locked as long as it lives.
const DAEMON_LOCK: &str = "control_lock";
/// The file by which users of this library take turns.
pub(crate) const TURN_LOCK: &str = "gpushare.lock";
/// How often a lock is tried that another holds.
const RETRY: Duration = Duration::from_millis(1);

/// A directory in which an MPS control daemon has, or is to have, its sockets.
///
/// ```
/// use gpushare::{DaemonPresence, PipeDirectory};
/// let folder = tempfile::tempdir()?;
/// let pipes = PipeDirectory::create(folder.path().join("mps"))?;
/// assert_eq!(pipes.presence()?, DaemonPresence::Absent);
/// assert!(PipeDirectory::at("relative/path").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PipeDirectory {
    path: PathBuf,
}

/// Whether a control daemon lives in a pipe directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DaemonPresence {
    /// No. Sockets that are there all the same are left from one that died.
    Absent,
    /// Yes, with this process id; `None` where it lives in a container whose processes are not seen here.
    Present(Option<u32>),
}

impl PipeDirectory {
    /// A directory that exists.
    ///
    /// # Errors
    ///
    /// [`MpsError::InvalidDirectory`] for a path that is empty, not absolute, longer than 87 bytes or not plain, for what is no directory
    /// or only a link to one, and for one that neither root nor this user owns: its owner would get what is sent to the daemon.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, MpsError> {
        let directory = Self::named(path.into())?;
        let refuse = |reason: String| MpsError::InvalidDirectory { path: directory.path.clone(), reason };
        let found = fs::symlink_metadata(&directory.path).map_err(|error| refuse(error.to_string()))?;
        directory::owned(&directory.path, &found)?;
        Ok(directory)
    }

    /// A directory that is made where it does not exist, for this user alone. Its parent must exist.
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at), and for a directory that others can write to, who could put sockets of their own there.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, MpsError> {
        let (directory, made) = Self::make(path.into(), false)?;
        made.keep();
        Ok(directory)
    }

    /// As [`create`](Self::create), for a daemon that may yet fail to start, and that clients of all users are to reach or not.
    pub(crate) fn make(path: PathBuf, all_users: bool) -> Result<(Self, directory::Made), MpsError> {
        let directory = Self::named(path)?;
        let made = if all_users { directory::open(&directory.path) } else { directory::private(&directory.path) }?;
        Ok((directory, made))
    }

    /// A directory by its name alone.
    pub(crate) fn named(path: PathBuf) -> Result<Self, MpsError> {
        let bytes = path.as_os_str().as_bytes();
        let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let reason = if bytes.is_empty() {
            "it is empty, which MPS takes for the root directory"
        } else if !path.is_absolute() || !plain {
            "it is not an absolute path without `.` and `..`"
        } else if bytes.len() > LONGEST {
            "it is longer than 87 bytes"
        } else if bytes.iter().any(u8::is_ascii_control) {
            "it has control characters"
        } else {
            return Ok(Self { path });
        };
        Err(MpsError::InvalidDirectory { path, reason: reason.into() })
    }

    /// The path: the value of `CUDA_MPS_PIPE_DIRECTORY`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a daemon lives here. It costs microseconds, and the daemon does not notice.
    ///
    /// # Errors
    ///
    /// [`MpsError::InvalidDirectory`] where the lock of the daemon cannot be looked at.
    pub fn presence(&self) -> Result<DaemonPresence, MpsError> {
        let path = self.path.join(DAEMON_LOCK);
        let refuse = |error: io::Error| MpsError::InvalidDirectory { path: path.clone(), reason: error.to_string() };
        // Anybody may write to the file, and looking at a lock needs no right to write.
        let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK).bits() as i32;
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(DaemonPresence::Absent),
            opened => opened.map_err(refuse)?,
        };
        let asked = Flock { pid: None, ..Flock::from(FlockType::WriteLock) };
        let holder = rustix::process::fcntl_getlk(&file, &asked).map_err(|error| refuse(error.into()))?;
        Ok(match holder {
            None => DaemonPresence::Absent,
            Some(holder) => {
                let pid = holder.pid.map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
                DaemonPresence::Present(pid)
            }
        })
    }

    /// Waits until no other user of this library speaks with the daemon here. A daemon serves one speaker and drops a second, sometimes
    /// with every sign of success.
    pub(crate) fn turn(&self, deadline: Instant) -> Result<Turn, MpsError> {
        let path = self.path.join(TURN_LOCK);
        let begun = Instant::now();
        loop {
            let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32;
            let opened =
                OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(&path);
            let file = match opened {
                Ok(file) => file,
                // Somebody else's daemon, where this user may not write: other users of it cannot be waited for.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
                {
                    return Ok(Turn { _file: None });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(MpsError::NotRunning { directory: self.path.clone() });
                }
                Err(error) => return Err(MpsError::InvalidDirectory { path, reason: error.to_string() }),
            };
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                // The file may have been removed while it was waited for, and then others lock another one.
                Ok(()) if is_at(&file, &path) => return Ok(Turn { _file: Some(file) }),
                Ok(()) => {}
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) if Instant::now() < deadline => {
                    std::thread::sleep(RETRY);
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {
                    return Err(MpsError::Wedged { directory: self.path.clone(), after: begun.elapsed() });
                }
                Err(error) => return Err(MpsError::InvalidDirectory { path, reason: error.to_string() }),
            }
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// The right to speak with the daemon, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _file: Option<File>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: impl Into<PathBuf>) -> String {
        PipeDirectory::create(path).unwrap_err().to_string()
    }

    #[test]
    fn a_long_path_is_refused_before_the_daemon_fails_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let room = 87 - folder.path().as_os_str().len() - 1;
        assert!(PipeDirectory::create(folder.path().join("a".repeat(room))).is_ok());
        assert!(refusal(folder.path().join("b".repeat(room + 1))).contains("longer than 87 bytes"));
        assert!(!folder.path().join("b".repeat(room + 1)).exists());
    }

    #[test]
    fn an_empty_or_relative_path_is_refused() {
        assert!(refusal("").contains("it is empty"));
        for path in ["mps", "./mps", "/tmp/../etc", "/tmp/./\u{7f}/x"] {
            assert!(refusal(path).contains("cannot be a pipe directory"), "{path:?}");
        }
        assert!(refusal("/tmp/a\nb").contains("control characters"));
    }

    #[test]
    fn links_and_directories_of_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        assert!(refusal(&open).contains("let others write"));
        assert!(PipeDirectory::at(&open).is_ok(), "a running daemon makes its directory so");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&open, &link).unwrap();
        assert!(refusal(&link).contains("it is a link"));
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(refusal(&file).contains("no directory"));
        assert!(refusal(folder.path().join("no/parent")).contains("No such file"));
        let made = PipeDirectory::create(folder.path().join("made")).unwrap();
        assert_eq!(fs::metadata(made.path()).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn turns_are_taken_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let pipes = PipeDirectory::create(folder.path().join("mps")).unwrap();
        let soon = || Instant::now() + Duration::from_millis(20);
        let turn = pipes.turn(soon()).unwrap();
        assert!(matches!(pipes.turn(soon()), Err(MpsError::Wedged { .. })));
        drop(turn);
        assert!(pipes.turn(soon()).is_ok());
    }
}
