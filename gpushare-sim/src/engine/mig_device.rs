//! MIG devices: a compute instance in its GPU instance, as CUDA sees it.

use super::{Gpu, Refusal, Result, uuid};
use crate::catalog::Engines;
use serde::{Deserialize, Serialize};

/// A MIG device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MigDevice {
    /// GPU instance ID.
    pub gi: u32,
    /// Compute instance ID.
    pub ci: u32,
}

/// `nvmlDeviceAttributes_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// Multiprocessors of the compute instance.
    pub multiprocessors: u32,
    /// Engines of the GPU instance.
    pub engines: Engines,
    /// Compute slices of the GPU instance.
    pub gpu_instance_slices: u32,
    /// Compute slices of the compute instance.
    pub compute_instance_slices: u32,
    /// Memory of the GPU instance.
    pub memory_mib: u64,
}

impl Gpu {
    /// The MIG devices in the order of their indices: by GPU instance ID, then by compute instance ID.
    pub fn mig_devices(&self) -> impl Iterator<Item = MigDevice> {
        let instances = self.gpu_instances.iter();
        instances.flat_map(|(gi, instance)| instance.compute_instances.keys().map(|ci| MigDevice { gi: *gi, ci: *ci }))
    }

    /// `nvmlDeviceGetMaxMigDeviceCount`: 0 while MIG mode is off, and without MIG.
    pub fn max_mig_devices(&self) -> u32 {
        self.model.mig.as_ref().filter(|_| self.mode.current).map_or(0, |mig| mig.compute_slices)
    }

    /// `nvmlDeviceGetMigDeviceHandleByIndex`.
    pub fn mig_device(&self, index: u32) -> Result<MigDevice> {
        if index >= self.mig()?.compute_slices {
            return Err(Refusal::InvalidArgument);
        }
        self.mig_devices().nth(index as usize).ok_or(Refusal::NotFound)
    }

    /// `nvmlDeviceGetIndex` of a MIG device.
    pub fn mig_index(&self, device: MigDevice) -> Result<u32> {
        let index = self.mig_devices().position(|other| other == device);
        Ok(index.ok_or(Refusal::InvalidArgument)? as u32)
    }

    /// `MIG-…`. It comes back when the same GPU instance ID and compute span are used again.
    pub fn mig_uuid(&self, device: MigDevice) -> Result<String> {
        let compute = self.live_compute_instance(device.gi, device.ci)?;
        let (mig, placement) = (self.mig()?, self.live_gpu_instance(device.gi)?.placement);
        let uuid = compute.uuid.get(|| {
            let base = mig.physical_start(self.identity.layout, placement);
            uuid::mig(self.model.chip_id, self.identity.pdi, device.gi, base + compute.placement.start)
        });
        Ok(uuid.clone())
    }

    /// `<GPU name> MIG <profile>`.
    pub fn mig_name(&self, device: MigDevice) -> Result<String> {
        Ok(format!("{} MIG {}", self.model.name, self.profile_of_device(device)?.name))
    }

    /// `nvmlDeviceGetAttributes_v2` of a MIG device.
    pub fn mig_attributes(&self, device: MigDevice) -> Result<Attributes> {
        let profile = self.profile_of(self.live_gpu_instance(device.gi)?);
        let compute = self.profile_of_device(device)?;
        Ok(Attributes {
            multiprocessors: compute.multiprocessors,
            engines: profile.engines,
            gpu_instance_slices: profile.slices,
            compute_instance_slices: compute.slices,
            memory_mib: profile.memory_mib,
        })
    }

    fn profile_of_device(&self, device: MigDevice) -> Result<crate::catalog::ComputeInstanceProfile> {
        let instance = self.live_compute_instance(device.gi, device.ci)?;
        self.compute_instance_profile(device.gi, instance.profile, 0)
    }
}
