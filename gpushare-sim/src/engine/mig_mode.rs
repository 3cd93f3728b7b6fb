//! MIG mode, and the reset and reboot that it may wait for.

use super::{Access, ComputeMode, Gpu, Machine, Refusal, Result, TimeSlice};
use serde::{Deserialize, Serialize};

/// MIG mode now and after the next reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigMode {
    /// On now.
    pub current: bool,
    /// On after a reset.
    pub pending: bool,
}

/// Whether a mode change took effect; the discriminant is the `nvmlReturn_t` that NVML calls activation status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// It did.
    Done = 0,
    /// The GPU is passed through to a virtual machine, which may not reset it: the change is pending.
    NotSupported = 3,
    /// Processes or instances exist: the change is pending.
    InUse = 19,
}

impl Gpu {
    /// `nvmlDeviceGetMigMode`.
    pub fn mig_mode(&self) -> Result<MigMode> {
        self.mig()?;
        Ok(self.mode)
    }

    /// `nvmlDeviceSetMigMode`: stores the pending mode, and makes it current where the driver can.
    pub fn set_mig_mode(&mut self, access: Access, mode: u32) -> Result<Activation> {
        let mig = self.mig()?;
        if mode > 1 {
            return Err(Refusal::InvalidArgument);
        }
        access.require_admin()?;
        self.mode.pending = mode == 1;
        if self.mode.pending == self.mode.current {
            return Ok(Activation::Done);
        }
        if self.mig_in_use() || !self.processes.is_empty() {
            return Ok(Activation::InUse);
        }
        if self.identity.passthrough && !mig.resetless {
            return Ok(Activation::NotSupported);
        }
        self.mode.current = self.mode.pending;
        Ok(Activation::Done)
    }

    /// A GPU reset (`nvidia-smi --gpu-reset`): refused while processes use the GPU; instances vanish.
    pub fn reset(&mut self, access: Access) -> Result<()> {
        access.require_admin()?;
        if !self.processes.is_empty() {
            return Err(Refusal::InUse);
        }
        self.restart();
        Ok(())
    }

    /// The GPU starts anew: a stored mode becomes current, one that is not stored is lost.
    fn restart(&mut self) {
        let stored = self.model.mig.as_ref().is_some_and(|mig| !mig.resetless) && self.mode.pending;
        self.mode = MigMode { current: stored, pending: stored };
        self.processes.clear();
        self.samples.clear();
        self.lost = false;
        if !self.gpu_instances.is_empty() {
            self.gpu_instances.clear();
            self.bump();
        }
    }
}

impl Machine {
    /// A reboot, or the driver unloaded and loaded again: processes and instances vanish.
    pub fn reboot(&mut self) {
        for index in 0..self.gpus.len() {
            let latest = self.latest_event();
            let gpu = &mut self.gpus[index];
            gpu.events.advance(latest);
            gpu.restart();
            gpu.persistence = true;
            gpu.power_limit = None;
            gpu.compute_mode = ComputeMode::Default;
            gpu.time_slice = TimeSlice::Default;
        }
    }
}
