//! The start of a control daemon.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::mps::daemon::MpsDaemon;
use crate::mps::directory;
use crate::mps::error::MpsError;
use crate::mps::front_end::{self, FrontEnd, PATIENCE};
use crate::mps::pipe_directory::{DaemonPresence, PipeDirectory};
use crate::mps::processes::Process;
use crate::mps::program::{self, CONTROL_PROGRAM, PIPE_DIRECTORY};
use crate::program::{Failed, after};
use crate::visible_devices::{CUDA_VISIBLE_DEVICES, VisibleDevice, VisibleDevices};

/// The variable that names the log directory.
const LOG_DIRECTORY: &str = "CUDA_MPS_LOG_DIRECTORY";
/// Variables that change what a daemon does, and that it is not to have by accident.
const FOREIGN: [&str; 4] = [
    "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT",
    "CUDA_MPS_CLIENT_PRIORITY",
    "CUDA_MPS_PROTOCOL_VERSION",
];

/// The option that makes the program a daemon.
const DAEMON: &str = "-d";
/// The option by which driver 555 has servers for several users; later ones list theirs in the help.
const OLD_MULTI_USER: &str = "-multiuser-server";
/// How the help begins, which a program also prints for an option that it does not know.
const BANNER: &str = "CUDA MPS Control";

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
    all_users: bool,
    multi_user: bool,
}

impl MpsDaemonBuilder {
    pub(crate) fn new(pipes: PathBuf) -> Self {
        Self {
            pipes,
            logs: None,
            devices: None,
            program: CONTROL_PROGRAM.into(),
            patience: PATIENCE,
            environment: Vec::new(),
            all_users: false,
            multi_user: false,
        }
    }

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

    /// Lets every user enter the pipe directory, so that his clients reach the daemon. Else it is this user's alone where it is made, as those
    /// of a daemon must be whose clients are to be his; the directories above it are the caller's concern.
    ///
    /// A daemon of root serves any user, one at a time: the clients of another wait until his have left. Before driver 550, whoever reaches
    /// a daemon can change its defaults too.
    pub fn all_users(mut self) -> Self {
        self.all_users = true;
        self
    }

    /// Serves the clients of several users at the same time, and lets [every user](Self::all_users) reach the daemon. Needs root, driver 555
    /// or later, and a GPU of Volta or later.
    pub fn multi_user(mut self) -> Self {
        self.multi_user = true;
        self
    }

    /// Starts the daemon. When this returns, it takes commands. Where it fails, the directories that were made go again.
    ///
    /// # Errors
    ///
    /// [`MpsError::AlreadyRunning`], [`MpsError::InvalidDirectory`] for directories that others could change, [`MpsError::InvalidLimit`] for
    /// an empty list of devices and for what cannot be a variable, [`MpsError::Program`] where the program cannot be run, where the
    /// server's is not on the path, or with what it said. Of a daemon for several users: [`MpsError::UnknownCommand`] with the option that
    /// an older driver does not know, and [`MpsError::NoPermission`] for who is not root.
    pub fn start(mut self) -> Result<MpsDaemon, MpsError> {
        self.check()?;
        let program = program::find(&self.program)?;
        let path = program::path_with_server(&program)?;
        let (pipes, made) = PipeDirectory::make(std::mem::take(&mut self.pipes), self.all_users || self.multi_user)?;
        let logs = directory::private(&self.logs.take().unwrap_or_else(|| pipes.path().with_extension("log")))?;
        if pipes.presence()? != DaemonPresence::Absent {
            return Err(MpsError::AlreadyRunning { directory: pipes.path().to_owned() });
        }
        let environment = self.daemon_environment(&pipes, logs.path().into(), path);
        let mut options = vec![DAEMON];
        if self.multi_user {
            options.push(multi_user_option(&program, &environment, after(self.patience)));
        }
        let started = front_end::start(&program, &options, &environment, after(self.patience));
        let front_end = FrontEnd::new(pipes.clone()).program(&program).patience(self.patience);
        let mut daemon =
            MpsDaemon { pipes, control: Arc::new(front_end), program, logs: Some(logs.path().into()), started: None };
        daemon.started = match self.outcome(&daemon, started) {
            Ok(process) => process,
            Err(error @ MpsError::AlreadyRunning { .. }) => return Err(error),
            Err(error) => return daemon.give_up(matches!(error, MpsError::Wedged { .. })).and(Err(error)),
        };
        made.keep();
        logs.keep();
        Ok(daemon)
    }

    /// Refuses what no process can be given.
    fn check(&self) -> Result<(), MpsError> {
        if self.devices.as_ref().is_some_and(|devices| devices.0.is_empty()) {
            let (what, allowed) = ("the devices of a daemon", "one or more, or no word of them for all");
            return Err(MpsError::InvalidLimit { value: "an empty list".into(), what, allowed });
        }
        for (name, value) in &self.environment {
            let [bytes, of_value] = [name, value].map(|text| text.as_bytes());
            if bytes.is_empty() || bytes.contains(&b'=') || bytes.contains(&0) || of_value.contains(&0) {
                let (what, allowed) = ("an environment variable", "a name without `=`, and no NUL in name and value");
                return Err(MpsError::InvalidLimit { value: format!("{name:?}={value:?}"), what, allowed });
            }
        }
        Ok(())
    }

    fn daemon_environment(
        &self,
        pipes: &PipeDirectory,
        logs: OsString,
        path: OsString,
    ) -> Vec<(OsString, Option<OsString>)> {
        let given = self.environment.iter().cloned().map(|(name, value)| (name, Some(value)));
        let mut environment: Vec<(OsString, Option<OsString>)> = given.collect();
        environment.extend([
            (PIPE_DIRECTORY.into(), Some(pipes.path().into())),
            (LOG_DIRECTORY.into(), Some(logs)),
            ("PATH".into(), Some(path)),
        ]);
        environment.extend(FOREIGN.map(|name| (name.into(), None)));
        let devices = self.devices.as_ref().map(|devices| devices.to_string().into());
        environment.push((CUDA_VISIBLE_DEVICES.into(), devices));
        environment
    }

    /// What came of a start: the daemon's process, where it is seen.
    fn outcome(
        &self,
        daemon: &MpsDaemon,
        started: Result<(bool, String), Failed>,
    ) -> Result<Option<Process>, MpsError> {
        let directory = || daemon.pipes.path().to_owned();
        let (success, said) = started.map_err(|failed| match failed {
            Failed::Late => MpsError::Wedged { directory: directory(), after: self.patience },
            Failed::Program(error) => front_end::program_error(&daemon.program, &error),
        })?;
        let said = said.trim();
        if said.contains("already running") {
            return Err(MpsError::AlreadyRunning { directory: directory() });
        }
        if let Some(refusal) = said.lines().find(|line| self.multi_user && line.contains("Only root")) {
            return Err(MpsError::NoPermission { command: OLD_MULTI_USER.into(), answer: refusal.trim().into() });
        }
        match daemon.pipes.presence()? {
            DaemonPresence::Present(pid) if success => {
                let process = pid.and_then(Process::find);
                // An old program that does not know the option is a front-end, and that of a daemon that began meanwhile is content.
                match process.is_none_or(|process| !self.multi_user || process.serves_all_users()) {
                    true => Ok(process),
                    false => Err(MpsError::AlreadyRunning { directory: directory() }),
                }
            }
            DaemonPresence::Absent if self.multi_user && !success && (said.is_empty() || said.contains(BANNER)) => {
                Err(MpsError::UnknownCommand { command: OLD_MULTI_USER.into() })
            }
            _ => {
                let reason = if said.is_empty() { "the daemon did not start, and said nothing" } else { said };
                let program = daemon.program.display().to_string();
                Err(MpsError::Program { program, reason: reason.into(), io: None })
            }
        }
    }
}

/// The option for several users at once, as the program's help has it. Programs before driver 580 do not list their options.
fn multi_user_option(program: &Path, environment: &[(OsString, Option<OsString>)], deadline: Instant) -> &'static str {
    let help = front_end::start(program, &["-h"], environment, deadline).map(|(_, said)| said).unwrap_or_default();
    let names = ["--multiuser-server", "--multiuser"];
    let listed = |name: &&str| help.split(|c: char| c != '-' && !c.is_ascii_alphanumeric()).any(|word| word == *name);
    names.into_iter().find(listed).unwrap_or(OLD_MULTI_USER)
}
