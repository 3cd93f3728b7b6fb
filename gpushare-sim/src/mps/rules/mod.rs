//! The rules of MPS: what each command changes and answers. No files, no sockets, no processes.

mod commands;
mod control;
mod limits;
mod number;
mod served;
mod table;
#[cfg(test)]
mod tests;
mod version;

pub(super) use control::{Caller, Control, Outcome, World};
pub(super) use served::{Attached, Config, Reply, Request, Served, Share};
pub(super) use table::DeviceRow;
pub(super) use version::Version;

/// Codes of the CUDA driver that a client meets under MPS.
pub(super) mod code {
    pub(in crate::mps) const SUCCESS: u32 = 0;
    pub(in crate::mps) const INVALID_VALUE: u32 = 1;
    pub(in crate::mps) const OUT_OF_MEMORY: u32 = 2;
    pub(in crate::mps) const NO_DEVICE: u32 = 100;
    pub(in crate::mps) const LAUNCH_FAILED: u32 = 719;
    pub(in crate::mps) const CONNECTION_FAILED: u32 = 805;
    pub(in crate::mps) const RPC_FAILURE: u32 = 806;
    pub(in crate::mps) const SERVER_NOT_READY: u32 = 807;
    pub(in crate::mps) const MAX_CLIENTS_REACHED: u32 = 808;
    pub(in crate::mps) const CLIENT_TERMINATED: u32 = 810;
}
