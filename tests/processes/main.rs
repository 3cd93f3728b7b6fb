//! Who uses a GPU or MIG device: what the driver lists, and what the kernel knows of it.

#![forbid(unsafe_code)]

mod known;
mod listed;
mod mps;
mod stage;
mod utilization;
