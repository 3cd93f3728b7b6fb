//! The instances and MIG devices of a snapshot.

use std::ffi::c_char;

use core::{ComputeInstanceSnapshot, GpuInstanceSnapshot, GpuSnapshot, MigDeviceSnapshot};

use crate::arena::Arena;
use crate::argument::In;
use crate::gpu_process::gpushare_gpu_process_list_t;
use crate::list::List;
use crate::memory::gpushare_memory_t;
use crate::mig_device::gpushare_mig_device_attributes_t;
use crate::placement::{gpushare_compute_instance_placement_t, gpushare_gpu_instance_placement_t};

/// A compute instance of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library
/// gives.
#[repr(C)]
pub struct gpushare_compute_instance_snapshot_t {
    /// The id.
    pub id: u32,
    /// The id of its profile.
    pub profile_id: u32,
    /// Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
    pub placement: gpushare_compute_instance_placement_t,
    /// Whether it takes all processors of its GPU instance.
    pub is_whole: bool,
}

/// The compute instances of a GPU instance, by ascending id.
pub type gpushare_compute_instance_snapshot_list_t = List<gpushare_compute_instance_snapshot_t>;

/// A GPU instance of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library
/// gives.
#[repr(C)]
pub struct gpushare_gpu_instance_snapshot_t {
    /// The id.
    pub id: u32,
    /// The id of its profile.
    pub profile_id: u32,
    /// Where it lies, in memory slices.
    pub placement: gpushare_gpu_instance_placement_t,
    /// The name of its profile, such as "4g.20gb".
    pub profile: *const c_char,
    /// The compute instances in it; where there is none, nothing can run on it.
    pub compute_instances: *const gpushare_compute_instance_snapshot_list_t,
}

/// The GPU instances of a GPU, by ascending id.
pub type gpushare_gpu_instance_snapshot_list_t = List<gpushare_gpu_instance_snapshot_t>;

/// A MIG device of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library gives.
#[repr(C)]
pub struct gpushare_mig_device_snapshot_t {
    /// The index among the MIG devices of its GPU.
    pub index: u32,
    /// The id of its GPU instance.
    pub gpu_instance: u32,
    /// The id of its compute instance.
    pub compute_instance: u32,
    /// The UUID, "MIG-...", which is what `CUDA_VISIBLE_DEVICES` takes.
    pub uuid: *const c_char,
    /// The UUID of its GPU.
    pub gpu_uuid: *const c_char,
    /// The name, such as "4g.20gb" or "1c.2g.10gb".
    pub name: *const c_char,
    /// What it has.
    pub attributes: *const gpushare_mig_device_attributes_t,
    /// Its memory, which it shares with the other compute instances of its GPU instance; NULL where that is not told.
    pub memory: *const gpushare_memory_t,
    /// The processes on it, as far as they are told; none in a change, which tells of processes by themselves.
    pub processes: *const gpushare_gpu_process_list_t,
}

/// The MIG devices of a GPU, in NVML's order.
pub type gpushare_mig_device_snapshot_list_t = List<gpushare_mig_device_snapshot_t>;

impl From<&ComputeInstanceSnapshot> for gpushare_compute_instance_snapshot_t {
    fn from(instance: &ComputeInstanceSnapshot) -> Self {
        Self {
            id: instance.id.0,
            profile_id: instance.profile_id.0,
            placement: instance.placement.into(),
            is_whole: instance.is_whole,
        }
    }
}

impl gpushare_gpu_instance_snapshot_t {
    pub(crate) fn new(instance: &GpuInstanceSnapshot, arena: &mut Arena) -> Self {
        Self {
            id: instance.id.0,
            profile_id: instance.profile_id.0,
            placement: instance.placement.into(),
            profile: arena.text(&instance.profile),
            compute_instances: arena.keep(instance.compute_instances.iter().collect()),
        }
    }
}

impl gpushare_mig_device_snapshot_t {
    /// With the processes on it, where it is of a GPU that tells them.
    pub(crate) fn new(
        device: &MigDeviceSnapshot,
        gpu_uuid: *const c_char,
        gpu: Option<&GpuSnapshot>,
        arena: &mut Arena,
    ) -> Self {
        let processes = gpu.into_iter().flat_map(|gpu| gpu.processes_on(device)).cloned().collect();
        Self {
            index: device.index,
            gpu_instance: device.gpu_instance.0,
            compute_instance: device.compute_instance.0,
            uuid: arena.text(device.uuid.to_string()),
            gpu_uuid,
            name: arena.text(&device.name),
            attributes: arena.keep(device.attributes.into()),
            memory: arena.keep_any(device.memory.map(Into::into)),
            processes: arena.keep(processes),
        }
    }
}

exports! {
    /// The number of compute instances.
    fn gpushare_compute_instance_snapshot_list_len(list: In<gpushare_compute_instance_snapshot_list_t>) -> usize {
        list.len()
    }

    /// The compute instance at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_compute_instance_snapshot_list_get(
        list: In<gpushare_compute_instance_snapshot_list_t>,
        index: usize,
    ) -> *const gpushare_compute_instance_snapshot_t {
        list.at(index)
    }

    /// The number of GPU instances.
    fn gpushare_gpu_instance_snapshot_list_len(list: In<gpushare_gpu_instance_snapshot_list_t>) -> usize {
        list.len()
    }

    /// The GPU instance at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_gpu_instance_snapshot_list_get(
        list: In<gpushare_gpu_instance_snapshot_list_t>,
        index: usize,
    ) -> *const gpushare_gpu_instance_snapshot_t {
        list.at(index)
    }

    /// The number of MIG devices.
    fn gpushare_mig_device_snapshot_list_len(list: In<gpushare_mig_device_snapshot_list_t>) -> usize {
        list.len()
    }

    /// The MIG device at an index, from 0; NULL beyond the last. It lives as long as the list.
    #[doc(alias = "GpuSnapshot::processes_on")]
    fn gpushare_mig_device_snapshot_list_get(
        list: In<gpushare_mig_device_snapshot_list_t>,
        index: usize,
    ) -> *const gpushare_mig_device_snapshot_t {
        list.at(index)
    }
}
