//! What the kernel knows of a process.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::container::ContainerId;
use super::gpu_process::MpsRole;
use crate::mps::processes::{self, Process};
use crate::procfs::Procfs;

/// How much of a program's name the kernel keeps, in bytes.
const KEPT: usize = 15;

/// What procfs says of a process. It does not change as long as the process lives, save where that gives up rights or runs another
/// program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessFacts {
    /// The name of the program that it runs.
    pub(crate) name: String,
    /// The user whose rights it has.
    pub(crate) uid: Option<u32>,
    pub(crate) container: Option<ContainerId>,
    pub(crate) parent: u32,
    /// When it began, in clock ticks since the machine did: what tells it from another process that got its id.
    pub(crate) started: u64,
    /// The part of a server, where it is one; who is a client, only the driver knows.
    pub(crate) mps: Option<MpsRole>,
}

impl ProcessFacts {
    /// What is known of a process, all of it of the same one; `None` where there is none.
    pub(crate) fn read(procfs: &Path, pid: u32) -> Option<Self> {
        let procfs = Procfs(procfs);
        let stat = procfs.stat(pid)?;
        let server = Process::of(pid, &stat).filter(|process| process.is_server(procfs));
        let facts = Self {
            uid: procfs.user(pid),
            container: procfs.control_groups(pid).and_then(|groups| ContainerId::of_control_groups(&groups)),
            parent: stat.parent,
            started: stat.started,
            mps: server.map(|server| MpsRole::Server {
                daemon: server.daemon(procfs).map(|daemon| daemon.pid),
                pipe_directory: processes::pipe_directory(procfs, pid),
            }),
            name: whole_name(procfs, pid, stat.name),
        };
        procfs.stat(pid).is_some_and(|now| now.started == facts.started).then_some(facts)
    }
}

/// The name with what the kernel left out of it, as far as the process was started by that name.
fn whole_name(procfs: Procfs<'_>, pid: u32, kept: String) -> String {
    if kept.len() < KEPT {
        return kept;
    }
    let arguments = procfs.arguments(pid);
    let started_as = arguments.first().and_then(|first| Path::new(first).file_name());
    match started_as {
        Some(name) if name.as_bytes().starts_with(kept.as_bytes()) => name.to_string_lossy().into_owned(),
        _ => kept,
    }
}
