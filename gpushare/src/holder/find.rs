//! Looking for holders: among the processes that the driver lists, and in what the kernel shows of open files.

use std::collections::BTreeMap;
use std::path::Path;

use super::Holder;
use crate::mps::processes::{self, Process};
use crate::nvml::Session;
use crate::process::{GpuProcess, MpsRole};
use crate::procfs::Procfs;

/// The name of the persistence daemon, of which the kernel keeps 15 bytes.
const PERSISTENCE_DAEMON: &str = "nvidia-persiste";

/// Who holds what these processes run on and these files belong to. What this user may not look into is not found, and this process,
/// whose own session has the GPU open, is not told.
pub(crate) fn holders(session: &Session, listed: Vec<GpuProcess>, belongs: impl Fn(&Path) -> bool) -> Vec<Holder> {
    let procfs = Procfs(&session.procfs);
    let own = (procfs == Procfs::own()).then(std::process::id);
    let mut daemons = BTreeMap::new();
    for process in &listed {
        if let Some(MpsRole::Server { daemon: Some(pid), pipe_directory }) = &process.mps {
            daemons.insert(*pid, pipe_directory.clone());
        }
    }
    let mut others = Vec::new();
    let is_other = |pid: &u32| Some(*pid) != own && listed.iter().all(|process| process.pid != *pid);
    let mut pids: Vec<_> = procfs.pids().filter(is_other).collect();
    pids.sort_unstable();
    for pid in pids {
        let Some(stat) = procfs.stat(pid).filter(|stat| stat.alive) else { continue };
        let files = procfs.open_files(pid);
        let file = files.iter().flatten().find(|file| belongs(file));
        match Process::of(pid, &stat).filter(|process| process.is_daemon(procfs)) {
            Some(_) if file.is_some() => {
                daemons.entry(pid).or_insert_with(|| processes::pipe_directory(procfs, pid));
            }
            Some(_) => {}
            // That it holds GPUs is what it is for, whoever may see which.
            None if stat.name == PERSISTENCE_DAEMON && (file.is_some() || files.is_none()) => {
                others.push(Holder::PersistenceDaemon { pid });
            }
            None => others.extend(file.map(|path| Holder::OpenFile { pid, name: stat.name, path: path.clone() })),
        }
    }
    let daemons = daemons.into_iter().map(|(pid, pipe_directory)| Holder::MpsDaemon { pid, pipe_directory });
    listed.into_iter().map(Holder::Process).chain(daemons).chain(others).collect()
}
