//! Clients and the servers that serve them, on the simulated machine alone: NVIDIA's need a GPU.

use std::ptr;
use std::time::Instant;

use gpushare_sim::engine::{GpuConfig, ProcessKind};
use gpushare_sim::mps::Programs;
use gpushare_sim::{Machine, MachineConfig};
use mps_support::{Daemon, Program, Running, Site, kill, runs, until};

mod mps_support;

const MIB: u64 = 1 << 20;

/// A machine that processes share, and a daemon on it.
struct Shared {
    daemon: Daemon,
    machine: Machine,
}

const RECORDED: &str = "GPU-e61f5488-0846-50c7-40b2-10448a40a39b";

impl Shared {
    /// The GPU that was recorded.
    fn h200() -> Self {
        let gpu = GpuConfig {
            uuid: Some(RECORDED.to_owned()),
            pci_bus_id: Some("00000000:00:06.0".to_owned()),
            ..GpuConfig::new("H200")
        };
        Self::on(MachineConfig::with_gpus(vec![gpu]), |site| site)
    }

    fn on(config: MachineConfig, adjust: impl FnOnce(Site) -> Site) -> Self {
        let machine = Machine::with_config_shared(&config).unwrap();
        let mut site = Site::new(&Program::simulated(580)).with_server();
        for (name, value) in machine.environment() {
            site = site.with(name.to_str().unwrap(), value.to_str().unwrap());
        }
        Self { daemon: adjust(site).start(), machine }
    }

    fn ask(&self, command: &str) -> String {
        self.daemon.ask(command)
    }

    /// A client with a context, and what it may use.
    fn client(&self) -> (Running, String) {
        client_of(self.daemon.client())
    }

    fn client_with(&self, name: &str, value: &str) -> (Running, String) {
        let mut command = self.daemon.site.command("gpushare-sim-mps-client");
        command.env(name, value);
        client_of(Running::start(command))
    }

    /// The processes of a GPU: PID, kind and memory.
    fn processes(&self, gpu: usize) -> Vec<(u32, ProcessKind, Option<u64>)> {
        let state = self.machine.state().unwrap();
        let listed = state.gpus()[gpu].processes(gpushare_sim::engine::Access::Admin, None).unwrap();
        listed.into_iter().map(|process| (process.pid, process.kind, process.used_memory)).collect()
    }

    fn server(&self) -> i32 {
        self.daemon.server()
    }
}

fn client_of(mut client: Running) -> (Running, String) {
    let process = client.ask("init");
    assert!(process.starts_with("server "), "{process}");
    let share = client.ask("context");
    (client, share)
}

fn share(server: i32, percentage: &str, multiprocessors: u32, limit: &str) -> String {
    format!("server {server} percentage {percentage} multiprocessors {multiprocessors} limit {limit}")
}

#[test]
fn commands_answer_as_recorded_on_an_h200() {
    let shared = Shared::h200();
    assert_eq!(shared.ask("get_server_list"), "");
    assert_eq!(shared.ask("ps"), "Server not found\n");
    let ((mut first, _), (second, _)) = (shared.client(), shared.client());
    let (server, one, two) = (shared.server(), first.pid(), second.pid());
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    let namespace = namespace.trim_start_matches("pid:[").trim_end_matches(']').to_owned();
    let name = shared.daemon.site.path("bin/gpushare-sim-mps-client").display().to_string();
    let row = |pid: i32, id: u32| {
        format!("{pid:<10}{id:<10}{server:<15}GPU-e61f5488-0846-50c7    {namespace:<15}{name:<15}\n")
    };
    let heading = "PID       ID        SERVER         DEVICE                    NAMESPACE      COMMAND        \n";
    let table = format!("{heading}{}{}", row(one, 1), row(two, 2));
    let devices = format!("[0] 00:00.0, NVIDIA H200\n{one}.1\n{two}.1\n");
    let block = "Device Ordinal  PCI IDs        UUID                                      Name                              Attributes\n\
                 0               0000:00.06.00  GPU-e61f5488-0846-50c7-40b2-10448a40a39b  NVIDIA H200                       N/A\n";
    for (command, answer) in [
        ("get_server_list".to_owned(), format!("{server}\n")),
        (format!("get_client_list {server}"), format!("{one}\n{two}\n")),
        (format!("get_device_client_list {server}"), devices.clone()),
        ("get_device_client_list".to_owned(), devices),
        ("ps".to_owned(), table.clone()),
        (format!("ps -p {server}"), table),
        (format!("ps -p {one}"), format!("Server {one} not found\nServer {one} not found\n\n")),
        (format!("get_server_status {server}"), "ACTIVE\n".to_owned()),
        (format!("get_active_thread_percentage {server}"), "100.0\n".to_owned()),
        (format!("set_active_thread_percentage {server} 40"), "40.0\n".to_owned()),
        (format!("get_active_thread_percentage {server}"), "40.0\n".to_owned()),
        (format!("set_active_thread_percentage {server} 101"), "40.0\n".to_owned()),
        ("set_default_device_pinned_mem_limit 0 2G".to_owned(), String::new()),
        ("get_default_device_pinned_mem_limit 0".to_owned(), "2G\n".to_owned()),
        (format!("get_device_pinned_mem_limit {server} 0"), String::new()),
        ("get_default_client_priority".to_owned(), "0\n".to_owned()),
        ("device_query".to_owned(), format!("Default\n{block}\nServer {server}\n{block}")),
        ("get_client_list 999999".to_owned(), "Server 999999 not found\n".to_owned()),
        (format!("terminate_client {server} 999999"), "Invalid process 999999!\n1\n".to_owned()),
        ("shutdown_server 999999".to_owned(), "Server 999999 not found\n".to_owned()),
    ] {
        assert_eq!(shared.ask(&command), answer, "{command}");
    }
    assert_eq!(first.ask("work"), "ok", "a running client is as before");
}

#[test]
fn servers_and_clients_are_in_nvmls_lists_as_recorded() {
    let shared = Shared::h200();
    let (mut client, _) = shared.client();
    let (server, pid) = (shared.server() as u32, client.pid() as u32);
    let listed = [(server, ProcessKind::MpsServer, Some(69_206_016)), (pid, ProcessKind::MpsClient, Some(512 * MIB))];
    assert_eq!(shared.processes(0), listed);
    assert_eq!(client.ask("allocate 300"), "ok");
    assert_eq!(shared.processes(0)[1], (pid, ProcessKind::MpsClient, Some(812 * MIB)));
    let nvml = shared.machine.library().unwrap();
    let nvml = nvml.symbols();
    let mut listed = [[0, 0], [0, 0]];
    // SAFETY: the types are those of NVIDIA's header, and each count is that of its array.
    unsafe {
        let mut gpu = ptr::null_mut();
        assert_eq!(nvml.nvmlInit_v2.unwrap()(), gpushare_sys::NVML_SUCCESS);
        assert_eq!(nvml.nvmlDeviceGetHandleByIndex_v2.unwrap()(0, &mut gpu), gpushare_sys::NVML_SUCCESS);
        let lists = [
            nvml.nvmlDeviceGetComputeRunningProcesses_v3.unwrap(),
            nvml.nvmlDeviceGetMPSComputeRunningProcesses_v3.unwrap(),
        ];
        for (list, pids) in lists.into_iter().zip(&mut listed) {
            let (mut count, mut found) = (2, [gpushare_sys::nvmlProcessInfo_t::default(); 2]);
            assert_eq!(list(gpu, &mut count, found.as_mut_ptr()), gpushare_sys::NVML_SUCCESS);
            for (pid, process) in pids.iter_mut().zip(&found[..count as usize]) {
                *pid = process.pid;
                assert_eq!((process.gpuInstanceId, process.computeInstanceId), (u32::MAX, u32::MAX));
            }
        }
    }
    assert_eq!(listed, [[server, pid], [pid, 0]], "the server computes, and its client is in both lists");
    client.end();
    until("the client's leaving", || (shared.processes(0).len() == 1).then_some(()));
    assert_eq!(shared.ask("quit"), "");
    assert_eq!(shared.processes(0), []);
}

#[test]
fn pitfall_04_limits_are_settled_when_a_client_connects() {
    let shared = Shared::h200();
    shared.ask("set_default_active_thread_percentage 30");
    shared.ask("set_default_device_pinned_mem_limit 0 2G");
    let (mut client, settled) = shared.client();
    let server = shared.server();
    assert_eq!(settled, share(server, "30.0", 38, "2G"));
    shared.ask("set_default_active_thread_percentage 80");
    let (_other, settled) = shared.client();
    assert_eq!(settled, share(server, "30.0", 38, "2G"), "defaults are for servers to come");
    shared.ask(&format!("set_active_thread_percentage {server} 60"));
    shared.ask(&format!("set_device_pinned_mem_limit {server} 0 4G"));
    let (_third, settled) = shared.client();
    assert_eq!(settled, share(server, "60.0", 78, "4G"), "a server's are for clients to come");
    assert_eq!(client.ask("allocate 2048"), "ok");
    assert_eq!(client.ask("allocate 1"), "error 2", "a client keeps its own");
    shared.daemon.logs(&format!(
        "NEW CLIENT {} from user {}: Server already exists",
        client.pid(),
        rustix::process::geteuid().as_raw()
    ));
}

#[test]
fn a_client_can_only_lower_its_limits() {
    let shared = Shared::h200();
    shared.ask("set_default_active_thread_percentage 30");
    shared.ask("set_default_device_pinned_mem_limit 0 2G");
    let (_first, settled) = shared.client();
    let server = shared.server();
    assert_eq!(settled, share(server, "30.0", 38, "2G"));
    for (name, value, expected) in [
        ("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "10", share(server, "10.0", 12, "2G")),
        ("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "90", share(server, "30.0", 38, "2G")),
        ("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=1G", share(server, "30.0", 38, "1G")),
        ("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=9G", share(server, "30.0", 38, "2G")),
    ] {
        assert_eq!(shared.client_with(name, value).1, expected, "{name}={value}");
    }
}

#[test]
fn a_terminated_client_fails_and_its_server_goes_on() {
    let shared = Shared::h200();
    let ((mut client, _), (mut other, _)) = (shared.client(), shared.client());
    let server = shared.server();
    assert_eq!(shared.ask(&format!("terminate_client {server} {}", client.pid())), "0\n");
    assert_eq!((client.ask("work"), other.ask("work")), ("error 810".to_owned(), "ok".to_owned()));
    assert_eq!(shared.ask(&format!("get_server_status {server}")), "ACTIVE\n");
    assert_eq!(shared.ask(&format!("get_client_list {server}")), format!("{}\n", other.pid()));
    assert_eq!(shared.processes(0).len(), 2, "the server and the other");
    let again = shared.ask(&format!("terminate_client {server} {}", client.pid()));
    assert_eq!(again, "0\n");
}

#[test]
fn quit_with_a_time_takes_the_server_from_its_clients() {
    let shared = Shared::h200();
    let (mut client, _) = shared.client();
    let server = shared.server();
    let begin = Instant::now();
    assert_eq!(shared.ask("quit -t 1"), "");
    assert!(begin.elapsed().as_secs() >= 1);
    assert_eq!(client.ask("work"), "error 806");
    assert_eq!(shared.processes(0), [], "neither is listed any more");
    let log = shared.daemon.site.log("control.log");
    let recorded = [
        format!("Try shutting down server {server}, backoff is disabled"),
        format!("Server {server} has 2 active worker threads. Server will not shutdown."),
        format!("Force shutting down server {server}"),
        format!("Server {server} exited with status 0"),
    ];
    let wanted: Vec<_> = log.iter().filter(|line| recorded.contains(line)).cloned().collect();
    assert_eq!(wanted, recorded);
    assert_eq!(log.last().map(String::as_str), Some("Exit with status 0"));
}

#[test]
fn shutdown_lets_clients_finish() {
    let shared = Shared::h200();
    let (mut client, _) = shared.client();
    let server = shared.server();
    assert_eq!(shared.ask(&format!("shutdown_server {server}")), "");
    assert_eq!(client.ask("work"), "ok");
    client.end();
    shared.daemon.logs(&format!("Server {server} exited with status 0"));
    assert_eq!(shared.processes(0), []);
    let (_next, settled) = shared.client();
    assert!(!settled.starts_with(&format!("server {server} ")), "the next client gets another server");
}

#[test]
fn a_server_that_does_not_heed_keeps_quit_waiting() {
    let config = "1xH200".parse().unwrap();
    let shared = Shared::on(config, |site| site.with("GPUSHARE_SIM_MPS_FAULTS", "server#1=stubborn"));
    let (_client, _) = shared.client();
    let server = shared.server();
    let mut quitting = shared.daemon.front_end();
    quitting.say("quit -t 0");
    shared.daemon.logs(&format!("Force shutting down server {server}"));
    assert!(runs(server) && shared.daemon.site.holder().is_some());
    kill(server);
    assert_eq!(quitting.end().code, Some(0));
}

#[test]
fn pitfall_17_a_killed_client_leaves_the_lists() {
    let shared = Shared::h200();
    let (client, _) = shared.client();
    let (server, pid) = (shared.server(), client.pid());
    client.kill();
    until("the client's leaving", || shared.ask(&format!("get_client_list {server}")).is_empty().then_some(()));
    until("the list without it", || (shared.processes(0).len() == 1).then_some(()));
    let log = until("the server's log", || {
        let log = shared.daemon.site.log("server.log");
        log.contains(&format!("Client process {pid} disconnected")).then_some(log)
    });
    let lost =
        format!("Server failed to recevie command with status 806, assuming client {{PID: {pid}, Context ID: 1}} exit");
    let left = format!("Client {{PID: {pid}, Context ID: 1}} exiting. Number of active client contexts is 0.");
    assert!(log.contains(&lost) && log.contains(&left), "{log:?}");
    assert!(log.contains(&format!("Device NVIDIA H200 (uuid {RECORDED}) is associated")));
    assert_eq!(shared.ask(&format!("get_server_status {server}")), "ACTIVE\n");
}

#[test]
fn pitfall_18_a_fatal_fault_is_that_of_all_clients_of_the_gpu() {
    let shared = Shared::on("2xH200".parse().unwrap(), |site| site);
    let (mut guilty, _) = shared.client();
    let (mut innocent, _) = shared.client();
    let mut elsewhere = shared.daemon.client();
    elsewhere.ask("init");
    assert!(elsewhere.ask("context 1").starts_with("server "));
    let server = shared.server();
    assert_eq!(guilty.ask("fault"), "error 719");
    assert_eq!((innocent.ask("work"), elsewhere.ask("work")), ("error 719".to_owned(), "ok".to_owned()));
    assert_eq!(shared.ask(&format!("get_server_status {server}")), "FAULT\n");
    let mut late = shared.daemon.client();
    assert_eq!(late.ask("init"), "error 807");
    guilty.end();
    assert_eq!(late.ask("init"), "error 807", "while one that met it is there");
    innocent.end();
    until("the recovery", || (shared.ask(&format!("get_server_status {server}")) == "ACTIVE\n").then_some(()));
    assert!(late.ask("init").starts_with("server "));
}

#[test]
fn pitfall_21_without_a_daemon_a_client_goes_on_without_mps() {
    let site = Site::new(&Program::simulated(580));
    let mut client = Running::start(site.command("gpushare-sim-mps-client"));
    assert_eq!(client.ask("init"), "no daemon");
    assert_eq!(client.ask("work"), "error 100");
}

#[test]
fn pitfall_22_the_pci_address_in_the_list_of_clients_is_wrong() {
    let shared = Shared::h200();
    let (_client, _) = shared.client();
    assert!(shared.ask("get_device_client_list").starts_with("[0] 00:00.0, NVIDIA H200\n"));
    assert!(shared.ask("device_query").contains("0000:00.06.00"));
}

#[test]
fn a_device_serves_48_contexts() {
    let shared = Shared::h200();
    let (mut client, _) = shared.client();
    for _ in 1..48 {
        assert!(client.ask("context").starts_with("server "));
    }
    assert_eq!(client.ask("context"), "error 808");
    assert_eq!(client.ask("work"), "ok");
}

#[test]
fn a_client_is_refused_after_six_servers_that_fail() {
    let config = "1xH200".parse().unwrap();
    let shared = Shared::on(config, |site| site.with("GPUSHARE_SIM_MPS_FAULTS", "server#1+=exit"));
    let mut client = shared.daemon.client();
    assert_eq!(client.ask("init"), "error 805");
    let log = shared.daemon.site.log("control.log");
    assert_eq!(log.iter().filter(|line| line.ends_with(" exited with status 1")).count(), 6, "{log:?}");
    assert!(log.iter().any(|line| line.ends_with("Server is not ready, push client to pending list")));
    assert_eq!(shared.ask("get_server_list"), "");
}

#[test]
fn a_daemon_that_is_killed_refuses_those_who_wait() {
    let config = "1xH200".parse().unwrap();
    let shared = Shared::on(config, |site| site.with("GPUSHARE_SIM_MPS_FAULTS", "server#1=never-ready"));
    let mut client = shared.daemon.client();
    client.say("init");
    let server = shared.server();
    kill(shared.daemon.pid());
    assert_eq!(client.hear(), "error 805");
    kill(server);
}

#[test]
fn visible_devices_are_those_of_the_daemon() {
    let config: MachineConfig = "2xH200".parse().unwrap();
    let shared = Shared::on(config.clone(), |site| site.with("CUDA_VISIBLE_DEVICES", "1"));
    let (client, _) = shared.client();
    assert_eq!((shared.processes(0).len(), shared.processes(1).len()), (0, 2), "device 0 of the server is GPU 1");
    client.end();
    for nothing in ["99", "abc", "GPU-xyz", "-1", ""] {
        let shared = Shared::on(config.clone(), |site| site.with("CUDA_VISIBLE_DEVICES", nothing));
        let mut client = shared.daemon.client();
        assert_eq!(client.ask("init"), "error 805", "the daemon starts with {nothing:?}, its servers do not");
    }
}

#[test]
fn a_client_of_another_user_waits_until_the_first_has_left() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let shared = Shared::on("1xH200".parse().unwrap(), |site| site);
    let (first, _) = shared.client();
    let server = shared.server();
    let mut command = shared.daemon.site.command("gpushare-sim-mps-client");
    std::os::unix::process::CommandExt::uid(&mut command, 65534);
    let mut other = Running::start(command);
    other.say("init");
    let waits = format!("NEW CLIENT {} from user 65534: Server is not ready, push client to pending list", other.pid());
    shared.daemon.logs(&waits);
    assert_eq!(shared.ask("get_server_list"), format!("{server}\n"), "pitfall 9: it waits without limit");
    first.end();
    shared.daemon.logs(&format!("Server {server} exited with status 0"));
    let served = other.hear();
    assert!(served.starts_with("server ") && !served.starts_with(&format!("server {server} ")), "{served}");
}

#[test]
fn a_client_says_what_it_was_told_wrong() {
    let site = Site::new(&Program::simulated(580));
    let mut client = Running::start(site.command("gpushare-sim-mps-client"));
    for wrong in ["dance", "context 99", "allocate", "exit 300"] {
        let answer = client.ask(wrong);
        assert!(answer.contains(wrong) && answer.contains("allocate MIB"), "{answer}");
    }
    client.say("exit 3");
    assert_eq!(client.end().code, Some(3));
}

#[test]
fn the_programs_are_found_where_cargo_builds_them() {
    let programs = Programs::find().unwrap();
    assert!(programs.control().is_file() && programs.client().is_file());
    assert!(programs.folder().join("nvidia-cuda-mps-server").is_file());
    let path = programs.search_path().into_string().unwrap();
    assert!(path.starts_with(programs.folder().to_str().unwrap()), "{path}");
}
