//! Sessions: a device shared by a daemon of its own, and put back as it was.

use std::process::Command;
use std::time::Duration;

use gpushare::{
    ActiveThreadPercentage, Advisory, ComputeMode, DaemonPresence, Error, Mib, MpsClientPriority, MpsDeviceOrdinal,
    MpsError, MpsRole, PinnedDeviceMemoryLimit,
};

use crate::stage::{Outcome, Program, SECOND, Stage, each, names};
use crate::worker::{Worker, server};

#[test]
fn a_session_has_its_limits_tells_clients_and_leaves_the_gpu_as_it_was() -> Outcome {
    each(|stage| {
        let (share, gpu) = (ActiveThreadPercentage::new(40.0)?, stage.nvml.gpu(1)?);
        let mut builder = stage.session(1)?.active_thread_percentage(share).exclusive_process();
        let limited = builder.clone().pinned_device_memory_limit(PinnedDeviceMemoryLimit::new(Mib(2048))?);
        let limited = limited.client_priority(MpsClientPriority::BelowNormal);
        if stage.program.has_limits() {
            builder = limited;
        } else {
            let refused = limited.start().map(drop);
            assert!(matches!(refused, Err(Error::Mps(MpsError::UnknownCommand { .. }))), "{refused:?}");
            assert_eq!((stage.processes(), gpu.compute_mode()?), (vec![], ComputeMode::DEFAULT));
        }
        let session = builder.start()?;
        assert_eq!(gpu.compute_mode()?, ComputeMode::EXCLUSIVE_PROCESS);
        let daemon = session.daemon();
        assert_eq!(daemon.default_active_thread_percentage()?, share);
        if stage.program.has_limits() {
            assert_eq!(daemon.default_pinned_device_memory_limit(MpsDeviceOrdinal::default())?.as_deref(), Some("2G"));
            assert_eq!(daemon.default_client_priority()?, MpsClientPriority::BelowNormal);
        }
        let is_version = |advisory: &Advisory| matches!(advisory, Advisory::OtherVersion { .. });
        assert!(session.advisories().iter().all(is_version), "an A100 has none of its own");
        // The daemon itself sees one device, by its UUID.
        let pid = daemon.pid()?.ok_or("a pid")?;
        let environment = std::fs::read(format!("/proc/{pid}/environ"))?;
        let visible = format!("CUDA_VISIBLE_DEVICES={}", gpu.uuid());
        assert!(environment.split(|byte| *byte == 0).any(|entry| entry == visible.as_bytes()));
        let mut child = session.spawn(&mut Command::new("true"))?;
        let missing = session.verify_client(child.id(), Duration::from_millis(50)).unwrap_err();
        assert!(matches!(missing, MpsError::NotClient { pid, .. } if pid == child.id()), "{missing}");
        child.wait()?;
        let pipes = daemon.pipe_directory().clone();
        session.close(SECOND)?;
        assert_eq!((gpu.compute_mode()?, pipes.presence()?), (ComputeMode::DEFAULT, DaemonPresence::Absent));
        let uuid = gpu.uuid().to_string();
        assert_eq!(names(&stage.path("sessions")), [uuid.clone(), format!("{uuid}.log")]);
        Ok(())
    })
}

#[test]
fn the_processes_of_the_gpu_are_the_server_of_the_session_and_its_clients() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let session = stage.session(0)?.start()?;
    let (client, _) = Worker::with_context(&stage, &session)?;
    let (server, daemon) = (server(&session)?.pid(), session.daemon().pid()?);
    let processes = stage.nvml.gpu(0)?.processes()?;
    let of = |pid| processes.iter().find(|process| process.pid == pid).ok_or("a process of the GPU");
    let pipe_directory = Some(session.daemon().pipe_directory().path().to_owned());
    assert_eq!(of(server)?.mps, Some(MpsRole::Server { daemon, pipe_directory }));
    assert_eq!(of(server)?.name.as_deref(), Some("nvidia-cuda-mps-server"));
    assert_eq!(of(client.pid())?.mps, Some(MpsRole::Client { server: Some(server), daemon }));
    assert_eq!(of(client.pid())?.uid, Some(rustix::process::geteuid().as_raw()));
    assert_eq!(processes.len(), 2);
    Ok(())
}

#[test]
fn a_session_that_is_dropped_ends() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let pipes = {
        let session = stage.session(0)?.start()?;
        session.daemon().pipe_directory().clone()
    };
    assert_eq!(pipes.presence()?, DaemonPresence::Absent);
    Ok(())
}
