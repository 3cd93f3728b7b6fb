//! A server: its clients, their limits, and what becomes of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::code;
use super::limits::{DeviceKey, MemoryLimit, Percentage, PinnedLimits};
use super::table::{self, DeviceRow, Process};
use super::version::Version;

/// What a server is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::mps) struct Config {
    pub(in crate::mps) branch: u32,
    pub(in crate::mps) percentage: Percentage,
    pub(in crate::mps) limits: PinnedLimits,
    pub(in crate::mps) priority: u8,
}

/// What the daemon asks of a server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::mps) enum Request {
    Status,
    Clients,
    DeviceClients,
    Processes,
    Percentage,
    SetPercentage(Percentage),
    Limit(DeviceKey),
    SetLimit(DeviceKey, Option<MemoryLimit>),
    Terminate(i32),
    /// To end once it has no clients.
    Shutdown,
}

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::mps) enum Reply {
    Lines(Vec<String>),
    Processes(Vec<Process>),
    Percentage(Percentage),
    Limit(Option<MemoryLimit>),
    /// How many connections of clients keep it from ending.
    Busy(usize),
    /// The client was ended, or is none.
    Terminated(bool),
}

/// What a client says of itself when it connects.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::mps) struct Attached {
    pub(in crate::mps) pid: i32,
    pub(in crate::mps) name: String,
    pub(in crate::mps) namespace: u64,
    /// The device that a context is for; none where the process connects.
    pub(in crate::mps) device: Option<u8>,
    /// Its variables.
    pub(in crate::mps) percentage: Option<String>,
    pub(in crate::mps) limits: Option<String>,
}

/// What a client may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::mps) struct Share {
    pub(in crate::mps) percentage: Percentage,
    pub(in crate::mps) multiprocessors: u32,
    pub(in crate::mps) limit: Option<MemoryLimit>,
}

/// A connection of a client: the first of a process is the process itself, each other one of its contexts.
struct Connection {
    key: u64,
    /// Place of the process among those that the server served.
    row: u32,
    context: u32,
    client: Attached,
    share: Share,
    used: u64,
    /// Once set, what each call answers.
    failed: Option<u32>,
}

/// A server that is ready.
pub(in crate::mps) struct Served {
    version: Version,
    config: Config,
    devices: Vec<DeviceRow>,
    connections: Vec<Connection>,
    rows: u32,
    ending: bool,
}

impl Served {
    pub(in crate::mps) fn new(version: Version, config: Config, devices: Vec<DeviceRow>) -> Self {
        Self { version, config, devices, connections: Vec::new(), rows: 0, ending: false }
    }

    pub(in crate::mps) fn devices(&self) -> &[DeviceRow] {
        &self.devices
    }

    /// Whether it was asked to end and nothing keeps it.
    pub(in crate::mps) fn is_done(&self) -> bool {
        self.ending && self.connections.is_empty()
    }

    pub(in crate::mps) fn is_idle(&self) -> bool {
        self.connections.is_empty()
    }

    /// Live contexts of all clients.
    pub(in crate::mps) fn contexts(&self) -> usize {
        self.connections.iter().filter(|connection| connection.context > 0).count()
    }

    /// The process and the context behind a connection, and the device if it is a context.
    pub(in crate::mps) fn named(&self, key: u64) -> Option<(i32, u32, Option<u8>)> {
        let found = self.connections.iter().find(|connection| connection.key == key)?;
        Some((found.client.pid, found.context, found.client.device))
    }

    /// What the process behind a connection is called.
    pub(in crate::mps) fn name(&self, key: u64) -> Option<String> {
        self.connections
            .iter()
            .find(|connection| connection.key == key)
            .map(|connection| connection.client.name.clone())
    }

    /// Whether a process has a context on a device.
    pub(in crate::mps) fn uses(&self, pid: i32, device: u8) -> bool {
        self.connections.iter().any(|other| other.client.pid == pid && other.client.device == Some(device))
    }

    /// A client connects. What it may use is settled here and does not change.
    pub(in crate::mps) fn attach(&mut self, key: u64, client: Attached) -> Result<(Share, u32), u32> {
        if self.is_faulty() || self.ending {
            return Err(code::SERVER_NOT_READY);
        }
        let ordinal = client.device.unwrap_or(0);
        let Some(device) = self.devices.get(usize::from(ordinal)) else { return Err(code::INVALID_VALUE) };
        let on_device = |other: &&Connection| other.context > 0 && other.client.device == Some(ordinal);
        if client.device.is_some() && self.connections.iter().filter(on_device).count() >= self.version.max_contexts() {
            return Err(code::MAX_CLIENTS_REACHED);
        }
        let asked = client.percentage.as_deref().and_then(|text| Percentage::read(text.as_bytes()));
        let percentage = asked.unwrap_or(Percentage::ALL).min(self.config.percentage);
        let own = client.limits.as_deref().map(PinnedLimits::of_variable).unwrap_or_default();
        let limits = [own.on(ordinal, &device.uuid), self.config.limits.on(ordinal, &device.uuid)];
        let limit = limits.into_iter().flatten().min_by_key(|limit| limit.0);
        let share = Share { percentage, multiprocessors: percentage.of(device.multiprocessors), limit };
        let mine: Vec<_> = self.connections.iter().filter(|other| other.client.pid == client.pid).collect();
        let context = mine.iter().map(|other| other.context + 1).max().unwrap_or(0);
        let row = mine.first().map(|other| other.row).unwrap_or_else(|| {
            self.rows += 1;
            self.rows
        });
        self.connections.push(Connection { key, row, context, client, share: share.clone(), used: 0, failed: None });
        Ok((share, context))
    }

    /// A client is gone, whole or with one context.
    pub(in crate::mps) fn detach(&mut self, key: u64) {
        self.connections.retain(|connection| connection.key != key);
    }

    /// A client computes.
    pub(in crate::mps) fn work(&self, key: u64) -> u32 {
        let found = self.connections.iter().find(|connection| connection.key == key);
        found.map_or(code::RPC_FAILURE, |connection| connection.failed.unwrap_or(code::SUCCESS))
    }

    /// A client takes memory; what it has in all, if it is given.
    pub(in crate::mps) fn allocate(&mut self, key: u64, bytes: u64) -> Result<u64, u32> {
        let held = |connections: &[Connection], pid| -> u64 {
            connections.iter().filter(|other| other.client.pid == pid).map(|other| other.used).sum()
        };
        let found = self.connections.iter().position(|connection| connection.key == key).ok_or(code::RPC_FAILURE)?;
        let Connection { failed, share, client, .. } = &self.connections[found];
        if let Some(failed) = failed {
            return Err(*failed);
        }
        let all = held(&self.connections, client.pid).checked_add(bytes).ok_or(code::OUT_OF_MEMORY)?;
        if share.limit.is_some_and(|limit| all > limit.0) {
            return Err(code::OUT_OF_MEMORY);
        }
        self.connections[found].used += bytes;
        Ok(all)
    }

    /// Takes back what could not be given.
    pub(in crate::mps) fn give_back(&mut self, key: u64, bytes: u64) {
        if let Some(found) = self.connections.iter_mut().find(|connection| connection.key == key) {
            found.used = found.used.saturating_sub(bytes);
        }
    }

    /// A client's kernel fails fatally: all clients on its devices fail, and those on their other devices.
    pub(in crate::mps) fn fault(&mut self, key: u64) -> u32 {
        let Some((pid, _, _)) = self.named(key) else { return code::RPC_FAILURE };
        let (mut pids, mut devices) = (BTreeSet::from([pid]), BTreeSet::new());
        loop {
            let before = (pids.len(), devices.len());
            for Connection { client, .. } in &self.connections {
                if pids.contains(&client.pid) {
                    devices.extend(client.device);
                }
                if client.device.is_some_and(|device| devices.contains(&device)) {
                    pids.insert(client.pid);
                }
            }
            if before == (pids.len(), devices.len()) {
                break;
            }
        }
        for connection in self.connections.iter_mut().filter(|other| pids.contains(&other.client.pid)) {
            connection.failed.get_or_insert(code::LAUNCH_FAILED);
        }
        self.work(key)
    }

    /// Whether clients that met a fatal fault are still there.
    fn is_faulty(&self) -> bool {
        self.connections.iter().any(|connection| connection.failed == Some(code::LAUNCH_FAILED))
    }

    fn terminate(&mut self, pid: i32) -> bool {
        let mut found = false;
        for connection in self.connections.iter_mut().filter(|connection| connection.client.pid == pid) {
            connection.failed = Some(code::CLIENT_TERMINATED);
            found = true;
        }
        found
    }

    /// Connections of clients that were not ended.
    fn live(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|connection| connection.failed != Some(code::CLIENT_TERMINATED))
    }

    /// Answers the daemon.
    pub(in crate::mps) fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Status => Reply::Lines(vec![if self.is_faulty() { "FAULT" } else { "ACTIVE" }.to_owned()]),
            Request::Clients => {
                let processes = self.live().filter(|connection| connection.context == 0);
                Reply::Lines(processes.map(|connection| connection.client.pid.to_string()).collect())
            }
            Request::DeviceClients => Reply::Lines(self.device_clients()),
            Request::Processes => Reply::Processes(self.processes()),
            Request::Percentage => Reply::Percentage(self.config.percentage),
            Request::SetPercentage(percentage) => {
                self.config.percentage = percentage;
                Reply::Percentage(percentage)
            }
            Request::Limit(device) => Reply::Limit(self.config.limits.get(&device)),
            Request::SetLimit(device, limit) => {
                self.config.limits.set(device, limit);
                Reply::Limit(limit)
            }
            Request::Terminate(pid) => Reply::Terminated(self.terminate(pid)),
            Request::Shutdown => {
                self.ending = true;
                Reply::Busy(self.connections.len())
            }
        }
    }

    fn device_clients(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (ordinal, device) in self.devices.iter().enumerate() {
            lines.push(table::device_line(ordinal, device));
            let here = |connection: &&Connection| connection.client.device.map(usize::from) == Some(ordinal);
            let contexts = self.live().filter(here);
            lines.extend(contexts.map(|connection| format!("{}.{}", connection.client.pid, connection.context)));
        }
        lines
    }

    fn processes(&self) -> Vec<Process> {
        let contexts = self.live().filter(|connection| connection.context > 0);
        contexts
            .map(|Connection { row, client, .. }| Process {
                pid: client.pid,
                row: *row,
                device: self.devices.get(client.device.unwrap_or(0) as usize).map(|device| device.uuid.clone()),
                namespace: client.namespace,
                name: client.name.clone(),
            })
            .collect()
    }
}
