//! Ending a daemon, so that nothing of it is left.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use rustix::process::{Pid, Signal, kill_process};

use crate::mps::command::MpsCommand;
use crate::mps::daemon::MpsDaemon;
use crate::mps::error::MpsError;
use crate::mps::front_end;
use crate::mps::pipe_directory::{DaemonPresence, TURN_LOCK};

/// What a daemon leaves in its pipe directory, beside the file that it locks, which stays: a second one would let two daemons run.
const LEFT: [&str; 4] = ["control", "control_privileged", "log", "nvidia-cuda-mps-control.pid"];
/// How often it is looked whether something has ended.
const RETRY: Duration = Duration::from_millis(2);

/// How a daemon ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MpsQuit {
    /// The servers that it had.
    pub servers: Vec<u32>,
    /// Those of them that had to be killed.
    pub killed: Vec<u32>,
    /// Whether the daemon itself had to be killed.
    pub daemon_killed: bool,
}

impl MpsDaemon {
    /// Ends the daemon and its servers, and removes what they leave in the pipe directory. Clients have `grace` to leave by themselves;
    /// then their work is ended, and what does not end by itself is killed.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotRunning`], [`MpsError::NoPermission`] for who neither started the daemon nor is root, [`MpsError::Wedged`] where it
    /// cannot be killed either.
    pub fn quit(&self, grace: Duration) -> Result<MpsQuit, MpsError> {
        // In whole seconds, as the daemon counts them.
        let grace =
            Duration::from_secs(grace.as_secs().saturating_add(u64::from(grace.subsec_nanos() > 0)).clamp(1, 1 << 24));
        let not_running = || MpsError::NotRunning { directory: self.pipes.path().to_owned() };
        let DaemonPresence::Present(pid) = self.pipes.presence()? else { return Err(not_running()) };
        // A daemon that does not answer is ended all the same.
        let servers = match self.control.ask(MpsCommand::GetServerList) {
            Ok(answer) => answer.lines().filter_map(|line| line.trim().parse().ok()).collect(),
            Err(MpsError::Wedged { .. } | MpsError::Uncertain { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut quit = MpsQuit { servers, killed: Vec::new(), daemon_killed: false };
        self.ask_to_quit(grace)?;
        let margin = Duration::from_secs(2);
        if !self.is_gone_by(Instant::now() + margin)? {
            // Children that started meanwhile are servers too.
            let children = pid.map(children).unwrap_or_default();
            for server in quit.servers.iter().chain(&children) {
                if !quit.killed.contains(server) && kill(*server) {
                    quit.killed.push(*server);
                }
            }
            if !self.is_gone_by(Instant::now() + margin)? {
                quit.daemon_killed = pid.is_some_and(kill);
            }
        }
        match self.is_gone_by(Instant::now() + margin)? {
            true => self.clean_up().map(|()| quit),
            false => Err(MpsError::Wedged { directory: self.pipes.path().to_owned(), after: grace + 3 * margin }),
        }
    }

    /// Sends `quit`, which answers only where it is refused.
    fn ask_to_quit(&self, grace: Duration) -> Result<(), MpsError> {
        let line = format!("quit -t {}\n", grace.as_secs());
        let deadline = Instant::now() + grace + Duration::from_secs(1);
        let _turn = self.pipes.turn(deadline)?;
        match front_end::say(&self.program, self.pipes.path(), line.as_bytes(), deadline) {
            Ok(said) if said.contains("Not enough privilege") => {
                Err(MpsError::NoPermission { command: "quit".into(), answer: said.trim().into() })
            }
            // It blocks as long as a client or server stays, and its status says nothing.
            Ok(_) | Err(front_end::Failed::Late) => Ok(()),
            Err(front_end::Failed::Program(error)) => Err(front_end::program_error(&self.program, &error)),
        }
    }

    fn is_gone_by(&self, deadline: Instant) -> Result<bool, MpsError> {
        loop {
            if self.pipes.presence()? == DaemonPresence::Absent {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            std::thread::sleep(RETRY);
        }
    }

    /// Removes what the daemon left, unless another one has begun meanwhile.
    fn clean_up(&self) -> Result<(), MpsError> {
        let path = self.pipes.path();
        let _turn = self.pipes.turn(Instant::now() + Duration::from_secs(1))?;
        if self.pipes.presence()? != DaemonPresence::Absent {
            return Ok(());
        }
        for name in LEFT.iter().chain([&TURN_LOCK]) {
            remove(&path.join(name))?;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), MpsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(MpsError::InvalidDirectory { path: path.into(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Kills a process of MPS, if it still lives. Its id may be another's by now, or one of another namespace.
fn kill(pid: u32) -> bool {
    // The kernel keeps 15 bytes of the name.
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if name.trim_end() != "nvidia-cuda-mps" {
        return false;
    }
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// The children of a process.
fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}
