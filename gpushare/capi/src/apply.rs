//! Carrying out plans, so that a GPU ends at the old layout or at the new one.

use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::Arc;

use core::{Applied, ApplyOptions, Gpu, Recovery, Reset};

use crate::argument::{Given, Growing, In, Out, Own};
use crate::boundary::Fault;
use crate::gpu::gpushare_gpu_t;
use crate::layout::gpushare_layout_t;
use crate::list::List;
use crate::mig_device::gpushare_mig_device_list_t;
use crate::nvml::path;
use crate::plan::gpushare_plan_t;
use crate::text::c_string;

/// Resets a GPU, which is lent for the call; called on the thread that applies. Returns 0, or writes why it could not, as a text that
/// ends with NUL, into the `reason_size` bytes at `reason` and returns something else.
pub type gpushare_reset_function_t = Option<
    unsafe extern "C" fn(
        gpu: *const gpushare_gpu_t,
        context: *mut c_void,
        reason: *mut c_char,
        reason_size: usize,
    ) -> i32,
>;

/// How to carry out a plan. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_apply_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// `GPUSHARE_APPLY_...` bits.
    pub flags: u32,
    /// The folder of the locks and journals, on which the processes that change a GPU must agree; NULL for `/run/gpushare`. It is made if
    /// it does not exist; only its owner may be able to write to it.
    pub directory: *const c_char,
    /// How to reset the GPU where a change of the MIG mode needs it: `GPUSHARE_RESET_...`.
    pub reset: u32,
    /// What resets it, for `GPUSHARE_RESET_BY_FUNCTION`.
    pub reset_function: gpushare_reset_function_t,
    /// What the function is given.
    pub reset_context: *mut c_void,
}

/// Keep no journal, without which a crash half-way cannot be repaired.
pub const GPUSHARE_APPLY_WITHOUT_JOURNAL: u32 = 1;
/// Plan anew where the GPU has changed since the plan was made, instead of refusing it.
pub const GPUSHARE_APPLY_REPLAN: u32 = 2;

/// Not at all: a change of the MIG mode that needs it fails, and is taken back.
pub const GPUSHARE_RESET_NEVER: u32 = 0;
/// By `nvidia-smi --gpu-reset` for this GPU alone, which must be on the path.
pub const GPUSHARE_RESET_BY_NVIDIA_SMI: u32 = 1;
/// By a function.
pub const GPUSHARE_RESET_BY_FUNCTION: u32 = 2;

impl Default for gpushare_apply_options_t {
    fn default() -> Self {
        let (directory, reset_context) = (std::ptr::null(), std::ptr::null_mut());
        Self { struct_size: 0, flags: 0, directory, reset: GPUSHARE_RESET_NEVER, reset_function: None, reset_context }
    }
}

// SAFETY: as the trait asks: NULL is valid as a function, and any other one is the caller's promise.
unsafe impl Growing for gpushare_apply_options_t {
    const FIRST_SIZE: usize = 40;
}

/// A caller's function with what it is to be given.
struct ResetBy {
    function: unsafe extern "C" fn(*const gpushare_gpu_t, *mut c_void, *mut c_char, usize) -> i32,
    context: *mut c_void,
}

// SAFETY: it is called on the thread alone that called the C function, before that returns.
unsafe impl Send for ResetBy {}
// SAFETY: as above.
unsafe impl Sync for ResetBy {}

impl ResetBy {
    fn call(&self, gpu: &Gpu) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let gpu = gpushare_gpu_t::from(gpu.clone());
        let mut reason = [0_u8; 1024];
        // SAFETY: the caller's function keeps to its type's description, and both places live for the call.
        let code = unsafe { (self.function)(&gpu, self.context, reason.as_mut_ptr().cast(), reason.len()) };
        if code == 0 {
            return Ok(());
        }
        let said = CStr::from_bytes_until_nul(&reason).map(|text| text.to_string_lossy().into_owned());
        Err(match said {
            Ok(text) if !text.is_empty() => text,
            _ => format!("the function returned {code}"),
        }
        .into())
    }
}

impl gpushare_apply_options_t {
    /// # Safety
    ///
    /// `directory` is NULL or a text that lives for the call.
    unsafe fn get(self) -> Result<ApplyOptions, Fault> {
        let wrong = |reason| Fault::Argument { name: "options", reason };
        let known = GPUSHARE_APPLY_WITHOUT_JOURNAL | GPUSHARE_APPLY_REPLAN;
        if self.flags & !known != 0 {
            return Err(wrong(format!("has flags {:#x}; there are 0x1 and 0x2", self.flags)));
        }
        let mut options = ApplyOptions::new();
        options.journal = self.flags & GPUSHARE_APPLY_WITHOUT_JOURNAL == 0;
        options.replan = self.flags & GPUSHARE_APPLY_REPLAN != 0;
        // SAFETY: the caller's promise.
        if let Some(directory) = unsafe { path(self.directory) } {
            options = options.directory(directory);
        }
        options.reset = match (self.reset, self.reset_function) {
            (GPUSHARE_RESET_NEVER, _) => Reset::Never,
            (GPUSHARE_RESET_BY_NVIDIA_SMI, _) => Reset::NvidiaSmi,
            (GPUSHARE_RESET_BY_FUNCTION, Some(function)) => {
                let by = ResetBy { function, context: self.reset_context };
                Reset::By(Arc::new(move |gpu| by.call(gpu)))
            }
            (GPUSHARE_RESET_BY_FUNCTION, None) => return Err(wrong("has no reset_function".into())),
            (other, _) => return Err(wrong(format!("has reset {other}; there are 0, 1 and 2"))),
        };
        Ok(options)
    }
}

/// What came of a plan that was carried out. Threads may use one at the same time.
pub struct gpushare_applied_t {
    made: gpushare_mig_device_list_t,
    kept: gpushare_mig_device_list_t,
    destroyed: Vec<CString>,
}

impl From<Applied> for gpushare_applied_t {
    fn from(applied: Applied) -> Self {
        Self {
            made: List::from_iter(applied.made),
            kept: List::from_iter(applied.kept),
            destroyed: applied.destroyed.iter().map(|uuid| c_string(uuid.to_string())).collect(),
        }
    }
}

/// No change was left half-done.
pub const GPUSHARE_RECOVERY_NOTHING: u32 = 0;
/// The change had reached its end, and only the journal was left.
pub const GPUSHARE_RECOVERY_FINISHED: u32 = 1;
/// The layout before the change is there again.
pub const GPUSHARE_RECOVERY_ROLLED_BACK: u32 = 2;
/// The layout before could not be had again, so the change was completed.
pub const GPUSHARE_RECOVERY_ROLLED_FORWARD: u32 = 3;

exports! {
    /// Carries out a plan: locked against other processes, each step verified, a failing one undone with all before it. `options` may be
    /// NULL. On an error, `gpushare_error_restored` says whether the layout before is there again. Free the result with
    /// `gpushare_applied_free`.
    #[doc(alias = "Gpu::apply", alias = "ApplyOptions::new", alias = "ApplyOptions::directory")]
    #[doc(alias = "ApplyOptions::without_journal", alias = "ApplyOptions::replan", alias = "ApplyOptions::reset")]
    fn gpushare_gpu_apply(
        gpu: In<gpushare_gpu_t>,
        plan: In<gpushare_plan_t>,
        options: Given<gpushare_apply_options_t>,
        applied: Out<*mut gpushare_applied_t>,
    ) {
        // SAFETY: the caller passes NULL or a text that ends with NUL.
        let options = unsafe { options.get() }?;
        applied.give(gpu.gpu.apply(&plan.plan, &options)?.into())
    }

    /// Plans and applies in one: brings the GPU to a layout. `options` may be NULL. Free the result with `gpushare_applied_free`.
    #[doc(alias = "Gpu::apply_layout")]
    fn gpushare_gpu_apply_layout(
        gpu: In<gpushare_gpu_t>,
        layout: In<gpushare_layout_t>,
        options: Given<gpushare_apply_options_t>,
        applied: Out<*mut gpushare_applied_t>,
    ) {
        // SAFETY: the caller passes NULL or a text that ends with NUL.
        let options = unsafe { options.get() }?;
        applied.give(gpu.gpu.apply_layout(&layout.layout, &options)?.into())
    }

    /// Ends what an apply left half-done because its process died; `recovery` is what was done, `GPUSHARE_RECOVERY_...`. Doing it twice
    /// does no harm, and the next apply does it by itself. `options` may be NULL.
    #[doc(alias = "Gpu::recover")]
    fn gpushare_gpu_recover(gpu: In<gpushare_gpu_t>, options: Given<gpushare_apply_options_t>, recovery: Out<u32>) {
        // SAFETY: the caller passes NULL or a text that ends with NUL.
        let options = unsafe { options.get() }?;
        recovery.set(match gpu.gpu.recover(&options)? {
            Recovery::Nothing => GPUSHARE_RECOVERY_NOTHING,
            Recovery::Finished => GPUSHARE_RECOVERY_FINISHED,
            Recovery::RolledBack => GPUSHARE_RECOVERY_ROLLED_BACK,
            _ => GPUSHARE_RECOVERY_ROLLED_FORWARD,
        })
    }

    /// The MIG devices that were made. The list lives as long as the result.
    fn gpushare_applied_made(applied: In<gpushare_applied_t>) -> *const gpushare_mig_device_list_t {
        &applied.made
    }

    /// The MIG devices that were there before and stay. The list lives as long as the result.
    fn gpushare_applied_kept(applied: In<gpushare_applied_t>) -> *const gpushare_mig_device_list_t {
        &applied.kept
    }

    /// The number of MIG devices that are gone.
    fn gpushare_applied_destroyed_count(applied: In<gpushare_applied_t>) -> usize {
        applied.destroyed.len()
    }

    /// The UUID of one of the MIG devices that are gone, from 0; NULL beyond the last. It lives as long as the result.
    fn gpushare_applied_destroyed(applied: In<gpushare_applied_t>, index: usize) -> *const c_char {
        applied.destroyed.get(index).map_or(std::ptr::null(), |uuid| uuid.as_ptr())
    }

    /// Frees a result. NULL is none.
    fn gpushare_applied_free(applied: Own<gpushare_applied_t>) -> () {
        drop(applied)
    }
}
