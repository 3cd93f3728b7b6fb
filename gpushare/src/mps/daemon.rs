//! Control daemons: found, and what holds for servers and clients to come.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::mps::command::{MpsClient, MpsCommand};
use crate::mps::control::MpsControl;
use crate::mps::daemon_builder::MpsDaemonBuilder;
use crate::mps::error::MpsError;
use crate::mps::front_end::FrontEnd;
use crate::mps::limits::{ActiveThreadPercentage, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};
use crate::mps::log::MpsLog;
use crate::mps::pipe_directory::{DaemonPresence, PipeDirectory};
use crate::mps::processes::Process;
use crate::mps::server::MpsServer;

/// An MPS control daemon. The handle names it by its pipe directory; dropping the handle leaves it running.
///
/// Its defaults hold for *servers that start later*, and those of a [server](MpsServer) for *clients that come later*. No value changes
/// what runs already.
#[derive(Clone)]
pub struct MpsDaemon {
    pub(crate) pipes: PipeDirectory,
    pub(crate) control: Arc<dyn MpsControl>,
    pub(crate) program: PathBuf,
    pub(crate) logs: Option<PathBuf>,
    /// Its process, where this handle is of the one that was started.
    pub(crate) started: Option<Process>,
}

impl MpsDaemon {
    /// Starts a daemon in a pipe directory of its own, which is made where it does not exist.
    pub fn builder(pipe_directory: impl Into<PathBuf>) -> MpsDaemonBuilder {
        MpsDaemonBuilder::new(pipe_directory.into())
    }

    /// The daemon that runs in a pipe directory, reached by the front-end on the path.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotRunning`], and those of [`PipeDirectory::at`].
    pub fn attach(pipe_directory: impl Into<PathBuf>) -> Result<Self, MpsError> {
        Self::attach_by(FrontEnd::new(PipeDirectory::at(pipe_directory)?))
    }

    /// The daemon that a front-end reaches.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotRunning`].
    pub fn attach_by(front_end: FrontEnd) -> Result<Self, MpsError> {
        let daemon = Self::by(front_end);
        match daemon.pipes.presence()? {
            DaemonPresence::Absent => Err(MpsError::NotRunning { directory: daemon.pipes.path().to_owned() }),
            DaemonPresence::Present(_) => Ok(daemon),
        }
    }

    /// The daemon that a front-end would reach, if there is one.
    pub(crate) fn by(front_end: FrontEnd) -> Self {
        let (pipes, program) = (front_end.pipe_directory().clone(), front_end.program_path().to_owned());
        Self { pipes, control: Arc::new(front_end), program, logs: None, started: None }
    }

    /// The pipe directory.
    pub fn pipe_directory(&self) -> &PipeDirectory {
        &self.pipes
    }

    /// The way to speak with it, for exchanges of many commands at once.
    pub fn control(&self) -> &dyn MpsControl {
        &*self.control
    }

    /// Its process id, or `None` where it has ended or lives in a container whose processes are not seen here.
    ///
    /// # Errors
    ///
    /// As [`PipeDirectory::presence`].
    pub fn pid(&self) -> Result<Option<u32>, MpsError> {
        Ok(match self.pipes.presence()? {
            DaemonPresence::Present(pid) => pid,
            DaemonPresence::Absent => None,
        })
    }

    /// Its servers, the starting ones included.
    ///
    /// # Errors
    ///
    /// As [`MpsControl::exchange`].
    pub fn servers(&self) -> Result<Vec<MpsServer>, MpsError> {
        let answer = self.control.ask(MpsCommand::GetServerList)?;
        Ok(answer.lines().filter_map(|line| line.trim().parse().ok()).map(|pid| MpsServer::new(self, pid)).collect())
    }

    /// Asks for a server for a user; root may for anybody, others for themselves. It starts later, or never: the daemon does not say.
    ///
    /// # Errors
    ///
    /// [`MpsError::NoPermission`], [`MpsError::Refused`] while the daemon shuts down, else as [`MpsControl::exchange`].
    pub fn start_server(&self, uid: u32) -> Result<(), MpsError> {
        self.control.ask(MpsCommand::StartServer { uid }).map(drop)
    }

    /// All clients of all servers.
    ///
    /// # Errors
    ///
    /// [`MpsError::UnknownCommand`] before driver 535, else as [`MpsControl::exchange`].
    pub fn clients(&self) -> Result<Vec<MpsClient>, MpsError> {
        Ok(MpsClient::from_answer(&self.control.ask(MpsCommand::Ps)?))
    }

    /// The share that clients of servers to come may have.
    ///
    /// # Errors
    ///
    /// As [`MpsControl::exchange`].
    pub fn default_active_thread_percentage(&self) -> Result<ActiveThreadPercentage, MpsError> {
        let command = MpsCommand::GetDefaultActiveThreadPercentage;
        percentage(&command, &self.control.ask(command)?)
    }

    /// Sets the share that clients of servers to come may have, and reads it back.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotConfirmed`], [`MpsError::NoPermission`] for who neither started the daemon nor is root, else as
    /// [`MpsControl::exchange`].
    pub fn set_default_active_thread_percentage(&self, percentage: ActiveThreadPercentage) -> Result<(), MpsError> {
        self.control.set(
            MpsCommand::SetDefaultActiveThreadPercentage(percentage),
            MpsCommand::GetDefaultActiveThreadPercentage,
            percentage,
            |found| found.parse() == Ok(percentage),
        )
    }

    /// The limit on a device for clients of servers to come, as the daemon shows it: `2G`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`MpsError::UnknownCommand`] before driver 535, else as [`MpsControl::exchange`].
    pub fn default_pinned_device_memory_limit(&self, device: MpsDeviceOrdinal) -> Result<Option<String>, MpsError> {
        Ok(shown(&self.control.ask(MpsCommand::GetDefaultDevicePinnedMemLimit(device))?))
    }

    /// Sets the limit on a device for clients of servers to come, and reads back what the daemon shows of it.
    ///
    /// # Errors
    ///
    /// As [`set_default_active_thread_percentage`](Self::set_default_active_thread_percentage), and [`MpsError::UnknownCommand`] before
    /// driver 535.
    pub fn set_default_pinned_device_memory_limit(
        &self,
        device: MpsDeviceOrdinal,
        limit: PinnedDeviceMemoryLimit,
    ) -> Result<(), MpsError> {
        self.control.set(
            MpsCommand::SetDefaultDevicePinnedMemLimit { device, limit },
            MpsCommand::GetDefaultDevicePinnedMemLimit(device),
            limit,
            |found| found == limit.shown(),
        )
    }

    /// The priority of clients to come that ask for none.
    ///
    /// # Errors
    ///
    /// [`MpsError::UnknownCommand`] before driver 535, else as [`MpsControl::exchange`].
    pub fn default_client_priority(&self) -> Result<MpsClientPriority, MpsError> {
        let answer = self.control.ask(MpsCommand::GetDefaultClientPriority)?;
        match answer.trim() {
            "0" => Ok(MpsClientPriority::Normal),
            "1" => Ok(MpsClientPriority::BelowNormal),
            _ => Err(unexpected(&MpsCommand::GetDefaultClientPriority, &answer)),
        }
    }

    /// Sets the priority of clients to come that ask for none, and reads it back.
    ///
    /// # Errors
    ///
    /// As [`set_default_pinned_device_memory_limit`](Self::set_default_pinned_device_memory_limit).
    pub fn set_default_client_priority(&self, priority: MpsClientPriority) -> Result<(), MpsError> {
        self.control.set(
            MpsCommand::SetDefaultClientPriority(priority),
            MpsCommand::GetDefaultClientPriority,
            priority,
            |found| found == priority.to_string(),
        )
    }

    /// What the daemon and its servers log, where the daemon was started by this library.
    pub fn log(&self) -> Option<MpsLog> {
        self.logs.as_deref().map(MpsLog::new)
    }
}

/// What the daemon shows of a limit.
pub(crate) fn shown(answer: &str) -> Option<String> {
    let text = answer.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn percentage(command: &MpsCommand, answer: &str) -> Result<ActiveThreadPercentage, MpsError> {
    answer.trim().parse().map_err(|_| unexpected(command, answer))
}

fn unexpected(command: &MpsCommand, answer: &str) -> MpsError {
    MpsError::Refused { command: command.to_string(), answer: format!("answered {:?}", answer.trim()) }
}

impl fmt::Debug for MpsDaemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MpsDaemon").field("pipe_directory", &self.pipes.path()).finish_non_exhaustive()
    }
}
