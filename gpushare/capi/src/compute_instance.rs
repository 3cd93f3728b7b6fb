//! Compute instances: shares of a GPU instance's SMs.

use core::{ComputeInstance, ComputeInstanceId};

use crate::argument::{In, Out, Own, Text};
use crate::gpu_instance::gpushare_gpu_instance_t;
use crate::list::{List, cloned};
use crate::placement::{gpushare_compute_instance_placement_list_t, gpushare_compute_instance_placement_t};
use crate::profile::{gpushare_compute_instance_profile_list_t, gpushare_compute_instance_profile_t};

/// A compute instance: a share of the SMs of a GPU instance, on which programs run. It outlives the process that made it. Threads may
/// use one at the same time.
#[derive(Clone)]
pub struct gpushare_compute_instance_t {
    pub(crate) instance: ComputeInstance,
    gpu_instance: gpushare_gpu_instance_t,
    profile: gpushare_compute_instance_profile_t,
}

/// Compute instances, by ascending id.
pub type gpushare_compute_instance_list_t = List<gpushare_compute_instance_t>;

impl From<ComputeInstance> for gpushare_compute_instance_t {
    fn from(instance: ComputeInstance) -> Self {
        Self {
            gpu_instance: instance.gpu_instance().clone().into(),
            profile: instance.profile().clone().into(),
            instance,
        }
    }
}

exports! {
    /// What the GPU instance can be divided into, in NVML's order. Free the list with `gpushare_compute_instance_profile_list_free`.
    #[doc(alias = "GpuInstance::compute_instance_profiles")]
    fn gpushare_gpu_instance_compute_instance_profiles(
        gpu_instance: In<gpushare_gpu_instance_t>,
        profiles: Out<*mut gpushare_compute_instance_profile_list_t>,
    ) {
        profiles.give(gpu_instance.instance.compute_instance_profiles()?.iter().cloned().collect())
    }

    /// The profile with a name, such as "1c.2g.10gb". Free it with `gpushare_compute_instance_profile_free`.
    #[doc(alias = "GpuInstance::compute_instance_profile")]
    fn gpushare_gpu_instance_compute_instance_profile(
        gpu_instance: In<gpushare_gpu_instance_t>,
        name: Text,
        profile: Out<*mut gpushare_compute_instance_profile_t>,
    ) {
        profile.give(gpu_instance.instance.compute_instance_profile(name)?.into())
    }

    /// The profile that takes the whole GPU instance. Free it with `gpushare_compute_instance_profile_free`.
    #[doc(alias = "GpuInstance::default_compute_instance_profile")]
    fn gpushare_gpu_instance_default_compute_instance_profile(
        gpu_instance: In<gpushare_gpu_instance_t>,
        profile: Out<*mut gpushare_compute_instance_profile_t>,
    ) {
        profile.give(gpu_instance.instance.default_compute_instance_profile()?.into())
    }

    /// Every placement that a profile can have in the GPU instance, free or not. Free the list with
    /// `gpushare_compute_instance_placement_list_free`.
    #[doc(alias = "GpuInstance::possible_compute_placements")]
    fn gpushare_gpu_instance_possible_compute_placements(
        gpu_instance: In<gpushare_gpu_instance_t>,
        profile: In<gpushare_compute_instance_profile_t>,
        placements: Out<*mut gpushare_compute_instance_placement_list_t>,
    ) {
        placements.give(gpu_instance.instance.possible_compute_placements(&profile.profile)?.into_iter().collect())
    }

    /// How many further compute instances of a profile the GPU instance has room for.
    #[doc(alias = "GpuInstance::remaining_compute_capacity")]
    fn gpushare_gpu_instance_remaining_compute_capacity(
        gpu_instance: In<gpushare_gpu_instance_t>,
        profile: In<gpushare_compute_instance_profile_t>,
        count: Out<u32>,
    ) {
        count.set(gpu_instance.instance.remaining_compute_capacity(&profile.profile)?)
    }

    /// Creates a compute instance where the driver chooses.
    #[doc(alias = "GpuInstance::create_compute_instance")]
    fn gpushare_gpu_instance_create_compute_instance(
        gpu_instance: In<gpushare_gpu_instance_t>,
        profile: In<gpushare_compute_instance_profile_t>,
        instance: Out<*mut gpushare_compute_instance_t>,
    ) {
        instance.give(gpu_instance.instance.create_compute_instance(&profile.profile)?.into())
    }

    /// Creates the compute instance that takes the whole GPU instance.
    #[doc(alias = "GpuInstance::create_default_compute_instance")]
    fn gpushare_gpu_instance_create_default_compute_instance(
        gpu_instance: In<gpushare_gpu_instance_t>,
        instance: Out<*mut gpushare_compute_instance_t>,
    ) {
        instance.give(gpu_instance.instance.create_default_compute_instance()?.into())
    }

    /// Creates a compute instance at a placement. The error names the instance that is in the way, or the placements that the profile
    /// can have.
    #[doc(alias = "GpuInstance::create_compute_instance_at")]
    fn gpushare_gpu_instance_create_compute_instance_at(
        gpu_instance: In<gpushare_gpu_instance_t>,
        profile: In<gpushare_compute_instance_profile_t>,
        placement: gpushare_compute_instance_placement_t,
        instance: Out<*mut gpushare_compute_instance_t>,
    ) {
        instance.give(gpu_instance.instance.create_compute_instance_at(&profile.profile, placement.get())?.into())
    }

    /// The compute instances of a GPU instance, by ascending id. Free the list with `gpushare_compute_instance_list_free`.
    #[doc(alias = "GpuInstance::compute_instances")]
    fn gpushare_gpu_instance_compute_instances(
        gpu_instance: In<gpushare_gpu_instance_t>,
        instances: Out<*mut gpushare_compute_instance_list_t>,
    ) {
        instances.give(gpu_instance.instance.compute_instances()?.into_iter().collect())
    }

    /// The compute instance with an id. `GPUSHARE_ERROR_NOT_FOUND` where there is none.
    #[doc(alias = "GpuInstance::compute_instance")]
    fn gpushare_gpu_instance_compute_instance(
        gpu_instance: In<gpushare_gpu_instance_t>,
        id: u32,
        instance: Out<*mut gpushare_compute_instance_t>,
    ) {
        instance.give(gpu_instance.instance.compute_instance(ComputeInstanceId(id))?.into())
    }

    /// Destroys the compute instance; `gpushare_compute_instance_free` only frees the handle. The handle is to be freed either way.
    /// `GPUSHARE_ERROR_IN_USE` while processes run on it; the error lists them.
    #[doc(alias = "ComputeInstance::destroy")]
    fn gpushare_compute_instance_destroy(instance: In<gpushare_compute_instance_t>) {
        Ok(instance.instance.clone().destroy()?)
    }
}

exports! {
    /// The GPU instance that it is in. It lives as long as the handle; a clone lives on.
    #[doc(alias = "ComputeInstance::gpu_instance")]
    fn gpushare_compute_instance_gpu_instance(instance: In<gpushare_compute_instance_t>) -> *const gpushare_gpu_instance_t {
        &instance.gpu_instance
    }

    /// The id, unique in its GPU instance while the instance lives.
    #[doc(alias = "ComputeInstance::id")]
    fn gpushare_compute_instance_id(instance: In<gpushare_compute_instance_t>) -> u32 {
        instance.instance.id().0
    }

    /// The profile. It lives as long as the handle; a clone lives on.
    #[doc(alias = "ComputeInstance::profile")]
    fn gpushare_compute_instance_profile(
        instance: In<gpushare_compute_instance_t>,
    ) -> *const gpushare_compute_instance_profile_t {
        &instance.profile
    }

    /// Where it lies.
    #[doc(alias = "ComputeInstance::placement")]
    fn gpushare_compute_instance_placement(
        instance: In<gpushare_compute_instance_t>,
        placement: Out<gpushare_compute_instance_placement_t>,
    ) {
        placement.set(instance.instance.placement().into())
    }

    /// Another handle of the same compute instance.
    fn gpushare_compute_instance_clone(instance: In<gpushare_compute_instance_t>) -> *mut gpushare_compute_instance_t {
        cloned(instance)
    }

    /// Frees a handle; the compute instance lives on. NULL is none.
    fn gpushare_compute_instance_free(instance: Own<gpushare_compute_instance_t>) -> () {
        drop(instance)
    }

    /// The number of compute instances in the list.
    fn gpushare_compute_instance_list_len(list: In<gpushare_compute_instance_list_t>) -> usize {
        list.len()
    }

    /// The compute instance at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_compute_instance_list_get(
        list: In<gpushare_compute_instance_list_t>,
        index: usize,
    ) -> *const gpushare_compute_instance_t {
        list.at(index)
    }

    /// Frees a list and the handles in it; the compute instances live on. NULL is none.
    fn gpushare_compute_instance_list_free(list: Own<gpushare_compute_instance_list_t>) -> () {
        drop(list)
    }
}
