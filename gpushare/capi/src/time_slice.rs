//! Time-slicing.

use std::ffi::c_char;

use core::{NvidiaSmi, TimeSlice};

use crate::argument::{Given, Growing, In, Out};
use crate::boundary::Fault;
use crate::gpu::gpushare_gpu_t;
use crate::mps_daemon::patience;
use crate::nvml::path;

/// What the driver has unasked.
pub const GPUSHARE_TIME_SLICE_DEFAULT: u32 = 0;
/// The shortest turns.
pub const GPUSHARE_TIME_SLICE_SHORT: u32 = 1;
/// Turns between the two.
pub const GPUSHARE_TIME_SLICE_MEDIUM: u32 = 2;
/// The longest turns.
pub const GPUSHARE_TIME_SLICE_LONG: u32 = 3;

fn number(policy: TimeSlice) -> Result<u32, Fault> {
    match policy {
        TimeSlice::Default => Ok(GPUSHARE_TIME_SLICE_DEFAULT),
        TimeSlice::Short => Ok(GPUSHARE_TIME_SLICE_SHORT),
        TimeSlice::Medium => Ok(GPUSHARE_TIME_SLICE_MEDIUM),
        TimeSlice::Long => Ok(GPUSHARE_TIME_SLICE_LONG),
        other => Err(Fault::Argument { name: "policy", reason: format!("would be {other}, which has no number") }),
    }
}

fn policy(number: u32) -> Result<TimeSlice, Fault> {
    match number {
        GPUSHARE_TIME_SLICE_DEFAULT => Ok(TimeSlice::Default),
        GPUSHARE_TIME_SLICE_SHORT => Ok(TimeSlice::Short),
        GPUSHARE_TIME_SLICE_MEDIUM => Ok(TimeSlice::Medium),
        GPUSHARE_TIME_SLICE_LONG => Ok(TimeSlice::Long),
        other => Err(Fault::Argument { name: "policy", reason: format!("is {other}; there are 0 to 3") }),
    }
}

/// How `nvidia-smi` is run, which alone knows the policy. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_nvidia_smi_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// How long each run may take, in ms; 0 for 10 s.
    pub patience_ms: u32,
    /// The `nvidia-smi` to use, by an absolute path; NULL for the one that `GPUSHARE_NVIDIA_SMI` names, or the one on the path.
    pub program: *const c_char,
}

impl Default for gpushare_nvidia_smi_options_t {
    fn default() -> Self {
        Self { struct_size: 0, patience_ms: 0, program: std::ptr::null() }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_nvidia_smi_options_t {
    const FIRST_SIZE: usize = 16;
}

impl gpushare_nvidia_smi_options_t {
    /// # Safety
    ///
    /// The text is NULL or ends with NUL and lives for the call.
    unsafe fn nvidia_smi(self) -> NvidiaSmi {
        let nvidia_smi = NvidiaSmi::new().patience(patience(self.patience_ms));
        // SAFETY: the caller's promise.
        match unsafe { path(self.program) } {
            Some(program) => nvidia_smi.program(program),
            None => nvidia_smi,
        }
    }
}

exports! {
    /// The time-slice policy of a GPU: `GPUSHARE_TIME_SLICE_...`. `options` may be NULL. `GPUSHARE_ERROR_NO_DRIVER` where there is no
    /// `nvidia-smi`, `GPUSHARE_ERROR_TIMEOUT` where it does not end in time; else an error has its exit status, which is NVML's code, and
    /// its words.
    #[doc(alias = "Gpu::time_slice", alias = "NvidiaSmi::time_slice", alias = "NvidiaSmi::new", alias = "NvidiaSmi::program")]
    #[doc(alias = "NvidiaSmi::patience")]
    fn gpushare_gpu_time_slice(gpu: In<gpushare_gpu_t>, options: Given<gpushare_nvidia_smi_options_t>, policy: Out<u32>) {
        // SAFETY: the caller passes NULL or a text that ends with NUL.
        policy.set(number(unsafe { options.nvidia_smi() }.time_slice(&gpu.gpu)?)?)
    }

    /// Sets the time-slice policy of a GPU, and reads it back. Needs root. It is one of the whole GPU; contexts that exist keep, as far as is
    /// known, what they were made with. It holds until it is set again, the driver is unloaded, or the machine reboots. `options` may be
    /// NULL. `GPUSHARE_ERROR_NOT_SUPPORTED` on a GPU before Turing, and while MIG is enabled.
    #[doc(alias = "Gpu::set_time_slice", alias = "NvidiaSmi::set_time_slice")]
    fn gpushare_gpu_set_time_slice(gpu: In<gpushare_gpu_t>, policy: u32, options: Given<gpushare_nvidia_smi_options_t>) {
        // SAFETY: the caller passes NULL or a text that ends with NUL.
        unsafe { options.nvidia_smi() }.set_time_slice(&gpu.gpu, self::policy(policy)?)?;
        Ok(())
    }
}
