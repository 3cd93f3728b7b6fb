//! Snapshots of a node: what is in them, what they cost, and that nothing in them is stale.

#![forbid(unsafe_code)]

mod capacity;
mod changes;
mod costs;
mod freshness;
mod processes;
mod stage;
mod untold;
