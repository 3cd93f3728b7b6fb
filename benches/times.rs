//! How long gpushare itself takes, by criterion, which keeps what it found and compares the next run with it.

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use gpushare::{ApplyOptions, Gpu, Layout, MpsCommand, MpsDaemon, Nvml, Plan, PlanOptions};
use gpushare_sim::Machine;
use gpushare_sim::mps::Programs;
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn machine() -> Outcome<(Machine, Nvml, Gpu)> {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let gpu = nvml.gpu(0)?;
    Ok((machine, nvml, gpu))
}

fn getters(c: &mut Criterion) -> Outcome {
    let (_machine, nvml, gpu) = machine()?;
    c.bench_function("GPU count", |b| b.iter(|| nvml.gpu_count()));
    c.bench_function("MIG mode", |b| b.iter(|| gpu.mig_mode()));
    c.bench_function("memory", |b| b.iter(|| gpu.memory()));
    Ok(())
}

fn instances(c: &mut Criterion) -> Outcome {
    let (_machine, _nvml, gpu) = machine()?;
    gpu.set_mig_mode(true)?;
    let profile = gpu.gpu_instance_profile("1g.5gb")?;
    c.bench_function("create and destroy a GPU instance", |b| {
        b.iter(|| gpu.create_gpu_instance(&profile).map(|instance| instance.destroy()));
    });
    for _ in 0..7 {
        gpu.create_gpu_instance(&profile)?.create_default_compute_instance()?;
    }
    c.bench_function("list seven MIG devices", |b| b.iter(|| black_box(gpu.mig_devices())));
    Ok(())
}

fn layouts(c: &mut Criterion) -> Outcome {
    let (_machine, _nvml, gpu) = machine()?;
    let folder = TempDir::new()?;
    let options = ApplyOptions::new().directory(folder.path());
    let [seven, mixed]: [Layout; 2] = ["7x1g.5gb".parse()?, "3g.20gb, 2g.10gb, 2x1g.5gb".parse()?];
    gpu.apply_layout(&mixed, &options)?;
    gpu.apply_layout(&seven, &options)?;
    let (geometry, present, wishes) = (gpu.mig_geometry()?, gpu.mig_state()?, PlanOptions::default());
    c.bench_function("plan a layout", |b| b.iter(|| Plan::new(&geometry, &present, &mixed, &wishes)));
    c.bench_function("apply a layout and the one before", |b| {
        b.iter(|| gpu.apply_layout(&mixed, &options).and_then(|_| gpu.apply_layout(&seven, &options)));
    });
    Ok(())
}

fn snapshots(c: &mut Criterion) -> Outcome {
    let (_machine, nvml, _) = machine()?;
    let folder = TempDir::new()?;
    let (options, layout) = (ApplyOptions::new().directory(folder.path()), "7x1g.5gb".parse()?);
    for gpu in nvml.gpus()? {
        gpu.apply_layout(&layout, &options)?;
    }
    c.bench_function("first snapshot of 56 MIG devices", |b| b.iter(|| nvml.snapshot()));
    let observer = nvml.observer()?;
    c.bench_function("next snapshot of 56 MIG devices", |b| b.iter(|| observer.snapshot()));
    Ok(())
}

fn commands(c: &mut Criterion) -> Outcome {
    let folder = tempfile::Builder::new().prefix("mps-").tempdir()?;
    let program = Programs::find()?.control();
    let daemon = MpsDaemon::builder(folder.path().join("mps")).program(program).start()?;
    let hundred = [MpsCommand::GetDefaultActiveThreadPercentage; 100];
    c.bench_function("a hundred MPS commands", |b| b.iter(|| daemon.control().exchange(&hundred)));
    daemon.quit(Duration::from_secs(1))?;
    Ok(())
}

fn main() -> Outcome {
    let criterion = Criterion::default().warm_up_time(Duration::from_millis(500));
    let mut criterion = criterion.measurement_time(Duration::from_secs(2)).configure_from_args();
    getters(&mut criterion)?;
    instances(&mut criterion)?;
    layouts(&mut criterion)?;
    snapshots(&mut criterion)?;
    commands(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
