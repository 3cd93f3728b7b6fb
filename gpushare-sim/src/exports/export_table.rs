//! The private tables behind `nvmlInternalGetExportTable`: NVIDIA's, which `nvidia-smi` asks for, and the simulator's own.

use std::ffi::{c_char, c_int, c_void};

use gpushare_sys::{NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_SUCCESS, nvmlReturn_t};

use super::control;
use super::hook::{self, Kind, Symbol};
use super::nvidia_smi;
use super::trace::Shown;

/// The name of the simulator's own table, for `nvmlInternalGetExportTable`: 16 bytes as they lie in memory.
///
/// The driver itself answers `NVML_ERROR_NOT_SUPPORTED` to it, so it tells the simulator from a driver.
pub const CONTROL_TABLE: [u8; 16] = *b"gpushare-sim/ctl";

/// `6c3efec4-8fc9-4e6c-a327-ee696e12f7c4`, as it lies in memory.
pub(crate) const NVIDIA_SMI_TABLE: [u8; 16] =
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

/// NVIDIA's table: its size in bytes, then functions.
#[repr(C)]
struct NvidiaSmiTable {
    size: usize,
    places: [nvidia_smi::Place; 511],
}

static NVIDIA_SMI: NvidiaSmiTable = NvidiaSmiTable { size: size_of::<NvidiaSmiTable>(), places: nvidia_smi::places() };

/// Hands out a private table. Needs no initialised library. What is set from outside does not touch the way to the control table.
///
/// # Safety
///
/// `table` is NULL or valid for writing a pointer, `name` is NULL or valid for reading 16 bytes.
#[cfg_attr(nvmlInternalGetExportTable, unsafe(no_mangle))]
#[allow(non_snake_case)]
unsafe extern "C" fn nvmlInternalGetExportTable(table: *mut *const c_void, name: *const [u8; 16]) -> nvmlReturn_t {
    // SAFETY: by this function's contract, a name that is not NULL can be read.
    let named = (!name.is_null()).then(|| unsafe { name.read_unaligned() });
    let hand_out = || {
        if table.is_null() {
            return NVML_ERROR_INVALID_ARGUMENT;
        }
        let found: *const c_void = match named {
            None => return NVML_ERROR_INVALID_ARGUMENT,
            Some(NVIDIA_SMI_TABLE) => (&raw const NVIDIA_SMI).cast(),
            Some(CONTROL_TABLE) => (&raw const CONTROL).cast(),
            Some(_) => return NVML_ERROR_NOT_SUPPORTED,
        };
        // SAFETY: not NULL, so by this function's contract valid for writing.
        unsafe { table.write_unaligned(found) };
        NVML_SUCCESS
    };
    if named == Some(CONTROL_TABLE) {
        return hand_out();
    }
    let symbol = Symbol { name: "nvmlInternalGetExportTable", kind: Kind::Reads };
    hook::around(&symbol, || vec![Shown::pointer(table, "out"), Shown::pointer(name, "in")], hand_out)
}
