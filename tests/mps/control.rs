//! Control daemons.

use std::time::Duration;

use gpushare::{
    ActiveThreadPercentage, DaemonPresence, FrontEnd, Mib, MpsClientPriority, MpsCommand, MpsDaemon, MpsDeviceOrdinal,
    MpsError, MpsLogRecord, PinnedDeviceMemoryLimit, PipeDirectory,
};

use crate::stage::{Outcome, Program, SECOND, Stage, each, names};

#[test]
fn a_daemon_is_started_asked_set_and_ended_without_a_trace() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().start()?;
        assert!(daemon.pid()?.is_some());
        assert!(matches!(stage.builder().start(), Err(MpsError::AlreadyRunning { .. })));
        assert!(daemon.servers()?.is_empty());
        assert_eq!(daemon.default_active_thread_percentage()?, ActiveThreadPercentage::FULL);
        let share = ActiveThreadPercentage::new(33.3)?;
        daemon.set_default_active_thread_percentage(share)?;
        assert_eq!(daemon.default_active_thread_percentage()?, share);
        let device = MpsDeviceOrdinal::default();
        assert_eq!(daemon.default_pinned_device_memory_limit(device)?, None);
        daemon.set_default_pinned_device_memory_limit(device, PinnedDeviceMemoryLimit::new(Mib(1536))?)?;
        assert_eq!(daemon.default_pinned_device_memory_limit(device)?.as_deref(), Some("1G"));
        daemon.set_default_pinned_device_memory_limit(device, PinnedDeviceMemoryLimit::new(Mib(512))?)?;
        assert_eq!(daemon.default_pinned_device_memory_limit(device)?.as_deref(), Some("512M"));
        daemon.set_default_client_priority(MpsClientPriority::BelowNormal)?;
        assert_eq!(daemon.default_client_priority()?, MpsClientPriority::BelowNormal);
        let again =
            MpsDaemon::attach_by(FrontEnd::new(PipeDirectory::at(stage.path("mps"))?).program(stage.control()))?;
        assert_eq!(again.default_active_thread_percentage()?, share);
        let log = daemon.log().ok_or("a log")?.control()?;
        assert!(log.iter().any(|record| record.text.contains("Start")), "{log:?}");
        let quit = daemon.quit(SECOND)?;
        assert!(!quit.daemon_killed && quit.killed.is_empty());
        assert_eq!(names(&stage.path("mps")), ["control_lock"]);
        assert_eq!(daemon.pipe_directory().presence()?, DaemonPresence::Absent);
        assert!(matches!(daemon.servers(), Err(MpsError::NotRunning { .. })));
        Ok(())
    })
}

#[test]
fn a_thousand_commands_in_one_exchange_are_answered_in_order() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().start()?;
        let mut commands = Vec::new();
        for tenths in 1..=500 {
            let share = ActiveThreadPercentage::new(f64::from(tenths) / 10.0)?;
            commands
                .extend([MpsCommand::SetDefaultActiveThreadPercentage(share), MpsCommand::GetDefaultClientPriority]);
        }
        let answers = daemon.control().exchange(&commands)?;
        assert_eq!(answers.len(), 1000);
        for (index, pair) in answers.chunks(2).enumerate() {
            assert_eq!(pair, [format!("{:.1}\n", (index as f64 + 1.0) / 10.0), "0\n".to_owned()]);
        }
        daemon.quit(SECOND)?;
        Ok(())
    })
}

const PROCESSES: u32 = 4;
const THREADS: u32 = 8;
const ROUNDS: u64 = 25;

/// Sets and reads limits from eight threads, each of a device of its own.
#[test]
#[ignore = "a child process of the test below"]
fn hammer_in_a_child() -> Outcome {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (pipes, program) = (variable("MPS_PIPES")?, variable("MPS_PROGRAM")?);
    let process: u32 = variable("MPS_PROCESS")?.parse()?;
    let front_end = FrontEnd::new(PipeDirectory::at(pipes)?).program(program).patience(Duration::from_secs(60));
    let daemon = MpsDaemon::attach_by(front_end)?;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (daemon, device) = (&daemon, MpsDeviceOrdinal::new(process * THREADS + thread).expect("an ordinal"));
            scope.spawn(move || {
                for round in 1..=ROUNDS {
                    let limit = PinnedDeviceMemoryLimit::new(Mib(round)).expect("a limit");
                    daemon.set_default_pinned_device_memory_limit(device, limit).expect("it is set");
                    let found = daemon.default_pinned_device_memory_limit(device).expect("it is shown");
                    assert_eq!(found, Some(format!("{round}M")));
                }
            });
        }
    });
    Ok(())
}

#[test]
fn pitfall_2_many_speakers_lose_no_command_and_none_is_executed_twice() -> Outcome {
    // NVIDIA's own where there is one: what it executes is in its log.
    let program = Program::all().pop().ok_or("a program")?;
    let stage = Stage::set(program, "2xA100-SXM4-40GB")?;
    let daemon = stage.builder().start()?;
    let children: Vec<_> = (0..PROCESSES)
        .map(|process| {
            let mut child = std::process::Command::new(std::env::current_exe()?);
            child.args(["--exact", "control::hammer_in_a_child", "--ignored"]).env("MPS_PROCESS", process.to_string());
            child.env("MPS_PIPES", daemon.pipe_directory().path()).env("MPS_PROGRAM", stage.control());
            child.stdout(std::process::Stdio::null()).spawn()
        })
        .collect::<Result<_, _>>()?;
    for mut child in children {
        assert!(child.wait()?.success());
    }
    // The daemon may write what it did after it has answered.
    let whole = |log: &[MpsLogRecord]| log.iter().filter(|record| record.text.starts_with("Cmd:")).count();
    let all = (PROCESSES * THREADS) as usize * ROUNDS as usize * 6;
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    let mut log = Vec::new();
    while whole(&log) < all && std::time::Instant::now() < deadline {
        log = daemon.log().ok_or("a log")?.control()?;
    }
    let times = |command: String| log.iter().filter(|record| record.text == command).count();
    for device in 0..PROCESSES * THREADS {
        for round in 1..=ROUNDS {
            let set = format!("Cmd:set_default_device_pinned_mem_limit {device} {round}M");
            assert_eq!(times(set), 1, "device {device}, round {round}");
        }
        assert_eq!(times(format!("Cmd:get_default_device_pinned_mem_limit {device}")), 2 * ROUNDS as usize);
    }
    daemon.quit(SECOND)?;
    Ok(())
}

#[test]
fn a_stopped_daemon_is_wedged_and_can_be_ended() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().patience(Duration::from_millis(300)).start()?;
        let pid = daemon.pid()?.ok_or("a pid")?;
        std::process::Command::new("kill").args(["-STOP", &pid.to_string()]).status()?;
        assert!(matches!(daemon.servers(), Err(MpsError::Wedged { .. })));
        let quit = daemon.quit(SECOND)?;
        assert!(quit.daemon_killed);
        assert_eq!(names(&stage.path("mps")), ["control_lock"]);
        Ok(())
    })
}
