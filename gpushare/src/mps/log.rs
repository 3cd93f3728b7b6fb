//! The logs of a daemon and its servers, as records.
//!
//! They are read from the files alone: whoever reads the fifo `log` in the pipe directory takes records from the daemon.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The logs of a daemon and of its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MpsLog {
    directory: PathBuf,
}

/// Who wrote a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MpsLogRole {
    /// The control daemon.
    Control,
    /// A server.
    Server,
    /// A process that is about to become one of these.
    Other,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MpsLogRecord {
    /// When, in the local time of the daemon: `2026-11-22 10:36:26.508`.
    pub time: String,
    /// Who.
    pub role: MpsLogRole,
    /// Its process id.
    pub pid: u32,
    /// What it says.
    pub text: String,
}

impl MpsLogRecord {
    fn from_line(line: &str) -> Option<Self> {
        let (head, text) = line.strip_prefix('[')?.split_once("] ")?;
        let mut words = head.split_whitespace();
        let (date, time, role, pid) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let role = match role {
            "Control" => MpsLogRole::Control,
            "Server" => MpsLogRole::Server,
            "Other" => MpsLogRole::Other,
            _ => return None,
        };
        Some(Self { time: format!("{date} {time}"), role, pid: pid.parse().ok()?, text: text.into() })
    }
}

impl MpsLog {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.into() }
    }

    /// The directory that holds `control.log` and `server.log`.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the daemon wrote. Empty where there is no log yet.
    ///
    /// # Errors
    ///
    /// Of the file.
    pub fn control(&self) -> io::Result<Vec<MpsLogRecord>> {
        self.records("control.log")
    }

    /// What the servers wrote. Empty where there is no log yet.
    ///
    /// # Errors
    ///
    /// Of the file.
    pub fn server(&self) -> io::Result<Vec<MpsLogRecord>> {
        self.records("server.log")
    }

    /// The records of a file; lines that are none, as the last may be while it is written, are left out.
    fn records(&self, name: &str) -> io::Result<Vec<MpsLogRecord>> {
        let mut file = match File::open(self.directory.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).lines().filter_map(MpsLogRecord::from_line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_daemons_write_them() {
        let line = "[2026-11-22 10:36:26.508 Control   499] Starting new server 553 for user 0";
        let record = MpsLogRecord::from_line(line).unwrap();
        assert_eq!((record.role, record.pid), (MpsLogRole::Control, 499));
        assert_eq!(
            (record.time.as_str(), record.text.as_str()),
            ("2026-11-22 10:36:26.508", "Starting new server 553 for user 0")
        );
        for other in ["", "[2026-11-22 10:36", "no record", "[2026-11-22 10:36:26.508 Somebody 1] x"] {
            assert_eq!(MpsLogRecord::from_line(other), None, "{other:?}");
        }
    }
}
