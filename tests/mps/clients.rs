//! Clients of sessions, and daemons on a bad day. On simulated programs: NVIDIA's have no clients without a GPU.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use gpushare::{
    ActiveThreadPercentage, DaemonPresence, MpsDeviceOrdinal, MpsError, MpsServer, MpsServerStatus, MpsSession,
};
use gpushare_sim::mps::Programs;

use crate::stage::{Outcome, Program, SECOND, Stage, names};

/// A simulated CUDA program, told what to do line by line.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start(stage: &Stage, session: Option<&MpsSession>) -> Result<Self, Box<dyn std::error::Error>> {
        let mut command = Command::new(Programs::find()?.client());
        command.envs(stage.environment()).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("CUDA_MPS_PIPE_DIRECTORY", stage.path("nowhere"));
        if let Some(session) = session {
            session.wrap(&mut command);
        }
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take().ok_or("input")?, child.stdout.take().ok_or("output")?);
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, command: &str) -> Result<String, Box<dyn std::error::Error>> {
        writeln!(self.input, "{command}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// A client that has a context, and its share as it sees it.
    fn with_context(stage: &Stage, session: &MpsSession) -> Result<(Self, String), Box<dyn std::error::Error>> {
        let mut client = Self::start(stage, Some(session))?;
        client.ask("init")?;
        let share = client.ask("context")?;
        session.verify_client(client.child.id(), Duration::from_secs(10))?;
        Ok((client, share))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stage() -> Result<Stage, Box<dyn std::error::Error>> {
    Stage::set(Program::simulated(580), "1xH200")
}

fn share(percent: f64) -> ActiveThreadPercentage {
    ActiveThreadPercentage::new(percent).expect("a share")
}

fn server(session: &MpsSession) -> Result<MpsServer, Box<dyn std::error::Error>> {
    session.daemon().servers()?.pop().ok_or_else(|| "no server".into())
}

#[test]
fn pitfall_4_values_are_those_of_what_comes_later() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.active_thread_percentage(share(50.0)).start()?;
    let (mut first, seen) = Client::with_context(&stage, &session)?;
    assert!(seen.contains("multiprocessors 66"), "{seen}");
    session.daemon().set_default_active_thread_percentage(share(10.0))?;
    let server = server(&session)?;
    assert_eq!(server.active_thread_percentage()?, Some(share(50.0)), "the server keeps its own");
    server.set_active_thread_percentage(share(30.0))?;
    let (_second, seen) = Client::with_context(&stage, &session)?;
    assert!(seen.contains("multiprocessors 38"), "{seen}");
    assert_eq!(first.ask("work")?, "ok");
    assert_eq!(server.clients()?.len(), 2);
    let listed: Vec<_> = session.daemon().clients()?.iter().map(|client| client.pid).collect();
    assert!(listed.contains(&first.child.id()));
    Ok(())
}

#[test]
fn pitfall_21_a_program_beside_mps_is_found_out() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let mut beside = Client::start(&stage, None)?;
    assert_eq!(beside.ask("init")?, "no daemon");
    let found = session.verify_client(beside.child.id(), Duration::from_millis(100));
    assert!(matches!(found, Err(MpsError::NotClient { .. })), "{found:?}");
    Ok(())
}

#[test]
fn pitfall_17_a_terminated_client_harms_no_other() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let ((mut one, _), (mut other, _)) =
        (Client::with_context(&stage, &session)?, Client::with_context(&stage, &session)?);
    let server = server(&session)?;
    server.terminate_client(one.child.id())?;
    assert_eq!((one.ask("work")?.as_str(), other.ask("work")?.as_str()), ("error 810", "ok"));
    assert_eq!(server.status()?, MpsServerStatus::Active);
    let stranger = server.terminate_client(999_999);
    assert!(matches!(stranger, Err(MpsError::Refused { .. })), "{stranger:?}");
    Ok(())
}

#[test]
fn pitfall_18_a_fault_is_seen_in_the_servers_status() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let ((mut one, _), (mut other, _)) =
        (Client::with_context(&stage, &session)?, Client::with_context(&stage, &session)?);
    assert_eq!(one.ask("fault")?, "error 719");
    assert_eq!(other.ask("work")?, "error 719", "all clients of the GPU share it");
    assert_eq!(server(&session)?.status()?, MpsServerStatus::Fault);
    Ok(())
}

#[test]
fn pitfall_11_closing_ends_with_clients_that_stay() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.start()?;
    let (mut client, _) = Client::with_context(&stage, &session)?;
    let pipes = session.daemon().pipe_directory().clone();
    let quit = session.close(SECOND)?;
    assert_eq!((quit.servers.len(), quit.daemon_killed), (1, false));
    assert_eq!(client.ask("work")?, "error 806");
    assert_eq!((pipes.presence()?, names(pipes.path())), (DaemonPresence::Absent, vec!["control_lock".to_owned()]));
    assert!(stage.nvml.gpu(0)?.clients()?.is_empty());
    Ok(())
}

#[test]
fn a_server_that_does_not_heed_is_killed() -> Outcome {
    let stage = stage()?;
    let session = stage.session(0)?.env("GPUSHARE_SIM_MPS_FAULTS", "server#1=stubborn").start()?;
    let (_client, _) = Client::with_context(&stage, &session)?;
    let quit = session.close(SECOND)?;
    assert_eq!((quit.killed.len(), quit.daemon_killed), (1, false), "{quit:?}");
    Ok(())
}

#[test]
fn pitfall_3_a_daemon_that_somebody_keeps_busy_is_wedged() -> Outcome {
    let stage = stage()?;
    let builder = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", "ui#1+=hang").patience(Duration::from_millis(300));
    let daemon = builder.start()?;
    let answer = daemon.default_active_thread_percentage();
    assert!(matches!(answer, Err(MpsError::Wedged { .. })), "{answer:?}");
    assert!(daemon.quit(SECOND)?.daemon_killed);
    Ok(())
}

#[test]
fn pitfall_1_and_2_what_was_dropped_is_sent_again_where_that_is_safe() -> Outcome {
    for fault in ["ui#1=silent", "ui#1=refuse"] {
        let stage = stage()?;
        let daemon = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", fault).start()?;
        daemon.set_default_active_thread_percentage(share(33.0))?;
        assert_eq!(daemon.default_active_thread_percentage()?, share(33.0), "{fault}");
        daemon.quit(SECOND)?;
    }
    // A server must not be started twice: whether one was is not known.
    let stage = stage()?;
    let daemon = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", "ui#1=silent").start()?;
    let started = daemon.start_server(0);
    assert!(matches!(started, Err(MpsError::Uncertain { .. })), "{started:?}");
    daemon.quit(SECOND)?;
    // A setter that is not executed is found out by what is read back.
    let stage = self::stage()?;
    let daemon = stage.builder().env("GPUSHARE_SIM_MPS_FAULTS", "command#1=silent").start()?;
    let set = daemon.set_default_active_thread_percentage(share(33.0));
    assert!(matches!(&set, Err(MpsError::NotConfirmed { found, .. }) if found == "100.0"), "{set:?}");
    daemon.quit(SECOND)?;
    Ok(())
}

#[test]
fn a_daemon_that_is_killed_at_any_command_is_not_running() -> Outcome {
    for at in 1..=6 {
        let stage = stage()?;
        let fault = format!("command#{at}=kill");
        let started = stage
            .session(0)?
            .active_thread_percentage(share(50.0))
            .env("GPUSHARE_SIM_MPS_FAULTS", fault)
            .patience(Duration::from_secs(5))
            .start();
        let failed = match started {
            // The commands that follow the last of the start.
            Ok(session) => session.daemon().set_default_pinned_device_memory_limit(
                MpsDeviceOrdinal::default(),
                gpushare::PinnedDeviceMemoryLimit::new(gpushare::Mib(512))?,
            ),
            Err(gpushare::Error::Mps(error)) => Err(error),
            Err(other) => return Err(other.into()),
        };
        let running = stage.path("sessions").join(stage.nvml.gpu(0)?.uuid().to_string());
        assert!(matches!(failed, Err(MpsError::NotRunning { .. })), "killed at command {at}: {failed:?}");
        assert_eq!(gpushare::PipeDirectory::at(running)?.presence()?, DaemonPresence::Absent);
        // And the next session is as good as any.
        stage.session(0)?.start()?.close(SECOND)?;
    }
    Ok(())
}
