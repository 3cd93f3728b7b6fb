//! `CUDA_VISIBLE_DEVICES` and `NVIDIA_VISIBLE_DEVICES`: how a program or a container is told which devices to use.
//!
//! All of it is pure: a text and the description of a node give the devices. Sources stand with [`VisibleDevices`] and
//! [`NvidiaVisibleDevices`].

mod container;
mod cuda_devices;
mod entry;
mod fault;
mod list;
mod node;
mod resolve;
mod rules;
mod uuid_prefix;

use crate::gpu::Gpu;
use crate::mig::MigDevice;

pub use container::{ContainerDevice, NvidiaVisibleDevices};
pub use cuda_devices::{CudaDevice, CudaDevices, HiddenDevice, ListEnd};
pub use entry::VisibleDevice;
pub use fault::EntryFault;
pub use list::VisibleDevices;
pub use node::{VisibleGpu, VisibleMigDevice, VisibleNode};
pub use rules::{CudaRules, DeviceOrder, MigEnumeration};
pub use uuid_prefix::UuidPrefix;

/// The name of the environment variable that CUDA reads for the devices of a program.
pub const CUDA_VISIBLE_DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// The name of the environment variable that CUDA reads for the order of GPUs.
pub const CUDA_DEVICE_ORDER: &str = "CUDA_DEVICE_ORDER";

/// The name of the environment variable that the NVIDIA Container Toolkit reads for the devices of a container.
pub const NVIDIA_VISIBLE_DEVICES: &str = "NVIDIA_VISIBLE_DEVICES";

impl Gpu {
    /// The GPU as an entry of `CUDA_VISIBLE_DEVICES`.
    pub fn visible_device(&self) -> VisibleDevice {
        VisibleDevice::Gpu(*self.uuid())
    }
}

impl MigDevice {
    /// The device as an entry of `CUDA_VISIBLE_DEVICES`, by UUID.
    pub fn visible_device(&self) -> VisibleDevice {
        VisibleDevice::Mig(*self.uuid())
    }

    /// All forms in which `CUDA_VISIBLE_DEVICES` can name the device: by its UUID, by its GPU's UUID, by its GPU's index.
    pub fn visible_device_forms(&self) -> [VisibleDevice; 3] {
        let (gpu_instance, compute_instance) = (self.gpu_instance_id(), self.compute_instance_id());
        [
            self.visible_device(),
            VisibleDevice::MigOfGpu { gpu: *self.gpu().uuid(), gpu_instance, compute_instance },
            VisibleDevice::MigOfIndex { gpu: self.gpu().index(), gpu_instance, compute_instance },
        ]
    }
}
