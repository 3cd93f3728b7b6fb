//! An MPS session from start to end, with clients that compute.

use std::fs;
use std::time::Duration;

use gpushare::{
    ActiveThreadPercentage, ComputeMode, DaemonPresence, Gpu, Mib, MpsError, MpsSession, PinnedDeviceMemoryLimit,
};

use crate::stage::{Outcome, Worker, real_gpu};

const PATIENCE: Duration = Duration::from_secs(20);

/// `workers` processes at `percent` of an H200 each get the SMs that the type says, are clients in the daemon's eyes and in NVML's, and the
/// end of the session leaves nothing but the lock and the logs.
fn share(gpu: &Gpu, percent: f64, workers: usize) -> Outcome {
    let percentage = ActiveThreadPercentage::new(percent)?;
    let alone = Worker::start("large", 1, None)?[0].multiprocessors;
    let session = MpsSession::builder(gpu)
        .active_thread_percentage(percentage)
        .pinned_device_memory_limit(PinnedDeviceMemoryLimit::new(Mib(8192))?)
        .start()?;
    let mut clients = Worker::start("large", workers, Some(&session))?;
    let mut pids: Vec<_> = clients.iter().map(|worker| worker.child.id()).collect();
    pids.sort_unstable();
    for client in &clients {
        session.verify_client(client.child.id(), PATIENCE)?;
        assert_eq!(client.multiprocessors, u64::from(percentage.multiprocessors(alone as u32)), "{percent} %");
    }
    let [server] = &session.daemon().servers()?[..] else { return Err("not one server".into()) };
    let mut listed = server.clients()?;
    listed.sort_unstable();
    assert_eq!(listed, pids);
    let on_gpu: Vec<_> = gpu.processes()?.into_iter().map(|process| process.pid).collect();
    assert!(pids.iter().chain([&server.pid()]).all(|pid| on_gpu.contains(pid)), "{on_gpu:?}");
    for client in &mut clients {
        client.begin(1)?;
    }
    for client in &mut clients {
        assert!(client.listen()?["done"].as_u64() > Some(0));
    }
    drop(clients);
    let pipe = session.daemon().pipe_directory().clone();
    let end = session.close(Duration::from_secs(2))?;
    assert_eq!((end.killed.as_slice(), end.daemon_killed), (&[][..], false));
    assert_eq!(pipe.presence()?, DaemonPresence::Absent);
    let left: Vec<_> = fs::read_dir(pipe.path())?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["control_lock"]);
    assert_eq!(gpu.compute_mode()?, ComputeMode::DEFAULT);
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn two_workers_with_all_of_it() -> Outcome {
    share(&real_gpu()?.1, 100.0, 2)
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn eight_workers_with_an_eighth_each() -> Outcome {
    share(&real_gpu()?.1, 12.5, 8)
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn a_terminated_client_fails_and_the_other_works_on() -> Outcome {
    let (_nvml, gpu) = real_gpu()?;
    let session = MpsSession::builder(&gpu).start()?;
    let mut clients = Worker::start("large", 2, Some(&session))?;
    let [server] = &session.daemon().servers()?[..] else { return Err("not one server".into()) };
    server.terminate_client(clients[0].child.id())?;
    for client in &mut clients {
        client.begin(1)?;
    }
    let (terminated, other) = (clients[0].listen()?, clients[1].listen()?);
    assert!(terminated["failed"].as_str().is_some_and(|text| text.contains("terminated")), "{terminated}");
    assert!(other["done"].as_u64() > Some(0), "{other}");
    let stranger = server.terminate_client(1);
    assert!(matches!(stranger, Err(MpsError::Refused { .. })), "{stranger:?}");
    drop(clients);
    session.close(Duration::from_secs(2))?;
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn memory_beyond_the_limit_is_refused() -> Outcome {
    let (_nvml, gpu) = real_gpu()?;
    let limit = PinnedDeviceMemoryLimit::new(Mib(8192))?;
    let session = MpsSession::builder(&gpu).pinned_device_memory_limit(limit).start()?;
    let mut client = Worker::start("memory", 1, Some(&session))?;
    client[0].begin(1)?;
    let said = client[0].listen()?;
    // What the program itself and its libraries use counts too.
    assert!(said["gib"].as_u64().is_some_and(|gib| (6..8).contains(&gib)), "{said}");
    drop(client);
    session.close(Duration::from_secs(2))?;
    Ok(())
}
