//! What a daemon does beyond changing its own state: logs, servers, and clients that wait.

use std::io::Read;
use std::os::fd::AsFd;

use rustix::process::{Pid, Signal, kill_process};

use super::board::Board;
use super::fault::{Faults, Target};
use super::journal::{self, Journal, Log};
use super::packet::Packets;
use super::rules::{Attached, Config, DeviceRow, Reply, Request, Version, World};
use super::spawn::Child;
use super::wire::{FromServer, ToServer, Welcome};

/// The longest piece of the log's pipe that is read at once.
const RECORDS: usize = 64 << 10;

pub(super) struct Outside<'a> {
    pub(super) version: Version,
    board: &'a Board,
    journal: Journal,
    faults: Faults,
    pub(super) children: Vec<Child>,
    pub(super) clients: Vec<(u64, Packets, Attached)>,
    /// Whether a server told that its last client left.
    pub(super) idle: bool,
}

impl<'a> Outside<'a> {
    pub(super) fn new(version: Version, board: &'a Board, journal: Journal, faults: Faults) -> Self {
        Self { version, board, journal, faults, children: Vec::new(), clients: Vec::new(), idle: false }
    }

    pub(super) fn fault(&mut self, target: Target) -> Option<super::fault::Action> {
        self.faults.count(target)
    }

    pub(super) fn child(&mut self, pid: i32) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.pid == pid)
    }

    /// Writes what other processes sent to the log.
    pub(super) fn take_records(&mut self, mut pipe: &std::fs::File) {
        let mut bytes = vec![0; RECORDS];
        while let Ok(count @ 1..) = pipe.read(&mut bytes) {
            self.journal.write_records(&bytes[..count]);
        }
    }

    /// Takes a server that ended out of the lists; its status.
    pub(super) fn bury(&mut self, pid: i32) -> Option<i32> {
        let place = self.children.iter().position(|child| child.pid == pid)?;
        let child = self.children.remove(place);
        let status = child.bury();
        for device in self.board.devices() {
            self.board.remove(&device, pid as u32);
        }
        Some(status)
    }

    fn exchange(link: &Packets, request: &Request, idle: &mut bool) -> Option<Reply> {
        link.send(&ToServer::Ask(request.clone())).ok()?;
        loop {
            match link.receive().ok()?? {
                FromServer::Reply(reply) => return Some(reply),
                FromServer::Idle => *idle = true,
            }
        }
    }

    fn take_client(&mut self, key: u64) -> Option<(Packets, Attached)> {
        let place = self.clients.iter().position(|(other, _, _)| *other == key)?;
        let (_, connection, client) = self.clients.remove(place);
        Some((connection, client))
    }
}

impl World for Outside<'_> {
    fn log(&mut self, text: &str) {
        self.journal.write(Log::Control, &journal::line("Control", std::process::id(), text));
    }

    fn spawn(&mut self, uid: u32, config: &Config) -> Option<i32> {
        let fault = self.faults.count(Target::Server);
        let child = Child::start(uid, config.clone(), fault).ok()?;
        let pid = child.pid;
        // Since 550 it is the child that says so.
        let teller = if self.version.logs_shutdowns() { pid as u32 } else { std::process::id() };
        let text = format!("Starting new server {pid} for user {uid}");
        self.journal.write(Log::Control, &journal::line("Control", teller, &text));
        self.children.push(child);
        Some(pid)
    }

    fn ask(&mut self, server: i32, request: &Request) -> Option<Reply> {
        let link = self.children.iter().find(|child| child.pid == server)?.link.as_ref()?;
        Self::exchange(link, request, &mut self.idle)
    }

    fn interrupt(&mut self, server: i32) {
        if let Some(pid) = Pid::from_raw(server).filter(|_| self.child(server).is_some()) {
            // It may have ended just so.
            let _ = kill_process(pid, Signal::INT);
        }
    }

    fn hand_over(&mut self, client: u64, server: i32) {
        let Some((connection, attached)) = self.take_client(client) else { return };
        let link = self.child(server).and_then(|child| child.link.as_ref());
        // A client whose server is gone learns it by the end of its connection.
        let _ = link.map(|link| link.send_with(&ToServer::Serve(attached), Some(connection.as_fd())));
    }

    fn refuse(&mut self, client: u64, code: u32) {
        if let Some((connection, _)) = self.take_client(client) {
            // It may have given up.
            let _ = connection.send(&Welcome::Refused(code));
        }
    }

    fn devices(&self) -> Vec<DeviceRow> {
        self.board.devices()
    }
}
