//! The symbols of `libnvidia-ml.so.1`: what crosses the border to C, and no rule of the driver's.
//!
//! [`door`] makes the functions, [`argument`] and [`handle`] check what C passes, [`store`] holds the machine. The other files are the
//! functions themselves, a line or two each over the engine.

mod argument;
mod compute_instance;
mod control;
mod device;
mod door;
mod error_string;
mod event;
mod export_table;
mod gpu_instance;
mod handle;
mod memory;
mod mig;
mod process;
mod store;
mod stub;
mod system;
mod tree;

pub use control::Command;
pub use export_table::{CONTROL_TABLE, ControlTable};
