//! Users: whose clients reach a daemon, and how many are served at the same time.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use gpushare::{Error, MpsError};
use gpushare_sim::mps::Programs;

use crate::stage::{NOBODY, Outcome, Program, SECOND, Stage, each, own_user, until};
use crate::worker::{Worker, server};

fn mode(path: &Path) -> Result<u32, std::io::Error> {
    Ok(fs::metadata(path)?.mode() & 0o777)
}

#[test]
fn several_users_are_served_at_once_by_root_from_driver_555_on() -> Outcome {
    each(|stage| {
        stage.use_simulated_server()?;
        let started = stage.builder().multi_user().env("GPUSHARE_SIM_MPS_SERVER_FAULT", "never-ready").start();
        if stage.program.branch < 555 {
            let Err(MpsError::UnknownCommand { command }) = &started else { return Err(format!("{started:?}").into()) };
            assert_eq!(command, "-multiuser-server");
        } else if own_user() != 0 {
            assert!(matches!(&started, Err(MpsError::NoPermission { answer, .. }) if answer.starts_with("Only root")));
        } else {
            let daemon = started?;
            let line = fs::read_to_string(format!("/proc/{}/cmdline", daemon.pid()?.ok_or("a daemon")?))?;
            let option = if stage.program.branch == 555 { "-multiuser-server" } else { "--multiuser-server" };
            assert_eq!(line.split('\0').collect::<Vec<_>>()[1..], ["-d", option, ""]);
            daemon.start_server(0)?;
            until(|| Ok(!daemon.servers()?.is_empty()))?;
            // A server that is not ready keeps every other user waiting otherwise.
            daemon.verify_user(NOBODY)?;
            assert_eq!(mode(&stage.path("mps"))?, 0o755);
            daemon.quit(Duration::ZERO)?;
            return Ok(());
        }
        assert!(!stage.path("mps").exists() && !stage.path("logs").exists() && stage.processes().is_empty());
        Ok(())
    })
}

#[test]
fn a_daemon_is_its_users_alone_unless_it_is_for_all() -> Outcome {
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let sessions = stage.path("sessions");
    let pipes = sessions.join(stage.nvml.gpu(0)?.uuid().to_string());
    let other = own_user() + 1;

    let session = stage.session(0)?.start()?;
    let kept_out = session.daemon().verify_user(other).unwrap_err();
    assert!(matches!(&kept_out, MpsError::InvalidDirectory { path, .. } if *path == pipes), "{kept_out}");
    assert!(kept_out.to_string().contains(&format!("user {other} cannot enter it")), "{kept_out}");
    session.daemon().verify_user(own_user())?;
    session.close(SECOND)?;

    let session = stage.session(0)?.all_users().start()?;
    assert_eq!((mode(&sessions)?, mode(&pipes)?), (0o755, 0o755), "what is there is opened");
    session.daemon().verify_user(other)?;
    session.close(SECOND)?;
    let session = stage.session(0)?.start()?;
    assert_eq!(mode(&pipes)?, 0o700, "and closed again");
    session.close(SECOND)?;
    Ok(())
}

/// Only root can start a command as another user.
#[test]
fn a_command_of_another_user_becomes_a_client_where_it_may_and_is_not_run_where_not() -> Outcome {
    if own_user() != 0 {
        return Ok(());
    }
    let stage = Stage::set(Program::simulated(580), "1xH200")?;
    let session = stage.session(0)?.start()?;
    let mut command = Command::new("/bin/sleep");
    command.arg("1000").uid(NOBODY).stdout(Stdio::null()).stderr(Stdio::null());
    let before = stage.processes();
    let refused = session.spawn(&mut command).map(drop);
    assert!(matches!(refused, Err(Error::Mps(MpsError::InvalidDirectory { .. }))), "{refused:?}");
    assert_eq!(stage.processes(), before, "it would have run beside MPS");
    session.close(SECOND)?;

    let session = stage.session(0)?.all_users().start()?;
    let mut client = Command::new(Programs::find()?.client());
    client.uid(NOBODY);
    let mut client = Worker::start_by(client, &stage, Some(&session))?;
    client.ask("init")?;
    session.verify_client(client.pid(), Duration::from_secs(30))?;
    assert_eq!(server(&session)?.clients()?, [client.pid()]);
    session.close(SECOND)?;
    Ok(())
}
