//! The processes of MPS. One that cannot be seen, as that of another container, is none.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use crate::mps::program::{CONTROL_PROGRAM, DEFAULT_PIPE_DIRECTORY, PIPE_DIRECTORY, SERVER_PROGRAM};
use crate::procfs::{Procfs, Stat, Variable};

/// The name of daemons, front-ends and servers, of which the kernel keeps 15 bytes.
pub(crate) const NAME: &str = "nvidia-cuda-mps";
/// Options by which a daemon of any version serves the clients of all users at once.
const MULTI_USER: [&str; 5] = ["-M", "--multiuser-server", "-multiuser-server", "-m", "--multiuser"];

/// A daemon, front-end or server that lives. Another process that gets its id later is another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    parent: u32,
    started: u64,
}

impl Process {
    /// The process with this id, if it is one of MPS and more than a zombie.
    pub(crate) fn find(pid: u32) -> Option<Self> {
        Self::find_in(Procfs::own(), pid)
    }

    pub(crate) fn find_in(procfs: Procfs<'_>, pid: u32) -> Option<Self> {
        Self::of(pid, &procfs.stat(pid)?)
    }

    pub(crate) fn of(pid: u32, stat: &Stat) -> Option<Self> {
        (stat.alive && stat.name == NAME).then_some(Self { pid, parent: stat.parent, started: stat.started })
    }

    pub(crate) fn lives(self) -> bool {
        Self::find(self.pid).is_some_and(|found| found.started == self.started)
    }

    /// Whether it has begun to end, and does nothing but that.
    pub(crate) fn is_ending(self) -> bool {
        Procfs::own().is_ending(self.pid)
    }

    /// Kills it, unless it has ended or is about to.
    pub(crate) fn kill(self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        self.lives() && !self.is_ending() && pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
    }

    /// Its servers, where it is a daemon.
    pub(crate) fn children(self) -> Vec<Self> {
        Procfs::own().children(self.pid).into_iter().filter_map(Self::find).collect()
    }

    /// Whether it is a daemon that was told to serve all users at once.
    pub(crate) fn serves_all_users(self) -> bool {
        let arguments = Procfs::own().arguments(self.pid);
        arguments.iter().any(|argument| MULTI_USER.iter().any(|option| argument == option))
    }

    fn runs(self, procfs: Procfs<'_>, program: &str) -> bool {
        procfs.arguments(self.pid).first().is_some_and(|name| name.as_bytes().ends_with(program.as_bytes()))
    }

    pub(crate) fn is_server(self, procfs: Procfs<'_>) -> bool {
        self.runs(procfs, SERVER_PROGRAM)
    }

    pub(crate) fn is_daemon(self, procfs: Procfs<'_>) -> bool {
        self.runs(procfs, CONTROL_PROGRAM)
    }

    /// The daemon that started it, where it is a server and that lives.
    pub(crate) fn daemon(self, procfs: Procfs<'_>) -> Option<Self> {
        Self::find_in(procfs, self.parent).filter(|parent| parent.is_daemon(procfs))
    }

    /// Servers whose daemon in this pipe directory is gone. No command reaches them, and they keep the GPU.
    pub(crate) fn orphans(pipes: &Path) -> Vec<Self> {
        let procfs = Procfs::own();
        let is_left = |process: &Self| {
            procfs.variable(process.pid, PIPE_DIRECTORY) == Variable::Set(pipes.into())
                && process.is_server(procfs)
                && Self::find(process.parent).is_none_or(Self::is_ending)
        };
        procfs.pids().filter_map(Self::find).filter(is_left).collect()
    }
}

/// The pipe directory in which a process of MPS is, or in which a program looks for one; `None` where its environment is hidden.
pub(crate) fn pipe_directory(procfs: Procfs<'_>, pid: u32) -> Option<PathBuf> {
    match procfs.variable(pid, PIPE_DIRECTORY) {
        Variable::Hidden => None,
        Variable::Unset => Some(DEFAULT_PIPE_DIRECTORY.into()),
        Variable::Set(path) => Some(path.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_are_no_processes_of_mps() {
        let own = std::process::id();
        assert_eq!((Process::find(own), Process::find(0)), (None, None));
        assert!(Process::orphans(Path::new("/nowhere")).is_empty());
    }
}
