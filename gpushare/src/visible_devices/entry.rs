//! One entry of `CUDA_VISIBLE_DEVICES`, read as CUDA reads it.

use std::fmt;
use std::str::FromStr;

use super::CUDA_VISIBLE_DEVICES;
use super::fault::EntryFault;
use super::uuid_prefix::UuidPrefix;
use crate::error::{Error, Result};
use crate::id::{ComputeInstanceId, GpuInstanceId, GpuUuid, MigUuid, parse_decimal};

/// One entry of `CUDA_VISIBLE_DEVICES`. It prints as CUDA reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VisibleDevice {
    /// A GPU by index, 0 to 2147483647, in the order that `CUDA_DEVICE_ORDER` says.
    Index(u32),
    /// A negative index, which ends the list: `-1`. Alone it hides all devices.
    NoDevice,
    /// A whole GPU by UUID: `GPU-9e4aeb94-…`.
    Gpu(GpuUuid),
    /// A whole GPU by the beginning of its UUID: `GPU-9e4a`.
    GpuPrefix(UuidPrefix),
    /// A MIG device by UUID: `MIG-c42101f0-…`. The surest form.
    Mig(MigUuid),
    /// A MIG device by the beginning of its UUID: `MIG-c421`.
    MigPrefix(UuidPrefix),
    /// A MIG device by the UUID of its GPU and its ids: `MIG-GPU-9e4aeb94-…/2/0`.
    MigOfGpu {
        /// The GPU.
        gpu: GpuUuid,
        /// The GPU instance on it.
        gpu_instance: GpuInstanceId,
        /// The compute instance in that.
        compute_instance: ComputeInstanceId,
    },
    /// A MIG device by the index of its GPU and its ids: `0:2/0`. Short, but indices depend on what a process sees.
    ///
    /// NVIDIA does not document the form. Where the GPU is not in MIG mode, CUDA reads the index alone (measured).
    MigOfIndex {
        /// The index of the GPU.
        gpu: u32,
        /// The GPU instance on it.
        gpu_instance: GpuInstanceId,
        /// The compute instance in that.
        compute_instance: ComputeInstanceId,
    },
}

/// What C takes for white space.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

/// The number at the beginning of a text as C's `strtoul` reads it, cut to the 32 bits that CUDA keeps.
fn leading_number(text: &str) -> Option<i32> {
    let text = text.trim_start_matches(is_space);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|character: char| !character.is_ascii_digit()).unwrap_or(unsigned.len());
    let digits = unsigned.get(..end).filter(|digits| !digits.is_empty())?;
    let number = match digits.parse::<u64>() {
        Ok(number) if text.starts_with('-') => number.wrapping_neg(),
        Ok(number) => number,
        Err(_) => u64::MAX,
    };
    Some(number as u32 as i32)
}

/// `0:2/0`, the index of a GPU with the ids of its GPU instance and compute instance.
fn short_form(text: &str) -> Option<VisibleDevice> {
    let (gpu, path) = text.trim_matches(is_space).split_once(':')?;
    let (gpu_instance, compute_instance) = path.split_once('/')?;
    let gpu = parse_decimal(gpu).filter(|gpu| i32::try_from(*gpu).is_ok())?;
    Some(VisibleDevice::MigOfIndex {
        gpu,
        gpu_instance: GpuInstanceId(parse_decimal(gpu_instance)?),
        compute_instance: ComputeInstanceId(parse_decimal(compute_instance)?),
    })
}

impl VisibleDevice {
    /// Reads what stands between two commas.
    pub(super) fn read(text: &str) -> Result<Self, EntryFault> {
        if text.trim_matches(is_space).is_empty() {
            return Err(EntryFault::Empty);
        }
        if let Some(rest) = text.strip_prefix("GPU-") {
            let prefix = UuidPrefix::read(rest).ok_or(EntryFault::Malformed)?;
            return Ok(prefix.whole().map_or(Self::GpuPrefix(prefix), |bytes| Self::Gpu(GpuUuid::from_bytes(bytes))));
        }
        if let Some(rest) = text.strip_prefix("MIG-") {
            return Self::read_mig(text, rest).ok_or(EntryFault::Malformed);
        }
        if let Some(device) = short_form(text) {
            return Ok(device);
        }
        let number = leading_number(text).ok_or(EntryFault::Malformed)?;
        Ok(u32::try_from(number).map_or(Self::NoDevice, Self::Index))
    }

    fn read_mig(text: &str, rest: &str) -> Option<Self> {
        if rest.starts_with("GPU-") {
            let (gpu, gpu_instance, compute_instance) = text.parse::<MigUuid>().ok()?.path()?;
            return Some(Self::MigOfGpu { gpu, gpu_instance, compute_instance });
        }
        let prefix = UuidPrefix::read(rest)?;
        Some(prefix.whole().map_or(Self::MigPrefix(prefix), |bytes| Self::Mig(MigUuid::from_bytes(bytes))))
    }

    /// Whether the entry names its device by an index, and not by a UUID.
    pub(super) fn is_by_index(&self) -> bool {
        matches!(self, Self::Index(_) | Self::NoDevice | Self::MigOfIndex { .. })
    }

    /// Whether the entry asks for a MIG device.
    pub(super) fn is_mig(&self) -> bool {
        matches!(self, Self::Mig(_) | Self::MigPrefix(_) | Self::MigOfGpu { .. } | Self::MigOfIndex { .. })
    }
}

impl FromStr for VisibleDevice {
    type Err = Error;

    /// Reads one entry, as CUDA does: see [`VisibleDevices`](crate::VisibleDevices).
    fn from_str(text: &str) -> Result<Self> {
        let read = if text.contains(',') { Err(EntryFault::Malformed) } else { Self::read(text) };
        read.map_err(|fault| Error::InvalidVisibleDevices {
            variable: CUDA_VISIBLE_DEVICES,
            position: 0,
            entry: text.into(),
            fault,
        })
    }
}

impl fmt::Display for VisibleDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::NoDevice => f.write_str("-1"),
            Self::Gpu(uuid) => uuid.fmt(f),
            Self::GpuPrefix(prefix) => write!(f, "GPU-{prefix}"),
            Self::Mig(uuid) => uuid.fmt(f),
            Self::MigPrefix(prefix) => write!(f, "MIG-{prefix}"),
            Self::MigOfGpu { gpu, gpu_instance, compute_instance } => {
                MigUuid::legacy(*gpu, *gpu_instance, *compute_instance).fmt(f)
            }
            Self::MigOfIndex { gpu, gpu_instance, compute_instance } => {
                write!(f, "{gpu}:{gpu_instance}/{compute_instance}")
            }
        }
    }
}
