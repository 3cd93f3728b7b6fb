//! Structs: each version of a call writes its own layout, as many bytes as that has, and only when asked for by the right version word.

use std::ffi::{CString, c_char, c_uint};
use std::mem::offset_of;
use std::ptr;

use gpushare_sim::engine::{Process, ProcessKind};
use gpushare_sys::*;
use support::{Nvml, answer, call, chars, text};

mod support;

const UNTOUCHED: u8 = 0xA5;

/// How many bytes a call writes into a struct, of which the last are not padding.
fn written<T>(fill: impl FnOnce(*mut T) -> nvmlReturn_t) -> usize {
    let mut room = vec![UNTOUCHED; 4096];
    assert_eq!(fill(room.as_mut_ptr().cast()), NVML_SUCCESS);
    room.iter().rposition(|byte| *byte != UNTOUCHED).map_or(0, |last| last + 1)
}

/// A struct that says it is of a version, and what the call made of it.
fn versioned<T: Copy>(version: c_uint, fill: impl FnOnce(*mut T) -> nvmlReturn_t) -> Result<(c_uint, T), nvmlReturn_t> {
    let mut room = vec![UNTOUCHED; 4096];
    // SAFETY: the room is larger than the struct and than the word that it begins with; the structs are plain numbers.
    unsafe {
        room.as_mut_ptr().cast::<c_uint>().write_unaligned(version);
        let code = fill(room.as_mut_ptr().cast());
        answer(code, (room.as_ptr().cast::<c_uint>().read_unaligned(), room.as_ptr().cast::<T>().read_unaligned()))
    }
}

#[test]
fn old_versions_write_their_old_size() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    let ci = nvml.create_ci(gi, 0).unwrap();

    assert_eq!(written(|info| call!(nvml.nvmlDeviceGetPciInfo(gpu, info))), 32);
    assert_eq!(written(|info| call!(nvml.nvmlDeviceGetPciInfo_v2(gpu, info))), 52);
    assert_eq!(written(|info| call!(nvml.nvmlDeviceGetPciInfo_v3(gpu, info))), 68);
    assert_eq!(written(|info| call!(nvml.nvmlComputeInstanceGetInfo(ci, info))), 24);
    assert_eq!(written(|info| call!(nvml.nvmlComputeInstanceGetInfo_v2(ci, info))), 32);
    assert_eq!(written(|info| call!(nvml.nvmlGpuInstanceGetInfo(gi, info))), 24);
    assert_eq!(written(|info| call!(nvml.nvmlDeviceGetGpuInstanceProfileInfo(gpu, 0, info))), 48);
    assert_eq!(written(|info| call!(nvml.nvmlGpuInstanceGetComputeInstanceProfileInfo(gi, 0, 0, info))), 36);
    assert_eq!(written(|info| call!(nvml.nvmlDeviceGetMemoryInfo(gpu, info))), 24);

    let mut pci = nvmlPciInfo_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetPciInfo_v2(gpu, &mut pci)), NVML_SUCCESS);
    assert_eq!((pci.pciDeviceId, pci.domain, pci.bus, pci.device), (0x20B0_10DE, 0, 0x10, 0x1C));
    assert_ne!(pci.pciSubSystemId, 0);
}

#[test]
fn gpu_instance_profiles_come_in_the_layout_that_the_version_word_says() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    nvml.set_mig(gpu, 1);
    const V2: c_uint = 0x0200_0098;
    const V3: c_uint = 0x0300_0098;

    type Second = nvmlGpuInstanceProfileInfo_v2_t;
    let (left, second) =
        versioned(V2, |info: *mut Second| call!(nvml.nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 1, info))).unwrap();
    assert_eq!((left, second.id, second.isP2pSupported, second.sliceCount, second.instanceCount), (0, 14, 0, 2, 3));
    assert_eq!((chars(&second.name).as_str(), second.memorySizeMB), ("MIG 2g.10gb", 9984));

    type Third = nvmlGpuInstanceProfileInfo_v3_t;
    let by_kind = |info: *mut Third| call!(nvml.nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 1, info.cast()));
    let by_id = |info: *mut Third| call!(nvml.nvmlDeviceGetGpuInstanceProfileInfoByIdV(gpu, 14, info.cast()));
    let (left, third) = versioned(V3, by_kind).unwrap();
    assert_eq!((left, third.id, third.sliceCount, third.instanceCount, third.multiprocessorCount), (0, 14, 2, 3, 28));
    assert_eq!((chars(&third.name).as_str(), third.capabilities), ("MIG 2g.10gb", 0));
    assert_eq!(versioned(V3, by_id).unwrap().1, third);

    for version in [0, 1, 0x0100_0098, 0x0200_0099, 0x0300_0088, 0x0400_0098, u32::MAX] {
        assert_eq!(versioned(version, by_kind).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT, "{version:#x}");
        assert_eq!(versioned(version, by_id).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT, "{version:#x}");
    }
    // The two are equally long and unlike in between.
    assert_eq!((size_of::<Second>(), size_of::<Third>()), (0x98, 0x98));
    assert_eq!((offset_of!(Second, name), offset_of!(Third, name), offset_of!(Third, capabilities)), (56, 48, 144));
}

#[test]
fn compute_instance_profiles_come_in_the_layout_that_the_version_word_says() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gi = nvml.create_gi(nvml.gpu(0), 14).unwrap();

    type Second = nvmlComputeInstanceProfileInfo_v2_t;
    let v2 = |info: *mut Second| call!(nvml.nvmlGpuInstanceGetComputeInstanceProfileInfoV(gi, 0, 0, info));
    let (_, second) = versioned(0x0200_0088, v2).unwrap();
    assert_eq!((second.id, second.sliceCount, second.instanceCount, second.multiprocessorCount), (0, 1, 2, 14));
    assert_eq!(chars(&second.name), "MIG 1c.2g.10gb");

    type Third = nvmlComputeInstanceProfileInfo_v3_t;
    let v3 = |info: *mut Third| call!(nvml.nvmlGpuInstanceGetComputeInstanceProfileInfoV(gi, 1, 0, info.cast()));
    let (_, third) = versioned(0x0300_008C, v3).unwrap();
    assert_eq!((third.id, third.sliceCount, chars(&third.name).as_str()), (1, 2, "MIG 2g.10gb"));
    assert_eq!(third.capabilities, 0);

    for version in [0, 1, 0x0100_0088, 0x0300_0088, 0x0200_008C, 0x0200_0098] {
        assert_eq!(versioned(version, v2).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT, "{version:#x}");
    }
}

#[test]
fn other_versioned_structs_say_a_mismatch() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    for (version, expected) in
        [(0x0200_0028, Ok(())), (0x0100_0028, Err(NVML_ERROR_ARGUMENT_VERSION_MISMATCH)), (0, Err(25))]
    {
        let memory = |info: *mut nvmlMemory_v2_t| call!(nvml.nvmlDeviceGetMemoryInfo_v2(gpu, info));
        assert_eq!(versioned(version, memory).map(|(left, _)| assert_eq!(left, version)), expected);
    }
    let pci = |info: *mut nvmlPciInfoExt_t| call!(nvml.nvmlDeviceGetPciInfoExt(gpu, info));
    let (_, found) = versioned(0x0100_0040, pci).unwrap();
    assert_eq!((chars(&found.busId).as_str(), found.baseClass), ("00000000:10:1C.0", 3));
    assert_eq!(versioned(0x0100_0041, pci).unwrap_err(), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    let mode = |info: *mut nvmlDeviceAddressingMode_t| call!(nvml.nvmlDeviceGetAddressingMode(gpu, info));
    assert_eq!(versioned(0x0100_0008, mode).unwrap().1.value, NVML_DEVICE_ADDRESSING_MODE_NONE);
    assert_eq!(versioned(0, mode).unwrap_err(), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    let branch = |info: *mut nvmlSystemDriverBranchInfo_t| call!(nvml.nvmlSystemGetDriverBranch(info, 80));
    assert_eq!(chars(&versioned(0x0100_0054, branch).unwrap().1.branch), "r580_00");
    let short = |info: *mut nvmlSystemDriverBranchInfo_t| call!(nvml.nvmlSystemGetDriverBranch(info, 7));
    assert_eq!(versioned(0x0100_0054, short).unwrap_err(), NVML_ERROR_INSUFFICIENT_SIZE);
}

#[test]
fn devices_are_found_by_every_name() {
    let nvml = Nvml::mig("2xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    nvml.create_ci(gi, 2).unwrap();
    let mig = nvml.mig_device(gpu, 0).unwrap();
    let id = nvml.gi_info(gi).unwrap().id;
    let uuid = nvml.uuid(gpu).unwrap();
    let serial = text(|buffer, length| call!(nvml.nvmlDeviceGetSerial(gpu, buffer, length))).unwrap();

    let find = |by: unsafe extern "C" fn(*const c_char, *mut nvmlDevice_t) -> nvmlReturn_t, name: &str| {
        let (name, mut device) = (CString::new(name).unwrap(), ptr::null_mut());
        // SAFETY: a text that ends with NUL, and a live local.
        answer(unsafe { by(name.as_ptr(), &mut device) }, device)
    };
    // SAFETY: each is a function of this type.
    let [by_uuid, by_serial, by_pci, by_pci_v2] = unsafe {
        [
            "nvmlDeviceGetHandleByUUID",
            "nvmlDeviceGetHandleBySerial",
            "nvmlDeviceGetHandleByPciBusId",
            "nvmlDeviceGetHandleByPciBusId_v2",
        ]
        .map(|name| nvml.function(name))
    };
    assert_eq!(find(by_uuid, &uuid), Ok(gpu));
    assert_eq!(find(by_uuid, &nvml.uuid(mig).unwrap()), Ok(mig));
    assert_eq!(find(by_uuid, &format!("MIG-{uuid}/{id}/0")), Ok(mig));
    assert_eq!(find(by_uuid, &format!("MIG-{uuid}/{id}/1")), Err(NVML_ERROR_NOT_FOUND));
    assert_eq!(find(by_uuid, ""), Err(NVML_ERROR_NOT_FOUND));
    assert_eq!(find(by_serial, &serial), Ok(gpu));
    assert_eq!(find(by_serial, "0"), Err(NVML_ERROR_NOT_FOUND));
    for by_pci in [by_pci, by_pci_v2] {
        for name in ["00000000:10:1C.0", "0000:10:1C.0", "0000:10:1c.0"] {
            assert_eq!(find(by_pci, name), Ok(gpu), "{name}");
        }
        for name in ["0000:10:1E.0", "1:2:3:4", "nonsense", ""] {
            assert_eq!(find(by_pci, name), Err(NVML_ERROR_NOT_FOUND), "{name}");
        }
    }

    let mut device = ptr::null_mut();
    let mut name =
        nvmlUUID_t { version: struct_version::<nvmlUUID_t>(1), type_: NVML_UUID_TYPE_ASCII, ..Default::default() };
    name.value = nvmlUUIDValue_t { str_: [0; 41] };
    let bytes: Vec<c_char> = uuid.bytes().map(|byte| byte as c_char).chain([0]).collect();
    // SAFETY: the union's text is 41 bytes, as long as a GPU's UUID with its NUL.
    unsafe { name.value.str_.copy_from_slice(&bytes) };
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByUUIDV(&name, &mut device)), NVML_SUCCESS);
    assert_eq!(device, gpu);
    let hex = nvml.uuid(mig).unwrap()["MIG-".len()..].replace('-', "");
    let bytes: [u8; 16] = std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap());
    (name.type_, name.value) = (NVML_UUID_TYPE_BINARY, nvmlUUIDValue_t { bytes });
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByUUIDV(&name, &mut device)), NVML_SUCCESS);
    assert_eq!(device, mig);
    name.type_ = NVML_UUID_TYPE_NONE;
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByUUIDV(&name, &mut device)), NVML_ERROR_INVALID_ARGUMENT);
    name.version = 0;
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByUUIDV(&name, &mut device)), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

#[test]
fn texts_that_do_not_fit_are_an_insufficient_size() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let mut room = [UNTOUCHED as c_char; 96];
    let length = nvml.name(gpu).unwrap().len() as c_uint;
    for short in [0, 1, length] {
        assert_eq!(call!(nvml.nvmlDeviceGetName(gpu, room.as_mut_ptr(), short)), NVML_ERROR_INSUFFICIENT_SIZE);
        assert_eq!(room, [UNTOUCHED as c_char; 96]);
    }
    assert_eq!(call!(nvml.nvmlDeviceGetName(gpu, room.as_mut_ptr(), length + 1)), NVML_SUCCESS);
    assert_eq!(chars(&room), nvml.name(gpu).unwrap());
    assert_eq!(room[length as usize + 1], UNTOUCHED as c_char);
    assert_eq!(call!(nvml.nvmlDeviceGetUUID(gpu, room.as_mut_ptr(), 40)), NVML_ERROR_INSUFFICIENT_SIZE);
    assert_eq!(call!(nvml.nvmlDeviceGetUUID(gpu, room.as_mut_ptr(), 41)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlSystemGetDriverVersion(room.as_mut_ptr(), 3)), NVML_ERROR_INSUFFICIENT_SIZE);
}

#[test]
fn process_lists_say_how_many_there_are_and_write_what_fits_whole() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    nvml.create_ci(gi, 0).unwrap();
    nvml.create_ci(gi, 1).unwrap();
    let id = nvml.gi_info(gi).unwrap().id;
    let process = |pid: u32, kind, ci| Process {
        pid,
        name: format!("program-{pid}"),
        kind,
        used_memory: Some(u64::from(pid) << 20),
        instance: Some((id, ci)),
    };
    nvml.machine.add_process(0, process(100, ProcessKind::Compute, 0)).unwrap();
    nvml.machine.add_process(0, process(200, ProcessKind::MpsServer, 1)).unwrap();
    nvml.machine.add_process(0, process(300, ProcessKind::MpsClient, 1)).unwrap();

    type List<T> = unsafe extern "C" fn(nvmlDevice_t, *mut c_uint, *mut T) -> nvmlReturn_t;
    fn list<T: Clone + Default>(list: List<T>, device: nvmlDevice_t) -> Vec<T> {
        let mut count = 0;
        // SAFETY: the device is a handle of this library; the room is as many entries as `count` says.
        unsafe {
            let code = list(device, &mut count, ptr::null_mut());
            assert_eq!(code, if count > 0 { NVML_ERROR_INSUFFICIENT_SIZE } else { NVML_SUCCESS });
            let mut found = vec![T::default(); count as usize + 1];
            for short in 1..count {
                let mut room = short;
                assert_eq!(list(device, &mut room, found.as_mut_ptr()), NVML_ERROR_INSUFFICIENT_SIZE);
                assert_eq!(room, count);
            }
            let mut room = count + 1;
            assert_eq!(list(device, &mut room, found.as_mut_ptr()), NVML_SUCCESS);
            assert_eq!(room, count);
            found.truncate(count as usize);
            found
        }
    }
    // SAFETY: the types are those of the old and of the newer functions.
    let (v1, v2, v3, mps, graphics): (
        List<nvmlProcessInfo_v1_t>,
        List<nvmlProcessInfo_v2_t>,
        List<nvmlProcessInfo_v2_t>,
        _,
        _,
    ) = unsafe {
        (
            nvml.function("nvmlDeviceGetComputeRunningProcesses"),
            nvml.function("nvmlDeviceGetComputeRunningProcesses_v2"),
            nvml.function("nvmlDeviceGetComputeRunningProcesses_v3"),
            nvml.function("nvmlDeviceGetMPSComputeRunningProcesses_v3"),
            nvml.function("nvmlDeviceGetGraphicsRunningProcesses_v3"),
        )
    };
    let pids = |all: Vec<nvmlProcessInfo_v2_t>| all.iter().map(|one| one.pid).collect::<Vec<_>>();
    assert_eq!(
        list(v1, gpu).iter().map(|one| (one.pid, one.usedGpuMemory)).collect::<Vec<_>>(),
        [(100, 100 << 20), (200, 200 << 20), (300, 300 << 20)]
    );
    assert_eq!(list(v2, gpu), list(v3, gpu));
    assert_eq!(
        list(v3, gpu)[0],
        nvmlProcessInfo_v2_t { pid: 100, usedGpuMemory: 100 << 20, gpuInstanceId: id, computeInstanceId: 0 }
    );
    assert_eq!(pids(list(v3, nvml.mig_device(gpu, 0).unwrap())), [100]);
    assert_eq!(pids(list(v3, nvml.mig_device(gpu, 1).unwrap())), [200, 300]);
    assert_eq!(pids(list::<nvmlProcessInfo_v2_t>(mps, gpu)), [300]);
    assert!(list::<nvmlProcessInfo_v2_t>(graphics, gpu).is_empty());
    assert_eq!(text(|name, length| call!(nvml.nvmlSystemGetProcessName(200, name, length))).unwrap(), "program-200");
    assert_eq!(text(|name, length| call!(nvml.nvmlSystemGetProcessName(201, name, length))), Err(NVML_ERROR_NOT_FOUND));
}

#[test]
fn field_values_have_a_code_each() {
    for (model, resetless, queries) in [("1xA100-SXM4-40GB", 0, 1), ("1xH200", 1, 1), ("1xT4", 0, 0)] {
        let nvml = Nvml::start(model);
        let gpu = nvml.gpu(0);
        let mut values = [184, 199, NVML_FI_DEV_NVLINK_GET_STATE].map(|id| nvmlFieldValue_t {
            fieldId: id,
            nvmlReturn: 77,
            ..Default::default()
        });
        assert_eq!(call!(nvml.nvmlDeviceGetFieldValues(gpu, 3, values.as_mut_ptr())), NVML_SUCCESS);
        assert_eq!(values.map(|value| value.nvmlReturn), [NVML_SUCCESS, NVML_SUCCESS, NVML_ERROR_NOT_SUPPORTED]);
        // SAFETY: every member of the union is plain bytes.
        assert_eq!(unsafe { [values[0].value.uiVal, values[1].value.uiVal] }, [resetless, queries], "{model}");
        for count in [0, -1, i32::MIN] {
            assert_eq!(
                call!(nvml.nvmlDeviceGetFieldValues(gpu, count, values.as_mut_ptr())),
                NVML_ERROR_INVALID_ARGUMENT
            );
        }
    }
}

/// How many bytes a call changes behind a version word that it is given, or from the beginning.
fn changed(version: Option<c_uint>, fill: impl FnOnce(*mut u8) -> nvmlReturn_t) -> usize {
    let mut room = vec![UNTOUCHED; 4096];
    if let Some(version) = version {
        room[..4].copy_from_slice(&version.to_ne_bytes());
    }
    assert_eq!(fill(room.as_mut_ptr()), NVML_SUCCESS);
    room.iter().rposition(|byte| *byte != UNTOUCHED).map_or(0, |last| last + 1)
}

/// A struct is filled to its end, but for padding, and nothing behind it is touched. Version words hold the size that C counts.
#[test]
fn no_call_writes_beyond_its_struct() {
    let nvml = Nvml::start("1xH100-SXM5-80GB+1xV100");
    let [gpu, v100] = [0, 1].map(|index| nvml.gpu(index));
    let mut checked = 0;
    let mut check = |name: &str, version: Option<c_uint>, size: usize, fill: &dyn Fn(*mut u8) -> nvmlReturn_t| {
        let changed = changed(version, fill);
        assert!((size.saturating_sub(7)..=size).contains(&changed), "{name} wrote {changed} bytes of {size}");
        if let Some(version) = version {
            assert_eq!(version as usize & 0xff_ffff, size, "{name}");
        }
        checked += 1;
    };
    macro_rules! check {
        ($($name:ident($($before:expr),*; $($version:literal)?) $size:literal;)*) => {$(
            check(stringify!($name), [$($version)?].first().copied(), $size, &|room| call!(nvml.$name($($before,)* room.cast())));
        )*};
    }
    check! {
        nvmlDeviceGetUtilizationRates(gpu;) 8;
        nvmlDeviceGetBAR1MemoryInfo(gpu;) 24;
        nvmlDeviceGetMemoryInfo(gpu;) 24;
        nvmlDeviceGetMemoryInfo_v2(gpu; 0x0200_0028) 40;
        nvmlDeviceGetPciInfoExt(gpu; 0x0100_0040) 64;
        nvmlDeviceGetAddressingMode(gpu; 0x0100_0008) 8;
        nvmlDeviceGetPdi(gpu; 0x0100_0010) 16;
        nvmlDeviceGetMarginTemperature(gpu; 0x0100_0008) 8;
        nvmlDeviceGetViolationStatus(gpu, 0;) 16;
        nvmlDeviceGetC2cModeInfoV(gpu;) 4;
        nvmlDeviceGetGpuFabricInfo(gpu;) 28;
        nvmlDeviceGetGpuFabricInfoV(gpu; 0x0200_0024) 36;
        nvmlDeviceGetGpuFabricInfoV(gpu; 0x0300_0028) 40;
        nvmlDeviceGetDetailedEccErrors(v100, 0, 0;) 32;
        nvmlDeviceGetSramEccErrorStatus(gpu; 0x0100_0068) 104;
        nvmlDeviceGetRepairStatus(gpu; 0x0100_000c) 12;
        nvmlDeviceGetFBCStats(gpu;) 12;
        nvmlDeviceGetConfComputeMemSizeInfo(gpu;) 16;
        nvmlDeviceGetConfComputeProtectedMemoryUsage(gpu;) 24;
        nvmlSystemGetConfComputeState(;) 12;
        nvmlSystemGetConfComputeCapabilities(;) 8;
        nvmlSystemGetConfComputeSettings(; 0x0100_0014) 20;
        nvmlDeviceGetGpuInstanceProfileInfo(gpu, 0;) 48;
        nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 0; 0x0200_0098) 152;
        nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 0; 0x0300_0098) 152;
        nvmlDeviceGetGpuInstanceProfileInfoByIdV(gpu, 19; 0x0300_0098) 152;
    }
    check("nvmlDeviceGetTemperatureV", Some(0x0100_000c), 12, &|room| {
        let temperature: *mut nvmlTemperature_t = room.cast();
        // SAFETY: the room is larger than the struct.
        unsafe { (&raw mut (*temperature).sensorType).write_unaligned(NVML_TEMPERATURE_GPU) };
        call!(nvml.nvmlDeviceGetTemperatureV(gpu, temperature))
    });
    nvml.set_mig(gpu, 1);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    let ci = nvml.create_ci(gi, 2).unwrap();
    let mig = nvml.mig_device(gpu, 0).unwrap();
    check! {
        nvmlDeviceGetAttributes(mig;) 40;
        nvmlDeviceGetAttributes_v2(mig;) 40;
        nvmlGpuInstanceGetInfo(gi;) 24;
        nvmlComputeInstanceGetInfo(ci;) 24;
        nvmlComputeInstanceGetInfo_v2(ci;) 32;
        nvmlGpuInstanceGetComputeInstanceProfileInfo(gi, 0, 0;) 36;
        nvmlGpuInstanceGetComputeInstanceProfileInfoV(gi, 0, 0; 0x0200_0088) 136;
        nvmlGpuInstanceGetComputeInstanceProfileInfoV(gi, 0, 0; 0x0300_008c) 140;
    }
    assert_eq!(checked, 35);
}

/// Lists write as many entries as they say, of the size that belongs to the name.
#[test]
fn no_list_writes_beyond_its_entries() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    nvml.create_ci(gi, 0).unwrap();
    let id = nvml.gi_info(gi).unwrap().id;
    for (pid, kind) in
        [(1, ProcessKind::Compute), (2, ProcessKind::Compute), (3, ProcessKind::MpsClient), (4, ProcessKind::Graphics)]
    {
        let used_memory = Some(u64::MAX >> 34);
        let process = Process { pid, name: "p".into(), kind, used_memory, instance: Some((id, 0)) };
        nvml.machine.add_process(0, process).unwrap();
    }
    let count = std::cell::Cell::new(8_u32);
    let list = |fill: &dyn Fn(*mut c_uint, *mut u8) -> nvmlReturn_t| {
        count.set(8);
        (changed(None, |room| fill(count.as_ptr(), room)), count.get())
    };
    macro_rules! lists {
        ($($name:ident $entries:literal $size:literal;)*) => {$(
            let found = list(&|count, room| call!(nvml.$name(gpu, count, room.cast())));
            assert_eq!(found, ($entries * $size, $entries), stringify!($name));
        )*};
    }
    lists! {
        nvmlDeviceGetComputeRunningProcesses_v3 3 24;
        nvmlDeviceGetGraphicsRunningProcesses_v3 1 24;
        nvmlDeviceGetMPSComputeRunningProcesses_v3 1 24;
        nvmlDeviceGetComputeRunningProcesses_v2 3 24;
        nvmlDeviceGetGraphicsRunningProcesses_v2 1 24;
        nvmlDeviceGetMPSComputeRunningProcesses_v2 1 24;
        nvmlDeviceGetComputeRunningProcesses 3 16;
        nvmlDeviceGetGraphicsRunningProcesses 1 16;
        nvmlDeviceGetMPSComputeRunningProcesses 1 16;
    }
    assert_eq!(list(&|count, room| call!(nvml.nvmlDeviceGetGpuInstances(gpu, 9, room.cast(), count))), (8, 1));
    assert_eq!(list(&|count, room| call!(nvml.nvmlGpuInstanceGetComputeInstances(gi, 0, room.cast(), count))), (8, 1));
    let placements =
        list(&|count, room| call!(nvml.nvmlDeviceGetGpuInstancePossiblePlacements_v2(gpu, 19, room.cast(), count)));
    assert_eq!(placements, (7 * 8, 7));
    let placements =
        list(&|count, room| call!(nvml.nvmlGpuInstanceGetComputeInstancePossiblePlacements(gi, 0, room.cast(), count)));
    assert_eq!(placements, (3 * 8, 3));
    let mut fields = vec![UNTOUCHED; 4096];
    assert_eq!(call!(nvml.nvmlDeviceGetFieldValues(gpu, 3, fields.as_mut_ptr().cast())), NVML_SUCCESS);
    assert!(fields[3 * 40..].iter().all(|byte| *byte == UNTOUCHED));
}
