//! What happened to a GPU that a client may wait for.

use super::{Gpu, Machine, Refusal, Result};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Events of a GPU that are kept. NVIDIA documents no bound: a client that falls further behind loses the oldest.
pub const EVENTS_KEPT: usize = 256;

/// The XID with which the driver reports that a GPU has fallen off the bus.
const XID_OFF_THE_BUS: u64 = 79;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A GPU instance or compute instance was created or destroyed.
    MigConfigChange,
    /// The driver wrote an XID into the kernel's log.
    Xid {
        /// The number.
        xid: u64,
        /// The GPU instance it is attributed to.
        gi: Option<u32>,
        /// The compute instance of that GPU instance it is attributed to.
        ci: Option<u32>,
    },
}

/// Something that happened to a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Grows with each event of the machine, whichever GPU it happened to.
    pub sequence: u64,
    /// What happened.
    pub kind: EventKind,
}

/// The latest events of a GPU, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventLog {
    latest: u64,
    kept: VecDeque<Event>,
}

impl EventLog {
    /// The events after `sequence` that are still known, in the order they happened.
    pub fn after(&self, sequence: u64) -> impl Iterator<Item = Event> {
        self.kept.iter().copied().filter(move |event| event.sequence > sequence)
    }

    pub(super) fn record(&mut self, kind: EventKind) {
        self.latest += 1;
        self.kept.push_back(Event { sequence: self.latest, kind });
        if self.kept.len() > EVENTS_KEPT {
            self.kept.pop_front();
        }
    }

    /// The next event comes after what the machine saw so far.
    pub(super) fn advance(&mut self, sequence: u64) {
        self.latest = self.latest.max(sequence);
    }
}

impl Gpu {
    /// What happened to the GPU lately.
    pub fn events(&self) -> &EventLog {
        &self.events
    }

    /// The driver reports an XID, attributed to a GPU instance or compute instance or to the GPU as a whole.
    pub fn inject_xid(&mut self, xid: u64, gi: Option<u32>, ci: Option<u32>) -> Result<()> {
        match (gi, ci) {
            (Some(gi), Some(ci)) => self.live_compute_instance(gi, ci).map(drop)?,
            (Some(gi), None) => self.live_gpu_instance(gi).map(drop)?,
            (None, Some(_)) => return Err(Refusal::InvalidArgument),
            (None, None) => {}
        }
        self.events.record(EventKind::Xid { xid, gi, ci });
        Ok(())
    }

    /// The GPU falls off the bus: from here on every call on it is refused, until the machine reboots.
    pub fn lose(&mut self) {
        if !self.lost {
            self.lost = true;
            self.events.record(EventKind::Xid { xid: XID_OFF_THE_BUS, gi: None, ci: None });
        }
    }

    /// Whether the GPU fell off the bus.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    pub(super) fn present(&self) -> Result<&Self> {
        if self.lost { Err(Refusal::GpuIsLost) } else { Ok(self) }
    }
}

impl Machine {
    /// The number of the last event of any GPU.
    pub fn latest_event(&self) -> u64 {
        self.gpus.iter().map(|gpu| gpu.events.latest).max().unwrap_or(0)
    }
}
