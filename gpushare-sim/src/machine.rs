//! The handle by which Rust programs start simulated machines and act on them from outside.

use std::ffi::{CString, OsString, c_char, c_int, c_void};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use gpushare_sys::{LIBRARY_VARIABLE, Library, LoadError, NVML_ERROR_INSUFFICIENT_SIZE, NVML_SUCCESS, nvmlReturn_t};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{Access, ConfigError, MachineConfig, Process, ProcessSample};
use crate::exports::{CONTROL_TABLE, Command, ControlTable, Fault, FaultState, STATE_VARIABLE, TracedCall};
use crate::library::{self, SIMULATOR_VARIABLE, SONAME};

/// The folder of a shared machine's state, beside the library.
const STATE: &str = "state";

/// A simulated machine with GPUs of its own, and a `libnvidia-ml.so.1` of its own through which they are used.
///
/// Several machines can live in one process. The state of a machine is that of the process in which its library is loaded: another
/// process that loads the same library finds the same GPUs in their first state. Of a [shared](Self::start_shared) machine all
/// processes see the same state.
///
/// Dropping the value removes the machine's files. A [`Library`] that is still open keeps working.
///
/// # Thread safety
///
/// `Send` and `Sync`: the simulated driver serialises calls.
pub struct Machine {
    loaded: Loaded,
    /// `libnvidia-ml.so.1`, `machine.toml`, `root/`, and `state/` where the machine is shared.
    folder: TempDir,
    shared: bool,
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

    /// The machine of a configuration. A driver of another branch than this crate was built as is one of the libraries that `make sim`
    /// builds.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and where the configuration describes no machine.
    pub fn with_config(config: &MachineConfig) -> Result<Self, StartError> {
        Self::begin(config, false, None)
    }

    /// A machine as of [`start`](Self::start) whose state all processes share that find its library by its
    /// [`environment`](Self::environment).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_shared() -> Result<Self, StartError> {
        Self::with_config_shared(&MachineConfig::default())
    }

    /// The machine of a configuration, shared as that of [`start_shared`](Self::start_shared).
    ///
    /// # Errors
    ///
    /// As [`with_config`](Self::with_config).
    pub fn with_config_shared(config: &MachineConfig) -> Result<Self, StartError> {
        Self::begin(config, true, None)
    }

    /// The machine of a configuration, [shared](Self::start_shared) or not, whose library is this file: for packages that carry the
    /// simulated driver with them, and so need neither cargo's folders nor the environment. Libraries of other branches lie beside it,
    /// each in a folder named by its branch.
    ///
    /// # Errors
    ///
    /// As [`with_config`](Self::with_config).
    pub fn with_library(config: &MachineConfig, shared: bool, library: impl Into<PathBuf>) -> Result<Self, StartError> {
        Self::begin(config, shared, Some(library.into()))
    }

    fn begin(config: &MachineConfig, shared: bool, library: Option<PathBuf>) -> Result<Self, StartError> {
        let machine = crate::engine::Machine::new(config)?;
        let built = match library {
            Some(chosen) => library::find_beside(machine.driver_branch(), Some(chosen))?,
            None => library::find(machine.driver_branch())?,
        };
        let folder = tempfile::Builder::new().prefix("gpushare-sim-").tempdir()?;
        let library = folder.path().join(SONAME);
        // A true copy: the loader takes files with one inode for one library, and each machine needs its own.
        fs::copy(&built, &library)?;
        symlink(SONAME, folder.path().join("libnvidia-ml.so"))?;
        describe(folder.path(), config, shared)?;
        let loaded = Loaded::open(&library).map_err(|reason| StartError::Unusable { path: built, reason })?;
        Ok(Self { loaded, folder, shared })
    }

    /// The machine's `libnvidia-ml.so.1`. Beside it lies the link `libnvidia-ml.so`.
    pub fn library_path(&self) -> PathBuf {
        self.folder.path().join(SONAME)
    }

    /// The folder with the machine's `proc/` and `dev/`. Its files appear at the first `nvmlInit`.
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
    /// The child gets a machine of this configuration in its first state, or this very machine if it is shared.
    pub fn environment(&self) -> impl Iterator<Item = (OsString, OsString)> + use<> {
        let mut search = self.folder.path().as_os_str().to_owned();
        if let Some(present) = env::var_os("LD_LIBRARY_PATH").filter(|present| !present.is_empty()) {
            search.push(":");
            search.push(present);
        }
        let state = self.shared.then(|| (STATE_VARIABLE.into(), self.folder.path().join(STATE).into()));
        let library = [("LD_LIBRARY_PATH".into(), search), (LIBRARY_VARIABLE.into(), self.library_path().into())];
        library.into_iter().chain(state)
    }

    /// Puts a machine of this configuration in the place of the present one. Its files stay where they are.
    ///
    /// # Errors
    ///
    /// [`ControlError`] while NVML is initialised in this process, and where the configuration describes no machine.
    pub fn configure(&self, config: MachineConfig) -> Result<(), ControlError> {
        self.control(&Command::Configure { config: config.clone() })?;
        // For the processes to come.
        describe(self.folder.path(), &config, self.shared).map_err(|error| ControlError(error.to_string()))
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

    /// Lets the driver sample how busy a process keeps a GPU.
    ///
    /// # Errors
    ///
    /// [`ControlError`] where the machine has no such GPU.
    pub fn sample_process(&self, gpu: usize, sample: ProcessSample) -> Result<(), ControlError> {
        self.control(&Command::SampleProcess { gpu, sample }).map(drop)
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

    /// Makes the driver report an XID of a GPU, or of an instance on it by its ids.
    ///
    /// # Errors
    ///
    /// [`ControlError`] where the machine has no such GPU or instance.
    pub fn inject_xid(&self, gpu: usize, xid: u64, gi: Option<u32>, ci: Option<u32>) -> Result<(), ControlError> {
        self.control(&Command::InjectXid { gpu, xid, gi, ci }).map(drop)
    }

    /// Makes a GPU fall off the bus: until the machine reboots, every call on it answers `NVML_ERROR_GPU_IS_LOST`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] where the machine has no such GPU.
    pub fn lose_gpu(&self, gpu: usize) -> Result<(), ControlError> {
        self.control(&Command::LoseGpu { gpu }).map(drop)
    }

    /// Sets faults for this process in the place of those that were set; they count calls from here on.
    ///
    /// A child process takes the same faults from its variable `GPUSHARE_SIM_FAULTS`, and counts for itself.
    ///
    /// # Errors
    ///
    /// [`ControlError`] where a fault names a function that the driver does not have.
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), ControlError> {
        self.control(&Command::SetFaults { faults: faults.into_iter().collect() }).map(drop)
    }

    /// Ends all faults of this process. What they did stays.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn clear_faults(&self) -> Result<(), ControlError> {
        self.control(&Command::ClearFaults).map(drop)
    }

    /// The faults of this process, and how many calls each has counted.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn faults(&self) -> Result<Vec<FaultState>, ControlError> {
        self.ask(&Command::Faults)
    }

    /// Does something, and gives the NVML calls that this process made of the machine meanwhile, on whichever thread.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn trace<T>(&self, work: impl FnOnce() -> T) -> Result<(T, Vec<TracedCall>), ControlError> {
        self.control(&Command::StartTrace)?;
        let result = work();
        let calls = self.ask(&Command::TakeTrace)?;
        self.control(&Command::StopTrace)?;
        Ok((result, calls))
    }

    /// Says whether the calls of this process take the time that was recorded for them on a real machine.
    ///
    /// # Errors
    ///
    /// [`ControlError`] only if the machine itself is broken.
    pub fn set_charge(&self, charge: bool) -> Result<(), ControlError> {
        self.control(&Command::SetCharge { charge }).map(drop)
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

    /// Carries out one command and reads its answer.
    fn ask<T: DeserializeOwned>(&self, command: &Command) -> Result<T, ControlError> {
        serde_json::from_value(self.control(command)?).map_err(|error| ControlError(error.to_string()))
    }

    /// Carries out one command and gives its answer.
    ///
    /// # Errors
    ///
    /// [`ControlError`] with the simulator's words.
    pub fn control(&self, command: &Command) -> Result<Value, ControlError> {
        self.loaded.control(command)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

/// Writes the file beside the library.
fn describe(folder: &Path, config: &MachineConfig, shared: bool) -> io::Result<()> {
    let mut settings = toml::Table::try_from(config).map_err(io::Error::other)?;
    settings.insert("root".to_owned(), "root".into());
    // Without a name, lest the environment gives one.
    settings.insert("state".to_owned(), if shared { STATE } else { "" }.into());
    let next = tempfile::NamedTempFile::new_in(folder)?;
    fs::write(next.path(), settings.to_string())?;
    // Processes of other users read it as well.
    fs::set_permissions(next.path(), fs::Permissions::from_mode(0o644))?;
    next.persist(folder.join("machine.toml")).map(drop).map_err(|error| error.error)
}

type Control = unsafe extern "C" fn(*const c_char, *mut c_char, usize) -> c_int;

/// A simulated driver's library in this process.
pub(crate) struct Loaded {
    control: Control,
    /// Keeps the code behind `control`, and with it the machine's state, in the process.
    _library: libloading::Library,
}

impl Loaded {
    /// Loads the library, unless it is a true driver's.
    pub(crate) fn open(library: &Path) -> Result<Self, String> {
        // SAFETY: the loading of our own library runs no code, and that of a driver's is what every NVML program does.
        let loaded = unsafe { libloading::Library::new(library) }.map_err(|error| error.to_string())?;
        let control = control_of(&loaded)?;
        Ok(Self { control, _library: loaded })
    }

    /// Carries out one command and gives its answer.
    pub(crate) fn control(&self, command: &Command) -> Result<Value, ControlError> {
        let broken = |error: &dyn fmt::Display| ControlError(error.to_string());
        let text = serde_json::to_string(command).map_err(|error| broken(&error))?;
        let text = CString::new(text).map_err(|error| broken(&error))?;
        // An answer that is too long for the reply is there to be asked for again.
        let mut reply = vec![0_u8; 4096];
        let code = loop {
            // SAFETY: `text` ends with NUL, `reply` has the room that is stated, and the library stays loaded while `self` lives.
            let code = unsafe { (self.control)(text.as_ptr(), reply.as_mut_ptr().cast(), reply.len()) } as nvmlReturn_t;
            if code != NVML_ERROR_INSUFFICIENT_SIZE {
                break code;
            }
            // Each time it is written anew: a long trace is not to be written ten times.
            reply.resize(reply.len() * 16, 0);
        };
        let end = reply.iter().position(|byte| *byte == 0).unwrap_or(reply.len());
        let mut answer: Value = serde_json::from_slice(&reply[..end]).map_err(|error| broken(&error))?;
        if code == NVML_SUCCESS {
            return Ok(answer["ok"].take());
        }
        Err(ControlError(answer["error"].as_str().unwrap_or("refused").to_owned()))
    }
}

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
    /// The simulated driver's library of another branch was not built.
    #[error(
        "the simulated driver of branch {branch} was not found; tried {}; `make sim` builds it",
        tried.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NotBuilt {
        /// The branch.
        branch: u32,
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
