//! Where the machine's state lives, and what keeps it in step with the files that show it.

use std::ffi::{CStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs};

use super::tree::Tree;
use crate::engine::{Access, Machine, MachineConfig};

/// Names the machine where no file beside the library does: a short text such as `8xA100-SXM4-40GB`, or the path of a TOML file.
const MACHINE_VARIABLE: &str = "GPUSHARE_SIM_MACHINE";
/// Names the folder for the files of `/proc` and `/dev`, where the TOML file does not.
const ROOT_VARIABLE: &str = "GPUSHARE_SIM_ROOT";
/// The configuration that lies beside the library.
const FILE: &str = "machine.toml";

/// The machine's state. All access to it is by [`read`](Self::read) and [`mutate`](Self::mutate).
pub(super) struct Store {
    state: Mutex<State>,
}

struct State {
    machine: Machine,
    /// What the calling process may do.
    access: Access,
    /// The files that show the machine, where a folder for them was named.
    tree: Option<Tree>,
}

impl Store {
    /// The machine that the environment of the library describes: `machine.toml` beside it, else the variable, else the default.
    pub(super) fn open() -> Result<Self, String> {
        Settings::find().and_then(|settings| Self::with_settings(&settings.machine, settings.root))
    }

    /// The machine of this configuration; its files stay where the environment says.
    pub(super) fn new(config: &MachineConfig) -> Result<Self, String> {
        // A broken file names no folder, and it is no reason to refuse the configuration that replaces it.
        let root =
            Settings::find().map_or_else(|_| env::var_os(ROOT_VARIABLE).map(PathBuf::from), |settings| settings.root);
        Self::with_settings(config, root)
    }

    fn with_settings(config: &MachineConfig, root: Option<PathBuf>) -> Result<Self, String> {
        let machine = Machine::new(config).map_err(|error| error.to_string())?;
        let mut tree = root.map(Tree::new);
        if let Some(tree) = &mut tree {
            tree.show(&machine)
                .map_err(|error| format!("the files below {} cannot be written: {error}", tree.root().display()))?;
        }
        Ok(Self { state: Mutex::new(State { machine, access: config.access, tree }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A call that panicked has told its caller so; the engine checks before it changes anything.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the machine.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Machine, Access) -> T) -> T {
        let state = self.state();
        look(&state.machine, state.access)
    }

    /// Changes the machine, and then its files.
    pub(super) fn mutate<T>(&self, change: impl FnOnce(&mut Machine, Access) -> T) -> T {
        let mut state = self.state();
        let State { machine, access, tree } = &mut *state;
        let before = generation(machine);
        let result = change(machine, *access);
        if let Some(tree) = tree
            && generation(machine) != before
            && let Err(error) = tree.show(machine)
        {
            eprintln!("gpushare-sim: the files below {} are out of date: {error}", tree.root().display());
        }
        result
    }

    /// What the calling process may do.
    pub(super) fn access(&self) -> Access {
        self.state().access
    }

    /// Makes the calling process one that may do more or less.
    pub(super) fn set_access(&self, access: Access) {
        self.state().access = access;
    }
}

/// Grows with each change that the files show.
fn generation(machine: &Machine) -> u64 {
    machine.gpus().iter().map(|gpu| gpu.config_generation()).sum()
}

/// What the library's surroundings say.
struct Settings {
    machine: MachineConfig,
    root: Option<PathBuf>,
}

impl Settings {
    fn find() -> Result<Self, String> {
        let variable = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let mut settings = match (own_folder().map(|folder| folder.join(FILE)), variable(MACHINE_VARIABLE)) {
            (Some(file), _) if file.exists() => Self::from_file(&file)?,
            (_, Some(value)) => Self::from_variable(&value)?,
            _ => Self { machine: MachineConfig::default(), root: None },
        };
        settings.root = settings.root.or_else(|| variable(ROOT_VARIABLE).map(PathBuf::from));
        Ok(settings)
    }

    fn from_variable(value: &OsString) -> Result<Self, String> {
        let path = Path::new(value);
        if path.extension().is_some_and(|extension| extension == "toml") {
            return Self::from_file(path);
        }
        let spec = value.to_string_lossy();
        let machine = spec.parse().map_err(|error| format!("{MACHINE_VARIABLE}: {error}"))?;
        Ok(Self { machine, root: None })
    }

    /// A configuration file is a [`MachineConfig`] that may name a `root` as well, relative to its own folder.
    fn from_file(path: &Path) -> Result<Self, String> {
        let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| broken(&error))?;
        let mut table: toml::Table = text.parse().map_err(|error| broken(&error))?;
        let root = match table.remove("root") {
            None => None,
            Some(toml::Value::String(root)) => Some(path.parent().unwrap_or(Path::new("")).join(root)),
            Some(other) => return Err(broken(&format_args!("root = {other} is no path"))),
        };
        let machine = table.try_into().map_err(|error| broken(&error))?;
        Ok(Self { machine, root })
    }
}

/// The folder in which the file lies that this code was loaded from.
fn own_folder() -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    let here: fn() -> Option<PathBuf> = own_folder;
    // SAFETY: `here` is an address in this library, and `info` is valid for writing.
    let found = unsafe { libc::dladdr(here as *const libc::c_void, &mut info) };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr found the library, so the name is a text that lives as long as the library is loaded.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Path::new(std::ffi::OsStr::from_bytes(name.to_bytes())).parent().map(Path::to_owned)
}
