//! What every C function refuses: calls outside `nvmlInit` … `nvmlShutdown`, NULL, and handles that name nothing.

use std::collections::BTreeSet;
use std::ptr;

use gpushare_sys::*;
use support::{Nvml, all_return, board, call, null, room, versioned};

mod support;

/// The symbols of the driver, and those among them that have no behaviour here.
fn symbols() -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let all = include_str!("../symbols/580.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let stubs =
        include_str!(concat!(env!("OUT_DIR"), "/stubs.rs")).lines().filter(|line| line.starts_with("nvml")).collect();
    (all, stubs)
}

struct Handles {
    gpu: nvmlDevice_t,
    mig: nvmlDevice_t,
    gi: nvmlGpuInstance_t,
    ci: nvmlComputeInstance_t,
    set: nvmlEventSet_t,
}

fn handles(nvml: &Nvml) -> Handles {
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    let ci = nvml.create_ci(gi, 0).unwrap();
    let mig = nvml.mig_device(gpu, 0).unwrap();
    let mut set = null();
    assert_eq!(call!(nvml.nvmlEventSetCreate(&mut set)), NVML_SUCCESS);
    Handles { gpu, mig, gi, ci, set }
}

/// Each function once for each pointer that it takes, with that pointer NULL and all else right.
fn with_null(nvml: &Nvml, handles: &Handles, expected: nvmlReturn_t) -> BTreeSet<&'static str> {
    let Handles { gpu, mig, gi, ci, set } = *handles;
    let mut called = board::with_null(nvml, gpu, expected);
    let text = c"GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9".as_ptr();
    let at = &nvmlGpuInstancePlacement_t { start: 0, size: 4 };
    let ci_at = &nvmlComputeInstancePlacement_t { start: 1, size: 1 };
    called.extend(all_return! { nvml, expected;
        nvmlSystemGetDriverVersion(null(), 80);
        nvmlSystemGetNVMLVersion(null(), 80);
        nvmlSystemGetCudaDriverVersion(null());
        nvmlSystemGetCudaDriverVersion_v2(null());
        nvmlSystemGetDriverBranch(null(), 80);
        nvmlSystemGetProcessName(1, null(), 80);
        nvmlDeviceGetCount(null());
        nvmlDeviceGetCount_v2(null());
        nvmlDeviceGetHandleByIndex(0, null());
        nvmlDeviceGetHandleByIndex_v2(0, null());
        nvmlDeviceGetHandleByUUID(null(), room());
        nvmlDeviceGetHandleByUUID(text, null());
        nvmlDeviceGetHandleByUUIDV(null(), room());
        nvmlDeviceGetHandleByUUIDV(versioned(1), null());
        nvmlDeviceGetHandleByPciBusId(null(), room());
        nvmlDeviceGetHandleByPciBusId(text, null());
        nvmlDeviceGetHandleByPciBusId_v2(null(), room());
        nvmlDeviceGetHandleByPciBusId_v2(text, null());
        nvmlDeviceGetHandleBySerial(null(), room());
        nvmlDeviceGetHandleBySerial(text, null());
        nvmlDeviceGetName(null(), room(), 96);
        nvmlDeviceGetName(gpu, null(), 96);
        nvmlDeviceGetUUID(null(), room(), 96);
        nvmlDeviceGetUUID(mig, null(), 96);
        nvmlDeviceGetIndex(null(), room());
        nvmlDeviceGetIndex(mig, null());
        nvmlDeviceGetMinorNumber(null(), room());
        nvmlDeviceGetMinorNumber(gpu, null());
        nvmlDeviceGetPciInfo(null(), room());
        nvmlDeviceGetPciInfo(gpu, null());
        nvmlDeviceGetPciInfo_v2(null(), room());
        nvmlDeviceGetPciInfo_v2(gpu, null());
        nvmlDeviceGetPciInfo_v3(null(), room());
        nvmlDeviceGetPciInfo_v3(gpu, null());
        nvmlDeviceGetPciInfoExt(null(), versioned(1));
        nvmlDeviceGetPciInfoExt(gpu, null());
        nvmlDeviceGetSerial(null(), room(), 30);
        nvmlDeviceGetSerial(gpu, null(), 30);
        nvmlDeviceGetBrand(null(), room());
        nvmlDeviceGetBrand(gpu, null());
        nvmlDeviceGetBoardId(null(), room());
        nvmlDeviceGetBoardId(gpu, null());
        nvmlDeviceGetBoardPartNumber(null(), room(), 80);
        nvmlDeviceGetBoardPartNumber(gpu, null(), 80);
        nvmlDeviceGetArchitecture(null(), room());
        nvmlDeviceGetArchitecture(gpu, null());
        nvmlDeviceGetCudaComputeCapability(null(), room(), room());
        nvmlDeviceGetCudaComputeCapability(gpu, null(), room());
        nvmlDeviceGetCudaComputeCapability(gpu, room(), null());
        nvmlDeviceGetNumGpuCores(null(), room());
        nvmlDeviceGetNumGpuCores(gpu, null());
        nvmlDeviceGetPersistenceMode(null(), room());
        nvmlDeviceGetPersistenceMode(gpu, null());
        nvmlDeviceGetAccountingMode(null(), room());
        nvmlDeviceGetAccountingMode(gpu, null());
        nvmlDeviceGetVirtualizationMode(null(), room());
        nvmlDeviceGetVirtualizationMode(gpu, null());
        nvmlDeviceGetAddressingMode(null(), versioned(1));
        nvmlDeviceGetAddressingMode(gpu, null());
        nvmlDeviceGetAttributes(null(), room());
        nvmlDeviceGetAttributes(mig, null());
        nvmlDeviceGetAttributes_v2(null(), room());
        nvmlDeviceGetAttributes_v2(mig, null());
        nvmlDeviceGetComputeMode(null(), room());
        nvmlDeviceGetComputeMode(mig, null());
        nvmlDeviceSetComputeMode(null(), 0);
        nvmlDeviceGetUtilizationRates(null(), room());
        nvmlDeviceGetUtilizationRates(gpu, null());
        nvmlDeviceGetMemoryErrorCounter(null(), 0, 0, 7, room());
        nvmlDeviceGetMemoryErrorCounter(mig, 0, 0, 7, null());
        nvmlDeviceGetFieldValues(null(), 1, room());
        nvmlDeviceGetFieldValues(gpu, 1, null());
        nvmlDeviceGetMemoryInfo(null(), room());
        nvmlDeviceGetMemoryInfo(gpu, null());
        nvmlDeviceGetMemoryInfo_v2(null(), versioned(2));
        nvmlDeviceGetMemoryInfo_v2(gpu, null());
        nvmlDeviceGetBAR1MemoryInfo(null(), room());
        nvmlDeviceGetBAR1MemoryInfo(gpu, null());
        nvmlDeviceGetComputeRunningProcesses(null(), room(), room());
        nvmlDeviceGetComputeRunningProcesses(gpu, null(), room());
        nvmlDeviceGetComputeRunningProcesses_v2(null(), room(), room());
        nvmlDeviceGetComputeRunningProcesses_v2(gpu, null(), room());
        nvmlDeviceGetComputeRunningProcesses_v3(null(), room(), room());
        nvmlDeviceGetComputeRunningProcesses_v3(mig, null(), room());
        nvmlDeviceGetGraphicsRunningProcesses(null(), room(), room());
        nvmlDeviceGetGraphicsRunningProcesses(gpu, null(), room());
        nvmlDeviceGetGraphicsRunningProcesses_v2(null(), room(), room());
        nvmlDeviceGetGraphicsRunningProcesses_v2(gpu, null(), room());
        nvmlDeviceGetGraphicsRunningProcesses_v3(null(), room(), room());
        nvmlDeviceGetGraphicsRunningProcesses_v3(gpu, null(), room());
        nvmlDeviceGetMPSComputeRunningProcesses(null(), room(), room());
        nvmlDeviceGetMPSComputeRunningProcesses(gpu, null(), room());
        nvmlDeviceGetMPSComputeRunningProcesses_v2(null(), room(), room());
        nvmlDeviceGetMPSComputeRunningProcesses_v2(gpu, null(), room());
        nvmlDeviceGetMPSComputeRunningProcesses_v3(null(), room(), room());
        nvmlDeviceGetMPSComputeRunningProcesses_v3(gpu, null(), room());
        nvmlDeviceGetMigMode(null(), room(), room());
        nvmlDeviceGetMigMode(gpu, null(), room());
        nvmlDeviceGetMigMode(gpu, room(), null());
        nvmlDeviceSetMigMode(null(), 1, room());
        nvmlDeviceSetMigMode(gpu, 1, null());
        nvmlDeviceIsMigDeviceHandle(null(), room());
        nvmlDeviceIsMigDeviceHandle(gpu, null());
        nvmlDeviceGetMaxMigDeviceCount(null(), room());
        nvmlDeviceGetMaxMigDeviceCount(gpu, null());
        nvmlDeviceGetMigDeviceHandleByIndex(null(), 0, room());
        nvmlDeviceGetMigDeviceHandleByIndex(gpu, 0, null());
        nvmlDeviceGetDeviceHandleFromMigDeviceHandle(null(), room());
        nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig, null());
        nvmlDeviceGetGpuInstanceId(null(), room());
        nvmlDeviceGetGpuInstanceId(mig, null());
        nvmlDeviceGetComputeInstanceId(null(), room());
        nvmlDeviceGetComputeInstanceId(mig, null());
        nvmlDeviceGetGpuInstanceProfileInfo(null(), 0, room());
        nvmlDeviceGetGpuInstanceProfileInfo(gpu, 0, null());
        nvmlDeviceGetGpuInstanceProfileInfoV(null(), 0, versioned(2));
        nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 0, null());
        nvmlDeviceGetGpuInstanceProfileInfoByIdV(null(), 19, versioned(2));
        nvmlDeviceGetGpuInstanceProfileInfoByIdV(gpu, 19, null());
        nvmlDeviceGetGpuInstancePossiblePlacements(null(), 19, room(), room());
        nvmlDeviceGetGpuInstancePossiblePlacements(gpu, 19, room(), null());
        nvmlDeviceGetGpuInstancePossiblePlacements_v2(null(), 19, room(), room());
        nvmlDeviceGetGpuInstancePossiblePlacements_v2(gpu, 19, room(), null());
        nvmlDeviceGetGpuInstanceRemainingCapacity(null(), 19, room());
        nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, 19, null());
        nvmlDeviceCreateGpuInstance(null(), 19, room());
        nvmlDeviceCreateGpuInstance(gpu, 19, null());
        nvmlDeviceCreateGpuInstanceWithPlacement(null(), 9, at, room());
        nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 9, null(), room());
        nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 9, at, null());
        nvmlGpuInstanceDestroy(null());
        nvmlDeviceGetGpuInstances(null(), 19, room(), room());
        nvmlDeviceGetGpuInstances(gpu, 19, null(), room());
        nvmlDeviceGetGpuInstances(gpu, 19, room(), null());
        nvmlDeviceGetGpuInstanceById(null(), 0, room());
        nvmlDeviceGetGpuInstanceById(gpu, 0, null());
        nvmlGpuInstanceGetInfo(null(), room());
        nvmlGpuInstanceGetInfo(gi, null());
        nvmlGpuInstanceGetComputeInstanceProfileInfo(null(), 0, 0, room());
        nvmlGpuInstanceGetComputeInstanceProfileInfo(gi, 0, 0, null());
        nvmlGpuInstanceGetComputeInstanceProfileInfoV(null(), 0, 0, versioned(2));
        nvmlGpuInstanceGetComputeInstanceProfileInfoV(gi, 0, 0, null());
        nvmlGpuInstanceGetComputeInstanceRemainingCapacity(null(), 0, room());
        nvmlGpuInstanceGetComputeInstanceRemainingCapacity(gi, 0, null());
        nvmlGpuInstanceGetComputeInstancePossiblePlacements(null(), 0, room(), room());
        nvmlGpuInstanceGetComputeInstancePossiblePlacements(gi, 0, room(), null());
        nvmlGpuInstanceCreateComputeInstance(null(), 0, room());
        nvmlGpuInstanceCreateComputeInstance(gi, 0, null());
        nvmlGpuInstanceCreateComputeInstanceWithPlacement(null(), 0, ci_at, room());
        nvmlGpuInstanceCreateComputeInstanceWithPlacement(gi, 0, null(), room());
        nvmlGpuInstanceCreateComputeInstanceWithPlacement(gi, 0, ci_at, null());
        nvmlComputeInstanceDestroy(null());
        nvmlGpuInstanceGetComputeInstances(null(), 0, room(), room());
        nvmlGpuInstanceGetComputeInstances(gi, 0, null(), room());
        nvmlGpuInstanceGetComputeInstances(gi, 0, room(), null());
        nvmlGpuInstanceGetComputeInstanceById(null(), 0, room());
        nvmlGpuInstanceGetComputeInstanceById(gi, 0, null());
        nvmlComputeInstanceGetInfo(null(), room());
        nvmlComputeInstanceGetInfo(ci, null());
        nvmlComputeInstanceGetInfo_v2(null(), room());
        nvmlComputeInstanceGetInfo_v2(ci, null());
        nvmlDeviceGetSupportedEventTypes(null(), room());
        nvmlDeviceGetSupportedEventTypes(gpu, null());
        nvmlDeviceRegisterEvents(null(), 0x100, set);
        nvmlDeviceRegisterEvents(gpu, 0x100, null());
        nvmlEventSetCreate(null());
        nvmlEventSetFree(null());
        nvmlEventSetWait(null(), room(), 0);
        nvmlEventSetWait(set, null(), 0);
        nvmlEventSetWait_v2(null(), room(), 0);
        nvmlEventSetWait_v2(set, null(), 0);
    });
    called
}

#[test]
fn every_pointer_of_every_function_may_be_null_and_is_refused() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let handles = handles(&nvml);
    let before = nvml.machine.state().unwrap();
    let mut covered = with_null(&nvml, &handles, NVML_ERROR_INVALID_ARGUMENT);
    assert_eq!(nvml.machine.state().unwrap(), before, "a refused call changed the machine");

    // Those without a pointer, and the one that the header does not declare (below).
    covered.extend([
        "nvmlInit",
        "nvmlInit_v2",
        "nvmlInitWithFlags",
        "nvmlShutdown",
        "nvmlErrorString",
        "nvmlInternalGetExportTable",
    ]);
    let (all, stubs) = symbols();
    assert_eq!(covered, &all - &stubs, "a function is missing in the list above");
}

#[test]
fn no_function_works_before_init_or_after_shutdown() {
    let cold = Nvml::cold("1xA100-SXM4-40GB");
    // Handles are numbers, so those of another machine do.
    let warm = Nvml::mig("1xA100-SXM4-40GB");
    let handles = handles(&warm);
    with_null(&cold, &handles, NVML_ERROR_UNINITIALIZED);
    assert_eq!(call!(warm.nvmlShutdown()), NVML_SUCCESS);
    with_null(&warm, &handles, NVML_ERROR_UNINITIALIZED);
}

#[test]
fn symbols_without_behaviour_say_not_supported() {
    let nvml = Nvml::cold("1xA100-SXM4-40GB");
    let (all, stubs) = symbols();
    assert!(stubs.is_subset(&all));
    for expected in [NVML_ERROR_UNINITIALIZED, NVML_ERROR_NOT_SUPPORTED] {
        for name in &stubs {
            // SAFETY: a stub looks at the number of its first argument alone.
            let stub: extern "C" fn(*mut u8) -> nvmlReturn_t = unsafe { nvml.function(name) };
            assert_eq!(stub(null()), expected, "{name}");
        }
        assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    }
}

#[test]
fn handles_that_name_nothing_are_refused() {
    let nvml = Nvml::mig("2xA100-SXM4-40GB");
    let handles = handles(&nvml);
    let garbage = [1, 8, 0x7fff_ffff_f000, usize::MAX, handles.gpu.addr() ^ 1 << 40, handles.gpu.addr() | 1];
    // Of a third GPU, and of the other kinds.
    let wrong = [handles.gpu.addr() + (2 << 16), handles.gi.addr(), handles.ci.addr(), handles.set.addr()];
    for word in garbage.into_iter().chain(wrong) {
        let device = ptr::without_provenance_mut(word);
        assert_eq!(nvml.uuid(device), Err(NVML_ERROR_INVALID_ARGUMENT), "{word:#x}");
    }
    for word in garbage.into_iter().chain([handles.gpu.addr(), handles.ci.addr(), handles.gi.addr() + (1 << 16)]) {
        let gi = ptr::without_provenance_mut(word);
        assert_eq!(nvml.gi_info(gi).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT, "{word:#x}");
    }
    for word in garbage.into_iter().chain([handles.gpu.addr(), handles.gi.addr(), handles.ci.addr() + 1]) {
        let ci = ptr::without_provenance_mut(word);
        assert_eq!(nvml.ci_info(ci).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT, "{word:#x}");
    }
    let mut data = nvmlEventData_t::default();
    let set = ptr::without_provenance_mut(handles.set.addr() ^ 6);
    assert_eq!(call!(nvml.nvmlEventSetWait_v2(set, &mut data, 0)), NVML_ERROR_INVALID_ARGUMENT);
}

#[test]
fn init_is_counted() {
    let nvml = Nvml::cold("1xT4");
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_ERROR_UNINITIALIZED);
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlInit()), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlInitWithFlags(1)), NVML_SUCCESS);
    let mut count = 0;
    for expected in [NVML_SUCCESS, NVML_SUCCESS, NVML_SUCCESS, NVML_ERROR_UNINITIALIZED] {
        assert_eq!(call!(nvml.nvmlDeviceGetCount_v2(&mut count)), expected);
        assert_eq!(call!(nvml.nvmlShutdown()), expected);
    }
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlDeviceGetCount_v2(&mut count)), NVML_SUCCESS);
    assert_eq!(count, 1);
}

#[test]
fn error_strings_are_nvmls_and_need_no_init() {
    let nvml = Nvml::cold("1xT4");
    let text = |code| {
        let text = call!(nvml.nvmlErrorString(code));
        // SAFETY: the function returns a static text for every number.
        unsafe { std::ffi::CStr::from_ptr(text) }.to_str().unwrap().to_owned()
    };
    for (code, expected) in [
        (NVML_SUCCESS, "Success"),
        (NVML_ERROR_UNINITIALIZED, "Uninitialized"),
        (NVML_ERROR_INVALID_ARGUMENT, "Invalid Argument"),
        (NVML_ERROR_NO_PERMISSION, "Insufficient Permissions"),
        (NVML_ERROR_IN_USE, "In use by another client"),
        (NVML_ERROR_INSUFFICIENT_RESOURCES, "Insufficient Resources"),
        (NVML_ERROR_UNKNOWN, "Unknown Error"),
        (31, "Unknown Error"),
        (u32::MAX, "Unknown Error"),
    ] {
        assert_eq!(text(code), expected, "{code}");
    }
}

#[test]
fn the_private_tables_are_known_by_name() {
    /// Topology, compute policies, process lists, part number.
    const ANSWERED: [usize; 7] = [23, 192, 193, 213, 214, 215, 231];
    type GetExportTable = unsafe extern "C" fn(*mut *const usize, *const [u8; 16]) -> nvmlReturn_t;
    let nvml = Nvml::cold("1xT4");
    // SAFETY: the function's type; each pointer is NULL or of a live local; the tables live as long as the library.
    unsafe {
        let get: GetExportTable = nvml.function("nvmlInternalGetExportTable");
        let mut table = ptr::null();
        let nvidia_smi =
            [0xc4, 0xfe, 0x3e, 0x6c, 0xc9, 0x8f, 0x6c, 0x4e, 0xa3, 0x27, 0xee, 0x69, 0x6e, 0x12, 0xf7, 0xc4];
        assert_eq!(get(ptr::null_mut(), &nvidia_smi), NVML_ERROR_INVALID_ARGUMENT);
        assert_eq!(get(&mut table, ptr::null()), NVML_ERROR_INVALID_ARGUMENT);
        assert_eq!(get(&mut table, &[0; 16]), NVML_ERROR_NOT_SUPPORTED);
        assert!(table.is_null());

        assert_eq!(get(&mut table, &nvidia_smi), NVML_SUCCESS);
        assert_eq!(*table, 4096);
        for place in (1..512).filter(|place| !ANSWERED.contains(place)) {
            let function: extern "C" fn() -> nvmlReturn_t = std::mem::transmute(*table.add(place));
            assert_eq!(function(), NVML_ERROR_NOT_SUPPORTED, "place {place}");
        }
        type Function = unsafe extern "C" fn(*mut u8, *mut u8, *mut u8) -> nvmlReturn_t;
        let answered = ANSWERED.map(|place| std::mem::transmute::<usize, Function>(*table.add(place)));
        let init = nvml.function::<signatures::nvmlInit_v2>("nvmlInit_v2");
        for expected in [NVML_ERROR_UNINITIALIZED, NVML_ERROR_INVALID_ARGUMENT] {
            assert_eq!(answered.map(|function| function(null(), null(), null())), [expected; 7]);
            assert_eq!(init(), NVML_SUCCESS);
        }
        assert_eq!(get(&mut table, &gpushare_sim::CONTROL_TABLE), NVML_SUCCESS);
        assert_eq!(*table, size_of::<gpushare_sim::ControlTable>());
    }
}
