//! Multi-Instance GPU: one GPU as several, each with memory and engines of its own.

mod compute_instance;
mod device;
mod gpu_instance;
mod mode;

pub use compute_instance::ComputeInstance;
pub use device::{MigDevice, MigDeviceAttributes};
pub use gpu_instance::GpuInstance;
pub use mode::MigMode;
