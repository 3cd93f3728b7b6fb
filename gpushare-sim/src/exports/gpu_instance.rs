//! GPU instances: profiles, placements, creation, destruction.

use std::ffi::c_uint;

use gpushare_sys::{
    nvmlGpuInstance_t, nvmlGpuInstanceInfo_t, nvmlGpuInstancePlacement_t, nvmlGpuInstanceProfileInfo_t,
    nvmlGpuInstanceProfileInfo_v2_t, nvmlGpuInstanceProfileInfo_v3_t, struct_version,
};

use super::argument::{Array, Given, INVALID, Out, chars};
use super::door::{Answer, exports};
use super::handle::{Gi, Of, Whole, gi_handle, gpu_handle};
use crate::catalog::{GpuInstanceProfile, Placement};
use crate::engine::{Gpu, Machine, Refusal};

fn version_1(profile: &GpuInstanceProfile) -> nvmlGpuInstanceProfileInfo_t {
    nvmlGpuInstanceProfileInfo_t {
        id: profile.id,
        isP2pSupported: profile.p2p.into(),
        sliceCount: profile.slices,
        instanceCount: profile.max,
        multiprocessorCount: profile.multiprocessors,
        copyEngineCount: profile.engines.copy,
        decoderCount: profile.engines.decoder,
        encoderCount: profile.engines.encoder,
        jpegCount: profile.engines.jpeg,
        ofaCount: profile.engines.ofa,
        memorySizeMB: profile.memory_mib,
    }
}

/// The driver leaves 0 in `version`, in both of the later structs.
fn version_2(profile: &GpuInstanceProfile) -> nvmlGpuInstanceProfileInfo_v2_t {
    let first = version_1(profile);
    nvmlGpuInstanceProfileInfo_v2_t {
        version: 0,
        id: first.id,
        isP2pSupported: first.isP2pSupported,
        sliceCount: first.sliceCount,
        instanceCount: first.instanceCount,
        multiprocessorCount: first.multiprocessorCount,
        copyEngineCount: first.copyEngineCount,
        decoderCount: first.decoderCount,
        encoderCount: first.encoderCount,
        jpegCount: first.jpegCount,
        ofaCount: first.ofaCount,
        memorySizeMB: first.memorySizeMB,
        name: chars(&format!("MIG {}", profile.name)),
    }
}

fn version_3(profile: &GpuInstanceProfile) -> nvmlGpuInstanceProfileInfo_v3_t {
    let second = version_2(profile);
    nvmlGpuInstanceProfileInfo_v3_t {
        version: 0,
        id: second.id,
        sliceCount: second.sliceCount,
        instanceCount: second.instanceCount,
        multiprocessorCount: second.multiprocessorCount,
        copyEngineCount: second.copyEngineCount,
        decoderCount: second.decoderCount,
        encoderCount: second.encoderCount,
        jpegCount: second.jpegCount,
        ofaCount: second.ofaCount,
        memorySizeMB: second.memorySizeMB,
        name: second.name,
        capabilities: profile.capabilities,
    }
}

fn versioned(
    gpu: &Gpu,
    info: &Out<nvmlGpuInstanceProfileInfo_v2_t>,
    profile: impl FnOnce() -> Result<&'static GpuInstanceProfile, Refusal>,
) -> Answer {
    const V2: c_uint = struct_version::<nvmlGpuInstanceProfileInfo_v2_t>(2);
    const V3: c_uint = struct_version::<nvmlGpuInstanceProfileInfo_v3_t>(3);
    match info.version() {
        V2 => info.put(version_2(profile()?)),
        V3 if gpu.model().branch.profile_struct_version >= 3 => info.put_as(version_3(profile()?)),
        _ => Err(INVALID),
    }
}

/// No room is asked for: the caller's array holds what the count query said, or there is none.
fn placements(
    machine: &Machine,
    device: &Whole,
    profile: c_uint,
    array: &Array<nvmlGpuInstancePlacement_t>,
    count: &Out<c_uint>,
) -> Answer {
    let found = device.gpu(machine)?.gpu_instance_placements(profile)?;
    count.put(found.len() as c_uint)?;
    if array.is_null() {
        return Ok(());
    }
    array.put(found.into_iter().map(|Placement { start, size }| nvmlGpuInstancePlacement_t { start, size }))
}

fn create(
    machine: &mut Machine,
    access: crate::engine::Access,
    device: &Whole,
    profile: c_uint,
    at: Option<Placement>,
    instance: &Out<nvmlGpuInstance_t>,
) -> Answer {
    let id = machine.gpu_mut(device.0)?.create_gpu_instance(access, profile, at)?;
    instance.put(gi_handle(device.0, id))
}

exports! {
    read fn nvmlDeviceGetGpuInstanceProfileInfo(machine, _;
        device: Whole, profile: c_uint, info: Out<nvmlGpuInstanceProfileInfo_t>,
    ) {
        info.put(version_1(device.gpu(machine)?.gpu_instance_profile(profile)?))
    }

    read fn nvmlDeviceGetGpuInstanceProfileInfoV(machine, _;
        device: Whole, profile: c_uint, info: Out<nvmlGpuInstanceProfileInfo_v2_t>,
    ) {
        let gpu = device.gpu(machine)?;
        versioned(gpu, &info, || gpu.gpu_instance_profile(profile))
    }

    read fn nvmlDeviceGetGpuInstanceProfileInfoByIdV(machine, _;
        device: Whole, id: c_uint, info: Out<nvmlGpuInstanceProfileInfo_v2_t>,
    ) {
        let gpu = device.gpu(machine)?;
        versioned(gpu, &info, || gpu.gpu_instance_profile_by_id(id))
    }

    read fn nvmlDeviceGetGpuInstancePossiblePlacements(machine, _;
        device: Whole, profile: c_uint, array: Array<nvmlGpuInstancePlacement_t>, count: Out<c_uint>,
    ) {
        placements(machine, &device, profile, &array, &count)
    }

    read fn nvmlDeviceGetGpuInstancePossiblePlacements_v2(machine, _;
        device: Whole, profile: c_uint, array: Array<nvmlGpuInstancePlacement_t>, count: Out<c_uint>,
    ) {
        placements(machine, &device, profile, &array, &count)
    }

    read fn nvmlDeviceGetGpuInstanceRemainingCapacity(machine, _; device: Whole, profile: c_uint, count: Out<c_uint>) {
        count.put(device.gpu(machine)?.gpu_instance_capacity(profile)?)
    }

    change fn nvmlDeviceCreateGpuInstance(machine, access;
        device: Whole, profile: c_uint, instance: Out<nvmlGpuInstance_t>,
    ) {
        create(machine, access, &device, profile, None, &instance)
    }

    change fn nvmlDeviceCreateGpuInstanceWithPlacement(machine, access;
        device: Whole, profile: c_uint, at: Given<nvmlGpuInstancePlacement_t>, instance: Out<nvmlGpuInstance_t>,
    ) {
        create(machine, access, &device, profile, Some(Placement::new(at.0.start, at.0.size)), &instance)
    }

    change fn nvmlGpuInstanceDestroy(machine, access; instance: Gi) {
        Ok(machine.gpu_mut(instance.gpu)?.destroy_gpu_instance(access, instance.id)?)
    }

    // The count is an answer only: the array holds as many as the profile allows.
    read fn nvmlDeviceGetGpuInstances(machine, access;
        device: Whole, profile: c_uint, array: Array<nvmlGpuInstance_t>, count: Out<c_uint>,
    ) {
        if array.is_null() {
            return Err(INVALID);
        }
        let found = device.gpu(machine)?.gpu_instances(access, profile)?;
        count.put(found.len() as c_uint)?;
        array.put(found.into_iter().map(|instance| gi_handle(device.0, instance.id)))
    }

    read fn nvmlDeviceGetGpuInstanceById(machine, access; device: Whole, id: c_uint, instance: Out<nvmlGpuInstance_t>) {
        let found = device.gpu(machine)?.gpu_instance(access, id)?;
        instance.put(gi_handle(device.0, found.id))
    }

    read fn nvmlGpuInstanceGetInfo(machine, _; instance: Gi, info: Out<nvmlGpuInstanceInfo_t>) {
        let found = instance.gpu(machine)?.live_gpu_instance(instance.id)?;
        let Placement { start, size } = found.placement;
        info.put(nvmlGpuInstanceInfo_t {
            device: gpu_handle(instance.gpu),
            id: found.id,
            profileId: found.profile,
            placement: nvmlGpuInstancePlacement_t { start, size },
        })
    }
}
