//! What a program hears when there is no NVML, when it lacks functions, and when it cannot start.

use std::env;
use std::error::Error;
use std::ffi::c_uint;
use std::process::Command;

use gpushare::sys::{Library, NVML_ERROR_DRIVER_NOT_LOADED, Symbol, Symbols, nvmlReturn_t};
use gpushare::{ErrorKind, Nvml, NvmlReturn};
use gpushare_sim::Machine;
use gpushare_sim::engine::{Process, ProcessKind};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[test]
fn a_path_that_leads_nowhere_is_named_with_the_loaders_words() {
    // SAFETY: there is no such library to load.
    let error = unsafe { Library::open_path("/nonexistent/libnvidia-ml.so.1") }.unwrap_err();
    assert_eq!(error.tried.len(), 1);
    assert_eq!(error.tried[0].path.to_str(), Some("/nonexistent/libnvidia-ml.so.1"));
    assert!(error.tried[0].reason.contains("No such file or directory"), "{}", error.tried[0].reason);
    let error = gpushare::Error::from(error);
    assert_eq!(error.kind(), ErrorKind::NoDriver);
    let text = error.to_string();
    assert!(text.starts_with("no NVML library could be loaded; tried /nonexistent/libnvidia-ml.so.1 ("), "{text}");
}

/// What `Nvml::load` says in a process of its own, whose environment can be chosen.
fn load_with(variables: &[(&str, &str)]) -> Outcome<String> {
    let mut child = Command::new(env::current_exe()?);
    child.args(["--exact", "load_in_a_child", "--nocapture", "--include-ignored"]);
    child.env_remove("LD_LIBRARY_PATH").env_remove("GPUSHARE_NVML_LIBRARY").env("GPUSHARE_TEST_CHILD", "1");
    let output = child.envs(variables.iter().copied()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let said =
        text.lines().find_map(|line| line.split_once("LOAD ")).ok_or_else(|| format!("the child said {text}"))?;
    Ok(said.1.to_owned())
}

#[test]
#[ignore = "a child process of the tests below"]
fn load_in_a_child() {
    if env::var_os("GPUSHARE_TEST_CHILD").is_some() {
        match Nvml::load() {
            Ok(nvml) => println!("LOAD ok {}", nvml.driver_version().unwrap_or_default()),
            Err(error) => println!("LOAD {:?} {error}", error.kind()),
        }
    }
}

#[test]
fn the_variable_names_the_library() -> Outcome {
    let machine = Machine::start()?;
    let path = machine.library_path();
    let path = path.to_str().ok_or("a UTF-8 path")?;
    assert_eq!(load_with(&[("GPUSHARE_NVML_LIBRARY", path)])?, "ok 580.126.09");
    Ok(())
}

#[test]
fn the_loaders_path_leads_to_the_library() -> Outcome {
    let machine = Machine::start()?;
    let path = machine.library_path();
    let folder = path.parent().and_then(|folder| folder.to_str()).ok_or("a UTF-8 path")?;
    assert_eq!(load_with(&[("LD_LIBRARY_PATH", folder)])?, "ok 580.126.09");
    Ok(())
}

#[test]
fn a_mistyped_variable_never_ends_on_another_library() -> Outcome {
    let machine = Machine::start()?;
    let path = machine.library_path();
    let folder = path.parent().and_then(|folder| folder.to_str()).ok_or("a UTF-8 path")?;
    let said = load_with(&[("LD_LIBRARY_PATH", folder), ("GPUSHARE_NVML_LIBRARY", "/mistyped/libnvidia-ml.so.1")])?;
    assert!(
        said.starts_with("NoDriver no NVML library could be loaded; tried /mistyped/libnvidia-ml.so.1 ("),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_library_with_half_the_symbols_fails_by_the_call() -> Outcome {
    let machine = Machine::start()?;
    let whole = machine.library()?;
    let mut symbols = *whole.symbols();
    // What a driver of the R450 branch lacks, and then some.
    symbols.nvmlInitWithFlags = None;
    symbols.nvmlDeviceGetMemoryInfo_v2 = None;
    symbols.nvmlDeviceGetGpuInstanceProfileInfoV = None;
    symbols.nvmlGpuInstanceGetComputeInstanceProfileInfoV = None;
    symbols.nvmlDeviceGetGpuInstancePossiblePlacements_v2 = None;
    symbols.nvmlDeviceGetComputeRunningProcesses_v3 = None;
    symbols.nvmlDeviceGetComputeRunningProcesses_v2 = None;
    symbols.nvmlDeviceGetGraphicsRunningProcesses_v3 = None;
    symbols.nvmlDeviceGetGraphicsRunningProcesses_v2 = None;
    symbols.nvmlDeviceGetMPSComputeRunningProcesses_v3 = None;
    symbols.nvmlDeviceGetMPSComputeRunningProcesses_v2 = None;
    symbols.nvmlDeviceGetMPSComputeRunningProcesses = None;
    symbols.nvmlDeviceGetPciInfo_v3 = None;
    symbols.nvmlComputeInstanceGetInfo_v2 = None;
    symbols.nvmlDeviceGetMigMode = None;
    symbols.nvmlDeviceGetArchitecture = None;
    // SAFETY: the functions are those of `whole`, which outlives the session.
    let half = unsafe { Library::from_symbols(symbols) };
    let nvml = Nvml::builder().library(half).root(machine.root()).procfs(machine.root().join("proc")).init()?;
    assert!(!nvml.supports(Symbol::nvmlDeviceGetMigMode));
    assert!(nvml.supports(Symbol::nvmlDeviceSetMigMode));
    let gpu = nvml.gpu(0)?;
    let error = gpu.mig_mode().unwrap_err();
    assert_eq!(error.to_string(), "this driver's NVML has no nvmlDeviceGetMigMode");
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert_eq!(gpu.architecture().unwrap_err().kind(), ErrorKind::NotSupported);
    // The older names serve where there are any.
    assert_eq!(gpu.pci_address()?.to_string(), "00000000:10:1C.0");
    let memory = gpu.memory()?;
    assert_eq!((memory.total.to_mib().0, memory.reserved), (40960, None));
    // The change takes effect, but the mode that would prove it cannot be read.
    assert_eq!(gpu.set_mig_mode(true).unwrap_err().kind(), ErrorKind::NotSupported);
    let names: Vec<_> = gpu.gpu_instance_profiles()?.iter().map(|profile| profile.name.to_string()).collect();
    assert_eq!(names, ["1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb", "1g.5gb+me", "1g.10gb"]);
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
    let names: Vec<_> = gi.compute_instance_profiles()?.iter().map(|profile| profile.name.to_string()).collect();
    assert_eq!(names, ["1c.2g.10gb", "2g.10gb"]);
    let ci = gi.create_default_compute_instance()?;
    assert_eq!(ci.placement().size, 0, "the first version does not tell it");
    assert_eq!(ci.mig_device()?.name()?, "2g.10gb");
    // Two, so that the smaller structs of the first version must be taken apart in the right order.
    for pid in [11, 22] {
        let instance = Some((gi.id().0, ci.id().0));
        let kind = ProcessKind::Compute;
        machine.add_process(0, Process { pid, name: "worker".into(), kind, used_memory: Some(1 << 20), instance })?;
    }
    let ci_id = ci.id();
    let failed = ci.destroy().unwrap_err();
    assert!(failed.to_string().ends_with("is in use by process 11 (worker), process 22 (worker)"), "{failed}");
    // The structs of the first version know no instances, but each MIG device has lists of its own.
    let worker = |pid, kind| Process { pid, name: "worker".into(), kind, used_memory: None, instance: None };
    machine.add_process(0, worker(33, ProcessKind::Graphics))?;
    let places =
        gpu.processes()?.into_iter().map(|process| (process.pid, process.gpu_instance, process.compute_instance));
    let there = (Some(gi.id()), Some(ci_id));
    assert_eq!(places.collect::<Vec<_>>(), [(11, there.0, there.1), (22, there.0, there.1), (33, None, None)]);
    Ok(())
}

#[test]
fn a_library_without_any_symbol_cannot_be_initialised() {
    // SAFETY: there is no function in it.
    let empty = unsafe { Library::from_symbols(Symbols::default()) };
    let error = Nvml::builder().library(empty).init().unwrap_err();
    assert_eq!(error.to_string(), "this driver's NVML has no nvmlInit_v2");
}

#[test]
fn a_library_that_fails_at_init_says_why() {
    unsafe extern "C" fn refuse(_flags: c_uint) -> nvmlReturn_t {
        NVML_ERROR_DRIVER_NOT_LOADED
    }
    // SAFETY: the function has the type of nvmlInitWithFlags and answers one of its codes.
    let library = unsafe { Library::from_symbols(Symbols { nvmlInitWithFlags: Some(refuse), ..Default::default() }) };
    let error = Nvml::builder().library(library).init().unwrap_err();
    assert_eq!(error.nvml_return(), Some(NvmlReturn::DRIVER_NOT_LOADED));
    assert_eq!(error.kind(), ErrorKind::NoDriver);
    assert_eq!(
        error.to_string(),
        "nvmlInitWithFlags on NVML: the NVIDIA kernel driver is not loaded (NVML_ERROR_DRIVER_NOT_LOADED, 9)"
    );
}
