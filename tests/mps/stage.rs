//! The control programs that there are, and a place to use one.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gpushare::{FrontEnd, MpsDaemon, MpsDaemonBuilder, MpsError, MpsSession, MpsSessionBuilder, Nvml};
use gpushare_sim::Machine;
use gpushare_sim::mps::Programs;

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

const CONTROL: &str = "nvidia-cuda-mps-control";
const SERVER: &str = "nvidia-cuda-mps-server";
/// The branches that Debian has packages of, and one with everything that is known of later ones.
const BRANCHES: [u32; 5] = [470, 535, 550, 555, 580];

/// A control program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) branch: u32,
    pub(crate) simulated: bool,
    control: PathBuf,
    server: PathBuf,
}

impl Program {
    /// The simulated program as a driver branch has it.
    pub(crate) fn simulated(branch: u32) -> Self {
        let programs = Programs::find().expect("`cargo build --package gpushare-sim` builds the programs");
        Self { branch, simulated: true, control: programs.control(), server: programs.folder().join(SERVER) }
    }

    /// The simulated ones, and those of NVIDIA's own that `GPUSHARE_NVIDIA_TOOLS` has.
    pub(crate) fn all() -> Vec<Self> {
        BRANCHES.map(Self::simulated).into_iter().chain(Self::nvidias()).collect()
    }

    /// NVIDIA's own that `GPUSHARE_NVIDIA_TOOLS` has, the oldest first.
    pub(crate) fn nvidias() -> Vec<Self> {
        let Some(tools) = std::env::var_os("GPUSHARE_NVIDIA_TOOLS").filter(|tools| !tools.is_empty()) else {
            return Vec::new();
        };
        let named = |name: &str, branch: u32| Path::new(&tools).join(format!("{name}-{branch}"));
        let programs: Vec<_> = BRANCHES
            .map(|branch| Self {
                branch,
                simulated: false,
                control: named(CONTROL, branch),
                server: named(SERVER, branch),
            })
            .into_iter()
            .filter(|program| program.control.exists())
            .collect();
        assert!(!programs.is_empty(), "GPUSHARE_NVIDIA_TOOLS names a folder without NVIDIA's program");
        programs
    }

    /// Limits of memory, priorities and lists of clients.
    pub(crate) fn has_limits(&self) -> bool {
        self.branch >= 535
    }
}

/// Does something on each program, on all at the same time.
pub(crate) fn each(work: impl Fn(&Stage) -> Outcome + Sync) -> Outcome {
    let on = |program: Program| {
        let context = format!("{program:?}");
        let done = Stage::set(program, "2xA100-SXM4-40GB").and_then(|stage| work(&stage));
        done.map_err(|error| format!("{context}: {error}"))
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = Program::all().into_iter().map(|program| scope.spawn(|| on(program))).collect();
        for run in runs {
            run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    })
}

/// A program under its own name in a folder of its own, beside a simulated machine.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    pub(crate) program: Program,
    pub(crate) machine: Machine,
    pub(crate) nvml: Nvml,
}

impl Stage {
    pub(crate) fn set(program: Program, spec: &str) -> Result<Self, Box<dyn std::error::Error>> {
        // As a directory of the system is: every user may enter it.
        let folder = tempfile::Builder::new().prefix("mps-").permissions(Permissions::from_mode(0o755)).tempdir()?;
        symlink(&program.control, folder.path().join(CONTROL))?;
        symlink(&program.server, folder.path().join(SERVER))?;
        let machine = Machine::with_config_shared(&spec.parse()?)?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
        Ok(Self { folder, program, machine, nvml })
    }

    /// Gives the daemon, NVIDIA's too, the simulated server, which does what a variable of the daemon says.
    pub(crate) fn use_simulated_server(&self) -> Outcome {
        std::fs::remove_file(self.path(SERVER))?;
        Ok(symlink(Programs::find()?.folder().join(SERVER), self.path(SERVER))?)
    }

    /// The processes that have the stage's folder in their environment: daemons, servers and clients.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let folder = self.folder.path().as_os_str().as_encoded_bytes();
        let names_it = |pid: &u32| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.windows(folder.len()).any(|part| part == folder)
        };
        let entries = std::fs::read_dir("/proc").expect("/proc");
        let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter(names_it).collect()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.path(CONTROL)
    }

    /// What a process needs to find the simulated machine and to be of the branch.
    pub(crate) fn environment(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
        let branch = ("GPUSHARE_SIM_MPS_DRIVER".into(), format!("{}.10.10", self.program.branch).into());
        if self.program.simulated { self.machine.environment().chain([branch]).collect() } else { Vec::new() }
    }

    pub(crate) fn builder(&self) -> MpsDaemonBuilder {
        let builder = MpsDaemon::builder(self.path("mps")).log_directory(self.path("logs")).patience(MINUTE);
        self.add_environment(builder)
    }

    /// The program and what it needs in its environment.
    pub(crate) fn add_environment(&self, builder: MpsDaemonBuilder) -> MpsDaemonBuilder {
        let builder = builder.program(self.control());
        self.environment().into_iter().fold(builder, |builder, (name, value)| builder.env(name, value))
    }

    /// The same daemon for one who does not wait long.
    pub(crate) fn impatient(&self, daemon: &MpsDaemon) -> Result<MpsDaemon, MpsError> {
        let front_end = FrontEnd::new(daemon.pipe_directory().clone()).program(self.control());
        MpsDaemon::attach_by(front_end.patience(Duration::from_millis(300)))
    }

    pub(crate) fn session(&self, gpu: u32) -> gpushare::Result<MpsSessionBuilder> {
        let builder = MpsSession::builder(&self.nvml.gpu(gpu)?).directory(self.path("sessions"));
        let builder = builder.program(self.control()).patience(MINUTE);
        Ok(self.environment().into_iter().fold(builder, |builder, (name, value)| builder.env(name, value)))
    }
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// What a machine that is busy with other things needs at the most.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// A user that owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// Whether a daemon is of a driver that has no such command.
pub(crate) fn is_unknown<T>(done: Result<T, MpsError>, word: &str) -> bool {
    matches!(done, Err(MpsError::UnknownCommand { command }) if command == word)
}

/// The user of this process.
pub(crate) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(crate) fn kill(pid: u32, signal: rustix::process::Signal) -> Outcome {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid)?).ok_or("a process")?;
    Ok(rustix::process::kill_process(pid, signal)?)
}

/// Looks until something is so, which it is to be at last.
pub(crate) fn until(mut is_so: impl FnMut() -> Result<bool, Box<dyn std::error::Error>>) -> Outcome {
    let deadline = Instant::now() + MINUTE;
    while !is_so()? {
        if Instant::now() >= deadline {
            return Err("it did not come about within a minute".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
