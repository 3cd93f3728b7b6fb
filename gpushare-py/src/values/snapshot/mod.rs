//! Snapshots: what is on a node, who is on it and what is free, at one moment.

pub(crate) mod change;
mod columns;
pub(crate) mod fact;
pub(crate) mod gpu;
pub(crate) mod mps;
pub(crate) mod node;
