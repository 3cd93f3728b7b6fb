//! Compute instances: profiles, placements, creation, destruction.

use std::ffi::c_uint;

use gpushare_sys::{
    nvmlComputeInstance_t, nvmlComputeInstanceInfo_t, nvmlComputeInstancePlacement_t, nvmlComputeInstanceProfileInfo_t,
    nvmlComputeInstanceProfileInfo_v2_t, nvmlComputeInstanceProfileInfo_v3_t, nvmlDevice_t, nvmlGpuInstance_t,
    struct_version,
};

use super::argument::{Array, Given, INVALID, Out, chars};
use super::door::{Answer, Code, exports};
use super::handle::{Ci, Gi, Of, ci_handle, gi_handle, gpu_handle};
use crate::catalog::{ComputeInstanceProfile, Placement};
use crate::engine::{Access, Machine};

fn version_1(profile: &ComputeInstanceProfile) -> nvmlComputeInstanceProfileInfo_t {
    nvmlComputeInstanceProfileInfo_t {
        id: profile.id,
        sliceCount: profile.slices,
        instanceCount: profile.max,
        multiprocessorCount: profile.multiprocessors,
        sharedCopyEngineCount: profile.engines.copy,
        sharedDecoderCount: profile.engines.decoder,
        sharedEncoderCount: profile.engines.encoder,
        sharedJpegCount: profile.engines.jpeg,
        sharedOfaCount: profile.engines.ofa,
    }
}

fn version_2(version: c_uint, profile: &ComputeInstanceProfile) -> nvmlComputeInstanceProfileInfo_v2_t {
    let first = version_1(profile);
    nvmlComputeInstanceProfileInfo_v2_t {
        version,
        id: first.id,
        sliceCount: first.sliceCount,
        instanceCount: first.instanceCount,
        multiprocessorCount: first.multiprocessorCount,
        sharedCopyEngineCount: first.sharedCopyEngineCount,
        sharedDecoderCount: first.sharedDecoderCount,
        sharedEncoderCount: first.sharedEncoderCount,
        sharedJpegCount: first.sharedJpegCount,
        sharedOfaCount: first.sharedOfaCount,
        name: chars(&format!("MIG {}", profile.name)),
    }
}

fn version_3(version: c_uint, profile: &ComputeInstanceProfile) -> nvmlComputeInstanceProfileInfo_v3_t {
    let second = version_2(version, profile);
    nvmlComputeInstanceProfileInfo_v3_t {
        version,
        id: second.id,
        sliceCount: second.sliceCount,
        instanceCount: second.instanceCount,
        multiprocessorCount: second.multiprocessorCount,
        sharedCopyEngineCount: second.sharedCopyEngineCount,
        sharedDecoderCount: second.sharedDecoderCount,
        sharedEncoderCount: second.sharedEncoderCount,
        sharedJpegCount: second.sharedJpegCount,
        sharedOfaCount: second.sharedOfaCount,
        name: second.name,
        capabilities: 0,
    }
}

/// What `nvmlComputeInstanceGetInfo` fills, whatever the header says of its struct: all but the placement.
#[repr(C)]
struct InfoV1 {
    device: nvmlDevice_t,
    gpu_instance: nvmlGpuInstance_t,
    id: c_uint,
    profile_id: c_uint,
}

const _: () = assert!(size_of::<InfoV1>() == 24 && size_of::<nvmlComputeInstanceInfo_t>() == 32);

/// The device is what the header calls the "Parent device": the GPU, not the MIG device that the compute instance is.
fn info(machine: &Machine, instance: Ci) -> Result<nvmlComputeInstanceInfo_t, Code> {
    let Ci { gi, id } = instance;
    let found = gi.gpu(machine)?.live_compute_instance(gi.id, id)?;
    let Placement { start, size } = found.placement;
    Ok(nvmlComputeInstanceInfo_t {
        device: gpu_handle(gi.gpu),
        gpuInstance: gi_handle(gi.gpu, gi.id),
        id,
        profileId: found.profile,
        placement: nvmlComputeInstancePlacement_t { start, size },
    })
}

fn create(
    machine: &mut Machine,
    access: Access,
    gi: Gi,
    profile: c_uint,
    at: Option<Placement>,
    instance: &Out<nvmlComputeInstance_t>,
) -> Answer {
    let id = machine.gpu_mut(gi.gpu)?.create_compute_instance(access, gi.id, profile, at)?;
    instance.put(ci_handle(gi, id))
}

exports! {
    read fn nvmlGpuInstanceGetComputeInstanceProfileInfo(machine, _;
        gi: Gi, profile: c_uint, engine: c_uint, info: Out<nvmlComputeInstanceProfileInfo_t>,
    ) {
        info.put(version_1(&gi.gpu(machine)?.compute_instance_profile(gi.id, profile, engine)?))
    }

    read fn nvmlGpuInstanceGetComputeInstanceProfileInfoV(machine, _;
        gi: Gi, profile: c_uint, engine: c_uint, info: Out<nvmlComputeInstanceProfileInfo_v2_t>,
    ) {
        const V2: c_uint = struct_version::<nvmlComputeInstanceProfileInfo_v2_t>(2);
        const V3: c_uint = struct_version::<nvmlComputeInstanceProfileInfo_v3_t>(3);
        let found = || gi.gpu(machine)?.compute_instance_profile(gi.id, profile, engine).map_err(Code::from);
        match info.version() {
            version @ V2 => info.put(version_2(version, &found()?)),
            version @ V3 if gi.gpu(machine)?.model().branch.profile_struct_version >= 3 => info.put_as(version_3(version, &found()?)),
            _ => Err(INVALID),
        }
    }

    read fn nvmlGpuInstanceGetComputeInstanceRemainingCapacity(machine, _; gi: Gi, profile: c_uint, count: Out<c_uint>) {
        count.put(gi.gpu(machine)?.compute_instance_capacity(gi.id, profile)?)
    }

    read fn nvmlGpuInstanceGetComputeInstancePossiblePlacements(machine, _;
        gi: Gi, profile: c_uint, array: Array<nvmlComputeInstancePlacement_t>, count: Out<c_uint>,
    ) {
        let found = gi.gpu(machine)?.compute_instance_placements(gi.id, profile)?;
        count.put(found.len() as c_uint)?;
        if array.is_null() {
            return Ok(());
        }
        array.put(found.into_iter().map(|Placement { start, size }| nvmlComputeInstancePlacement_t { start, size }))
    }

    change fn nvmlGpuInstanceCreateComputeInstance(machine, access;
        gi: Gi, profile: c_uint, instance: Out<nvmlComputeInstance_t>,
    ) {
        create(machine, access, gi, profile, None, &instance)
    }

    change fn nvmlGpuInstanceCreateComputeInstanceWithPlacement(machine, access;
        gi: Gi, profile: c_uint, at: Given<nvmlComputeInstancePlacement_t>, instance: Out<nvmlComputeInstance_t>,
    ) {
        create(machine, access, gi, profile, Some(Placement::new(at.0.start, at.0.size)), &instance)
    }

    change fn nvmlComputeInstanceDestroy(machine, access; instance: Ci) {
        Ok(machine.gpu_mut(instance.gi.gpu)?.destroy_compute_instance(access, instance.gi.id, instance.id)?)
    }

    // The count is an answer only: the array holds as many as the profile allows.
    read fn nvmlGpuInstanceGetComputeInstances(machine, access;
        gi: Gi, profile: c_uint, array: Array<nvmlComputeInstance_t>, count: Out<c_uint>,
    ) {
        if array.is_null() {
            return Err(INVALID);
        }
        let found = gi.gpu(machine)?.compute_instances(access, gi.id, profile)?;
        count.put(found.len() as c_uint)?;
        array.put(found.into_iter().map(|instance| ci_handle(gi, instance.id)))
    }

    read fn nvmlGpuInstanceGetComputeInstanceById(machine, access; gi: Gi, id: c_uint, instance: Out<nvmlComputeInstance_t>) {
        let found = gi.gpu(machine)?.compute_instance(access, gi.id, id)?;
        instance.put(ci_handle(gi, found.id))
    }

    read fn nvmlComputeInstanceGetInfo(machine, _; instance: Ci, first: Out<nvmlComputeInstanceInfo_t>) {
        let nvmlComputeInstanceInfo_t { device, gpuInstance: gpu_instance, id, profileId: profile_id, .. } = info(machine, instance)?;
        first.put_as(InfoV1 { device, gpu_instance, id, profile_id })
    }

    read fn nvmlComputeInstanceGetInfo_v2(machine, _; instance: Ci, found: Out<nvmlComputeInstanceInfo_t>) {
        found.put(info(machine, instance)?)
    }
}
