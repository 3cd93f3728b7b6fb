//! A machine: its GPUs, its driver, and how devices are found.

use super::{Access, ConfigError, Gpu, MachineConfig, MigDevice, PciAddress, Refusal, Result};
use serde::{Deserialize, Serialize};

/// A GPU or a MIG device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Device {
    /// Index of the GPU.
    pub gpu: usize,
    /// The MIG device, if it is one.
    pub mig: Option<MigDevice>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub(super) driver_version: String,
    pub(super) cuda_version: u32,
    pub(super) access: Access,
    pub(super) gpus: Vec<Gpu>,
}

impl Machine {
    /// The machine that a configuration describes.
    pub fn new(config: &MachineConfig) -> std::result::Result<Self, ConfigError> {
        let gpus = config.gpus()?;
        let MachineConfig { driver_version, cuda_version, access, .. } = config.clone();
        Ok(Self { driver_version, cuda_version, access, gpus })
    }

    /// Driver version, such as `580.126.09`.
    pub fn driver_version(&self) -> &str {
        &self.driver_version
    }

    /// Driver branch: the first part of the version.
    pub fn driver_branch(&self) -> u32 {
        self.driver_version.split('.').next().and_then(|branch| branch.parse().ok()).unwrap_or(0)
    }

    /// CUDA version of the driver: 13000 for 13.0.
    pub fn cuda_version(&self) -> u32 {
        self.cuda_version
    }

    /// Who the callers are, unless they say otherwise.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The GPUs in NVML's order.
    pub fn gpus(&self) -> &[Gpu] {
        &self.gpus
    }

    /// The GPU of that index.
    pub fn gpu(&self, index: usize) -> Result<&Gpu> {
        self.gpus.get(index).ok_or(Refusal::InvalidArgument)
    }

    /// The GPU of that index, to change it.
    pub fn gpu_mut(&mut self, index: usize) -> Result<&mut Gpu> {
        self.gpus.get_mut(index).ok_or(Refusal::InvalidArgument)
    }

    /// `nvmlDeviceGetHandleByUUID`: `GPU-…`, `MIG-…`, or the old `MIG-GPU-…/gi/ci`.
    pub fn find_uuid(&self, uuid: &str) -> Result<Device> {
        let gpu = |uuid: &str| self.gpus.iter().position(|gpu| gpu.identity.uuid == uuid);
        if let Some(gpu) = gpu(uuid) {
            return Ok(Device { gpu, mig: None });
        }
        if let Some([of, gi, ci]) = legacy(uuid) {
            let device = || {
                let (gpu, mig) = (gpu(of)?, MigDevice { gi: gi.parse().ok()?, ci: ci.parse().ok()? });
                self.gpus[gpu].live_compute_instance(mig.gi, mig.ci).ok()?;
                Some(Device { gpu, mig: Some(mig) })
            };
            return device().ok_or(Refusal::NotFound);
        }
        let named = |gpu: &Gpu| gpu.mig_devices().find(|mig| gpu.mig_uuid(*mig).is_ok_and(|other| other == uuid));
        let mut devices = self.gpus.iter().enumerate().filter_map(|(gpu, state)| Some((gpu, named(state)?)));
        let (gpu, mig) = devices.next().ok_or(Refusal::NotFound)?;
        Ok(Device { gpu, mig: Some(mig) })
    }

    /// `nvmlDeviceGetHandleByPciBusId`, in any of its spellings.
    pub fn find_pci(&self, bus_id: &str) -> Result<usize> {
        let address: PciAddress = bus_id.parse().map_err(|_| Refusal::NotFound)?;
        self.gpus.iter().position(|gpu| gpu.identity.pci == address).ok_or(Refusal::NotFound)
    }

    /// `nvmlDeviceGetHandleBySerial`.
    pub fn find_serial(&self, serial: &str) -> Result<usize> {
        self.gpus.iter().position(|gpu| gpu.identity.serial == serial).ok_or(Refusal::NotFound)
    }
}

fn legacy(uuid: &str) -> Option<[&str; 3]> {
    let mut parts = uuid.strip_prefix("MIG-").filter(|rest| rest.starts_with("GPU-"))?.split('/');
    let found = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(found)
}
