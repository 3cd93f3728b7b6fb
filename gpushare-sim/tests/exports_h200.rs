//! The simulated H200 answers what a real one answered: each recorded NVML call, line by line.

use std::ffi::{CStr, CString, c_char, c_uint};
use std::ptr;

use gpushare_sim::engine::GpuConfig;
use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;
use support::{Nvml, answer, call, chars, number, text};

mod support;

/// What nvidia-ml-py printed on the real machine.
const RECORDED: &str = include_str!("data/h200-nvml.txt");

fn recorded_machine() -> Nvml {
    let gpu = GpuConfig {
        uuid: Some("GPU-5d904c8b-466d-4fc2-5487-b0110a2796dc".to_owned()),
        pci_bus_id: Some("00000000:00:06.0".to_owned()),
        passthrough: true,
        ..GpuConfig::new("H200")
    };
    let config = MachineConfig { driver_version: "580.159.04".to_owned(), ..MachineConfig::with_gpus(vec![gpu]) };
    let nvml = Nvml::of(Machine::with_config(&config).expect("the simulator starts"));
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    nvml
}

/// An answer as nvidia-ml-py prints it.
fn shown(answer: Result<String, nvmlReturn_t>, nvml: &Nvml) -> String {
    answer.unwrap_or_else(|code| {
        let words = call!(nvml.nvmlErrorString(code));
        // SAFETY: the function returns a static text for every number.
        let words = unsafe { CStr::from_ptr(words) }.to_str().unwrap();
        format!("EXC NVMLError_{} {words}", words.replace(' ', ""))
    })
}

fn ask<T: Default + ToString>(fill: impl FnOnce(*mut T) -> nvmlReturn_t) -> Result<String, nvmlReturn_t> {
    number(fill).map(|value| value.to_string())
}

fn profile(nvml: &Nvml, gpu: nvmlDevice_t, index: c_uint) -> Result<String, nvmlReturn_t> {
    let version = struct_version::<nvmlGpuInstanceProfileInfo_v2_t>(2);
    let mut info = nvmlGpuInstanceProfileInfo_v2_t { version, ..Default::default() };
    let code = call!(nvml.nvmlDeviceGetGpuInstanceProfileInfoV(gpu, index, &mut info));
    let nvmlGpuInstanceProfileInfo_v2_t { version, id, isP2pSupported, sliceCount, instanceCount, .. } = info;
    let nvmlGpuInstanceProfileInfo_v2_t { multiprocessorCount, copyEngineCount, decoderCount, encoderCount, .. } = info;
    let nvmlGpuInstanceProfileInfo_v2_t { jpegCount, ofaCount, memorySizeMB, name, .. } = info;
    let shown = format!(
        "{{'version': {version}, 'id': {id}, 'isP2pSupported': {isP2pSupported}, 'sliceCount': {sliceCount}, \
         'instanceCount': {instanceCount}, 'multiprocessorCount': {multiprocessorCount}, 'copyEngineCount': {copyEngineCount}, \
         'decoderCount': {decoderCount}, 'encoderCount': {encoderCount}, 'jpegCount': {jpegCount}, 'ofaCount': {ofaCount}, \
         'memorySizeMB': {memorySizeMB}, 'name': '{}'}}",
        chars(&name)
    );
    answer(code, shown)
}

/// The count query, then the placements, as the recording's program asked.
fn placements(nvml: &Nvml, gpu: nvmlDevice_t, id: c_uint) -> String {
    let mut count = 0;
    let code = call!(nvml.nvmlDeviceGetGpuInstancePossiblePlacements_v2(gpu, id, ptr::null_mut(), &mut count));
    if code != NVML_SUCCESS {
        return format!("rc={code}");
    }
    let mut found = vec![nvmlGpuInstancePlacement_t::default(); count as usize + 1];
    let code = call!(nvml.nvmlDeviceGetGpuInstancePossiblePlacements_v2(gpu, id, found.as_mut_ptr(), &mut count));
    let found: Vec<_> = found[..count as usize].iter().map(|at| format!("({}, {})", at.start, at.size)).collect();
    format!("({code}, [{}])", found.join(", "))
}

fn processes(code: nvmlReturn_t, count: c_uint) -> Result<String, nvmlReturn_t> {
    assert_eq!(count, 0);
    answer(code, "[]".to_owned())
}

/// The simulator's answer to the recorded question.
fn asked(nvml: &Nvml, gpu: nvmlDevice_t, question: &str) -> String {
    if let Some(index) = question.strip_prefix("giprofile[").and_then(|rest| rest.strip_suffix(']')) {
        return shown(profile(nvml, gpu, index.parse().unwrap()), nvml);
    }
    if let Some(id) = question.strip_prefix("placements id=") {
        return placements(nvml, gpu, id.parse().unwrap());
    }
    if let Some(id) = question.strip_prefix("remaining id=") {
        let id = id.parse().unwrap();
        return shown(
            ask::<c_uint>(|count| call!(nvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, id, count))),
            nvml,
        );
    }
    if let Some(index) = question.strip_prefix("byindex ") {
        let index = index.parse::<i64>().unwrap() as c_uint;
        let mut device = ptr::null_mut();
        let code = call!(nvml.nvmlDeviceGetHandleByIndex_v2(index, &mut device));
        return shown(answer(code, "<pynvml.LP_struct_c_nvmlDevice_t object>".to_owned()), nvml);
    }
    let find_uuid = |uuid: &str| {
        let (uuid, mut device) = (CString::new(uuid).unwrap(), ptr::null_mut());
        answer(call!(nvml.nvmlDeviceGetHandleByUUID(uuid.as_ptr(), &mut device)), String::new())
    };
    let mut count = 0;
    let found = match question {
        "name" => nvml.name(gpu),
        "uuid" => nvml.uuid(gpu),
        "minor" => ask::<c_uint>(|minor| call!(nvml.nvmlDeviceGetMinorNumber(gpu, minor))),
        "mem" => {
            let mut info = nvmlMemory_t::default();
            let code = call!(nvml.nvmlDeviceGetMemoryInfo(gpu, &mut info));
            answer(code, format!("{{'total': {}, 'free': {}, 'used': {}}}", info.total, info.free, info.used))
        }
        "bar1" => {
            let mut info = nvmlBAR1Memory_t::default();
            let code = call!(nvml.nvmlDeviceGetBAR1MemoryInfo(gpu, &mut info));
            let nvmlBAR1Memory_t { bar1Total, bar1Free, bar1Used } = info;
            answer(code, format!("{{'bar1Total': {bar1Total}, 'bar1Free': {bar1Free}, 'bar1Used': {bar1Used}}}"))
        }
        "pci" => {
            let mut info = nvmlPciInfo_t::default();
            let code = call!(nvml.nvmlDeviceGetPciInfo_v3(gpu, &mut info));
            let nvmlPciInfo_t { busIdLegacy, domain, bus, device, pciDeviceId, pciSubSystemId, busId } = info;
            let (legacy, id) = (chars(&busIdLegacy), chars(&busId));
            let shown = format!(
                "{{'busIdLegacy': '{legacy}', 'domain': {domain}, 'bus': {bus}, 'device': {device}, \
                 'pciDeviceId': {pciDeviceId}, 'pciSubSystemId': {pciSubSystemId}, 'busId': '{id}'}}"
            );
            answer(code, shown)
        }
        "arch" => ask::<c_uint>(|arch| call!(nvml.nvmlDeviceGetArchitecture(gpu, arch))),
        "cc" => {
            let (mut major, mut minor) = (0, 0);
            let code = call!(nvml.nvmlDeviceGetCudaComputeCapability(gpu, &mut major, &mut minor));
            answer(code, format!("({major}, {minor})"))
        }
        "attrs" => {
            let mut attributes = nvmlDeviceAttributes_t::default();
            answer(call!(nvml.nvmlDeviceGetAttributes_v2(gpu, &mut attributes)), format!("{attributes:?}"))
        }
        "computemode" => ask::<c_uint>(|mode| call!(nvml.nvmlDeviceGetComputeMode(gpu, mode))),
        "migmode" => {
            let (mut current, mut pending) = (9, 9);
            let code = call!(nvml.nvmlDeviceGetMigMode(gpu, &mut current, &mut pending));
            answer(code, format!("[{current}, {pending}]"))
        }
        "maxmig" => ask::<c_uint>(|count| call!(nvml.nvmlDeviceGetMaxMigDeviceCount(gpu, count))),
        "ismig" => {
            number::<c_uint>(|is| call!(nvml.nvmlDeviceIsMigDeviceHandle(gpu, is))).map(|is| format!("c_uint({is})"))
        }
        "mig0" => nvml.mig_device(gpu, 0).map(|device| format!("{device:?}")),
        "giid" => ask::<c_uint>(|id| call!(nvml.nvmlDeviceGetGpuInstanceId(gpu, id))),
        "getGI" => {
            let mut instances = [ptr::null_mut(); 8];
            answer(
                call!(nvml.nvmlDeviceGetGpuInstances(gpu, 19, instances.as_mut_ptr(), &mut count)),
                count.to_string(),
            )
        }
        "giById" => {
            let mut instance = ptr::null_mut();
            answer(call!(nvml.nvmlDeviceGetGpuInstanceById(gpu, 0, &mut instance)), String::new())
        }
        "procs" => {
            processes(call!(nvml.nvmlDeviceGetComputeRunningProcesses_v3(gpu, &mut count, ptr::null_mut())), count)
        }
        "mpsprocs" => {
            processes(call!(nvml.nvmlDeviceGetMPSComputeRunningProcesses_v3(gpu, &mut count, ptr::null_mut())), count)
        }
        "gprocs" => {
            processes(call!(nvml.nvmlDeviceGetGraphicsRunningProcesses_v3(gpu, &mut count, ptr::null_mut())), count)
        }
        "byuuid bad" => find_uuid("GPU-00000000-0000-0000-0000-000000000000"),
        "byuuid MIG bad" => find_uuid("MIG-00000000-0000-0000-0000-000000000000"),
        "bypci bad" => {
            let mut device = ptr::null_mut();
            let code = call!(nvml.nvmlDeviceGetHandleByPciBusId_v2(c"00000000:FF:1F.0".as_ptr(), &mut device));
            answer(code, String::new())
        }
        "accounting" => ask::<c_uint>(|mode| call!(nvml.nvmlDeviceGetAccountingMode(gpu, mode))),
        "persist" => ask::<c_uint>(|mode| call!(nvml.nvmlDeviceGetPersistenceMode(gpu, mode))),
        "virt" => ask::<c_uint>(|mode| call!(nvml.nvmlDeviceGetVirtualizationMode(gpu, mode))),
        "util" => {
            let mut rates = nvmlUtilization_t { gpu: 9, memory: 9 };
            let code = call!(nvml.nvmlDeviceGetUtilizationRates(gpu, &mut rates));
            answer(code, format!("{{'gpu': {}, 'memory': {}}}", rates.gpu, rates.memory))
        }
        "cores" => ask::<c_uint>(|cores| call!(nvml.nvmlDeviceGetNumGpuCores(gpu, cores))),
        "brand" => ask::<c_uint>(|brand| call!(nvml.nvmlDeviceGetBrand(gpu, brand))),
        "board" => text(|buffer: *mut c_char, length| call!(nvml.nvmlDeviceGetBoardPartNumber(gpu, buffer, length))),
        other => panic!("the recording has a line that this test does not know: {other}"),
    };
    shown(found, nvml)
}

/// The head of the recording: versions and the number of GPUs.
fn head(nvml: &Nvml) -> [String; 2] {
    let driver = text(|buffer, length| call!(nvml.nvmlSystemGetDriverVersion(buffer, length))).unwrap();
    let library = text(|buffer, length| call!(nvml.nvmlSystemGetNVMLVersion(buffer, length))).unwrap();
    let cuda: i32 = number(|version| call!(nvml.nvmlSystemGetCudaDriverVersion_v2(version))).unwrap();
    let count: c_uint = number(|count| call!(nvml.nvmlDeviceGetCount_v2(count))).unwrap();
    [format!("driver {driver} nvml {library} cuda {cuda} pynvml"), format!("count {count}")]
}

#[test]
fn each_recorded_line_is_answered_as_the_real_driver_did() {
    let nvml = recorded_machine();
    let gpu = nvml.gpu(0);
    let mut lines = RECORDED.lines().filter(|line| !line.starts_with("## "));
    for expected in head(&nvml) {
        assert_eq!(lines.next(), Some(expected.as_str()));
    }
    // Durations come last: the simulator has none to match.
    let is_duration = |line: &&str| ["time ", "shutdown ms", "init ms"].iter().any(|start| line.starts_with(start));
    for line in lines.filter(|line| !is_duration(line)) {
        let (question, recorded) = line.split_once(" -> ").unwrap_or_else(|| panic!("no question and answer: {line}"));
        assert_eq!(asked(&nvml, gpu, question), recorded, "{question}");
    }
}
