//! `CUDA_VISIBLE_DEVICES`: how a program is told which devices to use.

use std::ffi::c_char;

use core::{NvidiaVisibleDevices, VisibleDevices};

use crate::argument::{In, Out, Text};
use crate::boundary::Fault;
use crate::cuda_rules::gpushare_cuda_rules_t;
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

exports! {
    /// A value of `CUDA_VISIBLE_DEVICES` in the one form in which this library prints it. The error names an entry that no node could
    /// honour. Free it with `gpushare_string_free`.
    fn gpushare_visible_devices_normalize(value: Text, text: Out<*mut c_char>) {
        text.set(owned(value.parse::<VisibleDevices>()?.to_string()))
    }

    /// A value of `CUDA_VISIBLE_DEVICES` for a program, once it is sure that CUDA would honour all of it: the error names a second MIG
    /// device, a GPU beside one, an index beside UUIDs, and an entry that is there before. NULL as rules are those that hold for every
    /// driver. Free it with `gpushare_string_free`.
    #[doc(alias = "VisibleDevices::value")]
    fn gpushare_visible_devices_value(
        value: Text,
        rules: Option<In<gpushare_cuda_rules_t>>,
        text: Out<*mut c_char>,
    ) {
        let rules = rules.map(|rules| rules.rules).unwrap_or_default();
        text.set(owned(value.parse::<VisibleDevices>()?.value(&rules)?))
    }

    /// A value of `NVIDIA_VISIBLE_DEVICES` in the one form in which this library prints it. The error names an entry that no node could
    /// honour. Free it with `gpushare_string_free`.
    fn gpushare_nvidia_visible_devices_normalize(value: Text, text: Out<*mut c_char>) {
        text.set(owned(value.parse::<NvidiaVisibleDevices>()?.to_string()))
    }
}
