//! What keeps the library usable in a child that was made by `fork`.
//!
//! Such a child has one thread, the one that forked, but the locks of all: one that another thread held would stay locked for good. So
//! whoever forks first takes all locks, in the order in which calls take them, and parent and child each release them.

use std::cell::UnsafeCell;
use std::io::{self, StderrLock};
use std::mem;
use std::sync::{MutexGuard, Once};

use super::{door, event, hook, store};

/// The locks, from the last one that is taken to the first: the order in which they are released.
struct Held {
    _error_output: StderrLock<'static>,
    _hooks: MutexGuard<'static, hook::Hooks>,
    _sets: MutexGuard<'static, event::Sets>,
    _state: Option<MutexGuard<'static, store::State>>,
    _driver: MutexGuard<'static, door::Driver>,
}

struct Slot(UnsafeCell<Option<Held>>);

// SAFETY: only `before` and `after` touch it, and only while they hold the first of the locks that are in it.
unsafe impl Sync for Slot {}

static HELD: Slot = Slot(UnsafeCell::new(None));

/// Makes forks take the locks from here on, until the library is unloaded.
pub(super) fn guard() {
    static GUARDED: Once = Once::new();
    GUARDED.call_once(|| {
        // SAFETY: the handlers are functions of this library, and the C library forgets them when it unloads the library. It fails only
        // for want of memory, and then a fork is as safe as it is without.
        unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
    });
}

extern "C" fn before() {
    let driver = door::driver();
    let state = driver.started().map(|store| {
        // SAFETY: `Held` releases this lock before that of the driver, which keeps the store where it is until then.
        unsafe { mem::transmute::<MutexGuard<'_, store::State>, MutexGuard<'static, store::State>>(store.lock()) }
    });
    let sets = event::sets();
    let hooks = hook::hooks();
    let held = Held { _error_output: io::stderr().lock(), _hooks: hooks, _sets: sets, _state: state, _driver: driver };
    // SAFETY: this thread holds the driver's lock, so no other thread is between `before` and `after`.
    unsafe { *HELD.0.get() = Some(held) };
}

/// Runs in the thread that forked and in its child, which is the copy of it.
extern "C" fn after() {
    // SAFETY: as in `before`. It is taken out first, since from the release of the driver's lock on, another thread may use the place.
    let held = unsafe { (*HELD.0.get()).take() };
    drop(held);
}
