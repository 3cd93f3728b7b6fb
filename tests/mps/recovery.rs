//! Sessions whose process died: nobody closes them, and the daemon lives on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use gpushare::{
    ComputeMode, Error, FrontEnd, MpsDaemon, MpsError, MpsQuit, MpsSession, MpsSessionBuilder, Nvml, PipeDirectory,
};
use gpushare_sim::mps::Programs;
use rustix::process::Signal;

use crate::stage::{Outcome, Program, SECOND, Stage, each, kill, names, until};
use crate::worker::{Result, Worker};

#[test]
#[ignore = "a child process of the tests below"]
fn session_in_a_child() -> Outcome {
    let nvml = Nvml::load()?;
    let builder = MpsSession::builder(&nvml.gpu(0)?).directory(env::var("MPS_SESSIONS")?);
    let _session = builder.program(env::var("MPS_PROGRAM")?).exclusive_process().start()?;
    println!("\nready");
    std::thread::park();
    Ok(())
}

/// A process with a session. It must be killed.
fn with_session(stage: &Stage) -> Result<Child> {
    let mut child = Command::new(env::current_exe()?);
    child.args(["--exact", "recovery::session_in_a_child", "--ignored", "--nocapture"]);
    child.envs(stage.machine.environment()).envs(stage.environment()).stdout(Stdio::piped()).stderr(Stdio::null());
    child.env("MPS_SESSIONS", stage.path("sessions")).env("MPS_PROGRAM", stage.control());
    let mut child = child.spawn()?;
    let lines = BufReader::new(child.stdout.take().ok_or("its output")?).lines();
    for line in lines {
        if line? == "ready" {
            return Ok(child);
        }
    }
    Err(format!("no session: {}", child.wait()?).into())
}

fn sessions(stage: &Stage) -> gpushare::Result<MpsSessionBuilder> {
    stage.session(0)
}

/// Ends what was left, which leaves directories, logs and the file that daemons lock.
fn recovered(stage: &Stage) -> Result<MpsQuit> {
    let quit = sessions(stage)?.recover(SECOND)?.ok_or("there was something")?;
    let gpu = stage.nvml.gpu(0)?;
    let uuid = gpu.uuid().to_string();
    assert_eq!(gpu.compute_mode()?, ComputeMode::DEFAULT);
    assert_eq!(names(&stage.path("sessions")), [uuid.clone(), format!("{uuid}.log")]);
    assert_eq!(names(&stage.path("sessions").join(uuid)), ["control_lock"]);
    assert!(stage.processes().is_empty(), "no process is left");
    assert_eq!(sessions(stage)?.recover(SECOND)?, None, "and it is done");
    sessions(stage)?.start()?.close(SECOND)?;
    Ok(quit)
}

fn is_running_already<T>(done: gpushare::Result<T>) -> bool {
    matches!(done.map(drop), Err(Error::Mps(MpsError::AlreadyRunning { .. })))
}

#[test]
fn what_a_killed_process_left_is_ended_and_what_lives_is_left_alone() -> Outcome {
    each(|stage| {
        let mut process = with_session(stage)?;
        let gpu = stage.nvml.gpu(0)?;
        assert!(is_running_already(sessions(stage)?.recover(SECOND)), "it lives");
        assert_eq!(gpu.compute_mode()?, ComputeMode::EXCLUSIVE_PROCESS);
        process.kill()?;
        process.wait()?;
        // Its daemon does not let another one begin.
        assert!(is_running_already(sessions(stage)?.start()));
        assert_eq!(gpu.compute_mode()?, ComputeMode::EXCLUSIVE_PROCESS);
        assert_eq!(recovered(stage)?, MpsQuit::default());
        Ok(())
    })
}

#[test]
fn a_mode_that_a_killed_process_left_is_put_back_by_the_next_session() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xA100-SXM4-40GB")?;
    let mut process = with_session(&stage)?;
    process.kill()?;
    process.wait()?;
    let gpu = stage.nvml.gpu(0)?;
    let pipes = PipeDirectory::at(stage.path("sessions").join(gpu.uuid().to_string()))?;
    MpsDaemon::attach_by(FrontEnd::new(pipes).program(stage.control()))?.quit(SECOND)?;
    for exclusive in [false, true] {
        assert_eq!(gpu.compute_mode()?, ComputeMode::EXCLUSIVE_PROCESS);
        let next = sessions(&stage)?;
        let session = if exclusive { next.exclusive_process() } else { next }.start()?;
        assert_eq!(gpu.compute_mode()? == ComputeMode::EXCLUSIVE_PROCESS, exclusive);
        session.close(SECOND)?;
        assert_eq!(gpu.compute_mode()?, ComputeMode::DEFAULT);
        // Again as it was left.
        gpu.set_compute_mode(ComputeMode::EXCLUSIVE_PROCESS)?;
        fs::write(stage.path("sessions").join(format!("{}.mode", gpu.uuid())), "0")?;
    }
    Ok(())
}

#[test]
fn a_session_of_this_process_is_left_alone() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xA100-SXM4-40GB")?;
    let session = sessions(&stage)?.exclusive_process().start()?;
    assert!(is_running_already(sessions(&stage)?.recover(SECOND)));
    assert!(is_running_already(sessions(&stage)?.start()));
    session.close(SECOND)?;
    assert_eq!(sessions(&stage)?.recover(SECOND)?, None);
    Ok(())
}

#[test]
fn clients_of_a_dead_session_are_ended_with_it() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xA100-SXM4-40GB")?;
    let mut process = with_session(&stage)?;
    let pipes = stage.path("sessions").join(stage.nvml.gpu(0)?.uuid().to_string());
    let mut client = Command::new("env");
    client.arg(format!("CUDA_MPS_PIPE_DIRECTORY={}", pipes.display())).arg(Programs::find()?.client());
    let mut client = Worker::start_by(client, &stage, None)?;
    client.ask("init")?;
    client.ask("context")?;
    process.kill()?;
    process.wait()?;
    let quit = sessions(&stage)?.recover(SECOND)?.ok_or("there was something")?;
    assert_eq!((quit.servers.len(), quit.terminated, quit.daemon_killed), (1, vec![client.pid()], false));
    assert_eq!(client.ask("work")?, "error 806");
    Ok(())
}

#[test]
fn what_a_killed_daemon_left_too_is_removed() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xA100-SXM4-40GB")?;
    let mut process = with_session(&stage)?;
    process.kill()?;
    process.wait()?;
    let pipes = stage.path("sessions").join(stage.nvml.gpu(0)?.uuid().to_string());
    kill(fs::read_to_string(pipes.join("nvidia-cuda-mps-control.pid"))?.parse()?, Signal::KILL)?;
    until(|| Ok(stage.processes().is_empty()))?;
    assert!(names(&pipes).len() > 1, "sockets");
    assert_eq!(recovered(&stage)?, MpsQuit::default());
    Ok(())
}
