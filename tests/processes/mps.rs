//! Whose clients the clients of MPS are.

use gpushare::{MpsRole, ProcessKinds};
use gpushare_sim::engine::ProcessKind;
use gpushare_tests::procfs::Entry;

use crate::stage::{Outcome, Stage};

const CONTROL: &str = "nvidia-cuda-mps-control";
const SERVER: &str = "nvidia-cuda-mps-server";
const PIPES: &str = "CUDA_MPS_PIPE_DIRECTORY";

impl Stage {
    fn daemon(&self, pid: u32) -> Outcome {
        Ok(self.procfs.add(pid, Entry { name: CONTROL, arguments: &[CONTROL, "-d"], ..Default::default() })?)
    }

    /// A server of a daemon in a pipe directory, for a user.
    fn server(&self, pid: u32, parent: u32, directory: &str, uid: u32) -> Outcome {
        let entry = Entry {
            name: SERVER,
            arguments: &[SERVER],
            parent,
            uid,
            environment: Some(&[(PIPES, directory)]),
            ..Default::default()
        };
        Ok(self.procfs.add(pid, entry)?)
    }

    fn client(&self, pid: u32, environment: Option<&[(&str, &str)]>, uid: u32) -> Outcome {
        Ok(self.procfs.add(pid, Entry { name: "worker", uid, environment, ..Default::default() })?)
    }

    fn roles(&self) -> Outcome<Vec<(u32, Option<MpsRole>)>> {
        Ok(self.gpu.processes()?.into_iter().map(|process| (process.pid, process.mps)).collect())
    }
}

fn server(daemon: Option<u32>, directory: Option<&str>) -> Option<MpsRole> {
    Some(MpsRole::Server { daemon, pipe_directory: directory.map(Into::into) })
}

fn client(server: Option<u32>, daemon: Option<u32>) -> Option<MpsRole> {
    Some(MpsRole::Client { server, daemon })
}

#[test]
fn the_server_of_a_device_is_that_of_its_clients() -> Outcome {
    let (stage, devices) = Stage::split()?;
    stage.daemon(100)?;
    stage.daemon(200)?;
    stage.server(101, 100, "/run/one", 1000)?;
    stage.server(201, 200, "/run/two", 1000)?;
    for (pid, kind, device) in [
        (101, ProcessKind::MpsServer, &devices[0]),
        (102, ProcessKind::MpsClient, &devices[0]),
        (201, ProcessKind::MpsServer, &devices[1]),
        (202, ProcessKind::MpsClient, &devices[1]),
        (300, ProcessKind::Compute, &devices[2]),
    ] {
        stage.run(pid, kind, Some(device))?;
    }
    let expected = [
        (101, server(Some(100), Some("/run/one"))),
        (102, client(Some(101), Some(100))),
        (201, server(Some(200), Some("/run/two"))),
        (202, client(Some(201), Some(200))),
        (300, None),
    ];
    assert_eq!(stage.roles()?, expected);
    assert_eq!(devices[1].processes()?[1].mps, client(Some(201), Some(200)));
    assert_eq!(stage.gpu.processes()?[0].kinds, ProcessKinds::COMPUTE);
    Ok(())
}

#[test]
fn clients_are_asked_for_where_a_process_may_be_a_server() -> Outcome {
    let stage = Stage::set()?;
    let asked = || -> Outcome<bool> {
        let (processes, calls) = stage.machine.trace(|| stage.gpu.processes())?;
        processes?;
        Ok(calls.iter().any(|call| call.symbol.contains("MPSCompute")))
    };
    stage.client(300, None, 1000)?;
    stage.run(300, ProcessKind::Compute, None)?;
    assert!(!asked()?, "it is no server");
    // In another container, say.
    stage.run(400, ProcessKind::Compute, None)?;
    assert!(asked()?, "one that nothing is known of");
    stage.client(400, None, 1000)?;
    assert!(!asked()?);
    stage.server(101, 100, "/run/one", 1000)?;
    stage.run(101, ProcessKind::MpsServer, None)?;
    assert!(asked()?, "a server");
    Ok(())
}

#[test]
fn of_several_servers_on_a_device_the_environment_and_the_user_decide() -> Outcome {
    let stage = Stage::set()?;
    stage.daemon(100)?;
    stage.daemon(200)?;
    stage.server(101, 100, "/tmp/nvidia-mps", 1000)?;
    stage.server(201, 200, "/run/two", 1000)?;
    stage.server(202, 200, "/run/two", 1001)?;
    stage.client(1, Some(&[]), 1000)?;
    stage.client(2, Some(&[(PIPES, "/run/two")]), 1001)?;
    stage.client(3, None, 1001)?;
    stage.client(4, None, 1000)?;
    for pid in [101, 201, 202] {
        stage.run(pid, ProcessKind::MpsServer, None)?;
    }
    for pid in 1..=4 {
        stage.run(pid, ProcessKind::MpsClient, None)?;
    }
    let roles = stage.roles()?;
    let expected = [
        (1, client(Some(101), Some(100))),
        (2, client(Some(202), Some(200))),
        // The user alone.
        (3, client(Some(202), Some(200))),
        (4, client(None, None)),
    ];
    assert_eq!(roles[..4], expected);
    Ok(())
}

#[test]
fn what_is_not_seen_of_a_server_is_none() -> Outcome {
    let stage = Stage::set()?;
    // Its daemon died, and its environment is another user's.
    stage.procfs.add(1, Entry::default())?;
    stage.procfs.add(11, Entry { name: SERVER, arguments: &[SERVER], environment: None, ..Default::default() })?;
    stage.run(11, ProcessKind::MpsServer, None)?;
    stage.run(12, ProcessKind::MpsClient, None)?;
    assert_eq!(stage.roles()?, [(11, server(None, None)), (12, client(Some(11), None))]);
    // A client of a server that the driver lists elsewhere.
    stage.machine.remove_process(0, 11)?;
    assert_eq!(stage.roles()?, [(12, client(None, None))]);
    Ok(())
}
