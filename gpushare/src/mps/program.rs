//! Where NVIDIA's programs of MPS lie.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::mps::error::MpsError;

/// The program that is the daemon, and its front-end.
pub(crate) const CONTROL_PROGRAM: &str = "nvidia-cuda-mps-control";
/// The variable that names the pipe directory.
pub(crate) const PIPE_DIRECTORY: &str = "CUDA_MPS_PIPE_DIRECTORY";
/// The pipe directory where the variable is not set.
pub(crate) const DEFAULT_PIPE_DIRECTORY: &str = "/tmp/nvidia-mps";
/// The program that the daemon starts for each user, by looking on its path.
pub(crate) const SERVER_PROGRAM: &str = "nvidia-cuda-mps-server";

fn not_found(program: &Path, reason: &str) -> MpsError {
    let io = Some(std::io::ErrorKind::NotFound);
    MpsError::Program { program: program.display().to_string(), reason: reason.into(), io }
}

/// A program by its path, or by its name on the path of this process.
pub(crate) fn find(program: &Path) -> Result<PathBuf, MpsError> {
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
pub(crate) fn path_with_server(program: &Path) -> Result<OsString, MpsError> {
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
