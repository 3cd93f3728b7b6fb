//! The files of the driver that a GPU or a MIG device needs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::device_node::{DeviceNode, below};
use super::majors::Majors;
use super::mig_minors::{self, MigMinors};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId, GpuUuid, MigUuid};
use crate::mig::MigDevice;
use crate::nvml::Nvml;

/// The minors of the nodes that are no GPU's, which the driver never changes.
const CONTROL: u32 = 255;
const MODESET: u32 = 254;
const UNIFIED_MEMORY: u32 = 0;
const UNIFIED_MEMORY_TOOLS: u32 = 1;

/// The files of the driver that a container or a job needs for a node, a GPU or a MIG device: plain data, from
/// [`Nvml::device_files`], [`Gpu::device_files`] and [`MigDevice::device_files`], or made by hand.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let gpu = nvml.gpu(0)?;
/// # gpu.set_mig_mode(true)?;
/// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
/// let device = gi.create_default_compute_instance()?.mig_device()?;
/// let files = device.device_files()?;
/// let paths: Vec<_> = files.nodes().iter().filter_map(|node| node.path.to_str()).collect();
/// assert_eq!(paths[..3], ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"]);
/// assert_eq!(paths[3..], ["/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap21", "/dev/nvidia-caps/nvidia-cap22"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFiles {
    /// The folder below which the driver's files are: that of the [session](Nvml::root).
    pub root: PathBuf,
    /// The version of the driver, such as `580.126.09`, which its libraries have in their names.
    pub driver_version: String,
    /// The nodes that every process with a GPU needs: `/dev/nvidiactl`, and `/dev/nvidia-uvm`, `/dev/nvidia-uvm-tools` and
    /// `/dev/nvidia-modeset` where they exist.
    pub shared: Vec<DeviceNode>,
    /// The GPUs, in NVML's order.
    pub gpus: Vec<GpuFiles>,
}

/// A GPU of [`DeviceFiles`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuFiles {
    /// The NVML index.
    pub index: u32,
    /// The UUID.
    pub uuid: GpuUuid,
    /// The product name, such as `NVIDIA A100-SXM4-40GB`.
    pub name: String,
    /// The GPU's own node, which its MIG devices need as well.
    pub node: DeviceNode,
    /// Whether MIG is enabled, in which case the GPU as a whole runs nothing.
    pub mig_enabled: bool,
    /// The MIG devices, in NVML's order.
    pub mig_devices: Vec<MigDeviceFiles>,
}

/// A MIG device of [`GpuFiles`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigDeviceFiles {
    /// The index among the MIG devices of the GPU.
    pub index: u32,
    /// The UUID.
    pub uuid: MigUuid,
    /// The name of its profile, such as `1c.2g.10gb`.
    pub name: String,
    /// The id of its GPU instance.
    pub gpu_instance_id: GpuInstanceId,
    /// The id of its compute instance.
    pub compute_instance_id: ComputeInstanceId,
    /// The node that grants use of its GPU instance.
    pub gpu_instance: DeviceNode,
    /// The node that grants use of its compute instance.
    pub compute_instance: DeviceNode,
}

impl DeviceFiles {
    /// All nodes, each once: those that are shared, then for each GPU its own and those of its MIG devices.
    pub fn nodes(&self) -> Vec<&DeviceNode> {
        let own = self.gpus.iter().flat_map(GpuFiles::nodes);
        let mut seen = BTreeSet::new();
        self.shared.iter().chain(own).filter(|node| seen.insert(*node)).collect()
    }
}

impl GpuFiles {
    fn nodes(&self) -> impl Iterator<Item = &DeviceNode> {
        let inside = self.mig_devices.iter().flat_map(|device| [&device.gpu_instance, &device.compute_instance]);
        std::iter::once(&self.node).chain(inside)
    }
}

impl Nvml {
    /// The driver's files for all GPUs and MIG devices of this node, as they are now.
    ///
    /// Paths and numbers are the driver's: those of `/proc/devices`, of each GPU, and of the table
    /// [`mig-minors`](Nvml::mig_minors). The nodes themselves need not exist yet: most are made when they are first used.
    ///
    /// # Errors
    ///
    /// [`Error::File`] where `/proc/devices` or `mig-minors` is not below the session's root, or lacks the driver; else as
    /// [`gpus`](Nvml::gpus) and [`mig_devices`](Gpu::mig_devices).
    pub fn device_files(&self) -> Result<DeviceFiles> {
        let source = Source::new(self)?;
        let gpus = self.gpus()?.iter().map(|gpu| source.gpu(gpu)).collect::<Result<_>>()?;
        source.files(gpus)
    }
}

impl Gpu {
    /// The driver's files for this GPU and its MIG devices.
    ///
    /// # Errors
    ///
    /// As [`Nvml::device_files`].
    pub fn device_files(&self) -> Result<DeviceFiles> {
        let nvml = self.nvml();
        let source = Source::new(&nvml)?;
        source.files(vec![source.gpu(self)?])
    }
}

impl MigDevice {
    /// The driver's files for this MIG device alone, among them those of its GPU.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), else as [`Nvml::device_files`].
    pub fn device_files(&self) -> Result<DeviceFiles> {
        let nvml = self.gpu().nvml();
        let source = Source::new(&nvml)?;
        let inside = vec![source.mig_device(self.index()?, self)?];
        source.files(vec![source.gpu_with(self.gpu(), true, inside)?])
    }
}

/// What the driver says of its devices.
struct Source<'a> {
    nvml: &'a Nvml,
    majors: Majors,
    /// The major of the GPUs.
    major: u32,
    /// A node without MIG devices may lack it.
    minors: once_cell::unsync::OnceCell<MigMinors>,
}

impl<'a> Source<'a> {
    fn new(nvml: &'a Nvml) -> Result<Self> {
        let majors = Majors::read(nvml.root())?;
        Ok(Self { nvml, major: majors.gpu()?, majors, minors: Default::default() })
    }

    fn files(&self, gpus: Vec<GpuFiles>) -> Result<DeviceFiles> {
        Ok(DeviceFiles {
            root: self.nvml.root().to_owned(),
            driver_version: self.nvml.driver_version()?,
            shared: self.shared(),
            gpus,
        })
    }

    fn shared(&self) -> Vec<DeviceNode> {
        let mut nodes = vec![DeviceNode::new("/dev/nvidiactl", self.major, CONTROL)];
        let memory = self.majors.unified_memory();
        let optional = [
            ("/dev/nvidia-uvm", memory, UNIFIED_MEMORY),
            ("/dev/nvidia-uvm-tools", memory, UNIFIED_MEMORY_TOOLS),
            ("/dev/nvidia-modeset", Some(self.major), MODESET),
        ];
        let there = |path: &str| below(self.nvml.root(), path.as_ref()).exists();
        let found = optional.into_iter().filter(|(path, ..)| there(path));
        nodes.extend(found.filter_map(|(path, major, minor)| Some(DeviceNode::new(path, major?, minor))));
        nodes
    }

    fn gpu(&self, gpu: &Gpu) -> Result<GpuFiles> {
        let mig_enabled = gpu.is_mig_enabled()?;
        let devices = if mig_enabled { gpu.indexed_mig_devices(gpu.max_mig_device_count()?)? } else { Vec::new() };
        let inside = devices.iter().map(|(index, device)| self.mig_device(*index, device));
        self.gpu_with(gpu, mig_enabled, inside.collect::<Result<_>>()?)
    }

    fn gpu_with(&self, gpu: &Gpu, mig_enabled: bool, mig_devices: Vec<MigDeviceFiles>) -> Result<GpuFiles> {
        let minor = gpu.minor_number()?;
        Ok(GpuFiles {
            index: gpu.index(),
            uuid: *gpu.uuid(),
            name: gpu.name().into(),
            node: DeviceNode::new(format!("/dev/nvidia{minor}"), self.major, minor),
            mig_enabled,
            mig_devices,
        })
    }

    fn mig_device(&self, index: u32, device: &MigDevice) -> Result<MigDeviceFiles> {
        let (gpu_instance_id, compute_instance_id) = (device.gpu_instance_id(), device.compute_instance_id());
        Ok(MigDeviceFiles {
            index,
            uuid: *device.uuid(),
            name: device.name()?,
            gpu_instance_id,
            compute_instance_id,
            gpu_instance: self.capability(device, None)?,
            compute_instance: self.capability(device, Some(compute_instance_id))?,
        })
    }

    fn capability(&self, device: &MigDevice, inside: Option<ComputeInstanceId>) -> Result<DeviceNode> {
        let minors = self.minors.get_or_try_init(|| self.nvml.mig_minors())?;
        let (gpu, instance) = (device.gpu().minor_number()?, device.gpu_instance_id());
        let minor = minors.minor(gpu, instance, inside).ok_or_else(|| {
            let inside = inside.map(|id| format!("/ci{id}")).unwrap_or_default();
            let reason = format!("there is no line for gpu{gpu}/gi{instance}{inside}/access");
            Error::File { path: self.nvml.root().join(mig_minors::FILE), reason, io: None }
        })?;
        Ok(DeviceNode::new(format!("/dev/nvidia-caps/nvidia-cap{minor}"), self.majors.capabilities()?, minor))
    }
}
