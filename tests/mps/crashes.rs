//! Daemons that die, stop or lose their directory, at each step of a session's life. What is closed leaves nothing behind all the same.

use std::fs;
use std::process::{Command, Stdio};

use gpushare::{
    ActiveThreadPercentage, ComputeMode, DaemonPresence, Error, Mib, MpsDeviceOrdinal, MpsError, MpsSession,
    PinnedDeviceMemoryLimit,
};
use rustix::process::Signal;

use crate::stage::{Outcome, Program, SECOND, Stage, each, kill, names, until};
use crate::worker::{Worker, server};

fn simulated() -> Result<Stage, Box<dyn std::error::Error>> {
    Stage::set(Program::simulated(580), "2xA100-SXM4-40GB")
}

/// Kills a session's daemon; its process id.
fn kill_daemon(session: &MpsSession) -> Result<u32, Box<dyn std::error::Error>> {
    let pid = session.daemon().pid()?.ok_or("a daemon")?;
    kill(pid, Signal::KILL)?;
    until(|| Ok(session.daemon().pipe_directory().presence()? == DaemonPresence::Absent))?;
    Ok(pid)
}

/// A session that was closed has left directories, logs and the file that daemons lock.
fn is_clean(stage: &Stage) -> Outcome {
    let gpu = stage.nvml.gpu(1)?;
    let uuid = gpu.uuid().to_string();
    assert_eq!(gpu.compute_mode()?, ComputeMode::DEFAULT);
    assert_eq!(names(&stage.path("sessions")), [uuid.clone(), format!("{uuid}.log")]);
    assert_eq!(names(&stage.path("sessions").join(uuid)), ["control_lock"]);
    assert!(stage.processes().is_empty(), "no process is left");
    Ok(())
}

#[test]
fn a_daemon_that_is_killed_at_any_command_is_not_running() -> Outcome {
    for at in 1..=8 {
        let stage = simulated()?;
        let builder = stage.session(1)?.active_thread_percentage(ActiveThreadPercentage::new(50.0)?);
        let builder = builder.pinned_device_memory_limit(PinnedDeviceMemoryLimit::new(Mib(512))?).exclusive_process();
        let failed = builder.env("GPUSHARE_SIM_MPS_FAULTS", format!("command#{at}=kill")).start().map(drop);
        assert!(matches!(failed, Err(Error::Mps(MpsError::NotRunning { .. }))), "killed at command {at}: {failed:?}");
        is_clean(&stage)?;
        // And the next session is as good as any.
        stage.session(1)?.start()?.close(SECOND)?;
    }
    Ok(())
}

#[test]
fn a_daemon_that_is_killed_once_it_is_ready_takes_no_limit_and_no_client() -> Outcome {
    each(|stage| {
        let session = stage.session(1)?.exclusive_process().start()?;
        kill_daemon(&session)?;
        let device = MpsDeviceOrdinal::default();
        let limit =
            session.daemon().set_default_pinned_device_memory_limit(device, PinnedDeviceMemoryLimit::new(Mib(1))?);
        assert!(matches!(limit, Err(MpsError::NotRunning { .. })), "{limit:?}");
        let spawned =
            session.spawn(Command::new("/bin/sleep").arg("1000").stdout(Stdio::null()).stderr(Stdio::null())).map(drop);
        assert!(matches!(spawned, Err(Error::Mps(MpsError::NotRunning { .. }))), "{spawned:?}");
        assert_eq!(session.close(SECOND)?, Default::default());
        is_clean(stage)
    })
}

#[test]
fn a_server_that_outlived_its_daemon_ends_with_the_session() -> Outcome {
    let stage = simulated()?;
    let session = stage.session(1)?.exclusive_process().start()?;
    let (mut client, _) = Worker::with_context(&stage, &session)?;
    let server = server(&session)?.pid();
    kill_daemon(&session)?;
    assert_eq!(client.ask("work")?, "ok", "the server serves on");
    let quit = session.close(SECOND)?;
    assert_eq!((quit.servers, quit.killed, quit.daemon_killed), (vec![server], vec![server], false));
    assert_eq!(client.ask("work")?, "error 806");
    drop(client);
    is_clean(&stage)
}

#[test]
fn a_daemon_that_is_killed_while_it_is_closed_is_closed() -> Outcome {
    for at in 1..=2 {
        let stage = simulated()?;
        let faults = format!("command#{at}=kill");
        let session = stage.session(1)?.exclusive_process().env("GPUSHARE_SIM_MPS_FAULTS", faults).start()?;
        let quit = session.close(SECOND)?;
        assert!(!quit.daemon_killed, "{quit:?}");
        is_clean(&stage)?;
    }
    Ok(())
}

#[test]
fn a_daemon_without_its_directory_is_found_and_ended() -> Outcome {
    each(|stage| {
        let session = stage.session(1)?.exclusive_process().start()?;
        let pid = session.daemon().pid()?.ok_or("a daemon")?;
        let pipes = session.daemon().pipe_directory().path().to_owned();
        fs::remove_dir_all(&pipes)?;
        assert!(matches!(session.daemon().servers(), Err(MpsError::NotRunning { .. })));
        assert!(stage.processes().contains(&pid), "it lives on, and nobody can reach it");
        assert!(session.close(SECOND)?.daemon_killed);
        until(|| Ok(!stage.processes().contains(&pid)))?;
        let gpu = stage.nvml.gpu(1)?;
        assert_eq!((pipes.exists(), gpu.compute_mode()?), (false, ComputeMode::DEFAULT));
        Ok(())
    })
}

#[test]
fn a_stopped_daemon_is_wedged_and_can_be_ended() -> Outcome {
    each(|stage| {
        let daemon = stage.impatient(&stage.builder().start()?)?;
        kill(daemon.pid()?.ok_or("a pid")?, Signal::STOP)?;
        assert!(matches!(daemon.servers(), Err(MpsError::Wedged { .. })));
        let quit = daemon.quit(SECOND)?;
        assert!(quit.daemon_killed);
        assert_eq!(names(&stage.path("mps")), ["control_lock"]);
        Ok(())
    })
}
