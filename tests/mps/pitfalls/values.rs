//! Commands and the values that they set.

use gpushare::{ActiveThreadPercentage, Mib, MpsCommand, MpsDeviceOrdinal, MpsError, PinnedDeviceMemoryLimit};

use crate::stage::{Outcome, Program, SECOND, Stage, each, until};
use crate::worker::{Worker, server};

fn share(percent: f64) -> ActiveThreadPercentage {
    ActiveThreadPercentage::new(percent).expect("a share")
}

/// Does something on each program that has limits of memory.
fn each_with_limits(work: impl Fn(&Stage) -> Outcome + Sync) -> Outcome {
    each(|stage| if stage.program.has_limits() { work(stage) } else { Ok(()) })
}

fn limit(mib: u64) -> PinnedDeviceMemoryLimit {
    PinnedDeviceMemoryLimit::new(Mib(mib)).expect("a limit")
}

#[test]
fn pitfall_01_what_is_not_executed_is_found_out() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let daemon = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", "command#1=silent").start()?;
    let set = daemon.set_default_active_thread_percentage(share(33.0));
    assert!(matches!(&set, Err(MpsError::NotConfirmed { found, .. }) if found == "100.0"), "{set:?}");
    daemon.quit(SECOND)?;
    Ok(())
}

#[test]
fn pitfall_02_what_was_dropped_is_sent_again_where_that_is_safe() -> Outcome {
    for fault in ["ui#1=silent", "ui#1=refuse"] {
        let stage = Stage::set(Program::simulated(580), "1xH200")?;
        let daemon = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", fault).start()?;
        daemon.set_default_active_thread_percentage(share(33.0))?;
        assert_eq!(daemon.default_active_thread_percentage()?, share(33.0), "{fault}");
        daemon.quit(SECOND)?;
    }
    // A server must not be started twice: whether one was is not known.
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let daemon = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", "ui#1=silent").start()?;
    let started = daemon.start_server(0);
    assert!(matches!(started, Err(MpsError::Uncertain { .. })), "{started:?}");
    daemon.quit(SECOND)?;
    Ok(())
}

#[test]
fn pitfall_04_values_are_those_of_what_comes_later() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let session = stage.session(0)?.active_thread_percentage(share(50.0)).start()?;
    let (mut first, seen) = Worker::with_context(&stage, &session)?;
    assert!(seen.contains("multiprocessors 66"), "{seen}");
    session.daemon().set_default_active_thread_percentage(share(10.0))?;
    let server = server(&session)?;
    assert_eq!(server.active_thread_percentage()?, Some(share(50.0)), "the server keeps its own");
    server.set_active_thread_percentage(share(30.0))?;
    let (_second, seen) = Worker::with_context(&stage, &session)?;
    assert!(seen.contains("multiprocessors 38"), "{seen}");
    assert_eq!(first.ask("work")?, "ok");
    assert_eq!(server.clients()?.len(), 2);
    let listed: Vec<_> = session.daemon().clients()?.iter().map(|client| client.pid).collect();
    assert!(listed.contains(&first.pid()));
    Ok(())
}

#[test]
fn pitfall_05_a_daemon_gets_the_commands_that_were_sent_and_no_other() -> Outcome {
    each(|stage| {
        let daemon = stage.builder().start()?;
        let device = MpsDeviceOrdinal::new(3)?;
        let sent = [
            MpsCommand::SetDefaultActiveThreadPercentage(share(33.3)),
            MpsCommand::SetDefaultDevicePinnedMemLimit { device, limit: limit(1536) },
            MpsCommand::GetDefaultDevicePinnedMemLimit(device),
            MpsCommand::GetServerList,
        ];
        daemon.control().exchange(&sent)?;
        let got = || -> Result<Vec<_>, Box<dyn std::error::Error>> {
            let log = daemon.log().ok_or("a log")?.control()?;
            let commands = log.iter().filter_map(|record| record.text.strip_prefix("Cmd:"));
            Ok(commands.filter(|command| !command.starts_with('#')).map(str::to_owned).collect())
        };
        // The daemon may write what it did after it has answered.
        until(|| Ok(got()?.len() >= sent.len()))?;
        assert_eq!(got()?, sent.map(|command| command.to_string()));
        daemon.quit(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_12_devices_are_numbers_and_keep_each_its_own_limit() -> Outcome {
    each_with_limits(|stage| {
        let daemon = stage.builder().start()?;
        let [first, second, last] = [0, 1, 31].map(|ordinal| MpsDeviceOrdinal::new(ordinal).expect("an ordinal"));
        daemon.set_default_pinned_device_memory_limit(first, limit(3 * 1024))?;
        daemon.set_default_pinned_device_memory_limit(second, limit(1024))?;
        daemon.set_default_pinned_device_memory_limit(last, limit(7))?;
        let shown = [first, second, last].map(|device| daemon.default_pinned_device_memory_limit(device));
        assert_eq!(shown, ["3G", "1G", "7M"].map(|text| Ok(Some(text.to_owned()))));
        daemon.quit(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_13_memory_is_what_was_asked_for_or_nothing() -> Outcome {
    each_with_limits(|stage| {
        let daemon = stage.builder().start()?;
        let device = MpsDeviceOrdinal::default();
        for (mib, shown) in
            [(1, "1M"), (5, "5M"), (1023, "1023M"), (1024, "1G"), (1536, "1G"), (20_480, "20G"), (1 << 24, "16384G")]
        {
            daemon.set_default_pinned_device_memory_limit(device, limit(mib))?;
            assert_eq!(daemon.default_pinned_device_memory_limit(device)?.as_deref(), Some(shown), "{mib} MiB");
        }
        assert!(PinnedDeviceMemoryLimit::new(Mib(0)).is_err(), "which would remove the limit");
        daemon.quit(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_24_shares_at_which_hopper_errs_are_told_and_can_be_refused() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let denied = stage.session(0)?.active_thread_percentage(share(40.0)).deny_advisories().start().unwrap_err();
    assert!(denied.to_string().starts_with("40 is not a safe"), "{denied}");
    assert!(!stage.path("sessions").exists(), "nothing was begun");
    let session = stage.session(0)?.active_thread_percentage(share(40.0)).start()?;
    assert_eq!(session.advisories().len(), 1);
    session.close(SECOND)?;
    Ok(())
}
