//! The start of a session, and the end of one whose process died.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Result;
use crate::gpu::Gpu;
use crate::mps::advisory::Advisory;
use crate::mps::daemon::MpsDaemon;
use crate::mps::daemon_builder::MpsDaemonBuilder;
use crate::mps::directory;
use crate::mps::error::MpsError;
use crate::mps::front_end::{FrontEnd, PATIENCE};
use crate::mps::held_mode::HeldMode;
use crate::mps::hold::Hold;
use crate::mps::limits::{ActiveThreadPercentage, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};
use crate::mps::pipe_directory::PipeDirectory;
use crate::mps::program::CONTROL_PROGRAM;
use crate::mps::quit::MpsQuit;
use crate::mps::session::MpsSession;
use crate::visible_devices::VisibleDevice;

/// Where sessions have their directories unless it is said otherwise. Only root can make it.
const DEFAULT_DIRECTORY: &str = "/run/gpushare-mps";

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
    all_users: bool,
    multi_user: bool,
    environment: Vec<(OsString, OsString)>,
}

impl MpsSessionBuilder {
    pub(crate) fn new(gpu: &Gpu, device: VisibleDevice) -> Self {
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
            all_users: false,
            multi_user: false,
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
    /// [`recover`](Self::recover) or the next session of the GPU.
    pub fn exclusive_process(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// Refuses limits with which something is known to go wrong on this GPU, and a daemon of another driver than NVML's.
    pub fn deny_advisories(mut self) -> Self {
        self.deny_advisories = true;
        self
    }

    /// Lets clients of every user reach the daemon, which serves one user at a time: see
    /// [`MpsDaemonBuilder::all_users`](crate::MpsDaemonBuilder::all_users). Those of this user alone can otherwise.
    pub fn all_users(mut self) -> Self {
        self.all_users = true;
        self
    }

    /// Serves the clients of several users at the same time: see
    /// [`MpsDaemonBuilder::multi_user`](crate::MpsDaemonBuilder::multi_user).
    pub fn multi_user(mut self) -> Self {
        self.multi_user = true;
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
    /// As [`MpsDaemonBuilder::start`](crate::MpsDaemonBuilder::start) and the setters of [`MpsDaemon`]; [`MpsError::AlreadyRunning`] where the
    /// device has a session, or the process of one died and left its daemon, which [`recover`](Self::recover) ends;
    /// [`MpsError::InvalidLimit`] or [`MpsError::OtherVersion`] for a denied advisory; [`Error::File`](crate::Error::File) where what the
    /// compute mode was cannot be written down.
    pub fn start(self) -> Result<MpsSession> {
        let mut advisories = Vec::new();
        if let Some(percentage) = self.percentage {
            self.advise(&mut advisories, percentage.advisory(self.gpu.architecture()?))?;
        }
        // Before anything is made for it.
        PipeDirectory::named(self.pipes())?;
        let all_users = self.all_users || self.multi_user;
        let folder = if all_users { directory::open(&self.directory) } else { directory::private(&self.directory) }?;
        let (pipes, made) = PipeDirectory::make(self.pipes(), all_users)?;
        let hold = Hold::take(&pipes)?;
        if !all_users {
            // It may be of an earlier session that was for all.
            directory::close(pipes.path())?;
        }
        let daemon = self.daemon_builder().start()?;
        made.keep();
        folder.keep();
        let mut session = MpsSession::new(daemon, self.device, hold);
        session.advisories = advisories;
        let found = session.daemon().version_advisory(&self.gpu.nvml())?;
        self.advise(&mut session.advisories, found)?;
        self.set_up(&mut session)?;
        Ok(session)
    }

    /// Ends what a session of the device left whose process died: its daemon, servers and clients, as [`MpsDaemon::quit`] does, and the
    /// compute mode that it had set. None where nothing was left.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).init()?;
    /// # let folder = tempfile::tempdir()?;
    /// let sessions = gpushare::MpsSession::builder(&nvml.gpu(0)?).directory(folder.path());
    /// assert_eq!(sessions.recover(Duration::from_secs(1))?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MpsError::AlreadyRunning`] where the session lives, in this process or another; else as [`MpsDaemon::quit`] and
    /// [`Gpu::set_compute_mode`].
    pub fn recover(self, grace: Duration) -> Result<Option<MpsQuit>> {
        let (mut quit, mut hold) = (None, None);
        if self.pipes().symlink_metadata().is_ok() {
            let pipes = PipeDirectory::at(self.pipes())?;
            hold = Some(Hold::take(&pipes)?);
            let front_end = FrontEnd::new(pipes).program(&self.program).patience(self.patience);
            quit = MpsDaemon::by(front_end).end_left(grace)?;
        }
        if let Some(left) = HeldMode::left(&self.gpu, &self.journal())? {
            left.put_back()?;
            quit.get_or_insert_default();
        }
        drop(hold);
        Ok(quit)
    }

    fn name(&self) -> String {
        self.device.to_string().replace('/', "-")
    }

    fn pipes(&self) -> PathBuf {
        self.directory.join(self.name())
    }

    fn journal(&self) -> PathBuf {
        self.directory.join(format!("{}.mode", self.name()))
    }

    fn daemon_builder(&self) -> MpsDaemonBuilder {
        let mut builder = MpsDaemon::builder(self.pipes())
            .log_directory(self.directory.join(format!("{}.log", self.name())))
            .devices([self.device])
            .program(&self.program)
            .patience(self.patience);
        if self.multi_user {
            builder = builder.multi_user();
        }
        self.environment.iter().fold(builder, |builder, (name, value)| builder.env(name, value))
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

    fn set_up(&self, session: &mut MpsSession) -> Result<()> {
        let daemon = session.daemon();
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
            session.compute_mode = Some(HeldMode::take(&self.gpu, self.journal())?);
        } else if let Some(left) = HeldMode::left(&self.gpu, &self.journal())? {
            left.put_back()?;
        }
        Ok(())
    }
}
