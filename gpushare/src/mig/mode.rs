//! MIG mode: whether a GPU can be split at all.

use serde::{Deserialize, Serialize};

use crate::call::{call, divide};
use crate::error::{Error, ErrorKind, MigModeNeed, NvmlReturn, Result};
use crate::gpu::Gpu;

/// The MIG mode of a GPU: what it is, and what it will be after the next reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MigMode {
    /// Whether MIG is enabled now.
    pub current: bool,
    /// Whether it will be after a reset.
    pub pending: bool,
}

impl MigMode {
    /// Whether a change waits to take effect.
    pub fn is_pending(&self) -> bool {
        self.current != self.pending
    }
}

impl Gpu {
    /// The MIG mode, now and pending.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) on a GPU without MIG.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// let gpu = nvml.gpu(0)?;
    /// assert!(!gpu.mig_mode()?.current);
    /// gpu.set_mig_mode(true)?;
    /// assert!(gpu.mig_mode()?.current);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "nvmlDeviceGetMigMode")]
    #[inline]
    pub fn mig_mode(&self) -> Result<MigMode> {
        let (mut current, mut pending) = (0, 0);
        call!(self.0.session, self.target(), nvmlDeviceGetMigMode(self.0.raw.0, &mut current, &mut pending))?;
        Ok(MigMode { current: current != 0, pending: pending != 0 })
    }

    /// Whether MIG is enabled now; it is not on a GPU or a driver without MIG.
    pub(crate) fn is_mig_enabled(&self) -> Result<bool> {
        match self.mig_mode() {
            Ok(mode) => Ok(mode.current),
            Err(error) if error.kind() == ErrorKind::NotSupported => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Enables or disables MIG. Needs root.
    ///
    /// `Ok` means that the mode *is* what was asked for. On Ampere the driver has to reset the GPU for it, which clients of the GPU or
    /// a virtual machine prevent; from Hopper on the change is immediate, and lost at the next reset or reboot.
    ///
    /// # Errors
    ///
    /// [`ResetRequired`](crate::ErrorKind::ResetRequired) with [`Error::MigModePending`] where the change is stored but has not taken
    /// effect: the error says what it needs. [`NotSupported`](crate::ErrorKind::NotSupported) on a GPU without MIG,
    /// [`NoPermission`](crate::ErrorKind::NoPermission) without root.
    #[doc(alias = "nvmlDeviceSetMigMode")]
    pub fn set_mig_mode(&self, enabled: bool) -> Result<()> {
        let mut activation = NvmlReturn::SUCCESS.0;
        divide!(self, self.target(), nvmlDeviceSetMigMode(self.0.raw.0, u32::from(enabled), &mut activation))?;
        let needs = match NvmlReturn(activation) {
            // Only the mode itself proves that it took effect.
            NvmlReturn::SUCCESS if self.mig_mode()?.current == enabled => return Ok(()),
            NvmlReturn::IN_USE => MigModeNeed::NoClients,
            NvmlReturn::SUCCESS | NvmlReturn::RESET_REQUIRED | NvmlReturn::NOT_SUPPORTED => MigModeNeed::Reset,
            other => MigModeNeed::Other(other),
        };
        let by = match needs {
            MigModeNeed::NoClients => self.holders().unwrap_or_default(),
            _ => Vec::new(),
        };
        Err(Error::MigModePending { target: self.target(), wanted: enabled, needs, by })
    }
}
