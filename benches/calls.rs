//! What a call through gpushare costs beside the raw symbol, on the simulated driver.

use std::error::Error;
use std::hint::black_box;
use std::ptr::null_mut;

use criterion::{Criterion, criterion_main};
use gpushare::sys::{nvmlMemory_v2_t, struct_version};
use gpushare::{Gpu, Nvml};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn machine() -> Outcome<(Machine, Nvml, Gpu)> {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).init()?;
    let gpu = nvml.gpu(0)?;
    Ok((machine, nvml, gpu))
}

fn getters(c: &mut Criterion) -> Outcome {
    let (_machine, nvml, gpu) = machine()?;
    let symbols = nvml.library().symbols();
    let count = symbols.nvmlDeviceGetCount_v2.ok_or("nvmlDeviceGetCount_v2")?;
    let memory = symbols.nvmlDeviceGetMemoryInfo_v2.ok_or("nvmlDeviceGetMemoryInfo_v2")?;
    let handle = symbols.nvmlDeviceGetHandleByIndex_v2.ok_or("nvmlDeviceGetHandleByIndex_v2")?;
    let mut device = null_mut();
    // SAFETY: NVML is initialised, and the pointer is to a local.
    unsafe { handle(0, &mut device) };

    let mut group = c.benchmark_group("count");
    group.bench_function("raw", |b| {
        b.iter(|| {
            let mut number = 0;
            // SAFETY: as above.
            unsafe { count(&mut number) };
            black_box(number)
        });
    });
    group.bench_function("gpushare", |b| b.iter(|| black_box(nvml.gpu_count())));
    group.finish();

    let mut group = c.benchmark_group("memory");
    group.bench_function("raw", |b| {
        b.iter(|| {
            let mut info = nvmlMemory_v2_t { version: struct_version::<nvmlMemory_v2_t>(2), ..Default::default() };
            // SAFETY: as above; the struct is of the version it names.
            unsafe { memory(device, &mut info) };
            black_box(info)
        });
    });
    group.bench_function("gpushare", |b| b.iter(|| black_box(gpu.memory())));
    group.finish();
    Ok(())
}

fn instances(c: &mut Criterion) -> Outcome {
    let (_machine, _nvml, gpu) = machine()?;
    gpu.set_mig_mode(true)?;
    let profile = gpu.gpu_instance_profile("1g.5gb")?;
    c.bench_function("create and destroy a GPU instance", |b| {
        b.iter(|| gpu.create_gpu_instance(&profile).map(|instance| instance.destroy()))
    });
    for _ in 0..7 {
        gpu.create_gpu_instance(&profile)?.create_default_compute_instance()?;
    }
    c.bench_function("list seven MIG devices", |b| b.iter(|| black_box(gpu.mig_devices())));
    Ok(())
}

fn all(c: &mut Criterion) {
    if let Err(error) = getters(c).and_then(|()| instances(c)) {
        eprintln!("the benchmark could not run: {error}");
        std::process::exit(1);
    }
}

criterion_main!(calls);

fn calls() {
    all(&mut Criterion::default().configure_from_args());
}
