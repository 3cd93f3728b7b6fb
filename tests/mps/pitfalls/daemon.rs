//! Daemons: their directories, their start and their end.

use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use gpushare::{Advisory, ComputeMode, DaemonPresence, Error, MpsCommand, MpsDaemon, MpsError, PipeDirectory};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use crate::stage::{Outcome, Program, SECOND, Stage, each, names, own_user, until};
use crate::worker::Worker;

#[test]
fn pitfall_03_one_who_says_nothing_makes_a_daemon_wedged_and_nobody_wait_for_ever() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().start()?;
        // No other daemon that starts meanwhile is to inherit it.
        let silent = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        connect(&silent, &SocketAddrUnix::new(stage.path("mps/control"))?)?;
        let answer = stage.impatient(&daemon)?.default_active_thread_percentage();
        assert!(matches!(answer, Err(MpsError::Wedged { .. })), "{answer:?}");
        drop(silent);
        daemon.default_active_thread_percentage()?;
        daemon.quit(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_06_a_pipe_directory_is_as_long_as_every_daemon_can_use() -> Outcome {
    each(|stage| {
        let room = 87 - stage.path("").as_os_str().as_bytes().len();
        let longest = stage.path(&"a".repeat(room));
        assert_eq!(longest.as_os_str().as_bytes().len(), 87);
        let builder = |path| stage.add_environment(MpsDaemon::builder(path).log_directory(stage.path("logs")));
        builder(longest.clone()).start()?.quit(SECOND)?;
        let before = names(&stage.path(""));
        let refused = builder(stage.path(&"b".repeat(room + 1))).start().map(drop);
        assert!(matches!(&refused, Err(MpsError::InvalidDirectory { reason, .. }) if reason.contains("87 bytes")));
        assert_eq!(names(&stage.path("")), before);
        Ok(())
    })
}

#[test]
fn pitfall_07_a_path_that_is_empty_or_not_absolute_is_refused() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    for path in ["", "mps", "./mps", "/tmp/../mps"] {
        let refused = stage.add_environment(MpsDaemon::builder(path)).start().map(drop);
        assert!(matches!(refused, Err(MpsError::InvalidDirectory { .. })), "{path:?}: {refused:?}");
    }
    for file in ["control", "control_lock", "control_privileged", "log"] {
        assert!(!std::path::Path::new("/").join(file).exists());
    }
    Ok(())
}

#[test]
fn pitfall_08_links_and_directories_of_others_are_refused() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let (target, link, open) = (stage.path("target"), stage.path("link"), stage.path("open"));
    fs::create_dir(&target)?;
    symlink(&target, &link)?;
    fs::create_dir(&open)?;
    fs::set_permissions(&open, Permissions::from_mode(0o777))?;
    let mut wrong = vec![(link, "it is a link"), (open, "let others write")];
    // Who may give a directory away is root.
    if own_user() == 0 {
        let foreign = stage.path("foreign");
        fs::create_dir(&foreign)?;
        std::os::unix::fs::chown(&foreign, Some(65534), None)?;
        wrong.push((foreign, "it belongs to user 65534"));
    }
    for (path, reason) in wrong {
        let as_pipes = stage.add_environment(MpsDaemon::builder(&path).log_directory(stage.path("logs")));
        let as_logs = stage.builder().log_directory(&path);
        for refused in [as_pipes.start().map(drop), as_logs.start().map(drop)] {
            let refused = refused.unwrap_err();
            assert!(matches!(&refused, MpsError::InvalidDirectory { .. }), "{refused}");
            assert!(refused.to_string().contains(reason), "{refused}");
        }
        let in_session = stage.session(0)?.directory(&path).start().unwrap_err().to_string();
        assert!(in_session.contains(reason), "{in_session}");
    }
    assert_eq!((names(&target), stage.path("mps").exists(), stage.processes()), (vec![], false, vec![]));
    Ok(())
}

#[test]
fn pitfall_11_closing_ends_with_clients_that_stay() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let session = stage.session(0)?.exclusive_process().start()?;
    let (mut client, _) = Worker::with_context(&stage, &session)?;
    let pipes = session.daemon().pipe_directory().clone();
    let quit = session.close(SECOND)?;
    assert_eq!(
        (quit.servers.len(), quit.terminated, quit.killed, quit.daemon_killed),
        (1, vec![client.pid()], vec![], false)
    );
    assert_eq!(client.ask("work")?, "error 806");
    assert_eq!((pipes.presence()?, names(pipes.path())), (DaemonPresence::Absent, vec!["control_lock".to_owned()]));
    let gpu = stage.nvml.gpu(0)?;
    assert!(gpu.processes()?.is_empty());
    assert_eq!(gpu.compute_mode()?, ComputeMode::DEFAULT);
    Ok(())
}

#[test]
fn pitfall_14_a_daemon_of_another_driver_is_told() -> Outcome {
    let told = |program: Program| -> Result<Vec<Advisory>, Box<dyn std::error::Error>> {
        let stage = Stage::set(program, "1xA100-SXM4-40GB")?;
        assert_eq!(stage.nvml.driver_version()?, "580.126.09");
        let session = stage.session(0)?.start()?;
        let advisories = session.advisories().to_vec();
        assert_eq!(session.daemon().version_advisory(&stage.nvml)?.as_slice(), advisories);
        session.close(SECOND)?;
        if let Some(advisory) = advisories.first() {
            let denied = stage.session(0)?.deny_advisories().start().map(drop);
            assert_eq!(denied, Err(Error::Mps(advisory.clone().deny())));
            assert!(stage.processes().is_empty());
        }
        Ok(advisories)
    };
    // The log of 580 and later has the CUDA version. Earlier simulated daemons are of no version that could be told.
    for branch in [470, 535, 550, 555, 580] {
        assert_eq!(told(Program::simulated(branch))?, [], "{branch}");
    }
    let (daemon, driver) = ("CUDA 13.2".to_owned(), "CUDA 13.0".to_owned());
    assert_eq!(told(Program::simulated(595))?, [Advisory::OtherVersion { daemon, driver }]);
    // NVIDIA's program has its driver's version in it, from 535 on.
    for program in Program::nvidias() {
        if program.branch < 535 {
            assert_eq!(told(program)?, []);
            continue;
        }
        let branch = format!("{}.", program.branch);
        let [Advisory::OtherVersion { daemon, driver }] = &told(program)?[..] else { return Err("no advisory".into()) };
        assert!(daemon.starts_with(&branch) && driver == "580.126.09", "{daemon} and {driver}");
    }
    Ok(())
}

#[test]
fn pitfall_15_a_daemon_is_started_with_one_option() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().start()?;
        let line = fs::read(format!("/proc/{}/cmdline", daemon.pid()?.ok_or("a pid")?))?;
        let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        assert_eq!(words[1..], ["-d", ""]);
        daemon.quit(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_19_looking_leaves_the_log_as_it_is() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().start()?;
        let commands = || -> Result<usize, Box<dyn std::error::Error>> {
            let log = daemon.log().ok_or("a log")?.control()?;
            Ok(log.iter().filter(|record| record.text.starts_with("Cmd:get_server_list")).count())
        };
        for _ in 0..1000 {
            assert_ne!(daemon.pipe_directory().presence()?, DaemonPresence::Absent);
        }
        daemon.control().exchange(&[MpsCommand::GetServerList; 20])?;
        // Reading the log takes nothing from it: all that the daemon writes comes.
        until(|| Ok(commands()? >= 20))?;
        let size = fs::metadata(stage.path("logs/control.log"))?.len();
        let lines = fs::read_to_string(stage.path("logs/control.log"))?.lines().count();
        for _ in 0..1000 {
            assert_ne!(daemon.pipe_directory().presence()?, DaemonPresence::Absent);
        }
        let grown = fs::metadata(stage.path("logs/control.log"))?.len() - size;
        assert!(grown < 1000, "{grown} bytes behind {lines} lines");
        daemon.quit(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_20_a_zombie_is_no_daemon() -> Outcome {
    // As where the first process of a container reaps none: what loses its parent becomes this process's child.
    rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1))?;
    each(|stage| {
        let daemon = stage.builder().start()?;
        let pid = daemon.pid()?.ok_or("a pid")?;
        let quit = daemon.quit(SECOND)?;
        assert!(!quit.daemon_killed && quit.killed.is_empty(), "{quit:?}");
        assert_eq!((daemon.pipe_directory().presence()?, daemon.pid()?), (DaemonPresence::Absent, None));
        let state = || -> Result<char, Box<dyn std::error::Error>> {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
            Ok(stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).ok_or("a state")?)
        };
        assert_eq!(state()?, 'Z');
        assert!(matches!(daemon.quit(SECOND), Err(MpsError::NotRunning { .. })), "and there is nothing to kill");
        stage.builder().start()?.quit(SECOND)?;
        assert!(PipeDirectory::at(stage.path("mps"))?.presence()? == DaemonPresence::Absent);
        Ok(())
    })
}
