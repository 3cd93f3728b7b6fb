//! Sessions: a daemon with its limits for one GPU or MIG device, as long as the value lives.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::gpu::Gpu;
use crate::mig::MigDevice;
use crate::mps::advisory::Advisory;
use crate::mps::daemon::MpsDaemon;
use crate::mps::directory;
use crate::mps::error::MpsError;
use crate::mps::front_end::{self, PATIENCE};
use crate::mps::held_mode::HeldMode;
use crate::mps::limits::{ActiveThreadPercentage, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};
use crate::mps::pipe_directory::PipeDirectory;
use crate::mps::program::{CONTROL_PROGRAM, PIPE_DIRECTORY};
use crate::mps::quit::MpsQuit;
use crate::mps::user::Occupant;
use crate::procfs::Procfs;
use crate::program::after;
use crate::visible_devices::{CUDA_VISIBLE_DEVICES, VisibleDevice};

/// Where sessions have their directories unless it is said otherwise. Only root can make it.
const DEFAULT_DIRECTORY: &str = "/run/gpushare-mps";
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
    advisories: Vec<Advisory>,
    compute_mode: Option<HeldMode>,
    open: bool,
    /// The process that started it: a child made by `fork` has the value too, and is not to end its parent's session.
    owner: u32,
}

/// How to share a device; made by [`MpsSession::builder`] or [`MpsSession::mig_builder`].
#[derive(Clone)]
#[must_use = "nothing happens before `start`"]
pub struct MpsSessionBuilder {
    gpu: Gpu,
    device: VisibleDevice,
    directory: PathBuf,
    program: PathBuf,
    patience: Duration,
    percentage: Option<ActiveThreadPercentage>,
    memory: Option<PinnedDeviceMemoryLimit>,
    priority: Option<MpsClientPriority>,
    exclusive: bool,
    deny_advisories: bool,
    environment: Vec<(OsString, OsString)>,
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
    /// As whom a command runs is known once it does, so one that would wait is killed at its very beginning.
    /// [`verify_user`](MpsDaemon::verify_user) tells before.
    ///
    /// # Errors
    ///
    /// [`MpsError::Program`] where the command cannot be run, [`MpsError::OtherUser`], [`MpsError::NotRunning`] where the daemon has ended,
    /// else as [`MpsDaemon::servers`].
    pub fn spawn(&self, command: &mut Command) -> Result<Child> {
        let occupants = self.daemon.occupants()?;
        let program = PathBuf::from(command.get_program());
        let mut child = self.wrap(command).spawn().map_err(|error| front_end::program_error(&program, &error))?;
        let admitted = Procfs::own().user(child.id()).map_or(Ok(()), |uid| Occupant::holds_back(&occupants, uid));
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

impl MpsSessionBuilder {
    fn new(gpu: &Gpu, device: VisibleDevice) -> Self {
        Self {
            gpu: gpu.clone(),
            device,
            directory: DEFAULT_DIRECTORY.into(),
            program: CONTROL_PROGRAM.into(),
            patience: PATIENCE,
            percentage: None,
            memory: None,
            priority: None,
            exclusive: false,
            deny_advisories: false,
            environment: Vec::new(),
        }
    }

    /// Keeps the directories of the session in this one, `/run/gpushare-mps` unless said. It is made if it does not exist, and only its
    /// owner may be able to write to it.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Uses this program instead of the `nvidia-cuda-mps-control` on the path.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Waits this long for the start and for each exchange, 10 s unless said.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Each client may use this share of the SMs at most.
    pub fn active_thread_percentage(mut self, percentage: ActiveThreadPercentage) -> Self {
        self.percentage = Some(percentage);
        self
    }

    /// Each client may allocate this much of the device's memory at most.
    pub fn pinned_device_memory_limit(mut self, limit: PinnedDeviceMemoryLimit) -> Self {
        self.memory = Some(limit);
        self
    }

    /// Clients have this priority unless they ask for another.
    pub fn client_priority(mut self, priority: MpsClientPriority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the compute mode to [`EXCLUSIVE_PROCESS`](crate::ComputeMode::EXCLUSIVE_PROCESS) while the session lives, so that a program that
    /// misses the daemon fails instead of running beside it. Needs root and a GPU without MIG. What it was is put back, after a crash by
    /// the next session of the GPU.
    pub fn exclusive_process(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// Refuses limits with which something is known to go wrong on this GPU, and a daemon of another driver than NVML's.
    pub fn deny_advisories(mut self) -> Self {
        self.deny_advisories = true;
        self
    }

    /// Gives the daemon and its servers a variable beside those that this process has.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts the daemon and sets what was asked for, each value read back. What was begun is taken back where something fails.
    ///
    /// # Errors
    ///
    /// As [`MpsDaemonBuilder::start`](crate::MpsDaemonBuilder::start) and the setters of [`MpsDaemon`]; [`MpsError::InvalidLimit`] or
    /// [`MpsError::OtherVersion`] for a denied advisory; [`Error::File`](crate::Error::File) where what the compute mode was cannot be
    /// written down.
    pub fn start(self) -> Result<MpsSession> {
        let mut advisories = Vec::new();
        if let Some(percentage) = self.percentage {
            self.advise(&mut advisories, percentage.advisory(self.gpu.architecture()?))?;
        }
        let name = self.device.to_string().replace('/', "-");
        // Before anything is made for it.
        PipeDirectory::named(self.directory.join(&name))?;
        let folder = directory::private(&self.directory)?;
        let builder = MpsDaemon::builder(folder.path().join(&name))
            .log_directory(folder.path().join(format!("{name}.log")))
            .devices([self.device])
            .program(&self.program)
            .patience(self.patience);
        let given = self.environment.iter();
        let daemon = given.fold(builder, |builder, (name, value)| builder.env(name, value)).start()?;
        let mut session = MpsSession {
            daemon,
            device: self.device,
            advisories,
            compute_mode: None,
            open: true,
            owner: std::process::id(),
        };
        let journal = folder.keep().join(format!("{name}.mode"));
        let found = session.daemon.version_advisory(&self.gpu.nvml())?;
        self.advise(&mut session.advisories, found)?;
        self.set_up(&mut session, &journal)?;
        Ok(session)
    }

    fn advise(&self, advisories: &mut Vec<Advisory>, found: Option<Advisory>) -> Result<(), MpsError> {
        match found {
            Some(advisory) if self.deny_advisories => Err(advisory.deny()),
            found => {
                advisories.extend(found);
                Ok(())
            }
        }
    }

    fn set_up(&self, session: &mut MpsSession, journal: &Path) -> Result<()> {
        let daemon = &session.daemon;
        if let Some(percentage) = self.percentage {
            daemon.set_default_active_thread_percentage(percentage)?;
        }
        if let Some(limit) = self.memory {
            daemon.set_default_pinned_device_memory_limit(MpsDeviceOrdinal::default(), limit)?;
        }
        if let Some(priority) = self.priority {
            daemon.set_default_client_priority(priority)?;
        }
        if self.exclusive {
            session.compute_mode = Some(HeldMode::take(&self.gpu, journal.to_owned())?);
        } else if journal.exists() {
            HeldMode::take(&self.gpu, journal.to_owned())?.put_back()?;
        }
        Ok(())
    }
}
