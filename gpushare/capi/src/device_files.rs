//! The files of the driver that a node, a GPU or a MIG device needs.

use std::ffi::{CString, c_char};

use core::{ComputeInstanceId, DeviceFiles, DeviceNode, GpuInstanceId, MigMinors};

use crate::argument::{In, Out, Own, Text};
use crate::boundary::Fault;
use crate::capability::GPUSHARE_NO_COMPUTE_INSTANCE;
use crate::gpu::gpushare_gpu_t;
use crate::mig_device::gpushare_mig_device_t;
use crate::nvml::{c_path, gpushare_nvml_t};
use crate::state::{from_json, json};
use crate::text::c_string;

/// The files of the driver that a container or a job needs for a node, a GPU or a MIG device. Threads may use one at the same time.
pub struct gpushare_device_files_t {
    pub(crate) files: DeviceFiles,
    nodes: Vec<gpushare_device_node_t>,
    root: CString,
    version: CString,
    _texts: Vec<CString>,
}

/// A character device of the driver. A later version may add members at the end, so it is only used through the pointer that the library
/// gives.
#[repr(C)]
pub struct gpushare_device_node_t {
    /// The node, as programs name it: "/dev/nvidia0".
    pub path: *const c_char,
    /// Where it is below the folder of the driver's files: "/run/nvidia/driver/dev/nvidia0".
    pub host_path: *const c_char,
    /// The rule that lets a control group read and write the device: "c 195:0 rw".
    pub cgroup_rule: *const c_char,
    /// The major number. But for 195 the kernel gives it out anew at each boot.
    pub major: u32,
    /// The minor number.
    pub minor: u32,
}

/// The driver's table of the minor numbers of MIG capabilities: of every instance that could be. Threads may use one at the same time.
pub struct gpushare_mig_minors_t {
    minors: MigMinors,
}

impl From<DeviceFiles> for gpushare_device_files_t {
    fn from(files: DeviceFiles) -> Self {
        let mut texts = Vec::new();
        let shown = |node: &DeviceNode| {
            let own = [c_path(&node.path), c_path(&node.below(&files.root)), c_string(node.cgroup_rule())];
            let [path, host_path, cgroup_rule] = own.each_ref().map(|text| text.as_ptr());
            texts.extend(own);
            gpushare_device_node_t { path, host_path, cgroup_rule, major: node.major, minor: node.minor }
        };
        let nodes = files.nodes().into_iter().map(shown).collect();
        let (root, version) = (c_path(&files.root), c_string(&files.driver_version));
        Self { nodes, root, version, _texts: texts, files }
    }
}

exports! {
    /// The driver's files for all GPUs and MIG devices of this node, as they are now. Free them with `gpushare_device_files_free`.
    #[doc(alias = "Nvml::device_files")]
    fn gpushare_nvml_device_files(nvml: In<gpushare_nvml_t>, files: Out<*mut gpushare_device_files_t>) {
        files.give(nvml.nvml.device_files()?.into())
    }

    /// The driver's files for a GPU and its MIG devices. Free them with `gpushare_device_files_free`.
    #[doc(alias = "Gpu::device_files")]
    fn gpushare_gpu_device_files(gpu: In<gpushare_gpu_t>, files: Out<*mut gpushare_device_files_t>) {
        files.give(gpu.gpu.device_files()?.into())
    }

    /// The driver's files for a MIG device alone, among them those of its GPU. Free them with `gpushare_device_files_free`.
    #[doc(alias = "MigDevice::device_files")]
    fn gpushare_mig_device_device_files(device: In<gpushare_mig_device_t>, files: Out<*mut gpushare_device_files_t>) {
        files.give(device.device.device_files()?.into())
    }

    /// Files from their JSON, such as those of another node. Free them with `gpushare_device_files_free`.
    fn gpushare_device_files_from_json(json: Text, files: Out<*mut gpushare_device_files_t>) {
        files.give(from_json::<DeviceFiles>(json)?.into())
    }

    /// The files as JSON, with the GPU or MIG device that each is for. Free it with `gpushare_string_free`.
    fn gpushare_device_files_to_json(files: In<gpushare_device_files_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&files.files)?)
    }

    /// The folder below which the files are. It lives as long as they do.
    fn gpushare_device_files_root(files: In<gpushare_device_files_t>) -> *const c_char {
        files.root.as_ptr()
    }

    /// The version of the driver. It lives as long as the files.
    fn gpushare_device_files_driver_version(files: In<gpushare_device_files_t>) -> *const c_char {
        files.version.as_ptr()
    }

    /// The number of nodes, each of which is there once.
    #[doc(alias = "DeviceFiles::nodes")]
    fn gpushare_device_files_node_count(files: In<gpushare_device_files_t>) -> usize {
        files.nodes.len()
    }

    /// The node at an index, from 0; NULL beyond the last. Those that are shared come first, then for each GPU its own and those of its MIG
    /// devices. It lives as long as the files.
    #[doc(alias = "DeviceNode::cgroup_rule", alias = "DeviceNode::below")]
    fn gpushare_device_files_node(files: In<gpushare_device_files_t>, index: usize) -> *const gpushare_device_node_t {
        files.nodes.get(index).map_or(std::ptr::null(), std::ptr::from_ref)
    }

    /// Frees files. NULL is none.
    fn gpushare_device_files_free(files: Own<gpushare_device_files_t>) -> () {
        drop(files)
    }
}

exports! {
    /// The driver's table of the minor numbers of MIG capabilities, read from its file `mig-minors`. Free it with
    /// `gpushare_mig_minors_free`.
    #[doc(alias = "Nvml::mig_minors")]
    fn gpushare_nvml_mig_minors(nvml: In<gpushare_nvml_t>, minors: Out<*mut gpushare_mig_minors_t>) {
        minors.give(gpushare_mig_minors_t { minors: nvml.nvml.mig_minors()? })
    }

    /// The minor of the capability to change MIG instances.
    #[doc(alias = "MigMinors::config")]
    fn gpushare_mig_minors_config(minors: In<gpushare_mig_minors_t>) -> u32 {
        minors.minors.config()
    }

    /// The minor of the capability to see the whole of a GPU that has MIG instances.
    #[doc(alias = "MigMinors::monitor")]
    fn gpushare_mig_minors_monitor(minors: In<gpushare_mig_minors_t>) -> u32 {
        minors.minors.monitor()
    }

    /// The minor of the node that grants use of an instance. `gpu_minor` is that of `gpushare_gpu_minor_number`; `compute_instance` may be
    /// `GPUSHARE_NO_COMPUTE_INSTANCE`. `GPUSHARE_ERROR_INVALID_ARGUMENT` where the driver numbers no such.
    #[doc(alias = "MigMinors::minor")]
    fn gpushare_mig_minors_minor(
        minors: In<gpushare_mig_minors_t>,
        gpu_minor: u32,
        gpu_instance: u32,
        compute_instance: u32,
        minor: Out<u32>,
    ) {
        let inside = (compute_instance != GPUSHARE_NO_COMPUTE_INSTANCE).then_some(ComputeInstanceId(compute_instance));
        let found = minors.minors.minor(gpu_minor, GpuInstanceId(gpu_instance), inside);
        minor.set(found.ok_or_else(|| {
            let reason = format!("{gpu_instance}/{compute_instance} of GPU {gpu_minor} is not in the driver's table");
            Fault::Argument { name: "gpu_instance/compute_instance", reason }
        })?)
    }

    /// Frees a table. NULL is none.
    fn gpushare_mig_minors_free(minors: Own<gpushare_mig_minors_t>) -> () {
        drop(minors)
    }
}
