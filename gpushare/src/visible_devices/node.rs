//! What of a node decides which devices a list names.

use serde::{Deserialize, Serialize};

use super::cuda_devices::CudaDevices;
use super::resolve;
use super::rules::CudaRules;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId, GpuUuid, MigUuid, PciAddress};
use crate::nvml::Nvml;

/// The GPUs and MIG devices of a node, as far as lists of devices depend on them: plain data, from [`Nvml::visible_node`] or made by
/// hand.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// let node = nvml.visible_node()?;
/// let seen = node.resolve(Some("2,1,9,0"), &nvml.cuda_rules()?)?;
/// assert_eq!(seen.devices.iter().map(|device| device.gpu).collect::<Vec<_>>(), [2, 1]);
/// assert_eq!(seen.end.to_string(), r#"entry 2 "9" is the index of no GPU; there are 8"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VisibleNode {
    /// The GPUs, in any order.
    pub gpus: Vec<VisibleGpu>,
}

/// A GPU of a [`VisibleNode`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisibleGpu {
    /// The NVML index.
    pub index: u32,
    /// The UUID.
    pub uuid: GpuUuid,
    /// Where it sits on the PCI bus.
    pub pci_address: PciAddress,
    /// The product name, such as `NVIDIA A100-SXM4-40GB`.
    pub name: String,
    /// Whether MIG is enabled.
    pub mig_enabled: bool,
    /// The MIG devices, in NVML's order.
    pub mig_devices: Vec<VisibleMigDevice>,
}

/// A MIG device of a [`VisibleGpu`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VisibleMigDevice {
    /// The UUID.
    pub uuid: MigUuid,
    /// The id of its GPU instance.
    pub gpu_instance: GpuInstanceId,
    /// The id of its compute instance.
    pub compute_instance: ComputeInstanceId,
}

impl VisibleNode {
    /// The devices that CUDA numbers 0, 1, … in a program with this value of `CUDA_VISIBLE_DEVICES`; `None` where it is not set.
    ///
    /// [`VisibleDevices`](crate::VisibleDevices) lists the rules. A value that is no UTF-8 can be given
    /// [with replacements](std::ffi::OsStr::to_string_lossy), which change nothing that CUDA reads.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownDeviceOrder`](crate::Error::UnknownDeviceOrder) where the answer depends on which of several models is the
    /// fastest. What is wrong with the value is no error but part of the answer: [`CudaDevices::end`].
    pub fn resolve(&self, value: Option<&str>, rules: &CudaRules) -> Result<CudaDevices> {
        resolve::resolve(self, value, rules)
    }
}

impl Nvml {
    /// The GPUs and MIG devices of this node, as they are now.
    ///
    /// # Errors
    ///
    /// As [`gpus`](Nvml::gpus) and [`mig_devices`](Gpu::mig_devices).
    pub fn visible_node(&self) -> Result<VisibleNode> {
        let gpus = self.gpus()?;
        Ok(VisibleNode { gpus: gpus.iter().map(VisibleGpu::ask).collect::<Result<_>>()? })
    }
}

impl VisibleGpu {
    fn ask(gpu: &Gpu) -> Result<Self> {
        let mig_enabled = gpu.is_mig_enabled()?;
        let devices = if mig_enabled { gpu.mig_devices()? } else { Vec::new() };
        let mig_devices = devices.iter().map(|device| VisibleMigDevice {
            uuid: *device.uuid(),
            gpu_instance: device.gpu_instance_id(),
            compute_instance: device.compute_instance_id(),
        });
        Ok(Self {
            index: gpu.index(),
            uuid: *gpu.uuid(),
            pci_address: gpu.pci_address()?,
            name: gpu.name().into(),
            mig_enabled,
            mig_devices: mig_devices.collect(),
        })
    }
}
