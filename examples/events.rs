//! A watcher: says of each XID and each change of the MIG configuration which MIG devices it concerns.
//!
//! `events` runs on two simulated GPUs, to which things happen, and ends with them; `events --driver` watches the real ones until it is
//! ended.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::thread;

use gpushare::{EventKind, EventKinds, EventSet, Gpu, GpuEvent, MigDevice, Nvml};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn watched(nvml: &Nvml) -> Outcome<EventSet> {
    // The set is made before anything is looked at, so that no change falls between the two.
    let events = nvml.watch(EventKinds::XID | EventKinds::MIG_CONFIG_CHANGE)?;
    for (gpu, kinds) in events.registered() {
        println!("GPU {} ({}) is watched for {kinds}", gpu.index(), gpu.name());
    }
    Ok(events)
}

/// What a scheduler would do: an XID makes the devices unhealthy that it concerns, a change has it look at the GPU again.
fn report(event: &GpuEvent) {
    let devices = match event.mig_devices() {
        Ok(devices) => devices,
        Err(error) => return println!("{event}; {error}"),
    };
    let uuids: Vec<_> = devices.iter().map(|device| device.uuid().to_string()).collect();
    match event.kind {
        EventKind::MigConfigChange => println!("{event}: there are now {} MIG devices", devices.len()),
        _ if uuids.is_empty() => println!("{event}: the whole GPU"),
        _ => println!("{event}: {}", uuids.join(", ")),
    }
}

/// Two MIG devices in one GPU instance.
fn divide(gpu: &Gpu) -> gpushare::Result<Vec<MigDevice>> {
    gpu.set_mig_mode(true)?;
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
    let half = gi.compute_instance_profile("1c.2g.10gb")?;
    (0..2).map(|_| gi.create_compute_instance(&half)?.mig_device()).collect()
}

/// What happens to the GPUs: a device fails, then a GPU instance with all its devices, somebody makes another, and a GPU is lost.
fn bad_day(machine: &Machine, gpu: &Gpu, device: &MigDevice) -> Outcome {
    let gi = device.gpu_instance_id().0;
    machine.inject_xid(0, 13, Some(gi), Some(device.compute_instance_id().0))?;
    machine.inject_xid(0, 31, Some(gi), None)?;
    gpu.create_gpu_instance(&gpu.gpu_instance_profile("3g.20gb")?)?;
    machine.inject_xid(1, 31, None, None)?;
    machine.lose_gpu(1)?;
    Ok(())
}

fn simulated() -> Outcome {
    let machine = Machine::from_spec("1xA100-SXM4-40GB+1xL40S")?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let gpu = nvml.gpu(0)?;
    let devices = divide(&gpu)?;
    let events = watched(&nvml)?;
    let stopper = events.stopper();
    thread::scope(|scope| {
        let watcher = scope.spawn(|| events.iter().try_for_each(|event| event.map(|event| report(&event))));
        let happened = bad_day(&machine, &gpu, &devices[0]);
        stopper.stop();
        watcher.join().map_err(|_| "the watcher panicked")??;
        happened
    })?;
    // A stop ends the waiting at once. What was not waited for is there still.
    while let Some(event) = events.poll()? {
        report(&event);
    }
    Ok(())
}

fn real() -> Outcome {
    for event in &watched(&Nvml::load()?)? {
        report(&event?);
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => simulated(),
        ["--driver"] => real(),
        _ => {
            eprintln!("usage: events [--driver]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("events: {error}");
            ExitCode::FAILURE
        }
    }
}
