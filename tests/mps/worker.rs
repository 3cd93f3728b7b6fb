//! Simulated CUDA programs, told what to do line by line. NVIDIA's daemon has no clients without a GPU.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use gpushare::{MpsServer, MpsSession};
use gpushare_sim::mps::Programs;

use crate::stage::Stage;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// One that finds the daemon of a session, or none.
    pub(crate) fn start(stage: &Stage, session: Option<&MpsSession>) -> Result<Self> {
        Self::start_by(Command::new(Programs::find()?.client()), stage, session)
    }

    pub(crate) fn start_by(mut command: Command, stage: &Stage, session: Option<&MpsSession>) -> Result<Self> {
        command.envs(stage.environment()).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("CUDA_MPS_PIPE_DIRECTORY", stage.path("nowhere"));
        if let Some(session) = session {
            session.wrap(&mut command);
        }
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take().ok_or("input")?, child.stdout.take().ok_or("output")?);
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn ask(&mut self, command: &str) -> Result<String> {
        writeln!(self.input, "{command}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// One that has a context, and its share as it sees it.
    pub(crate) fn with_context(stage: &Stage, session: &MpsSession) -> Result<(Self, String)> {
        let mut worker = Self::start(stage, Some(session))?;
        worker.ask("init")?;
        let share = worker.ask("context")?;
        session.verify_client(worker.pid(), Duration::from_secs(30))?;
        Ok((worker, share))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The one server of a session.
pub(crate) fn server(session: &MpsSession) -> Result<MpsServer> {
    session.daemon().servers()?.pop().ok_or_else(|| "no server".into())
}
