//! What a call came to.

use std::ffi::c_char;

use core::{ErrorKind, NvmlReturn};

/// What a call came to: `GPUSHARE_OK`, or what the caller can do about it. A number never changes its meaning.
pub type gpushare_status_t = i32;

macro_rules! statuses {
    ($($name:ident = $kind:ident),* $(,)?) => {
        /// The status of an error.
        pub(crate) fn of(kind: ErrorKind) -> gpushare_status_t {
            match kind {
                $(ErrorKind::$kind => $name,)*
                // What this library does not know comes from the driver, as far as a C program is concerned.
                _ => GPUSHARE_ERROR_DRIVER,
            }
        }

        fn name_of(status: gpushare_status_t) -> *const c_char {
            match status {
                GPUSHARE_OK => c"GPUSHARE_OK".as_ptr(),
                GPUSHARE_ERROR_PANIC => c"GPUSHARE_ERROR_PANIC".as_ptr(),
                $($name => concat!(stringify!($name), "\0").as_ptr().cast(),)*
                _ => std::ptr::null(),
            }
        }
    };
}

statuses! {
    GPUSHARE_ERROR_NO_DRIVER = NoDriver,
    GPUSHARE_ERROR_UNINITIALIZED = Uninitialized,
    GPUSHARE_ERROR_NOT_SUPPORTED = NotSupported,
    GPUSHARE_ERROR_NO_PERMISSION = NoPermission,
    GPUSHARE_ERROR_INVALID_ARGUMENT = InvalidArgument,
    GPUSHARE_ERROR_NOT_FOUND = NotFound,
    GPUSHARE_ERROR_STALE = Stale,
    GPUSHARE_ERROR_IN_USE = InUse,
    GPUSHARE_ERROR_INSUFFICIENT_RESOURCES = InsufficientResources,
    GPUSHARE_ERROR_INFEASIBLE = Infeasible,
    GPUSHARE_ERROR_RESET_REQUIRED = ResetRequired,
    GPUSHARE_ERROR_GPU_LOST = GpuLost,
    GPUSHARE_ERROR_TIMEOUT = Timeout,
    GPUSHARE_ERROR_DRIVER = Driver,
}

/// The call did what it was asked for.
pub const GPUSHARE_OK: gpushare_status_t = 0;
/// No NVML library, or no driver behind it: install or load one.
pub const GPUSHARE_ERROR_NO_DRIVER: gpushare_status_t = 1;
/// NVML is not initialised: something else shut it down.
pub const GPUSHARE_ERROR_UNINITIALIZED: gpushare_status_t = 2;
/// The GPU, the driver or the mode cannot do this: do without.
pub const GPUSHARE_ERROR_NOT_SUPPORTED: gpushare_status_t = 3;
/// The caller may not do this: ask an administrator.
pub const GPUSHARE_ERROR_NO_PERMISSION: gpushare_status_t = 4;
/// A value given is wrong, or a pointer is NULL: correct it.
pub const GPUSHARE_ERROR_INVALID_ARGUMENT: gpushare_status_t = 5;
/// There is no such thing.
pub const GPUSHARE_ERROR_NOT_FOUND: gpushare_status_t = 6;
/// The handle's thing is gone or changed: look it up again.
pub const GPUSHARE_ERROR_STALE: gpushare_status_t = 7;
/// Somebody uses it: wait, or end them.
pub const GPUSHARE_ERROR_IN_USE: gpushare_status_t = 8;
/// There is no room: free some.
pub const GPUSHARE_ERROR_INSUFFICIENT_RESOURCES: gpushare_status_t = 9;
/// The GPU cannot have the layout: ask for another.
pub const GPUSHARE_ERROR_INFEASIBLE: gpushare_status_t = 10;
/// The change waits for a reset of the GPU or for its clients to end.
pub const GPUSHARE_ERROR_RESET_REQUIRED: gpushare_status_t = 11;
/// The GPU no longer answers.
pub const GPUSHARE_ERROR_GPU_LOST: gpushare_status_t = 12;
/// The time ran out.
pub const GPUSHARE_ERROR_TIMEOUT: gpushare_status_t = 13;
/// The driver failed, or answered nonsense.
pub const GPUSHARE_ERROR_DRIVER: gpushare_status_t = 14;
/// A bug of this library, which it survived. The thing that was worked on may be half-done.
pub const GPUSHARE_ERROR_PANIC: gpushare_status_t = 100;

exports! {
    /// The name of a status, such as "GPUSHARE_ERROR_IN_USE"; NULL for a number that is none. Never freed.
    fn gpushare_status_name(status: i32) -> *const c_char {
        name_of(status)
    }

    /// NVML's name of a code, such as "NVML_ERROR_IN_USE"; NULL for one that this library does not know. Free it with
    /// `gpushare_string_free`.
    #[doc(alias = "NvmlReturn::name")]
    fn gpushare_nvml_return_name(nvml_return: u32) -> *mut c_char {
        NvmlReturn(nvml_return).name().map_or(std::ptr::null_mut(), crate::text::owned)
    }

    /// What a code of NVML means. Free it with `gpushare_string_free`.
    #[doc(alias = "NvmlReturn::description")]
    fn gpushare_nvml_return_description(nvml_return: u32) -> *mut c_char {
        crate::text::owned(NvmlReturn(nvml_return).description())
    }
}
