//! How a daemon comes about: in the foreground, or as a grandchild that says how it went.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use rustix::fs::{Access, access};

use super::daemon::Daemon;
use super::files::{Failure, Pipe};
use super::journal::{self, Journal, Log};
use super::settings::{Settings, log_folder, pipe_folder};

/// What a daemon in the background says once it serves.
const SERVES: &[u8] = b"\0";

pub(super) fn run(settings: &Settings, foreground: bool, multi_user: bool) -> ExitCode {
    let logs = log_folder();
    let made = DirBuilder::new().mode(0o700).create(&logs);
    let told = format!("Using log directory: {}", logs.display());
    // To the daemon that is there, if one is.
    journal::send(&pipe_folder(), Log::Control, &journal::line("Other", std::process::id(), &told));
    if foreground {
        return match begin(settings, Journal::Output, multi_user) {
            Ok(daemon) => daemon.run(),
            Err(failure) => {
                print!("{}", failure.words());
                ExitCode::FAILURE
            }
        };
    }
    if !is_usable(&logs, made) {
        println!("Warning: Failed writing log files to directory [{}]. No logs will be available.", logs.display());
    }
    match in_background(settings, &logs, multi_user) {
        Ok(said) if said == SERVES => ExitCode::SUCCESS,
        Ok(said) => {
            // Who does not listen knows it by the status.
            let _ = io::stdout().write_all(&said);
            ExitCode::FAILURE
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// Whether logs can be written. A file in the folder's place passes, and then there are none.
fn is_usable(logs: &Path, made: io::Result<()>) -> bool {
    let there = made.map_or_else(|error| error.kind() == io::ErrorKind::AlreadyExists, |()| true);
    there && access(logs, Access::WRITE_OK).is_ok()
}

fn begin(settings: &Settings, journal: Journal, multi_user: bool) -> Result<Daemon<'_>, Failure> {
    let pipe = Pipe::open(&pipe_folder(), settings.version.has_pid_file())?;
    Ok(Daemon::new(settings, pipe, journal, multi_user))
}

/// Starts a daemon that has no parent, and waits for what it says of its start.
fn in_background(settings: &Settings, logs: &Path, multi_user: bool) -> io::Result<Vec<u8>> {
    let (mut hear, mut say) = io::pipe()?;
    // SAFETY: the process has one thread, so the child may do whatever the parent may.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(hear);
            let code = background(settings, logs, multi_user, &mut say);
            // SAFETY: ends the process, and touches no memory.
            unsafe { libc::_exit(code) }
        }
        _ => {
            drop(say);
            let mut said = Vec::new();
            // Up to the daemon's word, or to its silent end.
            hear.by_ref().take(SERVES.len() as u64).read_to_end(&mut said)?;
            if said != SERVES {
                hear.read_to_end(&mut said)?;
            }
            Ok(said)
        }
    }
}

/// The child, and in it the grandchild that is the daemon.
fn background(settings: &Settings, logs: &Path, multi_user: bool, say: &mut io::PipeWriter) -> i32 {
    // SAFETY: as in `in_background`.
    if unsafe { libc::fork() } != 0 {
        return 0;
    }
    // It has just been forked, so it leads no group, and this cannot fail.
    let _ = rustix::process::setsid();
    let daemon = match begin(settings, Journal::open(logs), multi_user) {
        Ok(daemon) => daemon,
        Err(failure) => {
            // Whoever started it may be gone.
            let _ = say.write_all(failure.words().as_bytes());
            return 1;
        }
    };
    if let Ok(null) = OpenOptions::new().read(true).write(true).open("/dev/null") {
        silence(&null);
    }
    let _ = say.write_all(SERVES);
    i32::from(daemon.run() != ExitCode::SUCCESS)
}

/// Puts a file in the place of input, output and error output.
fn silence(null: &File) {
    for standard in 0..3 {
        // SAFETY: the first is open, and the others belong to no object that closes them.
        unsafe { libc::dup2(null.as_raw_fd(), standard) };
    }
}
