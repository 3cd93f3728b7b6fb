//! What the programs read in their environment.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::board::Board;
use super::fault::Faults;
use super::rules::Version;
use crate::catalog::Branch;

/// Names the driver whose MPS this is, where it is not the machine's.
pub(super) const DRIVER_VARIABLE: &str = "GPUSHARE_SIM_MPS_DRIVER";
pub(super) const FAULTS_VARIABLE: &str = "GPUSHARE_SIM_MPS_FAULTS";

const PIPE_VARIABLE: &str = "CUDA_MPS_PIPE_DIRECTORY";
const LOG_VARIABLE: &str = "CUDA_MPS_LOG_DIRECTORY";
pub(super) const PERCENTAGE_VARIABLE: &str = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE";
pub(super) const LIMITS_VARIABLE: &str = "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT";
const PRIORITY_VARIABLE: &str = "CUDA_MPS_CLIENT_PRIORITY";

/// What the control program reads.
pub(super) struct Settings {
    pub(super) version: Version,
    pub(super) board: Board,
    pub(super) faults: Faults,
}

impl Settings {
    pub(super) fn find() -> Result<Self, String> {
        let board = Board::find();
        let chosen = env::var(DRIVER_VARIABLE).ok().filter(|value| !value.is_empty());
        let driver = chosen.or_else(|| board.driver()).unwrap_or_else(|| Branch::built().driver_version.to_owned());
        let version = Version::of_driver(&driver)
            .ok_or_else(|| format!("{DRIVER_VARIABLE}: {driver:?} is no driver version of branch 470 or later"))?;
        let faults = env::var(FAULTS_VARIABLE).unwrap_or_default();
        let faults = Faults::read(&faults).map_err(|error| format!("{FAULTS_VARIABLE}: {error}"))?;
        Ok(Self { version, board, faults })
    }

    /// The CUDA version that the logs name.
    pub(super) fn binary_version(&self) -> u32 {
        let number = self.version.branch();
        let known = Branch::all().iter().rev().find(|branch| branch.number <= number);
        known.unwrap_or(Branch::built()).cuda_version
    }
}

fn folder(variable: &str, otherwise: &str) -> PathBuf {
    // A variable that is set and empty names the root folder, since `/control` is what follows it.
    env::var_os(variable).map_or_else(|| otherwise.into(), PathBuf::from)
}

pub(super) fn pipe_folder() -> PathBuf {
    folder(PIPE_VARIABLE, "/tmp/nvidia-mps")
}

pub(super) fn log_folder() -> PathBuf {
    folder(LOG_VARIABLE, "/var/log/nvidia-mps")
}

/// A file of a folder, whose name may be empty.
pub(super) fn below(folder: &std::path::Path, name: &str) -> PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push("/");
    path.push(name);
    path.into()
}

pub(super) fn default_percentage() -> Option<Vec<u8>> {
    env::var_os(PERCENTAGE_VARIABLE).map(bytes)
}

pub(super) fn default_priority() -> Option<Vec<u8>> {
    env::var_os(PRIORITY_VARIABLE).map(bytes)
}

fn bytes(value: OsString) -> Vec<u8> {
    value.as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn pitfall_07_an_empty_folder_is_the_root() {
        assert_eq!(below(Path::new(""), "control"), Path::new("/control"));
        assert_eq!(below(Path::new("/tmp/mps"), "log"), Path::new("/tmp/mps/log"));
    }
}
