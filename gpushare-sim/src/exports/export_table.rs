//! The private tables behind `nvmlInternalGetExportTable`: NVIDIA's, which `nvidia-smi` asks for, and the simulator's own.

use std::ffi::{c_char, c_int, c_void};

use gpushare_sys::{NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_SUCCESS, nvmlReturn_t};

use super::control;

/// The name of the simulator's own table, for `nvmlInternalGetExportTable`: 16 bytes as they lie in memory.
///
/// The driver itself answers `NVML_ERROR_NOT_SUPPORTED` to it, so it tells the simulator from a driver.
pub const CONTROL_TABLE: [u8; 16] = *b"gpushare-sim/ctl";

/// `6c3efec4-8fc9-4e6c-a327-ee696e12f7c4`, as it lies in memory.
const NVIDIA_SMI_TABLE: [u8; 16] =
    [0xc4, 0xfe, 0x3e, 0x6c, 0xc9, 0x8f, 0x6c, 0x4e, 0xa3, 0x27, 0xee, 0x69, 0x6e, 0x12, 0xf7, 0xc4];

/// The simulator's table: first its size in bytes, as in every table, then the control function.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ControlTable {
    /// The size of this struct in bytes. A later simulator may append functions.
    pub size: usize,
    /// Carries out one [`Command`](crate::Command) given as JSON text.
    ///
    /// Writes a JSON text into `reply`, closed by NUL: `{"ok": …}` or `{"error": "…"}`; `reply` may be NULL when `reply_size` is 0.
    /// Returns 0 when the command was carried out, `NVML_ERROR_INVALID_ARGUMENT` when it was refused, and
    /// `NVML_ERROR_INSUFFICIENT_SIZE` when it was carried out and `reply` is too small for its answer.
    pub control: unsafe extern "C" fn(command: *const c_char, reply: *mut c_char, reply_size: usize) -> c_int,
}

static CONTROL: ControlTable = ControlTable { size: size_of::<ControlTable>(), control: control::control };

/// A slot of NVIDIA's table. The caller's arguments stay untouched.
extern "C" fn not_supported() -> nvmlReturn_t {
    NVML_ERROR_NOT_SUPPORTED
}

/// NVIDIA's table: its size in bytes, then functions. Which ones differs between releases of `nvidia-smi`; all work when each slot
/// up to the last that any of them asks for says that it is not supported.
#[repr(C)]
struct NvidiaSmiTable {
    size: usize,
    slots: [extern "C" fn() -> nvmlReturn_t; 511],
}

static NVIDIA_SMI: NvidiaSmiTable = NvidiaSmiTable { size: size_of::<NvidiaSmiTable>(), slots: [not_supported; 511] };

/// Hands out a private table. Needs no initialised library.
///
/// # Safety
///
/// `table` is NULL or valid for writing a pointer, `name` is NULL or valid for reading 16 bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlInternalGetExportTable(table: *mut *const c_void, name: *const [u8; 16]) -> nvmlReturn_t {
    if table.is_null() || name.is_null() {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    // SAFETY: neither is NULL, so by this function's contract both are valid.
    unsafe {
        *table = match name.read_unaligned() {
            NVIDIA_SMI_TABLE => (&raw const NVIDIA_SMI).cast(),
            CONTROL_TABLE => (&raw const CONTROL).cast(),
            _ => return NVML_ERROR_NOT_SUPPORTED,
        };
    }
    NVML_SUCCESS
}
