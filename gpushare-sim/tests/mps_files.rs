//! The files of a daemon, and how it starts and ends: simulated, and NVIDIA's own where it is there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use mps_support::{Daemon, NOT_FOUND, Program, Running, Said, Site, link, runs, signal, until};
use rustix::process::Signal;

mod mps_support;

const RUNNING: &str = "An instance of this daemon is already running\n";

/// The names in a folder, each with its kind and mode.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let kind = |kind: fs::FileType| match () {
        () if kind.is_socket() => "socket",
        () if kind.is_fifo() => "fifo",
        () if kind.is_dir() => "folder",
        () => "file",
    };
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let data = entry.metadata().unwrap();
        (entry.file_name().into_string().unwrap(), format!("{} {:o}", kind(data.file_type()), data.mode() & 0o7777))
    });
    entries.collect()
}

fn named<'a>(names: &[(&'a str, &'a str)]) -> BTreeMap<String, String> {
    names.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

const DEAD: [(&str, &str); 3] =
    [("control", "socket 666"), ("control_lock", "file 666"), ("control_privileged", "socket 755")];

/// What lies in the pipe folder of a daemon that runs, or that was killed.
fn live(branch: u32) -> BTreeMap<String, String> {
    let mut names = named(&DEAD);
    names.extend(named(&[("log", "fifo 777")]));
    if branch >= 550 {
        names.extend(named(&[("nvidia-cuda-mps-control.pid", "file 666")]));
    }
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_daemon_has_its_files_and_leaves_some_after_quit() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let site = &daemon.site;
        assert_eq!(files(&site.path("pipe")), live(program.branch), "{program:?}");
        assert_eq!(mode(&site.path("pipe")), 0o777, "{program:?}");
        assert_eq!(mode(&site.path("log")), 0o700, "{program:?}");
        assert_eq!(
            files(&site.path("log")),
            named(&[("control.log", "file 644"), ("server.log", "file 644")]),
            "{program:?}"
        );
        let pid = daemon.pid();
        if program.branch >= 550 {
            assert_eq!(fs::read_to_string(site.pipe("nvidia-cuda-mps-control.pid")).unwrap(), pid.to_string());
        }
        assert!(runs(pid));
        assert_eq!(fs::metadata(site.pipe("control_lock")).unwrap().len(), 0);
        assert_eq!(daemon.ask("quit"), "");
        until("the end of the daemon", || (!runs(pid) && site.holder().is_none()).then_some(()));
        assert_eq!(files(&site.path("pipe")), named(&DEAD), "{program:?}");
        assert_eq!(site.log("control.log").last().map(String::as_str), Some("Exit with status 0"));
        assert_eq!(daemon.talk("get_server_list\n"), Said::failed(NOT_FOUND), "{program:?}");
    }
}

#[test]
fn a_log_line_tells_when_who_and_what() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        until("the start's lines", || daemon.site.log("control.log").get(1).cloned());
        let text = fs::read_to_string(daemon.site.path("log/control.log")).unwrap();
        let line = text.lines().next().unwrap();
        let (date, rest) = line.split_once(" Control ").unwrap();
        assert_eq!(date.len(), "[2026-11-22 10:36:26.508".len(), "{line}");
        assert!(rest.starts_with(&format!("{:>5}] ", daemon.pid())), "{line}");
        let socket = format!("Starting control daemon using socket {}", daemon.site.pipe("control").display());
        assert_eq!(line.contains("CUDA MPS Control binary version: "), program.branch >= 580, "{line}");
        assert!(text.lines().any(|line| line.ends_with(&socket)), "{text}");
    }
}

#[test]
fn signals_end_a_daemon_without_cleaning_up_and_what_is_left_blocks_no_start() {
    for program in Program::all() {
        let mut daemon = Daemon::of(&program);
        for death in [Signal::TERM, Signal::INT, Signal::HUP, Signal::KILL] {
            let pid = daemon.pid();
            signal(pid, death);
            until("the end of the daemon", || (!runs(pid) && daemon.site.holder().is_none()).then_some(()));
            assert_eq!(files(&daemon.site.path("pipe")), live(program.branch), "{death:?} on {program:?}");
            assert_eq!(daemon.talk("x\n"), Said::failed(NOT_FOUND), "{death:?} on {program:?}");
            let started = daemon.site.run(daemon.site.control(&["-d"]), b"");
            assert_eq!(started, Said::ok(""), "{death:?} on {program:?}");
            assert_ne!(daemon.pid(), pid);
        }
        let pid = daemon.pid();
        signal(pid, Signal::PIPE);
        assert_eq!(daemon.ask("x"), "Unknown command \"x\"\n", "SIGPIPE is ignored on {program:?}");
        daemon.site.program = program;
    }
}

#[test]
fn of_many_starts_one_wins() {
    for program in Program::all() {
        let daemon = Daemon { site: Site::new(&program) };
        let outcomes: Vec<_> = thread::scope(|scope| {
            let start = || daemon.site.run(daemon.site.control(&["-d"]), b"");
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let won = outcomes.iter().filter(|said| **said == Said::ok("")).count();
        let lost = Said { output: RUNNING.to_owned(), error: String::new(), code: Some(1) };
        let refused = outcomes.iter().filter(|said| **said == lost).count();
        assert_eq!((won, refused), (1, 7), "{outcomes:?} on {program:?}");
        assert_eq!(daemon.ask("x"), "Unknown command \"x\"\n");
    }
}

#[test]
fn a_daemon_that_returned_serves_at_once() {
    for program in Program::all() {
        for _ in 0..3 {
            let daemon = Daemon::of(&program);
            assert_eq!(daemon.ask("get_server_list"), "", "{program:?}");
            assert_eq!(daemon.ask("quit"), "", "{program:?}");
            until("the daemon's end", || daemon.site.holder().is_none().then_some(()));
        }
    }
}

/// Starts a daemon that is to fail.
fn failed_start(site: &Site, variable: &str, value: &str) -> Said {
    let mut command = site.control(&["-d"]);
    command.env(variable, value);
    site.run(command, b"")
}

#[test]
fn what_keeps_a_daemon_from_starting_is_said_on_its_output_or_not_at_all() {
    for program in Program::all() {
        let site = Site::new(&program);
        let said = |output: String| Said { output, error: String::new(), code: Some(1) };
        fs::write(site.path("plain"), "").unwrap();
        for folder in ["none/none", "plain"] {
            let path = site.path(folder).display().to_string();
            let expected = said(format!("Cannot access CUDA_MPS_PIPE_DIRECTORY={path}\n"));
            assert_eq!(failed_start(&site, "CUDA_MPS_PIPE_DIRECTORY", &path), expected, "{program:?}");
        }
        fs::create_dir_all(site.path("taken/control")).unwrap();
        let path = site.path("taken").display().to_string();
        assert_eq!(failed_start(&site, "CUDA_MPS_PIPE_DIRECTORY", &path), said(String::new()), "{program:?}");
        let left: Vec<_> = files(&site.path("taken")).into_keys().collect();
        assert_eq!(left, ["control", "control_lock", "control_privileged", "log"], "{program:?}");
    }
}

#[test]
fn pitfall_06_a_pipe_folder_of_more_than_87_bytes_fails_without_a_word() {
    for program in Program::all() {
        for length in [87, 88, 120] {
            let site = Site::new(&program);
            let mut path = site.path("").display().to_string();
            path.push_str(&"p".repeat(length - path.len()));
            let site = site.with("CUDA_MPS_PIPE_DIRECTORY", &path);
            let said = site.run(site.control(&["-d"]), b"");
            if length == 87 {
                assert_eq!(said, Said::ok(""), "{program:?}");
                let daemon = Daemon { site };
                assert_eq!(daemon.ask("quit"), "");
            } else {
                assert_eq!(said, Said::failed(""), "{program:?}");
                let left: Vec<_> = files(Path::new(&path)).into_keys().collect();
                assert_eq!(left, ["control_lock", "log"], "{program:?}");
                assert_eq!(site.run(site.control(&[]), b"x\n"), Said::failed(NOT_FOUND), "{program:?}");
            }
        }
    }
}

#[test]
fn without_a_folder_for_logs_a_daemon_warns_and_with_a_file_there_it_does_not() {
    for program in Program::all() {
        let daemon = Daemon { site: Site::new(&program) };
        let path = daemon.site.path("none/none").display().to_string();
        let warning = format!("Warning: Failed writing log files to directory [{path}]. No logs will be available.\n");
        assert_eq!(failed_start(&daemon.site, "CUDA_MPS_LOG_DIRECTORY", &path), Said::ok(&warning), "{program:?}");
        assert_eq!(daemon.ask("quit"), "");
        let path = daemon.site.path("plain");
        fs::write(&path, "").unwrap();
        let said = failed_start(&daemon.site, "CUDA_MPS_LOG_DIRECTORY", &path.display().to_string());
        assert_eq!(said, Said::ok(""), "{program:?}");
        assert_eq!(daemon.ask("x"), "Unknown command \"x\"\n");
        assert_eq!(fs::read(&path).unwrap(), b"", "and nothing is logged");
    }
}

#[test]
fn pitfall_08_logs_and_the_lock_are_followed_through_links() {
    for program in Program::all() {
        let site = Site::new(&program);
        fs::create_dir(site.path("pipe")).unwrap();
        fs::create_dir(site.path("log")).unwrap();
        for name in ["elsewhere", "lock"] {
            fs::write(site.path(name), "before\n").unwrap();
        }
        fs::write(site.path("victim"), "v".repeat(4000)).unwrap();
        link(&site.path("elsewhere"), &site.path("log/control.log"));
        link(&site.path("lock"), &site.pipe("control_lock"));
        let daemon = site.start();
        // What is logged before may be what the victim was given.
        daemon.ask("x");
        let appended = until("the log", || {
            let text = fs::read_to_string(daemon.site.path("elsewhere")).unwrap();
            text.contains("Cmd:x").then_some(text)
        });
        assert!(appended.starts_with("before\n["), "{appended}");
        assert!(daemon.site.holder().is_some(), "locked through the link");
        daemon.ask("quit");
        until("the daemon's end", || daemon.site.holder().is_none().then_some(()));
        link(&daemon.site.path("victim"), &daemon.site.pipe("log"));
        assert_eq!(daemon.site.run(daemon.site.control(&["-d"]), b""), Said::ok(""), "{program:?}");
        let victim = fs::read(daemon.site.path("victim")).unwrap();
        assert!(
            victim.len() == 4000 && victim[0] != b'v' && victim[1000..].iter().all(|byte| *byte == b'v'),
            "{program:?}"
        );
        let replaced = fs::symlink_metadata(daemon.site.pipe("log")).unwrap();
        assert!(replaced.file_type().is_fifo() && replaced.mode() & 0o7777 == 0o777, "{program:?}");
    }
}

#[test]
fn a_folder_that_is_there_keeps_its_mode_and_one_that_vanishes_hides_its_daemon() {
    for program in Program::all() {
        let site = Site::new(&program);
        fs::create_dir(site.path("pipe")).unwrap();
        fs::set_permissions(site.path("pipe"), fs::Permissions::from_mode(0o750)).unwrap();
        let hidden = site.start();
        assert_eq!(mode(&hidden.site.path("pipe")), 0o750, "{program:?}");
        let pid = hidden.pid();
        fs::remove_dir_all(hidden.site.path("pipe")).unwrap();
        let said = hidden.site.run(hidden.site.control(&["-d"]), b"");
        assert_eq!(said, Said::ok(""), "a second daemon starts beside the first, on {program:?}");
        assert_ne!(hidden.pid(), pid);
        assert!(runs(pid));
        mps_support::kill(pid);
    }
}

#[test]
fn pitfall_19_each_command_makes_the_log_grow_and_a_reader_of_the_pipe_takes_from_it() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let size = || fs::metadata(daemon.site.path("log/control.log")).unwrap().len();
        // Its own lines come first, and late.
        until("the last line of the start", || {
            let log = daemon.site.log("control.log");
            log.last().is_some_and(|line| line.starts_with("To connect CUDA")).then_some(())
        });
        let before = size();
        daemon.ask("get_server_list");
        daemon.logs("UI closed");
        let grown = size() - before;
        assert!((200..400).contains(&grown), "{grown} bytes on {program:?}");
        fs::remove_file(daemon.site.path("log/control.log")).unwrap();
        daemon.ask("get_server_list");
        assert!(!daemon.site.path("log/control.log").exists(), "it is not opened again, on {program:?}");
    }
}

#[test]
fn pitfall_20_a_daemon_in_the_foreground_is_a_child_that_logs_to_its_output() {
    for program in Program::all() {
        let daemon = Daemon { site: Site::new(&program) };
        let mut foreground = Running::start(daemon.site.control(&["-f"]));
        until("the daemon", || daemon.site.holder());
        until("its sockets", || (daemon.talk("x\n").code == Some(0)).then_some(()));
        assert_eq!(daemon.pid(), foreground.pid(), "it is the child itself, on {program:?}");
        let second = daemon.site.run(daemon.site.control(&["-f"]), b"");
        assert_eq!(second, Said { output: RUNNING.to_owned(), error: String::new(), code: Some(1) }, "{program:?}");
        assert_eq!(daemon.ask("quit"), "");
        assert!(foreground.wait().success(), "{program:?}");
        let said = foreground.end();
        for line in ["Starting control daemon", "Cmd:x", "Unknown command \"x\"", "Exit with status 0"] {
            assert!(
                said.output.lines().any(|other| other.contains(&format!("] {line}"))),
                "{line}: {said:?} on {program:?}"
            );
        }
        let logs = fs::read_dir(daemon.site.path("log")).map(Iterator::count).unwrap_or(0);
        assert_eq!(logs, 0, "and there are no files of logs, on {program:?}");
    }
}

#[test]
fn a_daemon_in_the_background_has_no_parent_and_leads_its_session() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let pid = daemon.pid();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').map(str::to_owned).collect();
        assert_eq!((&fields[2], &fields[3]), (&pid.to_string(), &pid.to_string()), "group and session");
        for standard in 0..3 {
            assert_eq!(
                fs::read_link(format!("/proc/{pid}/fd/{standard}")).unwrap(),
                Path::new("/dev/null"),
                "{program:?}"
            );
        }
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
        let variable = format!("CUDA_MPS_PIPE_DIRECTORY={}", daemon.site.path("pipe").display());
        assert!(environment.split(|byte| *byte == 0).any(|other| other == variable.as_bytes()));
        assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap(), std::env::current_dir().unwrap());
    }
}

#[test]
fn a_relative_pipe_folder_is_one_of_the_working_folder() {
    for program in Program::all() {
        let site = Site::new(&program).with("CUDA_MPS_PIPE_DIRECTORY", "pipe");
        let here = |arguments: &[&str], input: &[u8]| {
            let mut command: Command = site.control(arguments);
            command.current_dir(site.path(""));
            site.run(command, input)
        };
        assert_eq!(here(&["-d"], b""), Said::ok(""), "{program:?}");
        assert!(site.holder().is_some());
        assert_eq!(here(&[], b"quit\n"), Said::ok(""), "{program:?}");
        until("the daemon's end", || site.holder().is_none().then_some(()));
    }
}

#[test]
fn the_lock_is_free_for_readers_of_the_folder_and_the_pipe_of_logs_does_not_block() {
    let daemon = Daemon::of(&Program::simulated(580));
    let mut stolen = Vec::new();
    // A true reader would take from the daemon; here nothing is there to take, so it only must not disturb.
    let pipe = File::options().read(true).write(true).open(daemon.site.pipe("log")).unwrap();
    drop(pipe);
    File::open(daemon.site.path("log/control.log")).unwrap().read_to_end(&mut stolen).unwrap();
    assert!(!stolen.is_empty());
    fs::write(daemon.site.pipe("log"), b"garbage\n\xff\nC\nS\n").unwrap();
    assert_eq!(daemon.ask("x"), "Unknown command \"x\"\n", "what is no record is passed over");
    let mut command = daemon.site.control(&["-d"]);
    assert!(!command.stdout(Stdio::null()).status().unwrap().success(), "it still runs");
}
