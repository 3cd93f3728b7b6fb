//! What a snapshot says of one GPU.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::compute_mode::ComputeMode;
use crate::error::{Error, ErrorKind};
use crate::gpu::Utilization;
use crate::id::{
    ComputeInstanceId, ComputeInstanceProfileId, GpuInstanceId, GpuInstanceProfileId, GpuUuid, MigUuid, PciAddress,
};
use crate::mig::{
    ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout, MigDeviceAttributes, ProfileCapacity,
};
use crate::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::process::GpuProcess;
use crate::units::Memory;

/// A GPU at one moment.
///
/// What a GPU, driver or mode does not have is `None` or empty. What it has and this caller was not told is, too, and is listed in
/// [`unknown`](Self::unknown) with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GpuSnapshot {
    /// The NVML index.
    pub index: u32,
    /// The UUID.
    pub uuid: GpuUuid,
    /// The product name, such as `NVIDIA A100-SXM4-40GB`.
    pub name: Arc<str>,
    /// The number N of `/dev/nvidiaN`.
    pub minor_number: Option<u32>,
    /// Where it sits on the PCI bus.
    pub pci_address: Option<PciAddress>,
    /// Its memory; with GPU instances, the sum over them.
    pub memory: Option<Memory>,
    /// How busy it is. NVML does not tell while MIG is enabled.
    pub utilization: Option<Utilization>,
    /// How many processes may use it. While MIG is enabled each MIG device has its own, and this is `None`.
    pub compute_mode: Option<ComputeMode>,
    /// Whether MIG is enabled; `None` on a GPU without MIG.
    pub mig_enabled: Option<bool>,
    /// The GPU instances, by ascending id; `None` for a caller that may not list them.
    pub gpu_instances: Option<Arc<[GpuInstanceSnapshot]>>,
    /// The MIG devices, in NVML's order.
    pub mig_devices: Vec<MigDeviceSnapshot>,
    /// What there is room for, per GPU-instance profile. Empty unless MIG is enabled and the GPU instances are known.
    pub capacity: Arc<[ProfileCapacity]>,
    /// The processes that use it or a part of it, by ascending id. With [`SnapshotFact::Processes`] among the unknown, some are missing.
    pub processes: Vec<GpuProcess>,
    /// What the driver refused to tell, and why.
    pub unknown: Vec<UnknownFact>,
}

/// A GPU instance of a [`GpuSnapshot`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GpuInstanceSnapshot {
    /// Its id.
    pub id: GpuInstanceId,
    /// The name of its profile, such as `4g.20gb`.
    pub profile: Arc<str>,
    /// The id of its profile.
    pub profile_id: GpuInstanceProfileId,
    /// Where it lies, in memory slices.
    pub placement: GpuInstancePlacement,
    /// The compute instances in it, by ascending id; where there is none, nothing can run on it.
    pub compute_instances: Vec<ComputeInstanceSnapshot>,
}

/// A compute instance of a [`GpuInstanceSnapshot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComputeInstanceSnapshot {
    /// Its id.
    pub id: ComputeInstanceId,
    /// The id of its profile.
    pub profile_id: ComputeInstanceProfileId,
    /// Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
    pub placement: ComputeInstancePlacement,
    /// Whether it takes all processors of its GPU instance.
    pub is_whole: bool,
}

/// A MIG device of a [`GpuSnapshot`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MigDeviceSnapshot {
    /// Its index among the MIG devices of its GPU.
    pub index: u32,
    /// Its UUID: what `CUDA_VISIBLE_DEVICES` takes.
    pub uuid: MigUuid,
    /// Its name, such as `4g.20gb` or `1c.2g.10gb`.
    pub name: Arc<str>,
    /// The id of its GPU instance.
    pub gpu_instance: GpuInstanceId,
    /// The id of its compute instance.
    pub compute_instance: ComputeInstanceId,
    /// What it consists of.
    pub attributes: MigDeviceAttributes,
    /// Its memory, which it shares with the other compute instances of its GPU instance.
    pub memory: Option<Memory>,
}

/// A part of a [`GpuSnapshot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SnapshotFact {
    /// [`GpuSnapshot::minor_number`].
    MinorNumber,
    /// [`GpuSnapshot::pci_address`].
    PciAddress,
    /// [`GpuSnapshot::memory`], or that of a MIG device.
    Memory,
    /// [`GpuSnapshot::utilization`].
    Utilization,
    /// [`GpuSnapshot::compute_mode`].
    ComputeMode,
    /// [`GpuSnapshot::mig_enabled`], and with it everything of MIG.
    MigMode,
    /// [`GpuSnapshot::gpu_instances`], and with it the capacity.
    GpuInstances,
    /// [`GpuSnapshot::mig_devices`].
    MigDevices,
    /// [`GpuSnapshot::processes`], all or some.
    Processes,
}

/// What the driver refused to tell, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownFact {
    /// What is not known.
    pub fact: SnapshotFact,
    /// Of which MIG device, where it is not of the GPU as a whole.
    pub mig_device: Option<MigUuid>,
    /// What kind of refusal it was: [`NoPermission`](ErrorKind::NoPermission) above all, as in containers.
    pub kind: ErrorKind,
    /// The refusal in words.
    pub message: String,
}

impl UnknownFact {
    pub(super) fn new(fact: SnapshotFact, mig_device: Option<MigUuid>, error: &Error) -> Self {
        Self { fact, mig_device, kind: error.kind(), message: error.to_string() }
    }
}

impl GpuSnapshot {
    /// The MIG device with a UUID, in either form.
    pub fn mig_device(&self, uuid: &MigUuid) -> Option<&MigDeviceSnapshot> {
        let is_it = |device: &&MigDeviceSnapshot| {
            device.uuid == *uuid || MigUuid::legacy(self.uuid, device.gpu_instance, device.compute_instance) == *uuid
        };
        self.mig_devices.iter().find(is_it)
    }

    /// The processes on a MIG device of this GPU.
    pub fn processes_on(&self, device: &MigDeviceSnapshot) -> impl Iterator<Item = &GpuProcess> {
        let place = (Some(device.gpu_instance), Some(device.compute_instance));
        self.processes.iter().filter(move |process| (process.gpu_instance, process.compute_instance) == place)
    }

    /// How the GPU is divided, with every place named; `None` on a GPU without MIG and where it is not known.
    pub fn layout(&self) -> Option<Layout> {
        layout(self.mig_enabled, self.gpu_instances.as_deref())
    }
}

pub(super) fn layout(mig_enabled: Option<bool>, gpu_instances: Option<&[GpuInstanceSnapshot]>) -> Option<Layout> {
    if !mig_enabled? {
        return Some(Layout::disabled());
    }
    let instances = gpu_instances?.iter().map(|instance| {
        let inside = instance.compute_instances.iter().map(|inside| ComputeInstanceLayout {
            size: match inside.is_whole {
                true => ComputeInstanceSize::Whole,
                false => ComputeInstanceSize::Profile(inside.profile_id),
            },
            start: Some(inside.placement.start),
        });
        Some(GpuInstanceLayout {
            profile: instance.profile.parse().ok()?,
            start: Some(instance.placement.start),
            compute_instances: inside.collect(),
        })
    });
    instances.collect::<Option<Vec<_>>>().map(Layout::new)
}
