//! The value of `CUDA_VISIBLE_DEVICES`.

use std::fmt;
use std::str::FromStr;

use super::CUDA_VISIBLE_DEVICES;
use super::cuda_devices::CudaDevices;
use super::entry::VisibleDevice;
use super::fault::EntryFault;
use super::node::VisibleNode;
use super::rules::{CudaRules, MOST_MIG_DEVICES, MigEnumeration};
use crate::error::{Error, Result};
use crate::id::{ComputeInstanceId, GpuInstanceId};

/// The longest value that CUDA reads, in bytes: 64 entries of 41.
pub(super) const MOST_BYTES: usize = 2624;

/// The value of `CUDA_VISIBLE_DEVICES`: entries in the order in which the program is to number them.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// use gpushare::{CUDA_VISIBLE_DEVICES, VisibleDevices};
/// let rules = nvml.cuda_rules()?;
/// let devices: VisibleDevices = nvml.gpus()?.iter().take(2).map(|gpu| gpu.visible_device()).collect();
/// let worker = std::process::Command::new("worker").env(CUDA_VISIBLE_DEVICES, devices.value(&rules)?);
///
/// // What would a program see with a value that somebody else set?
/// let devices: VisibleDevices = " 01,0x".parse()?;
/// assert_eq!(devices.to_string(), "1,0");
/// let seen = devices.resolve(&nvml.visible_node()?, &rules)?;
/// assert_eq!(seen.devices[0].uuid(), "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Rules
///
/// | | rule | source |
/// | --- | --- | --- |
/// | not set | All devices are visible. | P |
/// | empty | No device is visible. | P |
/// | `0,2` | GPUs by index, numbered in the order of the list. Which GPU has an index is what [`DeviceOrder`](crate::DeviceOrder) says. | P |
/// | `GPU-9e4a` | A GPU by UUID, or by as many of its first digits as no other GPU's UUID has. | P |
/// | `0,9,1` | The first invalid entry ends the list: those before it count. | P for indices, m for UUIDs |
/// | `0,-1,1` | A negative index is an invalid one. | P |
/// | `GPU-9e,GPU-x`, `,0`, `0,,1` | What is not well-formed, and an empty entry, ends the list too. | m |
/// | `GPU-9`, ambiguous | ends the list. | r |
/// | `0,0`; `GPU-9e,GPU-9e4a` | A device that is named again makes CUDA fail: no device is visible. Behind the end of the list nothing is named. | m |
/// | `0,GPU-9e4a` | The first entry says whether the list is one of indices or of UUIDs; one of the other kind ends it. | m |
/// | ` 0`, `+0`, `-0`, `007`, `0x1`, `0 1`, `0;1` | An index is read as C's `strtoul` reads decimal numbers: white space and a sign before it, zeros in front, anything behind it. | m |
/// | `4294967296` | is cut to 32 bits, so this is 0. | m |
/// | `gpu-9e4a`, ` GPU-9e4a` | `GPU-` and `MIG-` are read as they are written here, with nothing before them. | m |
/// | `GPU-9E4AEB94`, `GPU-9e4-aeb94`, `GPU--` | Digits have either case. Dashes do not count, so the last is the beginning of all UUIDs. | m |
/// | `GPU-9e4aeb94…b3a9x` | Nothing counts behind a whole UUID; behind a part of one, it makes the entry invalid. | m |
/// | `MIG-c421` | A MIG device by UUID, or by its first digits. | M; for first digits, m on a GPU's |
/// | `MIG-9e4a` | With the digits of a GPU that is not in MIG mode, that GPU. | m |
/// | `MIG-GPU-9e4aeb94…/2/0` | A MIG device by its GPU and its ids; the GPU's UUID whole, nothing behind. | P, M; that it must be whole is assumed |
/// | `0:2/0` | The same by the GPU's index. Where the GPU is not in MIG mode, the index alone. | r; m |
/// | `0`, `GPU-9e4a` in MIG mode | stands for the first MIG device of the GPU; without any, it ends the list. | r; assumed |
/// | two MIG devices | What [`MigEnumeration`](crate::MigEnumeration) says. | M, P |
/// | longer than 2624 bytes | CUDA takes the variable for one that is not set. | m |
///
/// P: CUDA Programming Guide, "CUDA Environment Variables". M: MIG User Guide, "CUDA Device Enumeration". **NVIDIA documents none of the
/// others.** m: measured, driver 580.159.04 with one H200 that is not in MIG mode. r: reported by others, such as PyTorch's tests of its
/// own reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VisibleDevices(pub Vec<VisibleDevice>);

impl VisibleDevices {
    /// The devices that CUDA numbers 0, 1, … in a program with this value, on a node.
    ///
    /// # Errors
    ///
    /// As [`VisibleNode::resolve`].
    pub fn resolve(&self, node: &VisibleNode, rules: &CudaRules) -> Result<CudaDevices> {
        node.resolve(Some(&self.to_string()), rules)
    }

    /// The value to set, once it is sure that CUDA would honour all of it, as far as that can be told without the node.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidVisibleDevices`] names the entry: a second MIG device, or a GPU beside one, unless the rules
    /// [allow it](MigEnumeration::OnePerGpuInstance); indices beside UUIDs; an entry that is there before; `-1` beside others; too many.
    ///
    /// ```
    /// use gpushare::{CudaRules, MigEnumeration, VisibleDevices};
    /// let devices: VisibleDevices = "0:2/0,0:3/0".parse()?;
    /// let refused = devices.value(&CudaRules::default()).unwrap_err();
    /// assert!(refused.to_string().contains("a second MIG device beside entry 0; a process has one"));
    /// assert_eq!(devices.value(&CudaRules::default().mig(MigEnumeration::OnePerGpuInstance))?, "0:2/0,0:3/0");
    /// # Ok::<(), gpushare::Error>(())
    /// ```
    pub fn value(&self, rules: &CudaRules) -> Result<String> {
        for (position, entry) in self.0.iter().enumerate() {
            if let Some(fault) = self.fault_at(position, entry, rules) {
                return Err(invalid(position, &entry.to_string(), fault));
            }
        }
        let value = self.to_string();
        match too_long(&value) {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }

    fn fault_at(&self, position: usize, entry: &VisibleDevice, rules: &CudaRules) -> Option<EntryFault> {
        let before = self.0.get(..position).unwrap_or_default();
        if *entry == VisibleDevice::NoDevice && self.0.len() > 1 {
            return Some(EntryFault::Negative);
        }
        if self.0.first().is_some_and(|first| first.is_by_index() != entry.is_by_index()) {
            return Some(EntryFault::OtherKind);
        }
        if let Some(of) = before.iter().position(|earlier| earlier.to_string() == entry.to_string()) {
            return Some(EntryFault::Duplicate { of });
        }
        let mig = self.0.iter().position(VisibleDevice::is_mig)?;
        match rules.mig {
            MigEnumeration::OnePerProcess if entry.is_mig() => {
                (position != mig).then_some(EntryFault::SecondMigDevice { first: mig })
            }
            MigEnumeration::OnePerProcess => Some(EntryFault::BesideMigDevice { mig }),
            MigEnumeration::OnePerGpuInstance if entry.is_mig() => {
                let first = before.iter().position(|earlier| shares_gpu_instance(earlier, entry));
                let most = MOST_MIG_DEVICES;
                let full = before.iter().filter(|earlier| earlier.is_mig()).count() >= most;
                let same = first.map(|first| EntryFault::SameGpuInstance { first });
                same.or(full.then_some(EntryFault::TooManyMigDevices { most }))
            }
            MigEnumeration::OnePerGpuInstance => None,
        }
    }
}

/// A MIG device by ids: which GPU, by UUID or by index, and which instances.
fn path(entry: &VisibleDevice) -> Option<(String, GpuInstanceId, ComputeInstanceId)> {
    match *entry {
        VisibleDevice::Mig(uuid) => uuid.path().map(|(gpu, gi, ci)| (gpu.to_string(), gi, ci)),
        VisibleDevice::MigOfGpu { gpu, gpu_instance, compute_instance } => {
            Some((gpu.to_string(), gpu_instance, compute_instance))
        }
        VisibleDevice::MigOfIndex { gpu, gpu_instance, compute_instance } => {
            Some((gpu.to_string(), gpu_instance, compute_instance))
        }
        _ => None,
    }
}

fn shares_gpu_instance(one: &VisibleDevice, other: &VisibleDevice) -> bool {
    path(one).zip(path(other)).is_some_and(|(one, other)| (one.0, one.1) == (other.0, other.1))
}

fn invalid(position: usize, entry: &str, fault: EntryFault) -> Error {
    Error::InvalidVisibleDevices { variable: CUDA_VISIBLE_DEVICES, position, entry: entry.into(), fault }
}

/// The entry that goes beyond what CUDA reads.
fn too_long(value: &str) -> Option<Error> {
    let mut end = 0;
    let (position, entry) = value.split(',').enumerate().find(|(position, entry)| {
        end += entry.len() + usize::from(*position > 0);
        end > MOST_BYTES
    })?;
    let shown: String = entry.chars().take(64).collect();
    Some(invalid(position, &shown, EntryFault::TooLong { most: MOST_BYTES }))
}

impl FromIterator<VisibleDevice> for VisibleDevices {
    fn from_iter<I: IntoIterator<Item = VisibleDevice>>(devices: I) -> Self {
        Self(devices.into_iter().collect())
    }
}

impl FromStr for VisibleDevices {
    type Err = Error;

    /// Reads every entry, also behind one that ends the list, and refuses what no node could honour; [`VisibleNode::resolve`] takes
    /// any text. Printed again, the value means the same.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        if let Some(error) = too_long(text) {
            return Err(error);
        }
        let read = |(position, entry)| VisibleDevice::read(entry).map_err(|fault| invalid(position, entry, fault));
        text.split(',').enumerate().map(read).collect()
    }
}

impl fmt::Display for VisibleDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, device) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{device}")?;
        }
        Ok(())
    }
}
