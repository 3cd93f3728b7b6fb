//! GPU instances: profiles, placements, capacity, creation, destruction.

use super::{Access, ComputeInstance, Gpu, Refusal, Result};
use crate::catalog::{Branch, GpuInstanceProfile, Mig, Placement};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A GPU instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuInstance {
    /// GPU instance ID: a function of layout and placement, so it returns when the place is taken again.
    pub id: u32,
    /// Profile ID.
    pub profile: u32,
    /// Memory slices.
    pub placement: Placement,
    /// The GPU's configuration generation at creation: tells this instance from an earlier one of the same ID.
    pub generation: u64,
    /// Compute instances by ID.
    pub compute_instances: BTreeMap<u32, ComputeInstance>,
}

impl Gpu {
    /// `nvmlDeviceGetGpuInstanceProfileInfo`: by `NVML_GPU_INSTANCE_PROFILE_*`.
    pub fn gpu_instance_profile(&self, kind: u32) -> Result<&'static GpuInstanceProfile> {
        if kind >= self.model.branch.gpu_instance_profile_kinds {
            return Err(Refusal::InvalidArgument);
        }
        let mig = self.queryable()?;
        mig.profiles.iter().find(|profile| profile.kind == kind).ok_or(Refusal::NotSupported)
    }

    /// `nvmlDeviceGetGpuInstanceProfileInfoByIdV`: by profile ID.
    pub fn gpu_instance_profile_by_id(&self, id: u32) -> Result<&'static GpuInstanceProfile> {
        known(self.queryable()?, self.model.branch, id)?.ok_or(Refusal::NotSupported)
    }

    /// Where a profile may lie, whatever exists at the moment; nowhere, for a profile that only other boards have.
    pub fn gpu_instance_placements(&self, profile: u32) -> Result<Vec<Placement>> {
        let mig = self.queryable()?;
        Ok(known(mig, self.model.branch, profile)?.map(|profile| mig.placements(profile)).unwrap_or_default())
    }

    /// How many more instances of the profile would fit.
    pub fn gpu_instance_capacity(&self, profile: u32) -> Result<u32> {
        let mig = self.queryable()?;
        Ok(known(mig, self.model.branch, profile)?.map_or(0, |profile| self.free(mig, profile)))
    }

    /// Creates a GPU instance, at the driver's choice of place or at `at`, and gives its ID.
    pub fn create_gpu_instance(&mut self, access: Access, profile: u32, at: Option<Placement>) -> Result<u32> {
        let mig = self.mig()?;
        access.require_admin()?;
        if !self.mode.current {
            return Err(Refusal::NotSupported);
        }
        let profile = known(mig, self.model.branch, profile)?.ok_or(Refusal::NotSupported)?;
        if at.is_some_and(|at| !mig.placements(profile).contains(&at)) {
            return Err(Refusal::InvalidArgument);
        }
        if !self.mig_in_use() && !self.processes.is_empty() {
            return Err(Refusal::InUse);
        }
        let taken = self.taken();
        let placement = match at {
            Some(at) => Some(at).filter(|at| at.is_free(&taken)),
            None => mig.default_placement(profile, &taken),
        };
        let placement = placement.filter(|_| self.free(mig, profile) > 0).ok_or(Refusal::InsufficientResources)?;
        let id = mig.gpu_instance_id(self.identity.layout, placement);
        let generation = self.bump();
        let compute_instances = BTreeMap::new();
        self.gpu_instances
            .insert(id, GpuInstance { id, profile: profile.id, placement, generation, compute_instances });
        Ok(id)
    }

    /// Destroys a GPU instance, which must hold no compute instances (and therefore no processes).
    pub fn destroy_gpu_instance(&mut self, access: Access, gi: u32) -> Result<()> {
        let instance = self.live_gpu_instance(gi)?;
        access.require_admin()?;
        if !instance.compute_instances.is_empty() {
            return Err(Refusal::InUse);
        }
        self.gpu_instances.remove(&gi);
        self.bump();
        Ok(())
    }

    /// `nvmlDeviceGetGpuInstances`: the instances of one profile, by ID.
    pub fn gpu_instances(&self, access: Access, profile: u32) -> Result<Vec<&GpuInstance>> {
        known(self.mig()?, self.model.branch, profile)?;
        self.may_list(access)?;
        Ok(self.gpu_instances.values().filter(|instance| instance.profile == profile).collect())
    }

    /// Every GPU instance by ID, for those who stand outside NVML's permissions.
    pub fn all_gpu_instances(&self) -> impl Iterator<Item = &GpuInstance> {
        self.gpu_instances.values()
    }

    /// `nvmlDeviceGetGpuInstanceById`.
    pub fn gpu_instance(&self, access: Access, gi: u32) -> Result<&GpuInstance> {
        self.mig()?;
        self.may_list(access)?;
        self.gpu_instances.get(&gi).ok_or(Refusal::NotFound)
    }

    /// The profile of a living GPU instance.
    pub fn profile_of(&self, instance: &GpuInstance) -> &'static GpuInstanceProfile {
        let profiles = &self.model.mig.as_ref().expect("a GPU with instances has MIG").profiles;
        profiles.iter().find(|profile| profile.id == instance.profile).expect("created from this table")
    }

    /// Listing asks for the right to configure, but only once there is something to list.
    pub(super) fn may_list(&self, access: Access) -> Result<()> {
        if self.mig_in_use() { access.require_admin() } else { Ok(()) }
    }

    fn queryable(&self) -> Result<&'static Mig> {
        let mig = self.mig()?;
        if self.mode.current || self.model.branch.answers_while_mig_is_off {
            Ok(mig)
        } else {
            Err(Refusal::NotSupported)
        }
    }

    fn taken(&self) -> Vec<Placement> {
        self.gpu_instances.values().map(|instance| instance.placement).collect()
    }

    /// Room by placement and by the engines that are left, which is also what makes `+me` unique.
    fn free(&self, mig: &Mig, profile: &GpuInstanceProfile) -> u32 {
        let existing: Vec<_> = self.gpu_instances.values().map(|instance| self.profile_of(instance)).collect();
        let mut room = Placement::disjoint(&mig.placements(profile), &self.taken());
        if !self.model.branch.three_slices_beside_four {
            let excluded = |other: &&GpuInstanceProfile| matches!((profile.slices, other.slices), (3, 4) | (4, 3));
            if existing.iter().any(excluded) {
                return 0;
            }
        }
        for (engine, need) in profile.engines.media().into_iter().enumerate().filter(|(_, need)| *need > 0) {
            let used: u32 = existing.iter().map(|other| other.engines.media()[engine]).sum();
            room = room.min(mig.whole().engines.media()[engine].saturating_sub(used) / need);
        }
        room
    }
}

/// The board's profile of that ID; `None` if only other boards have it, `InvalidArgument` if none has.
fn known(mig: &'static Mig, branch: &Branch, id: u32) -> Result<Option<&'static GpuInstanceProfile>> {
    let profile = mig.profiles.iter().find(|profile| profile.id == id);
    if profile.is_none() && !branch.knows_profile(id) {
        return Err(Refusal::InvalidArgument);
    }
    Ok(profile)
}
