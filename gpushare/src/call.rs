//! The one door to C: every NVML call of this crate goes through here.
//!
//! The macros state once what makes the calls sound: handles come from the session that they are used with, and every pointer argument
//! is a reference to a local, or to a buffer of the length passed beside it, that lives across the call.

use std::ffi::{CStr, c_char, c_uint};

use gpushare_sys::Symbol;

use crate::error::{Error, NvmlReturn, Result, Target};

/// A raw NVML handle. It is only ever passed back to the library that gave it.
#[derive(Debug)]
pub(crate) struct Handle<T>(pub(crate) *mut T);

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

// SAFETY: the pointer is never dereferenced here, and NVML allows a handle to be used from every thread, several at once.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Handle<T> {}

/// Calls `$symbol` of the session, once it is open and has that symbol. `$target` is evaluated for an error only.
macro_rules! call {
    ($session:expr, $target:expr, $symbol:ident($($argument:expr),* $(,)?)) => {
        match $session.symbols() {
            None => Err($crate::call::stale(|| $target)),
            Some(symbols) => match symbols.$symbol {
                None => Err($crate::call::missing(gpushare_sys::Symbol::$symbol)),
                Some(function) => {
                    // SAFETY: see the head of `call.rs`: live handles of the session and pointers to live locals.
                    let code = unsafe { function($($argument),*) };
                    $crate::call::check(code, gpushare_sys::Symbol::$symbol, || $target)
                }
            },
        }
    };
}

/// As `call!`, for a call that may divide a GPU anew: what is remembered of divisions no longer holds.
macro_rules! divide {
    ($gpu:expr, $($call:tt)*) => {{
        let done = $crate::call::call!($gpu.0.session, $($call)*);
        $gpu.0.session.divided($gpu.index());
        done
    }};
}

/// As `call!`, for a method of [`gpushare_sys::Library`] that picks the version; `$symbol` names the call in errors.
macro_rules! call_versioned {
    ($session:expr, $target:expr, $symbol:ident, $method:ident($($argument:expr),* $(,)?)) => {
        match $session.symbols() {
            None => Err($crate::call::stale(|| $target)),
            Some(_) => {
                // SAFETY: see the head of `call.rs`: live handles of the session and pointers to live locals.
                let called = unsafe { $session.library().$method($($argument),*) };
                match called {
                    Ok(code) => $crate::call::check(code, gpushare_sys::Symbol::$symbol, || $target),
                    Err(gpushare_sys::MissingSymbol(symbol)) => Err($crate::call::missing(symbol)),
                }
            }
        }
    };
}

pub(crate) use {call, call_versioned, divide};

#[inline]
pub(crate) fn check(code: u32, call: Symbol, target: impl FnOnce() -> Target) -> Result<()> {
    match NvmlReturn(code) {
        NvmlReturn::SUCCESS => Ok(()),
        code => Err(refused(call, target, code)),
    }
}

// Errors are made out of line, so that a call that succeeds keeps no room and no register for them.

#[cold]
#[inline(never)]
fn refused(call: Symbol, target: impl FnOnce() -> Target, code: NvmlReturn) -> Error {
    Error::Nvml { call, target: target(), code }
}

#[cold]
#[inline(never)]
pub(crate) fn stale(target: impl FnOnce() -> Target) -> Error {
    Error::Stale { target: target() }
}

#[cold]
#[inline(never)]
pub(crate) fn missing(symbol: Symbol) -> Error {
    Error::MissingSymbol { symbol }
}

/// Reads a text that NVML writes into a buffer of `N` bytes.
pub(crate) fn read_text<const N: usize>(
    call: Symbol,
    target: Target,
    fill: impl FnOnce(*mut c_char, c_uint) -> Result<()>,
) -> Result<String> {
    let mut buffer = [0 as c_char; N];
    fill(buffer.as_mut_ptr(), N as c_uint)?;
    text(&buffer).map(str::to_owned).ok_or_else(|| Error::UnexpectedAnswer {
        call,
        target,
        answer: String::from_utf8_lossy(&buffer.map(|byte| byte as u8)).trim_end_matches('\0').into(),
        expected: "a UTF-8 text that ends in the buffer",
    })
}

/// The text in a buffer that C filled, if it ends there and is UTF-8.
pub(crate) fn text(buffer: &[c_char]) -> Option<&str> {
    // SAFETY: `c_char` and `u8` have one size and alignment, and every bit pattern is a `u8`.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), buffer.len()) };
    CStr::from_bytes_until_nul(bytes).ok()?.to_str().ok()
}

/// Reads a list whose greatest length is known: `fill` gets the buffer and the count, which comes back as the number written.
pub(crate) fn read_list<T: Clone>(
    greatest: usize,
    empty: T,
    fill: impl FnOnce(*mut T, &mut c_uint) -> Result<()>,
) -> Result<Vec<T>> {
    // At least one element, so that the pointer is never dangling.
    let mut list = vec![empty; greatest.max(1)];
    let mut count = greatest as c_uint;
    fill(list.as_mut_ptr(), &mut count)?;
    list.truncate(count as usize);
    Ok(list)
}

/// Reads a list whose length only the driver knows and that may grow between two calls. `take` gets what there is.
///
/// There is room for `ROOM` entries, so that one call does for whoever has no more.
pub(crate) fn read_growing_list<T: Copy + Default, R, const ROOM: usize>(
    mut fill: impl FnMut(*mut T, &mut c_uint) -> Result<()>,
    take: impl FnOnce(&[T]) -> R,
) -> Result<R> {
    let mut ordinary = [T::default(); ROOM];
    let mut more = Vec::new();
    loop {
        let list = if more.is_empty() { &mut ordinary[..] } else { &mut more[..] };
        let room = list.len();
        let mut count = room as c_uint;
        match fill(list.as_mut_ptr(), &mut count) {
            Ok(()) => return Ok(take(&list[..room.min(count as usize)])),
            // The driver names the length; a few more for those that appear meanwhile, and always more than before.
            Err(error) if error.nvml_return() == Some(NvmlReturn::INSUFFICIENT_SIZE) && room < MOST_ENTRIES => {
                more.resize((count as usize + 8).clamp(room * 2, MOST_ENTRIES), T::default());
            }
            Err(error) => return Err(error),
        }
    }
}

/// Ends the growth of a list whose driver never says that it fits.
const MOST_ENTRIES: usize = 1 << 20;
