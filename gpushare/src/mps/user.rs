//! Users. A daemon has a server for one user at a time, and clients of another wait in `cuInit` until his have left.

use crate::mps::command::MpsCommand;
use crate::mps::daemon::MpsDaemon;
use crate::mps::directory;
use crate::mps::error::MpsError;
use crate::mps::pipe_directory::DaemonPresence;
use crate::mps::processes::Process;
use crate::procfs::Procfs;

/// A server that keeps the clients of other users waiting.
pub(crate) struct Occupant {
    server: u32,
    owner: u32,
}

impl Occupant {
    /// The first of them for which a client of this user would wait.
    fn holds_back(occupants: &[Self], uid: u32) -> Result<(), MpsError> {
        match occupants.iter().find(|occupant| occupant.owner != uid) {
            Some(Self { server, owner }) => Err(MpsError::OtherUser { server: *server, owner: *owner, uid }),
            None => Ok(()),
        }
    }
}

impl MpsDaemon {
    /// Looks whether a client of a user would be served. CUDA has no limit for the time that it would wait otherwise.
    ///
    /// A server without clients holds nobody back: the daemon replaces it. A daemon that was started for [several users at
    /// once](crate::MpsDaemonBuilder::multi_user) holds nobody back, and of one whose processes are not seen here, nothing can be told.
    ///
    /// # Errors
    ///
    /// [`MpsError::OtherUser`] where it would wait, [`MpsError::InvalidDirectory`] where the user cannot enter the pipe directory, so that the
    /// client would run without MPS, else as [`servers`](Self::servers).
    pub fn verify_user(&self, uid: u32) -> Result<(), MpsError> {
        self.admits(&self.occupants()?, uid)
    }

    /// Whether a client of a user would come to the daemon, and not wait for those that are there.
    pub(crate) fn admits(&self, occupants: &[Occupant], uid: u32) -> Result<(), MpsError> {
        if !directory::admits(self.pipes.path(), uid) {
            let reason = format!("user {uid} cannot enter it, whose client would run without MPS");
            return Err(MpsError::InvalidDirectory { path: self.pipes.path().to_owned(), reason });
        }
        Occupant::holds_back(occupants, uid)
    }

    /// The servers that have clients, or start for some.
    pub(crate) fn occupants(&self) -> Result<Vec<Occupant>, MpsError> {
        let servers = self.servers()?;
        let daemon = match self.pipes.presence()? {
            DaemonPresence::Present(Some(pid)) => Process::find(pid),
            _ => None,
        };
        if daemon.is_none_or(Process::serves_all_users) {
            return Ok(Vec::new());
        }
        let mut occupants = Vec::new();
        for server in servers.iter().map(|server| server.pid()).filter(|pid| Process::find(*pid).is_some()) {
            if let (Some(owner), true) = (Procfs::own().user(server), self.is_occupied(server)?) {
                occupants.push(Occupant { server, owner });
            }
        }
        Ok(occupants)
    }

    fn is_occupied(&self, server: u32) -> Result<bool, MpsError> {
        let [share, clients] = [MpsCommand::GetActiveThreadPercentage { server }, MpsCommand::GetClientList { server }];
        let mut answers = self.control.exchange(&[share, clients])?.into_iter();
        let mut said = |command: MpsCommand| match command.accept(answers.next().unwrap_or_default()) {
            Err(MpsError::ServerNotFound { .. }) => Ok(None),
            answer => answer.map(|answer| Some(!answer.trim().is_empty())),
        };
        // What is not ready shows no share.
        Ok(match (said(share)?, said(clients)?) {
            (Some(ready), Some(has_clients)) => !ready || has_clients,
            _ => false,
        })
    }
}
