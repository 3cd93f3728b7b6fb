//! Control daemons: started, found, and what holds for servers and clients to come.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fmt};

use crate::mps::command::{MpsClient, MpsCommand};
use crate::mps::control::MpsControl;
use crate::mps::directory;
use crate::mps::error::MpsError;
use crate::mps::front_end::{self, Failed, FrontEnd, PATIENCE, PIPE_DIRECTORY, PROGRAM};
use crate::mps::limits::{ActiveThreadPercentage, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};
use crate::mps::log::MpsLog;
use crate::mps::pipe_directory::{DaemonPresence, PipeDirectory};
use crate::mps::server::MpsServer;
use crate::visible_devices::{CUDA_VISIBLE_DEVICES, VisibleDevice, VisibleDevices};

/// The variable that names the log directory.
const LOG_DIRECTORY: &str = "CUDA_MPS_LOG_DIRECTORY";
/// The program that the daemon starts for each user, by looking on its path.
const SERVER_PROGRAM: &str = "nvidia-cuda-mps-server";
/// Variables that change what a daemon does, and that it is not to have by accident.
const FOREIGN: [&str; 4] = [
    "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT",
    "CUDA_MPS_CLIENT_PRIORITY",
    "CUDA_MPS_PROTOCOL_VERSION",
];

/// An MPS control daemon. The handle names it by its pipe directory; dropping the handle leaves it running.
///
/// Its defaults hold for *servers that start later*, and those of a [server](MpsServer) for *clients that come later*. No value changes
/// what runs already.
#[derive(Clone)]
pub struct MpsDaemon {
    pub(crate) pipes: PipeDirectory,
    pub(crate) control: Arc<dyn MpsControl>,
    pub(crate) program: PathBuf,
    logs: Option<PathBuf>,
}

/// How to start a control daemon; made by [`MpsDaemon::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `start`"]
pub struct MpsDaemonBuilder {
    pipes: PathBuf,
    logs: Option<PathBuf>,
    devices: Option<VisibleDevices>,
    program: PathBuf,
    patience: Duration,
    environment: Vec<(OsString, OsString)>,
}

impl MpsDaemon {
    /// Starts a daemon in a pipe directory of its own, which is made where it does not exist.
    pub fn builder(pipe_directory: impl Into<PathBuf>) -> MpsDaemonBuilder {
        MpsDaemonBuilder {
            pipes: pipe_directory.into(),
            logs: None,
            devices: None,
            program: PROGRAM.into(),
            patience: PATIENCE,
            environment: Vec::new(),
        }
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
        let pipes = front_end.pipe_directory().clone();
        match pipes.presence()? {
            DaemonPresence::Absent => Err(MpsError::NotRunning { directory: pipes.path().to_owned() }),
            DaemonPresence::Present(_) => {
                let program = front_end.program_path().to_owned();
                Ok(Self { pipes, control: Arc::new(front_end), program, logs: None })
            }
        }
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

impl MpsDaemonBuilder {
    /// Logs into this directory, which is made where it does not exist; else into `log` in the pipe directory's parent, beside it.
    pub fn log_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.logs = Some(path.into());
        self
    }

    /// Shares these devices: one GPU, one MIG device, or several GPUs. Without them, all.
    ///
    /// A daemon for each GPU keeps a fatal fault of one client from those on other GPUs.
    pub fn devices(mut self, devices: impl IntoIterator<Item = VisibleDevice>) -> Self {
        self.devices = Some(devices.into_iter().collect());
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

    /// Gives the daemon and its servers a variable beside those that this process has, such as `LD_LIBRARY_PATH` for a driver's libraries.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts the daemon. When this returns, it takes commands.
    ///
    /// # Errors
    ///
    /// [`MpsError::AlreadyRunning`], [`MpsError::InvalidDirectory`] for directories that others could change, [`MpsError::Program`] where
    /// it cannot be run, where the server's program is not on the path, or with what it said.
    pub fn start(self) -> Result<MpsDaemon, MpsError> {
        if self.devices.as_ref().is_some_and(|devices| devices.0.is_empty()) {
            let (what, allowed) = ("the devices of a daemon", "one or more, or no word of them for all");
            return Err(MpsError::InvalidLimit { value: "an empty list".into(), what, allowed });
        }
        let program = find(&self.program)?;
        let pipes = PipeDirectory::create(self.pipes)?;
        let beside = || pipes.path().with_extension("log");
        let logs = directory::private(&self.logs.unwrap_or_else(beside))?;
        if pipes.presence()? != DaemonPresence::Absent {
            return Err(MpsError::AlreadyRunning { directory: pipes.path().to_owned() });
        }
        let given = self.environment.into_iter().map(|(name, value)| (name, Some(value)));
        let mut environment: Vec<(OsString, Option<OsString>)> = given.collect();
        environment.extend([
            (PIPE_DIRECTORY.into(), Some(pipes.path().into())),
            (LOG_DIRECTORY.into(), Some(logs.clone().into())),
            ("PATH".into(), Some(path_with_server(&program)?)),
        ]);
        environment.extend(FOREIGN.map(|name| (name.into(), None)));
        let devices = self.devices.map(|devices| devices.to_string().into());
        environment.push((CUDA_VISIBLE_DEVICES.into(), devices));
        let started = front_end::start(&program, &["-d"], &environment, front_end::after(self.patience));
        let (success, said) = started.map_err(|failed| match failed {
            Failed::Late => MpsError::Wedged { directory: pipes.path().to_owned(), after: self.patience },
            Failed::Program(error) => front_end::program_error(&program, &error),
        })?;
        let said = said.trim();
        if said.contains("already running") {
            return Err(MpsError::AlreadyRunning { directory: pipes.path().to_owned() });
        }
        if !success || pipes.presence()? == DaemonPresence::Absent {
            let reason = if said.is_empty() { "the daemon did not start, and said nothing" } else { said };
            return Err(MpsError::Program { program: program.display().to_string(), reason: reason.into(), io: None });
        }
        let front_end = FrontEnd::new(pipes.clone()).program(&program).patience(self.patience);
        Ok(MpsDaemon { pipes, control: Arc::new(front_end), program, logs: Some(logs) })
    }
}

fn not_found(program: &Path, reason: &str) -> MpsError {
    let io = Some(std::io::ErrorKind::NotFound);
    MpsError::Program { program: program.display().to_string(), reason: reason.into(), io }
}

/// A program by its path, or by its name on the path of this process.
fn find(program: &Path) -> Result<PathBuf, MpsError> {
    if program.components().count() > 1 {
        return match program.exists() {
            true => Ok(program.to_owned()),
            false => Err(not_found(program, "there is no such file")),
        };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.ok_or_else(|| not_found(program, "it is not on the path; it is part of the NVIDIA driver"))
}

/// The path on which the daemon finds its server, which it starts by name alone and whose absence it does not report.
fn path_with_server(program: &Path) -> Result<OsString, MpsError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).collect();
    if let Some(folder) = program.parent() {
        folders.insert(0, folder.to_owned());
    }
    if !folders.iter().any(|folder| folder.join(SERVER_PROGRAM).exists()) {
        return Err(not_found(Path::new(SERVER_PROGRAM), "it is neither beside the control program nor on the path"));
    }
    env::join_paths(folders).map_err(|error| not_found(Path::new(SERVER_PROGRAM), &error.to_string()))
}
