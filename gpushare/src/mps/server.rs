//! Servers: the processes through which the clients of one user reach the GPU.

use std::fmt;

use crate::mps::command::{MpsCommand, MpsServerStatus};
use crate::mps::daemon::{MpsDaemon, percentage, shown};
use crate::mps::error::MpsError;
use crate::mps::limits::{ActiveThreadPercentage, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};

/// A server of an [`MpsDaemon`]. What is set on it holds for *clients that come later*.
#[derive(Clone)]
pub struct MpsServer {
    daemon: MpsDaemon,
    pid: u32,
}

impl MpsServer {
    pub(crate) fn new(daemon: &MpsDaemon, pid: u32) -> Self {
        Self { daemon: daemon.clone(), pid }
    }

    /// Its process id, as the daemon sees it.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What it is doing.
    ///
    /// # Errors
    ///
    /// [`MpsError::ServerNotFound`]; [`MpsError::UnknownCommand`] before driver 550, else as [`MpsControl::exchange`].
    ///
    /// [`MpsControl::exchange`]: crate::MpsControl::exchange
    pub fn status(&self) -> Result<MpsServerStatus, MpsError> {
        let command = MpsCommand::GetServerStatus { server: self.pid };
        let answer = self.daemon.control.ask(command)?;
        MpsServerStatus::from_answer(&answer)
            .ok_or_else(|| MpsError::Refused { command: command.to_string(), answer: answer.trim().into() })
    }

    /// The process ids of its clients, as the daemon sees them.
    ///
    /// # Errors
    ///
    /// [`MpsError::ServerNotFound`], else as [`MpsControl::exchange`](crate::MpsControl::exchange).
    pub fn clients(&self) -> Result<Vec<u32>, MpsError> {
        let answer = self.daemon.control.ask(MpsCommand::GetClientList { server: self.pid })?;
        Ok(answer.lines().filter_map(|line| line.trim().parse().ok()).collect())
    }

    /// The share that clients to come may have; `None` while the server is busy.
    ///
    /// # Errors
    ///
    /// As [`clients`](Self::clients).
    pub fn active_thread_percentage(&self) -> Result<Option<ActiveThreadPercentage>, MpsError> {
        let command = MpsCommand::GetActiveThreadPercentage { server: self.pid };
        let answer = self.daemon.control.ask(command)?;
        if answer.trim().is_empty() { Ok(None) } else { percentage(&command, &answer).map(Some) }
    }

    /// Sets the share that clients to come may have, and reads it back.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotConfirmed`], also while the server is busy; else as [`clients`](Self::clients).
    pub fn set_active_thread_percentage(&self, percentage: ActiveThreadPercentage) -> Result<(), MpsError> {
        self.daemon.control.set(
            MpsCommand::SetActiveThreadPercentage { server: self.pid, percentage },
            MpsCommand::GetActiveThreadPercentage { server: self.pid },
            percentage,
            |found| found.parse() == Ok(percentage),
        )
    }

    /// The limit on a device for clients to come, as the daemon shows it: `2G`; `None` where there is none, and while the server is busy.
    ///
    /// # Errors
    ///
    /// [`MpsError::UnknownCommand`] before driver 535, else as [`clients`](Self::clients).
    pub fn pinned_device_memory_limit(&self, device: MpsDeviceOrdinal) -> Result<Option<String>, MpsError> {
        Ok(shown(&self.daemon.control.ask(MpsCommand::GetDevicePinnedMemLimit { server: self.pid, device })?))
    }

    /// Sets the limit on a device for clients to come, and reads back what the daemon shows of it.
    ///
    /// # Errors
    ///
    /// As [`set_active_thread_percentage`](Self::set_active_thread_percentage), and [`MpsError::UnknownCommand`] before driver 535.
    pub fn set_pinned_device_memory_limit(
        &self,
        device: MpsDeviceOrdinal,
        limit: PinnedDeviceMemoryLimit,
    ) -> Result<(), MpsError> {
        self.daemon.control.set(
            MpsCommand::SetDevicePinnedMemLimit { server: self.pid, device, limit },
            MpsCommand::GetDevicePinnedMemLimit { server: self.pid, device },
            limit,
            |found| found == limit.shown(),
        )
    }

    /// Ends a client's work on the GPU, so that its process can be killed without harm to others. It waits until that is done; the
    /// client's next call of CUDA fails.
    ///
    /// # Errors
    ///
    /// [`MpsError::Refused`] where the server has no such client or CUDA failed, [`MpsError::UnknownCommand`] before driver 535, else as
    /// [`clients`](Self::clients).
    pub fn terminate_client(&self, client: u32) -> Result<(), MpsError> {
        self.daemon.terminate_client(self.pid, client)
    }

    /// Shuts the server down once its clients have left, or now, whatever they do.
    ///
    /// # Errors
    ///
    /// As [`clients`](Self::clients).
    pub fn shut_down(&self, force: bool) -> Result<(), MpsError> {
        self.daemon.control.ask(MpsCommand::ShutdownServer { server: self.pid, force }).map(drop)
    }
}

impl MpsDaemon {
    pub(crate) fn terminate_client(&self, server: u32, client: u32) -> Result<(), MpsError> {
        let command = MpsCommand::TerminateClient { server, client };
        let answer = self.control.ask(command)?;
        match answer.lines().last().map(str::trim) {
            Some("0") => Ok(()),
            _ => Err(MpsError::Refused { command: command.to_string(), answer: answer.trim().replace('\n', ", ") }),
        }
    }
}

impl fmt::Debug for MpsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MpsServer").field("pid", &self.pid).field("daemon", &self.daemon).finish()
    }
}
