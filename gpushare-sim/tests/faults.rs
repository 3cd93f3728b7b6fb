//! Faults from outside: what each does, how they are set, and what is no fault.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command as Child, Output};
use std::time::{Duration, Instant};

use gpushare_sim::{Fault, FaultAction, FaultTarget, Machine};
use gpushare_sys::*;
use support::{Nvml, call};

mod support;

const SPEC: &str = "2xA100-SXM4-40GB";

fn with_faults(faults: &str) -> Nvml {
    let nvml = Nvml::mig(SPEC);
    nvml.machine.set_faults(Fault::list(faults).unwrap()).unwrap();
    nvml
}

fn instances(nvml: &Nvml) -> usize {
    nvml.machine.state().unwrap().gpus()[0].all_gpu_instances().count()
}

#[test]
fn the_nth_call_returns_the_code_and_has_no_effect() {
    let nvml = with_faults("nvmlDeviceCreateGpuInstance#3=INSUFFICIENT_RESOURCES");
    let gpu = nvml.gpu(0);
    let codes: Vec<_> = (0..5).map(|_| nvml.create_gi(gpu, 19).err()).collect();
    assert_eq!(codes, [None, None, Some(NVML_ERROR_INSUFFICIENT_RESOURCES), None, None]);
    assert_eq!(instances(&nvml), 4);
}

#[test]
fn a_repeating_fault_strikes_from_the_nth_call_on_until_it_is_cleared() {
    let nvml = with_faults("nvmlDeviceCreateGpuInstance#2+=999");
    let gpu = nvml.gpu(0);
    let codes: Vec<_> = (0..3).map(|_| nvml.create_gi(gpu, 19).err()).collect();
    assert_eq!(codes, [None, Some(NVML_ERROR_UNKNOWN), Some(NVML_ERROR_UNKNOWN)]);
    nvml.machine.clear_faults().unwrap();
    assert!(nvml.create_gi(gpu, 19).is_ok());
    assert_eq!(instances(&nvml), 2);
}

#[test]
fn a_lost_answer_comes_after_the_effect() {
    let nvml = with_faults("nvmlGpuInstanceDestroy#1=done-then:GPU_IS_LOST");
    let gi = nvml.create_gi(nvml.gpu(0), 9).unwrap();
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(instances(&nvml), 0);
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_ERROR_INVALID_ARGUMENT, "it is gone");
}

#[test]
fn mutation_counts_the_calls_that_can_change_the_machine() {
    let nvml = with_faults("mutation#3=IN_USE");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    assert!(nvml.gi_info(gi).is_ok() && nvml.uuid(gpu).is_ok(), "not counted");
    nvml.create_ci(gi, 2).unwrap();
    assert_eq!(nvml.create_gi(gpu, 9).unwrap_err(), NVML_ERROR_IN_USE);
    assert!(nvml.create_gi(gpu, 9).is_ok());
}

#[test]
fn star_counts_every_call_and_a_prefix_those_that_begin_so() {
    let nvml = with_faults("*#2=NO_DATA; nvmlDeviceGetU*#2=TIMEOUT");
    let mut count = 0;
    assert_eq!(call!(nvml.nvmlDeviceGetCount_v2(&mut count)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlDeviceGetCount_v2(&mut count)), NVML_ERROR_NO_DATA);
    let gpu = nvml.gpu(0);
    assert!(nvml.uuid(gpu).is_ok() && nvml.name(gpu).is_ok());
    let mut rates = nvmlUtilization_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetUtilizationRates(gpu, &mut rates)), NVML_ERROR_TIMEOUT);
}

#[test]
fn functions_without_a_behaviour_and_the_beginning_and_end_of_use_can_fail_too() {
    let nvml =
        with_faults("nvmlDeviceGetFanSpeed_v2#1=NO_DATA; nvmlInit_v2#1=DRIVER_NOT_LOADED; nvmlShutdown#1=UNKNOWN");
    let (gpu, mut speed) = (nvml.gpu(0), 0);
    assert_eq!(call!(nvml.nvmlDeviceGetFanSpeed_v2(gpu, 0, &mut speed)), NVML_ERROR_NO_DATA);
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_ERROR_DRIVER_NOT_LOADED);
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_ERROR_UNKNOWN);
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_SUCCESS, "the failed calls did not count");
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_ERROR_UNINITIALIZED);
}

#[test]
fn a_sleep_delays_the_call_and_nothing_else() {
    let nvml = with_faults("nvmlDeviceGetName#1=sleep:30");
    let (gpu, start) = (nvml.gpu(0), Instant::now());
    assert_eq!(nvml.name(gpu).unwrap(), "NVIDIA A100-SXM4-40GB");
    assert!(start.elapsed() >= Duration::from_millis(30));
}

#[test]
fn of_two_codes_for_one_call_the_first_wins_and_other_faults_add_up() {
    let nvml = with_faults("mutation#1=IN_USE; nvmlDeviceC*#1=NO_PERMISSION; mutation#1=gpu-lost:1");
    let gpu = nvml.gpu(0);
    assert_eq!(nvml.create_gi(gpu, 19).unwrap_err(), NVML_ERROR_IN_USE);
    let mut lost = std::ptr::null_mut();
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByIndex_v2(1, &mut lost)), NVML_ERROR_GPU_IS_LOST);
}

#[test]
fn a_lost_gpu_answers_nothing_else_until_the_machine_reboots() {
    let nvml = with_faults("nvmlDeviceGetUUID#1=gpu-lost:0");
    let [first, second] = [nvml.gpu(0), nvml.gpu(1)];
    let gi = nvml.create_gi(first, 9).unwrap();
    let ci = nvml.create_ci(gi, 2).unwrap();
    let mig = nvml.mig_device(first, 0).unwrap();
    assert_eq!(nvml.uuid(first).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(nvml.name(mig).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(nvml.gi_info(gi).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(nvml.ci_info(ci).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(nvml.create_gi(first, 9).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    let mut speed = 0;
    assert_eq!(call!(nvml.nvmlDeviceGetFanSpeed(first, &mut speed)), NVML_ERROR_GPU_IS_LOST);
    let mut handle = std::ptr::null_mut();
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByIndex_v2(0, &mut handle)), NVML_ERROR_GPU_IS_LOST);
    assert!(nvml.uuid(second).is_ok(), "the other GPU is there");
    assert!(nvml.machine.reset(0).is_err(), "a reset does not bring it back");
    nvml.machine.reboot().unwrap();
    assert!(nvml.uuid(first).is_ok());
    assert_eq!(nvml.gi_info(gi).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT);
}

#[test]
fn a_gpu_can_be_lost_by_command_and_stays_lost() {
    let nvml = Nvml::mig(SPEC);
    let gpu = nvml.gpu(1);
    nvml.machine.lose_gpu(1).unwrap();
    nvml.machine.lose_gpu(1).unwrap();
    assert_eq!(nvml.uuid(gpu).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    let error = nvml.machine.lose_gpu(2).unwrap_err().to_string();
    assert!(error.ends_with("there is no GPU 2; the machine has 0 to 1"), "{error}");
}

#[test]
fn faults_tell_how_many_calls_they_counted() {
    let nvml = with_faults("mutation#1+=count; nvmlDeviceGetName#7=kill");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 19).unwrap();
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_SUCCESS);
    assert!(nvml.create_gi(gpu, 33).is_err() && nvml.name(gpu).is_ok());
    let states = nvml.machine.faults().unwrap();
    let counted: Vec<_> = states.iter().map(|state| (state.fault.to_string(), state.calls)).collect();
    assert_eq!(counted, [("mutation#1+=count".to_owned(), 3), ("nvmlDeviceGetName#7=kill".to_owned(), 1)]);
    nvml.machine.set_faults(states.into_iter().map(|state| state.fault)).unwrap();
    assert!(nvml.machine.faults().unwrap().iter().all(|state| state.calls == 0), "they count anew when set");
}

#[test]
fn the_way_to_the_control_table_is_not_struck() {
    let nvml = with_faults("*#1+=UNKNOWN; nvmlInternalGetExportTable#1+=UNKNOWN");
    // SAFETY: the type is the function's; both pointers are of live locals.
    unsafe {
        let get: unsafe extern "C" fn(*mut *const u8, *const [u8; 16]) -> nvmlReturn_t =
            nvml.function("nvmlInternalGetExportTable");
        let mut table = std::ptr::null();
        assert_eq!(get(&mut table, &gpushare_sim::CONTROL_TABLE), NVML_SUCCESS);
        assert_eq!(get(&mut table, &[0; 16]), NVML_ERROR_UNKNOWN);
    }
    nvml.machine.clear_faults().unwrap();
    nvml.gpu(0);
}

#[test]
fn the_text_of_a_fault_is_the_fault() {
    let symbol = |name: &str| FaultTarget::Symbol(name.to_owned());
    let once = |target, call, action| Fault { target, call, repeats: false, action };
    let cases = [
        ("*#1=kill", once(FaultTarget::Any, 1, FaultAction::Kill)),
        ("mutation#12=done-then:kill", once(FaultTarget::Mutation, 12, FaultAction::DoneThenKill)),
        ("nvmlInit_v2#1=IN_USE", once(symbol("nvmlInit_v2"), 1, FaultAction::Return(19))),
        ("nvmlInit#1=done-then:NOT_FOUND", once(symbol("nvmlInit"), 1, FaultAction::DoneThenReturn(6))),
        ("nvmlInit#1=4321", once(symbol("nvmlInit"), 1, FaultAction::Return(4321))),
        ("nvmlDev*#5=sleep:200", once(FaultTarget::Prefix("nvmlDev".into()), 5, FaultAction::Sleep(200))),
        ("*#9=gpu-lost:3", once(FaultTarget::Any, 9, FaultAction::LoseGpu(3))),
        ("*#1+=count", Fault { repeats: true, ..once(FaultTarget::Any, 1, FaultAction::Count) }),
    ];
    for (text, fault) in &cases {
        assert_eq!(text.parse().as_ref(), Ok(fault));
        assert_eq!(fault.to_string(), *text);
    }
    let text = cases.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(" ;; ") + " ; ";
    let faults: Vec<_> = cases.into_iter().map(|(_, fault)| fault).collect();
    assert_eq!(Fault::list(&text), Ok(faults), "empty parts are skipped");
    assert_eq!("nvmlInit#1=19".parse::<Fault>(), "nvmlInit # 1 = IN_USE".parse(), "a number is its code");
}

#[test]
fn what_is_no_fault_is_refused_with_the_bad_part_and_what_is_allowed() {
    let table = [
        ("mutation", "fault \"mutation\" lacks #: a fault is TARGET#N=ACTION"),
        ("mutation=kill", "fault \"mutation=kill\" lacks #"),
        ("mutation#2", "fault \"mutation#2\" lacks ="),
        ("mutation#0=kill", "fault call \"0\": allowed are the numbers from 1 on"),
        ("mutation#=kill", "fault call \"\": allowed"),
        ("mutation#+1=kill", "fault call \"+1\": allowed"),
        ("mutation#-1=kill", "fault call \"-1\": allowed"),
        ("mutation#1++=kill", "fault call \"1++\": allowed"),
        ("mutation#99999999999999999999=kill", "fault call \"99999999999999999999\": allowed"),
        ("mutations#1=kill", "fault target \"mutations\": allowed are the name of an NVML function"),
        ("#1=kill", "fault target \"\": allowed"),
        ("cuInit#1=kill", "fault target \"cuInit\": allowed"),
        ("nvml**#1=kill", "fault target \"nvml**\": allowed"),
        ("*nvml#1=kill", "fault target \"*nvml\": allowed"),
        ("*#1=", "fault action \"\": allowed are CODE, done-then:CODE, sleep:MILLISECONDS, kill"),
        ("*#1=in_use", "fault action \"in_use\": allowed are CODE"),
        ("*#1=NVML_ERROR_IN_USE", "one of SUCCESS, UNINITIALIZED, INVALID_ARGUMENT"),
        ("*#1=-1", "fault action \"-1\": allowed"),
        ("*#1=sleep", "fault action \"sleep\": allowed"),
        ("*#1=sleep:2s", "fault action \"sleep:2s\": allowed"),
        ("*#1=done-then:sleep:2", "fault action \"done-then:sleep:2\": allowed"),
        ("*#1=gpu-lost:x", "fault action \"gpu-lost:x\": allowed"),
        ("*#1=explode:1", "fault action \"explode:1\": allowed"),
    ];
    for (text, expected) in table {
        let error = Fault::list(&format!("*#1=kill;{text}")).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_fault_must_name_functions_that_the_driver_has() {
    let nvml = with_faults("mutation#1=IN_USE");
    for target in ["nvmlDeviceCreateGpuInstances", "nvmlDevicf*", "nvmlErrorString"] {
        let fault: Fault = format!("{target}#1=IN_USE").parse().unwrap();
        let error = nvml.machine.set_faults([fault]).unwrap_err().to_string();
        assert!(error.contains(&format!("{target:?} names no function that driver 580 has")), "{error}");
    }
    assert!(nvml.create_gi(nvml.gpu(0), 19).is_err(), "the faults that were set still are");
}

/// Not a test but what some of the tests below run: one step after the other on the machine whose library the environment names.
#[test]
fn child() {
    let Some(path) = std::env::var_os("GPUSHARE_SIM_TEST_CHILD") else { return };
    // SAFETY: the library is the simulator's, the functions have the header's types, and the pointers are of live locals.
    unsafe {
        let library = Library::open_path(path).unwrap();
        let nvml = library.symbols();
        let (mut gpu, mut gi) = (std::ptr::null_mut(), std::ptr::null_mut());
        println!("init {}", nvml.nvmlInit_v2.unwrap()());
        println!("handle {}", nvml.nvmlDeviceGetHandleByIndex_v2.unwrap()(0, &mut gpu));
        println!("create {}", nvml.nvmlDeviceCreateGpuInstance.unwrap()(gpu, 9, &mut gi));
        println!("destroy {}", nvml.nvmlGpuInstanceDestroy.unwrap()(gi));
    }
}

/// What the child printed, how it ended, and whether it left a GPU instance behind.
fn run_child(machine: &Machine, faults: &str) -> (Vec<String>, Output, bool) {
    let mut child = Child::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env("GPUSHARE_SIM_TEST_CHILD", machine.library_path());
    let output = child.env("GPUSHARE_SIM_FAULTS", faults).output().unwrap();
    let steps = ["init", "handle", "create", "destroy"];
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = printed.lines().map(|line| line.trim_start_matches("test child ... "));
    let lines = lines.filter(|line| steps.iter().any(|step| line.starts_with(step))).map(str::to_owned).collect();
    let left = machine.root().join("proc/driver/nvidia/capabilities/gpu0/mig/gi1").exists();
    (lines, output, left)
}

fn machine_in_mig_mode() -> Machine {
    let config = "[[gpu]]\nmodel = \"A100-SXM4-40GB\"\nmig = true\n";
    Machine::with_config(&gpushare_sim::MachineConfig::from_toml(config).unwrap()).unwrap()
}

#[test]
fn a_process_takes_faults_from_its_environment() {
    let (lines, output, _) =
        run_child(&machine_in_mig_mode(), "nvmlInit_v2#2=UNKNOWN; nvmlGpuInstanceDestroy#1=IN_USE");
    assert_eq!(lines, ["init 0", "handle 0", "create 0", "destroy 19"]);
    assert!(output.status.success());
}

#[test]
fn the_first_call_of_a_process_can_be_struck() {
    let (lines, ..) = run_child(&machine_in_mig_mode(), "*#1=LIB_RM_VERSION_MISMATCH");
    assert_eq!(lines, ["init 18", "handle 1", "create 1", "destroy 1"]);
}

#[test]
fn kill_ends_the_process_before_the_effect_or_after_it() {
    for (fault, survived, left) in [
        ("*#1=kill", 0, false),
        ("mutation#1=kill", 2, false),
        ("mutation#1=done-then:kill", 2, true),
        ("mutation#2=kill", 3, true),
        ("mutation#2=done-then:kill", 3, false),
    ] {
        let (lines, output, found) = run_child(&machine_in_mig_mode(), fault);
        assert_eq!(output.status.signal(), Some(9), "{fault}");
        assert_eq!((lines.len(), found), (survived, left), "{fault}: {lines:?}");
    }
}

#[test]
fn a_bad_environment_stops_the_driver_from_loading_and_says_why() {
    for (faults, expected) in [
        ("mutation#x=kill", "GPUSHARE_SIM_FAULTS: fault call \"x\""),
        ("nvmlNoSuchThing#1=kill", "GPUSHARE_SIM_FAULTS: fault target \"nvmlNoSuchThing\" names no function"),
    ] {
        let (lines, output, _) = run_child(&machine_in_mig_mode(), faults);
        assert_eq!(lines[0], "init 9", "{faults}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{said}");
    }
}
