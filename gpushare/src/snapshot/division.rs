//! How one GPU is divided, as an observer remembers it, and how it knows that this still holds.

use std::sync::Arc;

use super::gpu::{ComputeInstanceSnapshot, GpuInstanceSnapshot, SnapshotFact, UnknownFact, layout};
use crate::error::{Error, ErrorKind, Result};
use crate::gpu::{Gpu, Utilization};
use crate::id::GpuInstanceId;
use crate::mig::{GpuInstance, Layout, MigDevice, ProfileCapacity, has_place, stale_if_gone};

/// How a GPU is divided.
#[derive(Debug)]
pub(super) struct Division {
    pub(super) mig_enabled: Option<bool>,
    pub(super) devices: Vec<Device>,
    pub(super) gpu_instances: Option<Arc<[GpuInstanceSnapshot]>>,
    pub(super) capacity: Arc<[ProfileCapacity]>,
    /// What was not told.
    pub(super) unknown: Vec<UnknownFact>,
    proof: Proof,
    /// How many MIG devices there can be. It does not change while MIG is enabled.
    most_devices: Option<u32>,
}

/// A MIG device and what of it does not change while it lives.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) handle: MigDevice,
    pub(super) index: u32,
    pub(super) name: Arc<str>,
}

/// How busy a GPU is, where it was asked.
pub(super) type Busy = Option<Result<Utilization>>;

/// What shows, where no event told of a new division, that the MIG mode is still the same. Enabling and disabling it makes no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The GPU has no MIG, or it has instances, and then the mode cannot change.
    Standing,
    /// NVML tells how busy a GPU is if and only if MIG is disabled.
    Utilization,
    /// The mode itself, which costs far more.
    Mode,
}

/// Whether an error says something about the thing that was asked for, and not about the session.
pub(super) fn is_about_the_thing(gpu: &Gpu, error: &Error) -> bool {
    !gpu.is_closed() && error.kind() != ErrorKind::Uninitialized
}

impl Division {
    /// Asks how a GPU is divided. Where that takes asking how busy it is, the answer comes too.
    ///
    /// # Errors
    ///
    /// [`Stale`](ErrorKind::Stale) where it was divided anew meanwhile.
    pub(super) fn list(gpu: &Gpu, driver_branch: u32, before: Option<&Self>) -> Result<(Self, Busy)> {
        let mut division = Self {
            mig_enabled: None,
            devices: Vec::new(),
            gpu_instances: Some(Arc::default()),
            capacity: Arc::default(),
            unknown: Vec::new(),
            proof: Proof::Standing,
            most_devices: None,
        };
        division.mig_enabled = match gpu.mig_mode() {
            Ok(mode) => Some(mode.current),
            Err(error) if error.kind() == ErrorKind::NotSupported => return Ok((division, None)),
            Err(error) if is_about_the_thing(gpu, &error) => {
                division.proof = Proof::Mode;
                division.miss(SnapshotFact::MigMode, &error);
                return Ok((division, None));
            }
            Err(error) => return Err(error),
        };
        if division.mig_enabled == Some(true) {
            division.most_devices = before.and_then(|before| before.most_devices);
            division.list_devices(gpu)?;
            division.list_gpu_instances(gpu, driver_branch)?;
        }
        if division.has_instances() {
            return Ok((division, None));
        }
        let busy = gpu.utilization();
        let tells = Some(busy.is_err()) == division.mig_enabled;
        division.proof = if tells { Proof::Utilization } else { Proof::Mode };
        Ok((division, Some(busy)))
    }

    fn miss(&mut self, fact: SnapshotFact, error: &Error) {
        self.unknown.push(UnknownFact::new(fact, None, error));
    }

    fn has_instances(&self) -> bool {
        !self.devices.is_empty() || self.gpu_instances.as_ref().is_some_and(|instances| !instances.is_empty())
    }

    /// By index, which costs a fiftieth of listing the instances of one profile.
    fn list_devices(&mut self, gpu: &Gpu) -> Result<()> {
        let most = match self.most_devices {
            Some(known) => Ok(known),
            None => gpu.max_mig_device_count(),
        };
        let found = most.and_then(|most| {
            self.most_devices = Some(most);
            gpu.indexed_mig_devices(most)
        });
        match found {
            Ok(found) => {
                let devices = found.into_iter().map(|(index, handle)| {
                    let name = handle.name_unverified()?.into();
                    Ok(Device { handle, index, name })
                });
                self.devices = devices.collect::<Result<_>>()?;
            }
            Err(error) if error.kind() != ErrorKind::Stale && is_about_the_thing(gpu, &error) => {
                self.miss(SnapshotFact::MigDevices, &error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn list_gpu_instances(&mut self, gpu: &Gpu, driver_branch: u32) -> Result<()> {
        match self.ask_gpu_instances(gpu, driver_branch) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() != ErrorKind::Stale && is_about_the_thing(gpu, &error) => {
                self.gpu_instances = None;
                self.miss(SnapshotFact::GpuInstances, &error);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn ask_gpu_instances(&mut self, gpu: &Gpu, driver_branch: u32) -> Result<()> {
        let geometry = gpu.mig_geometry()?;
        let mut ids: Vec<GpuInstanceId> = self.devices.iter().map(|device| device.handle.gpu_instance_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        // An id that was there a moment ago.
        let found = |id: &GpuInstanceId| gpu.gpu_instance(*id).map_err(|error| stale_if_gone(error, gpu.target()));
        let mut instances = ids.iter().map(found).collect::<Result<Vec<_>>>()?;
        // Those without compute instances are no MIG devices. They can only be of profiles for which the others leave room.
        for profile in geometry.profiles.iter() {
            let lying: Vec<_> =
                instances.iter().map(|instance| (instance.profile().id, instance.placement())).collect();
            if has_place(profile, &lying) {
                for instance in gpu.gpu_instances_of(&profile.profile)?.unwrap_or_default() {
                    if instances.iter().all(|known| known.id() != instance.id()) {
                        instances.push(instance);
                    }
                }
            }
        }
        instances.sort_by_key(GpuInstance::id);
        let lying: Vec<_> = instances.iter().map(|instance| (instance.profile().id, instance.placement())).collect();
        self.capacity = geometry.capacity(&lying, driver_branch).into();
        let snapshots = instances.iter().map(|instance| self.gpu_instance(instance));
        self.gpu_instances = Some(snapshots.collect::<Result<_>>()?);
        Ok(())
    }

    fn gpu_instance(&self, instance: &GpuInstance) -> Result<GpuInstanceSnapshot> {
        let devices = self.devices.iter().map(|device| &device.handle);
        let inside = devices.filter(|device| device.gpu_instance_id() == instance.id()).map(|device| {
            let id = device.compute_instance_id();
            let (profile_id, placement) = instance.compute_instance_place(id)?;
            let processors = device.attributes().multiprocessor_count;
            let is_whole = processors == instance.profile().multiprocessor_count;
            Ok(ComputeInstanceSnapshot { id, profile_id, placement, is_whole })
        });
        Ok(GpuInstanceSnapshot {
            id: instance.id(),
            profile: Arc::clone(&instance.profile().name),
            profile_id: instance.profile().id,
            placement: instance.placement(),
            compute_instances: inside.collect::<Result<_>>()?,
        })
    }

    pub(super) fn layout(&self) -> Option<Layout> {
        layout(self.mig_enabled, self.gpu_instances.as_deref())
    }

    /// Whether the GPU can ever be divided otherwise.
    pub(super) fn can_change(&self) -> bool {
        self.mig_enabled.is_some() || self.proof == Proof::Mode
    }

    /// Whether the MIG mode is still the same. Where that takes asking how busy the GPU is, the answer comes too.
    pub(super) fn holds(&self, gpu: &Gpu) -> (bool, Busy) {
        match self.proof {
            Proof::Standing => (true, None),
            Proof::Utilization => {
                let busy = gpu.utilization();
                (Some(busy.is_err()) == self.mig_enabled, Some(busy))
            }
            Proof::Mode => (gpu.mig_mode().ok().map(|mode| mode.current) == self.mig_enabled, None),
        }
    }
}
