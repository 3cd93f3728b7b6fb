//! What goes wrong with MPS.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::ErrorKind;

/// An error of MPS; part of [`Error`](crate::Error).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MpsError {
    /// A program of MPS cannot be run.
    #[error("{program}: {reason}")]
    Program {
        /// The program, as it was looked up.
        program: String,
        /// Why it did not run, or what it said.
        reason: String,
        /// The kind of the I/O error, where there was one.
        io: Option<std::io::ErrorKind>,
    },
    /// No control daemon runs in a pipe directory.
    #[error("no MPS control daemon runs in {}", directory.display())]
    NotRunning {
        /// The pipe directory.
        directory: PathBuf,
    },
    /// A control daemon runs already in a pipe directory.
    #[error("an MPS control daemon runs already in {}", directory.display())]
    AlreadyRunning {
        /// The pipe directory.
        directory: PathBuf,
    },
    /// A control daemon is there and does not answer: somebody keeps it busy, or it hangs.
    #[error("the MPS control daemon in {} did not answer within {after:?}", directory.display())]
    Wedged {
        /// The pipe directory.
        directory: PathBuf,
        /// How long it was waited for.
        after: Duration,
    },
    /// The daemon of this driver does not know a command.
    #[error("this driver's MPS control daemon does not know the command {command}")]
    UnknownCommand {
        /// The command's word.
        command: String,
    },
    /// The daemon says that it has no such server.
    #[error("the MPS control daemon has no server {server}")]
    ServerNotFound {
        /// The server's process id.
        server: u32,
    },
    /// The daemon obeys somebody else.
    #[error("{command}: {answer}")]
    NoPermission {
        /// The command.
        command: String,
        /// The daemon's words.
        answer: String,
    },
    /// The daemon refused a command, in its words.
    #[error("{command}: {answer}")]
    Refused {
        /// The command.
        command: String,
        /// The daemon's words.
        answer: String,
    },
    /// A value was set, and another one is in force.
    #[error("{setting} was set to {wanted}, and is {found}")]
    NotConfirmed {
        /// What was set.
        setting: String,
        /// The value that was set.
        wanted: String,
        /// What the daemon says afterwards.
        found: String,
    },
    /// The connection was lost, and it is not known whether a command was executed.
    #[error("the connection was lost: {command} may or may not have been executed")]
    Uncertain {
        /// The command.
        command: String,
    },
    /// A process is no client of the daemon: it ended, or runs without MPS.
    #[error("process {pid} has not become a client of the MPS daemon within {after:?}")]
    NotClient {
        /// The process.
        pid: u32,
        /// How long it was waited for.
        after: Duration,
    },
    /// A client would wait for clients of another user: a daemon serves one user at a time.
    #[error(
        "a client of user {uid} would wait without end: MPS server {server} serves user {owner}, whose clients must leave first"
    )]
    OtherUser {
        /// The server that is there.
        server: u32,
        /// Its user.
        owner: u32,
        /// The user whose client would wait.
        uid: u32,
    },
    /// The control daemon is of another driver than the one that is loaded, and that was not to be.
    #[error(
        "the MPS control daemon is of {daemon}, and the driver of {driver}; NVIDIA supports the two of one version alone"
    )]
    OtherVersion {
        /// That of the daemon.
        daemon: String,
        /// That of the driver.
        driver: String,
    },
    /// A limit is no limit that MPS has.
    #[error("{value} is not {what}; allowed is {allowed}")]
    InvalidLimit {
        /// The value.
        value: String,
        /// What it was to be.
        what: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A path is none that MPS can use as its pipe directory.
    #[error("{path:?} cannot be a pipe directory of MPS: {reason}")]
    InvalidDirectory {
        /// The path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl MpsError {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Program { io: Some(std::io::ErrorKind::NotFound), .. } => ErrorKind::NoDriver,
            Self::Program { io: Some(std::io::ErrorKind::PermissionDenied), .. } | Self::NoPermission { .. } => {
                ErrorKind::NoPermission
            }
            Self::NotRunning { .. } | Self::ServerNotFound { .. } | Self::NotClient { .. } => ErrorKind::NotFound,
            Self::AlreadyRunning { .. } | Self::OtherUser { .. } => ErrorKind::InUse,
            Self::Wedged { .. } => ErrorKind::Timeout,
            Self::UnknownCommand { .. } | Self::OtherVersion { .. } => ErrorKind::NotSupported,
            Self::InvalidLimit { .. } | Self::InvalidDirectory { .. } => ErrorKind::InvalidArgument,
            Self::Program { .. } | Self::Refused { .. } | Self::NotConfirmed { .. } | Self::Uncertain { .. } => {
                ErrorKind::Driver
            }
        }
    }
}
