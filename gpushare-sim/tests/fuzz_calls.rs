//! Arbitrary sequences of arbitrary calls, the same each time. `fuzz/` looks for more with the same interpreter.

mod calls;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use gpushare_sys::Symbol;

const SEQUENCES: u64 = 1500;
const BYTES: usize = 800;

static SEQUENCE: AtomicU64 = AtomicU64::new(0);

/// The bytes of a sequence: those of the generator SplitMix64 from this seed on.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    (0..BYTES / 8).flat_map(|_| next().to_le_bytes()).collect()
}

/// Says which call it was that touched what it may not, since the process cannot go on.
extern "C" fn overrun(signal: libc::c_int) {
    let mut message = [0_u8; 200];
    let mut rest = message.as_mut_slice();
    let sequence = SEQUENCE.load(Ordering::Relaxed);
    // Into the array alone: a handler of signals may not allocate.
    let _ = writeln!(rest, "signal {signal} in {} of sequence {sequence}", calls::current());
    let left = rest.len();
    // SAFETY: the message is that long, and the signal's own behaviour ends the process.
    unsafe {
        libc::write(2, message.as_ptr().cast(), message.len() - left);
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

#[test]
fn no_sequence_of_calls_breaks_the_machine_or_writes_where_it_may_not() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: the handler does only what a handler may.
        unsafe { libc::signal(signal, overrun as *const () as libc::sighandler_t) };
    }
    let mut caller = calls::Caller::start();
    for seed in 0..SEQUENCES {
        SEQUENCE.store(seed, Ordering::Relaxed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| caller.run(&bytes(seed))));
        outcome.unwrap_or_else(|_| panic!("sequence {seed} failed; the message is above"));
    }
    // Sequences that reach nothing would prove nothing. What is listed here has no behaviour but a refusal.
    let never: BTreeSet<_> = calls::names().filter(|name| !caller.succeeded.contains(name)).collect();
    let refused = [
        "nvmlDeviceGetProcessUtilization",
        "nvmlDeviceGetProcessesUtilizationInfo",
        "nvmlSystemEventSetCreate",
        "nvmlSystemEventSetFree",
        "nvmlSystemEventSetWait",
        "nvmlSystemRegisterEvents",
    ];
    assert_eq!(never, BTreeSet::from(refused));
}

#[test]
fn every_function_that_gpushare_sys_has_is_among_the_calls() {
    let all: BTreeSet<_> = Symbol::ALL.iter().map(|symbol| symbol.name()).collect();
    assert_eq!(calls::names().collect::<BTreeSet<_>>(), all);
}
