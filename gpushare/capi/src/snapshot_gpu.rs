//! The GPUs of a snapshot.

use std::ffi::c_char;
use std::ptr;

use core::{GpuSnapshot, ProfileCapacity, SnapshotFact, UnknownFact};

use crate::arena::Arena;
use crate::argument::In;
use crate::gpu::{gpushare_pci_address_t, gpushare_utilization_t};
use crate::gpu_process::gpushare_gpu_process_list_t;
use crate::layout::gpushare_layout_t;
use crate::list::List;
use crate::memory::gpushare_memory_t;
use crate::snapshot_mig::{
    gpushare_gpu_instance_snapshot_list_t, gpushare_gpu_instance_snapshot_t, gpushare_mig_device_snapshot_list_t,
    gpushare_mig_device_snapshot_t,
};
use crate::status::{self, gpushare_status_t};

/// How many further instances of a profile a GPU has room for. A later version may add members at the end, so it is only used through the
/// pointer that the library gives.
#[repr(C)]
pub struct gpushare_profile_capacity_t {
    /// The profile's id.
    pub profile_id: u32,
    /// How many more instances the GPU has room for, if nothing else is created.
    pub free: u32,
    /// How many instances an empty GPU has room for.
    pub total: u32,
    /// The profile's name, such as "1g.5gb".
    pub profile: *const c_char,
}

/// What a GPU has room for, per GPU-instance profile.
pub type gpushare_profile_capacity_list_t = List<gpushare_profile_capacity_t>;

/// The minor number of a GPU.
pub const GPUSHARE_FACT_MINOR_NUMBER: u32 = 0;
/// Its PCI address.
pub const GPUSHARE_FACT_PCI_ADDRESS: u32 = 1;
/// Its memory, or that of a MIG device.
pub const GPUSHARE_FACT_MEMORY: u32 = 2;
/// How busy it is.
pub const GPUSHARE_FACT_UTILIZATION: u32 = 3;
/// Its compute mode.
pub const GPUSHARE_FACT_COMPUTE_MODE: u32 = 4;
/// Whether MIG is enabled, and with it everything of MIG.
pub const GPUSHARE_FACT_MIG_MODE: u32 = 5;
/// Its GPU instances, and with them the capacity.
pub const GPUSHARE_FACT_GPU_INSTANCES: u32 = 6;
/// Its MIG devices.
pub const GPUSHARE_FACT_MIG_DEVICES: u32 = 7;
/// Its processes, all or some.
pub const GPUSHARE_FACT_PROCESSES: u32 = 8;

/// What the driver refused to tell, and why. A later version may add members at the end, so it is only used through the pointer that the
/// library gives.
#[repr(C)]
pub struct gpushare_unknown_fact_t {
    /// What is not known: `GPUSHARE_FACT_...`.
    pub fact: u32,
    /// What kind of refusal it was: `GPUSHARE_ERROR_NO_PERMISSION` above all, as in containers.
    pub status: gpushare_status_t,
    /// The refusal in words.
    pub message: *const c_char,
    /// The UUID of the MIG device of which it is not known; NULL where it is not known of the GPU as a whole.
    pub mig_device: *const c_char,
}

/// What the driver refused to tell.
pub type gpushare_unknown_fact_list_t = List<gpushare_unknown_fact_t>;

/// A GPU of a snapshot. What a GPU, driver or mode does not have is missing as each member says. What it has and this caller was not told
/// is missing, too, and is listed in `unknown` with the reason. A later version may add members at the end, so it is only used through the
/// pointer that the library gives.
#[repr(C)]
pub struct gpushare_gpu_snapshot_t {
    /// The NVML index.
    pub index: u32,
    /// Whether MIG is enabled; false where that is missing, too.
    pub mig_enabled: bool,
    /// Whether the GPU has MIG and the mode is told.
    pub has_mig_mode: bool,
    /// The UUID, "GPU-...".
    pub uuid: *const c_char,
    /// The product name, such as "NVIDIA A100-SXM4-40GB".
    pub name: *const c_char,
    /// The number N of `/dev/nvidiaN`; -1 where it is missing.
    pub minor_number: i64,
    /// How many processes may use it: `GPUSHARE_COMPUTE_MODE_...`; -1 where it is missing, as while MIG is enabled.
    pub compute_mode: i64,
    /// Where it sits on the PCI bus; NULL where it is missing.
    pub pci_address: *const gpushare_pci_address_t,
    /// Its memory, with GPU instances the sum over them; NULL where it is missing.
    pub memory: *const gpushare_memory_t,
    /// How busy it is; NULL where it is missing, as while MIG is enabled.
    pub utilization: *const gpushare_utilization_t,
    /// How it is divided, with every place named; NULL on a GPU without MIG and where it is not known.
    pub layout: *const gpushare_layout_t,
    /// The GPU instances, none unless MIG is enabled; NULL for a caller that may not list them.
    pub gpu_instances: *const gpushare_gpu_instance_snapshot_list_t,
    /// The MIG devices.
    pub mig_devices: *const gpushare_mig_device_snapshot_list_t,
    /// What there is room for. Empty unless MIG is enabled and the GPU instances are known.
    pub capacity: *const gpushare_profile_capacity_list_t,
    /// The processes that use it or a part of it, by ascending id. With `GPUSHARE_FACT_PROCESSES` among the unknown, some are missing.
    pub processes: *const gpushare_gpu_process_list_t,
    /// What the driver refused to tell.
    pub unknown: *const gpushare_unknown_fact_list_t,
}

/// The GPUs of a node, in NVML's order.
pub type gpushare_gpu_snapshot_list_t = List<gpushare_gpu_snapshot_t>;

fn number(fact: SnapshotFact) -> u32 {
    match fact {
        SnapshotFact::MinorNumber => GPUSHARE_FACT_MINOR_NUMBER,
        SnapshotFact::PciAddress => GPUSHARE_FACT_PCI_ADDRESS,
        SnapshotFact::Memory => GPUSHARE_FACT_MEMORY,
        SnapshotFact::Utilization => GPUSHARE_FACT_UTILIZATION,
        SnapshotFact::ComputeMode => GPUSHARE_FACT_COMPUTE_MODE,
        SnapshotFact::MigMode => GPUSHARE_FACT_MIG_MODE,
        SnapshotFact::GpuInstances => GPUSHARE_FACT_GPU_INSTANCES,
        SnapshotFact::MigDevices => GPUSHARE_FACT_MIG_DEVICES,
        SnapshotFact::Processes => GPUSHARE_FACT_PROCESSES,
        _ => u32::MAX,
    }
}

fn capacity(capacity: &ProfileCapacity, arena: &mut Arena) -> gpushare_profile_capacity_t {
    gpushare_profile_capacity_t {
        profile_id: capacity.id.0,
        free: capacity.free,
        total: capacity.total,
        profile: arena.text(&capacity.profile),
    }
}

fn unknown(unknown: &UnknownFact, arena: &mut Arena) -> gpushare_unknown_fact_t {
    gpushare_unknown_fact_t {
        fact: number(unknown.fact),
        status: status::of(unknown.kind),
        message: arena.text(&unknown.message),
        mig_device: unknown.mig_device.map_or(ptr::null(), |uuid| arena.text(uuid.to_string())),
    }
}

impl gpushare_gpu_snapshot_t {
    pub(crate) fn new(gpu: &GpuSnapshot, arena: &mut Arena) -> Self {
        let uuid = arena.text(gpu.uuid.to_string());
        let gpu_instances: Option<gpushare_gpu_instance_snapshot_list_t> =
            gpu.gpu_instances.as_ref().map(|instances| {
                instances.iter().map(|instance| gpushare_gpu_instance_snapshot_t::new(instance, arena)).collect()
            });
        let device = |device| gpushare_mig_device_snapshot_t::new(device, uuid, Some(gpu), arena);
        let mig_devices: gpushare_mig_device_snapshot_list_t = gpu.mig_devices.iter().map(device).collect();
        let capacity: gpushare_profile_capacity_list_t = gpu.capacity.iter().map(|one| capacity(one, arena)).collect();
        let unknown: gpushare_unknown_fact_list_t = gpu.unknown.iter().map(|one| unknown(one, arena)).collect();
        Self {
            index: gpu.index,
            mig_enabled: gpu.mig_enabled.unwrap_or(false),
            has_mig_mode: gpu.mig_enabled.is_some(),
            uuid,
            name: arena.text(&gpu.name),
            minor_number: gpu.minor_number.map_or(-1, i64::from),
            compute_mode: gpu.compute_mode.map_or(-1, |mode| mode.0.into()),
            pci_address: arena.keep_any(gpu.pci_address.map(Into::into)),
            memory: arena.keep_any(gpu.memory.map(Into::into)),
            utilization: arena.keep_any(gpu.utilization.map(Into::into)),
            layout: arena.keep_any(gpu.layout().map(Into::into)),
            gpu_instances: arena.keep_any(gpu_instances),
            mig_devices: arena.keep(mig_devices),
            capacity: arena.keep(capacity),
            processes: arena.keep(gpu.processes.iter().cloned().collect()),
            unknown: arena.keep(unknown),
        }
    }
}

exports! {
    /// The number of profiles.
    fn gpushare_profile_capacity_list_len(list: In<gpushare_profile_capacity_list_t>) -> usize {
        list.len()
    }

    /// What there is room for of the profile at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_profile_capacity_list_get(
        list: In<gpushare_profile_capacity_list_t>,
        index: usize,
    ) -> *const gpushare_profile_capacity_t {
        list.at(index)
    }

    /// The number of refusals.
    fn gpushare_unknown_fact_list_len(list: In<gpushare_unknown_fact_list_t>) -> usize {
        list.len()
    }

    /// The refusal at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_unknown_fact_list_get(
        list: In<gpushare_unknown_fact_list_t>,
        index: usize,
    ) -> *const gpushare_unknown_fact_t {
        list.at(index)
    }

    /// The number of GPUs.
    fn gpushare_gpu_snapshot_list_len(list: In<gpushare_gpu_snapshot_list_t>) -> usize {
        list.len()
    }

    /// The GPU at an index of the list, from 0; NULL beyond the last. It lives as long as the list.
    #[doc(alias = "GpuSnapshot::layout")]
    fn gpushare_gpu_snapshot_list_get(list: In<gpushare_gpu_snapshot_list_t>, index: usize) -> *const gpushare_gpu_snapshot_t {
        list.at(index)
    }
}
