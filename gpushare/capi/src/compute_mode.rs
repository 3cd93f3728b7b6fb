//! Compute mode.

use core::ComputeMode;

use crate::argument::{In, Out};
use crate::gpu::gpushare_gpu_t;

/// Any number of processes may have contexts on the GPU.
pub const GPUSHARE_COMPUTE_MODE_DEFAULT: u32 = 0;
/// No process may.
pub const GPUSHARE_COMPUTE_MODE_PROHIBITED: u32 = 2;
/// One process may; an MPS server is one for all its clients.
pub const GPUSHARE_COMPUTE_MODE_EXCLUSIVE_PROCESS: u32 = 3;

const _: () = {
    assert!(GPUSHARE_COMPUTE_MODE_DEFAULT == ComputeMode::DEFAULT.0);
    assert!(GPUSHARE_COMPUTE_MODE_PROHIBITED == ComputeMode::PROHIBITED.0);
    assert!(GPUSHARE_COMPUTE_MODE_EXCLUSIVE_PROCESS == ComputeMode::EXCLUSIVE_PROCESS.0);
};

exports! {
    /// The compute mode: `GPUSHARE_COMPUTE_MODE_...`. `GPUSHARE_ERROR_NOT_SUPPORTED` while MIG is enabled.
    #[doc(alias = "Gpu::compute_mode")]
    fn gpushare_gpu_compute_mode(gpu: In<gpushare_gpu_t>, mode: Out<u32>) {
        mode.set(gpu.gpu.compute_mode()?.0)
    }

    /// Sets the compute mode. Needs root. It holds until it is set again or the machine reboots.
    #[doc(alias = "Gpu::set_compute_mode")]
    fn gpushare_gpu_set_compute_mode(gpu: In<gpushare_gpu_t>, mode: u32) {
        Ok(gpu.gpu.set_compute_mode(ComputeMode(mode))?)
    }
}
