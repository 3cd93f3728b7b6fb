//! NVML's own words for its codes.

use std::ffi::{CStr, c_char};

use gpushare_sys::{nvmlReturn_t, signatures};

/// Texts in the order of the codes, from 0 on.
const TEXTS: [&CStr; 31] = [
    c"Success",
    c"Uninitialized",
    c"Invalid Argument",
    c"Not Supported",
    c"Insufficient Permissions",
    c"Already Initialized",
    c"Not Found",
    c"Insufficient Size",
    c"Insufficient External Power",
    c"Driver Not Loaded",
    c"Timeout",
    c"Interrupt Request Issue",
    c"NVML Shared Library Not Found",
    c"Function Not Found",
    c"Corrupted infoROM",
    c"GPU is lost",
    c"GPU requires reset",
    c"GPU access blocked by the operating system",
    c"Driver/library version mismatch",
    c"In use by another client",
    c"Insufficient Memory",
    c"No data",
    c"The requested vgpu operation is not available on target device, becasue ECC is enabled",
    c"Insufficient Resources",
    c"Frequency Not Supported",
    c"Argument version mismatch",
    c"The requested functionality has been deprecated",
    c"System not ready",
    c"GPU not found",
    c"Invalid state",
    c"Reset type not supported",
];

/// The text of a code; it needs no initialised library and is never NULL.
#[unsafe(no_mangle)]
extern "C" fn nvmlErrorString(result: nvmlReturn_t) -> *const c_char {
    TEXTS.get(result as usize).copied().unwrap_or(c"Unknown Error").as_ptr()
}

const _: signatures::nvmlErrorString = nvmlErrorString;
