//! The symbols of `libnvidia-ml.so.1`: what crosses the border to C, and no rule of the driver's.
//!
//! [`door`] makes the functions, [`argument`] and [`handle`] check what C passes, [`store`] holds the machine, [`hook`] does what is set
//! from outside. The other files are the functions themselves, a line or two each over the engine.

mod argument;
mod compute_instance;
mod compute_policy;
mod confidential;
mod control;
mod cost;
mod device;
mod door;
mod error_string;
mod event;
mod export_table;
mod fault;
mod fields;
mod fork;
mod gpu_instance;
mod handle;
mod hook;
mod link;
mod memory;
mod memory_errors;
mod mig;
mod nvidia_smi;
mod process;
mod sensors;
mod store;
mod stub;
mod system;
mod trace;
mod tree;
mod utilization;

pub(crate) use compute_policy::{Policies as ComputePolicies, Policy as ComputePolicy};
pub use control::Command;
pub(crate) use export_table::NVIDIA_SMI_TABLE;
pub use export_table::{CONTROL_TABLE, ControlTable};
pub use fault::{Fault, FaultAction, FaultError, FaultTarget};
pub use hook::FaultState;
pub(crate) use nvidia_smi::{GET_COMPUTE_POLICIES, SET_COMPUTE_POLICY};
pub(crate) use store::STATE_VARIABLE;
pub use trace::TracedCall;
