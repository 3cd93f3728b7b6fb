//! What a call through gpushare takes beside the raw symbol. It prints ratios, and holds nothing against a limit.

use std::hint::black_box;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

use gpushare::sys::{nvmlMemory_v2_t, nvmlUtilization_t, struct_version};

use crate::stage::{Outcome, real_gpu};

const ROUNDS: usize = 101;
const CALLS: u32 = 200;

fn time(mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..CALLS).for_each(|_| call());
    start.elapsed() / CALLS
}

/// Medians of the two in ns, taken in turn, and of their ratio.
fn compare(name: &str, mut raw: impl FnMut(), mut ours: impl FnMut()) {
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|round| {
            let (raw, ours) = match round % 2 {
                0 => (time(&mut raw), time(&mut ours)),
                _ => {
                    let ours = time(&mut ours);
                    (time(&mut raw), ours)
                }
            };
            (raw.as_nanos(), ours.as_nanos(), ours.as_secs_f64() / raw.as_secs_f64())
        })
        .collect();
    rounds.sort_by(|one, other| one.2.total_cmp(&other.2));
    let (raw, ours, ratio) = rounds[ROUNDS / 2];
    println!("{name:24} raw {raw:6} ns, gpushare {ours:6} ns, {ratio:.3} times");
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn of_getters_that_reach_the_driver() -> Outcome {
    let (nvml, gpu) = real_gpu()?;
    let symbols = nvml.library().symbols();
    let count = symbols.nvmlDeviceGetCount_v2.ok_or("nvmlDeviceGetCount_v2")?;
    let memory = symbols.nvmlDeviceGetMemoryInfo_v2.ok_or("nvmlDeviceGetMemoryInfo_v2")?;
    let utilization = symbols.nvmlDeviceGetUtilizationRates.ok_or("nvmlDeviceGetUtilizationRates")?;
    let compute_mode = symbols.nvmlDeviceGetComputeMode.ok_or("nvmlDeviceGetComputeMode")?;
    let mig_mode = symbols.nvmlDeviceGetMigMode.ok_or("nvmlDeviceGetMigMode")?;
    let handle = symbols.nvmlDeviceGetHandleByIndex_v2.ok_or("nvmlDeviceGetHandleByIndex_v2")?;
    let mut device = null_mut();
    // SAFETY: NVML is initialised, and the pointer is to a local.
    unsafe { handle(0, &mut device) };

    compare(
        "GPU count",
        || {
            let mut number = 0;
            // SAFETY: as above.
            unsafe { count(&mut number) };
            black_box(number);
        },
        || drop(black_box(nvml.gpu_count())),
    );
    compare(
        "memory",
        || {
            let mut info = nvmlMemory_v2_t { version: struct_version::<nvmlMemory_v2_t>(2), ..Default::default() };
            // SAFETY: as above; the struct is of the version it names.
            unsafe { memory(device, &mut info) };
            black_box(info);
        },
        || drop(black_box(gpu.memory())),
    );
    compare(
        "utilization",
        || {
            let mut rates = nvmlUtilization_t::default();
            // SAFETY: as above.
            unsafe { utilization(device, &mut rates) };
            black_box(rates);
        },
        || drop(black_box(gpu.utilization())),
    );
    compare(
        "compute mode",
        || {
            let mut mode = 0;
            // SAFETY: as above.
            unsafe { compute_mode(device, &mut mode) };
            black_box(mode);
        },
        || drop(black_box(gpu.compute_mode())),
    );
    compare(
        "MIG mode",
        || {
            let (mut current, mut pending) = (0, 0);
            // SAFETY: as above.
            unsafe { mig_mode(device, &mut current, &mut pending) };
            black_box((current, pending));
        },
        || drop(black_box(gpu.mig_mode())),
    );
    Ok(())
}
