//! What other users may do: simulated, and NVIDIA's own where it is there. They need root, who can become another user.

use std::os::unix::process::CommandExt;

use mps_support::{Daemon, Program, Said, Site};

mod mps_support;

const NOBODY: u32 = 65534;

/// The programs, where this user can become another.
fn programs() -> Vec<Program> {
    if rustix::process::geteuid().is_root() { Program::all() } else { Vec::new() }
}

fn as_nobody(daemon: &Daemon, command: &str) -> Said {
    let mut front_end = daemon.site.control(&[]);
    front_end.uid(NOBODY).gid(NOBODY);
    daemon.site.run(front_end, format!("{command}\n").as_bytes())
}

fn refusal(branch: u32, act: &str) -> String {
    match branch {
        550.. => format!("Insufficient privileges for UID {NOBODY}. Only the root user may {act}.\n"),
        _ => format!("Insufficient privileges for UID {NOBODY}\n"),
    }
}

#[test]
fn settings_are_the_owners_alone_since_550() {
    for program in programs() {
        let daemon = Daemon::of(&program);
        let owner = if program.branch >= 580 { "the user who started it" } else { "the user started it" };
        let refused = format!(
            "Insufficient privileges for UID {NOBODY}. Control deamon settings can only be modified by {owner} or by the root user.\n"
        );
        let guarded = program.branch >= 550;
        let answer = |otherwise: &str| Said::ok(if guarded { &refused } else { otherwise });
        assert_eq!(as_nobody(&daemon, "set_default_active_thread_percentage 33"), answer("33.0\n"), "{program:?}");
        assert_eq!(as_nobody(&daemon, "set_default_active_thread_percentage 0"), answer("33.0\n"), "{program:?}");
        if program.branch >= 535 {
            assert_eq!(as_nobody(&daemon, "set_default_device_pinned_mem_limit 0 2G"), answer(""), "{program:?}");
            assert_eq!(as_nobody(&daemon, "set_default_client_priority 1"), answer(""), "{program:?}");
            let invalid = "Invalid priority value - must be 0 or 1!\n";
            assert_eq!(as_nobody(&daemon, "set_default_client_priority 7"), answer(invalid), "{program:?}");
        }
        let now = if guarded { "100.0\n" } else { "33.0\n" };
        assert_eq!(as_nobody(&daemon, "get_default_active_thread_percentage"), Said::ok(now), "all may look");
        assert_eq!(daemon.ask("get_default_active_thread_percentage"), now, "{program:?}");
    }
}

#[test]
fn quitting_and_others_servers_are_not_for_everybody() {
    for program in programs() {
        let daemon = Site::new(&program).with_sleeping_server().start();
        let branch = program.branch;
        daemon.ask("start_server -uid 0");
        let server = daemon.server();
        for (command, answer) in [
            ("quit".to_owned(), "Not enough privilege to execute quit command\n".to_owned()),
            ("quit -t 1".to_owned(), "Not enough privilege to execute quit command\n".to_owned()),
            ("start_server -uid 0".to_owned(), refusal(branch, "start server for another user")),
            ("start_server".to_owned(), "A user id (UID) is required to start a new server\n".to_owned()),
            (format!("shutdown_server {server}"), refusal(branch, "shutdown another user's server")),
            (format!("shutdown_server {server} -f"), refusal(branch, "shutdown another user's server")),
            ("shutdown_server 1".to_owned(), "Server 1 not found\n".to_owned()),
            (format!("set_active_thread_percentage {server} 3"), String::new()),
            ("get_server_list".to_owned(), format!("{server}\n")),
            (format!("start_server -uid {NOBODY}"), String::new()),
        ] {
            assert_eq!(as_nobody(&daemon, &command), Said::ok(&answer), "{command} on {program:?}");
        }
        assert!(daemon.site.holder().is_some(), "{program:?}");
    }
}

#[test]
fn a_servers_settings_are_its_users_alone_since_550() {
    for branch in [535, 580] {
        if programs().is_empty() {
            return;
        }
        let daemon = Site::new(&Program::simulated(branch)).with_server().start();
        daemon.ask("start_server -uid 0");
        let server = daemon.server();
        mps_support::until("the server", || {
            (!daemon.ask(&format!("get_active_thread_percentage {server}")).is_empty()).then_some(())
        });
        let changed = |branch, act: &str, otherwise: &str| {
            if branch >= 550 { refusal(branch, act) } else { otherwise.to_owned() }
        };
        let settings = "change settings for another user's server";
        let said = as_nobody(&daemon, &format!("set_active_thread_percentage {server} 30"));
        assert_eq!(said, Said::ok(&changed(branch, settings, "30.0\n")));
        let said = as_nobody(&daemon, &format!("set_device_pinned_mem_limit {server} 0 1G"));
        assert_eq!(said, Said::ok(&changed(branch, settings, "")));
        let said = as_nobody(&daemon, &format!("terminate_client {server} 1"));
        let terminate = "terminate clients on another user's server";
        assert_eq!(said, Said::ok(&changed(branch, terminate, "Invalid process 1!\n1\n")));
    }
}

#[test]
fn several_users_share_a_server_where_root_allows_it() {
    for program in programs().iter().filter(|program| program.branch >= 555) {
        let option = if program.branch >= 580 { "-M" } else { "-multiuser-server" };
        let site = Site::new(program);
        let mut start = site.control(&["-d", option]);
        start.uid(NOBODY).gid(NOBODY);
        let said = site.run(start, b"");
        assert!(said.output.starts_with("CUDA MPS Control for "), "{said:?} on {program:?}");
        assert!(said.output.ends_with("\n\nOnly root user may enable -multiuser-server!\n"), "{said:?} on {program:?}");
        assert_eq!(said.code, Some(1), "{program:?}");
        let said = site.run(site.control(&["-d", option]), b"");
        assert_eq!(said, Said::ok(""), "{program:?}");
        drop(Daemon { site });
    }
}
