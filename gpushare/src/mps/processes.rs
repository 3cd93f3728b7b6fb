//! The processes of MPS, as `/proc` shows them. One that cannot be seen, as that of another container, is none.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use crate::mps::front_end::PIPE_DIRECTORY;
use crate::mps::program::SERVER_PROGRAM;

/// The name of daemons, front-ends and servers, of which the kernel keeps 15 bytes.
const NAME: &str = "nvidia-cuda-mps";
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
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, rest) = stat.rsplit_once(')')?;
        let fields: Vec<_> = rest.split_whitespace().collect();
        let alive = !matches!(*fields.first()?, "Z" | "X");
        let (parent, started) = (fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?);
        (alive && head.split_once('(')?.1 == NAME).then_some(Self { pid, parent, started })
    }

    pub(crate) fn lives(self) -> bool {
        Self::find(self.pid).is_some_and(|found| found.started == self.started)
    }

    /// Kills it, if it still lives.
    pub(crate) fn kill(self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        self.lives() && pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
    }

    /// Its servers, where it is a daemon.
    pub(crate) fn children(self) -> Vec<Self> {
        let list = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.pid)).unwrap_or_default();
        list.split_whitespace().filter_map(|child| Self::find(child.parse().ok()?)).collect()
    }

    /// Whether it is a daemon that was told to serve all users at once.
    pub(crate) fn serves_all_users(self) -> bool {
        self.arguments().iter().any(|argument| MULTI_USER.iter().any(|option| argument == option.as_bytes()))
    }

    fn arguments(self) -> Vec<Vec<u8>> {
        let line = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        line.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }

    /// Servers whose daemon in this pipe directory is gone. No command reaches them, and they keep the GPU.
    pub(crate) fn orphans(pipes: &Path) -> Vec<Self> {
        let variable = [PIPE_DIRECTORY.as_bytes(), b"=", pipes.as_os_str().as_bytes()].concat();
        let is_left = |process: &Self| {
            let environment = fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == variable)
                && process.arguments().first().is_some_and(|name| name.ends_with(SERVER_PROGRAM.as_bytes()))
                && Self::find(process.parent).is_none()
        };
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter_map(Self::find).filter(is_left).collect()
    }
}

/// The user whose rights a process has.
pub(crate) fn user(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_are_no_processes_of_mps() {
        let own = std::process::id();
        assert_eq!((Process::find(own), Process::find(0)), (None, None));
        assert_eq!(user(own), Some(rustix::process::geteuid().as_raw()));
        assert_eq!(user(0), None);
        assert!(Process::orphans(Path::new("/nowhere")).is_empty());
    }
}
