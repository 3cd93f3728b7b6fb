//! Compute mode: how many processes may have contexts on a device.

use std::fmt;

use gpushare_sys as sys;
use serde::{Deserialize, Serialize};

use crate::call::call;
use crate::error::Result;
use crate::gpu::Gpu;

/// How many processes may have contexts on a GPU. An open set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComputeMode(pub u32);

impl ComputeMode {
    /// Any number: what time-slicing and MPS with a fallback need.
    pub const DEFAULT: Self = Self(sys::NVML_COMPUTEMODE_DEFAULT);
    /// None.
    pub const PROHIBITED: Self = Self(sys::NVML_COMPUTEMODE_PROHIBITED);
    /// One. An MPS server is one for all its clients, so that a client which does not reach it fails, and does not run beside it.
    pub const EXCLUSIVE_PROCESS: Self = Self(sys::NVML_COMPUTEMODE_EXCLUSIVE_PROCESS);
}

impl fmt::Display for ComputeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::DEFAULT => "default",
            Self::PROHIBITED => "prohibited",
            Self::EXCLUSIVE_PROCESS => "exclusive process",
            Self(other) => return write!(f, "{other}"),
        })
    }
}

impl Gpu {
    /// The compute mode.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) while MIG is enabled.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// use gpushare::ComputeMode;
    /// let gpu = nvml.gpu(0)?;
    /// assert_eq!(gpu.compute_mode()?, ComputeMode::DEFAULT);
    /// gpu.set_compute_mode(ComputeMode::EXCLUSIVE_PROCESS)?;
    /// assert_eq!(gpu.compute_mode()?, ComputeMode::EXCLUSIVE_PROCESS);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "nvmlDeviceGetComputeMode")]
    pub fn compute_mode(&self) -> Result<ComputeMode> {
        let mut mode = 0;
        call!(self.0.session, self.target(), nvmlDeviceGetComputeMode(self.0.raw.0, &mut mode))?;
        Ok(ComputeMode(mode))
    }

    /// Sets the compute mode. Needs root. It holds until it is set again or the machine reboots.
    ///
    /// # Errors
    ///
    /// [`NoPermission`](crate::ErrorKind::NoPermission), [`NotSupported`](crate::ErrorKind::NotSupported) while MIG is enabled,
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a mode that the driver does not have.
    #[doc(alias = "nvmlDeviceSetComputeMode")]
    pub fn set_compute_mode(&self, mode: ComputeMode) -> Result<()> {
        call!(self.0.session, self.target(), nvmlDeviceSetComputeMode(self.0.raw.0, mode.0))
    }
}
