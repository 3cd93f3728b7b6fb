//! Capability device nodes: which file under `/dev/nvidia-caps` lets a process use which instance.

use std::ffi::{CString, c_char};

use core::{Capability, ComputeInstanceId, GpuInstanceId};

use crate::argument::{In, Out, Own};
use crate::boundary::Fault;
use crate::compute_instance::gpushare_compute_instance_t;
use crate::gpu_instance::gpushare_gpu_instance_t;
use crate::mig_device::gpushare_mig_device_t;
use crate::nvml::c_path;

/// A capability of the driver: a file that describes it, and the device node that grants it to whoever may open it. Threads may use one
/// at the same time.
pub struct gpushare_capability_t {
    file: CString,
    node: CString,
    minor: u32,
    mode: u32,
}

/// No compute instance: the GPU instance's own.
pub const GPUSHARE_NO_COMPUTE_INSTANCE: u32 = 4294967295;

impl From<Capability> for gpushare_capability_t {
    fn from(capability: Capability) -> Self {
        Self {
            file: c_path(&capability.file),
            node: c_path(&capability.node),
            minor: capability.minor,
            mode: capability.mode,
        }
    }
}

exports! {
    /// The minor number of the node that grants use of an instance, by the driver's numbering, whether or not the instance exists.
    /// `compute_instance` may be `GPUSHARE_NO_COMPUTE_INSTANCE`. `GPUSHARE_ERROR_INVALID_ARGUMENT` beyond what the driver numbers.
    #[doc(alias = "capability_minor")]
    fn gpushare_capability_minor_of(gpu_minor: u32, gpu_instance: u32, compute_instance: u32, minor: Out<u32>) {
        let inside = (compute_instance != GPUSHARE_NO_COMPUTE_INSTANCE).then_some(ComputeInstanceId(compute_instance));
        let found = core::capability_minor(gpu_minor, GpuInstanceId(gpu_instance), inside);
        minor.set(found.ok_or_else(|| {
            let reason = format!("{gpu_instance}/{compute_instance} of GPU {gpu_minor} is beyond what the driver numbers");
            Fault::Argument { name: "gpu_instance/compute_instance", reason }
        })?)
    }

    /// The capability that grants use of a GPU instance, read from the driver's files. Free it with `gpushare_capability_free`.
    #[doc(alias = "GpuInstance::capability")]
    fn gpushare_gpu_instance_capability(
        instance: In<gpushare_gpu_instance_t>,
        capability: Out<*mut gpushare_capability_t>,
    ) {
        capability.give(instance.instance.capability()?.into())
    }

    /// The capability that grants use of a compute instance, read from the driver's files. Free it with `gpushare_capability_free`.
    #[doc(alias = "ComputeInstance::capability")]
    fn gpushare_compute_instance_capability(
        instance: In<gpushare_compute_instance_t>,
        capability: Out<*mut gpushare_capability_t>,
    ) {
        capability.give(instance.instance.capability()?.into())
    }

    /// Both capabilities that a process needs for a MIG device, read from the driver's files. Free each with
    /// `gpushare_capability_free`.
    #[doc(alias = "MigDevice::capabilities")]
    fn gpushare_mig_device_capabilities(
        device: In<gpushare_mig_device_t>,
        gpu_instance: Out<*mut gpushare_capability_t>,
        compute_instance: Out<*mut gpushare_capability_t>,
    ) {
        let found = device.device.capabilities()?;
        gpu_instance.give(found.gpu_instance.into())?;
        compute_instance.give(found.compute_instance.into())
    }

    /// The driver's file that describes it. It lives as long as the capability.
    fn gpushare_capability_file(capability: In<gpushare_capability_t>) -> *const c_char {
        capability.file.as_ptr()
    }

    /// The device node, as programs name it: "/dev/nvidia-caps/nvidia-cap21". It lives as long as the capability.
    fn gpushare_capability_node(capability: In<gpushare_capability_t>) -> *const c_char {
        capability.node.as_ptr()
    }

    /// The minor number of the device node.
    fn gpushare_capability_minor(capability: In<gpushare_capability_t>) -> u32 {
        capability.minor
    }

    /// The permissions that the driver wants for the node, such as 0444.
    fn gpushare_capability_mode(capability: In<gpushare_capability_t>) -> u32 {
        capability.mode
    }

    /// Frees a capability. NULL is none.
    fn gpushare_capability_free(capability: Own<gpushare_capability_t>) -> () {
        drop(capability)
    }
}
