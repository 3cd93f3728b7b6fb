//! MPS through the library, on simulated daemons and on NVIDIA's own: the same assertions.

mod control;
mod crashes;
mod full_disk;
mod hammer;
mod pitfalls;
mod recovery;
mod refusals;
mod session;
mod stage;
mod users;
mod worker;
