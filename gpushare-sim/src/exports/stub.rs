//! The driver's symbols that nothing here gives a behaviour: each says that it is not supported.

use gpushare_sys::{NVML_ERROR_NOT_SUPPORTED, nvmlReturn_t};

use super::door::{self, Code};

/// Any arguments are ignored, which C's calling convention allows.
macro_rules! stubs {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        #[allow(non_snake_case)]
        extern "C" fn $name() -> nvmlReturn_t {
            door::read(|_| Ok(()), |_, _, ()| Err(Code(NVML_ERROR_NOT_SUPPORTED)))
        }
    )*};
}

// The symbols of `symbols/580.txt` less those with a behaviour: see `build.rs`.
include!(concat!(env!("OUT_DIR"), "/stubs.rs"));
