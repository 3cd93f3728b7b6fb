//! Several workers on one GPU by time-slicing, with another policy while they run.
//!
//! `time_slicing` runs on a simulated GPU; `time_slicing --driver COMMAND...` on the first real one, as root, with a command of yours as the
//! worker.
//!
//! Sharing itself takes no step at all: programs that use one GPU take turns on it. What can go wrong is told before they start:
//!
//! - In another compute mode than DEFAULT the second program fails, or all do.
//! - `nvidia-smi compute-policy --set-timeslice` without `-i` sets the policy of every GPU. Here it is that of one, by its UUID.
//! - The policy stays until the driver is unloaded. Here it is put back.

use std::process::{Command, ExitCode};

use gpushare::{CUDA_VISIBLE_DEVICES, ComputeMode, Gpu, NvidiaSmi, Nvml, TimeSlice};
use gpushare_sim::Machine;
use gpushare_sim::mps::Programs;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const WORKERS: usize = 3;

/// Starts the workers at the same time, each on the GPU and on no other, and waits for all.
fn work(gpu: &Gpu, command: &[String]) -> Outcome {
    let (program, arguments) = command.split_first().ok_or("a command")?;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        // By its UUID, which names the GPU whatever else is visible.
        let visible = gpu.visible_device().to_string();
        workers.push(Command::new(program).args(arguments).env(CUDA_VISIBLE_DEVICES, visible).spawn()?);
    }
    println!("{WORKERS} workers take turns on GPU {}", gpu.index());
    // All are waited for before any of them is an error.
    let ended: Vec<_> = workers.iter_mut().map(|worker| worker.wait()).collect();
    for status in ended {
        let status = status?;
        if !status.success() {
            return Err(format!("a worker ended with {status}").into());
        }
    }
    Ok(())
}

/// Does something under a policy, and puts back the one that there was, whatever comes of it.
fn under<T>(gpu: &Gpu, nvidia_smi: &NvidiaSmi, policy: TimeSlice, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let before = nvidia_smi.time_slice(gpu)?;
    println!("GPU {} ({}): the policy is {before}", gpu.index(), gpu.name());
    nvidia_smi.set_time_slice(gpu, policy)?;
    println!("GPU {}: the policy is {policy} for programs that start from here on", gpu.index());
    let done = work();
    nvidia_smi.set_time_slice(gpu, before)?;
    println!("GPU {}: the policy is {before} again", gpu.index());
    done
}

fn run(nvml: &Nvml, nvidia_smi: &NvidiaSmi, command: &[String]) -> Outcome {
    let gpu = nvml.gpu(0)?;
    if gpu.compute_mode()? != ComputeMode::DEFAULT {
        return Err("the compute mode is not DEFAULT, so only one process may use the GPU, or none".into());
    }
    under(&gpu, nvidia_smi, TimeSlice::Short, || work(&gpu, command))
}

fn simulated() -> Outcome {
    // nvidia-smi is a process of its own, so the machine is one for all processes.
    let machine = Machine::with_config_shared(&"1xH200".parse()?)?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let nvidia_smi = NvidiaSmi::new().program(Programs::find()?.nvidia_smi());
    run(&nvml, &nvidia_smi, &["sh", "-c", "echo worker on $CUDA_VISIBLE_DEVICES"].map(str::to_owned))
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        None => simulated(),
        Some((first, command)) if first == "--driver" && !command.is_empty() => {
            Nvml::load().map_err(Into::into).and_then(|nvml| run(&nvml, &NvidiaSmi::new(), command))
        }
        _ => {
            eprintln!("usage: time_slicing [--driver COMMAND...]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("time_slicing: {error}");
            ExitCode::FAILURE
        }
    }
}
