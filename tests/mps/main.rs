//! MPS through the library, on simulated daemons and on NVIDIA's own: the same assertions.

mod clients;
mod control;
mod session;
mod stage;
