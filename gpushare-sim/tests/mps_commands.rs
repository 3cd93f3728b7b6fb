//! What each command answers, by branch: simulated, and on NVIDIA's own programs where they are there.

use mps_support::{BRANCHES, Daemon, Program, Said, Site};

mod mps_support;

/// A command, and from which branch on it answers what.
type Row = (&'static str, &'static [(u32, &'static str)]);

const ALL: u32 = 470;
const LIMITS: u32 = 535;
const STATUS: u32 = 550;
const QUERY: u32 = 580;

/// In the order in which they are sent, without a server.
const ROWS: &[Row] = &[
    ("get_server_list", &[(ALL, "")]),
    ("get_server_status 5", &[(STATUS, "Server 5 not found\n")]),
    ("get_server_status", &[(STATUS, "A server PID is required\n")]),
    ("get_server_status abc", &[(STATUS, "A server PID is required\n")]),
    ("start_server", &[(ALL, "A user id (UID) is required to start a new server\n")]),
    ("start_server -uid", &[(ALL, "A user id (UID) is required to start a new server\n")]),
    ("start_server -uid abc", &[(ALL, "A user id (UID) is required to start a new server\n")]),
    ("start_server uid 0", &[(ALL, "A user id (UID) is required to start a new server\n")]),
    ("shutdown_server", &[(ALL, "Server 0 not found\n")]),
    ("shutdown_server 5", &[(ALL, "Server 5 not found\n")]),
    ("shutdown_server 5 -f", &[(ALL, "Server 5 not found\n")]),
    ("shutdown_server -f 5", &[(ALL, "Server 0 not found\n")]),
    ("get_client_list", &[(ALL, "Server 0 not found\n")]),
    ("get_client_list abc", &[(ALL, "Server 0 not found\n")]),
    ("get_client_list 0x5", &[(ALL, "Server 0 not found\n")]),
    ("get_client_list -5", &[(ALL, "Server -5 not found\n")]),
    ("get_client_list 4294967297", &[(ALL, "Server 1 not found\n")]),
    ("get_client_list 99999999999999999999", &[(ALL, "Server -1 not found\n")]),
    ("get_device_client_list", &[(ALL, "")]),
    ("get_device_client_list abc", &[(ALL, "")]),
    ("get_device_client_list 5", &[(ALL, "Server 5 not found\n")]),
    ("ps", &[(LIMITS, "Server not found\n")]),
    ("ps abc", &[(LIMITS, "Server not found\n")]),
    ("ps -q 5", &[(LIMITS, "Server not found\n")]),
    ("ps -p", &[(LIMITS, "Server 0 not found\nServer 0 not found\n\n")]),
    ("ps -p 5", &[(LIMITS, "Server 5 not found\nServer 5 not found\n\n")]),
    ("terminate_client", &[(LIMITS, "Server 0 not found\nServer 0 not found!\n1\n")]),
    ("terminate_client 1", &[(LIMITS, "Server 1 not found\nServer 1 not found!\n1\n")]),
    ("terminate_client 1 2", &[(LIMITS, "Server 1 not found\nServer 1 not found!\n1\n")]),
    ("get_default_active_thread_percentage", &[(ALL, "100.0\n")]),
    ("set_default_active_thread_percentage 50", &[(ALL, "50.0\n")]),
    ("get_default_active_thread_percentage", &[(ALL, "50.0\n")]),
    ("set_default_active_thread_percentage", &[(ALL, "50.0\n")]),
    ("set_default_active_thread_percentage 1e1", &[(ALL, "10.0\n")]),
    ("set_default_active_thread_percentage 0x10", &[(ALL, "16.0\n")]),
    ("set_default_active_thread_percentage 50%", &[(ALL, "50.0\n")]),
    ("set_default_active_thread_percentage 50 60", &[(ALL, "50.0\n")]),
    ("set_default_active_thread_percentage 12,5", &[(ALL, "12.0\n")]),
    ("set_default_active_thread_percentage 0.04", &[(ALL, "0.0\n")]),
    ("set_default_active_thread_percentage 12.35", &[(ALL, "12.3\n")]),
    ("get_active_thread_percentage", &[(ALL, "Server 0 not found\n")]),
    ("get_active_thread_percentage 5", &[(ALL, "Server 5 not found\n")]),
    ("set_active_thread_percentage", &[(ALL, "Server 0 not found\n")]),
    ("set_active_thread_percentage 5 10", &[(ALL, "Server 5 not found\n")]),
    ("get_device_pinned_mem_limit", &[(LIMITS, "Server 0 not found\n")]),
    ("get_device_pinned_mem_limit 5 0", &[(LIMITS, "Server 5 not found\n")]),
    ("set_device_pinned_mem_limit", &[(LIMITS, "Server 0 not found\n")]),
    ("set_device_pinned_mem_limit 5 0 2G", &[(LIMITS, "Server 5 not found\n")]),
    ("get_default_client_priority", &[(LIMITS, "0\n")]),
    ("set_default_client_priority 1", &[(LIMITS, "")]),
    ("get_default_client_priority", &[(LIMITS, "1\n")]),
    ("set_default_client_priority 2", &[(LIMITS, "Invalid priority value - must be 0 or 1!\n")]),
    ("set_default_client_priority -1", &[(LIMITS, "Invalid priority value - must be 0 or 1!\n")]),
    ("get_default_client_priority", &[(LIMITS, "1\n")]),
    ("set_default_client_priority abc", &[(LIMITS, "")]),
    ("get_default_client_priority", &[(LIMITS, "0\n")]),
    ("set_default_client_priority 1.5", &[(LIMITS, "")]),
    ("get_default_client_priority x", &[(LIMITS, "1\n")]),
    ("set_default_client_priority", &[(LIMITS, "")]),
    ("get_default_client_priority", &[(LIMITS, "0\n")]),
    ("device_query 5", &[(QUERY, "Server 5 not found\n")]),
    ("lspart", &[]),
    ("sm_partition list", &[]),
    ("help", &[]),
    ("#m1", &[]),
    ("a\"b", &[]),
    ("quit-x", &[]),
    ("GET_SERVER_LIST", &[]),
];

/// What a row answers on a branch.
fn expected((command, answers): &Row, branch: u32) -> String {
    let answer = answers.iter().rev().find(|(since, _)| branch >= *since);
    let word = command.split(' ').next().unwrap();
    answer.map_or_else(|| format!("Unknown command \"{word}\"\n"), |(_, answer)| (*answer).to_owned())
}

#[test]
fn each_command_answers_as_its_branch_does() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        for row in ROWS {
            assert_eq!(
                daemon.talk(format!("{}\n", row.0)),
                Said::ok(&expected(row, program.branch)),
                "{row:?} on {program:?}"
            );
        }
    }
}

#[test]
fn what_the_daemon_is_told_and_answers_is_in_its_log() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        daemon.ask("get_default_active_thread_percentage");
        daemon.ask("set_default_active_thread_percentage 101");
        let log = daemon.site.log("control.log");
        let begin = log.iter().position(|line| line.starts_with("To connect CUDA applications")).unwrap();
        let invalid = "Invalid percentage, expected between (0.0, 100.0]";
        let mut lines = Vec::new();
        for (command, answer) in [
            ("Cmd:get_default_active_thread_percentage", &["100.0"][..]),
            ("Cmd:set_default_active_thread_percentage 101", &[invalid, "100.0"]),
        ] {
            lines.extend(["Accepting connection...", "NEW UI", command]);
            lines.extend(answer);
            lines.push("UI closed");
        }
        // The last line is written once the front-end is gone.
        daemon.logs("UI closed");
        let said: Vec<_> = log[begin + 1..].iter().map(String::as_str).collect();
        assert!(lines.starts_with(&said) && said.len() >= lines.len() - 1, "{said:?} on {program:?}");
    }
}

#[test]
fn pitfall_01_what_is_rejected_is_rejected_in_silence() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        daemon.ask("set_default_active_thread_percentage 40");
        for value in ["0", "-1", "100.01", "101", "nan", "inf", "-inf", "abc", ""] {
            let command = format!("set_default_active_thread_percentage {value}");
            assert_eq!(daemon.ask(&command), "40.0\n", "{command} on {program:?}");
        }
        daemon.logs("Invalid percentage, expected between (0.0, 100.0]");
        if program.branch >= LIMITS {
            assert_eq!(daemon.ask("set_default_device_pinned_mem_limit 32 4G"), "");
            assert_eq!(daemon.ask("get_default_device_pinned_mem_limit 32"), "");
            daemon.logs("Invalid device ordinal!");
            assert_eq!(daemon.ask("get_default_device_pinned_mem_limit 0"), "");
            daemon.logs("No default pinned memory limit set for the device!");
        }
    }
}

/// Sets the limit of device 0 and reads it.
fn limit(daemon: &Daemon, value: &str) -> String {
    assert_eq!(daemon.ask(&format!("set_default_device_pinned_mem_limit 0 {value}")), "");
    daemon.ask("get_default_device_pinned_mem_limit 0").trim().to_owned()
}

#[test]
fn pitfall_13_units_of_memory_are_mangled_and_shown_in_whole_gibibytes() {
    let values = [
        ("2G", "2G"),
        ("512M", "512M"),
        ("1536M", "1G"),
        ("1500M", "1G"),
        ("5K", "5M"),
        ("5", "5M"),
        ("1.5G", "1M"),
        ("2g", "2G"),
        ("3GB", "3G"),
        ("3m", "3M"),
        ("010M", "10M"),
        ("2 G", "2M"),
        ("2G extra", "2G"),
        ("0x10M", ""),
        ("-1G", "17179869183G"),
        ("-1M", "17179869183G"),
        ("99999999999999999999G", "17179869183G"),
        ("17179869184G", ""),
        ("17179869186G", "2G"),
        ("abc", ""),
        ("4G", "4G"),
        ("0G", ""),
        ("4G", "4G"),
        ("", ""),
    ];
    for program in Program::all().iter().filter(|program| program.branch >= LIMITS) {
        let daemon = Daemon::of(program);
        for (value, shown) in values {
            assert_eq!(limit(&daemon, value), shown, "{value:?} on {program:?}");
        }
        assert_eq!(daemon.ask("set_default_device_pinned_mem_limit 31 4G"), "");
        assert_eq!(daemon.ask("get_default_device_pinned_mem_limit 31"), "4G\n");
        limit(&daemon, "3G");
        assert_eq!(daemon.ask("get_default_device_pinned_mem_limit abc"), "3G\n", "no device is device 0");
        daemon.ask("set_default_device_pinned_mem_limit");
        assert_eq!(daemon.ask("get_default_device_pinned_mem_limit 0"), "", "wiped by a command without words");
    }
}

#[test]
fn pitfall_12_a_uuid_for_a_device_wipes_the_limit_of_device_0_before_580() {
    let uuid = "GPU-8e384fa4-8d13-d7a2-9753-0d29689285c5";
    for program in Program::all().iter().filter(|program| program.branch >= LIMITS) {
        let daemon = Daemon::of(program);
        limit(&daemon, "3G");
        daemon.ask(&format!("set_default_device_pinned_mem_limit {uuid} 1G"));
        let left = ["0", uuid].map(|device| daemon.ask(&format!("get_default_device_pinned_mem_limit {device}")));
        let expected = if program.branch >= 580 { ["3G\n", "1G\n"] } else { ["", ""] };
        assert_eq!(left, expected, "{program:?}");
        limit(&daemon, "3G");
        daemon.ask("set_default_device_pinned_mem_limit junk 1G");
        assert_eq!(daemon.ask("get_default_device_pinned_mem_limit 0"), "", "{program:?}");
    }
}

#[test]
fn the_environment_sets_the_defaults_of_a_daemon() {
    let percentages = [("30", "30.0"), ("50,20", "50.0"), ("abc", "100.0"), ("0", "100.0"), ("", "100.0")];
    let priorities = [("1", "1"), ("2", "0"), ("abc", "0"), ("1.5", "1"), ("", "0")];
    for program in Program::all() {
        for ((percentage, shown), (priority, kept)) in percentages.into_iter().zip(priorities) {
            let site = Site::new(&program).with("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", percentage);
            let daemon = site
                .with("CUDA_MPS_CLIENT_PRIORITY", priority)
                .with("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=1G")
                .start();
            assert_eq!(
                daemon.ask("get_default_active_thread_percentage"),
                format!("{shown}\n"),
                "{percentage:?} on {program:?}"
            );
            if ["abc", "0", ""].contains(&percentage) {
                daemon.logs("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE should be between (0.0, 100.0]");
            }
            if program.branch >= LIMITS {
                assert_eq!(
                    daemon.ask("get_default_client_priority"),
                    format!("{kept}\n"),
                    "{priority:?} on {program:?}"
                );
                assert_eq!(daemon.ask("get_default_device_pinned_mem_limit 0"), "", "{program:?}");
                if priority == "2" {
                    daemon.logs("CUDA_MPS_CLIENT_PRIORITY should be between [0,1]");
                }
            }
        }
    }
}

#[test]
fn every_branch_that_is_simulated_is_tested() {
    assert!(BRANCHES.iter().all(|branch| *branch >= ALL));
    for branch in gpushare_sim::catalog::Branch::all() {
        let daemon = Daemon::of(&Program::simulated(branch.number));
        assert_eq!(daemon.ask("get_server_list"), "", "{branch:?}");
    }
}
