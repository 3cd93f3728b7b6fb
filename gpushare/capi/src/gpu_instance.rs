//! GPU instances: the parts into which MIG splits a GPU.

use core::{GpuInstance, GpuInstanceId};

use crate::argument::{In, Out, Own, Text};
use crate::gpu::gpushare_gpu_t;
use crate::list::{List, cloned};
use crate::placement::{gpushare_gpu_instance_placement_list_t, gpushare_gpu_instance_placement_t};
use crate::profile::{gpushare_gpu_instance_profile_list_t, gpushare_gpu_instance_profile_t};

/// A GPU instance: memory slices and engines of a GPU, apart from all others. It outlives the process that made it. Threads may use one
/// at the same time.
#[derive(Clone)]
pub struct gpushare_gpu_instance_t {
    pub(crate) instance: GpuInstance,
    gpu: gpushare_gpu_t,
    profile: gpushare_gpu_instance_profile_t,
}

/// GPU instances, by ascending id.
pub type gpushare_gpu_instance_list_t = List<gpushare_gpu_instance_t>;

impl From<GpuInstance> for gpushare_gpu_instance_t {
    fn from(instance: GpuInstance) -> Self {
        Self { gpu: instance.gpu().clone().into(), profile: instance.profile().clone().into(), instance }
    }
}

exports! {
    /// The GPU-instance profiles of a GPU, in NVML's order. Asked of the driver once. Free the list with
    /// `gpushare_gpu_instance_profile_list_free`.
    #[doc(alias = "Gpu::gpu_instance_profiles")]
    fn gpushare_gpu_gpu_instance_profiles(
        gpu: In<gpushare_gpu_t>,
        profiles: Out<*mut gpushare_gpu_instance_profile_list_t>,
    ) {
        profiles.give(gpu.gpu.gpu_instance_profiles()?.iter().cloned().collect())
    }

    /// The profile with a name, such as "4g.20gb" or "MIG 1g.5gb+me". `GPUSHARE_ERROR_NOT_FOUND` lists the names that the GPU has. Free
    /// it with `gpushare_gpu_instance_profile_free`.
    #[doc(alias = "Gpu::gpu_instance_profile")]
    fn gpushare_gpu_gpu_instance_profile(
        gpu: In<gpushare_gpu_t>,
        name: Text,
        profile: Out<*mut gpushare_gpu_instance_profile_t>,
    ) {
        profile.give(gpu.gpu.gpu_instance_profile(name)?.into())
    }

    /// Every placement that a profile can have on the GPU, free or not. Free the list with
    /// `gpushare_gpu_instance_placement_list_free`.
    #[doc(alias = "Gpu::possible_placements")]
    fn gpushare_gpu_possible_placements(
        gpu: In<gpushare_gpu_t>,
        profile: In<gpushare_gpu_instance_profile_t>,
        placements: Out<*mut gpushare_gpu_instance_placement_list_t>,
    ) {
        placements.give(gpu.gpu.possible_placements(&profile.profile)?.into_iter().collect())
    }

    /// How many further instances of a profile the GPU has room for.
    #[doc(alias = "Gpu::remaining_capacity")]
    fn gpushare_gpu_remaining_capacity(
        gpu: In<gpushare_gpu_t>,
        profile: In<gpushare_gpu_instance_profile_t>,
        count: Out<u32>,
    ) {
        count.set(gpu.gpu.remaining_capacity(&profile.profile)?)
    }

    /// Creates a GPU instance where the driver chooses. Needs root, or the MIG `config` capability.
    /// `GPUSHARE_ERROR_INSUFFICIENT_RESOURCES` where there is no room.
    #[doc(alias = "Gpu::create_gpu_instance")]
    fn gpushare_gpu_create_gpu_instance(
        gpu: In<gpushare_gpu_t>,
        profile: In<gpushare_gpu_instance_profile_t>,
        instance: Out<*mut gpushare_gpu_instance_t>,
    ) {
        instance.give(gpu.gpu.create_gpu_instance(&profile.profile)?.into())
    }

    /// Creates a GPU instance at a placement. Needs root, or the MIG `config` capability. The error names the instance that is in the
    /// way, or the placements that the profile can have.
    #[doc(alias = "Gpu::create_gpu_instance_at")]
    fn gpushare_gpu_create_gpu_instance_at(
        gpu: In<gpushare_gpu_t>,
        profile: In<gpushare_gpu_instance_profile_t>,
        placement: gpushare_gpu_instance_placement_t,
        instance: Out<*mut gpushare_gpu_instance_t>,
    ) {
        instance.give(gpu.gpu.create_gpu_instance_at(&profile.profile, placement.get())?.into())
    }

    /// The GPU instances of a GPU, by ascending id. Free the list with `gpushare_gpu_instance_list_free`.
    #[doc(alias = "Gpu::gpu_instances")]
    fn gpushare_gpu_gpu_instances(gpu: In<gpushare_gpu_t>, instances: Out<*mut gpushare_gpu_instance_list_t>) {
        instances.give(gpu.gpu.gpu_instances()?.into_iter().collect())
    }

    /// The GPU instance with an id. `GPUSHARE_ERROR_NOT_FOUND` where there is none.
    #[doc(alias = "Gpu::gpu_instance")]
    fn gpushare_gpu_gpu_instance(gpu: In<gpushare_gpu_t>, id: u32, instance: Out<*mut gpushare_gpu_instance_t>) {
        instance.give(gpu.gpu.gpu_instance(GpuInstanceId(id))?.into())
    }

    /// Destroys the GPU instance; `gpushare_gpu_instance_free` only frees the handle. Needs root, or the MIG `config` capability. The
    /// handle is to be freed either way. `GPUSHARE_ERROR_IN_USE` while compute instances live in it; the error lists them.
    #[doc(alias = "GpuInstance::destroy")]
    fn gpushare_gpu_instance_destroy(instance: In<gpushare_gpu_instance_t>) {
        Ok(instance.instance.clone().destroy()?)
    }
}

exports! {
    /// The GPU that it is part of. It lives as long as the handle; a clone lives on.
    #[doc(alias = "GpuInstance::gpu")]
    fn gpushare_gpu_instance_gpu(instance: In<gpushare_gpu_instance_t>) -> *const gpushare_gpu_t {
        &instance.gpu
    }

    /// The id, unique on its GPU while the instance lives.
    #[doc(alias = "GpuInstance::id")]
    fn gpushare_gpu_instance_id(instance: In<gpushare_gpu_instance_t>) -> u32 {
        instance.instance.id().0
    }

    /// The profile. It lives as long as the handle; a clone lives on.
    #[doc(alias = "GpuInstance::profile")]
    fn gpushare_gpu_instance_profile(instance: In<gpushare_gpu_instance_t>) -> *const gpushare_gpu_instance_profile_t {
        &instance.profile
    }

    /// Where it lies.
    #[doc(alias = "GpuInstance::placement")]
    fn gpushare_gpu_instance_placement(
        instance: In<gpushare_gpu_instance_t>,
        placement: Out<gpushare_gpu_instance_placement_t>,
    ) {
        placement.set(instance.instance.placement().into())
    }

    /// Another handle of the same GPU instance.
    fn gpushare_gpu_instance_clone(instance: In<gpushare_gpu_instance_t>) -> *mut gpushare_gpu_instance_t {
        cloned(instance)
    }

    /// Frees a handle; the GPU instance lives on. NULL is none.
    fn gpushare_gpu_instance_free(instance: Own<gpushare_gpu_instance_t>) -> () {
        drop(instance)
    }

    /// The number of GPU instances in the list.
    fn gpushare_gpu_instance_list_len(list: In<gpushare_gpu_instance_list_t>) -> usize {
        list.len()
    }

    /// The GPU instance at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_gpu_instance_list_get(
        list: In<gpushare_gpu_instance_list_t>,
        index: usize,
    ) -> *const gpushare_gpu_instance_t {
        list.at(index)
    }

    /// Frees a list and the handles in it; the GPU instances live on. NULL is none.
    fn gpushare_gpu_instance_list_free(list: Own<gpushare_gpu_instance_list_t>) -> () {
        drop(list)
    }
}
