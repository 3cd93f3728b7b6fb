//! The driver's symbols that nothing here gives a behaviour: each says that it is not supported.

use std::ffi::c_void;

use gpushare_sys::{NVML_ERROR_NOT_SUPPORTED, nvmlReturn_t};

use super::door::{self, Code};
use super::handle;
use super::hook::{self, Kind, Symbol};
use super::trace::Shown;
use crate::engine::Refusal;

/// The first argument is a handle in most of these functions, and in none of the others a number that could pass for one. The further
/// arguments are ignored, which C's calling convention allows.
fn call(name: &'static str, first: *mut c_void) -> nvmlReturn_t {
    let gpu = handle::gpu_of(first);
    hook::around(
        &Symbol { name, kind: Kind::Reads },
        || gpu.map(|_| handle::show(first)).into_iter().chain([Shown::Text("...".to_owned())]).collect(),
        || {
            door::read(
                |machine| match gpu.map(|gpu| machine.gpu(gpu)) {
                    Some(Err(Refusal::GpuIsLost)) => Err(Refusal::GpuIsLost.into()),
                    _ => Ok(()),
                },
                |_, _, ()| Err(Code(NVML_ERROR_NOT_SUPPORTED)),
            )
        },
    )
}

macro_rules! stubs {
    ($($name:ident)*) => {$(
        #[cfg_attr(feature = "driver", unsafe(no_mangle))]
        #[allow(non_snake_case)]
        extern "C" fn $name(first: *mut c_void) -> nvmlReturn_t {
            call(stringify!($name), first)
        }
    )*};
}

/// What this library exports.
pub(super) const SYMBOLS: &[&str] = include!(concat!(env!("OUT_DIR"), "/symbols.rs"));

// The symbols without a behaviour: see `build.rs`.
include!(concat!(env!("OUT_DIR"), "/stubs.rs"));
