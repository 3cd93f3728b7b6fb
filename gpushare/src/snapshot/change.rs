//! What changed between two snapshots.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::gpu::{GpuInstanceSnapshot, GpuSnapshot, MigDeviceSnapshot};
use super::mps::MpsDaemonSnapshot;
use super::node::Snapshot;
use crate::compute_mode::ComputeMode;
use crate::id::GpuUuid;
use crate::process::GpuProcess;
use crate::units::Memory;

/// One difference between two snapshots. Made by [`Snapshot::changes_to`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Change {
    /// A GPU that was not there before.
    GpuAppeared { gpu: GpuUuid },
    /// A GPU that is no longer there.
    GpuVanished { gpu: GpuUuid },
    /// MIG was enabled or disabled, or whether it is became known or unknown.
    MigMode { gpu: GpuUuid, before: Option<bool>, after: Option<bool> },
    /// Another compute mode.
    ComputeMode { gpu: GpuUuid, before: Option<ComputeMode>, after: Option<ComputeMode> },
    /// A GPU instance that is no longer there, or no longer the same.
    GpuInstanceDestroyed { gpu: GpuUuid, instance: GpuInstanceSnapshot },
    /// A GPU instance that was not there before. Its compute instances are told as MIG devices.
    GpuInstanceCreated { gpu: GpuUuid, instance: GpuInstanceSnapshot },
    /// A MIG device that is no longer there, or no longer the same.
    MigDeviceDestroyed { gpu: GpuUuid, device: MigDeviceSnapshot },
    /// A MIG device that was not there before.
    MigDeviceCreated { gpu: GpuUuid, device: MigDeviceSnapshot },
    /// More or less memory in use on a GPU.
    Memory { gpu: GpuUuid, before: Option<Memory>, after: Option<Memory> },
    /// A process that no longer uses the GPU.
    ProcessEnded { gpu: GpuUuid, process: GpuProcess },
    /// A process that did not use the GPU before.
    ProcessStarted { gpu: GpuUuid, process: GpuProcess },
    /// An MPS daemon that no longer has servers on the node's GPUs.
    MpsDaemonEnded { daemon: MpsDaemonSnapshot },
    /// An MPS daemon that had none before.
    MpsDaemonStarted { daemon: MpsDaemonSnapshot },
}

impl Snapshot {
    /// What changed from this snapshot to a later one: per GPU, what is gone before what is new. Empty where nothing did; how busy a GPU
    /// is, how much memory a process has and what was not told are no changes.
    pub fn changes_to(&self, later: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let gone = self.gpus.iter().filter(|gpu| later.gpu(&gpu.uuid).is_none());
        changes.extend(gone.map(|gpu| Change::GpuVanished { gpu: gpu.uuid }));
        for after in &later.gpus {
            match self.gpu(&after.uuid) {
                Some(before) => gpu_changes(before, after, &mut changes),
                None => changes.push(Change::GpuAppeared { gpu: after.uuid }),
            }
        }
        let place = |daemon: &MpsDaemonSnapshot| (daemon.pid, daemon.pipe_directory.clone());
        let (ended, started) = differences(&self.mps_daemons, &later.mps_daemons, place);
        changes.extend(ended.into_iter().map(|daemon| Change::MpsDaemonEnded { daemon }));
        changes.extend(started.into_iter().map(|daemon| Change::MpsDaemonStarted { daemon }));
        changes
    }
}

fn gpu_changes(before: &GpuSnapshot, after: &GpuSnapshot, changes: &mut Vec<Change>) {
    let gpu = after.uuid;
    if before.mig_enabled != after.mig_enabled {
        changes.push(Change::MigMode { gpu, before: before.mig_enabled, after: after.mig_enabled });
    }
    if before.compute_mode != after.compute_mode {
        changes.push(Change::ComputeMode { gpu, before: before.compute_mode, after: after.compute_mode });
    }
    let (ended, started) = differences(&before.processes, &after.processes, |process| {
        (process.pid, process.gpu_instance, process.compute_instance)
    });
    let (unmade, made) = differences(&before.mig_devices, &after.mig_devices, |device| {
        (device.uuid, device.gpu_instance, device.compute_instance, device.name.clone())
    });
    let (destroyed, created) = match (&before.gpu_instances, &after.gpu_instances) {
        (Some(before), Some(after)) => {
            differences(before, after, |instance| (instance.id, instance.profile_id, instance.placement.start))
        }
        // What was not told has not changed.
        _ => Default::default(),
    };
    changes.extend(ended.into_iter().map(|process| Change::ProcessEnded { gpu, process }));
    changes.extend(unmade.into_iter().map(|device| Change::MigDeviceDestroyed { gpu, device }));
    changes.extend(destroyed.into_iter().map(|instance| Change::GpuInstanceDestroyed { gpu, instance }));
    changes.extend(created.into_iter().map(|instance| Change::GpuInstanceCreated { gpu, instance }));
    changes.extend(made.into_iter().map(|device| Change::MigDeviceCreated { gpu, device }));
    changes.extend(started.into_iter().map(|process| Change::ProcessStarted { gpu, process }));
    if before.memory != after.memory {
        changes.push(Change::Memory { gpu, before: before.memory, after: after.memory });
    }
}

/// What is in the first list alone, and in the second, by what makes a thing the one that it is.
fn differences<T: Clone, K: Ord>(before: &[T], after: &[T], key: impl Fn(&T) -> K) -> (Vec<T>, Vec<T>) {
    let keys = |list: &[T]| list.iter().map(&key).collect::<BTreeSet<_>>();
    let (known, present) = (keys(before), keys(after));
    let missing_in = |list: &[T], keys: &BTreeSet<K>| {
        list.iter().filter(|thing| !keys.contains(&key(thing))).cloned().collect::<Vec<_>>()
    };
    (missing_in(before, &present), missing_in(after, &known))
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = |enabled: &Option<bool>| match enabled {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "unknown",
        };
        match self {
            Self::GpuAppeared { gpu } => write!(f, "{gpu}: appeared"),
            Self::GpuVanished { gpu } => write!(f, "{gpu}: vanished"),
            Self::MigMode { gpu, before, after } => write!(f, "{gpu}: MIG {}, was {}", mode(after), mode(before)),
            Self::ComputeMode { gpu, before, after } => {
                let word = |mode: &Option<ComputeMode>| mode.map_or("unknown".into(), |mode| mode.to_string());
                write!(f, "{gpu}: compute mode {}, was {}", word(after), word(before))
            }
            Self::GpuInstanceDestroyed { gpu, instance } => {
                write!(
                    f,
                    "{gpu}: GPU instance {} {} at {} destroyed",
                    instance.id, instance.profile, instance.placement
                )
            }
            Self::GpuInstanceCreated { gpu, instance } => {
                write!(f, "{gpu}: GPU instance {} {} at {} created", instance.id, instance.profile, instance.placement)
            }
            Self::MigDeviceDestroyed { gpu, device } => {
                write!(f, "{gpu}: MIG device {} {} destroyed", device.name, device.uuid)
            }
            Self::MigDeviceCreated { gpu, device } => {
                write!(f, "{gpu}: MIG device {} {} created", device.name, device.uuid)
            }
            Self::Memory { gpu, before, after } => {
                let word = |memory: &Option<Memory>| {
                    memory.map_or("unknown".into(), |memory| memory.used.to_mib().to_string())
                };
                write!(f, "{gpu}: {} of memory in use, was {}", word(after), word(before))
            }
            Self::ProcessEnded { gpu, process } => write!(f, "{gpu}: {process} ended"),
            Self::ProcessStarted { gpu, process } => write!(f, "{gpu}: {process} started"),
            Self::MpsDaemonEnded { daemon } => write!(f, "{daemon} ended"),
            Self::MpsDaemonStarted { daemon } => write!(f, "{daemon} started"),
        }
    }
}
