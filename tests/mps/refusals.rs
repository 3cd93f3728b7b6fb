//! What cannot be is refused by a typed error, and nothing is left of it: no process, socket or directory, and no other compute mode.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use gpushare::{
    ActiveThreadPercentage, ComputeMode, Error, Mib, MpsDaemonBuilder, MpsDeviceOrdinal, MpsError, MpsSessionBuilder,
    PinnedDeviceMemoryLimit,
};

use crate::stage::{Outcome, Program, SECOND, Stage, names};

/// The errors that there are for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Limit,
    Directory,
    Program,
    Nvml,
}

fn refusal(error: &Error) -> Option<Refusal> {
    match error {
        Error::Mps(MpsError::InvalidLimit { .. }) => Some(Refusal::Limit),
        Error::Mps(MpsError::InvalidDirectory { .. }) => Some(Refusal::Directory),
        Error::Mps(MpsError::Program { .. }) => Some(Refusal::Program),
        Error::Nvml { .. } => Some(Refusal::Nvml),
        _ => None,
    }
}

/// A stage with everything that is named below.
fn stage() -> Result<Stage, Box<dyn std::error::Error>> {
    let stage = Stage::set(Program::simulated(580), "1xA100-SXM4-40GB")?;
    fs::create_dir(stage.path("there"))?;
    symlink(stage.path("there"), stage.path("link"))?;
    symlink(stage.path("nowhere"), stage.path("dangling"))?;
    fs::write(stage.path("file"), "")?;
    fs::create_dir(stage.path("open"))?;
    fs::set_permissions(stage.path("open"), Permissions::from_mode(0o777))?;
    for (folder, program) in [("fails", "/bin/false"), ("lies", "/bin/true")] {
        fs::create_dir(stage.path(folder))?;
        symlink(program, stage.path(folder).join("nvidia-cuda-mps-control"))?;
        symlink(program, stage.path(folder).join("nvidia-cuda-mps-server"))?;
    }
    Ok(stage)
}

/// A path that cannot be, or cannot be this library's, and why not.
fn paths(stage: &Stage) -> Vec<(PathBuf, &'static str)> {
    let folder = stage.path("");
    vec![
        (folder.join("a\nb"), "control characters"),
        (folder.join("a\0b"), "control characters"),
        (stage.path("link"), "a link"),
        (stage.path("dangling"), "a link"),
        (stage.path("file"), "no directory"),
        (stage.path("open"), "let others write"),
        (stage.path("no/parent"), "No such file"),
    ]
}

/// Tries it, and looks for what is left.
fn refused(stage: &Stage, what: &str, expected: Refusal, reason: &str, done: Result<(), Error>) -> Outcome {
    let error = done.err().ok_or(format!("{what} is not refused"))?;
    assert_eq!(refusal(&error), Some(expected), "{what}: {error}");
    assert!(error.to_string().contains(reason), "{what}: {error}");
    let kept = [
        "dangling",
        "fails",
        "file",
        "lies",
        "link",
        "nvidia-cuda-mps-control",
        "nvidia-cuda-mps-server",
        "open",
        "there",
    ];
    assert_eq!(names(&stage.path("")), kept, "{what}");
    assert_eq!((names(&stage.path("there")), names(&stage.path("open"))), (vec![], vec![]), "{what}");
    assert!(stage.processes().is_empty(), "{what}");
    assert_eq!(stage.nvml.gpu(0)?.compute_mode()?, ComputeMode::DEFAULT, "{what}");
    Ok(())
}

#[test]
fn directories_that_cannot_be() -> Outcome {
    let stage = stage()?;
    let long = || stage.path(&format!("{0}/{0}", "x".repeat(150)));
    let pipes = [
        (PathBuf::new(), "it is empty"),
        ("mps".into(), "absolute"),
        (stage.path("../mps"), "absolute"),
        (long(), "87 bytes"),
    ];
    let daemon = |path| gpushare::MpsDaemon::builder(path).log_directory(stage.path("logs"));
    for (path, reason) in paths(&stage).into_iter().chain(pipes) {
        let done = stage.add_environment(daemon(path.clone())).start().map(drop).map_err(Error::from);
        refused(&stage, &format!("the pipe directory {path:?}"), Refusal::Directory, reason, done)?;
    }
    for (path, reason) in paths(&stage).into_iter().chain([(long(), "No such file")]) {
        let done = stage.builder().log_directory(&path).start().map(drop).map_err(Error::from);
        refused(&stage, &format!("the log directory {path:?}"), Refusal::Directory, reason, done)?;
        let reason = if path == long() { "87 bytes" } else { reason };
        let done = stage.session(0)?.exclusive_process().directory(&path).start().map(drop);
        refused(&stage, &format!("the session's directory {path:?}"), Refusal::Directory, reason, done)?;
    }
    Ok(())
}

/// Something done to a daemon before its start and to a session.
type Change = (Box<dyn Fn(MpsDaemonBuilder) -> MpsDaemonBuilder>, Box<dyn Fn(MpsSessionBuilder) -> MpsSessionBuilder>);

fn program(path: PathBuf) -> Change {
    let again = path.clone();
    (Box::new(move |daemon| daemon.program(&path)), Box::new(move |session| session.program(&again)))
}

fn variable(name: &str, value: &str) -> Change {
    let bytes = |text: &str| OsString::from_vec(text.as_bytes().to_vec());
    let (name, value) = (bytes(name), bytes(value));
    let again = (name.clone(), value.clone());
    (
        Box::new(move |daemon| daemon.env(name.clone(), value.clone())),
        Box::new(move |session| session.env(again.0.clone(), again.1.clone())),
    )
}

#[test]
fn programs_and_variables_that_cannot_be() -> Outcome {
    let stage = stage()?;
    let nowhere = "nvidia-cuda-mps-control-that-is-nowhere";
    for (what, expected, reason, (daemon, session)) in [
        ("a program that is not on the path", Refusal::Program, "not on the path", program(nowhere.into())),
        ("no program", Refusal::Program, "not on the path", program("".into())),
        ("a program that is not there", Refusal::Program, "no such file", program(stage.path("absent"))),
        ("a newline in a program", Refusal::Program, "no such file", program(stage.path("fails/nvidia-cuda\nmps"))),
        ("a NUL in a program", Refusal::Program, "no such file", program(stage.path("fails/nvidia\0mps"))),
        ("a newline in a program's name", Refusal::Program, "not on the path", program("nvidia\nmps".into())),
        ("a long program", Refusal::Program, "no such file", program(stage.path(&"x".repeat(300)))),
        ("a directory as a program", Refusal::Program, "", program(stage.path("lies"))),
        (
            "a program that fails",
            Refusal::Program,
            "said nothing",
            program(stage.path("fails/nvidia-cuda-mps-control")),
        ),
        (
            "a program that does nothing",
            Refusal::Program,
            "said nothing",
            program(stage.path("lies/nvidia-cuda-mps-control")),
        ),
        ("a variable without a name", Refusal::Limit, "environment variable", variable("", "x")),
        ("a variable with =", Refusal::Limit, "environment variable", variable("A=B", "x")),
        ("a NUL in a variable's name", Refusal::Limit, "environment variable", variable("A\0B", "x")),
        ("a NUL in a variable", Refusal::Limit, "environment variable", variable("A", "x\0y")),
    ] {
        let started = daemon(stage.builder()).start().map(drop).map_err(Error::from);
        refused(&stage, what, expected, reason, started)?;
        refused(&stage, what, expected, reason, session(stage.session(0)?.exclusive_process()).start().map(drop))?;
    }
    let started = stage.builder().devices([]).start().map(drop).map_err(Error::from);
    refused(&stage, "no devices", Refusal::Limit, "an empty list", started)?;
    // A newline in a variable is none of the daemon's commands.
    stage.builder().env("A", "x\nquit").start()?.quit(SECOND)?;
    Ok(())
}

#[test]
fn limits_that_cannot_be() {
    for percent in [0.0, 101.0, f64::NAN, 12.34, -1.0, f64::INFINITY, 0.04] {
        assert!(matches!(ActiveThreadPercentage::new(percent), Err(MpsError::InvalidLimit { .. })), "{percent}");
    }
    for text in ["0", "101", "NaN", "12.34", "50\nquit", "50\0", "50%", "", " 50"] {
        assert!(matches!(text.parse::<ActiveThreadPercentage>(), Err(MpsError::InvalidLimit { .. })), "{text:?}");
    }
    for mib in [0, (1 << 24) + 1, u64::MAX] {
        assert!(matches!(PinnedDeviceMemoryLimit::new(Mib(mib)), Err(MpsError::InvalidLimit { .. })), "{mib}");
    }
    for ordinal in [32, u32::MAX] {
        assert!(matches!(MpsDeviceOrdinal::new(ordinal), Err(MpsError::InvalidLimit { .. })), "{ordinal}");
    }
}

#[test]
fn a_session_that_fails_late_leaves_no_daemon() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let gpu = stage.nvml.gpu(0)?;
    // Compute mode cannot be set while MIG is enabled.
    gpu.set_mig_mode(true)?;
    let failed = stage.session(0)?.exclusive_process().start().map(drop).unwrap_err();
    assert_eq!(refusal(&failed), Some(Refusal::Nvml), "{failed}");
    gpu.set_mig_mode(false)?;
    let uuid = gpu.uuid().to_string();
    assert_eq!(names(&stage.path("sessions")), [uuid.clone(), format!("{uuid}.log")]);
    assert_eq!(names(&stage.path("sessions").join(uuid)), ["control_lock"]);
    assert_eq!((stage.processes(), gpu.compute_mode()?), (vec![], ComputeMode::DEFAULT));
    Ok(())
}
