//! Commands to an MPS control daemon: a hundred in one exchange, beside a process of the front-end for each.
//!
//! On the simulated program; `GPUSHARE_SIM_PROGRAMS` can name a folder with NVIDIA's own.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use gpushare::{MpsCommand, MpsDaemon};
use gpushare_benches::OURS;
use gpushare_sim::mps::Programs;

use crate::Outcome;
use crate::measure::{Bench, contender, ms_of};

const COMMANDS: usize = 100;

pub(crate) fn run(bench: &mut Bench) -> Outcome {
    let folder = tempfile::Builder::new().prefix("mps-").tempdir()?;
    let program = Programs::find()?.control();
    let daemon = MpsDaemon::builder(folder.path().join("mps")).program(&program).start()?;
    let commands = vec![MpsCommand::GetDefaultActiveThreadPercentage; bench.times(COMMANDS)];
    let one = |command: &MpsCommand| {
        let mut process = Command::new(&program)
            .env("CUDA_MPS_PIPE_DIRECTORY", daemon.pipe_directory().path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = process.stdin.take() {
            writeln!(stdin, "{command}")?;
        }
        match process.wait_with_output()?.stdout.as_slice() {
            b"100.0\n" => Ok(()),
            other => Err(format!("the front-end said {:?}", String::from_utf8_lossy(other)).into()),
        }
    };
    let contenders = vec![
        contender(OURS, || ms_of(|| Ok(daemon.control().exchange(&commands)?))),
        contender("a process each", || ms_of(|| commands.iter().try_for_each(one))),
    ];
    let compared = bench.compare(["mps", "a hundred commands", "ms"], 10, contenders);
    daemon.quit(Duration::from_secs(1))?;
    compared
}
