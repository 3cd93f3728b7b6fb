//! The way from C into Rust and back: every export goes through it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use core::{DestroyError, Error};

use crate::error::gpushare_error_t;
use crate::status::{GPUSHARE_OK, gpushare_status_t};

/// Why a call did not do what it was asked for.
pub(crate) enum Fault {
    /// An argument is no value that the function takes.
    Argument {
        /// Its name in the header.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The library refused.
    Refused(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

// Boxed out of line, so that a call that succeeds moves nothing of the size of an error about.
impl From<Error> for Box<Fault> {
    #[cold]
    #[inline(never)]
    fn from(error: Error) -> Self {
        Self::new(Fault::Refused(error))
    }
}

impl<T> From<DestroyError<T>> for Box<Fault> {
    #[cold]
    fn from(failed: DestroyError<T>) -> Self {
        failed.error.into()
    }
}

pub(crate) type Done = Result<(), Box<Fault>>;

/// Runs the body of a function that can fail. `error` is written only when it does.
#[inline]
pub(crate) fn fallible(
    function: &'static str,
    error: *mut *mut gpushare_error_t,
    body: impl FnOnce() -> Done,
) -> gpushare_status_t {
    // A fault becomes a number before it leaves the closure: what a panic is caught around is moved about.
    let run = || match body() {
        Ok(()) => GPUSHARE_OK,
        Err(fault) => refused(function, fault, error),
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| report(gpushare_error_t::panicked(function), error))
}

#[cold]
#[inline(never)]
#[expect(clippy::boxed_local, reason = "unboxed, the exports would move it about")]
fn refused(function: &'static str, fault: Box<Fault>, error: *mut *mut gpushare_error_t) -> gpushare_status_t {
    report(gpushare_error_t::new(function, *fault), error)
}

#[cold]
fn report(made: gpushare_error_t, error: *mut *mut gpushare_error_t) -> gpushare_status_t {
    let status = made.status();
    if !error.is_null() {
        // SAFETY: the caller of the C function passes NULL or a place for one pointer.
        unsafe { error.write(Box::into_raw(Box::new(made))) };
    }
    status
}

/// What a function that cannot fail gives where an argument is NULL.
pub(crate) trait Absent {
    const ABSENT: Self;
}

macro_rules! absent {
    ($($type:ty = $value:expr),* $(,)?) => {
        $(impl Absent for $type {
            const ABSENT: Self = $value;
        })*
    };
}

absent!(() = (), bool = false, i32 = -1, i64 = -1, u32 = 0, usize = 0, u64 = 0);

impl<T> Absent for *const T {
    const ABSENT: Self = std::ptr::null();
}

impl<T> Absent for *mut T {
    const ABSENT: Self = std::ptr::null_mut();
}

/// Runs the body of a function that cannot fail.
#[inline]
pub(crate) fn infallible<R: Absent>(body: impl FnOnce() -> Result<R, Box<Fault>>) -> R {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(fault)) => {
            discard(fault);
            R::ABSENT
        }
        Err(_) => R::ABSENT,
    }
}

#[cold]
#[inline(never)]
fn discard(_: Box<Fault>) {}

/// Makes exports. Their arguments have the types of [`argument`](crate::argument), which are checked before the body sees them.
///
/// - `fn name(arguments) { body }` can fail: the C function has a last parameter `error` and returns a status. The body is a [`Done`].
/// - `fn name(arguments) -> T { body }` cannot fail: it returns the body, or [`Absent::ABSENT`] where an argument is NULL.
macro_rules! exports {
    () => {};
    ($(#[$meta:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block $($rest:tt)*) => {
        $(#[$meta])*
        ///
        /// # Safety
        ///
        /// As the header's first page says.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            $($argument: <$type as $crate::argument::Argument>::Raw,)*
            error: *mut *mut $crate::error::gpushare_error_t,
        ) -> $crate::status::gpushare_status_t {
            $crate::boundary::fallible(stringify!($name), error, move || {
                // SAFETY: the caller keeps to the header's rules of pointers, which are those that the arguments need.
                $(let $argument = unsafe {
                    <$type as $crate::argument::Argument>::read($argument, stringify!($argument))
                }?;)*
                $body
            })
        }
        exports! { $($rest)* }
    };
    ($(#[$meta:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty $body:block $($rest:tt)*) => {
        $(#[$meta])*
        ///
        /// # Safety
        ///
        /// As the header's first page says.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: <$type as $crate::argument::Argument>::Raw,)*) -> $result {
            $crate::boundary::infallible(move || {
                // SAFETY: the caller keeps to the header's rules of pointers, which are those that the arguments need.
                $(let $argument = unsafe {
                    <$type as $crate::argument::Argument>::read($argument, stringify!($argument))
                }?;)*
                Ok::<$result, Box<$crate::boundary::Fault>>($body)
            })
        }
        exports! { $($rest)* }
    };
}
