//! `CUDA_VISIBLE_DEVICES`: how a program is told which devices to use.
//!
//! Source: CUDA Programming Guide, "CUDA Environment Variables", and MIG User Guide, "CUDA_VISIBLE_DEVICES".

use std::fmt;

use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId, GpuUuid, MigUuid};
use crate::mig::MigDevice;

/// The name of the environment variable that CUDA reads.
pub const CUDA_VISIBLE_DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// One entry of `CUDA_VISIBLE_DEVICES`. It prints as CUDA reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VisibleDevice {
    /// A whole GPU by UUID: `GPU-9e4aeb94-…`.
    Gpu(GpuUuid),
    /// A MIG device by UUID: `MIG-c42101f0-…`. The surest form.
    Mig(MigUuid),
    /// A MIG device by the UUID of its GPU and its ids: `MIG-GPU-9e4aeb94-…/2/0`.
    MigOfGpu {
        /// The GPU.
        gpu: GpuUuid,
        /// The GPU instance on it.
        gpu_instance: GpuInstanceId,
        /// The compute instance in that.
        compute_instance: ComputeInstanceId,
    },
    /// A MIG device by the index of its GPU and its ids: `0:2/0`. Short, but indices depend on what a process sees.
    MigOfIndex {
        /// The index of the GPU.
        gpu: u32,
        /// The GPU instance on it.
        gpu_instance: GpuInstanceId,
        /// The compute instance in that.
        compute_instance: ComputeInstanceId,
    },
}

impl fmt::Display for VisibleDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gpu(uuid) => uuid.fmt(f),
            Self::Mig(uuid) => uuid.fmt(f),
            Self::MigOfGpu { gpu, gpu_instance, compute_instance } => {
                MigUuid::legacy(*gpu, *gpu_instance, *compute_instance).fmt(f)
            }
            Self::MigOfIndex { gpu, gpu_instance, compute_instance } => {
                write!(f, "{gpu}:{gpu_instance}/{compute_instance}")
            }
        }
    }
}

/// The value of `CUDA_VISIBLE_DEVICES`: entries in the order in which the program is to number them.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// use gpushare::{CUDA_VISIBLE_DEVICES, VisibleDevices};
/// let value: VisibleDevices = nvml.gpus()?.iter().take(2).map(|gpu| gpu.visible_device()).collect();
/// let worker = std::process::Command::new("worker").env(CUDA_VISIBLE_DEVICES, value.to_string());
/// assert!(value.to_string().starts_with("GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9,GPU-"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VisibleDevices(pub Vec<VisibleDevice>);

impl FromIterator<VisibleDevice> for VisibleDevices {
    fn from_iter<I: IntoIterator<Item = VisibleDevice>>(devices: I) -> Self {
        Self(devices.into_iter().collect())
    }
}

impl fmt::Display for VisibleDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, device) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{device}")?;
        }
        Ok(())
    }
}

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
