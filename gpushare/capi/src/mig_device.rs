//! MIG devices: compute instances as CUDA sees them.

use std::ffi::{CString, c_char};

use core::{MigDevice, MigDeviceAttributes};

use crate::argument::{Fill, Growing, In, Out, Own, Text};
use crate::compute_instance::gpushare_compute_instance_t;
use crate::gpu::gpushare_gpu_t;
use crate::gpu_instance::gpushare_gpu_instance_t;
use crate::gpu_process::gpushare_gpu_process_list_t;
use crate::list::{List, cloned};
use crate::memory::{gpushare_bar1_memory_t, gpushare_memory_t};
use crate::nvml::gpushare_nvml_t;
use crate::profile::gpushare_engines_t;
use crate::text::{c_string, owned};

/// A compute instance as CUDA sees it. Threads may use one at the same time.
#[derive(Clone)]
pub struct gpushare_mig_device_t {
    pub(crate) device: MigDevice,
    gpu: gpushare_gpu_t,
    uuid: CString,
}

/// MIG devices, in NVML's order.
pub type gpushare_mig_device_list_t = List<gpushare_mig_device_t>;

impl From<MigDevice> for gpushare_mig_device_t {
    fn from(device: MigDevice) -> Self {
        Self { gpu: device.gpu().clone().into(), uuid: c_string(device.uuid().to_string()), device }
    }
}

/// What a MIG device has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_mig_device_attributes_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// Streaming multiprocessors.
    pub multiprocessor_count: u32,
    /// The GPU slices of its GPU instance.
    pub gpu_instance_slice_count: u32,
    /// The compute slices of its compute instance.
    pub compute_instance_slice_count: u32,
    /// Memory, in MiB, shared by all compute instances of the GPU instance.
    pub memory_mib: u64,
    /// Other engines, shared by all compute instances of the GPU instance.
    pub shared_engines: gpushare_engines_t,
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_mig_device_attributes_t {
    const FIRST_SIZE: usize = 48;
}

impl From<MigDeviceAttributes> for gpushare_mig_device_attributes_t {
    fn from(attributes: MigDeviceAttributes) -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            multiprocessor_count: attributes.multiprocessor_count,
            gpu_instance_slice_count: attributes.gpu_instance_slice_count,
            compute_instance_slice_count: attributes.compute_instance_slice_count,
            memory_mib: attributes.memory.0,
            shared_engines: attributes.shared_engines.into(),
        }
    }
}

exports! {
    /// The MIG device with a UUID, "MIG-...". `GPUSHARE_ERROR_NOT_FOUND` where none has it.
    #[doc(alias = "Nvml::mig_device")]
    fn gpushare_nvml_mig_device(nvml: In<gpushare_nvml_t>, uuid: Text, device: Out<*mut gpushare_mig_device_t>) {
        device.give(nvml.nvml.mig_device(&uuid.parse()?)?.into())
    }

    /// The MIG devices of a GPU. Free the list with `gpushare_mig_device_list_free`.
    #[doc(alias = "Gpu::mig_devices")]
    fn gpushare_gpu_mig_devices(gpu: In<gpushare_gpu_t>, devices: Out<*mut gpushare_mig_device_list_t>) {
        devices.give(gpu.gpu.mig_devices()?.into_iter().collect())
    }

    /// The MIG device of a GPU at an NVML index. `GPUSHARE_ERROR_NOT_FOUND` where there is none.
    #[doc(alias = "Gpu::mig_device")]
    fn gpushare_gpu_mig_device(gpu: In<gpushare_gpu_t>, index: u32, device: Out<*mut gpushare_mig_device_t>) {
        device.give(gpu.gpu.mig_device(index)?.into())
    }

    /// The compute instance as a MIG device.
    #[doc(alias = "ComputeInstance::mig_device")]
    fn gpushare_compute_instance_mig_device(
        instance: In<gpushare_compute_instance_t>,
        device: Out<*mut gpushare_mig_device_t>,
    ) {
        device.give(instance.instance.mig_device()?.into())
    }

    /// The GPU that it is part of. It lives as long as the handle; a clone lives on.
    #[doc(alias = "MigDevice::gpu")]
    fn gpushare_mig_device_gpu(device: In<gpushare_mig_device_t>) -> *const gpushare_gpu_t {
        &device.gpu
    }

    /// The UUID, "MIG-...", which is what `CUDA_VISIBLE_DEVICES` takes. It lives as long as the handle.
    #[doc(alias = "MigDevice::uuid")]
    fn gpushare_mig_device_uuid(device: In<gpushare_mig_device_t>) -> *const c_char {
        device.uuid.as_ptr()
    }

    /// The id of its GPU instance.
    #[doc(alias = "MigDevice::gpu_instance_id")]
    fn gpushare_mig_device_gpu_instance_id(device: In<gpushare_mig_device_t>) -> u32 {
        device.device.gpu_instance_id().0
    }

    /// The id of its compute instance.
    #[doc(alias = "MigDevice::compute_instance_id")]
    fn gpushare_mig_device_compute_instance_id(device: In<gpushare_mig_device_t>) -> u32 {
        device.device.compute_instance_id().0
    }

    /// What it has.
    #[doc(alias = "MigDevice::attributes")]
    fn gpushare_mig_device_attributes(
        device: In<gpushare_mig_device_t>,
        attributes: Fill<gpushare_mig_device_attributes_t>,
    ) {
        attributes.fill((*device.device.attributes()).into())
    }

    /// Its GPU instance. Free it with `gpushare_gpu_instance_free`.
    #[doc(alias = "MigDevice::gpu_instance")]
    fn gpushare_mig_device_gpu_instance(device: In<gpushare_mig_device_t>, instance: Out<*mut gpushare_gpu_instance_t>) {
        instance.give(device.device.gpu_instance()?.into())
    }

    /// Its compute instance. Free it with `gpushare_compute_instance_free`.
    #[doc(alias = "MigDevice::compute_instance")]
    fn gpushare_mig_device_compute_instance(
        device: In<gpushare_mig_device_t>,
        instance: Out<*mut gpushare_compute_instance_t>,
    ) {
        instance.give(device.device.compute_instance()?.into())
    }

    /// The name, such as "NVIDIA A100-SXM4-40GB MIG 1g.5gb". Free it with `gpushare_string_free`.
    #[doc(alias = "MigDevice::name")]
    fn gpushare_mig_device_name(device: In<gpushare_mig_device_t>, name: Out<*mut c_char>) {
        name.set(owned(device.device.name()?))
    }

    /// The NVML index on its GPU, which changes as other MIG devices come and go.
    #[doc(alias = "MigDevice::index")]
    fn gpushare_mig_device_index(device: In<gpushare_mig_device_t>, index: Out<u32>) {
        index.set(device.device.index()?)
    }

    /// The memory.
    #[doc(alias = "MigDevice::memory")]
    fn gpushare_mig_device_memory(device: In<gpushare_mig_device_t>, memory: Fill<gpushare_memory_t>) {
        memory.fill(device.device.memory()?.into())
    }

    /// The BAR1 memory.
    #[doc(alias = "MigDevice::bar1_memory")]
    fn gpushare_mig_device_bar1_memory(device: In<gpushare_mig_device_t>, memory: Fill<gpushare_bar1_memory_t>) {
        memory.fill(device.device.bar1_memory()?.into())
    }

    /// The processes that run on it, by ascending id. Free the list with `gpushare_gpu_process_list_free`.
    #[doc(alias = "MigDevice::processes")]
    fn gpushare_mig_device_processes(
        device: In<gpushare_mig_device_t>,
        processes: Out<*mut gpushare_gpu_process_list_t>,
    ) {
        processes.give(device.device.processes()?.into_iter().collect())
    }
}

exports! {
    /// Another handle of the same MIG device.
    fn gpushare_mig_device_clone(device: In<gpushare_mig_device_t>) -> *mut gpushare_mig_device_t {
        cloned(device)
    }

    /// Frees a handle; the MIG device lives on. NULL is none.
    fn gpushare_mig_device_free(device: Own<gpushare_mig_device_t>) -> () {
        drop(device)
    }

    /// The number of MIG devices in the list.
    fn gpushare_mig_device_list_len(list: In<gpushare_mig_device_list_t>) -> usize {
        list.len()
    }

    /// The MIG device at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_mig_device_list_get(list: In<gpushare_mig_device_list_t>, index: usize) -> *const gpushare_mig_device_t {
        list.at(index)
    }

    /// Frees a list and the handles in it; the MIG devices live on. NULL is none.
    fn gpushare_mig_device_list_free(list: Own<gpushare_mig_device_list_t>) -> () {
        drop(list)
    }
}
