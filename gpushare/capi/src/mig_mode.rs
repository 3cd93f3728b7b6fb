//! MIG mode.

use core::MigMode;

use crate::argument::{In, Out};
use crate::gpu::gpushare_gpu_t;

/// The MIG mode of a GPU: what it is, and what it will be after the next reset.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_mig_mode_t {
    /// Whether MIG is enabled.
    pub current: bool,
    /// Whether it will be after a reset.
    pub pending: bool,
}

impl From<MigMode> for gpushare_mig_mode_t {
    #[inline]
    fn from(mode: MigMode) -> Self {
        Self { current: mode.current, pending: mode.pending }
    }
}

exports! {
    /// The MIG mode. `GPUSHARE_ERROR_NOT_SUPPORTED` on a GPU without MIG.
    #[doc(alias = "Gpu::mig_mode", alias = "MigMode::is_pending")]
    fn gpushare_gpu_mig_mode(gpu: In<gpushare_gpu_t>, mode: Out<gpushare_mig_mode_t>) {
        mode.set(gpu.gpu.mig_mode()?.into())
    }

    /// Enables or disables MIG. Needs root. `GPUSHARE_OK` means that the mode is what was asked for; a change that is stored and needs
    /// a reset, or the end of the GPU's clients, is `GPUSHARE_ERROR_RESET_REQUIRED`.
    #[doc(alias = "Gpu::set_mig_mode")]
    fn gpushare_gpu_set_mig_mode(gpu: In<gpushare_gpu_t>, enabled: bool) {
        Ok(gpu.gpu.set_mig_mode(enabled)?)
    }
}
