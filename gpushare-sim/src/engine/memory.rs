//! Memory and BAR1 of a GPU and of its MIG devices.

use super::{Access, Gpu, GpuInstance, Result};
use crate::catalog::Model;

const MIB: u64 = 1 << 20;

/// What an idle GPU has in use of its BAR1, as recorded on an H200; an instance's share starts unused.
const IDLE_BAR1: u64 = 1_703_936;

/// Memory in bytes. `total` = `reserved` + `used` + `free`; NVML's first version counts `reserved` as used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// Kept by the driver.
    pub reserved: u64,
    /// In use.
    pub used: u64,
    /// Free.
    pub free: u64,
}

/// BAR1 aperture in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar1 {
    /// All of it.
    pub total: u64,
    /// In use.
    pub used: u64,
    /// Free.
    pub free: u64,
}

impl Gpu {
    /// Memory of the whole GPU; hidden from the unprivileged once a GPU instance exists.
    pub fn memory(&self, access: Access) -> Result<Memory> {
        self.may_see_whole(access)?;
        Ok(self.whole_memory())
    }

    /// BAR1 of the whole GPU; hidden likewise.
    pub fn bar1(&self, access: Access) -> Result<Bar1> {
        self.may_see_whole(access)?;
        Ok(bar1(self.model.bar1_mib, IDLE_BAR1))
    }

    /// Memory of a GPU instance, which its compute instances share.
    pub fn mig_memory(&self, gi: u32) -> Result<Memory> {
        Ok(self.memory_of(self.live_gpu_instance(gi)?))
    }

    /// BAR1 of a GPU instance: its share, by memory slices, of what is not mapped statically, less 1 MiB.
    pub fn mig_bar1(&self, gi: u32) -> Result<Bar1> {
        let size = self.live_gpu_instance(gi)?.placement.size;
        let Model { bar1_mib, bar1_static_mib, .. } = self.model;
        let share = (bar1_mib - bar1_static_mib) * u64::from(size) / u64::from(self.mig()?.memory_slices);
        Ok(bar1(share - 1, 0))
    }

    /// What a process could still allocate on the GPU or in a GPU instance.
    pub(super) fn free_memory(&self, gi: Option<u32>) -> Result<u64> {
        Ok(gi.map_or(Ok(self.whole_memory()), |gi| self.mig_memory(gi))?.free)
    }

    fn whole_memory(&self) -> Memory {
        let instances = self.gpu_instances.values().map(|instance| self.memory_of(instance).used);
        let outside = self.processes.iter().filter(|process| process.instance.is_none());
        let used = instances.chain(outside.filter_map(|process| process.used_memory)).sum();
        memory(self.model.memory_mib * MIB, self.model.reserved_kib << 10, used)
    }

    fn memory_of(&self, instance: &GpuInstance) -> Memory {
        let profile = self.profile_of(instance);
        let inside = self.processes.iter().filter(|process| process.instance.is_some_and(|at| at.0 == instance.id));
        let used = inside.filter_map(|process| process.used_memory).sum::<u64>();
        memory(profile.memory_mib * MIB, 0, profile.idle_mib * MIB + used)
    }
}

fn memory(total: u64, reserved: u64, used: u64) -> Memory {
    Memory { total, reserved, used, free: total.saturating_sub(reserved + used) }
}

fn bar1(total_mib: u64, used: u64) -> Bar1 {
    let total = total_mib * MIB;
    Bar1 { total, used, free: total - used }
}
