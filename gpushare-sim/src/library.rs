//! Where the libraries lie that play the driver.

use std::env;
use std::path::{Path, PathBuf};

use crate::StartError;
use crate::catalog::Branch;

/// The environment variable that names the simulated driver's library where it does not lie in cargo's target folder. Those of other
/// branches lie beside it, each in a folder named by its branch.
pub const SIMULATOR_VARIABLE: &str = "GPUSHARE_SIM_LIBRARY";

/// What cargo calls the library.
const BUILT_NAME: &str = "libgpushare_sim.so";
/// What the driver calls it.
pub(crate) const SONAME: &str = "libnvidia-ml.so.1";

/// Finds the library of a branch, where the environment says or where cargo builds it.
pub(crate) fn find(branch: &'static Branch) -> Result<PathBuf, StartError> {
    find_beside(branch, env::var_os(SIMULATOR_VARIABLE).filter(|chosen| !chosen.is_empty()).map(PathBuf::from))
}

/// Finds the library of a branch, `chosen` being that of the branch this crate was built as.
pub(crate) fn find_beside(branch: &'static Branch, chosen: Option<PathBuf>) -> Result<PathBuf, StartError> {
    if branch == Branch::built() {
        let tried = chosen.map_or_else(built_by_cargo, |chosen| vec![chosen]);
        return first(&tried).ok_or(StartError::NotFound { tried });
    }
    let folders = match chosen {
        Some(chosen) => vec![chosen.parent().unwrap_or(Path::new("")).to_owned()],
        // Beside the folders of the profiles, of which that of another platform is one deeper.
        None => out_folder().ancestors().skip(1).take(2).map(|folder| folder.join("sim")).collect(),
    };
    let tried: Vec<_> = folders.iter().map(|folder| folder.join(branch.number.to_string()).join(SONAME)).collect();
    first(&tried).ok_or(StartError::NotBuilt { branch: branch.number, tried })
}

/// cargo's target/<profile>: three folders above the one of the build script.
fn out_folder() -> &'static Path {
    Path::new(env!("OUT_DIR")).ancestors().nth(3).unwrap_or(Path::new(""))
}

/// Where cargo puts this crate's own library: in the folder of the build, or in that of the running program.
fn built_by_cargo() -> Vec<PathBuf> {
    let folders = build_folders().into_iter();
    folders.flat_map(|folder| [folder.join("deps").join(BUILT_NAME), folder.join(BUILT_NAME)]).collect()
}

/// The folders in which cargo puts what it builds.
pub(crate) fn build_folders() -> Vec<PathBuf> {
    let program = env::current_exe().ok();
    let beside = program.iter().flat_map(|program| program.ancestors().skip(1).take(2));
    [out_folder()].into_iter().chain(beside).map(Path::to_owned).collect()
}

fn first(tried: &[PathBuf]) -> Option<PathBuf> {
    tried.iter().find(|path| path.is_file()).cloned()
}
