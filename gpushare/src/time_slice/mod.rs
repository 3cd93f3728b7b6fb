//! Time-slicing: how long the processes of a GPU run before another's turn comes.
//!
//! NVML has no call for it, so all of it goes through `nvidia-smi`.

mod error;
mod nvidia_smi;
mod table;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::gpu::Gpu;

pub use error::TimeSliceError;
pub use nvidia_smi::{NVIDIA_SMI_VARIABLE, NvidiaSmi};

/// How long a process has a GPU to itself while others wait for it.
///
/// A policy is of the whole GPU: it holds for every process that time-slicing lets run by turns, and not for the clients of one MPS server
/// among each other, who run at the same time. The driver keeps it until it is set again, is unloaded, or the machine reboots; a reset of
/// the GPU leaves it.
///
/// What each policy is in milliseconds NVIDIA does not publish, and it may differ by GPU and driver: a shorter one lets others wait less and
/// costs more switches. The driver notes the policy for programs to ask for, so a context that exists keeps, as far as is known, what
/// it was made with. Whoever wants to be sure sets the policy before the programs start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeSlice {
    /// What the driver has unasked.
    Default,
    /// The shortest.
    Short,
    /// Between the two.
    Medium,
    /// The longest.
    Long,
}

impl TimeSlice {
    /// All policies that `nvidia-smi` has a name for.
    pub(crate) const ALL: [Self; 4] = [Self::Default, Self::Short, Self::Medium, Self::Long];

    /// The number by which `nvidia-smi` takes it.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Default => 0,
            Self::Short => 1,
            Self::Medium => 2,
            Self::Long => 3,
        }
    }
}

/// The name that `nvidia-smi` prints.
impl fmt::Display for TimeSlice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "Default",
            Self::Short => "Short",
            Self::Medium => "Medium",
            Self::Long => "Long",
        })
    }
}

impl Gpu {
    /// The policy of time-slicing, which `nvidia-smi` tells: [`NvidiaSmi::time_slice`] with nothing set.
    ///
    /// # Errors
    ///
    /// As there.
    #[doc(alias = "compute-policy")]
    pub fn time_slice(&self) -> Result<TimeSlice> {
        NvidiaSmi::new().time_slice(self)
    }

    /// Sets the policy of time-slicing through `nvidia-smi`, and reads it back: [`NvidiaSmi::set_time_slice`] with nothing set. Needs root.
    ///
    /// # Errors
    ///
    /// As there.
    #[doc(alias = "compute-policy")]
    pub fn set_time_slice(&self, policy: TimeSlice) -> Result<()> {
        NvidiaSmi::new().set_time_slice(self, policy)
    }
}
