//! The rules: a machine of GPUs that answers and refuses as the driver does.
//!
//! Pure state without C, files, time or chance. A refused call changes nothing. Everything serialises, so that a
//! machine can live in a file that several processes share.

mod callers;
mod capabilities;
mod compute_instance;
mod compute_policy;
mod config;
mod consistency;
mod derived;
mod device_nodes;
mod event;
mod gpu;
mod gpu_instance;
mod machine;
mod memory;
mod mig_device;
mod mig_mode;
mod power;
mod process;
mod refusal;
mod sensors;
mod utilization;
mod uuid;

pub use callers::Callers;
pub use capabilities::{ProcEntry, compute_instance_minor, gpu_instance_minor, mig_minors};
pub use compute_instance::ComputeInstance;
pub use compute_policy::TimeSlice;
pub use config::{ConfigError, GpuConfig, MachineConfig, PciAddress};
pub use device_nodes::DeviceNode;
pub use event::{EVENTS_KEPT, Event, EventKind, EventLog};
pub use gpu::{Gpu, GpuIdentity};
pub use gpu_instance::GpuInstance;
pub use machine::{Device, Machine};
pub use memory::{Bar1, Memory};
pub use mig_device::{Attributes, MigDevice};
pub use mig_mode::{Activation, MigMode};
pub use process::{ComputeMode, Process, ProcessKind};
pub use refusal::{Access, Refusal, Result};
pub use sensors::MemoryErrors;
pub use utilization::ProcessSample;
