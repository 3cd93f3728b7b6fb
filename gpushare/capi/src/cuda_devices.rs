//! What a program or a container is given: the answer to `CUDA_VISIBLE_DEVICES` and `NVIDIA_VISIBLE_DEVICES`.

use std::ffi::{CString, c_char};

use core::{CudaDevice, CudaDevices, EntryFault, ListEnd, NvidiaVisibleDevices, VisibleNode};

use crate::argument::{In, Out, Own, Text};
use crate::cuda_rules::gpushare_cuda_rules_t;
use crate::list::List;
use crate::nvml::gpushare_nvml_t;
use crate::state::{from_json, json};
use crate::text::{c_string, owned};

/// The GPUs and MIG devices of a node at one moment, as far as lists of devices depend on them. Threads may use one at the same time.
pub struct gpushare_visible_node_t {
    node: VisibleNode,
}

/// A GPU or a MIG device that a list of devices names.
pub struct gpushare_cuda_device_t {
    device: CudaDevice,
    uuid: CString,
    gpu_uuid: CString,
    fault: Option<CString>,
}

/// Devices, in the order of the list that names them.
pub type gpushare_cuda_device_list_t = List<gpushare_cuda_device_t>;

/// What a program sees with a value of `CUDA_VISIBLE_DEVICES`. Threads may use one at the same time.
pub struct gpushare_cuda_devices_t {
    all: CudaDevices,
    visible: gpushare_cuda_device_list_t,
    hidden: gpushare_cuda_device_list_t,
}

/// `CUDA_VISIBLE_DEVICES` is not set: all devices are visible.
pub const GPUSHARE_LIST_UNSET: u32 = 0;
/// The list is longer than CUDA reads, which shows all devices.
pub const GPUSHARE_LIST_IGNORED: u32 = 1;
/// Every entry counts.
pub const GPUSHARE_LIST_COMPLETE: u32 = 2;
/// An entry ended the list; it and those behind it do not count.
pub const GPUSHARE_LIST_ENDED: u32 = 3;

impl gpushare_cuda_device_t {
    fn new(device: CudaDevice, fault: Option<&EntryFault>) -> Self {
        Self {
            uuid: c_string(device.uuid()),
            gpu_uuid: c_string(device.gpu_uuid.to_string()),
            fault: fault.map(|fault| c_string(fault.to_string())),
            device,
        }
    }
}

impl From<CudaDevice> for gpushare_cuda_device_t {
    fn from(device: CudaDevice) -> Self {
        Self::new(device, None)
    }
}

impl From<CudaDevices> for gpushare_cuda_devices_t {
    fn from(all: CudaDevices) -> Self {
        let hidden = all.hidden.iter().map(|hidden| gpushare_cuda_device_t::new(hidden.device, Some(&hidden.fault)));
        Self { visible: all.devices.iter().copied().collect(), hidden: hidden.collect(), all }
    }
}

impl From<VisibleNode> for gpushare_visible_node_t {
    fn from(node: VisibleNode) -> Self {
        Self { node }
    }
}

exports! {
    /// The GPUs and MIG devices of this node, as they are now. Free it with `gpushare_visible_node_free`.
    #[doc(alias = "Nvml::visible_node")]
    fn gpushare_nvml_visible_node(nvml: In<gpushare_nvml_t>, node: Out<*mut gpushare_visible_node_t>) {
        node.give(nvml.nvml.visible_node()?.into())
    }

    /// A node from its JSON, such as one that was written by hand. Free it with `gpushare_visible_node_free`.
    fn gpushare_visible_node_from_json(json: Text, node: Out<*mut gpushare_visible_node_t>) {
        node.give(from_json::<VisibleNode>(json)?.into())
    }

    /// The node as JSON. Free it with `gpushare_string_free`.
    fn gpushare_visible_node_to_json(node: In<gpushare_visible_node_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&node.node)?)
    }

    /// Frees a node. NULL is none.
    fn gpushare_visible_node_free(node: Own<gpushare_visible_node_t>) -> () {
        drop(node)
    }

    /// The devices that CUDA numbers 0, 1, ... in a program with this value of `CUDA_VISIBLE_DEVICES`, NULL where it is not set. NULL as
    /// rules are those that hold for every driver. What is wrong with the value is no error, but part of the answer;
    /// `GPUSHARE_ERROR_NOT_SUPPORTED` where that depends on which of several models is the fastest. Free it with
    /// `gpushare_cuda_devices_free`.
    #[doc(alias = "VisibleNode::resolve", alias = "VisibleDevices::resolve")]
    fn gpushare_visible_devices_resolve(
        node: In<gpushare_visible_node_t>,
        value: Option<Text>,
        rules: Option<In<gpushare_cuda_rules_t>>,
        devices: Out<*mut gpushare_cuda_devices_t>,
    ) {
        let rules = rules.map(|rules| rules.rules).unwrap_or_default();
        devices.give(node.node.resolve(value, &rules)?.into())
    }

    /// The devices that a container with this value of `NVIDIA_VISIBLE_DEVICES` is given, each once; NULL where it is not set, which gives
    /// none. The error names an entry for which the NVIDIA Container Toolkit would not start the container. Free the list with
    /// `gpushare_cuda_device_list_free`.
    #[doc(alias = "NvidiaVisibleDevices::resolve")]
    fn gpushare_nvidia_visible_devices_resolve(
        node: In<gpushare_visible_node_t>,
        value: Option<Text>,
        devices: Out<*mut gpushare_cuda_device_list_t>,
    ) {
        let value = value.unwrap_or_default().parse::<NvidiaVisibleDevices>()?;
        devices.give(value.resolve(&node.node)?.into_iter().collect())
    }
}

exports! {
    /// The devices by their numbers. The list lives as long as the answer.
    fn gpushare_cuda_devices_visible(devices: In<gpushare_cuda_devices_t>) -> *const gpushare_cuda_device_list_t {
        &devices.visible
    }

    /// The devices that entries name and that the process is not given all the same. The list lives as long as the answer.
    fn gpushare_cuda_devices_hidden(devices: In<gpushare_cuda_devices_t>) -> *const gpushare_cuda_device_list_t {
        &devices.hidden
    }

    /// How the list ended: `GPUSHARE_LIST_...`.
    fn gpushare_cuda_devices_end(devices: In<gpushare_cuda_devices_t>) -> u32 {
        match devices.all.end {
            ListEnd::Ignored { .. } => GPUSHARE_LIST_IGNORED,
            ListEnd::Complete => GPUSHARE_LIST_COMPLETE,
            ListEnd::At { .. } => GPUSHARE_LIST_ENDED,
            _ => GPUSHARE_LIST_UNSET,
        }
    }

    /// The place of the entry that ended the list, from 0; the largest number where none did.
    fn gpushare_cuda_devices_end_position(devices: In<gpushare_cuda_devices_t>) -> usize {
        match devices.all.end {
            ListEnd::At { position, .. } => position,
            _ => usize::MAX,
        }
    }

    /// What cuInit answers where it fails, 100 or 101; 0 where it does not.
    #[doc(alias = "CudaDevices::cuda_error")]
    fn gpushare_cuda_devices_cuda_error(devices: In<gpushare_cuda_devices_t>) -> u32 {
        devices.all.cuda_error().unwrap_or(0)
    }

    /// How and why the list ended, in words. Free it with `gpushare_string_free`.
    fn gpushare_cuda_devices_end_to_string(devices: In<gpushare_cuda_devices_t>, text: Out<*mut c_char>) {
        text.set(owned(devices.all.end.to_string()))
    }

    /// A line for each device, for each that is hidden, and for the end of the list. Free it with `gpushare_string_free`.
    fn gpushare_cuda_devices_to_string(devices: In<gpushare_cuda_devices_t>, text: Out<*mut c_char>) {
        text.set(owned(devices.all.to_string()))
    }

    /// All of it as JSON. Free it with `gpushare_string_free`.
    fn gpushare_cuda_devices_to_json(devices: In<gpushare_cuda_devices_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&devices.all)?)
    }

    /// Frees an answer. NULL is none.
    fn gpushare_cuda_devices_free(devices: Own<gpushare_cuda_devices_t>) -> () {
        drop(devices)
    }
}

exports! {
    /// The device's own UUID, "GPU-..." or "MIG-...". It lives as long as the list.
    #[doc(alias = "CudaDevice::uuid")]
    fn gpushare_cuda_device_uuid(device: In<gpushare_cuda_device_t>) -> *const c_char {
        device.uuid.as_ptr()
    }

    /// The UUID of the GPU that it is, or is part of. It lives as long as the list.
    fn gpushare_cuda_device_gpu_uuid(device: In<gpushare_cuda_device_t>) -> *const c_char {
        device.gpu_uuid.as_ptr()
    }

    /// The NVML index of that GPU.
    fn gpushare_cuda_device_gpu_index(device: In<gpushare_cuda_device_t>) -> u32 {
        device.device.gpu
    }

    /// Whether it is a MIG device.
    fn gpushare_cuda_device_is_mig(device: In<gpushare_cuda_device_t>) -> bool {
        device.device.mig.is_some()
    }

    /// The id of the GPU instance of a MIG device; 0 for a whole GPU.
    fn gpushare_cuda_device_gpu_instance_id(device: In<gpushare_cuda_device_t>) -> u32 {
        device.device.mig.map_or(0, |mig| mig.gpu_instance.0)
    }

    /// The id of the compute instance of a MIG device; 0 for a whole GPU.
    fn gpushare_cuda_device_compute_instance_id(device: In<gpushare_cuda_device_t>) -> u32 {
        device.device.mig.map_or(0, |mig| mig.compute_instance.0)
    }

    /// The place of the entry that names it, from 0; the largest number where none does.
    fn gpushare_cuda_device_entry(device: In<gpushare_cuda_device_t>) -> usize {
        device.device.entry.unwrap_or(usize::MAX)
    }

    /// Why the process is not given it, in words; NULL where it is. It lives as long as the list.
    fn gpushare_cuda_device_fault(device: In<gpushare_cuda_device_t>) -> *const c_char {
        device.fault.as_ref().map_or(std::ptr::null(), |fault| fault.as_ptr())
    }

    /// The number of devices.
    fn gpushare_cuda_device_list_len(list: In<gpushare_cuda_device_list_t>) -> usize {
        list.len()
    }

    /// The device at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_cuda_device_list_get(list: In<gpushare_cuda_device_list_t>, index: usize) -> *const gpushare_cuda_device_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_cuda_device_list_free(list: Own<gpushare_cuda_device_list_t>) -> () {
        drop(list)
    }
}
