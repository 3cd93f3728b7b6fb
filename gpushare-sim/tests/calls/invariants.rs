//! What holds of every machine, whatever was called.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_uint};
use std::ptr;

use gpushare_sim::Machine;
use gpushare_sim::catalog::Placement;
use gpushare_sim::engine::{Access, Gpu, GpuInstance};
use gpushare_sys::*;

/// Looks at the machine as it is written down and as the administrator sees it.
pub(super) fn check(machine: &Machine, nvml: &Symbols) {
    machine.set_access(Access::Admin).expect("the machine answers");
    let state = machine.state().expect("the machine answers");
    state.gpus().iter().for_each(instances);
    // SAFETY: no pointer is passed.
    assert_eq!(nvml.nvmlInit_v2.map(|init| unsafe { init() }), Some(NVML_SUCCESS));
    let mut uuids = BTreeSet::new();
    for index in 0..state.gpus().len() {
        // A lost GPU answers nothing.
        if let Ok(gpu) = state.gpu(index) {
            seen(nvml, index as c_uint, gpu, &mut uuids);
        }
    }
}

fn apart(spans: &[Placement]) -> bool {
    let slices: Vec<u32> = spans.iter().flat_map(|at| at.start..at.start + at.size).collect();
    slices.iter().collect::<BTreeSet<_>>().len() == slices.len()
}

/// Instances lie where they may, and none on another.
fn instances(gpu: &Gpu) {
    let all: Vec<&GpuInstance> = gpu.all_gpu_instances().collect();
    let Some(mig) = &gpu.model().mig else {
        assert!(all.is_empty(), "instances without MIG: {all:?}");
        return;
    };
    assert!(apart(&all.iter().map(|gi| gi.placement).collect::<Vec<_>>()), "GPU instances overlap: {all:?}");
    let ids: BTreeSet<u32> = all.iter().map(|gi| gi.id).collect();
    assert_eq!(ids.len(), all.len(), "two GPU instances of one ID: {all:?}");
    let profiles = all.iter().map(|gi| {
        let profile = mig.profiles.iter().find(|profile| profile.id == gi.profile);
        profile.unwrap_or_else(|| panic!("a GPU instance of no profile: {gi:?}"))
    });
    let (slices, memory) =
        profiles.fold((0, 0), |(slices, memory), profile| (slices + profile.slices, memory + profile.memory_mib));
    assert!(slices <= mig.compute_slices, "{slices} compute slices in use: {all:?}");
    assert!(memory <= gpu.model().memory_mib, "{memory} MiB in instances: {all:?}");
    for gi in all {
        assert!(gi.placement.start + gi.placement.size <= mig.memory_slices, "a GPU instance beyond the GPU: {gi:?}");
        let profile = mig.profiles.iter().find(|profile| profile.id == gi.profile).expect("found above");
        assert!(mig.placements(profile).contains(&gi.placement), "a GPU instance where it may not lie: {gi:?}");
        let inside: Vec<_> = gi.compute_instances.iter().collect();
        assert!(
            apart(&inside.iter().map(|(_, ci)| ci.placement).collect::<Vec<_>>()),
            "compute instances overlap: {gi:?}"
        );
        assert!(inside.iter().all(|(id, ci)| **id == ci.id && ci.placement.start + ci.placement.size <= 8), "{gi:?}");
    }
    let processes = gpu.processes(Access::Admin, None).expect("the administrator sees them");
    for (gi, ci) in processes.iter().filter_map(|process| process.instance) {
        assert!(gpu.live_compute_instance(gi, ci).is_ok(), "a process in {gi}/{ci}, which does not exist");
    }
}

/// Makes a call that must not fail.
macro_rules! call {
    ($nvml:ident.$name:ident($($argument:expr),*)) => {
        // SAFETY: the pointers are of live locals.
        assert_eq!($nvml.$name.map(|call| unsafe { call($($argument),*) }), Some(NVML_SUCCESS), stringify!($name))
    };
}

/// What NVML says of a GPU agrees with itself.
fn seen(nvml: &Symbols, index: c_uint, gpu: &Gpu, uuids: &mut BTreeSet<String>) {
    let mut device = ptr::null_mut();
    call!(nvml.nvmlDeviceGetHandleByIndex_v2(index, &mut device));
    let total = memory(nvml, device);
    assert_eq!(total, gpu.model().memory_mib << 20);
    assert!(uuids.insert(uuid(nvml, device)), "two devices have a UUID");
    let expected: Vec<_> = gpu.mig_devices().collect();
    let mut shares = 0;
    for (index, mig) in expected.iter().enumerate() {
        let mut found = ptr::null_mut();
        call!(nvml.nvmlDeviceGetMigDeviceHandleByIndex(device, index as c_uint, &mut found));
        let (mut gi, mut ci, mut back, mut parent) = (0, 0, 0, ptr::null_mut());
        call!(nvml.nvmlDeviceGetGpuInstanceId(found, &mut gi));
        call!(nvml.nvmlDeviceGetComputeInstanceId(found, &mut ci));
        call!(nvml.nvmlDeviceGetIndex(found, &mut back));
        call!(nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(found, &mut parent));
        assert_eq!((gi, ci, back as usize, parent), (mig.gi, mig.ci, index, device));
        assert!(uuids.insert(uuid(nvml, found)), "two devices have a UUID");
        let share = memory(nvml, found);
        // Those of one GPU instance share its memory.
        shares += if expected[..index].iter().any(|other| other.gi == mig.gi) { 0 } else { share };
    }
    assert!(shares <= total, "MIG devices have {shares} bytes of {total}");
    if let Some(mig) = gpu.model().mig.as_ref().filter(|mig| expected.len() < mig.compute_slices as usize) {
        for index in expected.len()..mig.compute_slices as usize {
            let mut none = ptr::null_mut();
            // SAFETY: the pointer is of a live local.
            let code = nvml
                .nvmlDeviceGetMigDeviceHandleByIndex
                .map(|call| unsafe { call(device, index as c_uint, &mut none) });
            assert_eq!(code, Some(NVML_ERROR_NOT_FOUND), "MIG device {index} of {}", expected.len());
        }
    }
}

/// The memory of a device, whose parts add up in both versions of the call.
fn memory(nvml: &Symbols, device: nvmlDevice_t) -> u64 {
    let mut first = nvmlMemory_t::default();
    let mut second = nvmlMemory_v2_t { version: struct_version::<nvmlMemory_v2_t>(2), ..Default::default() };
    call!(nvml.nvmlDeviceGetMemoryInfo(device, &mut first));
    call!(nvml.nvmlDeviceGetMemoryInfo_v2(device, &mut second));
    assert_eq!(first.total, first.used + first.free);
    assert_eq!(second.total, second.reserved + second.used + second.free);
    assert_eq!((first.total, first.free), (second.total, second.free));
    first.total
}

fn uuid(nvml: &Symbols, device: nvmlDevice_t) -> String {
    let mut text = [0 as c_char; 96];
    call!(nvml.nvmlDeviceGetUUID(device, text.as_mut_ptr(), 96));
    // SAFETY: the call has written a text that ends within the array.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into_owned()
}
