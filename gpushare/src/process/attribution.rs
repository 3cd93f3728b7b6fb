//! Which server and daemon of MPS the clients on a GPU belong to.

use std::path::Path;

use super::gpu_process::{GpuProcess, MpsRole, ProcessKinds};
use crate::mps::processes::pipe_directory;
use crate::procfs::Procfs;

/// Says of each client of MPS among the processes of one GPU whose it is, where the servers among them are known to be some.
///
/// A server is the one of its clients on a device, unless there are several: then it has the pipe directory of the client's environment,
/// and the client's user.
pub(crate) fn attribute_mps(processes: &mut [GpuProcess], procfs: &Path) {
    let servers: Vec<_> = processes.iter().filter(|process| is_server(process)).cloned().collect();
    for client in processes.iter_mut().filter(|process| process.kinds.contains(ProcessKinds::MPS_CLIENT)) {
        let place = |process: &GpuProcess| (process.gpu_instance, process.compute_instance);
        let mut candidates: Vec<_> = servers.iter().filter(|server| place(server) == place(client)).collect();
        if candidates.len() > 1
            && let Some(directory) = pipe_directory(Procfs(procfs), client.pid)
        {
            candidates.retain(|server| is_in(server, &directory));
        }
        if candidates.len() > 1 && client.uid.is_some() {
            candidates.retain(|server| server.uid == client.uid);
        }
        let server = match candidates[..] {
            [server] => Some(server),
            _ => None,
        };
        client.mps = Some(MpsRole::Client {
            server: server.map(|server| server.pid),
            daemon: server.and_then(|server| match server.mps {
                Some(MpsRole::Server { daemon, .. }) => daemon,
                _ => None,
            }),
        });
    }
}

fn is_server(process: &GpuProcess) -> bool {
    matches!(process.mps, Some(MpsRole::Server { .. }))
}

fn is_in(server: &GpuProcess, directory: &Path) -> bool {
    matches!(&server.mps, Some(MpsRole::Server { pipe_directory: Some(of_server), .. }) if of_server == directory)
}
