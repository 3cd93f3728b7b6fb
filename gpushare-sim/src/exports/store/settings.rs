//! What the library's surroundings say about the machine: the file beside it, and the environment.

use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::engine::MachineConfig;

/// Names the machine where no file beside the library does: a short text such as `8xA100-SXM4-40GB`, or the path of a TOML file.
const MACHINE_VARIABLE: &str = "GPUSHARE_SIM_MACHINE";
/// Names the folder for the files of `/proc` and `/dev`, where the TOML file does not.
const ROOT_VARIABLE: &str = "GPUSHARE_SIM_ROOT";
/// Names the folder for a state that processes share, where the TOML file does not.
pub(crate) const STATE_VARIABLE: &str = "GPUSHARE_SIM_STATE";
/// The configuration that lies beside the library.
const FILE: &str = "machine.toml";

/// What the library's surroundings say.
pub(super) struct Settings {
    /// The machine, where something names one, and what names it.
    pub(super) machine: Option<(MachineConfig, String)>,
    pub(super) root: Option<PathBuf>,
    pub(super) state: Option<PathBuf>,
}

impl Settings {
    /// Reads `machine.toml` beside the library, else what the environment names.
    pub(super) fn find() -> Result<Self, String> {
        let beside = own_folder().map(|folder| folder.join(FILE)).filter(|file| file.exists());
        let file = beside.as_deref().map(File::read).transpose()?.unwrap_or_default();
        match (file.machine, variable(MACHINE_VARIABLE)) {
            (None, Some(value)) => {
                let other = File::from_variable(&value)?;
                let (root, state) = (file.root.or(other.root), file.state.or(other.state));
                Self::new(other.machine, root, state)
            }
            (machine, _) => Self::new(machine, file.root, file.state),
        }
    }

    /// What the environment says of folders, for when the file that should say more is broken.
    pub(super) fn of_environment() -> Result<Self, String> {
        Self::new(None, None, None)
    }

    fn new(
        machine: Option<(MachineConfig, String)>,
        root: Option<PathBuf>,
        state: Option<PathBuf>,
    ) -> Result<Self, String> {
        // The process may change its working folder, and other processes have others.
        let folder = |named: Option<PathBuf>, name: &str| {
            let named = named.or_else(|| variable(name).map(PathBuf::from)).filter(|path| !path.as_os_str().is_empty());
            named.map(std::path::absolute).transpose().map_err(|error| format!("{name}: {error}"))
        };
        Ok(Self { machine, root: folder(root, ROOT_VARIABLE)?, state: folder(state, STATE_VARIABLE)? })
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A configuration file: a [`MachineConfig`], or none, and folders relative to the file's own. An empty name is no folder, whatever the
/// environment says.
#[derive(Default)]
struct File {
    machine: Option<(MachineConfig, String)>,
    root: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl File {
    fn from_variable(value: &OsStr) -> Result<Self, String> {
        let path = Path::new(value);
        if path.extension().is_some_and(|extension| extension == "toml") {
            return Self::read(path);
        }
        let spec = value.to_string_lossy();
        let machine = spec.parse().map_err(|error| format!("{MACHINE_VARIABLE}: {error}"))?;
        Ok(Self { machine: Some((machine, MACHINE_VARIABLE.to_owned())), root: None, state: None })
    }

    fn read(path: &Path) -> Result<Self, String> {
        let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| broken(&error))?;
        let mut table: toml::Table = text.parse().map_err(|error| broken(&error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut named = |key: &str| match table.remove(key) {
            None => Ok(None),
            Some(toml::Value::String(name)) if name.is_empty() => Ok(Some(PathBuf::new())),
            Some(toml::Value::String(name)) => Ok(Some(folder.join(name))),
            Some(other) => Err(broken(&format_args!("{key} = {other} is no path"))),
        };
        let (root, state) = (named("root")?, named("state")?);
        let machine = match table.is_empty() {
            true => None,
            false => Some((table.try_into().map_err(|error| broken(&error))?, path.display().to_string())),
        };
        Ok(Self { machine, root, state })
    }
}

/// The folder in which the file lies that this code was loaded from.
fn own_folder() -> Option<PathBuf> {
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
    Path::new(OsStr::from_bytes(name.to_bytes())).parent().map(Path::to_owned)
}
