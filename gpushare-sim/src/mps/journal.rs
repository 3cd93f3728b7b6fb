//! The logs. The daemon writes its own lines; those of other processes reach it through the pipe `log`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::settings::below;

/// A line as the logs have it, without its end.
pub(super) fn line(role: &str, pid: u32, text: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, milliseconds) = (now.as_secs() as libc::time_t, now.subsec_millis());
    // SAFETY: all of the struct's fields may be zero.
    let mut time: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values.
    unsafe { libc::localtime_r(&seconds, &mut time) };
    format!(
        "[{}-{:02}-{:02} {:02}:{:02}:{:02}.{milliseconds:03} {role} {pid:>5}] {text}",
        time.tm_year + 1900,
        time.tm_mon + 1,
        time.tm_mday,
        time.tm_hour,
        time.tm_min,
        time.tm_sec,
    )
}

/// Where a line belongs; the first byte of a record in the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    Control = b'C' as isize,
    Server = b'S' as isize,
}

/// Sends a line to the daemon whose pipe this is. Nobody's pipe keeps it waiting.
pub(super) fn send(pipe_folder: &Path, log: Log, line: &str) {
    let opened = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(below(pipe_folder, "log"));
    if let Ok(mut pipe) = opened {
        // A log that takes nothing more is one line shorter.
        let _ = pipe.write_all(&[&[log as u8], line.as_bytes(), b"\n"].concat());
    }
}

/// The files of a daemon, or its standard output.
pub(super) enum Journal {
    Files { control: Option<File>, server: Option<File> },
    Output,
}

impl Journal {
    /// Opens the logs in a folder. What cannot be opened is not written.
    pub(super) fn open(folder: &Path) -> Self {
        let open = |name| {
            let mut options = OpenOptions::new();
            options.append(true).create(true).mode(0o644).open(below(folder, name)).ok()
        };
        Self::Files { control: open("control.log"), server: open("server.log") }
    }

    pub(super) fn write(&mut self, log: Log, line: &str) {
        let bytes = format!("{line}\n").into_bytes();
        // Neither a full disk nor a closed output keeps the daemon from its work.
        let _ = match self {
            Self::Output => io::stdout().write_all(&bytes),
            Self::Files { control, server } => {
                let file = if log == Log::Control { control } else { server };
                file.as_mut().map_or(Ok(()), |file| file.write_all(&bytes))
            }
        };
    }

    /// Writes what came through the pipe; what is no record is passed over.
    pub(super) fn write_records(&mut self, bytes: &[u8]) {
        for record in bytes.split(|byte| *byte == b'\n') {
            let log = match record.first() {
                Some(b'C') => Log::Control,
                Some(b'S') => Log::Server,
                _ => continue,
            };
            self.write(log, &String::from_utf8_lossy(&record[1..]));
        }
    }
}
