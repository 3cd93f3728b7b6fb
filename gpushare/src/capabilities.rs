//! Capability device nodes: which file under `/dev/nvidia-caps` lets a process use which instance.
//!
//! Source: the driver's files `/proc/driver/nvidia/capabilities`, described in NVIDIA's MIG User Guide, "Device Nodes and Capabilities".

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::mig::{ComputeInstance, GpuInstance, MigDevice};

/// GPU instances that the driver numbers per GPU, and compute instances per GPU instance.
const GPU_INSTANCES: u32 = 15;
const COMPUTE_INSTANCES: u32 = 8;
/// The minor of the first GPU instance's node; those before belong to the MIG `config` and `monitor` capabilities.
const FIRST_INSTANCE_MINOR: u32 = 3;

/// The minor number of the node that grants use of an instance, by the driver's numbering.
///
/// `gpu_minor` is the GPU's [minor number](Gpu::minor_number). Without `compute_instance`, the node is the GPU instance's own. The number
/// is the same whether or not the instance exists; `None` beyond what the driver numbers.
///
/// ```
/// use gpushare::{ComputeInstanceId, GpuInstanceId, capability_minor};
/// assert_eq!(capability_minor(0, GpuInstanceId(2), None), Some(21));
/// assert_eq!(capability_minor(0, GpuInstanceId(3), Some(ComputeInstanceId(1))), Some(32));
/// ```
pub fn capability_minor(
    gpu_minor: u32,
    gpu_instance: GpuInstanceId,
    compute_instance: Option<ComputeInstanceId>,
) -> Option<u32> {
    let inside = match compute_instance {
        None => 0,
        Some(ComputeInstanceId(id)) if id < COMPUTE_INSTANCES => 1 + id,
        Some(_) => return None,
    };
    if gpu_instance.0 >= GPU_INSTANCES {
        return None;
    }
    let before = gpu_minor.checked_mul(GPU_INSTANCES)?.checked_add(gpu_instance.0)?;
    before.checked_mul(1 + COMPUTE_INSTANCES)?.checked_add(FIRST_INSTANCE_MINOR + inside)
}

/// A capability of the driver: a file that describes it, and the device node that grants it to whoever may open it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Capability {
    /// The driver's file that describes it, below the session's root: `…/proc/driver/nvidia/capabilities/gpu0/mig/gi2/access`.
    pub file: PathBuf,
    /// The minor number of the device node, as that file says.
    pub minor: u32,
    /// The permissions that the driver wants for the node, such as 0o444.
    pub mode: u32,
    /// The device node, as programs name it: `/dev/nvidia-caps/nvidia-cap21`. The session's root is not part of it.
    pub node: PathBuf,
}

/// The two capabilities that a process needs for a MIG device, beside the GPU's own device nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MigDeviceCapabilities {
    /// That of the GPU instance.
    pub gpu_instance: Capability,
    /// That of the compute instance.
    pub compute_instance: Capability,
}

fn read(root: &Path, below: &str) -> Result<Capability> {
    let file = root.join("proc/driver/nvidia/capabilities").join(below);
    let fail = |reason: String, io| Error::File { path: file.clone(), reason, io };
    let content = fs::read_to_string(&file).map_err(|error| fail(error.to_string(), Some(error.kind())))?;
    let field = |name: &str| {
        let line = content.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|value| crate::id::parse_decimal(value.trim()))
            .ok_or_else(|| fail(format!("no line \"{name}: <number>\" in {content:?}"), None))
    };
    let (minor, mode) = (field("DeviceFileMinor")?, field("DeviceFileMode")?);
    Ok(Capability { minor, mode, node: format!("/dev/nvidia-caps/nvidia-cap{minor}").into(), file })
}

fn gpu_instance_capability(gpu: &Gpu, id: GpuInstanceId) -> Result<Capability> {
    read(&gpu.0.session.root, &format!("gpu{}/mig/gi{id}/access", gpu.minor_number()?))
}

fn compute_instance_capability(gpu: &Gpu, gi: GpuInstanceId, ci: ComputeInstanceId) -> Result<Capability> {
    read(&gpu.0.session.root, &format!("gpu{}/mig/gi{gi}/ci{ci}/access", gpu.minor_number()?))
}

impl GpuInstance {
    /// The capability that grants use of this GPU instance, read from the driver's files.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names the file; [`NotFound`](crate::ErrorKind::NotFound) where the instance no longer exists or the
    /// driver's files are not below the session's root.
    pub fn capability(&self) -> Result<Capability> {
        gpu_instance_capability(self.gpu(), self.id())
    }
}

impl ComputeInstance {
    /// The capability that grants use of this compute instance, read from the driver's files.
    ///
    /// # Errors
    ///
    /// As [`GpuInstance::capability`].
    pub fn capability(&self) -> Result<Capability> {
        compute_instance_capability(self.gpu_instance().gpu(), self.gpu_instance().id(), self.id())
    }
}

impl MigDevice {
    /// Both capabilities that a process needs for this device, read from the driver's files.
    ///
    /// # Errors
    ///
    /// As [`GpuInstance::capability`].
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
    /// let device = gi.create_default_compute_instance()?.mig_device()?;
    /// let needed = device.capabilities()?;
    /// assert_eq!(needed.gpu_instance.node.to_str(), Some("/dev/nvidia-caps/nvidia-cap21"));
    /// assert_eq!(needed.compute_instance.node.to_str(), Some("/dev/nvidia-caps/nvidia-cap22"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capabilities(&self) -> Result<MigDeviceCapabilities> {
        Ok(MigDeviceCapabilities {
            gpu_instance: gpu_instance_capability(self.gpu(), self.gpu_instance_id())?,
            compute_instance: compute_instance_capability(
                self.gpu(),
                self.gpu_instance_id(),
                self.compute_instance_id(),
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_end_where_the_driver_ends() {
        assert_eq!(capability_minor(0, GpuInstanceId(0), None), Some(3));
        // The last line of mig-minors: gpu31/gi14/ci7/access 4322.
        assert_eq!(capability_minor(31, GpuInstanceId(14), Some(ComputeInstanceId(7))), Some(4322));
        assert_eq!(capability_minor(0, GpuInstanceId(15), None), None);
        assert_eq!(capability_minor(0, GpuInstanceId(0), Some(ComputeInstanceId(8))), None);
        assert_eq!(capability_minor(u32::MAX, GpuInstanceId(0), None), None);
    }
}
