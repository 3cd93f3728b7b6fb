//! The daemon: one thread that serves one connection after the other.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};

use super::fault::{Action, Target};
use super::files::Pipe;
use super::journal::Journal;
use super::outside::Outside;
use super::packet::Packets;
use super::rules::{Attached, Caller, Control, Outcome, World};
use super::settings::{Settings, below, default_percentage, default_priority};
use super::wire::{Answer, FromServer, Greeting, Hello, Text, ToServer};

/// A front-end.
struct FrontEnd {
    id: u64,
    connection: Packets,
    caller: Caller,
    /// Whether it has more to say. Who has not waits for the daemon to let go of it.
    talks: bool,
}

/// What can have something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Privileged,
    Control,
    Log,
    FrontEnd(u64),
    Client(u64),
    Link(i32),
    Exit(i32),
}

pub(super) struct Daemon<'a> {
    pipe: Pipe,
    control: Control,
    outside: Outside<'a>,
    front_ends: Vec<FrontEnd>,
    /// Connections that are kept and never served.
    held: Vec<Packets>,
    /// How many front-ends were dropped because another was there.
    dropped: u64,
    next_id: u64,
    /// When servers are made to end.
    deadline: Option<Instant>,
}

impl<'a> Daemon<'a> {
    pub(super) fn new(settings: &'a Settings, pipe: Pipe, journal: Journal, multi_user: bool) -> Self {
        let owner = rustix::process::geteuid().as_raw();
        let mut control = Control::new(settings.version, owner, multi_user);
        let mut outside = Outside::new(settings.version, &settings.board, journal, settings.faults.clone());
        if settings.version.is_talkative() {
            outside.log(&format!("CUDA MPS Control binary version: {}", settings.binary_version()));
        }
        outside.log(&format!("Starting control daemon using socket {}", below(pipe.folder(), "control").display()));
        let folder = pipe.folder().display();
        outside.log(&format!("To connect CUDA applications to this daemon, set env CUDA_MPS_PIPE_DIRECTORY={folder}"));
        control.set_defaults(default_percentage().as_deref(), default_priority().as_deref(), &mut outside);
        Self {
            pipe,
            control,
            outside,
            front_ends: Vec::new(),
            held: Vec::new(),
            dropped: 0,
            next_id: 0,
            deadline: None,
        }
    }

    /// Serves until `quit`.
    pub(super) fn run(mut self) -> ExitCode {
        while !self.control.is_quitting() || self.control.has_servers() {
            for source in self.wait() {
                self.serve(source);
            }
            if std::mem::take(&mut self.outside.idle) {
                self.control.replace_idle(&mut self.outside);
            }
            if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.deadline = None;
                self.control.force_all(&mut self.outside);
            }
        }
        self.outside.take_records(&self.pipe.log);
        let clean = self.control.is_clean();
        self.outside.log(&format!("Exit with status {}", i32::from(!clean)));
        // The lock is free before any front-end learns of the end.
        self.pipe.close();
        if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Waits until something has something to say.
    fn wait(&self) -> Vec<Source> {
        let mut sources: Vec<(Source, BorrowedFd<'_>, PollFlags)> = vec![
            (Source::Log, self.pipe.log.as_fd(), PollFlags::IN),
            (Source::Privileged, self.pipe.privileged.as_fd(), PollFlags::IN),
            (Source::Control, self.pipe.control.as_fd(), PollFlags::IN),
        ];
        for FrontEnd { id, connection, talks, .. } in &self.front_ends {
            let flags = if *talks { PollFlags::IN } else { PollFlags::empty() };
            sources.push((Source::FrontEnd(*id), connection.as_fd(), flags));
        }
        for (id, connection, _) in &self.outside.clients {
            sources.push((Source::Client(*id), connection.as_fd(), PollFlags::IN));
        }
        for child in &self.outside.children {
            sources.extend(child.link.iter().map(|link| (Source::Link(child.pid), link.as_fd(), PollFlags::IN)));
            sources.push((Source::Exit(child.pid), child.exit.as_fd(), PollFlags::IN));
        }
        let mut polled: Vec<_> = sources.iter().map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map(|left| Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        if poll(&mut polled, left.as_ref()).is_err() {
            // Interrupted: nothing is known to be there.
            return Vec::new();
        }
        let ready = polled.iter().map(|polled| !polled.revents().is_empty());
        sources.iter().zip(ready).filter(|(_, ready)| *ready).map(|((source, _, _), _)| *source).collect()
    }

    fn serve(&mut self, source: Source) {
        match source {
            Source::Log => self.outside.take_records(&self.pipe.log),
            Source::Privileged => self.accept(true),
            Source::Control => self.accept(false),
            Source::FrontEnd(id) => self.hear(id),
            // It can only have left.
            Source::Client(id) => {
                self.outside.clients.retain(|(other, _, _)| *other != id);
                self.control.forget(id);
            }
            Source::Link(pid) => self.hear_server(pid),
            Source::Exit(pid) => {
                self.outside.take_records(&self.pipe.log);
                if let Some(status) = self.outside.bury(pid) {
                    self.control.exited(pid, status, &mut self.outside);
                }
            }
        }
    }

    /// Takes a connection and waits until it says what it is. Who says nothing keeps everybody waiting.
    fn accept(&mut self, privileged: bool) {
        let listener: &OwnedFd = if privileged { &self.pipe.privileged } else { &self.pipe.control };
        let accepted = Packets::accept(listener);
        self.outside.log("Accepting connection...");
        let Ok(connection) = accepted else { return self.outside.log("Unable to accept connection") };
        let Ok(peer) = connection.peer() else { return self.outside.log("User did not send valid credentials") };
        let (pid, uid) = (peer.pid.as_raw_nonzero().get(), peer.uid.as_raw());
        match connection.receive() {
            Ok(Some(Hello::FrontEnd)) => self.greet(connection, Caller { uid }),
            Ok(Some(Hello::Client(client))) => {
                let id = self.next_id();
                self.outside.clients.push((id, connection, Attached { pid, ..client }));
                self.control.connect(id, pid, uid, &mut self.outside);
            }
            Ok(Some(Hello::Server)) => self.begin_server(pid, connection),
            Ok(None) => self.outside.log("User did not send valid credentials"),
            Err(_) => self.outside.log("Unknown type of connection"),
        }
    }

    fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Serves a front-end, unless another is there.
    fn greet(&mut self, connection: Packets, caller: Caller) {
        let silent = match self.outside.fault(Target::FrontEnd) {
            Some(Action::Hang) => return self.held.push(connection),
            Some(Action::Refuse) => Some(false),
            Some(Action::Silent) => Some(true),
            _ if !self.front_ends.is_empty() => {
                self.dropped += 1;
                Some(self.dropped.is_multiple_of(2))
            }
            _ => None,
        };
        if let Some(silent) = silent {
            // Dropped or gone is all the same.
            let _ = connection.send(&Greeting::Dropped { silent });
            return;
        }
        self.outside.log("NEW UI");
        if connection.send(&Greeting::Served).is_err() {
            return self.outside.log("UI closed");
        }
        let id = self.next_id();
        self.front_ends.push(FrontEnd { id, connection, caller, talks: true });
    }

    fn hear(&mut self, id: u64) {
        let Some(place) = self.front_ends.iter().position(|other| other.id == id) else { return };
        let FrontEnd { connection, caller, talks, .. } = &mut self.front_ends[place];
        let line = if *talks { connection.receive::<Text>().ok().flatten() } else { None };
        let Some(line) = line else {
            // A daemon that is ending lets go of no front-end that waits for it.
            if *talks && self.control.is_quitting() {
                *talks = false;
                return;
            }
            self.front_ends.remove(place);
            return self.outside.log("UI closed");
        };
        let caller = *caller;
        let answer = match self.outside.fault(Target::Command) {
            Some(Action::Kill) => die(),
            Some(Action::Silent) => Text::new(),
            _ => match self.control.command(&line, caller, &mut self.outside) {
                Outcome::Answer(answer) => answer,
                Outcome::Quit(seconds) => return self.quit(place, seconds),
            },
        };
        // It may be gone, which its end tells next.
        let _ = self.front_ends[place].connection.send(&Answer::Text(answer));
    }

    /// Leaves a front-end without an answer until the end.
    fn quit(&mut self, place: usize, seconds: Option<u32>) {
        self.deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds.into()));
        if self.outside.fault(Target::Quit) == Some(Action::Silent) {
            // It may be gone, as above.
            let _ = self.front_ends[place].connection.send(&Answer::Lost);
        }
    }

    fn begin_server(&mut self, pid: i32, connection: Packets) {
        if let Some(child) = self.outside.child(pid).filter(|child| child.link.is_none()) {
            // If it is gone, its end tells next.
            let _ = connection.send(&ToServer::Begin(child.config.clone()));
            child.link = Some(connection);
        }
        self.control.ready(pid, &mut self.outside);
    }

    fn hear_server(&mut self, pid: i32) {
        let Some(child) = self.outside.child(pid) else { return };
        match child.link.as_ref().map(Packets::receive) {
            Some(Ok(Some(FromServer::Idle))) => self.outside.idle = true,
            // An answer to a question that was given up.
            Some(Ok(Some(FromServer::Reply(_)))) => {}
            _ => child.link = None,
        }
    }
}

/// Ends the daemon as a crash does.
fn die() -> ! {
    // Nothing can refuse it, but the compiler does not know.
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}
