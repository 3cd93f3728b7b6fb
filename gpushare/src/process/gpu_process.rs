//! A process that uses a GPU, as plain data.

use std::fmt;
use std::path::PathBuf;

use bitflags::bitflags;
use serde::{Deserialize, Serialize, Serializer};

use super::container::ContainerId;
use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::units::Bytes;

bitflags! {
    /// How a process uses a GPU.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
    pub struct ProcessKinds: u32 {
        /// It computes; a client of MPS and its server do, too.
        const COMPUTE = 1;
        /// It draws.
        const GRAPHICS = 1 << 1;
        /// It computes through MPS.
        const MPS_CLIENT = 1 << 2;
    }
}

/// A process that uses a GPU or a part of it.
///
/// What only the kernel knows is read from [procfs](crate::NvmlBuilder::procfs). Of a process that is not there, such as one in another
/// PID namespace, it is `None`; where two namespaces count apart, an id may name another process here than the driver means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GpuProcess {
    /// Its process id, as the driver sees it.
    pub pid: u32,
    /// How it uses the GPU.
    pub kinds: ProcessKinds,
    /// The GPU memory that it uses, in bytes; `None` where the driver does not tell.
    pub used_memory: Option<Bytes>,
    /// The GPU instance on which it runs; `None` outside of MIG.
    pub gpu_instance: Option<GpuInstanceId>,
    /// The compute instance on which it runs; `None` outside of MIG.
    pub compute_instance: Option<ComputeInstanceId>,
    /// The name of its program, or what the driver calls it; `None` where neither is known.
    pub name: Option<String>,
    /// The user whose rights it has.
    pub uid: Option<u32>,
    /// The container in which it runs; `None` in none.
    pub container: Option<ContainerId>,
    /// What it is to MPS; `None` where it has nothing to do with it.
    pub mps: Option<MpsRole>,
}

/// What a process that uses a GPU is to MPS.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MpsRole {
    /// It is a server.
    Server {
        /// The process id of its daemon; `None` where that has died or is not seen here.
        daemon: Option<u32>,
        /// The pipe directory of its daemon; `None` where this user may not look at its environment.
        #[serde(serialize_with = "path_as_text")]
        pipe_directory: Option<PathBuf>,
    },
    /// It is a client of a server.
    Client {
        /// The process id of the server; `None` where it cannot be told which of several.
        server: Option<u32>,
        /// The process id of the server's daemon; `None` likewise, and where that has died.
        daemon: Option<u32>,
    },
}

/// Paths are no text by themselves; one that is none loses what is not.
pub(crate) fn path_as_text<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(to)
}

impl fmt::Display for GpuProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}
