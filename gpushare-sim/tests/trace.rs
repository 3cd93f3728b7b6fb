//! The trace of calls, what it says they cost, and how both are asked for.

use std::fs;
use std::process::{Command as Child, Output};
use std::time::{Duration, Instant};

use gpushare_sim::{CONTROL_TABLE, ControlTable, Fault, Machine, TracedCall};
use gpushare_sys::*;
use support::{Nvml, call};

mod support;

fn texts(calls: &[TracedCall]) -> Vec<String> {
    calls.iter().map(ToString::to_string).collect()
}

#[test]
fn a_walk_through_mig_is_traced_call_by_call() {
    let nvml = Nvml::cold("1xA100-SXM4-40GB");
    let ((), calls) = nvml
        .machine
        .trace(|| {
            call!(nvml.nvmlInitWithFlags(0));
            let gpu = nvml.gpu(0);
            nvml.set_mig(gpu, 1);
            let gi = nvml.create_gi(gpu, 5).unwrap();
            let ci = nvml.create_ci(gi, 3).unwrap();
            let mig = nvml.mig_device(gpu, 0).unwrap();
            let uuid = nvml.uuid(mig).unwrap();
            let text = std::ffi::CString::new(uuid).unwrap();
            let (mut found, mut second, mut events) =
                (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
            call!(nvml.nvmlDeviceGetHandleByUUID(text.as_ptr(), &mut found));
            let at = nvmlGpuInstancePlacement_t { start: 4, size: 2 };
            call!(nvml.nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 14, &at, &mut second));
            call!(nvml.nvmlDeviceCreateGpuInstance(std::ptr::null_mut(), 19, std::ptr::null_mut()));
            call!(nvml.nvmlEventSetCreate(&mut events));
            call!(nvml.nvmlDeviceRegisterEvents(gpu, 0x100, events));
            call!(nvml.nvmlDeviceGetFanSpeed(gpu, std::ptr::null_mut()));
            call!(nvml.nvmlComputeInstanceDestroy(ci));
            call!(nvml.nvmlComputeInstanceDestroy(ci));
            call!(nvml.nvmlGpuInstanceDestroy(std::ptr::without_provenance_mut(0x1234)));
            call!(nvml.nvmlShutdown());
        })
        .unwrap();
    let expected = [
        "nvmlInitWithFlags(0) = SUCCESS",
        "nvmlDeviceGetHandleByIndex_v2(0, out) = SUCCESS",
        "nvmlDeviceSetMigMode(gpu0, 1, out) = SUCCESS",
        "nvmlDeviceCreateGpuInstance(gpu0, 5, out) = SUCCESS",
        "nvmlGpuInstanceCreateComputeInstance(gpu0/gi2, 3, out) = SUCCESS",
        "nvmlDeviceGetMigDeviceHandleByIndex(gpu0, 0, out) = SUCCESS",
        "nvmlDeviceGetUUID(mig:gpu0/gi2/ci0, out, 128) = SUCCESS",
        "nvmlDeviceGetHandleByUUID(\"MIG-", // the UUID itself is not this test's
        "nvmlDeviceCreateGpuInstanceWithPlacement(gpu0, 14, 4:2, out) = SUCCESS",
        "nvmlDeviceCreateGpuInstance(NULL, 19, NULL) = INVALID_ARGUMENT",
        "nvmlEventSetCreate(out) = SUCCESS",
        "nvmlDeviceRegisterEvents(gpu0, 256, events1) = SUCCESS",
        "nvmlDeviceGetFanSpeed(gpu0, ...) = NOT_SUPPORTED",
        "nvmlComputeInstanceDestroy(gpu0/gi2/ci0) = SUCCESS",
        "nvmlComputeInstanceDestroy(gpu0/gi2/ci0) = INVALID_ARGUMENT",
        "nvmlGpuInstanceDestroy(0x1234) = INVALID_ARGUMENT",
        "nvmlShutdown() = SUCCESS",
    ];
    let mut found = texts(&calls);
    assert!(found[7].ends_with("\", out) = SUCCESS"), "{}", found[7]);
    found[7].truncate(expected[7].len());
    assert_eq!(found, expected);
    assert_eq!(calls[3].symbol, "nvmlDeviceCreateGpuInstance");
    assert_eq!(calls[3].arguments, ["gpu0", "5", "out"]);
    assert_eq!(calls[15].result, NVML_ERROR_INVALID_ARGUMENT);
}

#[test]
fn a_trace_holds_its_own_calls_only() {
    let nvml = Nvml::start("1xA30");
    let other = Nvml::start("1xA30");
    let (gpu, other_gpu) = (nvml.gpu(0), other.gpu(0));
    let (name, calls) = nvml.machine.trace(|| (nvml.name(gpu), other.name(other_gpu)).0).unwrap();
    assert_eq!(
        (name.unwrap(), texts(&calls)),
        ("NVIDIA A30".to_owned(), vec!["nvmlDeviceGetName(gpu0, out, 128) = SUCCESS".to_owned()])
    );
    nvml.name(gpu).unwrap();
    let ((), calls) = nvml.machine.trace(|| ()).unwrap();
    assert!(calls.is_empty(), "calls between traces are kept by none");
}

#[test]
fn the_trace_shows_what_the_caller_was_told() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    nvml.machine.set_faults(Fault::list("mutation#1=done-then:NO_DATA; nvmlDeviceGetName#1=4321").unwrap()).unwrap();
    let (_, calls) = nvml.machine.trace(|| (nvml.create_gi(gpu, 19).is_err(), nvml.name(gpu).is_err())).unwrap();
    let expected = ["nvmlDeviceCreateGpuInstance(gpu0, 19, out) = NO_DATA", "nvmlDeviceGetName(gpu0, out, 128) = 4321"];
    assert_eq!(texts(&calls), expected);
}

#[test]
fn calls_cost_what_was_recorded_on_an_h200() {
    let nvml = Nvml::cold("1xH200");
    let ((), calls) = nvml
        .machine
        .trace(|| {
            assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
            assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
            let (gpu, mut current, mut pending) = (nvml.gpu(0), 0, 0);
            assert_eq!(call!(nvml.nvmlDeviceGetMigMode(gpu, &mut current, &mut pending)), NVML_SUCCESS);
            let mut profile = nvmlGpuInstanceProfileInfo_t::default();
            assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceProfileInfo(gpu, 2, &mut profile)), NVML_SUCCESS);
            assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceProfileInfo(gpu, 5, &mut profile)), NVML_ERROR_NOT_SUPPORTED);
            nvml.set_mig(gpu, 1);
            assert_eq!(call!(nvml.nvmlShutdown()), NVML_SUCCESS);
            assert_eq!(call!(nvml.nvmlShutdown()), NVML_SUCCESS);
        })
        .unwrap();
    let costs: Vec<_> = calls.iter().map(|call| call.cost.map(|cost| cost.as_nanos())).collect();
    let expected = [2_146_900, 350, 290, 161_170, 495_590, 137_370, 0, 350, 9_063_400];
    let recorded = |cost: u128| (cost > 0).then_some(cost);
    assert_eq!(costs, expected.map(recorded), "the cost of a mode change was not recorded");
    assert_eq!(TracedCall::total_cost(&calls).as_nanos(), expected.iter().sum());
}

#[test]
fn charged_calls_take_their_time_and_no_others_do() {
    let nvml = Nvml::start("1xH200");
    let (gpu, mut current, mut pending) = (nvml.gpu(0), 0, 0);
    nvml.machine.set_charge(true).unwrap();
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(call!(nvml.nvmlDeviceGetMigMode(gpu, &mut current, &mut pending)), NVML_SUCCESS);
    }
    assert!(start.elapsed() >= Duration::from_nanos(161_170) * 20);
    nvml.machine.set_charge(false).unwrap();
}

/// The table that programs of any language use, as C does.
fn control(nvml: &Nvml, command: &str, room: usize) -> (i32, serde_json::Value) {
    let mut reply = vec![0_u8; room];
    let command = std::ffi::CString::new(command).unwrap();
    // SAFETY: the types are the functions', the pointers are of live locals, and the reply has the room that is stated.
    let code = unsafe {
        let get: unsafe extern "C" fn(*mut *const ControlTable, *const [u8; 16]) -> nvmlReturn_t =
            nvml.function("nvmlInternalGetExportTable");
        let mut table = std::ptr::null();
        assert_eq!(get(&mut table, &CONTROL_TABLE), NVML_SUCCESS);
        ((*table).control)(command.as_ptr(), reply.as_mut_ptr().cast(), room)
    };
    let end = reply.iter().position(|byte| *byte == 0).unwrap_or(0);
    (code, serde_json::from_slice(&reply[..end]).unwrap_or_default())
}

#[test]
fn c_and_python_ask_in_json() {
    let nvml = Nvml::mig("1xH200");
    let gpu = nvml.gpu(0);
    let ask = |command| control(&nvml, command, 4096);
    let refused = ask(r#"{"command": "take_trace"}"#);
    assert_eq!((refused.0, refused.1["error"].as_str()), (2, Some("no trace was started")));
    assert_eq!(ask(r#"{"command": "start_trace"}"#).0, 0);
    assert_eq!(ask(r#"{"command": "set_faults", "faults": ["mutation#2+=IN_USE"]}"#).0, 0);
    assert!(nvml.create_gi(gpu, 19).is_ok() && nvml.create_gi(gpu, 19).is_err());
    nvml.uuid(gpu).unwrap();
    let faults = serde_json::json!([{ "fault": "mutation#2+=IN_USE", "calls": 2 }]);
    assert_eq!(ask(r#"{"command": "faults"}"#).1["ok"], faults);
    let trace = serde_json::json!([
        { "symbol": "nvmlDeviceCreateGpuInstance", "arguments": ["gpu0", "19", "out"], "result": 0, "cost_ns": null },
        { "symbol": "nvmlDeviceCreateGpuInstance", "arguments": ["gpu0", "19", "out"], "result": 19, "cost_ns": null },
        { "symbol": "nvmlDeviceGetUUID", "arguments": ["gpu0", "out", "128"], "result": 0, "cost_ns": 260 },
    ]);
    let short = control(&nvml, r#"{"command": "take_trace"}"#, 64);
    assert_eq!(short.0 as nvmlReturn_t, NVML_ERROR_INSUFFICIENT_SIZE);
    assert_eq!(ask(r#"{"command": "take_trace"}"#).1["ok"], trace, "what did not fit is there to be asked for again");
    assert_eq!(ask(r#"{"command": "take_trace"}"#).1["ok"], serde_json::json!([]), "what was taken is gone");
    assert_eq!(ask(r#"{"command": "clear_faults"}"#).0, 0);
    assert!(nvml.create_gi(gpu, 19).is_ok());
    let bad = ask(r#"{"command": "set_faults", "faults": ["mutation#2=explode"]}"#);
    assert_eq!(bad.0, 2);
    assert!(bad.1["error"].as_str().unwrap().contains("fault action \"explode\": allowed are CODE"), "{}", bad.1);
    assert_eq!(ask(r#"{"command": "lose_gpu", "gpu": 0}"#).0, 0);
    assert_eq!(nvml.uuid(gpu).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
}

/// Not a test but what some of the tests below run: a few calls on the machine whose library the environment names.
#[test]
fn child() {
    let Some(path) = std::env::var_os("GPUSHARE_SIM_TEST_CHILD") else { return };
    let calls: usize = std::env::var("GPUSHARE_SIM_TEST_CALLS").unwrap().parse().unwrap();
    // SAFETY: the library is the simulator's, the functions have the header's types, and the pointer is of a live local.
    unsafe {
        let library = Library::open_path(path).unwrap();
        let nvml = library.symbols();
        println!("init {}", nvml.nvmlInit_v2.unwrap()());
        for index in 0..calls {
            nvml.nvmlDeviceGetHandleByIndex_v2.unwrap()(index as u32, &mut std::ptr::null_mut());
        }
    }
}

fn child_of(machine: &Machine, calls: usize, environment: &[(&str, &str)]) -> Child {
    let mut child = Child::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env("GPUSHARE_SIM_TEST_CHILD", machine.library_path());
    child.env("GPUSHARE_SIM_TEST_CALLS", calls.to_string()).envs(environment.iter().copied());
    child
}

fn run(machine: &Machine, calls: usize, environment: &[(&str, &str)]) -> Output {
    child_of(machine, calls, environment).output().unwrap()
}

#[test]
fn a_file_collects_the_lines_of_several_processes() {
    let machine = Machine::from_spec("1xA30").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace");
    fs::write(&file, "kept\n").unwrap();
    let environment = [("GPUSHARE_SIM_TRACE", file.to_str().unwrap())];
    let children: Vec<_> = (0..4).map(|_| child_of(&machine, 500, &environment).spawn().unwrap()).collect();
    let mut expected = Vec::new();
    for mut child in children {
        expected.push((child.id(), 501));
        assert!(child.wait().unwrap().success());
    }
    let text = fs::read_to_string(&file).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("kept"), "the file is appended to");
    let mut counts = std::collections::BTreeMap::new();
    for line in lines {
        let (pid, call) = line.split_once(' ').unwrap();
        let whole = call == "nvmlInit_v2() = SUCCESS"
            || call == "nvmlDeviceGetHandleByIndex_v2(0, out) = SUCCESS"
            || call.starts_with("nvmlDeviceGetHandleByIndex_v2(") && call.ends_with(", out) = INVALID_ARGUMENT");
        assert!(whole, "{line}");
        *counts.entry(pid.parse::<u32>().unwrap()).or_insert(0) += 1;
    }
    expected.sort();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_dash_stands_for_the_error_output_and_the_last_line_of_the_killed_says_so() {
    let machine = Machine::from_spec("1xA30").unwrap();
    let environment = [("GPUSHARE_SIM_TRACE", "-"), ("GPUSHARE_SIM_FAULTS", "*#3=kill")];
    let said = String::from_utf8(run(&machine, 5, &environment).stderr).unwrap();
    let calls: Vec<_> = said.lines().filter_map(|line| line.split_once(' ')).map(|(_, call)| call).collect();
    let expected = [
        "nvmlInit_v2() = SUCCESS",
        "nvmlDeviceGetHandleByIndex_v2(0, out) = SUCCESS",
        "nvmlDeviceGetHandleByIndex_v2(1, out) = killed",
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_bad_environment_stops_the_driver_from_loading_and_says_why() {
    let machine = Machine::from_spec("1xA30").unwrap();
    for (variable, value, expected) in [
        ("GPUSHARE_SIM_TRACE", "/nowhere/trace", "GPUSHARE_SIM_TRACE: /nowhere/trace: No such file"),
        ("GPUSHARE_SIM_CHARGE", "yes", "GPUSHARE_SIM_CHARGE is \"yes\"; allowed are 0 and 1"),
    ] {
        let output = run(&machine, 0, &[(variable, value)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{said}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("init 9"));
    }
    let output =
        run(&machine, 0, &[("GPUSHARE_SIM_CHARGE", "1"), ("GPUSHARE_SIM_TRACE", ""), ("GPUSHARE_SIM_FAULTS", "")]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("init 0"));
}
