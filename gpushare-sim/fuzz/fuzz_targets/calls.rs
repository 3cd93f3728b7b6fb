//! Looks for sequences of calls that break the simulated driver. `tests/fuzz_calls.rs` makes the same kind of calls, always the same.
#![no_main]

#[path = "../../tests/calls/mod.rs"]
mod calls;

use std::sync::{Mutex, OnceLock, PoisonError};

use libfuzzer_sys::fuzz_target;

static CALLER: OnceLock<Mutex<calls::Caller>> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let caller = CALLER.get_or_init(|| Mutex::new(calls::Caller::start()));
    caller.lock().unwrap_or_else(PoisonError::into_inner).run(bytes);
});
