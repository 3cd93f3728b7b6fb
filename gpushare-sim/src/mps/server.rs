//! The server: clients' connections, and the daemon's questions.

use std::os::fd::AsFd;
use std::process::ExitCode;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};

use super::board::Board;
use super::fault::Action;
use super::journal::{self, Log};
use super::packet::Packets;
use super::rules::{Attached, Config, Reply, Request, Served, Version, code};
use super::settings::{Settings, below, pipe_folder};
use super::spawn::FAULT_VARIABLE;
use super::wire::{Call, FromServer, Hello, ToServer, Welcome};

const NAME: &str = "nvidia-cuda-mps-server";

pub(super) fn run() -> ExitCode {
    // What starts a background job may have it ignore the signal that ends a server.
    // SAFETY: the default of a signal involves no code of ours.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
    }
    let fault = std::env::var(FAULT_VARIABLE).ok().and_then(|name| Action::of_name(&name));
    match fault {
        Some(Action::Exit) => return ExitCode::FAILURE,
        Some(Action::NeverReady) => loop {
            thread::park();
        },
        // SAFETY: to ignore a signal involves no code of ours.
        Some(Action::Stubborn) => unsafe {
            libc::signal(libc::SIGINT, libc::SIG_IGN);
        },
        _ => {}
    }
    match Server::begin() {
        Some(server) => server.run(),
        None => ExitCode::FAILURE,
    }
}

struct Server {
    served: Served,
    board: Board,
    /// The connection to the daemon, while there is one.
    daemon: Option<Packets>,
    clients: Vec<(u64, Packets)>,
    next_key: u64,
    talkative: bool,
}

fn log(text: &str) {
    journal::send(&pipe_folder(), Log::Server, &journal::line("Server", std::process::id(), text));
}

fn context(pid: i32, context: u32) -> String {
    format!("{{PID: {pid}, Context ID: {context}}}")
}

impl Server {
    /// None where there is nothing to serve, or no daemon.
    fn begin() -> Option<Self> {
        let settings = Settings::find().ok()?;
        let devices = settings.board.devices();
        if devices.is_empty() {
            return None;
        }
        let pid = std::process::id();
        let daemon = Packets::connect(&below(&pipe_folder(), "control")).ok()?;
        // Before the daemon calls it ready, since whoever hears that looks for it.
        settings.board.add_server(pid, NAME, &devices);
        daemon.send(&Hello::Server).ok()?;
        let Some(ToServer::Begin(config)) = daemon.receive().ok()? else { return None };
        let version = Version::new(config.branch)?;
        if version.is_talkative() {
            log(&format!("CUDA MPS Server for Linux/Unix. Binary version: {}", settings.binary_version()));
            log(&format!("Display Driver version: {}", version.branch()));
        }
        log_limits(version, &config);
        let served = Served::new(version, config, devices);
        let talkative = version.is_talkative();
        Some(Self { served, board: settings.board, daemon: Some(daemon), clients: Vec::new(), next_key: 0, talkative })
    }

    fn run(mut self) -> ExitCode {
        while !self.served.is_done() {
            let (daemon, clients) = self.wait();
            // Clients first: what they did came before what the daemon asks about it. A process lets go of its contexts before itself.
            for key in clients.into_iter().rev() {
                self.hear_client(key);
            }
            if daemon {
                self.hear_daemon();
            }
        }
        for device in self.served.devices().iter().filter(|_| self.daemon.is_none()) {
            self.board.remove(device, std::process::id());
        }
        ExitCode::SUCCESS
    }

    fn wait(&self) -> (bool, Vec<u64>) {
        let mut polled: Vec<_> = self.clients.iter().map(|(_, client)| PollFd::new(client, PollFlags::IN)).collect();
        polled.extend(self.daemon.iter().map(|daemon| PollFd::from_borrowed_fd(daemon.as_fd(), PollFlags::IN)));
        if poll(&mut polled, None).is_err() {
            return (false, Vec::new());
        }
        let mut ready = polled.iter().map(|polled| !polled.revents().is_empty());
        let clients = self.clients.iter().zip(ready.by_ref()).filter(|(_, ready)| *ready).map(|((key, _), _)| *key);
        let clients = clients.collect();
        (self.daemon.is_some() && polled.last().is_some_and(|daemon| !daemon.revents().is_empty()), clients)
    }

    fn hear_daemon(&mut self) {
        let heard = self.daemon.as_ref().and_then(|daemon| daemon.receive_with().ok().flatten());
        match heard {
            Some((ToServer::Ask(request), _)) => self.answer(request),
            Some((ToServer::Serve(client), Some(connection))) => self.admit(client, Packets::of(connection)),
            Some(_) => {}
            // The daemon is gone. Its server stays, for its clients.
            None => self.daemon = None,
        }
    }

    fn answer(&mut self, request: Request) {
        let asked = request.clone();
        let reply = self.served.answer(request);
        match (&asked, &reply) {
            (Request::Terminate(pid), Reply::Terminated(true)) => {
                for device in self.served.devices() {
                    self.board.remove(device, *pid as u32);
                }
            }
            (Request::SetLimit(device, Some(limit)), _) if self.talkative => log(&limit_line(device, limit.0)),
            _ => {}
        }
        self.tell(FromServer::Reply(reply));
    }

    fn tell(&self, message: FromServer) {
        // A daemon that is gone is noticed when it is listened to.
        let _ = self.daemon.as_ref().map(|daemon| daemon.send(&message));
    }

    fn admit(&mut self, client: Attached, connection: Packets) {
        self.next_key += 1;
        let (key, pid) = (self.next_key, client.pid);
        let (name, device) = (client.name.clone(), client.device);
        let (share, id) = match self.served.attach(key, client) {
            Ok(admitted) => admitted,
            // It may have left meanwhile.
            Err(code) => return drop(connection.send(&Welcome::Refused(code))),
        };
        let shown = context(pid, id);
        log(&format!("Received new client request for {shown}"));
        log(&format!("Client {shown} connected"));
        log(&format!("Creating worker thread for client {shown}"));
        if let Some(device) = device.and_then(|device| self.served.devices().get(usize::from(device))) {
            if !self.board.add_client(pid as u32, &name, device, 0) {
                self.served.detach(key);
                return drop(connection.send(&Welcome::Refused(code::OUT_OF_MEMORY)));
            }
            log(&format!("Device {} (uuid {}) is associated", device.name, device.uuid));
            log(&format!("Status of client {shown} is ACTIVE"));
        }
        let welcome = Welcome::Served { server: std::process::id(), share };
        if connection.send(&welcome).is_ok() {
            self.clients.push((key, connection));
        } else {
            self.part(key);
        }
    }

    fn hear_client(&mut self, key: u64) {
        let Some(place) = self.clients.iter().position(|(other, _)| *other == key) else { return };
        let heard = self.clients[place].1.receive().ok().flatten();
        let code = match heard {
            Some(Call::Work) => self.served.work(key),
            Some(Call::Fault) => self.served.fault(key),
            Some(Call::Allocate(bytes)) => self.allocate(key, bytes),
            None => {
                self.clients.remove(place);
                return self.part(key);
            }
        };
        // A client that left is noticed next.
        let _ = self.clients[place].1.send(&code);
    }

    fn allocate(&mut self, key: u64, bytes: u64) -> u32 {
        let all = match self.served.allocate(key, bytes) {
            Ok(all) => all,
            Err(code) => return code,
        };
        let Some((pid, _, device)) = self.served.named(key) else { return code::RPC_FAILURE };
        let Some(device) = self.served.devices().get(usize::from(device.unwrap_or(0))) else { return code::SUCCESS };
        let name = self.served.name(key).unwrap_or_default();
        if self.board.add_client(pid as u32, &name, device, all) {
            return code::SUCCESS;
        }
        // What there was before fits.
        self.board.add_client(pid as u32, &name, device, all.saturating_sub(bytes));
        self.served.give_back(key, bytes);
        code::OUT_OF_MEMORY
    }

    /// A client left, whole or with one of its contexts.
    fn part(&mut self, key: u64) {
        let Some((pid, id, device)) = self.served.named(key) else { return };
        self.served.detach(key);
        let shown = context(pid, id);
        log(&format!(
            "Server failed to recevie command with status {}, assuming client {shown} exit",
            code::RPC_FAILURE
        ));
        if let Some(ordinal) = device {
            let contexts = self.served.contexts();
            log(&format!("Client {shown} exiting. Number of active client contexts is {contexts}."));
            let row = self.served.devices().get(usize::from(ordinal)).filter(|_| !self.served.uses(pid, ordinal));
            if let Some(device) = row {
                self.board.remove(device, pid as u32);
            }
        } else {
            log(&format!("Client process {pid} disconnected"));
        }
        if self.served.is_idle() {
            self.tell(FromServer::Idle);
        }
    }
}

fn limit_line(device: &impl std::fmt::Display, bytes: u64) -> String {
    format!("Device pinned memory limit for device {device} set to {bytes:#x} bytes")
}

fn log_limits(version: Version, config: &Config) {
    for (device, limit) in config.limits.iter().filter(|_| version.is_talkative()) {
        log(&limit_line(device, limit.0));
    }
}
