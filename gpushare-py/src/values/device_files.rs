//! The files of the driver that a node, a GPU or a MIG device needs.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyType;

use gpushare::{ComputeInstanceId, GpuInstanceId};

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::value;

value! {
    "gpushare", json,
    /// A character device of the driver, which a process opens to use a GPU.
    ///
    /// >>> [node.cgroup_rule() for node in gpu.device_files().nodes()]
    /// ['c 195:255 rw', 'c 511:0 rw', 'c 511:1 rw', 'c 195:0 rw']
    DeviceNode = gpushare::DeviceNode {
        /// The node, as programs name it: `/dev/nvidia0`. The session's root is not part of it.
        path: PathBuf,
        /// The major number. But for 195 the kernel gives it out anew at each boot.
        major: u32,
        /// The minor number.
        minor: u32,
    }

    #[new]
    fn new(path: PathBuf, major: u32, minor: u32) -> Self {
        Self(gpushare::DeviceNode { path, major, minor })
    }

    /// The rule that lets a control group read and write the device: `c 195:0 rw`, as the file `devices.allow` of control groups v1 and
    /// `docker run --device-cgroup-rule` take it.
    fn cgroup_rule(&self) -> String {
        self.0.cgroup_rule()
    }

    /// Where the node is on a host that has the driver's files below this folder: `/run/nvidia/driver/dev/nvidia0`.
    #[pyo3(signature = (root: "str | os.PathLike[str]"))]
    fn below(&self, root: PathBuf) -> PathBuf {
        self.0.below(&root)
    }
}

value! {
    "gpushare", json,
    /// The files of the driver that a container or a job needs for a node, a GPU or a MIG device: from `Nvml.device_files`,
    /// `Gpu.device_files` and `MigDevice.device_files`, or made by hand.
    ///
    /// >>> device = gpu.apply_layout("4g.20gb", directory=folder).made[0]
    /// >>> [str(node.path) for node in device.device_files().nodes()][3:]
    /// ['/dev/nvidia0', '/dev/nvidia-caps/nvidia-cap21', '/dev/nvidia-caps/nvidia-cap22']
    DeviceFiles = gpushare::DeviceFiles {
        /// The folder below which the driver's files are.
        root: PathBuf,
        /// The version of the driver, which its libraries have in their names.
        driver_version: String,
        /// The nodes that every process with a GPU needs.
        shared: Vec<DeviceNode>,
        /// The GPUs, in NVML's order.
        gpus: Vec<GpuFiles>,
    }

    #[new]
    #[pyo3(signature = (root: "str | os.PathLike[str]", driver_version, shared, gpus))]
    fn new(root: PathBuf, driver_version: String, shared: Vec<DeviceNode>, gpus: Vec<GpuFiles>) -> Self {
        let shared = shared.into_iter().map(|node| node.0).collect();
        Self(gpushare::DeviceFiles { root, driver_version, shared, gpus: gpus.into_iter().map(|gpu| gpu.0).collect() })
    }

    /// All nodes, each once: those that are shared, then for each GPU its own and those of its MIG devices.
    fn nodes(&self) -> Vec<DeviceNode> {
        self.0.nodes().into_iter().map(|node| node.to_python()).collect()
    }
}

value! {
    "gpushare", json,
    /// A GPU of `DeviceFiles`.
    GpuFiles = gpushare::GpuFiles {
        /// The NVML index.
        index: u32,
        /// The UUID.
        uuid: String,
        /// The product name.
        name: String,
        /// The GPU's own node, which its MIG devices need as well.
        node: DeviceNode,
        /// Whether MIG is enabled, in which case the GPU as a whole runs nothing.
        mig_enabled: bool,
        /// The MIG devices, in NVML's order.
        mig_devices: Vec<MigDeviceFiles>,
    }

    #[new]
    #[pyo3(signature = (index, uuid, name, node, mig_enabled=false, mig_devices=Vec::new()))]
    fn new(
        py: Python<'_>,
        index: u32,
        uuid: &str,
        name: String,
        node: DeviceNode,
        mig_enabled: bool,
        mig_devices: Vec<MigDeviceFiles>,
    ) -> PyResult<Self> {
        let uuid = uuid.parse().map_err(|error: gpushare::Error| error.raise(py))?;
        let mig_devices = mig_devices.into_iter().map(|device| device.0).collect();
        Ok(Self(gpushare::GpuFiles { index, uuid, name, node: node.0, mig_enabled, mig_devices }))
    }
}

value! {
    "gpushare", json,
    /// A MIG device of `GpuFiles`.
    MigDeviceFiles = gpushare::MigDeviceFiles {
        /// The index among the MIG devices of the GPU.
        index: u32,
        /// The UUID.
        uuid: String,
        /// The name of its profile, such as `1c.2g.10gb`.
        name: String,
        /// The id of its GPU instance.
        gpu_instance_id: u32,
        /// The id of its compute instance.
        compute_instance_id: u32,
        /// The node that grants use of its GPU instance.
        gpu_instance: DeviceNode,
        /// The node that grants use of its compute instance.
        compute_instance: DeviceNode,
    }

    #[new]
    #[expect(clippy::too_many_arguments, reason = "one for each attribute")]
    fn new(
        py: Python<'_>,
        index: u32,
        uuid: &str,
        name: String,
        gpu_instance_id: u32,
        compute_instance_id: u32,
        gpu_instance: DeviceNode,
        compute_instance: DeviceNode,
    ) -> PyResult<Self> {
        Ok(Self(gpushare::MigDeviceFiles {
            index,
            uuid: uuid.parse().map_err(|error: gpushare::Error| error.raise(py))?,
            name,
            gpu_instance_id: GpuInstanceId(gpu_instance_id),
            compute_instance_id: ComputeInstanceId(compute_instance_id),
            gpu_instance: gpu_instance.0,
            compute_instance: compute_instance.0,
        }))
    }
}

/// The driver's table of the minor numbers of MIG capabilities: of every instance that could be, whether or not it is.
///
/// >>> minors = nvml.mig_minors()
/// >>> minors.config(), minors.monitor(), minors.minor(0, 9), minors.minor(0, 9, compute_instance=0)
/// (1, 2, 84, 85)
#[pyclass(frozen, eq, module = "gpushare")]
#[derive(PartialEq)]
pub(crate) struct MigMinors(gpushare::MigMinors);

#[pymethods]
impl MigMinors {
    /// The minor of the capability to change MIG instances.
    fn config(&self) -> u32 {
        self.0.config()
    }

    /// The minor of the capability to see the whole of a GPU that has MIG instances.
    fn monitor(&self) -> u32 {
        self.0.monitor()
    }

    /// The minor of the node that grants use of an instance; `None` where the driver numbers no such.
    ///
    /// `gpu_minor` is the GPU's `minor_number()`. Without `compute_instance`, the node is the GPU instance's own.
    #[pyo3(signature = (gpu_minor, gpu_instance, compute_instance=None))]
    fn minor(&self, gpu_minor: u32, gpu_instance: u32, compute_instance: Option<u32>) -> Option<u32> {
        self.0.minor(gpu_minor, GpuInstanceId(gpu_instance), compute_instance.map(ComputeInstanceId))
    }

    fn __repr__(&self) -> &'static str {
        "<MigMinors>"
    }
}

impl ToPython<MigMinors> for gpushare::MigMinors {
    fn to_python(&self) -> MigMinors {
        MigMinors(self.clone())
    }
}
