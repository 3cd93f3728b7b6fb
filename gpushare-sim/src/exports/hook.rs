//! What happens around the effect of a call: faults, the trace, and the time that the call takes on a GPU.
//!
//! A process that wants none of them pays one relaxed load per call.

use std::env;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gpushare_sys::{NVML_ERROR_DRIVER_NOT_LOADED, NVML_ERROR_UNKNOWN, nvmlReturn_t};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, FaultAction, FaultError, FaultTarget};
use super::trace::{Shown, Sink, TracedCall};
use super::{cost, door, stub};
use crate::catalog::Branch;

/// Lists faults, as [`Fault::list`] reads them.
const FAULTS_VARIABLE: &str = "GPUSHARE_SIM_FAULTS";
/// Names a file for the trace, or `-` for the error output.
const TRACE_VARIABLE: &str = "GPUSHARE_SIM_TRACE";
/// `1` where calls are to take the time that they take on a GPU.
const CHARGE_VARIABLE: &str = "GPUSHARE_SIM_CHARGE";

/// A function of the driver's.
pub(super) struct Symbol {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What a function can do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing to the machine.
    Reads,
    /// Change the machine.
    Changes,
    /// Begin or end the use of the library.
    Opens,
}

/// Whether calls have to look at [`HOOKS`]: until the first of them has read the environment, and while there is something in it.
static ACTIVE: AtomicBool = AtomicBool::new(true);

static HOOKS: Mutex<Hooks> =
    Mutex::new(Hooks { environment: None, faults: Vec::new(), calls: None, sink: None, charge: false });

pub(super) struct Hooks {
    /// What is wrong with the environment, once it was read.
    environment: Option<Result<(), String>>,
    faults: Vec<FaultState>,
    /// The calls since a trace was started.
    calls: Option<Vec<TracedCall>>,
    sink: Option<Sink>,
    charge: bool,
}

/// A [`Fault`] that is set, and how far it has counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultState {
    /// The fault.
    pub fault: Fault,
    /// How many calls its target has counted in this process.
    pub calls: u64,
}

/// What the faults have in store for one call.
#[derive(Default)]
struct Plan {
    sleep: Duration,
    lost: Vec<usize>,
    kill: bool,
    instead: Option<nvmlReturn_t>,
    kill_afterwards: bool,
    afterwards: Option<nvmlReturn_t>,
}

pub(super) fn hooks() -> MutexGuard<'static, Hooks> {
    // Nothing between lock and unlock can panic half-way through a change.
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a call: `effect` is what it does, and `arguments` shows what it was passed.
#[inline]
pub(super) fn around(
    symbol: &Symbol,
    arguments: impl Fn() -> Vec<Shown>,
    effect: impl Fn() -> nvmlReturn_t,
) -> nvmlReturn_t {
    if ACTIVE.load(Ordering::Relaxed) {
        let watched = AssertUnwindSafe(|| watched(symbol, &arguments, &effect));
        return catch_unwind(watched).unwrap_or(NVML_ERROR_UNKNOWN);
    }
    effect()
}

#[cold]
fn watched(symbol: &Symbol, arguments: &dyn Fn() -> Vec<Shown>, effect: &dyn Fn() -> nvmlReturn_t) -> nvmlReturn_t {
    let start = Instant::now();
    let (plan, shows) = {
        let mut hooks = hooks();
        if let Err(error) = hooks.read_environment() {
            eprintln!("gpushare-sim: {error}");
            return NVML_ERROR_DRIVER_NOT_LOADED;
        }
        (hooks.plan(symbol), hooks.calls.is_some() || hooks.sink.is_some() || hooks.charge)
    };
    // What the caller passed: the effect may write over it.
    let arguments = if shows { arguments() } else { Vec::new() };
    let die = || {
        if let Some(sink) = &hooks().sink {
            sink.write(&format_args!("{}({}) = killed", symbol.name, list(&arguments)));
        }
        die()
    };
    if !plan.sleep.is_zero() {
        thread::sleep(plan.sleep);
    }
    if plan.kill {
        die();
    }
    for gpu in plan.lost {
        if let Err(error) = door::lose_gpu(gpu) {
            eprintln!("gpushare-sim: gpu-lost:{gpu}: {error}");
        }
    }
    let before = door::initialisations();
    let result = plan.instead.unwrap_or_else(effect);
    if plan.kill_afterwards {
        die();
    }
    let result = plan.afterwards.unwrap_or(result);
    if !shows {
        return result;
    }
    let number = match symbol.kind {
        // The first and the last take longer than those between.
        Kind::Opens => Some(before.min(door::initialisations()).into()),
        Kind::Reads | Kind::Changes => Shown::number(&arguments),
    };
    let cost = cost::of(symbol.name, number, result);
    let mut hooks = hooks();
    let call = TracedCall {
        symbol: symbol.name.to_owned(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        result,
        cost,
    };
    if let Some(sink) = &hooks.sink {
        sink.write(&call);
    }
    if let Some(calls) = &mut hooks.calls {
        calls.push(call);
    }
    let charge = hooks.charge;
    drop(hooks);
    while charge && cost.is_some_and(|cost| start.elapsed() < cost) {
        std::hint::spin_loop();
    }
    result
}

fn list(arguments: &[Shown]) -> String {
    arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Ends the process as a crash does: no destructor, no handler.
fn die() -> ! {
    // SAFETY: neither call touches memory. The signal cannot be caught, so the second is never reached; it is there for the compiler.
    unsafe {
        libc::kill(libc::getpid(), libc::SIGKILL);
        libc::_exit(1)
    }
}

impl Hooks {
    /// Reads the variables at the first call, and says at each later one what was wrong with them.
    fn read_environment(&mut self) -> Result<(), String> {
        if self.environment.is_none() {
            self.environment = Some(self.set_by_environment());
            self.settle();
        }
        self.environment.clone().unwrap_or(Ok(()))
    }

    fn set_by_environment(&mut self) -> Result<(), String> {
        let variable = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        if let Some(faults) = variable(FAULTS_VARIABLE) {
            let faults = Fault::list(&faults.to_string_lossy()).and_then(armed);
            self.faults = faults.map_err(|error| format!("{FAULTS_VARIABLE}: {error}"))?;
        }
        if let Some(value) = variable(TRACE_VARIABLE) {
            self.sink = Some(Sink::open(&value).map_err(|error| format!("{TRACE_VARIABLE}: {error}"))?);
        }
        self.charge = match variable(CHARGE_VARIABLE) {
            None => false,
            Some(value) if value == "0" => false,
            Some(value) if value == "1" => true,
            Some(value) => return Err(format!("{CHARGE_VARIABLE} is {value:?}; allowed are 0 and 1")),
        };
        Ok(())
    }

    /// Brings [`ACTIVE`] in line with what is set.
    fn settle(&self) {
        let broken = !matches!(self.environment, Some(Ok(())));
        let set = !self.faults.is_empty() || self.calls.is_some() || self.sink.is_some() || self.charge;
        ACTIVE.store(broken || set, Ordering::Relaxed);
    }

    /// Counts a call and tells what is to happen to it. Of faults that contradict each other, the one set first wins.
    fn plan(&mut self, symbol: &Symbol) -> Plan {
        let mut plan = Plan::default();
        for state in &mut self.faults {
            if !state.fault.target.counts(symbol.name, symbol.kind == Kind::Changes) {
                continue;
            }
            state.calls += 1;
            if !state.fault.strikes(state.calls) {
                continue;
            }
            match state.fault.action {
                FaultAction::Return(code) => plan.instead = plan.instead.or(Some(code)),
                FaultAction::DoneThenReturn(code) => plan.afterwards = plan.afterwards.or(Some(code)),
                FaultAction::Sleep(milliseconds) => plan.sleep += Duration::from_millis(milliseconds.into()),
                FaultAction::Kill => plan.kill = true,
                FaultAction::DoneThenKill => plan.kill_afterwards = true,
                FaultAction::LoseGpu(gpu) => plan.lost.push(gpu),
                FaultAction::Count => {}
            }
        }
        plan
    }
}

/// Checks that this library has the functions that the faults name.
fn armed(faults: Vec<Fault>) -> Result<Vec<FaultState>, FaultError> {
    let unknown = |target: &FaultTarget| match target {
        FaultTarget::Any | FaultTarget::Mutation => false,
        FaultTarget::Symbol(_) | FaultTarget::Prefix(_) => {
            let mut functions = stub::SYMBOLS.iter().filter(|name| **name != "nvmlErrorString");
            !functions.any(|name| target.counts(name, false))
        }
    };
    match faults.iter().find(|fault| unknown(&fault.target)) {
        Some(fault) => {
            Err(FaultError::UnknownFunction { given: fault.target.to_string(), branch: Branch::built().number })
        }
        None => Ok(faults.into_iter().map(|fault| FaultState { fault, calls: 0 }).collect()),
    }
}

/// Changes what is set, over what the environment says.
fn set(change: impl FnOnce(&mut Hooks)) -> Result<(), String> {
    let mut hooks = hooks();
    hooks.read_environment()?;
    change(&mut hooks);
    hooks.settle();
    Ok(())
}

/// Puts faults in the place of those that are set.
pub(super) fn set_faults(faults: Vec<Fault>) -> Result<(), String> {
    let armed = armed(faults).map_err(|error| error.to_string())?;
    set(|hooks| hooks.faults = armed)
}

pub(super) fn faults() -> Result<Vec<FaultState>, String> {
    let mut found = Vec::new();
    set(|hooks| found.clone_from(&hooks.faults))?;
    Ok(found)
}

/// Begins to keep the calls, without those kept until now.
pub(super) fn start_trace() -> Result<(), String> {
    set(|hooks| hooks.calls = Some(Vec::new()))
}

/// The calls kept so far.
pub(super) fn trace() -> Result<Vec<TracedCall>, String> {
    hooks().calls.clone().ok_or_else(|| "no trace was started".to_owned())
}

/// Forgets the first `count` calls that were kept.
pub(super) fn forget(count: usize) {
    if let Some(calls) = &mut hooks().calls {
        calls.drain(..count.min(calls.len()));
    }
}

pub(super) fn stop_trace() -> Result<(), String> {
    set(|hooks| hooks.calls = None)
}

/// Makes calls take the time that they take on a GPU, or no longer.
pub(super) fn set_charge(charge: bool) -> Result<(), String> {
    set(|hooks| hooks.charge = charge)
}
