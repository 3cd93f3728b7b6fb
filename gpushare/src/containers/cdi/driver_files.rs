//! The files of the driver that programs in a container need, where the driver's packages have them.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::containers::device_node::below;
use crate::error::{Error, Result};

/// Where libraries of 64 bits are, by the packages of NVIDIA, Debian, Ubuntu, Red Hat and SUSE; last, where installers put them that leave
/// the system's folders alone, as on Container-Optimized OS.
const LIBRARIES: [&str; 8] = [
    "usr/lib64",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib/x86_64-linux-gnu/nvidia/current",
    "usr/lib/aarch64-linux-gnu/nvidia/current",
    "lib/x86_64-linux-gnu",
    "lib/aarch64-linux-gnu",
    "usr/local/nvidia/lib64",
];
/// Where programs are.
const PROGRAMS: [&str; 3] = ["usr/bin", "usr/sbin", "usr/local/nvidia/bin"];
/// The driver's programs that run in containers.
const NAMES: [&str; 5] =
    ["nvidia-smi", "nvidia-debugdump", "nvidia-persistenced", "nvidia-cuda-mps-control", "nvidia-cuda-mps-server"];
/// Where firmware is.
const FIRMWARE: [&str; 2] = ["usr/lib/firmware", "lib/firmware"];
/// The sockets of the driver's daemons.
const SOCKETS: [&str; 2] = ["run/nvidia-persistenced/socket", "run/nvidia-fabricmanager/socket"];

/// The files of the driver below a root, by their absolute paths there.
pub(super) struct DriverFiles {
    pub(super) libraries: Vec<Library>,
    /// Programs and firmware.
    pub(super) others: Vec<PathBuf>,
    pub(super) sockets: Vec<PathBuf>,
}

/// A library, and the links that lead to it, by which programs ask for it.
pub(super) struct Library {
    pub(super) path: PathBuf,
    pub(super) names: Vec<PathBuf>,
}

impl DriverFiles {
    pub(super) fn find(root: &Path, version: &str) -> Result<Self> {
        let fail = |reason: String, io| Error::File { path: root.to_owned(), reason, io: Some(io) };
        let root = Root(root.canonicalize().map_err(|error| fail(error.to_string(), error.kind()))?);
        let files = root.listed(LIBRARIES);
        let (links, found): (Vec<_>, Vec<_>) = files.into_iter().partition(|path| root.below(path).is_symlink());
        let suffix = format!(".so.{version}");
        let is_driver = |path: &PathBuf| {
            let name = file_name(path);
            // The compiler of device code of older CUDA versions has a version of its own.
            name.starts_with("lib") && name.ends_with(&suffix) || name.starts_with("libnvidia-nvvm70.so.")
        };
        let leading: Vec<_> = links.iter().filter_map(|link| Some((link, root.real(&root.below(link))?))).collect();
        let names = |path: &PathBuf| {
            leading.iter().filter(|(_, real)| real == path).map(|(link, _)| (*link).clone()).collect::<Vec<_>>()
        };
        let libraries: Vec<_> =
            found.into_iter().filter(is_driver).map(|path| Library { names: names(&path), path }).collect();
        let cuda = format!("libcuda{suffix}");
        if !libraries.iter().any(|library| library.path.ends_with(&cuda)) {
            return Err(fail(format!("no folder of libraries below it has {cuda}"), ErrorKind::NotFound));
        }
        let programs = NAMES.iter().filter_map(|name| {
            let places = PROGRAMS.iter().map(|folder| Path::new("/").join(folder).join(name));
            places.into_iter().find(|path| root.real(&root.below(path)).is_some())
        });
        let firmware = root.listed(FIRMWARE.map(|folder| format!("{folder}/nvidia/{version}")));
        let firmware = firmware.into_iter().filter(|path| {
            let name = file_name(path);
            name.starts_with("gsp") && name.ends_with(".bin")
        });
        let sockets = SOCKETS.map(|socket| Path::new("/").join(socket));
        Ok(Self {
            libraries,
            others: programs.chain(firmware).collect(),
            sockets: sockets.into_iter().filter(|path| root.real(&root.below(path)).is_some()).collect(),
        })
    }
}

/// The last name of a path; of one that is no text, which no file of the driver's is, the empty one.
fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// The folder of the driver's files, by its real path.
struct Root(PathBuf);

impl Root {
    fn below(&self, path: &Path) -> PathBuf {
        below(&self.0, path)
    }

    /// Where a path leads, as seen from the root; `None` where it leads to nothing, or out of the root.
    fn real(&self, path: &Path) -> Option<PathBuf> {
        let real = path.canonicalize().ok()?;
        Some(Path::new("/").join(real.strip_prefix(&self.0).ok()?))
    }

    /// What is in folders, in order, each folder once: one may be a link to another.
    fn listed<T: AsRef<Path>>(&self, folders: impl IntoIterator<Item = T>) -> BTreeSet<PathBuf> {
        let real = folders.into_iter().filter_map(|folder| self.real(&self.0.join(folder)));
        let folders: BTreeSet<_> = real.collect();
        let in_folder = |folder: PathBuf| {
            let entries = fs::read_dir(self.below(&folder)).into_iter().flatten().flatten();
            entries.map(|entry| folder.join(entry.file_name())).collect::<Vec<_>>()
        };
        folders.into_iter().flat_map(in_folder).collect()
    }
}
