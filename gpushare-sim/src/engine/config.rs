//! What machine to simulate.

use super::{Callers, Gpu, GpuIdentity, uuid};
use crate::catalog::{Branch, IdLayout, Model, UnknownBranch, UnknownModel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// GPUs a machine can have: the capability table ends there.
const MAX_GPUS: usize = 32;

/// The GPUs of the recorded machine.
const RECORDED_UUIDS: [&str; 8] = [
    "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9",
    "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e",
    "GPU-36441532-9ef4-0f3a-afb1-f844c3ab04bf",
    "GPU-ba4fa428-9d41-74cf-86e6-0824b0de1b09",
    "GPU-ab948b61-2346-9a55-872f-9c025479276d",
    "GPU-c634460f-e63f-6e47-e45a-2401ba173441",
    "GPU-9e9e32ec-1efc-2b7f-a94c-c985be7dcb8a",
    "GPU-e38bb82d-2bd3-41b0-1c6e-db7d90e6ae19",
];

/// A machine to be: from TOML, from a short spec such as `4xH100-SXM5-80GB+2xT4`, or field by field.
///
/// The default is the recorded machine: 8 A100-SXM4-40GB, driver 580.126.09, MIG off, ID layout B.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineConfig {
    /// Driver version. Its branch decides on more than the name: see [`Branch`].
    #[serde(default = "driver_version")]
    pub driver_version: String,
    /// CUDA version of the driver, 13000 for 13.0; that of its branch, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda_version: Option<u32>,
    /// Who the calling processes are.
    #[serde(default)]
    pub access: Callers,
    /// The GPUs in NVML's order.
    #[serde(rename = "gpu")]
    pub gpus: Vec<GpuConfig>,
}

/// A GPU to be. What is left out is made up, the same each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuConfig {
    /// Short name of the model, such as `A100-SXM4-40GB`.
    pub model: String,
    /// Which IDs placements get.
    #[serde(default)]
    pub layout: IdLayout,
    /// `GPU-…`.
    #[serde(default)]
    pub uuid: Option<String>,
    /// PCI address, such as `00000000:10:1C.0`.
    #[serde(default)]
    pub pci_bus_id: Option<String>,
    /// N of `/dev/nvidiaN`; the index, if left out.
    #[serde(default)]
    pub minor: Option<u32>,
    /// Board serial number.
    #[serde(default)]
    pub serial: Option<String>,
    /// MIG mode at the start.
    #[serde(default)]
    pub mig: bool,
    /// Passed through to a virtual machine.
    #[serde(default)]
    pub passthrough: bool,
}

/// Why a configuration describes no machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No such model.
    #[error(transparent)]
    Model(#[from] UnknownModel),
    /// No such driver.
    #[error(transparent)]
    Driver(#[from] UnknownBranch),
    /// A part of a short spec is not `<count>x<model>`.
    #[error("{given:?} is not <count>x<model>, such as 8xA100-SXM4-40GB")]
    Spec {
        /// The part.
        given: String,
    },
    /// Not TOML, or not these fields.
    #[error("machine configuration: {0}")]
    Toml(String),
    /// More GPUs than the driver's capability table holds, or none.
    #[error("{given} GPUs; a machine has 1 to {MAX_GPUS}")]
    Count {
        /// How many were asked for.
        given: usize,
    },
    /// Not a PCI address.
    #[error("{given:?} is not a PCI address, such as 00000000:10:1C.0")]
    Pci {
        /// The text.
        given: String,
    },
    /// Not a GPU UUID.
    #[error("{given:?} is not a GPU UUID, such as {}", RECORDED_UUIDS[0])]
    Uuid {
        /// The text.
        given: String,
    },
    /// A minor number beyond the capability table.
    #[error("minor number {given}; allowed are 0 to {}", MAX_GPUS - 1)]
    Minor {
        /// The number.
        given: u32,
    },
    /// MIG mode on a model without MIG.
    #[error("MIG mode on {model}, which has no MIG")]
    NoMig {
        /// The model.
        model: &'static str,
    },
    /// Two GPUs share what each must have for itself.
    #[error("two GPUs have the {what} {given}")]
    Twice {
        /// `UUID`, `PCI address`, `minor number` or `serial number`.
        what: &'static str,
        /// The value.
        given: String,
    },
}

impl Default for MachineConfig {
    fn default() -> Self {
        let recorded = |uuid: &&str| GpuConfig { uuid: Some((*uuid).to_owned()), ..GpuConfig::new("A100-SXM4-40GB") };
        Self::with_gpus(RECORDED_UUIDS.iter().map(recorded).collect())
    }
}

impl MachineConfig {
    /// These GPUs under the default driver.
    pub fn with_gpus(gpus: Vec<GpuConfig>) -> Self {
        Self { driver_version: driver_version(), cuda_version: None, access: Callers::default(), gpus }
    }

    /// Reads TOML.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|fault| ConfigError::Toml(fault.to_string()))
    }

    /// The same GPUs under a driver of another branch, such as 535.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Driver`] where the branch cannot be simulated.
    pub fn under(self, branch: u32) -> Result<Self, ConfigError> {
        let driver_version = Branch::by_number(branch)?.driver_version.to_owned();
        Ok(Self { driver_version, cuda_version: None, ..self })
    }

    pub(super) fn gpus(&self, branch: &'static Branch) -> Result<Vec<Gpu>, ConfigError> {
        if !(1..=MAX_GPUS).contains(&self.gpus.len()) {
            return Err(ConfigError::Count { given: self.gpus.len() });
        }
        let gpus: Vec<Gpu> =
            self.gpus.iter().enumerate().map(|(index, gpu)| gpu.build(index, branch)).collect::<Result<_, _>>()?;
        let unlike = |what: &'static str, value: fn(&GpuIdentity) -> String| {
            let mut seen = BTreeSet::new();
            let again = gpus.iter().map(|gpu| value(gpu.identity())).find(|value| !seen.insert(value.clone()));
            again.map_or(Ok(()), |given| Err(ConfigError::Twice { what, given }))
        };
        unlike("UUID", |gpu| gpu.uuid.clone())?;
        unlike("PCI address", |gpu| gpu.pci.to_string())?;
        unlike("minor number", |gpu| gpu.minor.to_string())?;
        unlike("serial number", |gpu| gpu.serial.clone())?;
        Ok(gpus)
    }
}

/// `8xA100-SXM4-40GB`, `4xH100-SXM5-80GB+2xT4`.
impl FromStr for MachineConfig {
    type Err = ConfigError;

    fn from_str(spec: &str) -> Result<Self, ConfigError> {
        let mut gpus = Vec::new();
        for part in spec.split('+') {
            let (count, model) = part.split_once('x').ok_or_else(|| ConfigError::Spec { given: part.to_owned() })?;
            let count: usize = count.trim().parse().map_err(|_| ConfigError::Spec { given: part.to_owned() })?;
            let model = Model::by_key(model.trim())?.key;
            if !(1..=MAX_GPUS).contains(&(gpus.len().saturating_add(count))) {
                return Err(ConfigError::Count { given: gpus.len().saturating_add(count) });
            }
            gpus.extend((0..count).map(|_| GpuConfig::new(model)));
        }
        Ok(Self::with_gpus(gpus))
    }
}

impl GpuConfig {
    /// A GPU of that model with MIG off.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            layout: IdLayout::default(),
            uuid: None,
            pci_bus_id: None,
            minor: None,
            serial: None,
            mig: false,
            passthrough: false,
        }
    }

    fn build(&self, index: usize, branch: &'static Branch) -> Result<Gpu, ConfigError> {
        let model = Model::by_key(&self.model)?.under(branch);
        if self.mig && model.mig.is_none() {
            return Err(ConfigError::NoMig { model: model.key });
        }
        let minor = self.minor.unwrap_or(index as u32);
        if minor as usize >= MAX_GPUS {
            return Err(ConfigError::Minor { given: minor });
        }
        let uuid = self.uuid.clone().unwrap_or_else(|| uuid::gpu(model.key, index));
        if !is_gpu_uuid(&uuid) {
            return Err(ConfigError::Uuid { given: uuid });
        }
        let pdi = uuid::pdi(&uuid);
        let identity = GpuIdentity {
            pci: self.pci_bus_id.as_ref().map_or_else(|| Ok(PciAddress::made_up(index)), |id| id.parse())?,
            minor,
            serial: self.serial.clone().unwrap_or_else(|| format!("{:013}", pdi % 10_u64.pow(13))),
            pdi,
            uuid,
            layout: self.layout,
            passthrough: self.passthrough,
        };
        Ok(Gpu::new(model, identity, self.mig))
    }
}

/// A PCI address. Shown as NVML shows it: `00000000:10:1C.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PciAddress {
    /// Domain.
    pub domain: u32,
    /// Bus.
    pub bus: u8,
    /// Device, 5 bits.
    pub device: u8,
    /// Function, 3 bits.
    pub function: u8,
}

impl PciAddress {
    /// The recorded machine's address for the first GPU, other addresses for the others.
    fn made_up(index: usize) -> Self {
        let index = index as u8;
        Self { domain: 0, bus: 0x10 + index / 2 * 8, device: 0x1c + index % 2, function: 0 }
    }
}

impl Display for PciAddress {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}:{:02X}:{:02X}.{:X}", self.domain, self.bus, self.device, self.function)
    }
}

/// `[domain:]bus:device[.function]`, hexadecimal.
impl FromStr for PciAddress {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let parse = || {
            let (address, function) = text.split_once('.').unwrap_or((text, "0"));
            let mut parts = address.rsplit(':');
            let (device, bus) = (hex(parts.next()?)?, hex(parts.next()?)?);
            let domain = parts.next().map_or(Some(0), hex)?;
            let (device, function) = (u8::try_from(device).ok()?, u8::try_from(hex(function)?).ok()?);
            let whole = parts.next().is_none() && device < 32 && function < 8;
            whole.then_some(Self { domain, bus: u8::try_from(bus).ok()?, device, function })
        };
        parse().ok_or_else(|| ConfigError::Pci { given: text.to_owned() })
    }
}

fn hex(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}

fn is_gpu_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.strip_prefix("GPU-").unwrap_or_default().split('-').collect();
    let lower = |group: &&str| group.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(lower)
}

fn driver_version() -> String {
    Branch::built().driver_version.to_owned()
}
