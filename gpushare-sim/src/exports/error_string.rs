//! NVML's own words for its codes.

use std::ffi::{CStr, c_char};

use gpushare_sys::{NVML_ERROR_UNKNOWN, nvmlReturn_t, signatures};

/// The header's name of a code, less `NVML_` and `ERROR_`, and the driver's text for it. In the order of the codes, from 0 on.
const CODES: [(&str, &CStr); 31] = [
    ("SUCCESS", c"Success"),
    ("UNINITIALIZED", c"Uninitialized"),
    ("INVALID_ARGUMENT", c"Invalid Argument"),
    ("NOT_SUPPORTED", c"Not Supported"),
    ("NO_PERMISSION", c"Insufficient Permissions"),
    ("ALREADY_INITIALIZED", c"Already Initialized"),
    ("NOT_FOUND", c"Not Found"),
    ("INSUFFICIENT_SIZE", c"Insufficient Size"),
    ("INSUFFICIENT_POWER", c"Insufficient External Power"),
    ("DRIVER_NOT_LOADED", c"Driver Not Loaded"),
    ("TIMEOUT", c"Timeout"),
    ("IRQ_ISSUE", c"Interrupt Request Issue"),
    ("LIBRARY_NOT_FOUND", c"NVML Shared Library Not Found"),
    ("FUNCTION_NOT_FOUND", c"Function Not Found"),
    ("CORRUPTED_INFOROM", c"Corrupted infoROM"),
    ("GPU_IS_LOST", c"GPU is lost"),
    ("RESET_REQUIRED", c"GPU requires reset"),
    ("OPERATING_SYSTEM", c"GPU access blocked by the operating system"),
    ("LIB_RM_VERSION_MISMATCH", c"Driver/library version mismatch"),
    ("IN_USE", c"In use by another client"),
    ("MEMORY", c"Insufficient Memory"),
    ("NO_DATA", c"No data"),
    (
        "VGPU_ECC_NOT_SUPPORTED",
        c"The requested vgpu operation is not available on target device, becasue ECC is enabled",
    ),
    ("INSUFFICIENT_RESOURCES", c"Insufficient Resources"),
    ("FREQ_NOT_SUPPORTED", c"Frequency Not Supported"),
    ("ARGUMENT_VERSION_MISMATCH", c"Argument version mismatch"),
    ("DEPRECATED", c"The requested functionality has been deprecated"),
    ("NOT_READY", c"System not ready"),
    ("GPU_NOT_FOUND", c"GPU not found"),
    ("INVALID_STATE", c"Invalid state"),
    ("RESET_TYPE_NOT_SUPPORTED", c"Reset type not supported"),
];

/// The one code that does not follow the others.
const UNKNOWN: &str = "UNKNOWN";

/// The header's names of all codes.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(name, _)| *name).chain([UNKNOWN])
}

/// The header's name of a code.
pub(super) fn name(code: nvmlReturn_t) -> Option<&'static str> {
    if code == NVML_ERROR_UNKNOWN { Some(UNKNOWN) } else { CODES.get(code as usize).map(|(name, _)| *name) }
}

/// The code that the header names so.
pub(super) fn named(name: &str) -> Option<nvmlReturn_t> {
    if name == UNKNOWN {
        return Some(NVML_ERROR_UNKNOWN);
    }
    CODES.iter().position(|(known, _)| *known == name).map(|code| code as nvmlReturn_t)
}

/// The text of a code; it needs no initialised library and is never NULL.
#[cfg_attr(nvmlErrorString, unsafe(no_mangle))]
#[allow(non_snake_case)]
extern "C" fn nvmlErrorString(result: nvmlReturn_t) -> *const c_char {
    CODES.get(result as usize).map_or(c"Unknown Error", |(_, text)| text).as_ptr()
}

const _: signatures::nvmlErrorString = nvmlErrorString;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_the_headers() {
        macro_rules! named_as_in_the_header {
            ($($name:ident)*) => { $(assert_eq!(named(stringify!($name).trim_start_matches("NVML_").trim_start_matches("ERROR_")), Some(gpushare_sys::$name));)* };
        }
        named_as_in_the_header! {
            NVML_SUCCESS NVML_ERROR_UNINITIALIZED NVML_ERROR_INVALID_ARGUMENT NVML_ERROR_NOT_SUPPORTED NVML_ERROR_NO_PERMISSION
            NVML_ERROR_ALREADY_INITIALIZED NVML_ERROR_NOT_FOUND NVML_ERROR_INSUFFICIENT_SIZE NVML_ERROR_INSUFFICIENT_POWER
            NVML_ERROR_DRIVER_NOT_LOADED NVML_ERROR_TIMEOUT NVML_ERROR_IRQ_ISSUE NVML_ERROR_LIBRARY_NOT_FOUND
            NVML_ERROR_FUNCTION_NOT_FOUND NVML_ERROR_CORRUPTED_INFOROM NVML_ERROR_GPU_IS_LOST NVML_ERROR_RESET_REQUIRED
            NVML_ERROR_OPERATING_SYSTEM NVML_ERROR_LIB_RM_VERSION_MISMATCH NVML_ERROR_IN_USE NVML_ERROR_MEMORY NVML_ERROR_NO_DATA
            NVML_ERROR_VGPU_ECC_NOT_SUPPORTED NVML_ERROR_INSUFFICIENT_RESOURCES NVML_ERROR_FREQ_NOT_SUPPORTED
            NVML_ERROR_ARGUMENT_VERSION_MISMATCH NVML_ERROR_DEPRECATED NVML_ERROR_NOT_READY NVML_ERROR_GPU_NOT_FOUND
            NVML_ERROR_INVALID_STATE NVML_ERROR_RESET_TYPE_NOT_SUPPORTED NVML_ERROR_UNKNOWN
        }
        assert!(names().all(|known| named(known).and_then(name) == Some(known)));
        assert_eq!((name(31), named("IN_USE_")), (None, None));
    }
}
