//! Clients and their servers.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use gpushare::{Error, MpsError, MpsServerStatus};
use gpushare_sim::mps::Programs;

use crate::stage::{NOBODY, Outcome, Program, SECOND, Stage, each, own_user, until};
use crate::worker::{Worker, server};

fn stage() -> Result<Stage, Box<dyn std::error::Error>> {
    Stage::set(Program::simulated(580), "1xH200")
}

#[test]
fn pitfall_09_who_would_wait_for_another_users_clients_is_told() -> Outcome {
    let (own, other) = (own_user(), own_user() + 1);
    // A server that does not become ready keeps others out as long as it lives.
    each(|stage| {
        stage.use_simulated_server()?;
        let daemon = stage.builder().all_users().env("GPUSHARE_SIM_MPS_SERVER_FAULT", "never-ready").start()?;
        daemon.verify_user(other)?;
        daemon.start_server(own)?;
        until(|| Ok(!daemon.servers()?.is_empty()))?;
        let server = daemon.servers()?.pop().ok_or("a server")?.pid();
        // Until its program has begun, it is a child of the daemon with the daemon's name and user.
        assert_eq!(daemon.verify_user(other), Err(MpsError::OtherUser { server, owner: own, uid: other }));
        daemon.verify_user(own)?;
        daemon.quit(Duration::ZERO)?;
        Ok(())
    })?;
    // One that is ready does so as long as it has clients.
    let stage = stage()?;
    let session = stage.session(0)?.all_users().start()?;
    let (client, _) = Worker::with_context(&stage, &session)?;
    let server = server(&session)?;
    let waits = session.daemon().verify_user(other).unwrap_err();
    assert_eq!(waits, MpsError::OtherUser { server: server.pid(), owner: own, uid: other });
    assert!(
        waits.to_string().contains(&format!("user {own},")) && waits.to_string().contains(&format!("user {other} "))
    );
    drop(client);
    until(|| Ok(server.clients()?.is_empty()))?;
    session.daemon().verify_user(other)?;
    session.close(SECOND)?;
    Ok(())
}

/// Only root can start a command as another user, and a daemon for all users.
#[test]
fn pitfall_09_a_command_of_another_user_is_not_left_waiting() -> Outcome {
    if own_user() != 0 {
        return Ok(());
    }
    let stage = stage()?;
    let session = stage.session(0)?.all_users().start()?;
    let (_client, _) = Worker::with_context(&stage, &session)?;
    let mut command = Command::new("/bin/sleep");
    command.arg("1000").uid(NOBODY).stdout(Stdio::null()).stderr(Stdio::null());
    let before = stage.processes();
    let waits = session.spawn(&mut command).map(drop);
    let server = server(&session)?.pid();
    assert_eq!(waits, Err(Error::Mps(MpsError::OtherUser { server, owner: 0, uid: NOBODY })));
    assert_eq!(stage.processes(), before, "it is gone");
    session.wrap(&mut command);
    let mut waiting = command.spawn()?;
    let told = session.verify_client(waiting.id(), Duration::from_millis(50));
    assert_eq!(told, Err(MpsError::OtherUser { server, owner: 0, uid: NOBODY }));
    waiting.kill()?;
    waiting.wait()?;
    session.close(Duration::ZERO)?;
    Ok(())
}

#[test]
fn pitfall_10_the_environment_is_that_of_the_child_itself() -> Outcome {
    each(|stage| {
        let session = stage.session(1)?.start()?;
        let mut command = Command::new("env");
        // Whatever this process has in its own.
        command.env("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "5").env("CUDA_VISIBLE_DEVICES", "1").stdout(Stdio::piped());
        let output = session.spawn(&mut command)?.wait_with_output()?;
        let said = String::from_utf8(output.stdout)?;
        let visible = format!("CUDA_VISIBLE_DEVICES={}", stage.nvml.gpu(1)?.uuid());
        let pipes = format!("CUDA_MPS_PIPE_DIRECTORY={}", session.daemon().pipe_directory().path().display());
        assert!(said.lines().any(|line| line == visible) && said.lines().any(|line| line == pipes), "{said}");
        assert!(!said.contains("ACTIVE_THREAD"), "{said}");
        assert_eq!(std::env::var_os("CUDA_MPS_PIPE_DIRECTORY"), None, "and this process keeps its own");
        session.close(SECOND)?;
        Ok(())
    })
}

#[test]
fn pitfall_16_a_client_tells_whether_its_process_ids_are_these() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let (here, _) = Worker::with_context(&stage, &session)?;
    let find = |pid: u32| -> Result<bool, Box<dyn std::error::Error>> {
        let clients = session.daemon().clients()?;
        let client = clients.iter().find(|client| client.pid == pid).ok_or("a client")?;
        Ok(client.is_in_this_pid_namespace())
    };
    assert!(find(here.pid())?);
    // A stranger's id, as that of a client in a container may be, ends nobody's work.
    let stranger = server(&session)?.terminate_client(1);
    assert!(matches!(stranger, Err(MpsError::Refused { .. })), "{stranger:?}");

    let elsewhere = |program: &std::path::Path| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--pid", "--fork"]).arg(program);
        command
    };
    // Not every machine lets a user have namespaces.
    if !elsewhere("true".as_ref()).status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let mut there = Worker::start_by(elsewhere(&Programs::find()?.client()), &stage, Some(&session))?;
    there.ask("init")?;
    there.ask("context")?;
    assert_eq!(there.ask("pid")?, "1", "what it calls itself");
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", there.pid()))?;
    assert!(!find(children.trim().parse()?)?, "what the daemon calls it");
    there.ask("exit")?;
    Ok(())
}

#[test]
fn pitfall_17_a_terminated_client_harms_no_other() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let ((mut one, _), (mut other, _)) =
        (Worker::with_context(&stage, &session)?, Worker::with_context(&stage, &session)?);
    let server = server(&session)?;
    server.terminate_client(one.pid())?;
    assert_eq!((one.ask("work")?.as_str(), other.ask("work")?.as_str()), ("error 810", "ok"));
    assert_eq!(server.status()?, MpsServerStatus::Active);
    Ok(())
}

#[test]
fn pitfall_17_clients_are_terminated_before_anything_is_killed() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.env("GPUSHARE_SIM_MPS_FAULTS", "server#1=stubborn").start()?;
    let ((one, _), (other, _)) = (Worker::with_context(&stage, &session)?, Worker::with_context(&stage, &session)?);
    let (server, log) = (server(&session)?.pid(), session.daemon().log().ok_or("a log")?);
    let quit = session.close(Duration::ZERO)?;
    let (mut terminated, mut clients) = (quit.terminated, [one.pid(), other.pid()]);
    terminated.sort_unstable();
    clients.sort_unstable();
    assert_eq!((terminated.as_slice(), quit.killed, quit.daemon_killed), (&clients[..], vec![server], false));
    let commands: Vec<_> =
        log.control()?.into_iter().filter_map(|record| Some(record.text.strip_prefix("Cmd:")?.to_owned())).collect();
    let place = |beginning: &str| commands.iter().position(|command| command.starts_with(beginning));
    for client in clients {
        assert!(place(&format!("terminate_client {server} {client}")) < place("quit"), "{commands:?}");
    }
    assert!(place("terminate_client").is_some() && place("quit").is_some());
    Ok(())
}

#[test]
fn pitfall_18_a_fault_is_seen_in_the_servers_status() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let ((mut one, _), (mut other, _)) =
        (Worker::with_context(&stage, &session)?, Worker::with_context(&stage, &session)?);
    assert_eq!(one.ask("fault")?, "error 719");
    assert_eq!(other.ask("work")?, "error 719", "all clients of the GPU share it");
    assert_eq!(server(&session)?.status()?, MpsServerStatus::Fault);
    Ok(())
}

#[test]
fn pitfall_21_a_program_beside_mps_is_found_out() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let mut beside = Worker::start(&stage, None)?;
    assert_eq!(beside.ask("init")?, "no daemon");
    let found = session.verify_client(beside.pid(), Duration::from_millis(100));
    assert!(matches!(found, Err(MpsError::NotClient { .. })), "{found:?}");
    Ok(())
}

#[test]
fn pitfall_22_clients_are_told_by_the_uuid_of_their_device() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "2xH200")?;
    let session = stage.session(1)?.start()?;
    let (client, _) = Worker::with_context(&stage, &session)?;
    let listed = session.daemon().clients()?;
    let uuid = stage.nvml.gpu(1)?.uuid().to_string();
    assert!(listed.iter().all(|listed| listed.pid == client.pid() && uuid.starts_with(&listed.device)), "{listed:?}");
    assert!(!listed.is_empty() && !stage.nvml.gpu(0)?.uuid().to_string().starts_with(&listed[0].device));
    Ok(())
}
