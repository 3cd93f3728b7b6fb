//! Any string of bytes, read as calls of the C functions and as what happens to the machine between them.
//!
//! A caller keeps NVML's contract (a pointer is NULL or has the room that the function asks for) and nothing else: handles may be stale,
//! of another kind or invented, numbers are any, structs claim any version. Whatever is called, no function may crash, panic or write
//! where it may not, a refused call changes nothing, and the machine stays one that can exist.
#![allow(dead_code)] // The test and the fuzzer use a part each.

mod arguments;
mod guarded;
mod invariants;
mod outside;
mod table;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use gpushare_sim::engine::{Access, GpuConfig, Machine as State};
use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;

use arguments::{Arguments, Bytes};
use table::CALLS;

/// The machines that a sequence may run on: all geometries of MIG, and boards without it.
const MACHINES: [&str; 6] = [
    "1xA100-SXM4-40GB+1xT4",
    "2xH100-SXM5-80GB",
    "1xA30+1xA100-PCIe-80GB",
    "1xRTX-PRO-6000",
    "1xB200+1xV100",
    "1xGH200-144GB",
];

/// The call that is being made, as an index of [`CALLS`]: for a handler of signals, which can look at little else.
pub(crate) static CURRENT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// The name of the function that is being called.
pub(crate) fn current() -> &'static str {
    CALLS.get(CURRENT.load(Ordering::Relaxed)).map_or("no function", |(name, _)| name)
}

/// The functions that sequences call.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CALLS.iter().map(|(name, _)| *name)
}

/// A machine and its library, on which one sequence after another runs.
pub(crate) struct Caller {
    machine: Machine,
    library: Library,
    /// The functions that have answered with success so far.
    pub(crate) succeeded: BTreeSet<&'static str>,
}

impl Caller {
    pub(crate) fn start() -> Self {
        let machine = Machine::start().expect("the simulator starts");
        let library = machine.library().expect("the library loads");
        Self { machine, library, succeeded: BTreeSet::new() }
    }

    /// Makes the calls that the bytes stand for on a new machine, and checks it.
    ///
    /// # Panics
    ///
    /// Where a function did what it may not.
    pub(crate) fn run(&mut self, bytes: &[u8]) {
        let mut bytes = Bytes::new(bytes);
        self.begin(&mut bytes);
        let mut arguments = Arguments::new(self.library.symbols(), &self.machine);
        // The machine as it is, where a refused call has shown it last.
        let mut known = None;
        for name in START.iter().cycle().take(START.len() * bytes.below(4)) {
            self.call(index_of(name), &mut bytes, &mut arguments, &mut known);
        }
        while !bytes.is_empty() {
            if bytes.one_in(12) {
                outside::happen(&self.machine, &mut bytes);
                known = None;
            } else {
                self.call(choose(&mut bytes), &mut bytes, &mut arguments, &mut known);
            }
        }
        invariants::check(&self.machine, self.library.symbols());
    }

    /// Makes a call and looks at what it did.
    fn call(&mut self, index: usize, bytes: &mut Bytes, arguments: &mut Arguments, known: &mut Option<State>) {
        let (name, call) = CALLS[index];
        CURRENT.store(index, Ordering::Relaxed);
        let before = changes(name).then(|| known.take().unwrap_or_else(|| self.state()));
        let code = call(self.library.symbols(), &mut arguments.with(bytes));
        CURRENT.store(usize::MAX, Ordering::Relaxed);
        // The code of a panic that was caught.
        assert_ne!(code, NVML_ERROR_UNKNOWN, "{name} panicked");
        arguments.finish(name, code == NVML_SUCCESS);
        if code == NVML_SUCCESS {
            self.succeeded.insert(name);
        } else if let Some(before) = before {
            let after = self.state();
            assert!(after == before, "{name} was refused with {code}; before it {before:?}, after it {after:?}");
            *known = Some(after);
        }
    }

    fn state(&self) -> State {
        self.machine.state().expect("the machine answers")
    }

    /// Puts a machine in the place of the last sequence's.
    fn begin(&self, bytes: &mut Bytes) {
        let symbols = self.library.symbols();
        let shutdown = symbols.nvmlShutdown.expect("the library has it");
        // SAFETY: no pointer is passed.
        while unsafe { shutdown() } == NVML_SUCCESS {}
        let mut config: MachineConfig = MACHINES[bytes.below(MACHINES.len())].parse().expect("a machine of the list");
        let mig = |gpu: &GpuConfig| !matches!(gpu.model.as_str(), "T4" | "V100");
        let on = !bytes.one_in(8);
        config.gpus.iter_mut().for_each(|gpu| gpu.mig = on && mig(gpu));
        self.machine.configure(config).expect("NVML is shut down");
        self.machine.set_access(Access::Admin).expect("the machine answers");
        if !bytes.one_in(16) {
            let init = symbols.nvmlInit_v2.expect("the library has it");
            // SAFETY: no pointer is passed.
            assert_eq!(unsafe { init() }, NVML_SUCCESS);
        }
    }
}

/// How a sequence may begin, up to three times: with a MIG device, without which many functions only refuse.
const START: [&str; 3] =
    ["nvmlDeviceCreateGpuInstance", "nvmlGpuInstanceCreateComputeInstance", "nvmlDeviceGetMigDeviceHandleByIndex"];

/// The functions that change the most, and are called the most.
const PATH: [&str; 13] = [
    "nvmlDeviceCreateGpuInstance",
    "nvmlDeviceCreateGpuInstanceWithPlacement",
    "nvmlDeviceGetGpuInstanceById",
    "nvmlGpuInstanceCreateComputeInstance",
    "nvmlGpuInstanceCreateComputeInstanceWithPlacement",
    "nvmlGpuInstanceGetComputeInstanceById",
    "nvmlDeviceGetMigDeviceHandleByIndex",
    "nvmlEventSetCreate",
    "nvmlDeviceRegisterEvents",
    "nvmlEventSetWait",
    "nvmlEventSetWait_v2",
    "nvmlGpuInstanceDestroy",
    "nvmlComputeInstanceDestroy",
];

fn index_of(name: &str) -> usize {
    CALLS.iter().position(|(other, _)| *other == name).expect("it is among the calls")
}

/// The index of the function to call next.
fn choose(bytes: &mut Bytes) -> usize {
    match bytes.below(4) {
        0 => index_of(bytes.of(&PATH)),
        _ => match bytes.below(CALLS.len()) {
            // After it, little more can happen.
            index if CALLS[index].0 == "nvmlShutdown" && !bytes.one_in(8) => index_of("nvmlInit_v2"),
            index => index,
        },
    }
}

/// Whether a function can change the machine, by its name.
fn changes(name: &str) -> bool {
    ["Create", "Destroy", "Set"].iter().any(|verb| name.contains(verb)) && !name.contains("EventSet")
}
