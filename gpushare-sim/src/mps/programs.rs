//! Where the programs lie.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::library;

const CONTROL: &str = "nvidia-cuda-mps-control";
const CLIENT: &str = "gpushare-sim-mps-client";
const NVIDIA_SMI: &str = "gpushare-sim-nvidia-smi";

/// The environment variable that names the folder of the programs where it is not cargo's.
pub const PROGRAMS_VARIABLE: &str = "GPUSHARE_SIM_PROGRAMS";

/// The folder with the simulated programs of MPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the programs in the folder that `GPUSHARE_SIM_PROGRAMS` names, or where cargo builds them.
    ///
    /// # Errors
    ///
    /// [`NotBuilt`] where they are in none of these: `cargo build --package gpushare-sim` builds them.
    pub fn find() -> Result<Self, NotBuilt> {
        let chosen = env::var_os(PROGRAMS_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let tried = chosen.map_or_else(library::build_folders, |chosen| vec![chosen]);
        let found = tried.iter().find(|folder| folder.join(CONTROL).is_file()).cloned();
        found.map(|folder| Self { folder }).ok_or(NotBuilt { tried })
    }

    /// The folder, which also holds `nvidia-cuda-mps-server`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `nvidia-cuda-mps-control`.
    pub fn control(&self) -> PathBuf {
        self.folder.join(CONTROL)
    }

    /// `gpushare-sim-mps-client`.
    pub fn client(&self) -> PathBuf {
        self.folder.join(CLIENT)
    }

    /// `gpushare-sim-nvidia-smi`, which is no program of MPS but lies with them: see [`nvidia_smi`](crate::nvidia_smi).
    pub fn nvidia_smi(&self) -> PathBuf {
        self.folder.join(NVIDIA_SMI)
    }

    /// A `PATH` by which the programs are found before any others. A daemon needs it to find its server.
    pub fn search_path(&self) -> OsString {
        let mut path = self.folder.as_os_str().to_owned();
        if let Some(present) = env::var_os("PATH").filter(|present| !present.is_empty()) {
            path.push(":");
            path.push(present);
        }
        path
    }
}

/// The programs are not where they were looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{CONTROL} was not found in {}; `cargo build --package gpushare-sim` builds it, and {PROGRAMS_VARIABLE} can name its folder",
    tried.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
)]
pub struct NotBuilt {
    /// Each folder tried, in order.
    pub tried: Vec<PathBuf>,
}
