//! What holds on a real GPU: `make hardware`. Nothing here changes MIG mode, compute mode, clocks, persistence or time-slice policy.

mod agreement;
mod events;
mod model;
mod mps;
mod overhead;
mod stage;
