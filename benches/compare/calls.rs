//! Getters: the Rust layer and nvml-wrapper beside the raw symbol.

use std::ptr::null_mut;

use gpushare::Nvml;
use gpushare::sys::{nvmlMemory_v2_t, struct_version};
use gpushare_benches::OURS;
use gpushare_sim::Machine;

use crate::Outcome;
use crate::driver::TEXT;
use crate::measure::{Bench, contender, ns_of};

const ROUNDS: usize = 4000;
const CALLS: usize = 2000;

/// Compares a getter of each library, given as expressions, beside the raw call.
macro_rules! compare {
    ($bench:expr, $case:literal, $raw:expr, $ours:expr, $theirs:expr) => {
        $bench.compare(
            ["calls", $case, "ns"],
            ROUNDS,
            vec![
                contender("NVML", || Ok(ns_of(CALLS, || $raw))),
                contender(OURS, || Ok(ns_of(CALLS, || $ours))),
                contender("nvml-wrapper", || Ok(ns_of(CALLS, || $theirs))),
            ],
        )?
    };
}

pub(crate) fn run(bench: &mut Bench) -> Outcome {
    let machine = Machine::start()?;
    let ours = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let our_gpu = ours.gpu(0)?;
    let path = machine.library_path();
    let theirs = nvml_wrapper::Nvml::builder().lib_path(path.as_os_str()).init()?;
    let their_gpu = theirs.device_by_index(0)?;

    let symbols = ours.library().symbols();
    let get_handle = symbols.nvmlDeviceGetHandleByIndex_v2.ok_or("nvmlDeviceGetHandleByIndex_v2")?;
    let get_count = symbols.nvmlDeviceGetCount_v2.ok_or("nvmlDeviceGetCount_v2")?;
    let get_mode = symbols.nvmlDeviceGetMigMode.ok_or("nvmlDeviceGetMigMode")?;
    let get_memory = symbols.nvmlDeviceGetMemoryInfo_v2.ok_or("nvmlDeviceGetMemoryInfo_v2")?;
    let get_uuid = symbols.nvmlDeviceGetUUID.ok_or("nvmlDeviceGetUUID")?;
    let get_name = symbols.nvmlDeviceGetName.ok_or("nvmlDeviceGetName")?;
    let mut gpu = null_mut();
    // SAFETY: NVML is initialised, and the pointer is to a local.
    unsafe { get_handle(0, &mut gpu) };

    let count = || {
        let mut count = 0;
        // SAFETY: as above.
        (unsafe { get_count(&mut count) }, count)
    };
    compare!(bench, "GPU count", count(), ours.gpu_count(), theirs.device_count());
    let mode = || {
        let (mut current, mut pending) = (0, 0);
        // SAFETY: as above; the handle is NVML's own.
        (unsafe { get_mode(gpu, &mut current, &mut pending) }, current, pending)
    };
    compare!(bench, "MIG mode", mode(), our_gpu.mig_mode(), their_gpu.mig_mode());
    let memory = || {
        let mut info = nvmlMemory_v2_t { version: struct_version::<nvmlMemory_v2_t>(2), ..Default::default() };
        // SAFETY: as above; the struct is of the version that it names.
        (unsafe { get_memory(gpu, &mut info) }, info)
    };
    compare!(bench, "memory", memory(), our_gpu.memory(), their_gpu.memory_info());
    let uuid = || {
        let mut text = [0; TEXT];
        // SAFETY: as above; the length is the buffer's.
        (unsafe { get_uuid(gpu, text.as_mut_ptr(), TEXT as u32) }, text)
    };
    compare!(bench, "UUID, again", uuid(), our_gpu.uuid(), their_gpu.uuid());
    let name = || {
        let mut text = [0; TEXT];
        // SAFETY: as above.
        (unsafe { get_name(gpu, text.as_mut_ptr(), TEXT as u32) }, text)
    };
    compare!(bench, "name, again", name(), our_gpu.name(), their_gpu.name());
    Ok(())
}
