//! Sessions: a daemon with its limits for one GPU or MIG device, as long as the value lives.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::gpu::Gpu;
use crate::mig::MigDevice;
use crate::mps::advisory::Advisory;
use crate::mps::daemon::MpsDaemon;
use crate::mps::error::MpsError;
use crate::mps::front_end;
use crate::mps::held_mode::HeldMode;
use crate::mps::hold::Hold;
use crate::mps::program::PIPE_DIRECTORY;
use crate::mps::quit::MpsQuit;
use crate::mps::session_builder::MpsSessionBuilder;
use crate::procfs::Procfs;
use crate::program::after;
use crate::visible_devices::{CUDA_VISIBLE_DEVICES, VisibleDevice};

/// What clients may have set, and what would change their share of the session.
const CLIENT_VARIABLES: [&str; 3] =
    ["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "CUDA_MPS_CLIENT_PRIORITY"];
/// How often it is looked whether a process has become a client.
const RETRY: Duration = Duration::from_millis(20);

/// One GPU or MIG device shared by MPS: a control daemon of its own with its limits confirmed.
///
/// [`close`](Self::close) ends it and says how; dropping it ends it too, and keeps quiet.
///
/// A client in a container needs more than its environment: the pipe directory under the same path, the `/dev/shm` of the daemon, through
/// which CUDA passes its work, and the host's process ids, without which the daemon takes nobody's word for a client. A daemon that ended is
/// a zombie where the first process of its container reaps none; whether one runs is told by its lock and never by its process id.
pub struct MpsSession {
    daemon: MpsDaemon,
    device: VisibleDevice,
    pub(crate) advisories: Vec<Advisory>,
    pub(crate) compute_mode: Option<HeldMode>,
    open: bool,
    /// The process that started it: a child made by `fork` has the value too, and is not to end its parent's session.
    owner: u32,
    _hold: Hold,
}

impl MpsSession {
    /// Shares a GPU.
    pub fn builder(gpu: &Gpu) -> MpsSessionBuilder {
        MpsSessionBuilder::new(gpu, gpu.visible_device())
    }

    /// Shares a MIG device.
    pub fn mig_builder(device: &MigDevice) -> MpsSessionBuilder {
        MpsSessionBuilder::new(device.gpu(), device.visible_device())
    }

    pub(crate) fn new(daemon: MpsDaemon, device: VisibleDevice, hold: Hold) -> Self {
        let (advisories, owner) = (Vec::new(), std::process::id());
        Self { daemon, device, advisories, compute_mode: None, open: true, owner, _hold: hold }
    }

    /// The daemon.
    pub fn daemon(&self) -> &MpsDaemon {
        &self.daemon
    }

    /// What is known to go wrong with the session's limits on this GPU, and with its daemon.
    pub fn advisories(&self) -> &[Advisory] {
        &self.advisories
    }

    /// What a client needs in its environment, and what it must not have (`None`).
    ///
    /// The device is named by its UUID: the server numbers its devices anew, so an index would name another one or none.
    pub fn client_environment(&self) -> Vec<(OsString, Option<OsString>)> {
        let mut environment = vec![
            (PIPE_DIRECTORY.into(), Some(self.daemon.pipe_directory().path().into())),
            (CUDA_VISIBLE_DEVICES.into(), Some(self.device.to_string().into())),
        ];
        environment.extend(CLIENT_VARIABLES.map(|name| (name.into(), None)));
        environment
    }

    /// Gives a command the environment of a client.
    pub fn wrap<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (name, value) in self.client_environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs a command with the environment of a client, unless it would wait for the clients of another user or run without MPS.
    ///
    /// As whom a command runs is known once it does, so one that is not to be is killed at its very beginning.
    /// [`verify_user`](MpsDaemon::verify_user) tells before.
    ///
    /// # Errors
    ///
    /// [`MpsError::Program`] where the command cannot be run, [`MpsError::NotRunning`] where the daemon has ended, else as
    /// [`MpsDaemon::verify_user`].
    pub fn spawn(&self, command: &mut Command) -> Result<Child> {
        let occupants = self.daemon.occupants()?;
        let program = PathBuf::from(command.get_program());
        let mut child = self.wrap(command).spawn().map_err(|error| front_end::program_error(&program, &error))?;
        let admitted = Procfs::own().user(child.id()).map_or(Ok(()), |uid| self.daemon.admits(&occupants, uid));
        if admitted.is_err() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        Ok(admitted.map(|()| child)?)
    }

    /// Waits until a process is a client of this daemon. A program that cannot reach the daemon runs without MPS and without its limits,
    /// and nothing says so but its absence here.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotClient`] where it has not become one in time, or [`MpsError::OtherUser`] where it waits for the clients of another
    /// user; else as [`MpsDaemon::servers`].
    pub fn verify_client(&self, pid: u32, patience: Duration) -> Result<(), MpsError> {
        let deadline = after(patience);
        loop {
            for server in self.daemon.servers()? {
                match server.clients() {
                    Ok(clients) if clients.contains(&pid) => return Ok(()),
                    Ok(_) | Err(MpsError::ServerNotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            if Instant::now() >= deadline {
                Procfs::own().user(pid).map_or(Ok(()), |uid| self.daemon.verify_user(uid))?;
                return Err(MpsError::NotClient { pid, after: patience });
            }
            std::thread::sleep(RETRY);
        }
    }

    /// Ends the session: clients have `grace` to leave, then the work of each is ended, as [`MpsDaemon::quit`] says. The compute mode is put
    /// back. Of a daemon that was killed meanwhile, what it left is ended and removed.
    ///
    /// # Errors
    ///
    /// As [`MpsDaemon::quit`] and [`Gpu::set_compute_mode`]; the session is then ended as far as it went.
    pub fn close(mut self, grace: Duration) -> Result<MpsQuit> {
        self.end(grace)
    }

    fn end(&mut self, grace: Duration) -> Result<MpsQuit> {
        self.open = false;
        let quit = match self.daemon.quit(grace) {
            // Somebody else ended it.
            Err(MpsError::NotRunning { .. }) => Ok(MpsQuit::default()),
            quit => quit,
        };
        let put_back = self.compute_mode.take().map_or(Ok(()), |held| held.put_back());
        let quit = quit?;
        put_back.map(|()| quit)
    }
}

impl Drop for MpsSession {
    fn drop(&mut self) {
        if self.open && self.owner == std::process::id() {
            // Nothing can be told from a drop; `close` tells.
            let _ = self.end(Duration::ZERO);
        }
    }
}

impl fmt::Debug for MpsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MpsSession").field("device", &self.device).field("daemon", &self.daemon).finish_non_exhaustive()
    }
}
