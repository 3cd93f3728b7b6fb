//! The control daemon: its settings, its servers, and the clients that wait for one.

use super::code;
use super::limits::{Percentage, PinnedLimits};
use super::number::integer;
use super::served::{Config, Reply, Request};
use super::table::DeviceRow;
use super::version::Version;

/// Who sends a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mps) struct Caller {
    pub(in crate::mps) uid: u32,
}

/// What the daemon does beyond changing its own state.
pub(in crate::mps) trait World {
    /// A line for `control.log`.
    fn log(&mut self, text: &str);
    /// Starts a server for a user. No PID where that fails at once.
    fn spawn(&mut self, uid: u32, config: &Config) -> Option<i32>;
    /// Asks a server that is ready, and waits for its answer.
    fn ask(&mut self, server: i32, request: &Request) -> Option<Reply>;
    /// Sends SIGINT.
    fn interrupt(&mut self, server: i32);
    /// Hands a waiting client over to a server.
    fn hand_over(&mut self, client: u64, server: i32);
    /// Ends a client's waiting with a code.
    fn refuse(&mut self, client: u64, code: u32);
    /// The devices that a server would use.
    fn devices(&self) -> Vec<DeviceRow>;
}

/// What a command comes to.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::mps) enum Outcome {
    /// This is printed.
    Answer(Vec<u8>),
    /// The daemon ends once its servers have, of which it forces those that have not after so many seconds.
    Quit(Option<u32>),
}

/// How often a server may fail to start before a client that waits for it is refused.
const ATTEMPTS: u32 = 6;

/// A server of the daemon's.
pub(super) struct Server {
    pub(super) pid: i32,
    pub(super) uid: u32,
    pub(super) ready: bool,
}

/// A client that no server serves yet.
struct Waiting {
    client: u64,
    uid: u32,
    failures: u32,
}

/// A control daemon.
pub(in crate::mps) struct Control {
    pub(super) version: Version,
    /// Who started it.
    pub(super) owner: u32,
    multi_user: bool,
    pub(super) percentage: Percentage,
    pub(super) limits: PinnedLimits,
    pub(super) priority: u8,
    pub(super) servers: Vec<Server>,
    /// Users for whom a server is to start once the present one has ended.
    asked: Vec<u32>,
    waiting: Vec<Waiting>,
    quitting: bool,
    /// Whether all servers so far ended well.
    clean: bool,
}

impl Control {
    pub(in crate::mps) fn new(version: Version, owner: u32, multi_user: bool) -> Self {
        Self {
            version,
            owner,
            multi_user,
            percentage: Percentage::ALL,
            limits: PinnedLimits::default(),
            priority: 0,
            servers: Vec::new(),
            asked: Vec::new(),
            waiting: Vec::new(),
            quitting: false,
            clean: true,
        }
    }

    /// Takes defaults from the variables of the daemon's environment; a bad one is logged and passed over.
    pub(in crate::mps) fn set_defaults(
        &mut self,
        percentage: Option<&[u8]>,
        priority: Option<&[u8]>,
        world: &mut dyn World,
    ) {
        if let Some(text) = percentage {
            match Percentage::read(text) {
                Some(percentage) => self.percentage = percentage,
                None => world.log("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE should be between (0.0, 100.0]"),
            }
        }
        if let Some(text) = priority.filter(|_| self.version.has_limits()) {
            match integer(text).map_or(0, |(value, _)| value) {
                value @ 0..=1 => self.priority = value as u8,
                _ => world.log("CUDA_MPS_CLIENT_PRIORITY should be between [0,1]"),
            }
        }
    }

    pub(in crate::mps) fn is_quitting(&self) -> bool {
        self.quitting
    }

    /// Whether all servers that ended so far ended with status 0.
    pub(in crate::mps) fn is_clean(&self) -> bool {
        self.clean
    }

    pub(in crate::mps) fn has_servers(&self) -> bool {
        !self.servers.is_empty()
    }

    pub(super) fn server(&self, pid: i32) -> Option<&Server> {
        self.servers.iter().find(|server| server.pid == pid)
    }

    /// Whether a user may change what is everybody's.
    pub(super) fn rules(&self, caller: Caller) -> bool {
        caller.uid == 0 || caller.uid == self.owner
    }

    fn config(&self) -> Config {
        Config {
            branch: self.version.branch(),
            percentage: self.percentage,
            limits: self.limits.clone(),
            priority: self.priority,
        }
    }

    fn serves(&self, server: &Server, uid: u32) -> bool {
        self.multi_user || server.uid == uid
    }

    /// Brings a server about for a user, if none is there or asked for.
    pub(super) fn provide(&mut self, uid: u32, world: &mut dyn World) {
        if self.servers.iter().any(|server| self.serves(server, uid)) || self.asked.contains(&uid) {
            return;
        }
        if self.servers.is_empty() { self.start(uid, world) } else { self.asked.push(uid) }
    }

    fn start(&mut self, uid: u32, world: &mut dyn World) {
        if let Some(pid) = world.spawn(uid, &self.config()) {
            self.servers.push(Server { pid, uid, ready: false });
        }
    }

    /// A client of that user connects.
    pub(in crate::mps) fn connect(&mut self, client: u64, pid: i32, uid: u32, world: &mut dyn World) {
        let ready =
            self.servers.iter().find(|server| server.ready && self.serves(server, uid)).map(|server| server.pid);
        if let Some(server) = ready {
            world.log(&format!("NEW CLIENT {pid} from user {uid}: Server already exists"));
            return world.hand_over(client, server);
        }
        if self.quitting {
            return world.refuse(client, code::CONNECTION_FAILED);
        }
        world.log(&format!("NEW CLIENT {pid} from user {uid}: Server is not ready, push client to pending list"));
        self.waiting.push(Waiting { client, uid, failures: 0 });
        self.provide(uid, world);
        self.replace_idle(world);
    }

    /// A client gave up waiting.
    pub(in crate::mps) fn forget(&mut self, client: u64) {
        self.waiting.retain(|waiting| waiting.client != client);
    }

    /// Ends servers of which nothing is wanted while clients of another user wait.
    pub(in crate::mps) fn replace_idle(&mut self, world: &mut dyn World) {
        let wanted = |server: &Server| self.waiting.iter().any(|waiting| self.serves(server, waiting.uid));
        let foreign = |server: &&Server| server.ready && !self.waiting.is_empty() && !wanted(server);
        for pid in self.servers.iter().filter(foreign).map(|server| server.pid).collect::<Vec<_>>() {
            if world.ask(pid, &Request::Clients) == Some(Reply::Lines(Vec::new())) {
                world.ask(pid, &Request::Shutdown);
            }
        }
    }

    /// A server says that it is ready. Whether it is one of ours that was not.
    pub(in crate::mps) fn ready(&mut self, pid: i32, world: &mut dyn World) -> bool {
        let Some(server) = self.servers.iter_mut().find(|server| server.pid == pid && !server.ready) else {
            world.log(&format!("NEW SERVER {pid}: Ignoring connection from user"));
            return false;
        };
        server.ready = true;
        let uid = server.uid;
        world.log(&format!("NEW SERVER {pid}: Ready"));
        let multi_user = self.multi_user;
        let (served, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|one| multi_user || one.uid == uid);
        self.waiting = waiting;
        Vec::into_iter(served).for_each(|one: Waiting| world.hand_over(one.client, pid));
        if self.quitting {
            self.ask_to_end(pid, world);
        }
        true
    }

    /// A server is gone.
    pub(in crate::mps) fn exited(&mut self, pid: i32, status: i32, world: &mut dyn World) {
        let Some(place) = self.servers.iter().position(|server| server.pid == pid) else { return };
        let server = self.servers.remove(place);
        self.clean &= status == 0;
        world.log(&format!("Server {pid} exited with status {status}"));
        world.log("Removed Shm file at ");
        if !server.ready {
            self.give_up(server.uid, world);
        }
        if self.quitting {
            return;
        }
        let next =
            if self.asked.is_empty() { self.waiting.first().map(|one| one.uid) } else { Some(self.asked.remove(0)) };
        if let Some(uid) = next {
            self.start(uid, world);
        }
    }

    /// Refuses the clients for whom the server failed too often.
    fn give_up(&mut self, uid: u32, world: &mut dyn World) {
        for one in self.waiting.iter_mut().filter(|one| one.uid == uid) {
            one.failures += 1;
        }
        self.waiting.retain(|one| {
            let patient = one.failures < ATTEMPTS;
            if !patient {
                world.refuse(one.client, code::CONNECTION_FAILED);
            }
            patient
        });
    }

    /// The daemon is to end.
    pub(super) fn quit(&mut self, world: &mut dyn World) {
        self.quitting = true;
        self.asked.clear();
        for one in std::mem::take(&mut self.waiting) {
            world.refuse(one.client, code::CONNECTION_FAILED);
        }
        for pid in self.servers.iter().filter(|server| server.ready).map(|server| server.pid).collect::<Vec<_>>() {
            self.ask_to_end(pid, world);
        }
    }

    /// Asks a server to end once its clients have left.
    pub(super) fn ask_to_end(&self, pid: i32, world: &mut dyn World) {
        let logs = self.version.logs_shutdowns();
        if logs {
            world.log(&format!("Try shutting down server {pid}, backoff is disabled"));
        }
        if let (Some(Reply::Busy(threads @ 1..)), true) = (world.ask(pid, &Request::Shutdown), logs) {
            world.log(&format!("Server {pid} has {threads} active worker threads. Server will not shutdown."));
        }
    }

    /// Ends a server at once, unless it does not listen.
    pub(super) fn force(&self, pid: i32, world: &mut dyn World) {
        if self.version.logs_shutdowns() {
            world.log(&format!("Force shutting down server {pid}"));
        }
        world.interrupt(pid);
    }

    /// The time that `quit -t` gave is over.
    pub(in crate::mps) fn force_all(&self, world: &mut dyn World) {
        self.servers.iter().for_each(|server| self.force(server.pid, world));
    }
}
