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
        self.lives_in(Procfs::own())
    }

    fn lives_in(self, procfs: Procfs<'_>) -> bool {
        Self::find_in(procfs, self.pid).is_some_and(|found| found.started == self.started)
    }

    /// Whether it lives and has not begun to end.
    pub(crate) fn is_running(self, procfs: Procfs<'_>) -> bool {
        self.lives_in(procfs) && !procfs.is_ending(self.pid)
    }

    /// Kills it, unless it has ended or is about to.
    pub(crate) fn kill(self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        self.is_running(Procfs::own()) && pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
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
    pub(crate) fn orphans(procfs: Procfs<'_>, pipes: &Path) -> Vec<Self> {
        let is_left = |process: &Self| {
            procfs.variable(process.pid, PIPE_DIRECTORY) == Variable::Set(pipes.into())
                && process.is_server(procfs)
                && !Self::find_in(procfs, process.parent).is_some_and(|parent| parent.is_running(procfs))
        };
        procfs.pids().filter_map(|pid| Self::find_in(procfs, pid)).filter(is_left).collect()
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
    use std::fs;

    use super::*;

    #[test]
    fn other_programs_are_no_processes_of_mps() {
        let own = std::process::id();
        assert_eq!((Process::find(own), Process::find(0)), (None, None));
        assert!(Process::orphans(Procfs::own(), Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn a_server_is_left_once_its_daemon_begins_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let procfs = Procfs(folder.path());
        let put = |pid: u32, parent: u32, flags: u32| {
            let own = folder.path().join(pid.to_string());
            fs::create_dir_all(&own).unwrap();
            let rest = "9 0 0 0 1 2 0 0 20 0 1 0 5231 2457600 300";
            fs::write(own.join("stat"), format!("{pid} ({NAME}) S {parent} 7 7 0 -1 {flags} {rest}\n")).unwrap();
            fs::write(own.join("environ"), "CUDA_MPS_PIPE_DIRECTORY=/run/mps\0").unwrap();
            fs::write(own.join("cmdline"), "nvidia-cuda-mps-server\0").unwrap();
            Process::find_in(procfs, pid).unwrap()
        };
        let left = || Process::orphans(procfs, Path::new("/run/mps"));
        let (daemon, server) = (put(7, 1, 0), put(9, 7, 0));
        // The other one, which has no daemon, is left in any case.
        assert_eq!((daemon.is_running(procfs), left()), (true, vec![daemon]));
        let daemon = put(7, 1, 4);
        assert!(!daemon.is_running(procfs) && left().contains(&server));
        fs::remove_dir_all(folder.path().join("7")).unwrap();
        assert_eq!((daemon.is_running(procfs), left()), (false, vec![server]));
        assert!(Process::orphans(procfs, Path::new("/run/other")).is_empty());
    }
}
