//! Compute instances: profiles, placements, capacity, creation, destruction.

use super::derived::Derived;
use super::{Access, ComputeMode, Gpu, GpuInstance, Refusal, Result};
use crate::catalog::{ComputeInstanceProfile, Placement};
use serde::{Deserialize, Serialize};

/// Compute instances a GPU instance can hold.
pub(super) const MAX: u32 = 8;

/// A compute instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputeInstance {
    /// Compute instance ID, unique in its GPU instance.
    pub id: u32,
    /// Profile ID.
    pub profile: u32,
    /// Compute slices of the GPU instance.
    pub placement: Placement,
    /// The GPU's configuration generation at creation: tells this instance from an earlier one of the same ID.
    pub generation: u64,
    /// Compute mode of the MIG device.
    pub compute_mode: ComputeMode,
    /// UUID of the MIG device.
    #[serde(skip)]
    pub(super) uuid: Derived<String>,
}

impl Gpu {
    /// The compute-instance profiles that a living GPU instance offers, by ID.
    pub fn compute_instance_profiles(&self, gi: u32) -> Result<Vec<ComputeInstanceProfile>> {
        let profile = self.profile_of(self.live_gpu_instance(gi)?);
        Ok(self.mig()?.compute_profiles(profile))
    }

    /// `nvmlGpuInstanceGetComputeInstanceProfileInfo`: by kind and engine profile.
    pub fn compute_instance_profile(&self, gi: u32, kind: u32, engine: u32) -> Result<ComputeInstanceProfile> {
        if engine > 0 {
            return Err(Refusal::InvalidArgument);
        }
        self.offered(gi, kind)?.ok_or(Refusal::NotSupported)
    }

    /// Where a profile may lie in the GPU instance, whatever exists at the moment.
    pub fn compute_instance_placements(&self, gi: u32, profile: u32) -> Result<Vec<Placement>> {
        Ok(self.offered(gi, profile)?.map(|profile| profile.placements).unwrap_or_default())
    }

    /// How many more compute instances of the profile would fit.
    pub fn compute_instance_capacity(&self, gi: u32, profile: u32) -> Result<u32> {
        let taken = self.live_gpu_instance(gi)?.taken();
        Ok(self.offered(gi, profile)?.map_or(0, |profile| Placement::disjoint(&profile.placements, &taken)))
    }

    /// Creates a compute instance, at the driver's choice of place or at `at`, and gives its ID.
    pub fn create_compute_instance(
        &mut self,
        access: Access,
        gi: u32,
        profile: u32,
        at: Option<Placement>,
    ) -> Result<u32> {
        let offered = self.compute_instance_profiles(gi)?;
        access.require_admin()?;
        let profile = self.offered(gi, profile)?.ok_or(Refusal::NotSupported)?;
        if at.is_some_and(|at| !profile.placements.contains(&at)) {
            return Err(Refusal::InvalidArgument);
        }
        let instance = self.live_gpu_instance(gi)?;
        let taken = instance.taken();
        let placement = match at {
            Some(at) => Some(at).filter(|at| at.is_free(&taken)),
            // Any start: the first that fits. Aligned: the one that costs the others the least.
            None if !self.mig()?.aligned_compute() => profile.placements.into_iter().find(|at| at.is_free(&taken)),
            None => {
                let valuable: Vec<_> = offered.into_iter().flat_map(|other| other.placements).collect();
                Placement::least_harmful(&profile.placements, &taken, &valuable)
            }
        };
        let placement = placement.ok_or(Refusal::InsufficientResources)?;
        let free_id = (0..MAX).find(|id| !instance.compute_instances.contains_key(id));
        let id = free_id.ok_or(Refusal::InsufficientResources)?;
        let (profile, generation) = (profile.id, self.bump());
        let compute_mode = ComputeMode::Default;
        let instance = self.gpu_instances.get_mut(&gi).ok_or(Refusal::InvalidArgument)?;
        let uuid = Derived::default();
        instance
            .compute_instances
            .insert(id, ComputeInstance { id, profile, placement, generation, compute_mode, uuid });
        Ok(id)
    }

    /// Destroys a compute instance, which no process may be using.
    pub fn destroy_compute_instance(&mut self, access: Access, gi: u32, ci: u32) -> Result<()> {
        self.live_compute_instance(gi, ci)?;
        access.require_admin()?;
        if self.has_process(gi, ci) {
            return Err(Refusal::InUse);
        }
        if let Some(instance) = self.gpu_instances.get_mut(&gi) {
            instance.compute_instances.remove(&ci);
        }
        self.bump();
        Ok(())
    }

    /// `nvmlGpuInstanceGetComputeInstances`: the compute instances of one profile, by ID.
    pub fn compute_instances(&self, access: Access, gi: u32, profile: u32) -> Result<Vec<&ComputeInstance>> {
        self.offered(gi, profile)?;
        self.may_list(access)?;
        let instances = self.live_gpu_instance(gi)?.compute_instances.values();
        Ok(instances.filter(|instance| instance.profile == profile).collect())
    }

    /// `nvmlGpuInstanceGetComputeInstanceById`.
    pub fn compute_instance(&self, access: Access, gi: u32, ci: u32) -> Result<&ComputeInstance> {
        let instance = self.live_gpu_instance(gi)?;
        self.may_list(access)?;
        instance.compute_instances.get(&ci).ok_or(Refusal::NotFound)
    }

    /// The profile, which has the same number as its kind; `None` if this GPU instance does not offer it.
    fn offered(&self, gi: u32, profile: u32) -> Result<Option<ComputeInstanceProfile>> {
        let of = self.profile_of(self.live_gpu_instance(gi)?);
        if profile >= self.model.branch.compute_instance_profile_kinds {
            return Err(Refusal::InvalidArgument);
        }
        Ok(self.mig()?.compute_profile(of, profile))
    }
}

impl GpuInstance {
    fn taken(&self) -> Vec<Placement> {
        self.compute_instances.values().map(|instance| instance.placement).collect()
    }
}
