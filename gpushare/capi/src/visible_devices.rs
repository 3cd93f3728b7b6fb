//! `CUDA_VISIBLE_DEVICES`: how a program is told which devices to use.

use std::ffi::c_char;

use crate::argument::{In, Out};
use crate::boundary::Fault;
use crate::gpu::gpushare_gpu_t;
use crate::mig_device::gpushare_mig_device_t;
use crate::text::owned;

/// A MIG device by its UUID: "MIG-c42101f0-...".
pub const GPUSHARE_VISIBLE_BY_UUID: u32 = 0;
/// A MIG device by its GPU's UUID and its ids: "MIG-GPU-9e4aeb94-.../2/0".
pub const GPUSHARE_VISIBLE_BY_GPU_UUID: u32 = 1;
/// A MIG device by its GPU's index and its ids: "0:2/0". Short, but indices depend on what a process sees.
pub const GPUSHARE_VISIBLE_BY_GPU_INDEX: u32 = 2;

exports! {
    /// The GPU as an entry of `CUDA_VISIBLE_DEVICES`; entries are separated by commas. Free it with `gpushare_string_free`.
    #[doc(alias = "Gpu::visible_device")]
    fn gpushare_gpu_visible_device(gpu: In<gpushare_gpu_t>, text: Out<*mut c_char>) {
        text.set(owned(gpu.gpu.visible_device().to_string()))
    }

    /// The MIG device as an entry of `CUDA_VISIBLE_DEVICES`, in one of the forms `GPUSHARE_VISIBLE_...`. Free it with
    /// `gpushare_string_free`.
    #[doc(alias = "MigDevice::visible_device", alias = "MigDevice::visible_device_forms")]
    fn gpushare_mig_device_visible_device(device: In<gpushare_mig_device_t>, form: u32, text: Out<*mut c_char>) {
        let [by_uuid, by_gpu_uuid, by_gpu_index] = device.device.visible_device_forms();
        text.set(owned(match form {
            GPUSHARE_VISIBLE_BY_UUID => by_uuid.to_string(),
            GPUSHARE_VISIBLE_BY_GPU_UUID => by_gpu_uuid.to_string(),
            GPUSHARE_VISIBLE_BY_GPU_INDEX => by_gpu_index.to_string(),
            _ => return Err(Fault::Argument { name: "form", reason: format!("is {form}; there are 0, 1 and 2") }.into()),
        }))
    }
}
