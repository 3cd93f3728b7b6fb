//! Drivers that are old, that fail, and one that tells in which order it is called.

use std::ffi::c_uint;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use gpushare::{ErrorKind, EventKinds, Nvml, NvmlReturn};
use gpushare_sim::Machine;
use gpushare_sys::{Library, Symbols, nvmlEventData_t, nvmlEventSet_t, nvmlReturn_t};

use crate::{BOTH, Outcome, drain, split, start};

/// A session of a machine's library with some functions others.
fn with(machine: &Machine, change: impl FnOnce(&mut Symbols)) -> Outcome<(Library, Nvml)> {
    let whole = machine.library()?;
    let mut symbols = *whole.symbols();
    change(&mut symbols);
    // SAFETY: the functions are those of `whole`, which the caller keeps beside the session, or do as NVML's do.
    let nvml = Nvml::builder().library(unsafe { Library::from_symbols(symbols) }).init()?;
    Ok((whole, nvml))
}

#[test]
fn an_old_driver_names_no_instance() -> Outcome {
    let machine = Machine::start()?;
    let (_library, nvml) = with(&machine, |symbols| symbols.nvmlEventSetWait_v2 = None)?;
    let gpu = nvml.gpu(0)?;
    let ids = split(&gpu, &["3g.20gb", "2g.10gb"])?;
    let events = nvml.watch(EventKinds::XID)?;
    machine.inject_xid(0, 31, Some(ids[0]), Some(0))?;
    let told = drain(&events)?;
    assert_eq!(told.iter().map(|event| event.kind.to_string()).collect::<Vec<_>>(), ["XID 31"]);
    assert_eq!((told[0].gpu_instance, told[0].compute_instance), (None, None));
    assert_eq!(told[0].mig_devices()?, gpu.mig_devices()?, "it may concern any of them");
    Ok(())
}

#[test]
fn a_driver_without_events_says_which_call_it_lacks() -> Outcome {
    let machine = Machine::start()?;
    let (_library, nvml) = with(&machine, |symbols| symbols.nvmlEventSetCreate = None)?;
    let error = nvml.watch(BOTH).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert_eq!(error.to_string(), "this driver's NVML has no nvmlEventSetCreate");
    let (_library, nvml) = with(&machine, |symbols| {
        (symbols.nvmlEventSetWait, symbols.nvmlEventSetWait_v2) = (None, None);
    })?;
    assert_eq!(nvml.watch(BOTH)?.poll().unwrap_err().to_string(), "this driver's NVML has no nvmlEventSetWait_v2");
    Ok(())
}

/// What the driver refuses of one GPU leaves it out; what fails is told, and the set is freed.
#[test]
fn a_refusal_leaves_the_gpu_out_and_a_failure_frees_the_set() -> Outcome {
    let (machine, nvml) = start("2xT4")?;
    for refused in ["nvmlDeviceGetSupportedEventTypes#1=NOT_SUPPORTED", "nvmlDeviceRegisterEvents#1=NOT_SUPPORTED"] {
        machine.set_faults([refused.parse()?])?;
        let left = nvml.watch(EventKinds::XID)?;
        assert_eq!(left.registered().map(|(gpu, _)| gpu.index()).collect::<Vec<_>>(), [1], "{refused}");
    }
    machine.set_faults(["nvmlDeviceRegisterEvents#2=UNKNOWN".parse()?])?;
    let (failed, calls) = machine.trace(|| nvml.watch(EventKinds::XID))?;
    let error = failed.unwrap_err();
    assert_eq!(error.nvml_return(), Some(NvmlReturn::UNKNOWN));
    assert!(error.to_string().starts_with("nvmlDeviceRegisterEvents on GPU 1 ("), "{error}");
    assert_eq!(calls.last().map(|call| call.symbol.as_str()), Some("nvmlEventSetFree"));
    Ok(())
}

static DRIVER: OnceLock<Symbols> = OnceLock::new();
static SAID: Mutex<Vec<&str>> = Mutex::new(Vec::new());

fn say(what: &'static str) {
    SAID.lock().expect("no panic").push(what);
}

unsafe extern "C" fn wait(set: nvmlEventSet_t, data: *mut nvmlEventData_t, timeout_ms: c_uint) -> nvmlReturn_t {
    say("wait");
    let wait = DRIVER.get().and_then(|driver| driver.nvmlEventSetWait_v2).expect("a driver");
    // SAFETY: as the caller calls.
    let code = unsafe { wait(set, data, timeout_ms) };
    say("waited");
    code
}

unsafe extern "C" fn free(set: nvmlEventSet_t) -> nvmlReturn_t {
    say("free");
    let free = DRIVER.get().and_then(|driver| driver.nvmlEventSetFree).expect("a driver");
    // SAFETY: as the caller calls.
    unsafe { free(set) }
}

unsafe extern "C" fn shutdown() -> nvmlReturn_t {
    say("shutdown");
    let shutdown = DRIVER.get().and_then(|driver| driver.nvmlShutdown).expect("a driver");
    // SAFETY: as the caller calls.
    unsafe { shutdown() }
}

/// No set is freed under a call, none after the shutdown, and each once.
#[test]
fn a_session_that_closes_waits_for_the_waiting_and_frees_the_sets() -> Outcome {
    let machine = Machine::from_spec("1xT4")?;
    let (_library, nvml) = with(&machine, |symbols| {
        DRIVER.get_or_init(|| *symbols);
        symbols.nvmlEventSetWait_v2 = Some(wait);
        symbols.nvmlEventSetFree = Some(free);
        symbols.nvmlShutdown = Some(shutdown);
    })?;
    let (waited_on, idle, dropped) = (nvml.watch(BOTH)?, nvml.watch(BOTH)?, nvml.watch(BOTH)?);
    drop(dropped);
    assert_eq!(std::mem::take(&mut *SAID.lock()?), ["free"]);
    thread::scope(|scope| -> Outcome {
        let waiting = scope.spawn(|| waited_on.wait(Duration::MAX));
        while SAID.lock()?.is_empty() {
            thread::yield_now();
        }
        nvml.close()?;
        let error = waiting.join().map_err(|_| "a panic")?.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale);
        Ok(())
    })?;
    drop((waited_on, idle, nvml));
    let said = std::mem::take(&mut *SAID.lock()?);
    assert_eq!(said[said.len() - 3..], ["free", "free", "shutdown"]);
    assert!(said[..said.len() - 3].chunks(2).all(|call| call == ["wait", "waited"]), "{said:?}");
    Ok(())
}
