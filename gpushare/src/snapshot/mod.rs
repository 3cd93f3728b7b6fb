//! Snapshots: what is on a node, who is on it and what is free, at one moment, as plain data.

mod change;
mod division;
mod gpu;
mod look;
mod mps;
mod node;
mod observer;
mod text;

pub use change::Change;
pub use gpu::{
    ComputeInstanceSnapshot, GpuInstanceSnapshot, GpuSnapshot, MigDeviceSnapshot, SnapshotFact, UnknownFact,
};
pub use mps::{MpsDaemonSnapshot, MpsServerSnapshot};
pub use node::{Snapshot, SnapshotSchema};
pub use observer::Observer;
