//! MIG from C: what succeeds, and with which code the rest is refused.

use std::ffi::c_uint;
use std::ptr;

use gpushare_sim::engine::{Access, GpuConfig, Process, ProcessKind};
use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;
use support::{Nvml, answer, call, number};

mod support;

fn activation(nvml: &Nvml, gpu: nvmlDevice_t, mode: c_uint) -> (nvmlReturn_t, nvmlReturn_t) {
    let mut activation = 777;
    (call!(nvml.nvmlDeviceSetMigMode(gpu, mode, &mut activation)), activation)
}

fn mode(nvml: &Nvml, gpu: nvmlDevice_t) -> Result<(c_uint, c_uint), nvmlReturn_t> {
    let (mut current, mut pending) = (777, 777);
    answer(call!(nvml.nvmlDeviceGetMigMode(gpu, &mut current, &mut pending)), ()).map(|()| (current, pending))
}

fn instances(nvml: &Nvml, gpu: nvmlDevice_t, profile: c_uint) -> Result<Vec<nvmlGpuInstance_t>, nvmlReturn_t> {
    let mut found = [ptr::null_mut(); 8];
    // The count is an answer only.
    let mut count = 0;
    answer(
        call!(nvml.nvmlDeviceGetGpuInstances(gpu, profile, found.as_mut_ptr(), &mut count)),
        found[..count as usize].to_vec(),
    )
}

fn capacity(nvml: &Nvml, gpu: nvmlDevice_t, profile: c_uint) -> Result<c_uint, nvmlReturn_t> {
    number(|count| call!(nvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, profile, count)))
}

fn create_at(
    nvml: &Nvml,
    gpu: nvmlDevice_t,
    profile: c_uint,
    start: c_uint,
    size: c_uint,
) -> Result<nvmlGpuInstance_t, nvmlReturn_t> {
    let at = nvmlGpuInstancePlacement_t { start, size };
    let mut instance = ptr::null_mut();
    answer(call!(nvml.nvmlDeviceCreateGpuInstanceWithPlacement(gpu, profile, &at, &mut instance)), instance)
}

fn create_ci_at(
    nvml: &Nvml,
    gi: nvmlGpuInstance_t,
    profile: c_uint,
    start: c_uint,
    size: c_uint,
) -> Result<nvmlComputeInstance_t, nvmlReturn_t> {
    let at = nvmlComputeInstancePlacement_t { start, size };
    let mut instance = ptr::null_mut();
    answer(call!(nvml.nvmlGpuInstanceCreateComputeInstanceWithPlacement(gi, profile, &at, &mut instance)), instance)
}

fn worker(instance: Option<(u32, u32)>) -> Process {
    Process { pid: 4711, name: "worker".into(), kind: ProcessKind::Compute, used_memory: Some(0), instance }
}

#[test]
fn a_gpu_without_mig() {
    let nvml = Nvml::start("1xT4");
    let gpu = nvml.gpu(0);
    assert_eq!(mode(&nvml, gpu), Err(NVML_ERROR_NOT_SUPPORTED));
    assert_eq!(activation(&nvml, gpu, 1), (NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_NOT_SUPPORTED));
    assert_eq!(number(|count| call!(nvml.nvmlDeviceGetMaxMigDeviceCount(gpu, count))), Ok(0));
    let mut info = nvmlGpuInstanceProfileInfo_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceProfileInfo(gpu, 0, &mut info)), NVML_ERROR_NOT_SUPPORTED);
    assert_eq!(nvml.create_gi(gpu, 19), Err(NVML_ERROR_NOT_SUPPORTED));
}

#[test]
fn mig_mode_always_tells_its_activation() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    assert_eq!(activation(&nvml, ptr::null_mut(), 1), (NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(activation(&nvml, gpu, 2), (NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(activation(&nvml, gpu, 0), (NVML_SUCCESS, NVML_SUCCESS));
    nvml.machine.set_access(Access::Monitor).unwrap();
    assert_eq!(activation(&nvml, gpu, 1), (NVML_ERROR_NO_PERMISSION, NVML_ERROR_NO_PERMISSION));
    nvml.machine.set_access(Access::Admin).unwrap();

    nvml.machine.add_process(0, worker(None)).unwrap();
    assert_eq!(activation(&nvml, gpu, 1), (NVML_SUCCESS, NVML_ERROR_IN_USE));
    assert_eq!(mode(&nvml, gpu), Ok((0, 1)));
    assert!(nvml.machine.reset(0).is_err());
    nvml.machine.remove_process(0, 4711).unwrap();
    nvml.machine.reset(0).unwrap();
    assert_eq!(mode(&nvml, gpu), Ok((1, 1)));
    nvml.machine.reboot().unwrap();
    assert_eq!(mode(&nvml, gpu), Ok((1, 1)), "Ampere stores the mode");
}

#[test]
fn mig_mode_waits_for_a_reset_in_a_virtual_machine() {
    let gpu = GpuConfig { passthrough: true, ..GpuConfig::new("A100-SXM4-40GB") };
    let nvml = Nvml::of(Machine::with_config(&MachineConfig::with_gpus(vec![gpu])).unwrap());
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(activation(&nvml, nvml.gpu(0), 1), (NVML_SUCCESS, NVML_ERROR_NOT_SUPPORTED));
    assert_eq!(mode(&nvml, nvml.gpu(0)), Ok((0, 1)));
}

#[test]
fn while_mig_mode_is_off() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    assert_eq!(nvml.create_gi(gpu, 19), Err(NVML_ERROR_NOT_SUPPORTED));
    assert_eq!(instances(&nvml, gpu, 19), Ok(vec![]));
    let mut instance = ptr::null_mut();
    assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceById(gpu, 1, &mut instance)), NVML_ERROR_NOT_FOUND);
    assert_eq!(nvml.mig_device(gpu, 0), Err(NVML_ERROR_NOT_FOUND));
    assert_eq!(
        number::<c_uint>(|id| call!(nvml.nvmlDeviceGetGpuInstanceId(gpu, id))),
        Err(NVML_ERROR_INVALID_ARGUMENT)
    );
    let mut attributes = nvmlDeviceAttributes_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetAttributes_v2(gpu, &mut attributes)), NVML_ERROR_NOT_SUPPORTED);
}

#[test]
fn gpu_instances_are_created_listed_and_destroyed() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    assert_eq!(nvml.create_gi(gpu, 33), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(nvml.create_gi(gpu, 65), Err(NVML_ERROR_NOT_SUPPORTED));
    let [four, two, one] = [5, 14, 19].map(|profile| nvml.create_gi(gpu, profile).unwrap());
    let shown = |gi| {
        nvml.gi_info(gi).map(|info| (info.device, info.id, info.profileId, info.placement.start, info.placement.size))
    };
    assert_eq!([four, two, one].map(shown), [Ok((gpu, 2, 5, 0, 4)), Ok((gpu, 3, 14, 4, 2)), Ok((gpu, 9, 19, 6, 1))]);
    assert_eq!(nvml.create_gi(gpu, 19), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));
    assert_eq!([19, 20, 15, 14, 9, 5, 0].map(|profile| capacity(&nvml, gpu, profile)), [Ok(0); 7]);
    assert_eq!(capacity(&nvml, gpu, 33), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(instances(&nvml, gpu, 19), Ok(vec![one]));
    assert_eq!(instances(&nvml, gpu, 33), Err(NVML_ERROR_INVALID_ARGUMENT));
    let mut found = ptr::null_mut();
    assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceById(gpu, 3, &mut found)), NVML_SUCCESS);
    assert_eq!(found, two);
    assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceById(gpu, 1, &mut found)), NVML_ERROR_NOT_FOUND);

    let ci = nvml.create_ci(two, 0).unwrap();
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(two)), NVML_ERROR_IN_USE);
    assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(ci)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(ci)), NVML_ERROR_INVALID_ARGUMENT);
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(two)), NVML_SUCCESS);
    for stale in
        [call!(nvml.nvmlGpuInstanceDestroy(two)), nvml.gi_info(two).unwrap_err(), nvml.create_ci(two, 0).unwrap_err()]
    {
        assert_eq!(stale, NVML_ERROR_INVALID_ARGUMENT);
    }
    assert_eq!(nvml.create_gi(gpu, 14), Ok(two), "the handle of an id names the new instance");
}

#[test]
fn explicit_placements() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    assert_eq!(create_at(&nvml, gpu, 9, 1, 4), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(create_at(&nvml, gpu, 9, 0, 3), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(create_at(&nvml, gpu, 9, 8, 4), Err(NVML_ERROR_INVALID_ARGUMENT));
    let gi = create_at(&nvml, gpu, 9, 0, 4).unwrap();
    assert_eq!(create_at(&nvml, gpu, 9, 0, 4), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));
    assert_eq!(create_at(&nvml, gpu, 19, 3, 1), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));

    assert_eq!(create_ci_at(&nvml, gi, 1, 2, 2), Err(NVML_ERROR_INVALID_ARGUMENT));
    create_ci_at(&nvml, gi, 1, 1, 2).unwrap();
    assert_eq!(create_ci_at(&nvml, gi, 0, 1, 1), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));
    create_ci_at(&nvml, gi, 0, 0, 1).unwrap();
}

#[test]
fn compute_instances_and_their_mig_devices() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 14).unwrap();
    assert_eq!(nvml.mig_device(gpu, 0), Err(NVML_ERROR_NOT_FOUND), "without a compute instance there is no MIG device");
    let mut info = nvmlComputeInstanceProfileInfo_t::default();
    for (profile, engine, expected) in [(8, 0, 2), (0, 1, 2), (2, 0, 3), (7, 0, 3), (1, 0, 0)] {
        assert_eq!(
            call!(nvml.nvmlGpuInstanceGetComputeInstanceProfileInfo(gi, profile, engine, &mut info)),
            expected,
            "{profile}"
        );
    }
    let [first, second] = [nvml.create_ci(gi, 0).unwrap(), nvml.create_ci(gi, 0).unwrap()];
    assert_eq!(nvml.create_ci(gi, 0), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));
    assert_eq!(nvml.create_ci(gi, 2), Err(NVML_ERROR_NOT_SUPPORTED));
    assert_eq!(nvml.create_ci(gi, 8), Err(NVML_ERROR_INVALID_ARGUMENT));
    let left: c_uint =
        number(|count| call!(nvml.nvmlGpuInstanceGetComputeInstanceRemainingCapacity(gi, 1, count))).unwrap();
    assert_eq!(left, 0);
    let (mut found, mut count) = ([ptr::null_mut(); 2], 2);
    assert_eq!(call!(nvml.nvmlGpuInstanceGetComputeInstances(gi, 0, found.as_mut_ptr(), &mut count)), NVML_SUCCESS);
    assert_eq!((found, count), ([first, second], 2));
    assert_eq!(call!(nvml.nvmlGpuInstanceGetComputeInstanceById(gi, 1, &mut found[0])), NVML_SUCCESS);
    assert_eq!(found[0], second);
    assert_eq!(call!(nvml.nvmlGpuInstanceGetComputeInstanceById(gi, 2, &mut found[0])), NVML_ERROR_NOT_FOUND);
    let mut places = [nvmlComputeInstancePlacement_t::default(); 2];
    assert_eq!(
        call!(nvml.nvmlGpuInstanceGetComputeInstancePossiblePlacements(gi, 0, ptr::null_mut(), &mut count)),
        NVML_SUCCESS
    );
    assert_eq!(count, 2);
    assert_eq!(
        call!(nvml.nvmlGpuInstanceGetComputeInstancePossiblePlacements(gi, 0, places.as_mut_ptr(), &mut count)),
        NVML_SUCCESS
    );
    assert_eq!(places.map(|at| (at.start, at.size)), [(0, 1), (1, 1)]);

    let info = nvml.ci_info(second).unwrap();
    let mig = nvml.mig_device(gpu, 1).unwrap();
    assert_eq!((info.device, info.gpuInstance, info.id, info.profileId, info.placement.start), (gpu, gi, 1, 0, 1));
    assert_eq!(nvml.mig_device(gpu, 2), Err(NVML_ERROR_NOT_FOUND));
    assert_eq!(nvml.mig_device(gpu, 7), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(nvml.name(mig).unwrap(), "NVIDIA A100-SXM4-40GB MIG 1c.2g.10gb");
    assert_eq!(number(|index| call!(nvml.nvmlDeviceGetIndex(mig, index))), Ok(1_u32));
    assert_eq!(number(|is| call!(nvml.nvmlDeviceIsMigDeviceHandle(mig, is))), Ok(1_u32));
    assert_eq!(number(|id| call!(nvml.nvmlDeviceGetComputeInstanceId(mig, id))), Ok(1_u32));
    assert_eq!(number(|count| call!(nvml.nvmlDeviceGetMemoryErrorCounter(mig, 1, 0, 7, count))), Ok(0_u64));
    let mut parent = ptr::null_mut();
    assert_eq!(call!(nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig, &mut parent)), NVML_SUCCESS);
    assert_eq!(parent, gpu);
    assert_eq!(call!(nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(gpu, &mut parent)), NVML_ERROR_INVALID_ARGUMENT);
    let mut attributes = nvmlDeviceAttributes_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetAttributes_v2(mig, &mut attributes)), NVML_SUCCESS);
    let nvmlDeviceAttributes_t {
        multiprocessorCount,
        gpuInstanceSliceCount,
        computeInstanceSliceCount,
        memorySizeMB,
        ..
    } = attributes;
    assert_eq!((multiprocessorCount, gpuInstanceSliceCount, computeInstanceSliceCount, memorySizeMB), (14, 2, 1, 9984));
    let mut memory = nvmlMemory_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetMemoryInfo(mig, &mut memory)), NVML_SUCCESS);
    assert_eq!(memory.total, 9984 << 20);

    // What MIG mode takes from the GPU, and what is no question for a MIG device.
    let mut rates = nvmlUtilization_t::default();
    for device in [gpu, mig] {
        assert_eq!(call!(nvml.nvmlDeviceGetUtilizationRates(device, &mut rates)), NVML_ERROR_NOT_SUPPORTED);
        assert_eq!(
            number::<c_uint>(|cores| call!(nvml.nvmlDeviceGetNumGpuCores(device, cores))),
            Err(NVML_ERROR_NOT_SUPPORTED)
        );
    }
    assert_eq!(nvml.create_gi(mig, 19), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(mode(&nvml, mig), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(call!(nvml.nvmlDeviceSetComputeMode(gpu, 3)), NVML_ERROR_NOT_SUPPORTED);
    assert_eq!(call!(nvml.nvmlDeviceSetComputeMode(mig, 4)), NVML_ERROR_INVALID_ARGUMENT);
    assert_eq!(call!(nvml.nvmlDeviceSetComputeMode(mig, 3)), NVML_SUCCESS);
    assert_eq!(number(|mode| call!(nvml.nvmlDeviceGetComputeMode(mig, mode))), Ok(3_u32));

    // A process holds the compute instance, and with it the GPU instance and the mode.
    nvml.machine.add_process(0, worker(Some((3, 1)))).unwrap();
    assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(second)), NVML_ERROR_IN_USE);
    assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(first)), NVML_SUCCESS);
    assert_eq!(number(|index| call!(nvml.nvmlDeviceGetIndex(mig, index))), Ok(0_u32), "indices have no holes");
    assert_eq!(activation(&nvml, gpu, 0), (NVML_SUCCESS, NVML_ERROR_IN_USE));
}

#[test]
fn permissions_once_a_gpu_instance_exists() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let memory = || {
        let mut info = nvmlMemory_t::default();
        call!(nvml.nvmlDeviceGetMemoryInfo(gpu, &mut info))
    };
    let bar1 = |device| {
        let mut info = nvmlBAR1Memory_t::default();
        call!(nvml.nvmlDeviceGetBAR1MemoryInfo(device, &mut info))
    };
    nvml.machine.set_access(Access::Unprivileged).unwrap();
    assert_eq!(instances(&nvml, gpu, 19), Ok(vec![]));
    assert_eq!((memory(), bar1(gpu)), (NVML_SUCCESS, NVML_SUCCESS));
    assert_eq!(nvml.create_gi(gpu, 19), Err(NVML_ERROR_NO_PERMISSION));
    nvml.machine.set_access(Access::Admin).unwrap();
    let gi = nvml.create_gi(gpu, 19).unwrap();
    let ci = nvml.create_ci(gi, 0).unwrap();
    for (access, whole) in [(Access::Monitor, NVML_SUCCESS), (Access::Unprivileged, NVML_ERROR_NO_PERMISSION)] {
        nvml.machine.set_access(access).unwrap();
        assert_eq!((memory(), bar1(gpu)), (whole, whole), "{access:?}");
        let mig = nvml.mig_device(gpu, 0).unwrap();
        assert_eq!(bar1(mig), NVML_SUCCESS, "{access:?}: of an instance everyone may ask");
        let mut count = 0;
        assert_eq!(
            call!(nvml.nvmlDeviceGetComputeRunningProcesses_v3(gpu, &mut count, ptr::null_mut())),
            whole,
            "{access:?}"
        );
        assert_eq!(instances(&nvml, gpu, 19), Err(NVML_ERROR_NO_PERMISSION));
        assert_eq!(nvml.create_ci(gi, 0), Err(NVML_ERROR_NO_PERMISSION));
        assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(ci)), NVML_ERROR_NO_PERMISSION);
        assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_ERROR_NO_PERMISSION);
        assert!(nvml.mig_device(gpu, 0).is_ok(), "MIG devices are there for everyone");
    }
}

#[test]
fn instances_are_listed_by_profile_and_id() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let made: Vec<_> = [19, 19, 20, 19].map(|profile| nvml.create_gi(gpu, profile).unwrap()).into();
    let ids = |all: Vec<_>| all.into_iter().map(|gi| nvml.gi_info(gi).unwrap().id).collect::<Vec<_>>();
    assert_eq!(ids(made), [9, 7, 8, 11], "as they were made");
    assert_eq!(instances(&nvml, gpu, 19).map(ids), Ok(vec![7, 9, 11]));
    assert_eq!(instances(&nvml, gpu, 20).map(ids), Ok(vec![8]));
    assert_eq!(nvml.create_gi(gpu, 0), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));
    assert_eq!(instances(&nvml, gpu, 19).map(ids), Ok(vec![7, 9, 11]), "those before a refusal stay");
    assert_eq!(instances(&nvml, gpu, 0).map(ids), Ok(vec![]));

    let four = Nvml::mig("1xA100-SXM4-40GB");
    let gi = four.create_gi(four.gpu(0), 5).unwrap();
    let made = [0, 1, 0].map(|profile| four.create_ci(gi, profile).unwrap());
    let list = |profile| {
        let (mut found, mut count) = ([ptr::null_mut(); 8], 0);
        let code = call!(four.nvmlGpuInstanceGetComputeInstances(gi, profile, found.as_mut_ptr(), &mut count));
        answer(code, found[..count as usize].to_vec())
    };
    assert_eq!((list(0), list(1), list(3)), (Ok(vec![made[0], made[2]]), Ok(vec![made[1]]), Ok(vec![])));
}
