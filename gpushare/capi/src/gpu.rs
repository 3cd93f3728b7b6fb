//! Physical GPUs.

use std::ffi::{CString, c_char};

use core::{Architecture, Gpu, PciAddress, Utilization};

use crate::argument::{Fill, In, Out, Own, Text};
use crate::gpu_process::{gpushare_gpu_process_list_t, gpushare_process_utilization_list_t};
use crate::list::{List, cloned};
use crate::memory::{gpushare_bar1_memory_t, gpushare_memory_t};
use crate::nvml::gpushare_nvml_t;
use crate::text::c_string;

/// A physical GPU. Threads may use one at the same time.
#[derive(Clone)]
pub struct gpushare_gpu_t {
    pub(crate) gpu: Gpu,
    uuid: CString,
    name: CString,
}

/// GPUs, in NVML's order.
pub type gpushare_gpu_list_t = List<gpushare_gpu_t>;

impl From<Gpu> for gpushare_gpu_t {
    fn from(gpu: Gpu) -> Self {
        Self { uuid: c_string(gpu.uuid().to_string()), name: c_string(gpu.name()), gpu }
    }
}

/// Where a GPU sits on the PCI bus.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_pci_address_t {
    /// PCI domain.
    pub domain: u32,
    /// Bus in the domain, 0 to 255.
    pub bus: u32,
    /// Device on the bus, 0 to 31.
    pub device: u32,
    /// Function of the device, 0 to 7.
    pub function: u32,
}

impl From<PciAddress> for gpushare_pci_address_t {
    fn from(address: PciAddress) -> Self {
        let PciAddress { domain, bus, device, function } = address;
        Self { domain, bus: bus.into(), device: device.into(), function: function.into() }
    }
}

/// How busy a GPU was over NVML's last sample period, which is between a sixth of a second and a second.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_utilization_t {
    /// Percentage of the time in which a kernel ran, 0 to 100. One small kernel counts as much as one that fills the GPU.
    pub gpu: u32,
    /// Percentage of the time in which memory was read or written, 0 to 100.
    pub memory: u32,
}

impl From<Utilization> for gpushare_utilization_t {
    fn from(utilization: Utilization) -> Self {
        Self { gpu: utilization.gpu, memory: utilization.memory }
    }
}

/// Volta: V100.
pub const GPUSHARE_ARCHITECTURE_VOLTA: u32 = 5;
/// Turing: T4.
pub const GPUSHARE_ARCHITECTURE_TURING: u32 = 6;
/// Ampere: A100, A30; the first with MIG, whose mode changes with a reset of the GPU.
pub const GPUSHARE_ARCHITECTURE_AMPERE: u32 = 7;
/// Ada Lovelace: L40S.
pub const GPUSHARE_ARCHITECTURE_ADA: u32 = 8;
/// Hopper: H100, H200; its MIG mode changes at once.
pub const GPUSHARE_ARCHITECTURE_HOPPER: u32 = 9;
/// Blackwell: B200, RTX PRO 6000.
pub const GPUSHARE_ARCHITECTURE_BLACKWELL: u32 = 10;

const _: () = {
    assert!(GPUSHARE_ARCHITECTURE_VOLTA == Architecture::VOLTA.0);
    assert!(GPUSHARE_ARCHITECTURE_TURING == Architecture::TURING.0);
    assert!(GPUSHARE_ARCHITECTURE_AMPERE == Architecture::AMPERE.0);
    assert!(GPUSHARE_ARCHITECTURE_ADA == Architecture::ADA.0);
    assert!(GPUSHARE_ARCHITECTURE_HOPPER == Architecture::HOPPER.0);
    assert!(GPUSHARE_ARCHITECTURE_BLACKWELL == Architecture::BLACKWELL.0);
};

exports! {
    /// The number of GPUs that NVML sees.
    #[doc(alias = "Nvml::gpu_count")]
    fn gpushare_nvml_gpu_count(nvml: In<gpushare_nvml_t>, count: Out<u32>) {
        count.set(nvml.nvml.gpu_count()?)
    }

    /// All GPUs, in NVML's order, which is that of the PCI bus. Free the list with `gpushare_gpu_list_free`.
    #[doc(alias = "Nvml::gpus")]
    fn gpushare_nvml_gpus(nvml: In<gpushare_nvml_t>, gpus: Out<*mut gpushare_gpu_list_t>) {
        gpus.give(nvml.nvml.gpus()?.into_iter().collect())
    }

    /// The GPU at an index, from 0. `GPUSHARE_ERROR_INVALID_ARGUMENT` beyond the last. Free it with `gpushare_gpu_free`.
    #[doc(alias = "Nvml::gpu")]
    fn gpushare_nvml_gpu(nvml: In<gpushare_nvml_t>, index: u32, gpu: Out<*mut gpushare_gpu_t>) {
        gpu.give(nvml.nvml.gpu(index)?.into())
    }

    /// The GPU with a UUID, "GPU-...". `GPUSHARE_ERROR_NOT_FOUND` where none has it.
    #[doc(alias = "Nvml::gpu_by_uuid")]
    fn gpushare_nvml_gpu_by_uuid(nvml: In<gpushare_nvml_t>, uuid: Text, gpu: Out<*mut gpushare_gpu_t>) {
        gpu.give(nvml.nvml.gpu_by_uuid(&uuid.parse()?)?.into())
    }

    /// The GPU at a PCI address, such as "0000:10:1c.0". `GPUSHARE_ERROR_NOT_FOUND` where none is there.
    #[doc(alias = "Nvml::gpu_by_pci_address")]
    fn gpushare_nvml_gpu_by_pci_address(nvml: In<gpushare_nvml_t>, address: Text, gpu: Out<*mut gpushare_gpu_t>) {
        gpu.give(nvml.nvml.gpu_by_pci_address(&address.parse()?)?.into())
    }

    /// The number of GPUs in the list.
    fn gpushare_gpu_list_len(list: In<gpushare_gpu_list_t>) -> usize {
        list.len()
    }

    /// The GPU at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_gpu_list_get(list: In<gpushare_gpu_list_t>, index: usize) -> *const gpushare_gpu_t {
        list.at(index)
    }

    /// Frees a list and the handles in it. NULL is none.
    fn gpushare_gpu_list_free(list: Own<gpushare_gpu_list_t>) -> () {
        drop(list)
    }

    /// Another handle of the same GPU.
    fn gpushare_gpu_clone(gpu: In<gpushare_gpu_t>) -> *mut gpushare_gpu_t {
        cloned(gpu)
    }

    /// Frees a handle; the GPU stays as it is. NULL is none.
    fn gpushare_gpu_free(gpu: Own<gpushare_gpu_t>) -> () {
        drop(gpu)
    }

    /// The NVML index.
    #[doc(alias = "Gpu::index")]
    fn gpushare_gpu_index(gpu: In<gpushare_gpu_t>) -> u32 {
        gpu.gpu.index()
    }

    /// The UUID, "GPU-...", which is what `CUDA_VISIBLE_DEVICES` takes. It lives as long as the handle.
    #[doc(alias = "Gpu::uuid")]
    fn gpushare_gpu_uuid(gpu: In<gpushare_gpu_t>) -> *const c_char {
        gpu.uuid.as_ptr()
    }

    /// The product name, such as "NVIDIA A100-SXM4-40GB". It lives as long as the handle.
    #[doc(alias = "Gpu::name")]
    fn gpushare_gpu_name(gpu: In<gpushare_gpu_t>) -> *const c_char {
        gpu.name.as_ptr()
    }

    /// The minor number of the device node, `/dev/nvidia0`.
    #[doc(alias = "Gpu::minor_number")]
    fn gpushare_gpu_minor_number(gpu: In<gpushare_gpu_t>, minor: Out<u32>) {
        minor.set(gpu.gpu.minor_number()?)
    }

    /// The 32 bits of PCI device and vendor, such as 0x20B010DE.
    #[doc(alias = "Gpu::pci_device_id")]
    fn gpushare_gpu_pci_device_id(gpu: In<gpushare_gpu_t>, id: Out<u32>) {
        id.set(gpu.gpu.pci_device_id()?)
    }

    /// Where the GPU sits on the PCI bus.
    #[doc(alias = "Gpu::pci_address")]
    fn gpushare_gpu_pci_address(gpu: In<gpushare_gpu_t>, address: Out<gpushare_pci_address_t>) {
        address.set(gpu.gpu.pci_address()?.into())
    }

    /// The architecture: `GPUSHARE_ARCHITECTURE_...`, or the number of one that this library does not know.
    #[doc(alias = "Gpu::architecture")]
    fn gpushare_gpu_architecture(gpu: In<gpushare_gpu_t>, architecture: Out<u32>) {
        architecture.set(gpu.gpu.architecture()?.0)
    }

    /// The memory.
    #[doc(alias = "Gpu::memory")]
    fn gpushare_gpu_memory(gpu: In<gpushare_gpu_t>, memory: Fill<gpushare_memory_t>) {
        memory.fill(gpu.gpu.memory()?.into())
    }

    /// The BAR1 memory.
    #[doc(alias = "Gpu::bar1_memory")]
    fn gpushare_gpu_bar1_memory(gpu: In<gpushare_gpu_t>, memory: Fill<gpushare_bar1_memory_t>) {
        memory.fill(gpu.gpu.bar1_memory()?.into())
    }

    /// How busy the GPU is. `GPUSHARE_ERROR_NOT_SUPPORTED` while MIG is enabled.
    #[doc(alias = "Gpu::utilization")]
    fn gpushare_gpu_utilization(gpu: In<gpushare_gpu_t>, utilization: Out<gpushare_utilization_t>) {
        utilization.set(gpu.gpu.utilization()?.into())
    }

    /// The processes that use the GPU or a part of it, by ascending id, each once for each instance on which it runs.
    /// `GPUSHARE_ERROR_NO_PERMISSION` for a caller that may not monitor the whole GPU while GPU instances exist, as in a container, where
    /// `gpushare_mig_device_processes` answers. Free the list with `gpushare_gpu_process_list_free`.
    #[doc(alias = "Gpu::processes")]
    fn gpushare_gpu_processes(gpu: In<gpushare_gpu_t>, processes: Out<*mut gpushare_gpu_process_list_t>) {
        processes.give(gpu.gpu.processes()?.into_iter().collect())
    }

    /// How busy each process kept the GPU, by ascending id, as far as the driver sampled it after a moment, in microseconds since 1970; 0 for
    /// all that it has. To miss nothing and count nothing twice, give the greatest `timestamp_us` of the last answer.
    /// `GPUSHARE_ERROR_NOT_SUPPORTED` while MIG is enabled. Free the list with `gpushare_process_utilization_list_free`.
    #[doc(alias = "Gpu::process_utilization")]
    fn gpushare_gpu_process_utilization(
        gpu: In<gpushare_gpu_t>,
        since_us: u64,
        samples: Out<*mut gpushare_process_utilization_list_t>,
    ) {
        samples.give(gpu.gpu.process_utilization(since_us)?.into_iter().collect())
    }
}
