//! Compute policies: how long the processes of a GPU run before another's turn comes.
//!
//! As in NVIDIA's open kernel modules: kept by the driver for each GPU until it is unloaded, over resets and whatever the MIG mode; for
//! the administrator to set, on Turing and later, and for everyone to read, also where it cannot be set.

use super::{Access, Gpu, Refusal, Result};
use crate::catalog::Architecture;
use serde::{Deserialize, Serialize};

/// How long a turn is; the discriminant is the driver's number. What each is in milliseconds is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TimeSlice {
    /// As the driver has it unasked.
    #[default]
    Default = 0,
    /// Short.
    Short = 1,
    /// Medium.
    Medium = 2,
    /// Long.
    Long = 3,
}

impl TimeSlice {
    fn from_code(code: u32) -> Result<Self> {
        let all = [Self::Default, Self::Short, Self::Medium, Self::Long];
        all.into_iter().find(|policy| *policy as u32 == code).ok_or(Refusal::InvalidArgument)
    }
}

impl Gpu {
    /// The policy of time-slicing.
    pub fn time_slice(&self) -> TimeSlice {
        self.time_slice
    }

    /// `nvidia-smi compute-policy --set-timeslice`, by its number.
    pub fn set_time_slice(&mut self, access: Access, policy: u32) -> Result<()> {
        access.require_admin()?;
        if self.model.architecture < Architecture::Turing {
            return Err(Refusal::NotSupported);
        }
        self.time_slice = TimeSlice::from_code(policy)?;
        Ok(())
    }
}
