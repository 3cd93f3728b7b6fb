//! The functions and what each is called with.

use std::ffi::{CStr, c_uint};
use std::ptr;

use gpushare_sys::*;

use super::arguments::Draw;

/// A call: of the library's function, with arguments that are drawn for it.
type Call = fn(&Symbols, &mut Draw) -> nvmlReturn_t;

const MEMORY: c_uint = struct_version::<nvmlMemory_v2_t>(2);
const GI_PROFILE: [c_uint; 2] =
    [struct_version::<nvmlGpuInstanceProfileInfo_v2_t>(2), struct_version::<nvmlGpuInstanceProfileInfo_v3_t>(3)];
const CI_PROFILE: [c_uint; 2] = [
    struct_version::<nvmlComputeInstanceProfileInfo_v2_t>(2),
    struct_version::<nvmlComputeInstanceProfileInfo_v3_t>(3),
];

/// The values of a list, by a query that first says how many there are; none where it is refused.
fn listed<T: Copy + Default>(query: impl Fn(*mut T, *mut c_uint) -> Option<nvmlReturn_t>) -> Vec<T> {
    let mut count = 0;
    if query(ptr::null_mut(), &mut count) != Some(NVML_SUCCESS) {
        return Vec::new();
    }
    let mut values = vec![T::default(); count as usize];
    if query(values.as_mut_ptr(), &mut count) == Some(NVML_SUCCESS) { values } else { Vec::new() }
}

fn gi_placements(nvml: &Symbols, gpu: nvmlDevice_t, profile: c_uint) -> Vec<nvmlGpuInstancePlacement_t> {
    // SAFETY: the array is NULL or as long as the function has said.
    listed(|at, count| Some(unsafe { nvml.nvmlDeviceGetGpuInstancePossiblePlacements_v2?(gpu, profile, at, count) }))
}

/// How many GPU instances of the profile there can be.
fn gi_count(nvml: &Symbols, gpu: nvmlDevice_t, profile: c_uint) -> c_uint {
    let mut info = nvmlGpuInstanceProfileInfo_v2_t { version: GI_PROFILE[0], ..Default::default() };
    // SAFETY: the pointer is of a live local that says its version.
    let code = nvml.nvmlDeviceGetGpuInstanceProfileInfoByIdV.map(|call| unsafe { call(gpu, profile, &mut info) });
    if code == Some(NVML_SUCCESS) { info.instanceCount } else { 0 }
}

fn ci_placements(nvml: &Symbols, gi: nvmlGpuInstance_t, profile: c_uint) -> Vec<nvmlComputeInstancePlacement_t> {
    listed(|at, count| {
        // SAFETY: the array is NULL or as long as the function has said.
        Some(unsafe { nvml.nvmlGpuInstanceGetComputeInstancePossiblePlacements?(gi, profile, at, count) })
    })
}

/// How many compute instances of the profile there can be. The ID of a compute profile is its kind.
fn ci_count(nvml: &Symbols, gi: nvmlGpuInstance_t, profile: c_uint) -> c_uint {
    let mut info = nvmlComputeInstanceProfileInfo_t::default();
    // SAFETY: the pointer is of a live local.
    let code = nvml.nvmlGpuInstanceGetComputeInstanceProfileInfo.map(|call| unsafe { call(gi, profile, 0, &mut info) });
    if code == Some(NVML_SUCCESS) { info.instanceCount } else { 0 }
}

/// The one function that returns a text.
fn error_string(nvml: &Symbols, a: &mut Draw) -> nvmlReturn_t {
    let Some(call) = nvml.nvmlErrorString else { return NVML_ERROR_FUNCTION_NOT_FOUND };
    // SAFETY: any number may be passed, and the text is a static one.
    let text = unsafe { CStr::from_ptr(call(a.number())) };
    assert!(!text.is_empty());
    NVML_SUCCESS
}

macro_rules! calls {
    ($nvml:ident, $a:ident; $($name:ident $({$($before:tt)*})? ($($argument:expr),*);)*) => {
        /// Each function that can be called, by its name.
        pub(super) const CALLS: &[(&str, Call)] = &[("nvmlErrorString", error_string), $((stringify!($name), |$nvml, $a| {
            let Some(call) = $nvml.$name else { return NVML_ERROR_FUNCTION_NOT_FOUND };
            $($($before)*)?
            let _ = &$a;
            // SAFETY: each pointer is NULL or of a room that is as large as the function may use, and handles are numbers.
            unsafe { call($($argument),*) }
        }),)*];
    };
}

calls! { nvml, a;
    nvmlInit();
    nvmlInit_v2();
    nvmlInitWithFlags(a.number());
    nvmlShutdown();
    nvmlSystemGetDriverVersion(a.buffer(), a.room());
    nvmlSystemGetNVMLVersion(a.buffer(), a.room());
    nvmlSystemGetCudaDriverVersion(a.out());
    nvmlSystemGetCudaDriverVersion_v2(a.out());
    nvmlSystemGetProcessName(a.pid(), a.buffer(), a.room());
    nvmlDeviceGetCount(a.out());
    nvmlDeviceGetCount_v2(a.out());
    nvmlDeviceGetHandleByIndex(a.index(), a.out_device());
    nvmlDeviceGetHandleByIndex_v2(a.index(), a.out_device());
    nvmlDeviceGetHandleByUUID(a.text(), a.out_device());
    nvmlDeviceGetHandleByPciBusId(a.text(), a.out_device());
    nvmlDeviceGetHandleByPciBusId_v2(a.text(), a.out_device());
    nvmlDeviceGetHandleBySerial(a.text(), a.out_device());
    nvmlDeviceGetName(a.device(), a.buffer(), a.room());
    nvmlDeviceGetUUID(a.device(), a.buffer(), a.room());
    nvmlDeviceGetIndex(a.device(), a.out());
    nvmlDeviceGetMinorNumber(a.device(), a.out());
    nvmlDeviceGetPciInfo(a.device(), a.old(32));
    nvmlDeviceGetPciInfo_v2(a.device(), a.old(52));
    nvmlDeviceGetPciInfo_v3(a.device(), a.out());
    nvmlDeviceGetSerial(a.device(), a.buffer(), a.room());
    nvmlDeviceGetBrand(a.device(), a.out());
    nvmlDeviceGetBoardId(a.device(), a.out());
    nvmlDeviceGetBoardPartNumber(a.device(), a.buffer(), a.room());
    nvmlDeviceGetArchitecture(a.device(), a.out());
    nvmlDeviceGetCudaComputeCapability(a.device(), a.out(), a.out());
    nvmlDeviceGetNumGpuCores(a.device(), a.out());
    nvmlDeviceGetPersistenceMode(a.device(), a.out());
    nvmlDeviceGetVirtualizationMode(a.device(), a.out());
    nvmlDeviceGetAttributes(a.device(), a.out());
    nvmlDeviceGetAttributes_v2(a.device(), a.out());
    nvmlDeviceGetFieldValues(a.device(), a.field_count(), a.fields());
    nvmlDeviceGetMemoryInfo(a.device(), a.out());
    nvmlDeviceGetMemoryInfo_v2(a.device(), a.versioned(&[MEMORY]));
    nvmlDeviceGetBAR1MemoryInfo(a.device(), a.out());
    nvmlDeviceGetUtilizationRates(a.device(), a.out());
    nvmlDeviceGetProcessUtilization(a.device(), ptr::null_mut(), a.given(0), a.wide());
    nvmlDeviceGetProcessesUtilizationInfo(a.device(), a.versioned(&[struct_version::<nvmlProcessesUtilizationInfo_t>(1)]));
    nvmlDeviceGetComputeMode(a.device(), a.out());
    nvmlDeviceSetComputeMode(a.device(), a.number());
    nvmlDeviceGetComputeRunningProcesses(a.device(), a.counted(), a.array());
    nvmlDeviceGetComputeRunningProcesses_v2(a.device(), a.counted(), a.array());
    nvmlDeviceGetComputeRunningProcesses_v3(a.device(), a.counted(), a.array());
    nvmlDeviceGetGraphicsRunningProcesses(a.device(), a.counted(), a.array());
    nvmlDeviceGetGraphicsRunningProcesses_v2(a.device(), a.counted(), a.array());
    nvmlDeviceGetGraphicsRunningProcesses_v3(a.device(), a.counted(), a.array());
    nvmlDeviceGetMPSComputeRunningProcesses(a.device(), a.counted(), a.array());
    nvmlDeviceGetMPSComputeRunningProcesses_v2(a.device(), a.counted(), a.array());
    nvmlDeviceGetMPSComputeRunningProcesses_v3(a.device(), a.counted(), a.array());
    nvmlDeviceGetMigMode(a.device(), a.out(), a.out());
    nvmlDeviceSetMigMode(a.device(), a.mode(), a.out());
    nvmlDeviceIsMigDeviceHandle(a.device(), a.out());
    nvmlDeviceGetMaxMigDeviceCount(a.device(), a.out());
    nvmlDeviceGetMigDeviceHandleByIndex(a.device(), a.index(), a.out_device());
    nvmlDeviceGetDeviceHandleFromMigDeviceHandle(a.device(), a.out_device());
    nvmlDeviceGetGpuInstanceId(a.device(), a.out());
    nvmlDeviceGetComputeInstanceId(a.device(), a.out());
    nvmlDeviceGetGpuInstanceProfileInfo(a.device(), a.number(), a.out());
    nvmlDeviceGetGpuInstanceProfileInfoV(a.device(), a.number(), a.versioned(&GI_PROFILE));
    nvmlDeviceGetGpuInstanceProfileInfoByIdV(a.device(), a.profile(), a.versioned(&GI_PROFILE));
    nvmlDeviceGetGpuInstancePossiblePlacements { let (gpu, profile) = (a.device(), a.profile()); }
        (gpu, profile, a.told(gi_placements(nvml, gpu, profile).len() as c_uint), a.out());
    nvmlDeviceGetGpuInstancePossiblePlacements_v2 { let (gpu, profile) = (a.device(), a.profile()); }
        (gpu, profile, a.told(gi_placements(nvml, gpu, profile).len() as c_uint), a.out());
    nvmlDeviceGetGpuInstanceRemainingCapacity(a.device(), a.profile(), a.out());
    nvmlDeviceCreateGpuInstance(a.device(), a.profile(), a.out_gi());
    nvmlDeviceCreateGpuInstanceWithPlacement { let (gpu, profile) = (a.device(), a.profile()); }
        (gpu, profile, a.placement(&gi_placements(nvml, gpu, profile)), a.out_gi());
    nvmlDeviceGetGpuInstances { let (gpu, profile) = (a.device(), a.profile()); }
        (gpu, profile, a.told(gi_count(nvml, gpu, profile)), a.out());
    nvmlDeviceGetGpuInstanceById(a.device(), a.index(), a.out_gi());
    nvmlGpuInstanceGetInfo(a.gi(), a.out());
    nvmlGpuInstanceDestroy(a.gi());
    nvmlGpuInstanceGetComputeInstanceProfileInfo(a.gi(), a.kind(), a.engine(), a.out());
    nvmlGpuInstanceGetComputeInstanceProfileInfoV(a.gi(), a.kind(), a.engine(), a.versioned(&CI_PROFILE));
    nvmlGpuInstanceGetComputeInstanceRemainingCapacity(a.gi(), a.kind(), a.out());
    nvmlGpuInstanceGetComputeInstancePossiblePlacements { let (gi, profile) = (a.gi(), a.kind()); }
        (gi, profile, a.told(ci_placements(nvml, gi, profile).len() as c_uint), a.out());
    nvmlGpuInstanceCreateComputeInstance(a.gi(), a.kind(), a.out_ci());
    nvmlGpuInstanceCreateComputeInstanceWithPlacement { let (gi, profile) = (a.gi(), a.kind()); }
        (gi, profile, a.compute_placement(&ci_placements(nvml, gi, profile)), a.out_ci());
    nvmlGpuInstanceGetComputeInstances { let (gi, profile) = (a.gi(), a.kind()); }
        (gi, profile, a.told(ci_count(nvml, gi, profile)), a.out());
    nvmlGpuInstanceGetComputeInstanceById(a.gi(), a.index(), a.out_ci());
    nvmlComputeInstanceGetInfo(a.ci(), a.old(24));
    nvmlComputeInstanceGetInfo_v2(a.ci(), a.out());
    nvmlComputeInstanceDestroy(a.ci());
    nvmlDeviceGetSupportedEventTypes(a.device(), a.out());
    nvmlDeviceRegisterEvents(a.device(), a.events(), a.set());
    nvmlEventSetCreate(a.out_set());
    nvmlEventSetWait(a.set(), a.old(24), a.timeout());
    nvmlEventSetWait_v2(a.set(), a.out(), a.timeout());
    nvmlEventSetFree(a.set());
    nvmlSystemEventSetCreate(a.versioned(&[struct_version::<nvmlSystemEventSetCreateRequest_t>(1)]));
    nvmlSystemEventSetFree(a.versioned(&[struct_version::<nvmlSystemEventSetFreeRequest_t>(1)]));
    nvmlSystemEventSetWait(a.versioned(&[struct_version::<nvmlSystemEventSetWaitRequest_t>(1)]));
    nvmlSystemRegisterEvents(a.versioned(&[struct_version::<nvmlSystemRegisterEventRequest_t>(1)]));
}
