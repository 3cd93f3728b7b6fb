//! What calls were made: with which arguments, with which answer, and what the answer costs on a GPU.

use std::env;
use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::time::Duration;

use gpushare_sys::nvmlReturn_t;
use serde::{Deserialize, Serialize};

use super::fault::write_code;

/// One call of an NVML function, as a trace shows it.
///
/// Its text is the call as one would write it: `nvmlDeviceCreateGpuInstance(gpu0, 9, out) = SUCCESS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedCall {
    /// The function.
    pub symbol: String,
    /// What the caller passed: numbers; texts in quotes; handles by what they name, as `gpu0`, `gpu0/gi2` (a GPU instance), `gpu0/gi2/ci0`
    /// (a compute instance), `mig:gpu0/gi2/ci0` (a MIG device) and `events1`; placements as `start:size`; other pointers as `in` and
    /// `out`; and `NULL`. A function that the simulator has no behaviour for shows `...`.
    pub arguments: Vec<String>,
    /// The code that it returned.
    pub result: nvmlReturn_t,
    /// What such a call costs on a real machine, where that was recorded.
    #[serde(rename = "cost_ns", with = "nanoseconds")]
    pub cost: Option<Duration>,
}

impl TracedCall {
    /// What all these calls cost together. Calls whose cost nobody recorded count nothing.
    pub fn total_cost(calls: &[Self]) -> Duration {
        calls.iter().filter_map(|call| call.cost).sum()
    }
}

impl Display for TracedCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) = ", self.symbol, self.arguments.join(", "))?;
        write_code(f, self.result)
    }
}

mod nanoseconds {
    use super::*;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(cost: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        cost.map(|cost| cost.as_nanos() as u64).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_nanos))
    }
}

/// An argument as a trace shows it.
pub(super) enum Shown {
    /// A number, by which recorded costs may differ.
    Number(i128),
    /// Anything else.
    Text(String),
}

impl Shown {
    /// A pointer whose target the trace does not look at.
    pub(super) fn pointer<T>(pointer: *const T, role: &str) -> Self {
        Self::Text(if pointer.is_null() { "NULL" } else { role }.to_owned())
    }

    /// The first number among the arguments.
    pub(super) fn number(all: &[Self]) -> Option<i128> {
        all.iter().find_map(|shown| if let Self::Number(number) = shown { Some(*number) } else { None })
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Where a trace is written, a line per call.
pub(super) enum Sink {
    /// The error output.
    Error,
    /// A file, which other processes may be writing to as well.
    File(File),
}

impl Sink {
    /// What the variable says: the path of a file that is appended to, or `-`.
    pub(super) fn open(value: &OsStr) -> Result<Self, String> {
        if value == "-" {
            return Ok(Self::Error);
        }
        let open = OpenOptions::new().append(true).create(true).open(value);
        open.map(Self::File)
            .map_err(|error| format!("{}: {error}", env::current_dir().unwrap_or_default().join(value).display()))
    }

    /// Writes a line after the process's number. One write, so that lines of several processes do not mix.
    pub(super) fn write(&self, line: &dyn Display) {
        let line = format!("{} {line}\n", std::process::id());
        let written = match self {
            Self::Error => io::stderr().write_all(line.as_bytes()),
            Self::File(file) => (&mut &*file).write_all(line.as_bytes()),
        };
        if let Err(error) = written {
            eprintln!("gpushare-sim: a line of the trace is lost: {error}");
        }
    }
}
