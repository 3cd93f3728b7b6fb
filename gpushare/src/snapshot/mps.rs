//! What a snapshot says of MPS.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::gpu::GpuSnapshot;
use crate::process::{MpsRole, path_as_text};

/// An MPS control daemon that has servers on the node's GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MpsDaemonSnapshot {
    /// Its process id; `None` where the servers' parents are not seen here, as in another container.
    pub pid: Option<u32>,
    /// Its pipe directory: the `CUDA_MPS_PIPE_DIRECTORY` of its clients. `None` where its environment may not be read.
    #[serde(serialize_with = "path_as_text")]
    pub pipe_directory: Option<PathBuf>,
    /// Its servers, by ascending process id.
    pub servers: Vec<MpsServerSnapshot>,
}

/// A server of an [`MpsDaemonSnapshot`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MpsServerSnapshot {
    /// Its process id.
    pub pid: u32,
    /// The user whose clients it serves, where that is known.
    pub uid: Option<u32>,
    /// The process ids of its clients on the node's GPUs, ascending.
    pub clients: Vec<u32>,
}

/// The daemons behind the servers that are among the processes of the GPUs.
pub(super) fn daemons(gpus: &[GpuSnapshot]) -> Vec<MpsDaemonSnapshot> {
    let processes = || gpus.iter().flat_map(|gpu| &gpu.processes);
    let mut servers = BTreeMap::new();
    for process in processes() {
        if let Some(MpsRole::Server { daemon, pipe_directory }) = &process.mps {
            servers.entry(process.pid).or_insert((*daemon, pipe_directory.clone(), process.uid));
        }
    }
    let mut daemons: BTreeMap<(Option<u32>, Option<PathBuf>), Vec<MpsServerSnapshot>> = BTreeMap::new();
    for (pid, (daemon, pipe_directory, uid)) in servers {
        let serves =
            |role: &Option<MpsRole>| matches!(role, Some(MpsRole::Client { server, .. }) if *server == Some(pid));
        let mut clients: Vec<_> =
            processes().filter(|process| serves(&process.mps)).map(|process| process.pid).collect();
        clients.sort_unstable();
        clients.dedup();
        daemons.entry((daemon, pipe_directory)).or_default().push(MpsServerSnapshot { pid, uid, clients });
    }
    let daemon = |((pid, pipe_directory), servers)| MpsDaemonSnapshot { pid, pipe_directory, servers };
    daemons.into_iter().map(daemon).collect()
}
