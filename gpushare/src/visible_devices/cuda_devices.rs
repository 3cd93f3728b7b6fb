//! What a program sees: the devices that CUDA numbers, those that it does not, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fault::EntryFault;
use super::node::VisibleMigDevice;
use crate::id::GpuUuid;

/// The devices that CUDA numbers 0, 1, … in one process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CudaDevices {
    /// The devices, in the order of their numbers.
    pub devices: Vec<CudaDevice>,
    /// Devices that entries name and that the process is not given all the same.
    pub hidden: Vec<HiddenDevice>,
    /// Where the list ended, and why there.
    pub end: ListEnd,
}

/// A device that CUDA numbers: a GPU or a MIG device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CudaDevice {
    /// The place of the entry that names it, from 0; `None` where `CUDA_VISIBLE_DEVICES` names none.
    pub entry: Option<usize>,
    /// The NVML index of the GPU.
    pub gpu: u32,
    /// The UUID of the GPU.
    pub gpu_uuid: GpuUuid,
    /// The MIG device; `None` for the whole GPU.
    pub mig: Option<VisibleMigDevice>,
}

/// A device that an entry names and that the process is not given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HiddenDevice {
    /// The device.
    pub device: CudaDevice,
    /// Why not.
    pub fault: EntryFault,
}

/// Where a list of devices ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ListEnd {
    /// There is no list: `CUDA_VISIBLE_DEVICES` is not set, and all devices are visible.
    Unset,
    /// CUDA reads no list this long, and shows all devices.
    Ignored {
        /// Its length in bytes.
        length: usize,
        /// How many bytes CUDA reads.
        most: usize,
    },
    /// Every entry counts.
    Complete,
    /// An entry ended it: that one and those behind it do not count.
    At {
        /// The place of the entry, from 0.
        position: usize,
        /// The entry.
        entry: String,
        /// Why it ended the list.
        fault: EntryFault,
    },
}

impl CudaDevices {
    /// What `cuInit` answers, where it fails: `CUDA_ERROR_NO_DEVICE` (100) without a device, `CUDA_ERROR_INVALID_DEVICE` (101) where an
    /// entry names a device again. `None` where it does not fail.
    ///
    /// Both are measured, not documented.
    #[doc(alias = "cuInit")]
    pub fn cuda_error(&self) -> Option<u32> {
        match &self.end {
            ListEnd::At { fault: EntryFault::Duplicate { .. }, .. } => Some(101),
            _ if self.devices.is_empty() => Some(100),
            _ => None,
        }
    }
}

impl CudaDevice {
    /// The device's own UUID, as NVML gives it: `GPU-…` or `MIG-…`.
    pub fn uuid(&self) -> String {
        self.mig.map_or_else(|| self.gpu_uuid.to_string(), |mig| mig.uuid.to_string())
    }

    /// Whether the two are one device, whatever entries name them.
    pub(super) fn is(&self, other: &Self) -> bool {
        (self.gpu_uuid, self.mig) == (other.gpu_uuid, other.mig)
    }
}

impl fmt::Display for CudaDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mig {
            Some(mig) => write!(f, "{} (GPU {}, {}/{})", mig.uuid, self.gpu, mig.gpu_instance, mig.compute_instance),
            None => write!(f, "{} (GPU {})", self.gpu_uuid, self.gpu),
        }
    }
}

impl fmt::Display for ListEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("not set: all devices"),
            Self::Ignored { length, most } => {
                write!(f, "{length} bytes, more than the {most} that CUDA reads: all devices")
            }
            Self::Complete => f.write_str("every entry counts"),
            Self::At { position, entry, fault } => write!(f, "entry {position} {entry:?} {fault}"),
        }
    }
}

impl fmt::Display for CudaDevices {
    /// A line for each device, for each that is hidden, and for the end of the list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, device) in self.devices.iter().enumerate() {
            writeln!(f, "{number}: {device}")?;
        }
        for HiddenDevice { device, fault } in &self.hidden {
            writeln!(f, "hidden: {device} {fault}")?;
        }
        self.end.fmt(f)
    }
}
