//! Ending a daemon, so that nothing of it is left.

use std::convert::Infallible;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::mps::command::MpsCommand;
use crate::mps::daemon::MpsDaemon;
use crate::mps::error::MpsError;
use crate::mps::front_end;
use crate::mps::pipe_directory::{DaemonPresence, TURN_LOCK};
use crate::mps::processes::Process;
use crate::procfs::Procfs;
use crate::program::{Failed, after};

/// What a daemon leaves in its pipe directory, beside the file that it locks, which stays: a second one would let two daemons run.
const LEFT: [&str; 4] = ["control", "control_privileged", "log", "nvidia-cuda-mps-control.pid"];
/// How often it is looked whether something has ended.
const RETRY: Duration = Duration::from_millis(2);
/// How often the daemon is asked at most whether clients have left: it logs each question.
const LOOK: Duration = Duration::from_millis(200);
/// What ends by itself has this long for it.
const MARGIN: Duration = Duration::from_secs(2);
/// What was killed has this long: what a process had on a GPU goes before it does.
const KILLED: Duration = Duration::from_secs(10);

/// How a daemon ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MpsQuit {
    /// The servers that it had.
    pub servers: Vec<u32>,
    /// The clients that did not leave by themselves, and whose work the daemon ended.
    pub terminated: Vec<u32>,
    /// Those of the servers that had to be killed.
    pub killed: Vec<u32>,
    /// Whether the daemon itself had to be killed.
    pub daemon_killed: bool,
}

impl MpsDaemon {
    /// Ends the daemon and its servers, and removes what they leave in the pipe directory.
    ///
    /// Clients have `grace` to leave by themselves. Then the daemon ends the work of each that is still there, as
    /// [`terminate_client`](crate::MpsServer::terminate_client) does (driver 535 and later), so that none of them takes the others with it;
    /// then it ends its servers, and what does not end by itself is killed. Of a daemon that died, what it left is ended and removed.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotRunning`] where there is nothing to end, [`MpsError::NoPermission`] for who neither started the daemon nor is root,
    /// [`MpsError::Wedged`] where it cannot be killed either.
    pub fn quit(&self, grace: Duration) -> Result<MpsQuit, MpsError> {
        let ended = match self.pipes.presence()? {
            DaemonPresence::Present(pid) => self.end(pid.and_then(Process::find), grace),
            DaemonPresence::Absent => Err(MpsError::NotRunning { directory: self.pipes.path().to_owned() }),
        };
        match ended {
            Err(error @ MpsError::NotRunning { .. }) => self.bury()?.ok_or(error),
            ended => ended,
        }
    }

    /// Ends what is left of a daemon that another process started, be it files alone. None where nothing is.
    pub(crate) fn end_left(&self, grace: Duration) -> Result<Option<MpsQuit>, MpsError> {
        match self.quit(grace) {
            Err(MpsError::NotRunning { .. }) => {}
            quit => return quit.map(Some),
        }
        let left = LEFT.iter().any(|name| self.pipes.path().join(name).symlink_metadata().is_ok());
        if left {
            self.clean_up()?;
        }
        Ok(left.then(MpsQuit::default))
    }

    fn end(&self, daemon: Option<Process>, grace: Duration) -> Result<MpsQuit, MpsError> {
        let begun = Instant::now();
        let deadline = after(grace);
        let children = || daemon.map(Process::children).unwrap_or_default();
        let mut quit = MpsQuit::default();
        match self.servers() {
            Ok(servers) => {
                quit.servers = servers.iter().map(|server| server.pid()).collect();
                let stay = self.clients_after(&quit.servers, deadline);
                quit.terminated = self.terminate(stay);
            }
            // A daemon that does not answer is ended all the same.
            Err(MpsError::Wedged { .. } | MpsError::Uncertain { .. }) => {
                quit.servers = children().iter().map(|server| server.pid).collect();
            }
            Err(error) => return Err(error),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let mut killed = Vec::new();
        if !self.ask_to_quit(left)? || !self.is_gone_by(daemon, MARGIN)? {
            // Children that started meanwhile are servers too.
            let listed = quit.servers.iter().filter_map(|pid| Process::find(*pid));
            let mut servers: Vec<_> = listed.chain(children()).collect();
            servers.sort_unstable_by_key(|server| server.pid);
            servers.dedup();
            killed = servers.into_iter().filter(|server| server.kill()).collect();
            quit.killed = pids(&killed);
            if killed.is_empty() || !self.is_gone_by(daemon, MARGIN)? {
                quit.daemon_killed = daemon.is_some_and(Process::kill);
            }
        }
        match self.is_gone_by(daemon, KILLED)? && are_gone_by(&killed, KILLED) {
            true => self.clean_up().map(|()| quit),
            false => Err(self.wedged(begun)),
        }
    }

    fn wedged(&self, begun: Instant) -> MpsError {
        MpsError::Wedged { directory: self.pipes.path().to_owned(), after: begun.elapsed() }
    }

    /// The clients, with their servers, that are there at the deadline. What cannot be known is none: it is ended with its server.
    fn clients_after(&self, servers: &[u32], deadline: Instant) -> Vec<(u32, u32)> {
        let commands: Vec<_> = servers.iter().map(|server| MpsCommand::GetClientList { server: *server }).collect();
        let mut pause = RETRY;
        loop {
            let answers = if commands.is_empty() { Ok(Vec::new()) } else { self.control.exchange(&commands) };
            let clients: Vec<_> = servers
                .iter()
                .zip(answers.unwrap_or_default())
                .flat_map(|(server, answer)| numbers(&answer).map(|client| (*server, client)).collect::<Vec<_>>())
                .collect();
            let left = deadline.saturating_duration_since(Instant::now());
            if clients.is_empty() || left.is_zero() {
                return clients;
            }
            std::thread::sleep(pause.min(left));
            pause = (2 * pause).min(LOOK);
        }
    }

    /// Ends the work of clients; those of which the daemon says that it did.
    fn terminate(&self, clients: Vec<(u32, u32)>) -> Vec<u32> {
        let mut terminated = Vec::new();
        for (server, client) in clients {
            match self.terminate_client(server, client) {
                Ok(()) => terminated.push(client),
                // It may have left just so, and its server may be the next to fail.
                Err(MpsError::Refused { .. } | MpsError::ServerNotFound { .. } | MpsError::Uncertain { .. }) => {}
                Err(_) => break,
            }
        }
        terminated
    }

    /// Sends `quit`, which answers only where it is refused; whether it came to its end in time.
    ///
    /// It blocks as long as a client or server stays, and its status says nothing.
    fn ask_to_quit(&self, grace: Duration) -> Result<bool, MpsError> {
        // In whole seconds, as the daemon counts them.
        let seconds = grace.as_secs().saturating_add(u64::from(grace.subsec_nanos() > 0)).clamp(1, 1 << 24);
        let line = format!("quit -t {seconds}\n");
        let deadline = after(Duration::from_secs(seconds) + MARGIN);
        let _turn = self.pipes.turn(deadline)?;
        match front_end::say(&self.program, self.pipes.path(), line.as_bytes(), deadline) {
            Ok(said) if said.contains("Not enough privilege") => {
                Err(MpsError::NoPermission { command: "quit".into(), answer: said.trim().into() })
            }
            Ok(_) => Ok(true),
            Err(Failed::Late) => Ok(false),
            Err(Failed::Program(error)) => Err(front_end::program_error(&self.program, &error)),
        }
    }

    /// Whether the daemon, and its process where that is seen, ends in time. It unlocks its file a little before it ends.
    fn is_gone_by(&self, daemon: Option<Process>, patience: Duration) -> Result<bool, MpsError> {
        comes_about(patience, || Ok(self.pipes.presence()? == DaemonPresence::Absent && !lives(daemon.as_slice())))
    }

    /// Ends what outlived a daemon that was killed, or that lives on without the pipe directory in which it was started. None where there
    /// is nothing.
    fn bury(&self) -> Result<Option<MpsQuit>, MpsError> {
        let begun = Instant::now();
        let daemon = self.started.filter(|daemon| daemon.is_running(Procfs::own()));
        let mut servers = daemon.map(Process::children).unwrap_or_default();
        servers.extend(Process::orphans(Procfs::own(), self.pipes.path()));
        let daemon_killed = daemon.is_some_and(Process::kill);
        let killed: Vec<_> = servers.iter().copied().filter(|server| server.kill()).collect();
        if !are_gone_by(daemon.as_slice(), KILLED) || !are_gone_by(&killed, KILLED) {
            return Err(self.wedged(begun));
        }
        let quit = MpsQuit { servers: pids(&servers), terminated: Vec::new(), killed: pids(&killed), daemon_killed };
        let is_some = quit != MpsQuit::default();
        if (is_some || self.started.is_some()) && self.pipes.path().is_dir() {
            self.clean_up()?;
        }
        Ok(is_some.then_some(quit))
    }

    /// Takes back a start that failed. A daemon that comes about too late is ended.
    pub(crate) fn give_up(&self, late: bool) -> Result<(), MpsError> {
        if let (true, DaemonPresence::Present(Some(pid))) = (late, self.pipes.presence()?) {
            let daemon = Process::find(pid);
            let _ = daemon.is_some_and(Process::kill);
            self.is_gone_by(daemon, KILLED)?;
        }
        self.clean_up()
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

fn pids(processes: &[Process]) -> Vec<u32> {
    processes.iter().map(|process| process.pid).collect()
}

fn lives(processes: &[Process]) -> bool {
    processes.iter().any(|process| process.lives())
}

/// Whether all of them end in time.
fn are_gone_by(processes: &[Process], patience: Duration) -> bool {
    let Ok(gone) = comes_about(patience, || Ok::<_, Infallible>(!lives(processes)));
    gone
}

fn comes_about<E>(patience: Duration, mut look: impl FnMut() -> Result<bool, E>) -> Result<bool, E> {
    let deadline = Instant::now() + patience;
    loop {
        if look()? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(RETRY);
    }
}

/// Process ids, one a line.
fn numbers(answer: &str) -> impl Iterator<Item = u32> {
    answer.lines().filter_map(|line| line.trim().parse().ok())
}

fn remove(path: &Path) -> Result<(), MpsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(MpsError::InvalidDirectory { path: path.into(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}
