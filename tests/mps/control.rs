//! Control daemons.

use gpushare::{
    ActiveThreadPercentage, DaemonPresence, FrontEnd, Mib, MpsClientPriority, MpsCommand, MpsDaemon, MpsDeviceOrdinal,
    MpsError, PinnedDeviceMemoryLimit, PipeDirectory,
};

use crate::stage::{Outcome, SECOND, each, names};

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
