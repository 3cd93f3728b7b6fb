//! Who is on the GPUs of a snapshot, and the MPS daemons behind them.

use gpushare::{GpuProcess, Observer};
use gpushare_sim::engine::ProcessKind;
use gpushare_tests::procfs::Entry;

use crate::stage::{Node, Outcome};

/// Pid, name and user of each process.
fn who(observer: &Observer) -> Outcome<Vec<String>> {
    let processes = observer.snapshot()?.gpus.into_iter().flat_map(|gpu| gpu.processes);
    Ok(processes.map(|GpuProcess { pid, name, uid, .. }| format!("{pid} {name:?} {uid:?}")).collect())
}

#[test]
fn what_is_remembered_of_a_process_ends_with_it() -> Outcome {
    let node = Node::of("1xH200")?;
    let observer = node.nvml.observer()?;
    node.run(0, 40, ProcessKind::Compute, None)?;
    let becomes = |entry: Entry<'_>| node.procfs.add(40, entry);
    assert_eq!(who(&observer)?, [r#"40 Some("python3") Some(1000)"#]);
    // It runs another program.
    becomes(Entry { name: "trainer", uid: 1001, ..Entry::default() })?;
    assert_eq!(who(&observer)?, [r#"40 Some("trainer") Some(1001)"#]);
    // It is gone for the kernel, and the driver still lists it.
    node.procfs.remove(40)?;
    assert_eq!(who(&observer)?, [r#"40 Some("unseen") None"#]);
    node.machine.remove_process(0, 40)?;
    assert_eq!(who(&observer)?, [""; 0]);
    Ok(())
}

#[test]
fn servers_and_clients_of_mps_are_told_with_their_daemon() -> Outcome {
    let node = Node::of("2xH200")?;
    let control =
        Entry { name: "nvidia-cuda-mps-control", arguments: &["nvidia-cuda-mps-control", "-d"], ..Entry::default() };
    node.procfs.add(70, control)?;
    for (gpu, server) in [(0, 71), (1, 72)] {
        node.run(gpu, server, ProcessKind::MpsServer, None)?;
        node.procfs.add(
            server,
            Entry {
                name: "nvidia-cuda-mps-server",
                arguments: &["nvidia-cuda-mps-server"],
                parent: 70,
                uid: 1000,
                environment: Some(&[("CUDA_MPS_PIPE_DIRECTORY", "/run/mps")]),
                ..Entry::default()
            },
        )?;
    }
    for (gpu, client) in [(0, 81), (0, 80), (1, 82)] {
        node.run(gpu, client, ProcessKind::MpsClient, None)?;
    }
    node.run(1, 90, ProcessKind::Compute, None)?;

    let snapshot = node.nvml.snapshot()?;
    let [daemon] = &snapshot.mps_daemons[..] else { return Err(format!("{:?}", snapshot.mps_daemons).into()) };
    assert_eq!((daemon.pid, daemon.pipe_directory.as_deref()), (Some(70), Some("/run/mps".as_ref())));
    let servers: Vec<_> = daemon.servers.iter().map(|server| (server.pid, server.uid, &server.clients[..])).collect();
    assert_eq!(servers, [(71, Some(1000), &[80, 81][..]), (72, Some(1000), &[82][..])]);
    let text = snapshot.to_string();
    assert!(
        text.ends_with("MPS daemon 70 in /run/mps\n  server 71: clients 80, 81\n  server 72: clients 82"),
        "{text}"
    );
    Ok(())
}
