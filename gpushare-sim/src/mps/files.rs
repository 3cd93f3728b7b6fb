//! The files of a daemon's pipe folder.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, FlockOperation, Mode, fcntl_lock, mknodat};
use rustix::process::umask;

use super::packet;
use super::settings::below;

/// The longest path of a pipe folder.
const LONGEST_FOLDER: usize = 87;

const CONTROL: &str = "control";
const PRIVILEGED: &str = "control_privileged";
const LOCK: &str = "control_lock";
const LOG: &str = "log";
const PID: &str = "nvidia-cuda-mps-control.pid";

/// Why a daemon does not start.
#[derive(Debug)]
pub(super) enum Failure {
    /// The folder cannot be made or used.
    Folder(PathBuf),
    /// The lock is another's.
    Running,
    /// Something about which the daemon says nothing.
    Unsaid,
}

impl Failure {
    /// What is printed.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Folder(folder) => format!("Cannot access CUDA_MPS_PIPE_DIRECTORY={}\n", folder.display()),
            Self::Running => "An instance of this daemon is already running\n".to_owned(),
            Self::Unsaid => String::new(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Unsaid
    }
}

/// A pipe folder that is this daemon's.
pub(super) struct Pipe {
    folder: PathBuf,
    /// Holds the lock. It is the one descriptor of the file: to close any other would give the lock up.
    _lock: File,
    pub(super) privileged: OwnedFd,
    pub(super) control: OwnedFd,
    /// The reading end of `log`, opened for writing too, so that it never ends.
    pub(super) log: File,
    has_pid_file: bool,
}

impl Pipe {
    /// Makes the files, in the order in which a failure leaves them behind.
    pub(super) fn open(folder: &Path, has_pid_file: bool) -> Result<Self, Failure> {
        let before = umask(Mode::empty());
        let opened = Self::open_unmasked(folder, has_pid_file);
        umask(before);
        opened
    }

    fn open_unmasked(folder: &Path, has_pid_file: bool) -> Result<Self, Failure> {
        let lock = lock(folder)?;
        let log = open_log(&below(folder, LOG))?;
        if folder.as_os_str().len() > LONGEST_FOLDER {
            return Err(Failure::Unsaid);
        }
        let listen = |name, mode| {
            let path = below(folder, name);
            let socket = packet::listen_at(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
            Ok::<_, io::Error>(socket)
        };
        let privileged = listen(PRIVILEGED, 0o755)?;
        let control = listen(CONTROL, 0o666)?;
        if has_pid_file {
            fs::write(below(folder, PID), std::process::id().to_string())?;
        }
        Ok(Self { folder: folder.to_owned(), _lock: lock, privileged, control, log, has_pid_file })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what an orderly end removes; the sockets and the lock's file stay.
    pub(super) fn close(self) {
        let names = [Some(LOG), self.has_pid_file.then_some(PID)];
        for name in names.into_iter().flatten() {
            // Perhaps someone removed the folder.
            let _ = fs::remove_file(below(&self.folder, name));
        }
    }
}

fn lock(folder: &Path) -> Result<File, Failure> {
    let unusable = |_| Failure::Folder(folder.to_owned());
    match DirBuilder::new().mode(0o777).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let lock = options.read(true).write(true).create(true).truncate(false).mode(0o666).open(below(folder, LOCK));
    let lock = lock.map_err(unusable)?;
    fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| Failure::Running)?;
    Ok(lock)
}

fn open_log(path: &Path) -> Result<File, Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o777), 0).map_err(io::Error::from)?;
    Ok(OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path)?)
}
