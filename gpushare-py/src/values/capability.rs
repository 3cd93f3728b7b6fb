//! Capability device nodes.

use std::path::PathBuf;

use pyo3::prelude::*;

use gpushare::{ComputeInstanceId, GpuInstanceId};

use crate::value::value;

value! {
    "gpushare",
    /// A capability of the driver: a file that describes it, and the device node that grants it to whoever may open it.
    Capability = gpushare::Capability {
        /// The driver's file that describes it, below the session's root.
        file: PathBuf,
        /// The minor number of the device node, as that file says.
        minor: u32,
        /// The permissions that the driver wants for the node, such as 0o444.
        mode: u32,
        /// The device node, as programs name it: `/dev/nvidia-caps/nvidia-cap21`. The session's root is not part of it.
        node: PathBuf,
    }
}

value! {
    "gpushare",
    /// The two capabilities that a process needs for a MIG device, beside the GPU's own device nodes.
    MigDeviceCapabilities = gpushare::MigDeviceCapabilities {
        /// That of the GPU instance.
        gpu_instance: Capability,
        /// That of the compute instance.
        compute_instance: Capability,
    }
}

/// The minor number of the node that grants use of an instance, by the driver's numbering.
///
/// `gpu_minor` is the GPU's `minor_number()`. Without `compute_instance`, the node is the GPU instance's own. The number is the same
/// whether or not the instance exists; `None` beyond what the driver numbers.
///
/// >>> gpushare.capability_minor(0, 2)
/// 21
/// >>> gpushare.capability_minor(0, 3, compute_instance=1)
/// 32
#[pyfunction]
#[pyo3(signature = (gpu_minor, gpu_instance, compute_instance=None))]
pub(crate) fn capability_minor(gpu_minor: u32, gpu_instance: u32, compute_instance: Option<u32>) -> Option<u32> {
    gpushare::capability_minor(gpu_minor, GpuInstanceId(gpu_instance), compute_instance.map(ComputeInstanceId))
}
