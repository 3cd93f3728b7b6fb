//! An event, and what it concerns.

use std::fmt;

use gpushare_sys::NO_INSTANCE;

use crate::error::{Result, Target};
use crate::event::kinds::EventKinds;
use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::mig::MigDevice;

/// Something that happened to a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct GpuEvent {
    /// The GPU.
    pub gpu: Gpu,
    /// What happened.
    pub kind: EventKind,
    /// The GPU instance that it is attributed to, which the driver tells of an XID only. `None` where it concerns the whole GPU, and from
    /// drivers without `nvmlEventSetWait_v2`, which do not tell: then it may concern any instance.
    pub gpu_instance: Option<GpuInstanceId>,
    /// The compute instance in that GPU instance. `None` where it concerns the whole GPU instance.
    pub compute_instance: Option<ComputeInstanceId>,
}

/// What happened to a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// GPU instances or compute instances were created or destroyed. It says that the layout is another, and not how often it changed.
    MigConfigChange,
    /// The driver met an error, of this number in NVIDIA's table of XIDs; 999 for one that NVML does not know.
    Xid(u64),
    /// Something else.
    Other {
        /// What.
        kinds: EventKinds,
        /// What the driver says about it: 0, as far as NVIDIA documents.
        data: u64,
    },
}

impl EventKind {
    fn new(kinds: EventKinds, data: u64) -> Self {
        match kinds {
            EventKinds::MIG_CONFIG_CHANGE => Self::MigConfigChange,
            EventKinds::XID => Self::Xid(data),
            kinds => Self::Other { kinds, data },
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MigConfigChange => f.write_str("MIG configuration change"),
            Self::Xid(number) => write!(f, "XID {number}"),
            Self::Other { kinds, data: 0 } => kinds.fmt(f),
            Self::Other { kinds, data } => write!(f, "{kinds} {data}"),
        }
    }
}

impl GpuEvent {
    /// What the driver delivered about a GPU.
    pub(super) fn new(gpu: Gpu, data: &gpushare_sys::nvmlEventData_t) -> Self {
        let id = |id: u32| (id != NO_INSTANCE).then_some(id);
        Self {
            gpu,
            kind: EventKind::new(EventKinds::from_bits_retain(data.eventType), data.eventData),
            gpu_instance: id(data.gpuInstanceId).map(GpuInstanceId),
            compute_instance: id(data.computeInstanceId).map(ComputeInstanceId),
        }
    }

    /// The smallest thing that it is attributed to: the compute instance, else the GPU instance, else the GPU.
    pub fn target(&self) -> Target {
        let gpu = self.gpu.index();
        match (self.gpu_instance, self.compute_instance) {
            (Some(gpu_instance), Some(id)) => Target::ComputeInstance { gpu, gpu_instance, id },
            (Some(id), None) => Target::GpuInstance { gpu, id },
            (None, _) => self.gpu.target(),
        }
    }

    /// Every MIG device that it concerns, of those that there are now: the one of its compute instance, all of its GPU instance, or all of
    /// the GPU. Empty where MIG is disabled, and where the instance is gone.
    ///
    /// An id that was given to a new instance since then is that of the new one.
    ///
    /// # Errors
    ///
    /// [`GpuLost`](crate::ErrorKind::GpuLost) after the XID of a GPU that fell off the bus, else as [`Gpu::mig_devices`].
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
    /// let half = gi.compute_instance_profile("1c.2g.10gb")?;
    /// let devices = [gi.create_compute_instance(&half)?.mig_device()?, gi.create_compute_instance(&half)?.mig_device()?];
    /// let events = nvml.watch(gpushare::EventKinds::XID)?;
    /// machine.inject_xid(0, 31, Some(gi.id().0), None)?;
    /// let event = events.poll()?.ok_or("an event")?;
    /// assert_eq!(event.to_string(), "XID 31 on GPU instance 3 of GPU 0");
    /// assert_eq!(event.mig_devices()?, devices);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mig_devices(&self) -> Result<Vec<MigDevice>> {
        let mut devices = self.gpu.mig_devices()?;
        devices.retain(|device| {
            self.gpu_instance.is_none_or(|id| id == device.gpu_instance_id())
                && self.compute_instance.is_none_or(|id| id == device.compute_instance_id())
        });
        Ok(devices)
    }
}

impl fmt::Display for GpuEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.kind, self.target())
    }
}
