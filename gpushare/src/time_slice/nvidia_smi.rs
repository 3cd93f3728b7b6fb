//! `nvidia-smi compute-policy`, the only way to the policy that NVIDIA offers.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{Access, access};

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::program::{self, Failed, Said};
use crate::time_slice::{TimeSlice, TimeSliceError, table};

/// The environment variable that names the `nvidia-smi` to use instead of the one on the path, by an absolute path.
pub const NVIDIA_SMI_VARIABLE: &str = "GPUSHARE_NVIDIA_SMI";

/// The program's name.
const PROGRAM: &str = "nvidia-smi";
/// How long it may take, unless it is said otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// The variable by which the loader finds the driver's library.
const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";
/// Beside that, the program gets variables with this beginning alone, so that it has the simulated machine that this process has.
const SIMULATOR_VARIABLES: &str = "GPUSHARE_SIM_";
/// The name by which the program looks for the driver's library.
const LIBRARY: &str = "libnvidia-ml.so.1";
/// The most of an output that an error repeats, in characters.
const LONGEST_SHOWN: usize = 2000;

/// Runs `nvidia-smi` to ask for and to set what NVML has no calls for: the policy of time-slicing.
///
/// The program is the one that [`program`](Self::program) or the variable [`GPUSHARE_NVIDIA_SMI`](NVIDIA_SMI_VARIABLE) names, else the
/// first on the path in a folder that is named absolutely. It is run without a shell and with hardly any environment: the folder of
/// the library that the GPU's session loaded leads its `LD_LIBRARY_PATH`, so that both speak with one driver, and the simulator's variables
/// are handed on.
///
/// ```
/// # let Ok(programs) = gpushare_sim::mps::Programs::find() else { return Ok(()) };
/// # let machine = gpushare_sim::Machine::start_shared()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// use gpushare::{NvidiaSmi, TimeSlice};
/// let gpu = nvml.gpu(0)?;
/// // On a real node `NvidiaSmi::new()` is all, or `gpu.set_time_slice(TimeSlice::Short)?`.
/// let nvidia_smi = NvidiaSmi::new().program(programs.nvidia_smi());
/// nvidia_smi.set_time_slice(&gpu, TimeSlice::Short)?;
/// assert_eq!(nvidia_smi.time_slice(&gpu)?, TimeSlice::Short);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens before it is asked for something"]
pub struct NvidiaSmi {
    program: Option<PathBuf>,
    patience: Duration,
    environment: Vec<(OsString, OsString)>,
}

impl Default for NvidiaSmi {
    fn default() -> Self {
        Self::new()
    }
}

impl NvidiaSmi {
    /// The one that the variable names, or the one on the path.
    pub fn new() -> Self {
        Self { program: None, patience: PATIENCE, environment: Vec::new() }
    }

    /// Uses this program, such as that of a driver container, by its absolute path.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Waits this long for each run, 10 s unless said.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Gives the program a variable beside those that it gets anyway.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The time-slice policy of a GPU. Everybody may ask.
    ///
    /// # Errors
    ///
    /// [`TimeSliceError::ProgramNotFound`] and its kin where there is no program, [`TimeSliceError::Late`], [`TimeSliceError::Refused`]
    /// with the exit status and the words of the program, [`TimeSliceError::UnknownOutput`] for an answer in a form, or with a policy, that
    /// this crate does not know; [`Stale`](crate::ErrorKind::Stale) after [`close`](crate::Nvml::close).
    pub fn time_slice(&self, gpu: &Gpu) -> Result<TimeSlice> {
        self.listed(&self.find()?, gpu)
    }

    /// Sets the time-slice policy of a GPU, and reads it back. Needs root. [`TimeSlice`] says for whom it holds and for how long.
    ///
    /// # Errors
    ///
    /// Beside those of [`time_slice`](Self::time_slice): [`TimeSliceError::Refused`] of the kind [`NoPermission`](crate::ErrorKind::NoPermission)
    /// where the caller is not root, and [`NotSupported`](crate::ErrorKind::NotSupported) on GPUs before Turing; [`TimeSliceError::MigEnabled`];
    /// [`TimeSliceError::NotConfirmed`] where the program succeeds and the policy is another.
    pub fn set_time_slice(&self, gpu: &Gpu, policy: TimeSlice) -> Result<()> {
        let program = self.find()?;
        if gpu.is_mig_enabled()? {
            return Err(TimeSliceError::MigEnabled { target: gpu.target() }.into());
        }
        self.ask(&program, gpu, &format!("--set-timeslice={}", policy.number()))?;
        let found = self.listed(&program, gpu)?;
        if found != policy {
            let target = gpu.target();
            return Err(TimeSliceError::NotConfirmed { program, target, wanted: policy, found }.into());
        }
        Ok(())
    }

    fn listed(&self, program: &Path, gpu: &Gpu) -> Result<TimeSlice> {
        let output = self.ask(program, gpu, "--list")?;
        table::time_slice(&output).ok_or_else(|| {
            let (program, output) = (program.to_owned(), shown(&output));
            TimeSliceError::UnknownOutput { program, target: gpu.target(), output, expected: table::EXPECTED }.into()
        })
    }

    /// What `compute-policy` prints for a GPU where it succeeds.
    fn ask(&self, program: &Path, gpu: &Gpu, option: &str) -> Result<String> {
        let target = gpu.target();
        if gpu.is_closed() {
            return Err(Error::Stale { target });
        }
        let mut command = Command::new(program);
        command.args(["compute-policy", option]).arg(format!("--id={}", gpu.uuid()));
        self.furnish(&mut command, gpu);
        let Said { status, stdout, stderr } = program::run(&mut command, &[], program::after(self.patience))
            .map_err(|failed| self.failure(program, gpu, failed))?;
        let stdout = String::from_utf8_lossy(&stdout).into_owned();
        if status.success() {
            return Ok(stdout);
        }
        let output = shown(&format!("{stdout}{}", String::from_utf8_lossy(&stderr)));
        Err(TimeSliceError::Refused { program: program.to_owned(), target, status: status.code(), output }.into())
    }

    fn failure(&self, program: &Path, gpu: &Gpu, failed: Failed) -> TimeSliceError {
        let (program, target) = (program.to_owned(), gpu.target());
        match failed {
            Failed::Late => TimeSliceError::Late { program, target, after: self.patience },
            Failed::Program(error) => {
                TimeSliceError::Program { program, target, reason: error.to_string(), io: error.kind() }
            }
        }
    }

    /// The environment in which the program finds the driver that the GPU's session found.
    fn furnish(&self, command: &mut Command, gpu: &Gpu) {
        command.env_clear();
        let is_handed_on = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with(SIMULATOR_VARIABLES));
        command.envs(env::vars_os().filter(|(name, _)| is_handed_on(name)));
        let present = env::var_os(LIBRARY_PATH).filter(|present| !present.is_empty());
        let folders: Vec<_> = library_folder(gpu).map(Into::into).into_iter().chain(present).collect();
        if !folders.is_empty() {
            command.env(LIBRARY_PATH, folders.join(":".as_ref()));
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }

    fn find(&self) -> Result<PathBuf, TimeSliceError> {
        let named = || env::var_os(NVIDIA_SMI_VARIABLE).filter(|named| !named.is_empty()).map(PathBuf::from);
        match self.program.clone().or_else(named) {
            Some(program) if program.is_absolute() => Ok(program),
            Some(program) => Err(TimeSliceError::InvalidProgram { program }),
            None => on_path(&env::var_os("PATH").unwrap_or_default()),
        }
    }
}

/// The first program of the name in the folders of a path. One that is relative to where this process happens to be is none.
fn on_path(path: &std::ffi::OsStr) -> Result<PathBuf, TimeSliceError> {
    let folders = env::split_paths(path).filter(|folder| folder.is_absolute());
    let tried: Vec<_> = folders.map(|folder| folder.join(PROGRAM)).collect();
    let is_program = |path: &&PathBuf| path.is_file() && access(path.as_path(), Access::EXEC_OK).is_ok();
    match tried.iter().find(is_program) {
        Some(found) => Ok(found.clone()),
        None => Err(TimeSliceError::ProgramNotFound { tried }),
    }
}

/// The folder of the library that the session of the GPU loaded, where it is one that the program would find there.
fn library_folder(gpu: &Gpu) -> Option<PathBuf> {
    let path = gpu.0.session.library().path()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    (path.file_name()? == LIBRARY).then(|| std::path::absolute(folder).ok()).flatten()
}

/// An output as an error repeats it: without its end and without what would move a terminal's cursor.
fn shown(output: &str) -> String {
    let plain = |one: char| if one.is_control() && one != '\n' { '\u{fffd}' } else { one };
    let trimmed = output.trim_end();
    let mut text: String = trimmed.chars().take(LONGEST_SHOWN).map(plain).collect();
    if trimmed.chars().nth(LONGEST_SHOWN).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_program_is_found_on_the_path_in_absolute_folders_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        for folder in [&first, &second] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join(PROGRAM), "").unwrap();
        }
        std::fs::set_permissions(second.join(PROGRAM), PermissionsExt::from_mode(0o755)).unwrap();
        let path = env::join_paths([Path::new(""), Path::new("."), &first, &second]).unwrap();
        assert_eq!(on_path(&path), Ok(second.join(PROGRAM)), "the first is no program");
        let path = env::join_paths([Path::new("relative"), &first]).unwrap();
        let missing = on_path(&path).unwrap_err();
        assert_eq!(missing, TimeSliceError::ProgramNotFound { tried: vec![first.join(PROGRAM)] });
        assert_eq!(
            on_path("".as_ref()).unwrap_err().to_string(),
            "nvidia-smi was not found: PATH names no absolute folder"
        );
    }

    #[test]
    fn outputs_are_shown_in_part_and_without_control_characters() {
        assert_eq!(shown("Failed \u{1b}[2J\nbadly \n\n"), "Failed \u{fffd}[2J\nbadly");
        assert_eq!(shown(&"x".repeat(LONGEST_SHOWN)).chars().count(), LONGEST_SHOWN);
        assert_eq!(shown(&"x".repeat(LONGEST_SHOWN + 1)).chars().last(), Some('…'));
    }
}
