//! The machine behind the library: its isolation, its configuration, its files and its control interface.

use std::fs;
use std::path::Path;
use std::process::{Command as Child, Output};

use gpushare_sim::engine::{GpuConfig, Process, ProcessKind};
use gpushare_sim::{Command, Machine, MachineConfig, StartError};
use gpushare_sys::*;
use support::{Nvml, call};

mod support;

#[test]
fn machines_in_one_process_are_isolated() {
    let [first, second] = [Nvml::mig("1xA100-SXM4-40GB"), Nvml::mig("2xA100-SXM4-40GB")];
    first.create_gi(first.gpu(0), 9).unwrap();
    assert_eq!(first.machine.state().unwrap().gpus()[0].all_gpu_instances().count(), 1);
    assert_eq!(second.machine.state().unwrap().gpus()[0].all_gpu_instances().count(), 0);
    assert_eq!(second.machine.state().unwrap().gpus().len(), 2);
    assert_eq!(call!(first.nvmlShutdown()), NVML_SUCCESS);
    let mut count = 0;
    assert_eq!(call!(first.nvmlDeviceGetCount_v2(&mut count)), NVML_ERROR_UNINITIALIZED);
    assert_eq!(call!(second.nvmlDeviceGetCount_v2(&mut count)), NVML_SUCCESS);
}

#[test]
fn every_opening_of_a_machines_library_is_the_same_machine() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let library = nvml.machine.library().unwrap();
    let mut gi = std::ptr::null_mut();
    // SAFETY: the types are the header's; the handle is of this library; the pointer is of a live local.
    unsafe {
        assert_eq!(library.symbols().nvmlDeviceCreateGpuInstance.unwrap()(gpu, 19, &mut gi), NVML_SUCCESS);
    }
    drop(library);
    assert_eq!(nvml.gi_info(gi).unwrap().profileId, 19);
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(nvml.gi_info(gi).unwrap().profileId, 19, "instances outlive nvmlShutdown");
}

#[test]
fn a_library_outlives_its_machines_files() {
    let machine = Machine::start().unwrap();
    let (folder, library) = (machine.root().parent().unwrap().to_owned(), machine.library().unwrap());
    assert!(folder.exists());
    drop(machine);
    assert!(!folder.exists());
    // SAFETY: the types are the header's.
    unsafe {
        assert_eq!(library.symbols().nvmlInit_v2.unwrap()(), NVML_SUCCESS);
        assert_eq!(library.symbols().nvmlShutdown.unwrap()(), NVML_SUCCESS);
    }
}

/// Everything below a folder, as paths from it.
fn listing(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, base: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(base).unwrap().display().to_string());
            if path.is_dir() {
                walk(&path, base, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

#[test]
fn the_files_follow_the_machine() {
    let nvml = Nvml::cold("1xA100-SXM4-40GB");
    let root = nvml.machine.root();
    assert!(!root.exists(), "nothing is there before nvmlInit");
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    let capabilities = root.join("proc/driver/nvidia/capabilities");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let at_first = ["fabric-imex-mgmt", "gpu0", "gpu0/mig", "mig", "mig/config", "mig/monitor"];
    assert_eq!(listing(&capabilities), at_first);
    assert_eq!(read("proc/driver/nvidia-caps/mig-minors").lines().count(), 4322);
    assert_eq!(
        read("proc/driver/nvidia/capabilities/mig/config"),
        "DeviceFileMinor: 1\nDeviceFileMode: 256\nDeviceFileModify: 1\n"
    );
    assert_eq!(
        read("proc/devices").split("\n\n").next().unwrap().lines().skip(2).collect::<Vec<_>>(),
        ["195 nvidia", "195 nvidiactl", "242 nvidia-caps", "511 nvidia-uvm"]
    );
    let nodes = ["dev/nvidia0", "dev/nvidiactl", "dev/nvidia-uvm", "dev/nvidia-uvm-tools"].map(read);
    assert_eq!(nodes, ["195:0\n", "195:255\n", "511:0\n", "511:1\n"]);

    let gpu = nvml.gpu(0);
    nvml.set_mig(gpu, 1);
    let gi = nvml.create_gi(gpu, 5).unwrap();
    assert!(read("proc/driver/nvidia/capabilities/gpu0/mig/gi2/access").starts_with("DeviceFileMinor: 21\n"));
    assert_eq!(read("dev/nvidia-caps/nvidia-cap21"), "242:21\n");
    let ci = nvml.create_ci(gi, 3).unwrap();
    assert!(read("proc/driver/nvidia/capabilities/gpu0/mig/gi2/ci0/access").starts_with("DeviceFileMinor: 22\n"));

    assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(ci)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_SUCCESS);
    assert_eq!(listing(&capabilities), at_first);
    let stale = ["nvidia-cap0", "nvidia-cap1", "nvidia-cap2", "nvidia-cap21", "nvidia-cap22"];
    assert_eq!(listing(&root.join("dev/nvidia-caps")), stale, "nodes of what is gone stay");

    nvml.create_gi(gpu, 5).unwrap();
    nvml.machine.reboot().unwrap();
    assert_eq!(listing(&capabilities), at_first);
}

#[test]
fn a_machine_is_configured_before_init_alone() {
    let nvml = Nvml::start("1xA100-SXM4-40GB");
    let other = MachineConfig::with_gpus(vec![GpuConfig::new("T4"), GpuConfig::new("T4")]);
    let refusal = nvml.machine.configure(other.clone()).unwrap_err();
    assert!(refusal.to_string().contains("nvmlInit"), "{refusal}");
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_SUCCESS);
    nvml.machine.configure(other).unwrap();
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(nvml.name(nvml.gpu(1)).unwrap(), "Tesla T4");
    assert_eq!(
        listing(&nvml.machine.root().join("proc/driver/nvidia/capabilities"))
            .iter()
            .filter(|path| path.ends_with("/mig"))
            .count(),
        2
    );
}

#[test]
fn the_control_interface_refuses_in_words() {
    let machine = Machine::from_spec("1xA100-SXM4-40GB").unwrap();
    let process =
        Process { pid: 1, name: "p".into(), kind: ProcessKind::Compute, used_memory: Some(0), instance: None };
    for (command, words) in [
        (Command::Reset { gpu: 9 }, "invalid argument"),
        (Command::RemoveProcess { gpu: 0, pid: 1 }, "not found"),
        (
            Command::AddProcess { gpu: 0, process: Process { used_memory: Some(u64::MAX / 2), ..process.clone() } },
            "memory",
        ),
        (Command::AddProcess { gpu: 0, process: Process { instance: Some((1, 0)), ..process } }, "invalid argument"),
    ] {
        let refusal = machine.control(&command).unwrap_err().to_string();
        assert!(refusal.contains(words), "{command:?}: {refusal}");
    }
    assert_eq!(serde_json::to_string(&Command::Reset { gpu: 0 }).unwrap(), r#"{"command":"reset","gpu":0}"#);
    assert_eq!(machine.control(&Command::State).unwrap()["access"], "admin");
}

#[test]
fn what_cannot_start_says_why() {
    let unknown = Machine::from_spec("1xA101").unwrap_err();
    assert!(matches!(unknown, StartError::Config(_)), "{unknown}");
    assert!(unknown.to_string().contains("A101") && unknown.to_string().contains("A100-SXM4-40GB"), "{unknown}");
    assert!(matches!(Machine::from_spec("").unwrap_err(), StartError::Config(_)));
}

/// Runs this test program's [`child`] alone, in a process and an environment of its own.
fn run_child(library: &Path, environment: &[(&str, &str)]) -> Output {
    let mut child = Child::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env("GPUSHARE_SIM_TEST_CHILD", library);
    child.env_remove("GPUSHARE_SIM_MACHINE").env_remove("GPUSHARE_SIM_ROOT").envs(environment.iter().copied());
    child.output().unwrap()
}

/// Not a test but what some of the tests below run: initialises the library that the environment names and shows its GPUs.
#[test]
fn child() {
    let Some(path) = std::env::var_os("GPUSHARE_SIM_TEST_CHILD") else { return };
    // SAFETY: the library is the simulator's, and the functions have the header's types.
    unsafe {
        let library = Library::open_path(path).unwrap();
        let code = library.symbols().nvmlInit_v2.unwrap()();
        let mut count = 0;
        library.symbols().nvmlDeviceGetCount_v2.unwrap()(&mut count);
        println!("init {code} count {count}");
    }
}

/// A copy of the library without a configuration beside it.
fn bare_library() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libnvidia-ml.so.1");
    fs::copy(Machine::start().unwrap().library_path(), &library).unwrap();
    (folder, library)
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_environment_describes_the_machine_where_no_file_does() {
    let (folder, library) = bare_library();
    assert!(printed(&run_child(&library, &[])).contains("init 0 count 8"));
    let spec = [("GPUSHARE_SIM_MACHINE", "2xT4+1xH200")];
    assert!(printed(&run_child(&library, &spec)).contains("init 0 count 3"));

    let file = folder.path().join("other.toml");
    fs::write(&file, "root = \"tree\"\n[[gpu]]\nmodel = \"T4\"\n[[gpu]]\nmodel = \"T4\"\n").unwrap();
    assert!(
        printed(&run_child(&library, &[("GPUSHARE_SIM_MACHINE", file.to_str().unwrap())])).contains("init 0 count 2")
    );
    assert!(
        folder.path().join("tree/proc/driver/nvidia-caps/mig-minors").exists(),
        "a path in the file is seen from the file"
    );

    fs::write(folder.path().join("machine.toml"), "[[gpu]]\nmodel = \"H200\"\n").unwrap();
    let root = folder.path().join("by-variable");
    let both = [("GPUSHARE_SIM_MACHINE", "2xT4"), ("GPUSHARE_SIM_ROOT", root.to_str().unwrap())];
    assert!(printed(&run_child(&library, &both)).contains("init 0 count 1"), "the file beside the library comes first");
    assert!(root.join("dev/nvidia-caps/nvidia-cap1").exists());
}

#[test]
fn a_broken_description_is_no_driver_and_one_line_names_it() {
    let (folder, library) = bare_library();
    let toml = folder.path().join("machine.toml");
    for (text, variable, named) in [
        ("", "2xA101", "A101"),
        ("", "A100-SXM4-40GB", "A100-SXM4-40GB"),
        ("", "/nowhere/machine.toml", "/nowhere/machine.toml"),
        ("[[gpu]]\nmodel = \"A101\"\n", "", "A101"),
        ("[[gpu]]\nmodel = \"T4\"\nmig = true\n", "", "T4"),
        ("[[gpu]]\nmodell = \"T4\"\n", "", "modell"),
        ("root = 7\n[[gpu]]\nmodel = \"T4\"\n", "", "root = 7"),
        ("[[gpu]\n", "", "machine.toml"),
    ] {
        if text.is_empty() {
            fs::remove_file(&toml).ok();
        } else {
            fs::write(&toml, text).unwrap();
        }
        let output = run_child(&library, &[("GPUSHARE_SIM_MACHINE", variable)]);
        assert!(printed(&output).contains("init 9 count 0"), "{named}: {}", printed(&output));
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines: Vec<_> = errors.lines().filter(|line| line.starts_with("gpushare-sim: ")).collect();
        assert_eq!(lines.len(), 1, "{errors}");
        assert!(lines[0].contains(named), "{errors}");
    }
}

#[test]
fn a_child_process_finds_the_machine_by_its_environment() {
    let machine = Machine::from_spec("3xA30").unwrap();
    let mut child = Child::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "child", "--nocapture"])
        .env("GPUSHARE_SIM_TEST_CHILD", "libnvidia-ml.so.1")
        .envs(machine.environment());
    assert!(printed(&child.output().unwrap()).contains("init 0 count 3"));
}
