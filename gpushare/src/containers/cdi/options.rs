//! What a CDI specification is to say.

use std::path::PathBuf;

use super::name::CdiDeviceName;

/// What a CDI specification is to say beside the device nodes.
///
/// NVIDIA's own `nvidia-ctk cdi generate` writes more, some of which only its programs can do:
///
/// | it writes | here |
/// | --- | --- |
/// | nodes of GPUs, MIG devices and what all programs need; `NVIDIA_VISIBLE_DEVICES=void` | always |
/// | the driver's libraries, `nvidia-smi` and the programs of MPS, firmware, the sockets of its daemons | [`driver_files`](Self::driver_files) |
/// | the hooks `create-symlinks` and `update-ldcache` | [`hook`](Self::hook) |
/// | the hooks `enable-cuda-compat`, `disable-device-node-modification` and `update-application-profile` | no |
/// | `/dev/dri`, and the files of X, Vulkan, EGL and VDPAU | no |
/// | GDS, GDRCopy, IMEX channels, NVSwitches; the folder of an MPS daemon | no |
///
/// ```
/// use gpushare::{CdiDeviceName, CdiOptions};
/// let options = CdiOptions::new().kind("example.com", "gpu").names([CdiDeviceName::Uuid]).without_all();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CdiOptions {
    /// The vendor of the devices, as a domain.
    pub vendor: String,
    /// The class of the devices.
    pub class: String,
    /// What the devices are called: each once for each of these.
    pub names: Vec<CdiDeviceName>,
    /// Whether there is a device `all`, which is all the others.
    pub all: bool,
    /// The folder of the driver's files as the container runtime sees it; `None` for [`DeviceFiles::root`](crate::DeviceFiles::root).
    pub host_root: Option<PathBuf>,
    /// Whether device nodes have their numbers, instead of those that the host's node has when a container starts.
    pub device_numbers: bool,
    /// Whether containers get the driver's libraries, programs, firmware and sockets.
    pub driver_files: bool,
    /// NVIDIA's program `nvidia-cdi-hook` or `nvidia-ctk`, which makes the libraries known in a container.
    pub hook: Option<PathBuf>,
}

impl Default for CdiOptions {
    fn default() -> Self {
        Self {
            vendor: "nvidia.com".into(),
            class: "gpu".into(),
            names: vec![CdiDeviceName::Index, CdiDeviceName::Uuid],
            all: true,
            host_root: None,
            device_numbers: false,
            driver_files: false,
            hook: None,
        }
    }
}

impl CdiOptions {
    /// The defaults: devices of the kind `nvidia.com/gpu` by index and by UUID, and `all`, with their nodes alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes devices of this vendor and class.
    pub fn kind(mut self, vendor: impl Into<String>, class: impl Into<String>) -> Self {
        (self.vendor, self.class) = (vendor.into(), class.into());
        self
    }

    /// Gives each device these names, at least one.
    pub fn names(mut self, names: impl IntoIterator<Item = CdiDeviceName>) -> Self {
        self.names = names.into_iter().collect();
        self
    }

    /// Makes no device `all`.
    pub fn without_all(mut self) -> Self {
        self.all = false;
        self
    }

    /// Says where the container runtime finds the driver's files, where that is another folder than the one in which this program does:
    /// `/` for a program in a container that has the host's `/` below `/host`.
    pub fn host_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.host_root = Some(root.into());
        self
    }

    /// Gives nodes their numbers. A runtime then needs no node on the host; but the specification is wrong after a reboot, when the kernel
    /// gives out other major numbers.
    pub fn device_numbers(mut self) -> Self {
        self.device_numbers = true;
        self
    }

    /// Gives containers the driver's libraries, programs, firmware and sockets, found below the
    /// [root](crate::DeviceFiles::root) where the driver's packages have them.
    ///
    /// Libraries have in a container the path that they have on the host, and each of their names there. The loader of a container that
    /// looks elsewhere does not find them: [`hook`](Self::hook) helps. Display, X and Vulkan's and EGL's files are not among them.
    pub fn driver_files(mut self) -> Self {
        self.driver_files = true;
        self
    }

    /// Gives containers the driver's files, and lets NVIDIA's program make them known: its `create-symlinks` makes the libraries' other
    /// names, and `update-ldcache` tells the container's loader of their folders. The program is `nvidia-cdi-hook`, or `nvidia-ctk` of older
    /// versions of the NVIDIA Container Toolkit, by its absolute path on the host.
    pub fn hook(mut self, program: impl Into<PathBuf>) -> Self {
        self.hook = Some(program.into());
        self.driver_files()
    }
}
