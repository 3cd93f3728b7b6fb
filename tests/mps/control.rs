//! Control daemons.

use gpushare::{
    ActiveThreadPercentage, DaemonPresence, FrontEnd, Mib, MpsClientPriority, MpsCommand, MpsDaemon, MpsDeviceOrdinal,
    MpsError, PinnedDeviceMemoryLimit, PipeDirectory,
};

use crate::stage::{Outcome, SECOND, Stage, each, is_unknown, names};

fn limits(stage: &Stage, daemon: &MpsDaemon) -> Outcome {
    let (device, priority) = (MpsDeviceOrdinal::default(), MpsClientPriority::BelowNormal);
    let set = |mib| daemon.set_default_pinned_device_memory_limit(device, PinnedDeviceMemoryLimit::new(Mib(mib))?);
    let shown = || daemon.default_pinned_device_memory_limit(device);
    if !stage.program.has_limits() {
        assert!(is_unknown(shown(), "get_default_device_pinned_mem_limit"));
        assert!(is_unknown(set(512), "set_default_device_pinned_mem_limit"));
        assert!(is_unknown(daemon.set_default_client_priority(priority), "set_default_client_priority"));
        return Ok(());
    }
    assert_eq!(shown()?, None);
    set(1536)?;
    assert_eq!(shown()?.as_deref(), Some("1G"));
    set(512)?;
    assert_eq!(shown()?.as_deref(), Some("512M"));
    daemon.set_default_client_priority(priority)?;
    assert_eq!(daemon.default_client_priority()?, priority);
    Ok(())
}

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
        limits(stage, &daemon)?;
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
            commands.extend([MpsCommand::SetDefaultActiveThreadPercentage(share), MpsCommand::GetServerList]);
        }
        let answers = daemon.control().exchange(&commands)?;
        assert_eq!(answers.len(), 1000);
        for (index, pair) in answers.chunks(2).enumerate() {
            assert_eq!(pair, [format!("{:.1}\n", (index as f64 + 1.0) / 10.0), String::new()]);
        }
        daemon.quit(SECOND)?;
        Ok(())
    })
}
