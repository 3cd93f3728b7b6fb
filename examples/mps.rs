//! Two GPUs shared by MPS: a daemon for each, with shares of its own, and four workers.
//!
//! `mps` runs on simulated GPUs with simulated workers; `mps --driver COMMAND...` on the real ones, with a command of yours as the worker.
//!
//! By hand this takes a daemon's variables in front of each command, and three things bite there:
//!
//! - `CUDA_MPS_PIPE_DIRECTORY=/tmp/mps_0 echo ... | nvidia-cuda-mps-control` gives the variable to `echo` alone, and the command goes to
//!   another daemon, or to none. Here a daemon is a value, and its commands go to it.
//! - A daemon that sees one GPU numbers it 0, so a client with `CUDA_VISIBLE_DEVICES=1` gets an error. Here clients get the UUID.
//! - Who reads the fifo `log` in the pipe directory takes records from the daemon. Here the logs are read from their files.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use gpushare::{ActiveThreadPercentage, Gpu, Mib, MpsSession, Nvml, PinnedDeviceMemoryLimit};
use gpushare_sim::Machine;
use gpushare_sim::mps::Programs;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The share of each worker of the first GPU and of the second, in percent.
const SHARES: [f64; 2] = [50.0, 25.0];

/// What the GPUs, the daemons and the workers are.
struct Stage {
    nvml: Nvml,
    worker: Vec<String>,
    /// The simulated machine with its programs, where that is what they are.
    simulated: Option<(Machine, Programs)>,
    folder: tempfile::TempDir,
}

impl Stage {
    fn simulated() -> Outcome<Self> {
        let machine = Machine::with_config_shared(&"2xH200".parse()?)?;
        let programs = Programs::find()?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
        let worker = vec![programs.client().display().to_string(), "init".into(), "context".into(), "work".into()];
        Ok(Self { nvml, worker, simulated: Some((machine, programs)), folder: tempfile::tempdir()? })
    }

    fn real(worker: Vec<String>) -> Outcome<Self> {
        Ok(Self { nvml: Nvml::load()?, worker, simulated: None, folder: tempfile::tempdir()? })
    }

    fn share(&self, gpu: &Gpu, percent: f64) -> Outcome<MpsSession> {
        let mut builder = MpsSession::builder(gpu)
            .directory(self.folder.path())
            .active_thread_percentage(ActiveThreadPercentage::new(percent)?)
            .pinned_device_memory_limit(PinnedDeviceMemoryLimit::new(Mib(2048))?);
        if let Some((machine, programs)) = &self.simulated {
            builder = builder.program(programs.control());
            builder = machine.environment().fold(builder, |builder, (name, value)| builder.env(name, value));
        }
        Ok(builder.start()?)
    }

    fn start_worker(&self, session: &MpsSession) -> Outcome<Child> {
        let mut command = Command::new(&self.worker[0]);
        command.args(&self.worker[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some((machine, _)) = &self.simulated {
            command.envs(machine.environment());
        }
        Ok(session.spawn(&mut command)?)
    }
}

fn run(stage: &Stage) -> Outcome {
    let gpus = stage.nvml.gpus()?;
    let mut sessions = Vec::new();
    for (gpu, percent) in gpus.iter().zip(SHARES) {
        let session = stage.share(gpu, percent)?;
        println!("GPU {} ({}): {percent} % and 2048 MiB for each client", gpu.index(), gpu.name());
        for advisory in session.advisories() {
            println!("  note: {advisory}");
        }
        sessions.push((gpu, session));
    }

    let mut workers = Vec::new();
    for worker in 0..2 * sessions.len() {
        let (gpu, session) = &sessions[worker % sessions.len()];
        let mut child = stage.start_worker(session)?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the worker's output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        session.verify_client(child.id(), Duration::from_secs(30))?;
        println!("worker {worker} on GPU {}: {}", gpu.index(), line.trim());
        workers.push((child, output));
    }

    for (gpu, session) in &sessions {
        for server in session.daemon().servers()? {
            let share = server.active_thread_percentage()?.ok_or("a busy server")?;
            println!(
                "GPU {}: server {:?}, {} clients, {share} %",
                gpu.index(),
                server.status()?,
                server.clients()?.len()
            );
        }
        println!("GPU {}: NVML lists {} processes", gpu.index(), gpu.processes()?.len());
    }

    for (mut child, _) in workers {
        // The end of its input is a worker's end.
        drop(child.stdin.take());
        child.wait()?;
    }
    for (gpu, session) in sessions {
        let quit = session.close(Duration::from_secs(2))?;
        println!(
            "GPU {}: closed; {} of {} servers had to be killed",
            gpu.index(),
            quit.killed.len(),
            quit.servers.len()
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let stage = match arguments.split_first() {
        None => Stage::simulated(),
        Some((first, worker)) if first == "--driver" && !worker.is_empty() => Stage::real(worker.to_vec()),
        _ => {
            eprintln!("usage: mps [--driver COMMAND...]");
            return ExitCode::from(2);
        }
    };
    match stage.and_then(|stage| run(&stage)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mps: {error}");
            ExitCode::FAILURE
        }
    }
}
