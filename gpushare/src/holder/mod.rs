//! Who keeps a GPU or an instance of it from being changed, as plain data.

mod find;

use std::fmt;
use std::path::PathBuf;

use crate::id::ComputeInstanceId;
use crate::process::GpuProcess;

pub(crate) use find::holders;

/// Who keeps a GPU or an instance of it from being changed, destroyed or reset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Holder {
    /// A compute instance that lives in the GPU instance.
    ComputeInstance(ComputeInstanceId),
    /// A process that runs on it.
    Process(GpuProcess),
    /// An MPS daemon, which starts another server for the next client: [quit](crate::MpsDaemon::quit) it.
    MpsDaemon {
        /// Its process id.
        pid: u32,
        /// Its pipe directory; `None` where this user may not look at its environment.
        pipe_directory: Option<PathBuf>,
    },
    /// `nvidia-persistenced`, which keeps GPUs initialised: stop its service.
    PersistenceDaemon {
        /// Its process id.
        pid: u32,
    },
    /// A process that has the device file open and does not run on it, as programs that watch GPUs do.
    OpenFile {
        /// Its process id.
        pid: u32,
        /// The name of its program.
        name: String,
        /// The file, as that process named it: `/dev/nvidia0`.
        path: PathBuf,
    },
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ComputeInstance(id) => write!(f, "compute instance {id}"),
            Self::Process(process) => process.fmt(f),
            Self::MpsDaemon { pid, pipe_directory: Some(path) } => write!(f, "MPS daemon {pid} in {}", path.display()),
            Self::MpsDaemon { pid, pipe_directory: None } => write!(f, "MPS daemon {pid}"),
            Self::PersistenceDaemon { pid } => write!(f, "nvidia-persistenced {pid}"),
            Self::OpenFile { pid, name, path } => {
                write!(f, "process {pid} ({name}), which has {} open", path.display())
            }
        }
    }
}

/// Holders in a sentence: ` by …`, or nothing where nobody is known.
pub(crate) fn by(holders: &[Holder]) -> String {
    if holders.is_empty() {
        return String::new();
    }
    let names: Vec<_> = holders.iter().map(Holder::to_string).collect();
    format!(" by {}", names.join(", "))
}
