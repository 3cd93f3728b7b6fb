//! The real GPU, and programs that work on it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gpushare::{Gpu, MpsSession, Nvml};
use serde_json::Value;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The first GPU, where the caller has asked for a real one.
pub(crate) fn real_gpu() -> Outcome<(Nvml, Gpu)> {
    if std::env::var_os("GPUSHARE_HARDWARE").is_none() {
        return Err("set GPUSHARE_HARDWARE=1 to use the GPU of this machine".into());
    }
    let nvml = Nvml::load()?;
    let gpu = nvml.gpu(0)?;
    Ok((nvml, gpu))
}

/// A worker of `worker.py` that waits for its start.
pub(crate) struct Worker {
    pub(crate) child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) multiprocessors: u64,
}

impl Worker {
    /// Starts workers, as clients of a session or by themselves, and waits until each is ready.
    pub(crate) fn start(workload: &str, count: usize, session: Option<&MpsSession>) -> Outcome<Vec<Self>> {
        let children: Vec<_> = (0..count).map(|_| Self::spawn(workload, session)).collect::<Result<_, _>>()?;
        children.into_iter().map(Self::ready).collect()
    }

    fn spawn(workload: &str, session: Option<&MpsSession>) -> Outcome<Child> {
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let worker = std::env::var_os("GPUSHARE_HARDWARE_WORKER")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("hardware/worker.py"), Into::into);
        let mut command = Command::new(python);
        command.arg(worker).arg(workload).stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(match session {
            Some(session) => session.spawn(&mut command)?,
            None => command.spawn()?,
        })
    }

    fn ready(mut child: Child) -> Outcome<Self> {
        let (input, output) = (child.stdin.take().ok_or("no input")?, child.stdout.take().ok_or("no output")?);
        let mut worker = Self { child, input, output: BufReader::new(output), multiprocessors: 0 };
        worker.multiprocessors = worker.listen()?["multiprocessors"].as_u64().ok_or("no number of multiprocessors")?;
        Ok(worker)
    }

    /// Lets it work from this moment on.
    pub(crate) fn begin(&mut self, seconds: u32) -> Outcome {
        writeln!(self.input, "0 {}", seconds)?;
        Ok(self.input.flush()?)
    }

    /// The next line that it says.
    pub(crate) fn listen(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(serde_json::from_str(&line).map_err(|error| format!("{error}: the worker said {line:?}"))?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
