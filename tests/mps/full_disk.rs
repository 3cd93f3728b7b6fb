//! A disk that takes nothing more: a child process that may write no byte to a file.

use std::process::{Command, Stdio};
use std::{env, fs};

use gpushare::{ComputeMode, Error};

use crate::stage::{Outcome, Program, SECOND, Stage, names};

#[test]
#[ignore = "a child process of the test below"]
fn full_disk_in_a_child() -> Outcome {
    // Its daemon writes no file that it needs, so that the first to fail is the journal of the compute mode.
    let stage = Stage::set(program()?, "1xA100-SXM4-40GB")?;
    let gpu = stage.nvml.gpu(0)?;
    let limit = rustix::process::Rlimit { current: Some(0), maximum: None };
    let whole = rustix::process::getrlimit(rustix::process::Resource::Fsize);
    stage.session(0)?.start()?.close(SECOND)?;
    let before = names(&stage.path("sessions"));
    rustix::process::setrlimit(
        rustix::process::Resource::Fsize,
        rustix::process::Rlimit { maximum: whole.maximum, ..limit },
    )?;
    let failed = stage.session(0)?.exclusive_process().start().map(drop);
    rustix::process::setrlimit(rustix::process::Resource::Fsize, whole)?;
    assert!(
        matches!(&failed, Err(Error::File { path, .. }) if path.ends_with(format!("{}.mode", gpu.uuid()))),
        "{failed:?}"
    );
    assert_eq!(names(&stage.path("sessions")), before, "no half of a journal");
    assert_eq!((gpu.compute_mode()?, stage.processes()), (ComputeMode::DEFAULT, vec![]));
    // With room again, all is well.
    let session = stage.session(0)?.exclusive_process().start()?;
    assert_eq!(gpu.compute_mode()?, ComputeMode::EXCLUSIVE_PROCESS);
    assert_eq!(fs::read_to_string(stage.path("sessions").join(format!("{}.mode", gpu.uuid())))?, "0");
    session.close(SECOND)?;
    Ok(())
}

fn program() -> Result<Program, Box<dyn std::error::Error>> {
    let place: usize = env::var("MPS_PLACE")?.parse()?;
    Ok(of_535().into_iter().nth(place).ok_or("a program")?)
}

fn of_535() -> Vec<Program> {
    Program::all().into_iter().filter(|program| program.branch == 535).collect()
}

#[test]
fn a_full_disk_leaves_the_compute_mode_and_no_daemon() -> Outcome {
    for place in 0..of_535().len() {
        // The signal of a file that is too large is to be an error instead.
        let mut child = Command::new("/bin/sh");
        child.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(env::current_exe()?);
        child.args(["--exact", "full_disk::full_disk_in_a_child", "--ignored", "--nocapture"]);
        let output = child.env("MPS_PLACE", place.to_string()).stdin(Stdio::null()).output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
