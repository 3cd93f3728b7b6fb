//! What the administrator sets on a board: persistence mode and power limit. Both are forgotten at a reboot.

use super::{Access, Gpu, Refusal, Result};

impl Gpu {
    /// Whether the driver stays loaded without clients.
    pub fn persistence(&self) -> bool {
        self.persistence
    }

    /// `nvmlDeviceSetPersistenceMode`.
    pub fn set_persistence(&mut self, access: Access, mode: u32) -> Result<()> {
        if mode > 1 {
            return Err(Refusal::InvalidArgument);
        }
        access.require_admin()?;
        self.persistence = mode == 1;
        Ok(())
    }

    /// The power limit in milliwatts.
    pub fn power_limit(&self) -> u32 {
        self.power_limit.unwrap_or(self.model.power_limit_watts * 1000)
    }

    /// The lowest and the highest power limit that may be set, in milliwatts.
    pub fn power_limits(&self) -> (u32, u32) {
        (self.model.sensors.min_power_limit_watts * 1000, self.model.power_limit_watts * 1000)
    }

    /// `nvmlDeviceSetPowerManagementLimit`.
    pub fn set_power_limit(&mut self, access: Access, milliwatts: u32) -> Result<()> {
        let (lowest, highest) = self.power_limits();
        if !(lowest..=highest).contains(&milliwatts) {
            return Err(Refusal::InvalidArgument);
        }
        access.require_admin()?;
        self.power_limit = Some(milliwatts);
        Ok(())
    }
}
