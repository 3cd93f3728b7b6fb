//! The daemon's own front-end, `nvidia-cuda-mps-control`, which takes commands on its standard input.
//!
//! Its exit status says whether it reached the daemon and nothing of the commands, and its answers have no end. So each command is
//! followed by a word that no daemon knows, whose refusal is the end of the answer and the proof that the daemon got that far.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::mps::command::MpsCommand;
use crate::mps::control::MpsControl;
use crate::mps::error::MpsError;
use crate::mps::pipe_directory::{DaemonPresence, PipeDirectory};
use crate::mps::program::{CONTROL_PROGRAM, PIPE_DIRECTORY};
use crate::program::{Failed, Said, after, run};

/// How long the daemon may take, unless it is said otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How often an exchange is tried that the daemon dropped for another's.
const TRIES: u32 = 50;
/// Commands that one front-end gets: the daemon logs each.
const BATCH: usize = 256;

/// Speaks with a control daemon through `nvidia-cuda-mps-control`.
///
/// Users of this library take turns by a lock in the pipe directory. Others who speak with the same daemon meanwhile make it drop one
/// of the two; what was dropped is sent again where that is safe.
#[derive(Debug, Clone)]
pub struct FrontEnd {
    program: PathBuf,
    pipes: PipeDirectory,
    patience: Duration,
}

impl FrontEnd {
    /// The front-end on the path, for the daemon in a pipe directory.
    pub fn new(pipes: PipeDirectory) -> Self {
        Self { program: CONTROL_PROGRAM.into(), pipes, patience: PATIENCE }
    }

    /// Uses this program, such as that of a driver container or a simulated one.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Waits this long for each exchange, 10 s unless said.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn program_path(&self) -> &Path {
        &self.program
    }

    /// The pipe directory.
    pub fn pipe_directory(&self) -> &PipeDirectory {
        &self.pipes
    }

    fn wedged(&self) -> MpsError {
        MpsError::Wedged { directory: self.pipes.path().to_owned(), after: self.patience }
    }

    /// Runs the program with commands on its input, until it ends or the deadline passes.
    fn run(&self, input: &[u8], deadline: Instant) -> Result<Said, MpsError> {
        let mut command = Command::new(&self.program);
        command.env(PIPE_DIRECTORY, self.pipes.path());
        run(&mut command, input, deadline).map_err(|failed| match failed {
            Failed::Late => self.wedged(),
            Failed::Program(error) => program_error(&self.program, &error),
        })
    }

    /// Sends commands and takes the answers of those that the daemon executed for certain. The flag says whether the next may have been.
    fn attempt(&self, commands: &[MpsCommand], deadline: Instant) -> Result<(Vec<String>, bool), MpsError> {
        let mark = |index: usize| format!("#gpushare-{index}");
        let mut input = String::new();
        for (index, command) in commands.iter().enumerate() {
            input.push_str(&format!("{command}\n{}\n", mark(index)));
        }
        let said = self.run(input.as_bytes(), deadline)?;
        let stdout = String::from_utf8_lossy(&said.stdout);
        let mut rest = &*stdout;
        let mut answers = Vec::new();
        for index in 0..commands.len() {
            let end = format!("Unknown command \"{}\"\n", mark(index));
            let Some((answer, behind)) = rest.split_once(end.as_str()) else { break };
            answers.push(answer.to_owned());
            rest = behind;
        }
        // Status 1 is the front-end's word that the connection never was, but only where nothing came back.
        let certain = !said.status.success() && answers.is_empty() && said.stdout.is_empty();
        if answers.len() < commands.len() && certain && self.pipes.presence()? == DaemonPresence::Absent {
            return Err(MpsError::NotRunning { directory: self.pipes.path().to_owned() });
        }
        let denied = String::from_utf8_lossy(&said.stderr);
        if certain && denied.contains("authenticate") && Instant::now() >= deadline {
            return Err(MpsError::NoPermission { command: CONTROL_PROGRAM.into(), answer: denied.trim().into() });
        }
        Ok((answers, !certain))
    }

    fn batch(&self, commands: &[MpsCommand], deadline: Instant) -> Result<Vec<String>, MpsError> {
        let mut answers = Vec::new();
        for attempt in 1..=TRIES {
            let left = &commands[answers.len()..];
            let (more, uncertain) = self.attempt(left, deadline)?;
            answers.extend(more);
            let Some(next) = commands.get(answers.len()) else { return Ok(answers) };
            if uncertain && !next.is_repeatable() {
                return Err(MpsError::Uncertain { command: next.to_string() });
            }
            if Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(Duration::from_micros(200) * attempt.min(20));
        }
        Err(self.wedged())
    }
}

impl MpsControl for FrontEnd {
    fn exchange(&self, commands: &[MpsCommand]) -> Result<Vec<String>, MpsError> {
        if self.pipes.presence()? == DaemonPresence::Absent {
            return Err(MpsError::NotRunning { directory: self.pipes.path().to_owned() });
        }
        let deadline = after(self.patience);
        let _turn = self.pipes.turn(deadline)?;
        let mut answers = Vec::with_capacity(commands.len());
        for batch in commands.chunks(BATCH) {
            answers.extend(self.batch(batch, deadline)?);
        }
        Ok(answers)
    }
}

pub(crate) fn program_error(program: &Path, error: &io::Error) -> MpsError {
    MpsError::Program { program: program.display().to_string(), reason: error.to_string(), io: Some(error.kind()) }
}

/// Says one line to a daemon, and gives what comes back.
pub(crate) fn say(program: &Path, pipes: &Path, line: &[u8], deadline: Instant) -> Result<String, Failed> {
    let said = run(Command::new(program).env(PIPE_DIRECTORY, pipes), line, deadline)?;
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

/// Runs a program that is to start a daemon: with nothing to read, which a front-end of an old version would take for commands.
pub(crate) fn start(
    program: &Path,
    arguments: &[&str],
    environment: &[(OsString, Option<OsString>)],
    deadline: Instant,
) -> Result<(bool, String), Failed> {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let said = run(&mut command, &[], deadline)?;
    Ok((said.status.success(), String::from_utf8_lossy(&said.stdout).into_owned()))
}
