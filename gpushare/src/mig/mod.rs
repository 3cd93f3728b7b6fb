//! Multi-Instance GPU: one GPU as several, each with memory and engines of its own.

mod apply;
mod capacity;
mod compute_instance;
mod device;
mod drift;
mod geometry;
mod gpu_instance;
mod holders;
mod layout;
mod mode;
mod parted;
mod plan;
mod processes;
mod state;

pub use apply::{Applied, ApplyOptions, DEFAULT_DIRECTORY, Recovery, Reset};
pub use capacity::ProfileCapacity;
pub(crate) use capacity::has_place;
pub use compute_instance::ComputeInstance;
pub use device::{MigDevice, MigDeviceAttributes};
pub use drift::Drift;
pub use gpu_instance::GpuInstance;
pub(crate) use gpu_instance::stale_if_gone;
pub use layout::{ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout};
pub use mode::MigMode;
pub use parted::{DeviceFilter, MigPartedConfig, MigPartedDevices, MigPartedEntry};
pub(crate) use plan::Whole;
pub use plan::{Plan, PlanOptions, PlanStep, PlannedComputeInstance, PlannedGpuInstance};
pub use state::{ComputeInstanceState, GpuInstanceState, MigState};
