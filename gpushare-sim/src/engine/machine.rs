//! A machine: its GPUs, its driver, and how devices are found.

use super::{ConfigError, Gpu, GpuIdentity, MachineConfig, MigDevice, PciAddress, Refusal, Result};
use crate::catalog::{Branch, UnknownBranch};
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
#[serde(try_from = "Written")]
pub struct Machine {
    pub(super) driver_version: String,
    pub(super) cuda_version: u32,
    pub(super) gpus: Vec<Gpu>,
}

/// A machine as it was written. A GPU alone does not say under which driver its model is to be read.
#[derive(Deserialize)]
struct Written {
    driver_version: String,
    cuda_version: u32,
    gpus: Vec<Gpu>,
}

impl TryFrom<Written> for Machine {
    type Error = UnknownBranch;

    fn try_from(written: Written) -> std::result::Result<Self, UnknownBranch> {
        let Written { driver_version, cuda_version, mut gpus } = written;
        let branch = Branch::of_version(&driver_version)?;
        for gpu in &mut gpus {
            gpu.model = gpu.model.under(branch);
        }
        Ok(Self { driver_version, cuda_version, gpus })
    }
}

impl Machine {
    /// The machine that a configuration describes.
    pub fn new(config: &MachineConfig) -> std::result::Result<Self, ConfigError> {
        let branch = Branch::of_version(&config.driver_version)?;
        let gpus = config.gpus(branch)?;
        let cuda_version = config.cuda_version.unwrap_or(branch.cuda_version);
        Ok(Self { driver_version: config.driver_version.clone(), cuda_version, gpus })
    }

    /// Driver version, such as `580.126.09`.
    pub fn driver_version(&self) -> &str {
        &self.driver_version
    }

    /// Driver branch.
    pub fn driver_branch(&self) -> &'static Branch {
        // A machine is made only of a version that has one.
        Branch::of_version(&self.driver_version).unwrap_or(Branch::built())
    }

    /// CUDA version of the driver: 13000 for 13.0.
    pub fn cuda_version(&self) -> u32 {
        self.cuda_version
    }

    /// The GPUs in NVML's order.
    pub fn gpus(&self) -> &[Gpu] {
        &self.gpus
    }

    /// The GPU of that index, unless it is lost.
    pub fn gpu(&self, index: usize) -> Result<&Gpu> {
        self.gpus.get(index).ok_or(Refusal::InvalidArgument)?.present()
    }

    /// The GPU of that index, to change it, unless it is lost.
    pub fn gpu_mut(&mut self, index: usize) -> Result<&mut Gpu> {
        self.gpu(index)?;
        let latest = self.latest_event();
        let gpu = self.gpus.get_mut(index).ok_or(Refusal::InvalidArgument)?;
        gpu.events.advance(latest);
        Ok(gpu)
    }

    /// `nvmlDeviceGetHandleByUUID`: `GPU-…`, `MIG-…`, or the old `MIG-GPU-…/gi/ci`.
    pub fn find_uuid(&self, uuid: &str) -> Result<Device> {
        let gpu = |uuid: &str| self.gpus.iter().position(|gpu| gpu.identity.uuid == uuid);
        if let Some(gpu) = gpu(uuid) {
            return self.gpu(gpu).map(|_| Device { gpu, mig: None });
        }
        if let Some([of, gi, ci]) = legacy(uuid) {
            let device = || {
                let (gpu, mig) = (gpu(of)?, MigDevice { gi: gi.parse().ok()?, ci: ci.parse().ok()? });
                self.gpus[gpu].live_compute_instance(mig.gi, mig.ci).ok()?;
                Some(Device { gpu, mig: Some(mig) })
            };
            let device = device().ok_or(Refusal::NotFound)?;
            return self.gpu(device.gpu).map(|_| device);
        }
        let named = |gpu: &Gpu| gpu.mig_devices().find(|mig| gpu.mig_uuid(*mig).is_ok_and(|other| other == uuid));
        let mut devices = self.gpus.iter().enumerate().filter_map(|(gpu, state)| Some((gpu, named(state)?)));
        let (gpu, mig) = devices.next().ok_or(Refusal::NotFound)?;
        self.gpu(gpu)?;
        Ok(Device { gpu, mig: Some(mig) })
    }

    /// `nvmlDeviceGetHandleByPciBusId`, in any of its spellings.
    pub fn find_pci(&self, bus_id: &str) -> Result<usize> {
        let address: PciAddress = bus_id.parse().map_err(|_| Refusal::NotFound)?;
        self.position(|gpu| gpu.pci == address)
    }

    /// `nvmlDeviceGetHandleBySerial`.
    pub fn find_serial(&self, serial: &str) -> Result<usize> {
        self.position(|gpu| gpu.serial == serial)
    }

    fn position(&self, is: impl Fn(&GpuIdentity) -> bool) -> Result<usize> {
        let index = self.gpus.iter().position(|gpu| is(&gpu.identity)).ok_or(Refusal::NotFound)?;
        self.gpu(index).map(|_| index)
    }
}

fn legacy(uuid: &str) -> Option<[&str; 3]> {
    let mut parts = uuid.strip_prefix("MIG-").filter(|rest| rest.starts_with("GPU-"))?.split('/');
    let found = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(found)
}
