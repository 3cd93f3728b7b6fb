//! Programs of the driver, run without a shell until they end or their time is over.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// The longest that anything is waited for: what is longer would be no time that a clock reaches.
const LONGEST_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The most that a program may print to each of its outputs, in bytes: far more than any answer.
const LONGEST_OUTPUT: usize = 16 << 20;

/// The moment at which waiting so long ends.
pub(crate) fn after(patience: Duration) -> Instant {
    Instant::now() + patience.min(LONGEST_WAIT)
}

/// What a program said until it ended.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Why a program gave no answer.
pub(crate) enum Failed {
    /// The deadline passed, and the program was killed.
    Late,
    /// It could not be run.
    Program(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Program(error)
    }
}

/// Kills and reaps the child where it was not waited for.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // A child that ended is not killed, and one that did not is not left behind.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program with this input until it ends. Its output is read while it runs, and it is killed at the deadline.
pub(crate) fn run(command: &mut Command, input: &[u8], deadline: Instant) -> Result<Said, Failed> {
    let program = Path::new(command.get_program());
    if program.is_absolute() {
        // POSIX lets a spawn succeed whose program is missing, and end with 127.
        program.metadata()?;
    }
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut child = Running(child);
    let (mut stdin, stdout, stderr) = (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
    let (Some(mut stdout), Some(mut stderr)) = (stdout, stderr) else {
        return Err(io::Error::other("no pipes").into());
    };
    if let Some(stdin) = &stdin {
        let flags = fcntl_getfl(stdin).map_err(io::Error::from)?;
        fcntl_setfl(stdin, flags | OFlags::NONBLOCK).map_err(io::Error::from)?;
    }
    let (mut out, mut err) = (Stream::default(), Stream::default());
    let mut left = input;
    while !(out.ended && err.ended) {
        let mut waited = vec![
            PollFd::from_borrowed_fd(stdout.as_fd(), out.flags()),
            PollFd::from_borrowed_fd(stderr.as_fd(), err.flags()),
        ];
        if let Some(stdin) = &stdin {
            waited.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::OUT));
        }
        let patience = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: patience.subsec_nanos().into() };
        match poll(&mut waited, Some(&timeout)) {
            Ok(0) => return Err(Failed::Late),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(io::Error::from(error).into()),
            Ok(_) => {}
        }
        let ready: Vec<_> = waited.iter().map(|fd| !fd.revents().is_empty()).collect();
        if ready.get(2) == Some(&true) {
            left = feed(&mut stdin, left)?;
        }
        if ready[0] {
            out.take(&mut stdout)?;
        }
        if ready[1] {
            err.take(&mut stderr)?;
        }
    }
    // Both ends are closed, so it is at its end.
    loop {
        match child.0.try_wait()? {
            Some(status) => return Ok(Said { status, stdout: out.bytes, stderr: err.bytes }),
            None if Instant::now() >= deadline => return Err(Failed::Late),
            None => std::thread::sleep(Duration::from_micros(100)),
        }
    }
}

/// Writes what the pipe takes, and closes it at the end or where nobody reads.
fn feed<'a>(stdin: &mut Option<impl Write>, left: &'a [u8]) -> io::Result<&'a [u8]> {
    let Some(pipe) = stdin else { return Ok(left) };
    match pipe.write(left) {
        Ok(written) if written < left.len() => Ok(&left[written..]),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(left),
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => {
            *stdin = None;
            Ok(&[])
        }
    }
}

/// What comes out of a pipe.
#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    ended: bool,
}

impl Stream {
    fn flags(&self) -> PollFlags {
        if self.ended { PollFlags::empty() } else { PollFlags::IN }
    }

    fn take(&mut self, pipe: &mut impl Read) -> io::Result<()> {
        let mut buffer = [0; 8192];
        if self.ended {
            return Ok(());
        }
        match pipe.read(&mut buffer) {
            Ok(0) => self.ended = true,
            Ok(read) if self.bytes.len() + read > LONGEST_OUTPUT => {
                return Err(io::Error::other(format!("it printed more than {LONGEST_OUTPUT} bytes")));
            }
            Ok(read) => self.bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
