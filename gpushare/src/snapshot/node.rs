//! A snapshot of a whole node.

use serde::{Deserialize, Serialize};

use super::gpu::GpuSnapshot;
use super::mps::MpsDaemonSnapshot;
use crate::error::Result;
use crate::id::GpuUuid;
use crate::nvml::Nvml;
use crate::visible_devices::{VisibleGpu, VisibleMigDevice, VisibleNode};

/// What is on a node, who is on it and what is free, at one moment. Plain data: it can be kept, sent, compared, and needs no driver.
///
/// It is consistent: while it was taken, no GPU was divided anew. Whoever wants one after the other takes them from an
/// [`Observer`](crate::Observer), which asks the driver only for what may have changed.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let journal = tempfile::tempdir()?;
/// # let options = gpushare::ApplyOptions::new().directory(journal.path());
/// let before = nvml.snapshot()?;
/// nvml.gpu(0)?.apply_layout(&"4g.20gb, 3g.20gb".parse()?, &options)?;
/// let after = nvml.snapshot()?;
/// println!("{after}");
///
/// assert_eq!(after.gpus[0].mig_devices[0].name.as_ref(), "3g.20gb");
/// assert!(after.gpus[0].capacity.iter().all(|profile| profile.free == 0));
/// for change in before.changes_to(&after) {
///     println!("{change}");
/// }
/// let kept = serde_json::to_string(&after)?;
/// assert_eq!(serde_json::from_str::<gpushare::Snapshot>(&kept)?, after);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The form of its JSON.
    pub schema: SnapshotSchema,
    /// The driver's version, such as `580.126.09`.
    pub driver_version: String,
    /// The GPUs, in NVML's order.
    pub gpus: Vec<GpuSnapshot>,
    /// The MPS daemons that have servers on them.
    pub mps_daemons: Vec<MpsDaemonSnapshot>,
}

/// The form of a snapshot's JSON, a number. Members that are added leave it as it is; it grows when one is renamed, removed or changes
/// its meaning, and JSON of another form is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct SnapshotSchema;

impl SnapshotSchema {
    /// The number that this version of the library writes and reads.
    pub const VERSION: u32 = 1;
}

impl From<SnapshotSchema> for u32 {
    fn from(_: SnapshotSchema) -> Self {
        SnapshotSchema::VERSION
    }
}

impl TryFrom<u32> for SnapshotSchema {
    type Error = String;

    fn try_from(version: u32) -> std::result::Result<Self, String> {
        match version {
            Self::VERSION => Ok(Self),
            other => Err(format!("a snapshot of form {other}; this version of gpushare reads form {}", Self::VERSION)),
        }
    }
}

impl Nvml {
    /// What is on the node, who is on it and what is free, as it is now.
    ///
    /// # Errors
    ///
    /// What the driver refuses for one GPU is part of the answer: [`GpuSnapshot::unknown`]. An error is what concerns all of it: a
    /// [`Stale`](crate::ErrorKind::Stale) session, and a node that others change all the time.
    pub fn snapshot(&self) -> Result<Snapshot> {
        self.observer()?.snapshot()
    }
}

impl Snapshot {
    /// The GPU with a UUID.
    pub fn gpu(&self, uuid: &GpuUuid) -> Option<&GpuSnapshot> {
        self.gpus.iter().find(|gpu| gpu.uuid == *uuid)
    }

    /// The part of it that decides which devices `CUDA_VISIBLE_DEVICES` names. GPUs whose PCI address is not known are left out: CUDA
    /// does not see those either.
    pub fn visible_node(&self) -> VisibleNode {
        let gpus = self.gpus.iter().filter_map(|gpu| {
            let devices = gpu.mig_devices.iter().map(|device| VisibleMigDevice {
                uuid: device.uuid,
                gpu_instance: device.gpu_instance,
                compute_instance: device.compute_instance,
            });
            Some(VisibleGpu {
                index: gpu.index,
                uuid: gpu.uuid,
                pci_address: gpu.pci_address?,
                name: gpu.name.as_ref().into(),
                mig_enabled: gpu.mig_enabled.unwrap_or(false),
                mig_devices: devices.collect(),
            })
        });
        VisibleNode { gpus: gpus.collect() }
    }
}
