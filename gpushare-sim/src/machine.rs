//! The handle by which Rust programs start simulated machines and act on them from outside.

use std::ffi::{CString, OsString, c_char, c_int, c_void};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use gpushare_sys::{LIBRARY_VARIABLE, Library, LoadError, NVML_ERROR_INSUFFICIENT_SIZE, NVML_SUCCESS, nvmlReturn_t};
use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{Access, ConfigError, MachineConfig, Process};
use crate::exports::{CONTROL_TABLE, Command, ControlTable};

/// The environment variable that names the simulated driver's library where it does not lie in cargo's target folder.
pub const SIMULATOR_VARIABLE: &str = "GPUSHARE_SIM_LIBRARY";

/// What cargo calls the library.
const BUILT_NAME: &str = "libgpushare_sim.so";
/// What the driver calls it.
const SONAME: &str = "libnvidia-ml.so.1";

/// A simulated machine with GPUs of its own, and a `libnvidia-ml.so.1` of its own through which they are used.
///
/// Several machines can live in one process. The state of a machine is that of the process in which its library is loaded: another
/// process that loads the same library finds the same GPUs in their first state.
///
/// Dropping the value removes the machine's files. A [`Library`] that is still open keeps working.
///
/// # Thread safety
///
/// `Send` and `Sync`: the simulated driver serialises calls.
pub struct Machine {
    control: Control,
    /// Keeps the code behind `control`, and with it the machine's state, in the process.
    _library: libloading::Library,
    /// `libnvidia-ml.so.1`, `machine.toml` and `root/`.
    folder: TempDir,
}

impl Machine {
    /// A machine with eight A100-SXM4-40GB in which MIG mode is off.
    ///
    /// # Errors
    ///
    /// [`StartError`] where the simulated driver's library is not found or cannot be copied.
    pub fn start() -> Result<Self, StartError> {
        Self::with_config(&MachineConfig::default())
    }

    /// The machine that a short text describes, as `"8xA100-SXM4-40GB"` or `"4xH100-SXM5-80GB+2xT4"`.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and where the text names what there is not.
    pub fn from_spec(spec: &str) -> Result<Self, StartError> {
        Self::with_config(&spec.parse()?)
    }

    /// The machine of a configuration.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and where the configuration describes no machine.
    pub fn with_config(config: &MachineConfig) -> Result<Self, StartError> {
        crate::engine::Machine::new(config)?;
        let built = find_library()?;
        let folder = tempfile::Builder::new().prefix("gpushare-sim-").tempdir()?;
        let library = folder.path().join(SONAME);
        // A true copy: the loader takes files with one inode for one library, and each machine needs its own.
        fs::copy(&built, &library)?;
        symlink(SONAME, folder.path().join("libnvidia-ml.so"))?;
        let mut settings = toml::Table::try_from(config).map_err(io::Error::other)?;
        settings.insert("root".to_owned(), "root".into());
        fs::write(folder.path().join("machine.toml"), settings.to_string())?;
        let unusable = |reason| StartError::Unusable { path: built.clone(), reason };
        // SAFETY: the file is our own library, whose loading runs no code.
        let loaded = unsafe { libloading::Library::new(&library) }.map_err(|error| unusable(error.to_string()))?;
        let control = control_of(&loaded).map_err(unusable)?;
        Ok(Self { control, _library: loaded, folder })
    }

    /// The machine's `libnvidia-ml.so.1`. Beside it lies the link `libnvidia-ml.so`.
    pub fn library_path(&self) -> PathBuf {
        self.folder.path().join(SONAME)
    }

    /// The folder with the machine's `proc/` and `dev/nvidia-caps/`. Its files appear at the first `nvmlInit`.
    ///
    /// The nodes in `dev/` are plain files, because true ones need root.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Opens the machine's NVML. Each call opens the same library: initialised by one, it is initialised for all.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where the loader refuses, for want of memory or because someone removed the machine's files.
    pub fn library(&self) -> Result<Library, LoadError> {
        // SAFETY: the file is the simulator's library, whose NVML names are NVML functions, and whose loading runs no code.
        unsafe { Library::open_path(self.library_path()) }
    }

    /// What a child process needs in its environment to find this machine's library in place of the driver's.
    ///
    /// The child gets a machine of this configuration in its first state.
    pub fn environment(&self) -> impl Iterator<Item = (OsString, OsString)> + use<> {
        let mut search = self.folder.path().as_os_str().to_owned();
        if let Some(present) = env::var_os("LD_LIBRARY_PATH").filter(|present| !present.is_empty()) {
            search.push(":");
            search.push(present);
        }
        [("LD_LIBRARY_PATH".into(), search), (LIBRARY_VARIABLE.into(), self.library_path().into())].into_iter()
    }

    /// Puts a machine of this configuration in the place of the present one. Its files stay where they are.
    ///
    /// # Errors
    ///
    /// [`ControlError`] while NVML is initialised, and where the configuration describes no machine.
    pub fn configure(&self, config: MachineConfig) -> Result<(), ControlError> {
        self.control(&Command::Configure { config }).map(drop)
    }

    /// Lets a process begin to use a GPU.
    ///
    /// # Errors
    ///
    /// [`ControlError`] where the GPU would refuse it, by its mode, its instances or its memory.
    pub fn add_process(&self, gpu: usize, process: Process) -> Result<(), ControlError> {
        self.control(&Command::AddProcess { gpu, process }).map(drop)
    }

    /// Ends a process.
    ///
    /// # Errors
    ///
    /// [`ControlError`] where the GPU has no such process.
    pub fn remove_process(&self, gpu: usize, pid: u32) -> Result<(), ControlError> {
        self.control(&Command::RemoveProcess { gpu, pid }).map(drop)
    }

    /// Says who this process is to the driver from here on.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn set_access(&self, access: Access) -> Result<(), ControlError> {
        self.control(&Command::SetAccess { access }).map(drop)
    }

    /// Resets a GPU, as `nvidia-smi --gpu-reset` does.
    ///
    /// # Errors
    ///
    /// [`ControlError`] while processes use it.
    pub fn reset(&self, gpu: usize) -> Result<(), ControlError> {
        self.control(&Command::Reset { gpu }).map(drop)
    }

    /// Reboots the machine: processes and instances vanish. This process stays, and NVML stays initialised in it.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn reboot(&self) -> Result<(), ControlError> {
        self.control(&Command::Reboot).map(drop)
    }

    /// The machine as it is now: a copy to look at or to compare.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn state(&self) -> Result<crate::engine::Machine, ControlError> {
        let mut state = self.control(&Command::State)?;
        serde_json::from_value(state["machine"].take()).map_err(|error| ControlError(error.to_string()))
    }

    /// Carries out one command and gives its answer.
    ///
    /// # Errors
    ///
    /// [`ControlError`] with the simulator's words.
    pub fn control(&self, command: &Command) -> Result<Value, ControlError> {
        let broken = |error: &dyn fmt::Display| ControlError(error.to_string());
        let text = serde_json::to_string(command).map_err(|error| broken(&error))?;
        let text = CString::new(text).map_err(|error| broken(&error))?;
        // Only the state is long, and to ask for it again changes nothing.
        let mut reply = vec![0_u8; 4096];
        let code = loop {
            // SAFETY: `text` ends with NUL, `reply` has the room that is stated, and the library stays loaded while `self` lives.
            let code = unsafe { (self.control)(text.as_ptr(), reply.as_mut_ptr().cast(), reply.len()) } as nvmlReturn_t;
            if code != NVML_ERROR_INSUFFICIENT_SIZE {
                break code;
            }
            reply.resize(reply.len() * 2, 0);
        };
        let end = reply.iter().position(|byte| *byte == 0).unwrap_or(reply.len());
        let mut answer: Value = serde_json::from_slice(&reply[..end]).map_err(|error| broken(&error))?;
        if code == NVML_SUCCESS {
            return Ok(answer["ok"].take());
        }
        Err(ControlError(answer["error"].as_str().unwrap_or("refused").to_owned()))
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

type Control = unsafe extern "C" fn(*const c_char, *mut c_char, usize) -> c_int;

/// The control function of a loaded simulator, or why it is none.
fn control_of(library: &libloading::Library) -> Result<Control, String> {
    type GetExportTable = unsafe extern "C" fn(*mut *const c_void, *const [u8; 16]) -> nvmlReturn_t;
    let mut table = std::ptr::null();
    // SAFETY: in a driver's library as in the simulator's, the symbol has this type. It refuses a name that it does not know; else it
    // gives a pointer to the table of that name, which lives as long as the library is loaded.
    unsafe {
        let get = library.get::<GetExportTable>("nvmlInternalGetExportTable").map_err(|error| error.to_string())?;
        if get(&mut table, &CONTROL_TABLE) != NVML_SUCCESS || table.is_null() {
            return Err("it has no control table, so it is not the simulator's".to_owned());
        }
        Ok((*table.cast::<ControlTable>()).control)
    }
}

/// Finds the library that cargo built beside this crate, or that the environment names.
fn find_library() -> Result<PathBuf, StartError> {
    if let Some(chosen) = env::var_os(SIMULATOR_VARIABLE).filter(|chosen| !chosen.is_empty()) {
        let chosen = PathBuf::from(chosen);
        return if chosen.is_file() { Ok(chosen) } else { Err(StartError::NotFound { tried: vec![chosen] }) };
    }
    // cargo's target/<profile>: three folders above the one of the build script, and the program's own or the one above.
    let built = Path::new(env!("OUT_DIR")).ancestors().nth(3).map(Path::to_owned);
    let program = env::current_exe().ok();
    let beside = program.iter().flat_map(|program| program.ancestors().skip(1).take(2)).map(Path::to_owned);
    let tried: Vec<_> = built
        .into_iter()
        .chain(beside)
        .flat_map(|folder| [folder.join("deps").join(BUILT_NAME), folder.join(BUILT_NAME)])
        .collect();
    match tried.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(StartError::NotFound { tried }),
    }
}

/// Why a machine did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The simulated driver's library is in none of the places where cargo puts it.
    #[error(
        "the simulated driver's library was not found; tried {}; {SIMULATOR_VARIABLE} can name it",
        tried.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NotFound {
        /// Each path tried, in order.
        tried: Vec<PathBuf>,
    },
    /// The library was found but is none that can be used.
    #[error("{} cannot be used as the simulated driver: {reason}", path.display())]
    Unusable {
        /// The library.
        path: PathBuf,
        /// The loader's words, or what is missing in the library.
        reason: String,
    },
    /// The configuration describes no machine.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The machine's files could not be written.
    #[error("the machine's files could not be written: {0}")]
    Files(#[from] io::Error),
}

/// What the simulator refused, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the simulator refused: {0}")]
pub struct ControlError(String);
