//! What a board tells of itself: sensors, clocks, limits, error counters.

use std::ffi::{c_char, c_uint, c_ulonglong};
use std::ptr;

use gpushare_sim::engine::{Access, GpuConfig, Process, ProcessKind, ProcessSample};
use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;
use support::{Nvml, answer, call, number, text};

mod support;

const NO: nvmlReturn_t = NVML_ERROR_NOT_SUPPORTED;

/// Functions that give one number of a device, by name.
fn numbers<const N: usize>(nvml: &Nvml, device: nvmlDevice_t, names: [&str; N]) -> [Result<c_uint, nvmlReturn_t>; N] {
    names.map(|name| {
        // SAFETY: each of the functions takes a device and a pointer to an unsigned int, or to an enumeration, which is one.
        number(|value| unsafe {
            nvml.function::<unsafe extern "C" fn(nvmlDevice_t, *mut c_uint) -> nvmlReturn_t>(name)(device, value)
        })
    })
}

/// Functions that give a device's clock of a domain, by name.
fn clocks(nvml: &Nvml, device: nvmlDevice_t, name: &str) -> Vec<Result<c_uint, nvmlReturn_t>> {
    type Clock = unsafe extern "C" fn(nvmlDevice_t, nvmlClockType_t, *mut c_uint) -> nvmlReturn_t;
    // SAFETY: the type is that of each of the functions.
    let domain = |domain| number(|clock| unsafe { nvml.function::<Clock>(name)(device, domain, clock) });
    (0..=4).map(domain).collect()
}

/// The row of the recorded table: `Off`, `On`, `40C`, `P0`, `43W / 400W`.
#[test]
fn the_recorded_a100() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let names = [
        "nvmlDeviceGetDisplayActive",
        "nvmlDeviceGetPerformanceState",
        "nvmlDeviceGetPowerState",
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetPowerManagementLimit",
        "nvmlDeviceGetEnforcedPowerLimit",
        "nvmlDeviceGetPowerManagementDefaultLimit",
        "nvmlDeviceGetPersistenceMode",
        "nvmlDeviceGetPowerManagementMode",
    ];
    assert_eq!(numbers(&nvml, gpu, names).map(Result::unwrap), [0, 0, 0, 43_000, 400_000, 400_000, 400_000, 1, 1]);
    assert_eq!(number(|value| call!(nvml.nvmlDeviceGetTemperature(gpu, 0, value))), Ok(40_u32));
    let mut ecc = (9, 9);
    assert_eq!(call!(nvml.nvmlDeviceGetEccMode(gpu, &mut ecc.0, &mut ecc.1)), NVML_SUCCESS);
    assert_eq!(ecc, (1, 1));
    // The column shows the mode because in MIG mode there is no count to show.
    assert_eq!(number::<c_ulonglong>(|count| call!(nvml.nvmlDeviceGetTotalEccErrors(gpu, 1, 0, count))), Err(NO));
    assert_eq!(
        number::<c_uint>(|speed| call!(nvml.nvmlDeviceGetFanSpeed(gpu, speed))),
        Err(NO),
        "the board is passive"
    );

    let mut limits = (0, 0);
    assert_eq!(
        call!(nvml.nvmlDeviceGetPowerManagementLimitConstraints(gpu, &mut limits.0, &mut limits.1)),
        NVML_SUCCESS
    );
    assert_eq!(limits, (100_000, 400_000));
    let [ok, bad] = [Ok::<c_uint, nvmlReturn_t>, |_| Err(NVML_ERROR_INVALID_ARGUMENT)];
    assert_eq!(clocks(&nvml, gpu, "nvmlDeviceGetClockInfo"), [ok(1080), ok(1080), ok(1215), ok(975), bad(0)]);
    assert_eq!(clocks(&nvml, gpu, "nvmlDeviceGetMaxClockInfo"), [ok(1410), ok(1410), ok(1215), ok(1290), bad(0)]);
    for name in ["nvmlDeviceGetApplicationsClock", "nvmlDeviceGetDefaultApplicationsClock"] {
        assert_eq!(clocks(&nvml, gpu, name), [ok(1095), ok(1095), ok(1215), Err(NO), bad(0)], "{name}");
    }
    assert_eq!(clocks(&nvml, gpu, "nvmlDeviceGetMaxCustomerBoostClock")[0], ok(1410));
    let which = |which| number::<c_uint>(|clock| call!(nvml.nvmlDeviceGetClock(gpu, NVML_CLOCK_SM, which, clock)));
    assert_eq!([0, 1, 2, 3, 4].map(which), [ok(1080), ok(1095), ok(1095), ok(1410), bad(0)]);
}

/// What `nvidia-smi -q` printed for an idle H200 in a virtual machine.
#[test]
fn the_recorded_h200() {
    let gpu = GpuConfig { pci_bus_id: Some("00000000:00:06.0".into()), passthrough: true, ..GpuConfig::new("H200") };
    let config = MachineConfig { driver_version: "580.159.04".into(), ..MachineConfig::with_gpus(vec![gpu]) };
    let nvml = Nvml::of(Machine::with_config(&config).unwrap());
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    let gpu = nvml.gpu(0);
    let recorded = [
        ("nvmlDeviceGetDisplayMode", 1),
        ("nvmlDeviceGetDisplayActive", 0),
        ("nvmlDeviceGetPersistenceMode", 1),
        ("nvmlDeviceGetAccountingMode", 0),
        ("nvmlDeviceGetAccountingBufferSize", 4000),
        ("nvmlDeviceGetMinorNumber", 0),
        ("nvmlDeviceGetMultiGpuBoard", 0),
        ("nvmlDeviceGetBoardId", 6),
        ("nvmlDeviceGetMaxPcieLinkGeneration", 5),
        ("nvmlDeviceGetCurrPcieLinkGeneration", 5),
        ("nvmlDeviceGetGpuMaxPcieLinkGeneration", 5),
        ("nvmlDeviceGetMaxPcieLinkWidth", 16),
        ("nvmlDeviceGetCurrPcieLinkWidth", 16),
        ("nvmlDeviceGetPcieReplayCounter", 0),
        ("nvmlDeviceGetPerformanceState", 0),
        ("nvmlDeviceGetPowerManagementLimit", 700_000),
    ];
    for (name, expected) in recorded {
        assert_eq!(numbers(&nvml, gpu, [name]), [Ok(expected)], "{name}");
    }
    for name in ["nvmlDeviceGetFanSpeed", "nvmlDeviceGetIrqNum", "nvmlDeviceGetHostVgpuMode"] {
        assert_eq!(numbers(&nvml, gpu, [name]), [Err(NO)], "{name}");
    }
    let say = |name: &str| {
        type Say = unsafe extern "C" fn(nvmlDevice_t, *mut c_char, c_uint) -> nvmlReturn_t;
        // SAFETY: the type is that of each of the functions; the buffer is as long as it says.
        text(|buffer, length| unsafe { nvml.function::<Say>(name)(gpu, buffer, length) }).unwrap()
    };
    assert_eq!(say("nvmlDeviceGetVbiosVersion"), "96.00.A5.00.1A");
    assert_eq!(say("nvmlDeviceGetBoardPartNumber"), "692-2G520-0282-001");
    assert_eq!(say("nvmlDeviceGetInforomImageVersion"), "G520.0282.02.02");
    let object = |object| text(|buffer, length| call!(nvml.nvmlDeviceGetInforomVersion(gpu, object, buffer, length)));
    assert_eq!([0, 1].map(|kind| object(kind).unwrap()), ["2.1", "7.16"]);
    assert_eq!([2, 9].map(object), [Err(NO), Err(NVML_ERROR_INVALID_ARGUMENT)]);
    assert_eq!(text(|buffer, _| call!(nvml.nvmlDeviceGetGspFirmwareVersion(gpu, buffer))).unwrap(), "580.159.04");
    let throughput = |counter| number::<c_uint>(|rate| call!(nvml.nvmlDeviceGetPcieThroughput(gpu, counter, rate)));
    assert_eq!([0, 1, 2].map(throughput), [Ok(1037), Ok(580), Err(NVML_ERROR_INVALID_ARGUMENT)]);
    let mut c2c = nvmlC2cModeInfo_v1_t { isC2cEnabled: 9 };
    assert_eq!(call!(nvml.nvmlDeviceGetC2cModeInfoV(gpu, &mut c2c)), NVML_SUCCESS);
    assert_eq!(c2c.isC2cEnabled, 0);
    let reasons = || number::<c_ulonglong>(|reasons| call!(nvml.nvmlDeviceGetCurrentClocksEventReasons(gpu, reasons)));
    assert_eq!(reasons(), Ok(1), "idle");
    let worker = Process { pid: 1, name: "w".into(), kind: ProcessKind::Compute, used_memory: Some(0), instance: None };
    nvml.machine.add_process(0, worker).unwrap();
    assert_eq!(reasons(), Ok(0), "in use");
}

#[test]
fn temperatures_and_their_limits() {
    let nvml = Nvml::start("1xA100-SXM4-40GB+1xT4+1xL40S");
    let threshold = |gpu, kind| number::<c_uint>(|at| call!(nvml.nvmlDeviceGetTemperatureThreshold(gpu, kind, at)));
    let [a100, t4, l40s] = [0, 1, 2].map(|index| nvml.gpu(index));
    assert_eq!([0, 1, 2, 3].map(|kind| threshold(a100, kind)), [Ok(92), Ok(89), Ok(95), Ok(85)]);
    assert_eq!(threshold(t4, NVML_TEMPERATURE_THRESHOLD_MEM_MAX), Err(NO), "no sensor in its memory");
    assert_eq!(threshold(a100, NVML_TEMPERATURE_THRESHOLD_ACOUSTIC_MIN), Err(NO));
    assert_eq!(threshold(a100, NVML_TEMPERATURE_THRESHOLD_COUNT), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(
        number::<c_uint>(|value| call!(nvml.nvmlDeviceGetTemperature(a100, 7, value))),
        Err(NVML_ERROR_INVALID_ARGUMENT)
    );
    let versioned = |gpu, version, sensor| {
        let mut found = nvmlTemperature_t { version, sensorType: sensor, temperature: -1 };
        answer(call!(nvml.nvmlDeviceGetTemperatureV(gpu, &mut found)), found)
    };
    assert_eq!(versioned(a100, 0x0100_000c, 0).unwrap().temperature, 40);
    assert_eq!(versioned(a100, 0x0200_000c, 0).unwrap_err(), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    assert_eq!(versioned(a100, 0x0100_000c, 7).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT);
    let margin = |gpu| {
        let mut found = nvmlMarginTemperature_t { version: 0x0100_0008, marginTemperature: -1 };
        answer(call!(nvml.nvmlDeviceGetMarginTemperature(gpu, &mut found)), found.marginTemperature)
    };
    assert_eq!([a100, l40s].map(margin), [Err(NO), Ok(89 - 30)]);
}

#[test]
fn clocks_that_can_be_asked_for() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let mut count = 0;
    let mut list = [0; 256];
    assert_eq!(
        call!(nvml.nvmlDeviceGetSupportedMemoryClocks(gpu, &mut count, ptr::null_mut())),
        NVML_ERROR_INSUFFICIENT_SIZE
    );
    assert_eq!(count, 1);
    assert_eq!(call!(nvml.nvmlDeviceGetSupportedMemoryClocks(gpu, &mut count, list.as_mut_ptr())), NVML_SUCCESS);
    assert_eq!(list[0], 1215);
    count = 10;
    let graphics = |memory, count: &mut c_uint, list: *mut c_uint| {
        call!(nvml.nvmlDeviceGetSupportedGraphicsClocks(gpu, memory, count, list))
    };
    assert_eq!(graphics(1215, &mut count, list.as_mut_ptr()), NVML_ERROR_INSUFFICIENT_SIZE);
    assert_eq!(count, 81);
    assert_eq!(graphics(1215, &mut count, list.as_mut_ptr()), NVML_SUCCESS);
    assert_eq!((list[0], list[1], list[80], list[81]), (1410, 1395, 210, 0));
    assert_eq!(graphics(1214, &mut count, list.as_mut_ptr()), NVML_ERROR_NOT_FOUND);
}

#[test]
fn the_administrator_sets_power_limit_and_persistence() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    assert_eq!(call!(nvml.nvmlDeviceSetPowerManagementLimit(gpu, 250_000)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlDeviceSetPowerManagementLimit(gpu, 99_000)), NVML_ERROR_INVALID_ARGUMENT);
    let set = |version, scope, milliwatts| {
        let mut limit = nvmlPowerValue_v2_t { version, powerScope: scope, powerValueMw: milliwatts };
        call!(nvml.nvmlDeviceSetPowerManagementLimit_v2(gpu, &mut limit))
    };
    assert_eq!(set(0x0200_000c, 0, 260_000), NVML_SUCCESS);
    assert_eq!(set(0x0200_000c, 1, 250_000), NO, "a module has no limit of its own");
    assert_eq!(set(0x0100_000c, 0, 250_000), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    assert_eq!(call!(nvml.nvmlDeviceSetPersistenceMode(gpu, 0)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlDeviceSetPersistenceMode(gpu, 2)), NVML_ERROR_INVALID_ARGUMENT);
    nvml.machine.set_access(Access::Monitor).unwrap();
    assert_eq!(call!(nvml.nvmlDeviceSetPowerManagementLimit(gpu, 300_000)), NVML_ERROR_NO_PERMISSION);
    assert_eq!(call!(nvml.nvmlDeviceSetPersistenceMode(gpu, 1)), NVML_ERROR_NO_PERMISSION);
    let names =
        ["nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetPowerManagementDefaultLimit", "nvmlDeviceGetPersistenceMode"];
    assert_eq!(numbers(&nvml, gpu, names), [Ok(260_000), Ok(400_000), Ok(0)]);
}

fn total(nvml: &Nvml, device: nvmlDevice_t, kind: c_uint, counter: c_uint) -> Result<u64, nvmlReturn_t> {
    number(|count| call!(nvml.nvmlDeviceGetTotalEccErrors(device, kind, counter, count)))
}

fn errors(nvml: &Nvml, device: nvmlDevice_t, kind: c_uint, counter: c_uint) -> [Result<u64, nvmlReturn_t>; 9] {
    [0, 1, 2, 3, 4, 5, 6, 7, 8]
        .map(|place| number(|count| call!(nvml.nvmlDeviceGetMemoryErrorCounter(device, kind, counter, place, count))))
}

#[test]
fn memory_errors_are_counted_by_place() {
    const BAD: Result<u64, nvmlReturn_t> = Err(NVML_ERROR_INVALID_ARGUMENT);
    let nvml = Nvml::start("1xA100-SXM4-40GB+1xV100");
    let [a100, v100] = [0, 1].map(|index| nvml.gpu(index));
    for (kind, counter) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        assert_eq!([a100, v100].map(|gpu| total(&nvml, gpu, kind, counter)), [Ok(0); 2]);
        let no = Err(NO);
        assert_eq!(errors(&nvml, a100, kind, counter), [no, no, Ok(0), no, no, no, no, Ok(0), BAD]);
        assert_eq!(errors(&nvml, v100, kind, counter), [Ok(0), Ok(0), Ok(0), Ok(0), Ok(0), Ok(0), Ok(0), no, BAD]);
    }
    for (kind, counter) in [(2, 0), (0, 2)] {
        assert_eq!(total(&nvml, a100, kind, counter), BAD);
        assert_eq!(errors(&nvml, a100, kind, counter), [BAD; 9]);
    }
    let mut counts = nvmlEccErrorCounts_t { l1Cache: 9, l2Cache: 9, deviceMemory: 9, registerFile: 9 };
    assert_eq!(call!(nvml.nvmlDeviceGetDetailedEccErrors(v100, 0, 0, &mut counts)), NVML_SUCCESS);
    assert_eq!(counts, nvmlEccErrorCounts_t::default());
    assert_eq!(call!(nvml.nvmlDeviceGetDetailedEccErrors(a100, 0, 0, &mut counts)), NO);
}

#[test]
fn rows_are_remapped_since_ampere_and_pages_retired_before() {
    let nvml = Nvml::start("1xA100-SXM4-40GB+1xV100");
    let [a100, v100] = [0, 1].map(|index| nvml.gpu(index));
    let rows = |gpu| {
        let mut rows = [9; 4];
        let [corrected, uncorrected, pending, failed] = &mut rows;
        answer(call!(nvml.nvmlDeviceGetRemappedRows(gpu, corrected, uncorrected, pending, failed)), rows)
    };
    let pages = |gpu, cause| {
        let (mut count, none) = (9, ptr::null_mut());
        let first = answer(call!(nvml.nvmlDeviceGetRetiredPages(gpu, cause, &mut count, none)), count);
        let second = answer(call!(nvml.nvmlDeviceGetRetiredPages_v2(gpu, cause, &mut count, none, none)), count);
        assert_eq!(first, second);
        first
    };
    assert_eq!([a100, v100].map(rows), [Ok([0; 4]), Err(NO)]);
    assert_eq!([a100, v100].map(|gpu| pages(gpu, 0)), [Err(NO), Ok(0)]);
    assert_eq!(pages(v100, 2), Err(NVML_ERROR_INVALID_ARGUMENT));
    assert_eq!(numbers(&nvml, v100, ["nvmlDeviceGetRetiredPagesPendingStatus"]), [Ok(0)]);
    nvml.set_mig(a100, 1);
    assert_eq!(rows(a100), Ok([0; 4]));
    nvml.create_gi(a100, 19).unwrap();
    assert_eq!(rows(a100), Err(NO), "not while there are GPU instances");
}

/// The driver keeps the latest sample of each process, and tells those after a moment.
#[test]
fn samples_of_processes() {
    let nvml = Nvml::start("2xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let list = |since, room: usize| {
        let mut samples = [nvmlProcessUtilizationSample_t::default(); 4];
        let mut count = room as c_uint;
        let code = call!(nvml.nvmlDeviceGetProcessUtilization(gpu, samples.as_mut_ptr(), &mut count, since));
        (code, count, samples.map(|sample| (sample.pid, sample.timeStamp, sample.smUtil, sample.decUtil)))
    };
    let nothing = [(0, 0, 0, 0); 4];
    assert_eq!(list(0, 4), (NVML_ERROR_NOT_FOUND, 0, nothing));
    let sample = |pid, timestamp_us, multiprocessors| {
        let sample = ProcessSample { pid, timestamp_us, multiprocessors, memory: 2, encoder: 3, decoder: 4 };
        nvml.machine.sample_process(0, sample).unwrap();
    };
    sample(7, 100, 50);
    sample(8, 200, 60);
    sample(7, 300, 70);
    let (seven, eight, none) = ((7, 300, 70, 4), (8, 200, 60, 4), (0, 0, 0, 0));
    assert_eq!(list(0, 4), (NVML_SUCCESS, 2, [eight, seven, none, none]));
    assert_eq!(list(200, 4), (NVML_SUCCESS, 1, [seven, none, none, none]));
    assert_eq!(list(300, 4), (NVML_ERROR_NOT_FOUND, 0, nothing));
    assert_eq!(list(0, 1), (NVML_ERROR_INSUFFICIENT_SIZE, 2, nothing));
    nvml.machine.reset(0).unwrap();
    assert_eq!(list(0, 4), (NVML_ERROR_NOT_FOUND, 0, nothing));
    sample(7, 400, 1);
    nvml.set_mig(gpu, 1);
    assert_eq!(list(0, 4).0, NO);
}

/// In MIG mode the GPU tells nothing of its use, and the volatile errors are those of its MIG devices.
#[test]
fn what_mig_mode_hides() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let engines = [
        "nvmlDeviceGetEncoderUtilization",
        "nvmlDeviceGetDecoderUtilization",
        "nvmlDeviceGetJpgUtilization",
        "nvmlDeviceGetOfaUtilization",
    ];
    type Engine = unsafe extern "C" fn(nvmlDevice_t, *mut c_uint, *mut c_uint) -> nvmlReturn_t;
    let engine = |name| {
        let mut found = (9, 0);
        // SAFETY: the type is that of each of the functions; the pointers are of live locals.
        let code = unsafe { nvml.function::<Engine>(name)(gpu, &mut found.0, &mut found.1) };
        answer(code, found)
    };
    let busy = || {
        let mut rates = nvmlUtilization_t { gpu: 9, memory: 9 };
        answer(call!(nvml.nvmlDeviceGetUtilizationRates(gpu, &mut rates)), (rates.gpu, rates.memory))
    };
    let processes = || {
        let mut count = 9;
        call!(nvml.nvmlDeviceGetProcessUtilization(gpu, ptr::null_mut(), &mut count, 0))
    };
    let samples = |kind| {
        let (mut value, mut count) = (9, 9);
        call!(nvml.nvmlDeviceGetSamples(gpu, kind, 0, &mut value, &mut count, ptr::null_mut()))
    };
    assert_eq!((engines.map(engine), busy()), ([Ok((0, 167_000)); 4], Ok((0, 0))));
    assert_eq!(
        (processes(), samples(0), samples(1), samples(10)),
        (NVML_ERROR_NOT_FOUND, NVML_ERROR_NOT_FOUND, NVML_ERROR_NOT_FOUND, NVML_ERROR_INVALID_ARGUMENT)
    );

    nvml.set_mig(gpu, 1);
    assert_eq!((engines.map(engine), busy()), ([Err(NO); 4], Err(NO)));
    assert_eq!((processes(), samples(0)), (NO, NVML_ERROR_NOT_FOUND));
    assert_eq!([1, 2, 3, 4, 8, 9].map(samples), [NO; 6]);
    assert_eq!((total(&nvml, gpu, 1, 0), total(&nvml, gpu, 1, 1)), (Err(NO), Ok(0)));
    let gi = nvml.create_gi(gpu, 9).unwrap();
    nvml.create_ci(gi, 2).unwrap();
    let mig = nvml.mig_device(gpu, 0).unwrap();
    assert_eq!((errors(&nvml, gpu, 1, 0)[7], errors(&nvml, gpu, 1, 1)[7]), (Err(NO), Ok(0)));
    assert_eq!(
        (errors(&nvml, mig, 1, 0)[7], errors(&nvml, mig, 1, 0)[2]),
        (Ok(0), Err(NO)),
        "not of the device memory"
    );
    assert_eq!([(0, 0), (1, 1)].map(|(kind, counter)| errors(&nvml, mig, kind, counter)[7]), [Err(NO); 2]);
}

/// Questions about the board have no answer for a part of it.
#[test]
fn mig_devices_are_no_boards() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gi = nvml.create_gi(nvml.gpu(0), 9).unwrap();
    nvml.create_ci(gi, 2).unwrap();
    let mig = nvml.mig_device(nvml.gpu(0), 0).unwrap();
    let names = [
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetPowerManagementLimit",
        "nvmlDeviceGetEnforcedPowerLimit",
        "nvmlDeviceGetPerformanceState",
        "nvmlDeviceGetPersistenceMode",
        "nvmlDeviceGetDisplayMode",
        "nvmlDeviceGetDisplayActive",
        "nvmlDeviceGetMinorNumber",
        "nvmlDeviceGetCurrPcieLinkGeneration",
        "nvmlDeviceGetMaxPcieLinkWidth",
        "nvmlDeviceGetMemoryBusWidth",
        "nvmlDeviceGetAccountingMode",
        "nvmlDeviceGetFanSpeed",
        "nvmlDeviceGetMultiGpuBoard",
    ];
    assert_eq!(numbers(&nvml, mig, names), [Err(NO); 14]);
    assert_eq!(number::<c_uint>(|value| call!(nvml.nvmlDeviceGetTemperature(mig, 0, value))), Err(NO));
    assert_eq!(clocks(&nvml, mig, "nvmlDeviceGetClockInfo"), [Err(NO); 5]);
    let mut modes = (0, 0);
    assert_eq!(call!(nvml.nvmlDeviceGetEccMode(mig, &mut modes.0, &mut modes.1)), NO);
    assert_eq!(total(&nvml, mig, 1, 0), Err(NO));
    let mut rates = nvmlUtilization_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetUtilizationRates(mig, &mut rates)), NO);
    let mut field = nvmlFieldValue_t { fieldId: NVML_FI_DEV_POWER_INSTANT, nvmlReturn: 77, ..Default::default() };
    assert_eq!(call!(nvml.nvmlDeviceGetFieldValues(mig, 1, &mut field)), NVML_SUCCESS);
    assert_eq!(field.nvmlReturn, NO);
}

/// A field's code, type and value.
fn field(nvml: &Nvml, gpu: nvmlDevice_t, id: c_uint) -> Result<(nvmlValueType_t, u64), nvmlReturn_t> {
    let mut value = nvmlFieldValue_t { fieldId: id, nvmlReturn: 77, ..Default::default() };
    assert_eq!(call!(nvml.nvmlDeviceGetFieldValues(gpu, 1, &mut value)), NVML_SUCCESS);
    assert!(value.timestamp > 1_700_000_000_000_000, "microseconds since 1970");
    // SAFETY: every member of the union is plain bytes.
    answer(value.nvmlReturn, (value.valueType, unsafe { value.value.ullVal }))
}

#[test]
fn fields_agree_with_the_functions() {
    let nvml = Nvml::start("1xA100-SXM4-40GB+1xL40S+1xV100");
    let [a100, l40s, v100] = [0, 1, 2].map(|index| nvml.gpu(index));
    let unsigned = |value| Ok((NVML_VALUE_TYPE_UNSIGNED_INT, value));
    let long = |value| Ok((NVML_VALUE_TYPE_UNSIGNED_LONG_LONG, value));
    for (id, expected) in [
        (NVML_FI_DEV_ECC_CURRENT, unsigned(1)),
        (NVML_FI_DEV_ECC_DBE_VOL_TOTAL, long(0)),
        (NVML_FI_DEV_ECC_DBE_VOL_DEV, long(0)),
        (NVML_FI_DEV_ECC_DBE_VOL_L1, Err(NO)),
        (NVML_FI_DEV_RETIRED_DBE, Err(NO)),
        (NVML_FI_DEV_REMAPPED_PENDING, unsigned(0)),
        (NVML_FI_DEV_MEMORY_TEMP, unsigned(38)),
        (NVML_FI_DEV_PCIE_REPLAY_COUNTER, unsigned(0)),
        (NVML_FI_DEV_PERF_POLICY_THERMAL, long(0)),
        (NVML_FI_DEV_POWER_INSTANT, unsigned(43_000)),
        (NVML_FI_DEV_POWER_AVERAGE, unsigned(43_000)),
        (NVML_FI_DEV_POWER_MIN_LIMIT, unsigned(100_000)),
        (NVML_FI_DEV_POWER_MAX_LIMIT, unsigned(400_000)),
        (NVML_FI_DEV_POWER_DEFAULT_LIMIT, unsigned(400_000)),
        (NVML_FI_DEV_POWER_CURRENT_LIMIT, unsigned(400_000)),
        (NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT, Err(NO)),
        (NVML_FI_DEV_NVLINK_GET_STATE, Err(NO)),
        (0, Err(NVML_ERROR_INVALID_ARGUMENT)),
        (NVML_FI_MAX, Err(NVML_ERROR_INVALID_ARGUMENT)),
        (u32::MAX, Err(NVML_ERROR_INVALID_ARGUMENT)),
    ] {
        assert_eq!(field(&nvml, a100, id), expected, "{id}");
    }
    assert_eq!(field(&nvml, v100, NVML_FI_DEV_ECC_DBE_VOL_L1), long(0));
    assert_eq!(field(&nvml, v100, NVML_FI_DEV_RETIRED_DBE), unsigned(0));
    assert_eq!(field(&nvml, v100, NVML_FI_DEV_REMAPPED_PENDING), Err(NO));
    assert_eq!(field(&nvml, l40s, NVML_FI_DEV_MEMORY_TEMP), Err(NO));
    let (kind, bits) = field(&nvml, l40s, NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT).unwrap();
    assert_eq!((kind, bits as i32), (NVML_VALUE_TYPE_SIGNED_INT, 89 - 95));

    for scope in [NVML_POWER_SCOPE_MODULE, NVML_POWER_SCOPE_MEMORY] {
        let mut module = nvmlFieldValue_t { fieldId: NVML_FI_DEV_POWER_INSTANT, scopeId: scope, ..Default::default() };
        assert_eq!(call!(nvml.nvmlDeviceGetFieldValues(a100, 1, &mut module)), NVML_SUCCESS);
        assert_eq!(module.nvmlReturn, NO, "only the GPU is measured");
    }

    let first: u64 = number(|energy| call!(nvml.nvmlDeviceGetTotalEnergyConsumption(a100, energy))).unwrap();
    let (_, second) = field(&nvml, a100, NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION).unwrap();
    assert!(first > 0 && second >= first, "it only grows");
}
