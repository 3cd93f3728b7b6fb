//! `NVIDIA_VISIBLE_DEVICES`: which devices a container is given.
//!
//! Source: NVIDIA Container Toolkit documentation, "Specialized Configurations with Docker", and for what it leaves open the sources of
//! the NVIDIA Container Toolkit (which words, white space) and of libnvidia-container (how an entry is matched).

use std::fmt;
use std::str::FromStr;

use super::NVIDIA_VISIBLE_DEVICES;
use super::cuda_devices::CudaDevice;
use super::fault::EntryFault;
use super::node::{VisibleGpu, VisibleMigDevice, VisibleNode};
use crate::error::{Error, Result};
use crate::id::{GpuUuid, MigUuid, PciAddress, parse_decimal};

/// The value of `NVIDIA_VISIBLE_DEVICES`, which the NVIDIA Container Toolkit reads when it starts a container.
///
/// Unlike CUDA it refuses a list with an unknown entry, gives a device that is named twice once, and takes whole UUIDs alone, in either
/// case; that last rule is libnvidia-container's, while the documentation has `GPU-fef8089b` as an example.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// use gpushare::NvidiaVisibleDevices;
/// let gpu = nvml.gpu(0)?;
/// gpu.set_mig_mode(true)?;
/// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("1g.5gb")?)?;
/// let device = gi.create_default_compute_instance()?.mig_device()?;
///
/// let value: NvidiaVisibleDevices = "0:0, 1".parse()?;
/// let given = value.resolve(&nvml.visible_node()?)?;
/// assert_eq!(given[0].uuid(), device.uuid().to_string());
/// assert_eq!(value.to_string(), "0:0,1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NvidiaVisibleDevices {
    /// `void`, empty or not set: the toolkit leaves the container alone.
    Void,
    /// `none`: no device, but the driver's libraries and files.
    None,
    /// `all`: every device.
    All,
    /// These devices, at least one.
    Devices(Vec<ContainerDevice>),
}

/// One entry of `NVIDIA_VISIBLE_DEVICES`. It prints as the toolkit reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContainerDevice {
    /// A GPU by its NVML index: `0`.
    Index(u32),
    /// A MIG device by the NVML index of its GPU and its place among that GPU's MIG devices: `0:1`.
    MigIndex {
        /// The GPU.
        gpu: u32,
        /// The place of the MIG device, from 0.
        mig: u32,
    },
    /// A GPU by UUID.
    Gpu(GpuUuid),
    /// A MIG device by UUID, in either form.
    Mig(MigUuid),
    /// A GPU by its address on the PCI bus. Not documented.
    Pci(PciAddress),
}

/// A text that begins with a word in any case, with that word as it is usually written.
fn with_head(text: &str, head: &str) -> Option<String> {
    let (first, rest) = text.split_at_checked(head.len())?;
    first.eq_ignore_ascii_case(head).then(|| format!("{head}{rest}"))
}

impl ContainerDevice {
    fn read(text: &str) -> Result<Self, EntryFault> {
        let index = || parse_decimal(text).map(Self::Index);
        let mig_index = || {
            let (gpu, mig) = text.split_once(':')?;
            Some(Self::MigIndex { gpu: parse_decimal(gpu)?, mig: parse_decimal(mig)? })
        };
        let gpu = || with_head(text, "GPU-")?.parse().ok().map(Self::Gpu);
        let mig = || {
            let text = with_head(text, "MIG-")?;
            let text = with_head(&text, "MIG-GPU-").unwrap_or(text);
            text.parse().ok().map(Self::Mig)
        };
        let pci = || text.parse().ok().map(Self::Pci);
        index().or_else(mig_index).or_else(gpu).or_else(mig).or_else(pci).ok_or(EntryFault::Malformed)
    }

    fn find(&self, node: &VisibleNode) -> Result<CudaDevice, EntryFault> {
        let device = |gpu: &VisibleGpu, mig: Option<VisibleMigDevice>| CudaDevice {
            entry: None,
            gpu: gpu.index,
            gpu_uuid: gpu.uuid,
            mig,
        };
        let gpu = |is_it: &dyn Fn(&VisibleGpu) -> bool| node.gpus.iter().find(|gpu| is_it(gpu));
        let at = |index: u32| gpu(&|gpu| gpu.index == index).ok_or(EntryFault::NoSuchGpu { gpus: node.gpus.len() });
        match *self {
            Self::Index(index) => at(index).map(|gpu| device(gpu, None)),
            Self::MigIndex { gpu, mig } => {
                let gpu = at(gpu)?;
                let mig = gpu.mig_devices.get(mig as usize).ok_or(EntryFault::NoSuchMigDevice)?;
                Ok(device(gpu, Some(*mig)))
            }
            Self::Gpu(uuid) => gpu(&|gpu| gpu.uuid == uuid).map(|gpu| device(gpu, None)).ok_or(EntryFault::NoSuchUuid),
            Self::Pci(address) => {
                let there = gpu(&|gpu| gpu.pci_address == address);
                there.map(|gpu| device(gpu, None)).ok_or(EntryFault::NoSuchGpu { gpus: node.gpus.len() })
            }
            Self::Mig(uuid) => {
                let all = node.gpus.iter().flat_map(|gpu| gpu.mig_devices.iter().map(move |mig| (gpu, mig)));
                let mut named = all.filter(|(_, mig)| mig.uuid == uuid);
                named.next().map(|(gpu, mig)| device(gpu, Some(*mig))).ok_or(EntryFault::NoSuchUuid)
            }
        }
    }
}

impl NvidiaVisibleDevices {
    /// The devices that a container is given, each once, in the order of the list. `all` is every GPU and every MIG device.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidVisibleDevices`] names the first entry that is no device of the node, for which the toolkit refuses to start the
    /// container.
    pub fn resolve(&self, node: &VisibleNode) -> Result<Vec<CudaDevice>> {
        match self {
            Self::Void | Self::None => Ok(Vec::new()),
            Self::All => Ok(all(node)),
            Self::Devices(entries) => {
                let mut devices: Vec<CudaDevice> = Vec::new();
                for (position, entry) in entries.iter().enumerate() {
                    let found = entry.find(node).map_err(|fault| invalid(position, &entry.to_string(), fault))?;
                    if !devices.iter().any(|earlier| earlier.is(&found)) {
                        devices.push(CudaDevice { entry: Some(position), ..found });
                    }
                }
                Ok(devices)
            }
        }
    }
}

fn all(node: &VisibleNode) -> Vec<CudaDevice> {
    let device = |gpu: &VisibleGpu, mig| CudaDevice { entry: None, gpu: gpu.index, gpu_uuid: gpu.uuid, mig };
    let of = |gpu: &VisibleGpu| {
        let parts = gpu.mig_devices.iter().map(|mig| device(gpu, Some(*mig))).collect::<Vec<_>>();
        std::iter::once(device(gpu, None)).chain(parts).collect::<Vec<_>>()
    };
    node.gpus.iter().flat_map(of).collect()
}

fn invalid(position: usize, entry: &str, fault: EntryFault) -> Error {
    Error::InvalidVisibleDevices { variable: NVIDIA_VISIBLE_DEVICES, position, entry: entry.into(), fault }
}

impl FromStr for NvidiaVisibleDevices {
    type Err = Error;

    /// Reads a value. Entries that are empty do not count; a word that is there beside others stands alone: `void` before `none` before
    /// `all`. An error counts all entries, from 0.
    fn from_str(text: &str) -> Result<Self> {
        let entries = || text.split(',').map(str::trim).enumerate().filter(|(_, entry)| !entry.is_empty());
        let has = |word: &str| entries().any(|(_, entry)| entry == word);
        if entries().next().is_none() || has("void") {
            return Ok(Self::Void);
        }
        if has("none") {
            return Ok(Self::None);
        }
        if has("all") {
            return Ok(Self::All);
        }
        let read = |(position, entry)| ContainerDevice::read(entry).map_err(|fault| invalid(position, entry, fault));
        entries().map(read).collect::<Result<_>>().map(Self::Devices)
    }
}

impl FromIterator<ContainerDevice> for NvidiaVisibleDevices {
    /// The devices; [`None`](NvidiaVisibleDevices::None) where there are none.
    fn from_iter<I: IntoIterator<Item = ContainerDevice>>(devices: I) -> Self {
        let devices: Vec<_> = devices.into_iter().collect();
        if devices.is_empty() { Self::None } else { Self::Devices(devices) }
    }
}

impl fmt::Display for NvidiaVisibleDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::None => f.write_str("none"),
            Self::All => f.write_str("all"),
            Self::Devices(devices) => {
                for (at, device) in devices.iter().enumerate() {
                    write!(f, "{}{device}", if at == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for ContainerDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::MigIndex { gpu, mig } => write!(f, "{gpu}:{mig}"),
            Self::Gpu(uuid) => uuid.fmt(f),
            Self::Mig(uuid) => uuid.fmt(f),
            Self::Pci(address) => address.fmt(f),
        }
    }
}
