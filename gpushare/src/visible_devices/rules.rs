//! The rules of CUDA that differ between drivers and environments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::nvml::Nvml;

/// The order in which CUDA numbers GPUs: `CUDA_DEVICE_ORDER`.
///
/// CUDA takes exactly these two words; any other value, an empty one too, makes it fail (measured).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeviceOrder {
    /// `FASTEST_FIRST`: by speed. What CUDA does where the variable is not set. How it compares models is not documented; GPUs of
    /// one model are taken to be in the order of the PCI bus.
    #[default]
    FastestFirst,
    /// `PCI_BUS_ID`: by the address on the PCI bus, as NVML and `nvidia-smi` do.
    PciBusId,
}

impl FromStr for DeviceOrder {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "FASTEST_FIRST" => Ok(Self::FastestFirst),
            "PCI_BUS_ID" => Ok(Self::PciBusId),
            _ => Err(Error::InvalidDeviceOrder { text: text.into() }),
        }
    }
}

impl fmt::Display for DeviceOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FastestFirst => "FASTEST_FIRST",
            Self::PciBusId => "PCI_BUS_ID",
        })
    }
}

/// How many MIG devices one process is given.
///
/// Source: MIG User Guide, "CUDA Device Enumeration". The CUDA Programming Guide names the first rule alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MigEnumeration {
    /// One, and no whole GPU beside it: drivers before R570.
    #[default]
    OnePerProcess,
    /// One compute instance of each GPU instance, 64 in all, and whole GPUs beside them: drivers from R570 on.
    OnePerGpuInstance,
}

/// The most MIG devices that a process is given.
pub(super) const MOST_MIG_DEVICES: usize = 64;

/// The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`. The default holds for every driver.
///
/// ```
/// use gpushare::{CudaRules, DeviceOrder, MigEnumeration};
/// let rules = CudaRules::of_driver("580.126.09").order("PCI_BUS_ID".parse()?);
/// assert_eq!((rules.order, rules.mig), (DeviceOrder::PciBusId, MigEnumeration::OnePerGpuInstance));
/// # Ok::<(), gpushare::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CudaRules {
    /// The order in which GPUs are numbered.
    pub order: DeviceOrder,
    /// How many MIG devices a process is given.
    pub mig: MigEnumeration,
}

impl CudaRules {
    /// The rules of a driver by its version, such as `580.126.09`, and of an environment without `CUDA_DEVICE_ORDER`.
    pub fn of_driver(version: &str) -> Self {
        let branch = version.split('.').next().and_then(|branch| branch.parse::<u32>().ok());
        let mig = match branch {
            Some(570..) => MigEnumeration::OnePerGpuInstance,
            _ => MigEnumeration::OnePerProcess,
        };
        Self { mig, ..Self::default() }
    }

    /// With another order.
    pub fn order(self, order: DeviceOrder) -> Self {
        Self { order, ..self }
    }

    /// With another number of MIG devices.
    pub fn mig(self, mig: MigEnumeration) -> Self {
        Self { mig, ..self }
    }
}

impl Nvml {
    /// The rules of this node's driver, where `CUDA_DEVICE_ORDER` is not set.
    ///
    /// # Errors
    ///
    /// As [`driver_version`](Nvml::driver_version).
    pub fn cuda_rules(&self) -> Result<CudaRules> {
        self.driver_version().map(|version| CudaRules::of_driver(&version))
    }
}
