//! Servers, as far as they come about without a GPU, and quitting: simulated, and NVIDIA's own where it is there.
//!
//! The server is the simulated one also under NVIDIA's daemon, to which it never speaks.

use std::thread;
use std::time::Instant;

use mps_support::{Daemon, Program, Said, Site, kill, runs, until};

mod mps_support;

/// A daemon with a server that does not become ready, and that server.
fn busy(program: &Program) -> (Daemon, i32) {
    let daemon = Site::new(program).with_sleeping_server().start();
    assert_eq!(daemon.ask(&start(own())), "");
    let server = daemon.server();
    (daemon, server)
}

fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn start(uid: u32) -> String {
    format!("start_server -uid {uid}")
}

#[test]
fn a_server_that_is_not_ready_is_listed_and_answers_nothing() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        for (since, command, answer) in [
            (550, format!("get_server_status {server}"), "INITIALIZING\n".to_owned()),
            (470, format!("get_client_list {server}"), String::new()),
            (470, format!("get_device_client_list {server}"), String::new()),
            (470, "get_device_client_list".to_owned(), String::new()),
            (470, format!("get_active_thread_percentage {server}"), String::new()),
            (470, format!("set_active_thread_percentage {server} 30"), String::new()),
            (535, format!("get_device_pinned_mem_limit {server} 0"), String::new()),
            (535, format!("set_device_pinned_mem_limit {server} 0 2G"), String::new()),
            (535, "ps".to_owned(), "Server not found\n".to_owned()),
            (535, format!("ps -p {server}"), format!("Server {server} not found\n\n")),
            (535, format!("terminate_client {server} 1"), format!("Server {server} not found!\n1\n")),
            (470, format!("shutdown_server {server}"), String::new()),
            (470, start(own()), String::new()),
            (470, "get_server_list".to_owned(), format!("{server}\n")),
        ] {
            if program.branch >= since {
                assert_eq!(daemon.ask(&command), answer, "{command} on {program:?}");
            }
        }
        daemon.logs(&format!("Server {server} is <busy>"));
        assert!(runs(server));
    }
}

#[test]
fn a_server_is_a_child_with_the_daemons_environment() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        daemon.logs(&format!("Starting new server {server} for user {}", own()));
        assert_eq!(daemon.children(), [server], "{program:?}");
        // Until then it is a copy of the daemon.
        until("the server to be one", || {
            let command = std::fs::read(format!("/proc/{server}/cmdline")).ok()?;
            (command == b"nvidia-cuda-mps-server\0").then_some(())
        });
        let environment = std::fs::read(format!("/proc/{server}/environ")).unwrap();
        let variable = format!("CUDA_MPS_PIPE_DIRECTORY={}", daemon.site.path("pipe").display());
        assert!(environment.split(|byte| *byte == 0).any(|other| other == variable.as_bytes()), "{program:?}");
    }
}

#[test]
fn shutdown_by_force_ends_a_server_at_once_and_lets_the_next_user_have_one() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        let next = if own() == 0 {
            assert_eq!(daemon.ask(&start(1)), "");
            assert_eq!(daemon.ask("get_server_list"), format!("{server}\n"), "one server, one user");
            true
        } else {
            false
        };
        assert_eq!(daemon.ask(&format!("shutdown_server {server} -f")), "");
        until("the server's end", || (!runs(server)).then_some(()));
        daemon.logs(&format!("Server {server} exited with status 0"));
        if program.branch >= 550 {
            daemon.logs(&format!("Force shutting down server {server}"));
        }
        if next {
            let second = until("another server", || {
                daemon.ask("get_server_list").trim().parse::<i32>().ok().filter(|pid| *pid != server)
            });
            daemon.logs(&format!("Starting new server {second} for user 1"));
        }
    }
}

#[test]
fn a_killed_server_is_said_to_have_ended_well() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        kill(server);
        daemon.logs(&format!("Server {server} exited with status 0"));
        assert_eq!(daemon.ask("get_server_list"), "", "{program:?}");
    }
}

#[test]
fn a_server_that_cannot_start_is_a_success_all_the_same() {
    let install: [fn(Site) -> Site; 2] =
        [|site| site, |site| site.with_server().with("GPUSHARE_SIM_MPS_SERVER_FAULT", "exit")];
    for program in Program::all() {
        for install in install {
            let daemon = install(Site::new(&program)).start();
            assert_eq!(daemon.ask(&start(own())), "", "{program:?}");
            let failed = until("the failure", || {
                let log = daemon.site.log("control.log");
                log.into_iter().find(|line| line.starts_with("Server ") && line.ends_with(" exited with status 1"))
            });
            assert!(failed.len() > "Server  exited with status 1".len());
            assert_eq!(daemon.ask("get_server_list"), "", "{program:?}");
            // Status 1 of the daemon seldom becomes that of the front-end.
            assert_eq!(daemon.talk("quit\n").output, "", "{program:?}");
            daemon.logs("Exit with status 1");
        }
    }
}

#[test]
fn pitfall_11_quit_waits_for_servers_and_holds_everybody_back_meanwhile() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        let mut quitting = daemon.front_end();
        quitting.say("quit");
        daemon.logs("Cmd:quit");
        // Another command than below: a daemon may still read it, and log it, when its front-end is gone.
        let said = daemon.talk("get_default_active_thread_percentage\n");
        assert_eq!(said.output, "", "quit's front-end is the one that is served, on {program:?}");
        quitting.kill();
        until("its end", || {
            let log = daemon.site.log("control.log");
            let quit = log.iter().position(|line| line == "Cmd:quit")?;
            log[quit..].iter().any(|line| line == "UI closed").then_some(())
        });
        // To kill the front-end does not call the quit off.
        thread::scope(|scope| {
            let asking = scope.spawn(|| daemon.talk(format!("{}\nget_server_list\n", start(own()))));
            until("the list", || {
                let log = daemon.site.log("control.log");
                let refused = log.iter().position(|line| line == "The MPS control daemon is shutting down")?;
                log[refused..].iter().any(|line| line == "Cmd:get_server_list").then_some(())
            });
            assert!(!asking.is_finished(), "it is carried out, but not let go, on {program:?}");
            kill(server);
            let expected = format!("The MPS control daemon is shutting down\n{server}\n");
            assert_eq!(asking.join().unwrap(), Said::ok(&expected), "{program:?}");
        });
        until("the daemon's end", || daemon.site.holder().is_none().then_some(()));
    }
}

#[test]
fn quit_with_a_time_interrupts_servers_when_it_is_over() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        let begin = Instant::now();
        assert_eq!(daemon.ask("quit -t 1"), "", "{program:?}");
        assert!(begin.elapsed().as_secs() >= 1, "{program:?}");
        until("the end of both", || (!runs(server) && daemon.site.holder().is_none()).then_some(()));
        let log = daemon.site.log("control.log");
        assert_eq!(log.iter().any(|line| line == "quit command issued with timeout of 1"), program.branch >= 535);
        assert_eq!(log.last().map(String::as_str), Some("Exit with status 0"), "{program:?}");
    }
}

#[test]
fn whatever_else_quit_is_told_it_quits() {
    for program in Program::all() {
        for command in ["quit now", "quit -x 5", "quit -t", "  quit\t"] {
            let daemon = Daemon::of(&program);
            assert_eq!(daemon.ask(command), "", "{command:?} on {program:?}");
            until("the daemon's end", || daemon.site.holder().is_none().then_some(()));
        }
    }
}

#[test]
fn a_server_outlives_a_killed_daemon_and_the_next_one_does_not_know_it() {
    for program in Program::all() {
        let (daemon, server) = busy(&program);
        let pid = daemon.pid();
        kill(pid);
        until("the daemon's end", || (!runs(pid)).then_some(()));
        assert!(runs(server), "{program:?}");
        assert_eq!(daemon.site.run(daemon.site.control(&["-d"]), b""), Said::ok(""));
        assert_eq!(daemon.ask("get_server_list"), "", "{program:?}");
        kill(server);
    }
}
