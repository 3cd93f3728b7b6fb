//! One machine in several processes: what each sees of what the others do, and which machine it is.

use std::path::Path;
use std::process::Output;
use std::{fs, thread};

use gpushare_sim::engine::{Access, GpuConfig, Process, ProcessKind};
use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;
use state_support::{Client, Installed, ONE_SLICE, Talking, complaints, own_role, role, said, say, told_to_go_on};
use support::{Nvml, answer, call};

mod state_support;
mod support;

const MIG: &str = "[[gpu]]\nmodel = \"A100-SXM4-40GB\"\nmig = true\n";

fn shared(spec: &str) -> Machine {
    Machine::with_config_shared(&spec.parse::<MachineConfig>().unwrap()).unwrap()
}

fn created(machine: &Machine) -> String {
    said(&role(machine, "create").output().unwrap()).join(" ")
}

#[test]
fn a_shared_machine_is_one_for_all_processes_and_outlives_each() {
    let nvml = Nvml::of(Machine::start_shared().unwrap());
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    nvml.set_mig(nvml.gpu(0), 1);
    assert_eq!(created(&nvml.machine), "init 0 8 GPUs created 1");
    assert_eq!(nvml.machine.state().unwrap().gpus()[0].all_gpu_instances().count(), 1);
    nvml.create_gi(nvml.gpu(0), ONE_SLICE).unwrap();
    assert_eq!(created(&nvml.machine), "init 0 8 GPUs created 3");

    let own = Nvml::mig("1xA100-SXM4-40GB");
    assert_eq!(created(&own.machine), "init 0 1 GPUs refused 3", "this process's MIG mode is its own");
}

#[test]
fn the_control_interface_acts_on_the_shared_machine() {
    let machine = shared("1xA100-SXM4-40GB");
    let mut other = Talking::start(role(&machine, "count processes"));
    assert_eq!(other.hear().as_deref(), Some("0"));
    let process = Process {
        pid: 7,
        name: "trainer".into(),
        kind: ProcessKind::Compute,
        used_memory: Some(1 << 20),
        instance: None,
    };
    machine.add_process(0, process).unwrap();
    other.go_on();
    assert_eq!(other.hear().as_deref(), Some("1"));
    machine.remove_process(0, 7).unwrap();
    other.go_on();
    assert_eq!(other.hear().as_deref(), Some("0"));
    other.end();
}

#[test]
fn access_is_each_processs_own() {
    let machine = Machine::with_config_shared(&MachineConfig::from_toml(MIG).unwrap()).unwrap();
    machine.set_access(Access::Unprivileged).unwrap();
    assert_eq!(created(&machine), "init 0 1 GPUs created 1");
}

#[test]
fn an_event_set_delivers_what_another_process_did() {
    let machine = Machine::with_config_shared(&MachineConfig::from_toml(MIG).unwrap()).unwrap();
    let nvml = Nvml::of(machine);
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    let mut set = std::ptr::null_mut();
    assert_eq!(call!(nvml.nvmlEventSetCreate(&mut set)), NVML_SUCCESS);
    assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(nvml.gpu(0), nvmlEventMigConfigChange.into(), set)), NVML_SUCCESS);
    let set = set.addr();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut data = nvmlEventData_t::default();
            let set = std::ptr::without_provenance_mut(set);
            // Far longer than it takes: no event fails the test, a late one does not.
            let code = call!(nvml.nvmlEventSetWait_v2(set, &mut data, 60_000));
            answer(code, data.eventType)
        });
        assert_eq!(created(&nvml.machine), "init 0 1 GPUs created 1");
        assert_eq!(waiting.join().unwrap(), Ok(nvmlEventMigConfigChange.into()));
    });
}

#[test]
fn a_machine_that_is_replaced_is_replaced_for_all() {
    let machine = shared("1xA100-SXM4-40GB");
    let mut other = Talking::start(role(&machine, "name"));
    assert_eq!(other.hear().as_deref(), Some("1 A100"));
    machine.configure(MachineConfig::with_gpus(vec![GpuConfig::new("T4"), GpuConfig::new("T4")])).unwrap();
    other.go_on();
    assert_eq!(other.hear().as_deref(), Some("2 Tesla T4"));
    other.end();
    let mut later = Talking::start(role(&machine, "name"));
    assert_eq!(later.hear().as_deref(), Some("2 Tesla T4"));
}

/// Runs the role that creates an instance, with these variables.
fn create(installed: &Installed, variables: &[(&str, &str)]) -> Output {
    installed.role("create").envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn who_names_no_machine_gets_the_one_that_is_there() {
    let installed = Installed::new();
    let state = installed.path("state").display().to_string();
    let with = |machine: &str| create(&installed, &[("GPUSHARE_SIM_STATE", &state), ("GPUSHARE_SIM_MACHINE", machine)]);
    assert_eq!(said(&with("2xA30")), ["init 0", "2 GPUs", "refused 3"]);
    assert_eq!(said(&with("")), ["init 0", "2 GPUs", "refused 3"]);
    assert_eq!(said(&with("1xA30+1xA30")), ["init 0", "2 GPUs", "refused 3"], "the same in other words");

    let other = with("3xT4");
    assert_eq!(said(&other), ["init 9"]);
    let complaints = complaints(&other);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    for word in [state.as_str(), "2xA30", "3xT4", "GPUSHARE_SIM_MACHINE"] {
        assert!(complaints[0].contains(word), "{complaints:?} without {word}");
    }
}

#[test]
fn machines_that_differ_in_one_detail_are_told_apart() {
    let installed = Installed::described(&format!("state = \"state\"\n{MIG}"));
    assert_eq!(said(&create(&installed, &[]))[0], "init 0");
    fs::write(installed.path("machine.toml"), format!("state = \"state\"\n{MIG}serial = \"4711\"\n")).unwrap();
    let output = create(&installed, &[]);
    assert_eq!(said(&output), ["init 9"]);
    let complaints = complaints(&output);
    assert!(complaints.len() == 1 && complaints[0].contains("4711"), "{complaints:?}");
}

#[test]
fn the_first_process_says_where_the_machine_shows_its_files() {
    let installed = Installed::described(&format!("state = \"state\"\n{MIG}"));
    let root = installed.path("first").display().to_string();
    assert_eq!(said(&create(&installed, &[("GPUSHARE_SIM_ROOT", &root)]))[0], "init 0");
    // Who says nothing of it shows them there as well.
    assert_eq!(said(&create(&installed, &[])), ["init 0", "1 GPUs", "created 2"]);
    assert_eq!(instances(Path::new(&root)), 2);
    let output = create(&installed, &[("GPUSHARE_SIM_ROOT", "/elsewhere")]);
    assert_eq!(said(&output), ["init 9"]);
    let complaints = complaints(&output);
    assert!(complaints[0].contains(&root) && complaints[0].contains("/elsewhere"), "{complaints:?}");
}

/// How many GPU instances the files show for the first GPU.
fn instances(root: &Path) -> usize {
    fs::read_dir(root.join("proc/driver/nvidia/capabilities/gpu0/mig")).unwrap().count()
}

#[test]
fn a_file_beside_the_library_is_enough_to_share_a_machine() {
    let installed = Installed::described(&format!("state = \"state\"\n{MIG}"));
    for listed in 1..=3 {
        // As `sudo` and `env -i` do.
        let mut command = installed.role("create");
        let kept: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        command.env_clear().envs(kept.into_iter().filter_map(|(name, value)| Some((name, value?))));
        assert_eq!(said(&command.output().unwrap()), ["init 0", "1 GPUs", &format!("created {listed}")]);
    }
}

#[test]
fn the_files_show_what_any_process_did() {
    let nvml = Nvml::of(Machine::with_config_shared(&MachineConfig::from_toml(MIG).unwrap()).unwrap());
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    let root = nvml.machine.root();
    assert_eq!(instances(&root), 0);
    assert_eq!(created(&nvml.machine), "init 0 1 GPUs created 1");
    assert_eq!(instances(&root), 1);
    nvml.create_gi(nvml.gpu(0), ONE_SLICE).unwrap();
    assert_eq!(instances(&root), 2);
    nvml.machine.reboot().unwrap();
    assert_eq!(instances(&root), 0);
}

#[test]
fn instances_of_the_same_id_show_the_same_files_again() {
    let nvml = Nvml::of(Machine::with_config_shared(&MachineConfig::from_toml(MIG).unwrap()).unwrap());
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    let mig = nvml.machine.root().join("proc/driver/nvidia/capabilities/gpu0/mig");
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    for _ in 0..3 {
        let gi = nvml.create_gi(nvml.gpu(0), ONE_SLICE).unwrap();
        assert_eq!(names(&mig), ["gi9"]);
        assert_eq!(names(&mig.join("gi9")), ["access"], "no compute instance of an earlier one is shown");
        let ci = nvml.create_ci(gi, 0).unwrap();
        assert_eq!(names(&mig.join("gi9")), ["access", "ci0"]);
        let access = fs::read_to_string(mig.join("gi9/ci0/access")).unwrap();
        assert_eq!(access, "DeviceFileMinor: 85\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
        // Both end at once in a reset, one after the other otherwise.
        if nvml.machine.state().unwrap().gpus()[0].config_generation() > 2 {
            nvml.machine.reset(0).unwrap();
        } else {
            assert_eq!(call!(nvml.nvmlComputeInstanceDestroy(ci)), NVML_SUCCESS);
            assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_SUCCESS);
        }
        assert!(names(&mig).is_empty());
    }
}

#[test]
fn files_that_someone_removed_come_back() {
    let nvml = Nvml::of(Machine::with_config_shared(&MachineConfig::from_toml(MIG).unwrap()).unwrap());
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    nvml.create_gi(nvml.gpu(0), ONE_SLICE).unwrap();
    fs::remove_dir_all(nvml.machine.root()).unwrap();
    nvml.create_gi(nvml.gpu(0), ONE_SLICE).unwrap();
    assert_eq!(instances(&nvml.machine.root()), 2);
}

#[test]
fn the_files_of_an_unshared_machine_are_those_of_the_first_living_process() {
    let installed = Installed::described(&format!("root = \"root\"\n{MIG}"));
    let root = installed.path("root");
    let mut first = Talking::start(installed.role("create when told"));
    assert_eq!(first.hear().as_deref(), Some("created 1"));
    assert_eq!(instances(&root), 1);
    // Another process has a machine of its own, which it shows to no one.
    let mut second = Talking::start(installed.role("create when told"));
    assert_eq!(second.hear().as_deref(), Some("created 1"));
    second.go_on();
    assert_eq!(second.hear().as_deref(), Some("created 2"));
    assert_eq!(instances(&root), 1);
    first.go_on();
    assert_eq!(first.hear().as_deref(), Some("created 2"));
    assert_eq!(instances(&root), 2);
    // Once the first has ended, however it did, the next one's are shown.
    first.kill();
    drop(first);
    let mut third = Talking::start(installed.role("create when told"));
    assert_eq!(third.hear().as_deref(), Some("created 1"));
    assert_eq!(instances(&root), 1);
}

/// Not a test but what the tests above run in processes of their own.
#[test]
fn child() {
    let Some(role) = own_role() else { return };
    let client = Client::cold();
    let code = call!(client.nvmlInit_v2());
    let create = || match client.create(0, ONE_SLICE) {
        Ok(_) => format!("created {}", client.list(0, ONE_SLICE).unwrap().len()),
        Err(code) => format!("refused {code}"),
    };
    match role.as_str() {
        "create" => {
            say!("init {code}");
            if code == NVML_SUCCESS {
                say!("{} GPUs", client.count().unwrap());
                say!("{}", create());
            }
        }
        "create when told" => {
            say!("{}", create());
            while told_to_go_on() {
                say!("{}", create());
            }
        }
        "count processes" => loop {
            let mut count = 0;
            let list = std::ptr::null_mut();
            let code = call!(client.nvmlDeviceGetComputeRunningProcesses_v3(client.gpu(0), &mut count, list));
            assert!([NVML_SUCCESS, NVML_ERROR_INSUFFICIENT_SIZE].contains(&code));
            say!("{count}");
            if !told_to_go_on() {
                break;
            }
        },
        "name" => loop {
            let name = support::text(|buffer, length| call!(client.nvmlDeviceGetName(client.gpu(0), buffer, length)));
            let name = name.unwrap().replace("NVIDIA ", "");
            say!("{} {}", client.count().unwrap(), name.split('-').next().unwrap());
            if !told_to_go_on() {
                break;
            }
        },
        _ => {}
    }
}
