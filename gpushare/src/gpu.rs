//! A physical GPU: its identity and its memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use gpushare_sys::{self as sys, Symbol};
use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};

use crate::call::{Handle, call, call_versioned, read_text};
use crate::error::{Error, Result, Target};
use crate::geometry::{ComputeProfileGeometry, MigGeometry};
use crate::id::{GpuInstanceProfileId, GpuUuid, PciAddress};
use crate::nvml::{Nvml, Session};
use crate::placement::GpuInstancePlacement;
use crate::profile::GpuInstanceProfile;
use crate::units::{Bar1Memory, Bytes, Memory};

/// A physical GPU; never a MIG device, which is [`MigDevice`](crate::MigDevice).
///
/// Two handles are equal when they name the same GPU.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// let gpu = nvml.gpu(0)?;
/// assert_eq!(gpu.name(), "NVIDIA A100-SXM4-40GB");
/// assert_eq!(gpu.uuid().to_string(), "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9");
/// assert_eq!(gpu.memory()?.total.to_mib(), gpushare::Mib(40960));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Gpu(pub(crate) Arc<GpuInner>);

pub(crate) struct GpuInner {
    pub(crate) session: Arc<Session>,
    pub(crate) raw: Handle<sys::nvmlDevice_st>,
    index: u32,
    uuid: GpuUuid,
    pub(crate) name: Arc<str>,
    minor: OnceCell<u32>,
    pci: OnceCell<(PciAddress, u32)>,
    /// Placements do not change either.
    pub(crate) placements: OnceCell<Arc<[Vec<GpuInstancePlacement>]>>,
    /// What GPU instances of each profile can be divided into, as far as some have been seen.
    pub(crate) compute_geometry: Mutex<BTreeMap<GpuInstanceProfileId, Arc<[ComputeProfileGeometry]>>>,
    /// All of this together, and how many kinds of GPU instances it was made of.
    pub(crate) geometry: Mutex<Option<(usize, MigGeometry)>>,
    /// A profile query costs half a millisecond, and its answer does not change while a driver is loaded.
    pub(crate) profiles: OnceCell<Arc<[GpuInstanceProfile]>>,
}

/// The architecture of a GPU: NVML's `NVML_DEVICE_ARCH_*`. An open set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Architecture(pub u32);

impl Architecture {
    /// Volta: V100. Its MPS clients have address spaces of their own.
    pub const VOLTA: Self = Self(sys::NVML_DEVICE_ARCH_VOLTA);
    /// Turing: T4.
    pub const TURING: Self = Self(sys::NVML_DEVICE_ARCH_TURING);
    /// Ampere: A100, A30; the first with MIG, whose mode changes with a reset of the GPU.
    pub const AMPERE: Self = Self(sys::NVML_DEVICE_ARCH_AMPERE);
    /// Ada Lovelace: L40S.
    pub const ADA: Self = Self(sys::NVML_DEVICE_ARCH_ADA);
    /// Hopper: H100, H200; its MIG mode changes at once.
    pub const HOPPER: Self = Self(sys::NVML_DEVICE_ARCH_HOPPER);
    /// Blackwell: B200, RTX PRO 6000.
    pub const BLACKWELL: Self = Self(sys::NVML_DEVICE_ARCH_BLACKWELL);
}

impl fmt::Debug for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::VOLTA => "Volta",
            Self::TURING => "Turing",
            Self::AMPERE => "Ampere",
            Self::ADA => "Ada",
            Self::HOPPER => "Hopper",
            Self::BLACKWELL => "Blackwell",
            Self(other) => return write!(f, "Architecture({other})"),
        })
    }
}

/// How busy a GPU was over NVML's last sample period, which is between a sixth of a second and a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Utilization {
    /// Percentage of the time in which a kernel ran, 0 to 100. One small kernel counts as much as one that fills the GPU.
    pub gpu: u32,
    /// Percentage of the time in which memory was read or written, 0 to 100.
    pub memory: u32,
}

impl Nvml {
    /// The number of GPUs that NVML sees.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale) after [`close`](Nvml::close), else what the driver answers.
    #[doc(alias = "nvmlDeviceGetCount")]
    #[inline]
    pub fn gpu_count(&self) -> Result<u32> {
        let mut count = 0;
        call_versioned!(self.0, Target::Nvml, nvmlDeviceGetCount_v2, device_count(&mut count))?;
        Ok(count)
    }

    /// All GPUs, in NVML's order, which is that of the PCI bus.
    ///
    /// # Errors
    ///
    /// As [`gpu`](Nvml::gpu) for each.
    pub fn gpus(&self) -> Result<Vec<Gpu>> {
        (0..self.gpu_count()?).map(|index| self.gpu(index)).collect()
    }

    /// The GPU at an index, from 0.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) beyond the last GPU, [`NoPermission`](crate::ErrorKind::NoPermission)
    /// where the caller may not open it, [`GpuLost`](crate::ErrorKind::GpuLost).
    #[doc(alias = "nvmlDeviceGetHandleByIndex")]
    pub fn gpu(&self, index: u32) -> Result<Gpu> {
        let target = Target::GpuIndex(index);
        let mut raw = std::ptr::null_mut();
        call_versioned!(self.0, target, nvmlDeviceGetHandleByIndex_v2, device_by_index(index, &mut raw))?;
        self.gpu_from_raw(Handle(raw), target, Some(index))
    }

    /// The GPU with a UUID.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) where no GPU has it.
    #[doc(alias = "nvmlDeviceGetHandleByUUID")]
    pub fn gpu_by_uuid(&self, uuid: &GpuUuid) -> Result<Gpu> {
        let raw = self.device_by_uuid(&uuid.to_string())?;
        self.gpu_from_raw(raw, Target::Nvml, None)
    }

    /// The GPU at a PCI address.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) where none is there.
    #[doc(alias = "nvmlDeviceGetHandleByPciBusId")]
    pub fn gpu_by_pci_address(&self, address: &PciAddress) -> Result<Gpu> {
        let mut raw = std::ptr::null_mut();
        let text = format!("{address}\0");
        call_versioned!(
            self.0,
            Target::Nvml,
            nvmlDeviceGetHandleByPciBusId_v2,
            device_by_pci_bus_id(text.as_ptr().cast(), &mut raw)
        )?;
        self.gpu_from_raw(Handle(raw), Target::Nvml, None)
    }

    /// The raw handle of a GPU or MIG device by its UUID.
    pub(crate) fn device_by_uuid(&self, uuid: &str) -> Result<Handle<sys::nvmlDevice_st>> {
        let mut raw = std::ptr::null_mut();
        let text = format!("{uuid}\0");
        call!(self.0, Target::Nvml, nvmlDeviceGetHandleByUUID(text.as_ptr().cast(), &mut raw))?;
        Ok(Handle(raw))
    }

    /// Asks a raw GPU handle for its identity.
    pub(crate) fn gpu_from_raw(
        &self,
        raw: Handle<sys::nvmlDevice_st>,
        target: Target,
        index: Option<u32>,
    ) -> Result<Gpu> {
        let index = match index {
            Some(index) => index,
            None => {
                let mut index = 0;
                call!(self.0, target, nvmlDeviceGetIndex(raw.0, &mut index))?;
                index
            }
        };
        let uuid = device_uuid(&self.0, raw, target)?;
        let name = read_text::<{ sys::NVML_DEVICE_NAME_V2_BUFFER_SIZE as usize }>(
            Symbol::nvmlDeviceGetName,
            target,
            |buffer, size| call!(self.0, target, nvmlDeviceGetName(raw.0, buffer, size)),
        )?;
        Ok(Gpu(Arc::new(GpuInner {
            session: Arc::clone(&self.0),
            raw,
            index,
            uuid,
            name: name.into(),
            minor: OnceCell::new(),
            pci: OnceCell::new(),
            profiles: OnceCell::new(),
            placements: OnceCell::new(),
            compute_geometry: Mutex::default(),
            geometry: Mutex::default(),
        })))
    }
}

/// The UUID of a GPU or MIG device.
pub(crate) fn device_uuid<T: std::str::FromStr<Err = Error>>(
    session: &Session,
    raw: Handle<sys::nvmlDevice_st>,
    target: Target,
) -> Result<T> {
    let text = read_text::<{ sys::NVML_DEVICE_UUID_V2_BUFFER_SIZE as usize }>(
        Symbol::nvmlDeviceGetUUID,
        target,
        |buffer, size| call!(session, target, nvmlDeviceGetUUID(raw.0, buffer, size)),
    )?;
    text.parse().map_err(|_| Error::UnexpectedAnswer {
        call: Symbol::nvmlDeviceGetUUID,
        target,
        answer: text,
        expected: "a UUID",
    })
}

/// The memory of a GPU or MIG device.
pub(crate) fn device_memory(session: &Session, raw: Handle<sys::nvmlDevice_st>, target: Target) -> Result<Memory> {
    ask_memory(session, raw, || target)
}

/// The BAR1 memory of a GPU or MIG device.
pub(crate) fn device_bar1(session: &Session, raw: Handle<sys::nvmlDevice_st>, target: Target) -> Result<Bar1Memory> {
    ask_bar1(session, raw, || target)
}

/// The memory of a device that `target` names in errors.
#[inline]
fn ask_memory(session: &Session, raw: Handle<sys::nvmlDevice_st>, target: impl Fn() -> Target) -> Result<Memory> {
    let mut info = sys::nvmlMemory_v2_t::default();
    call_versioned!(session, target(), nvmlDeviceGetMemoryInfo_v2, memory_info(raw.0, &mut info))?;
    let reserved = bytes(&info.reserved);
    Ok(Memory {
        total: bytes(&info.total),
        free: bytes(&info.free),
        used: bytes(&info.used),
        reserved: (info.version != 1).then_some(reserved),
    })
}

/// The BAR1 memory of a device that `target` names in errors.
#[inline]
fn ask_bar1(session: &Session, raw: Handle<sys::nvmlDevice_st>, target: impl Fn() -> Target) -> Result<Bar1Memory> {
    let mut info = sys::nvmlBAR1Memory_t::default();
    call!(session, target(), nvmlDeviceGetBAR1MemoryInfo(raw.0, &mut info))?;
    Ok(Bar1Memory { total: bytes(&info.bar1Total), free: bytes(&info.bar1Free), used: bytes(&info.bar1Used) })
}

/// A number that the driver just wrote, read as wide as it was written: one load of two such numbers would wait for both stores.
#[inline]
fn bytes(written: &u64) -> Bytes {
    // SAFETY: a reference may be read.
    Bytes(unsafe { std::ptr::from_ref(written).read_volatile() })
}

impl Gpu {
    /// The NVML index of the GPU when the handle was made.
    pub fn index(&self) -> u32 {
        self.0.index
    }

    /// The UUID, which never changes.
    #[doc(alias = "nvmlDeviceGetUUID")]
    pub fn uuid(&self) -> &GpuUuid {
        &self.0.uuid
    }

    /// The product name, such as `NVIDIA A100-SXM4-40GB`.
    #[doc(alias = "nvmlDeviceGetName")]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The number N of `/dev/nvidiaN` and of `gpuN` in the driver's files; not always the index.
    ///
    /// # Errors
    ///
    /// What the driver answers.
    #[doc(alias = "nvmlDeviceGetMinorNumber")]
    pub fn minor_number(&self) -> Result<u32> {
        self.0
            .minor
            .get_or_try_init(|| {
                let mut minor = 0;
                call!(self.0.session, self.target(), nvmlDeviceGetMinorNumber(self.0.raw.0, &mut minor))?;
                Ok(minor)
            })
            .copied()
    }

    /// The model as the PCI bus knows it: device in the upper 16 bits, vendor in the lower, such as `0x20B010DE`.
    ///
    /// # Errors
    ///
    /// What the driver answers.
    #[doc(alias = "nvmlDeviceGetPciInfo")]
    pub fn pci_device_id(&self) -> Result<u32> {
        self.pci().map(|(_, model)| model)
    }

    /// Where the GPU sits on the PCI bus.
    ///
    /// # Errors
    ///
    /// What the driver answers.
    #[doc(alias = "nvmlDeviceGetPciInfo")]
    pub fn pci_address(&self) -> Result<PciAddress> {
        self.pci().map(|(address, _)| address)
    }

    fn pci(&self) -> Result<(PciAddress, u32)> {
        self.0
            .pci
            .get_or_try_init(|| {
                let mut info = sys::nvmlPciInfo_t::default();
                call_versioned!(
                    self.0.session,
                    self.target(),
                    nvmlDeviceGetPciInfo_v3,
                    pci_info(self.0.raw.0, &mut info)
                )?;
                // NVML's own bus id always ends in ".0".
                let (bus, device, function) = (info.bus as u8, info.device as u8, 0);
                Ok((PciAddress { domain: info.domain, bus, device, function }, info.pciDeviceId))
            })
            .copied()
    }

    /// The architecture.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) on drivers before R450, else what the driver answers.
    #[doc(alias = "nvmlDeviceGetArchitecture")]
    pub fn architecture(&self) -> Result<Architecture> {
        let mut architecture = 0;
        call!(self.0.session, self.target(), nvmlDeviceGetArchitecture(self.0.raw.0, &mut architecture))?;
        Ok(Architecture(architecture))
    }

    /// The memory of the whole GPU; with GPU instances on it, the sum over them.
    ///
    /// # Errors
    ///
    /// [`NoPermission`](crate::ErrorKind::NoPermission) for a caller that may not monitor the whole GPU while GPU instances exist.
    #[doc(alias("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2"))]
    #[inline]
    pub fn memory(&self) -> Result<Memory> {
        ask_memory(&self.0.session, self.0.raw, || self.target())
    }

    /// The BAR1 memory of the whole GPU.
    ///
    /// # Errors
    ///
    /// As [`memory`](Gpu::memory).
    #[doc(alias = "nvmlDeviceGetBAR1MemoryInfo")]
    #[inline]
    pub fn bar1_memory(&self) -> Result<Bar1Memory> {
        ask_bar1(&self.0.session, self.0.raw, || self.target())
    }

    /// How busy the GPU was lately.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) while MIG is enabled.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// let gpu = nvml.gpu(0)?;
    /// assert_eq!(gpu.utilization()?.gpu, 0);
    /// gpu.set_mig_mode(true)?;
    /// assert_eq!(gpu.utilization().unwrap_err().kind(), gpushare::ErrorKind::NotSupported);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "nvmlDeviceGetUtilizationRates")]
    pub fn utilization(&self) -> Result<Utilization> {
        let mut rates = sys::nvmlUtilization_t::default();
        call!(self.0.session, self.target(), nvmlDeviceGetUtilizationRates(self.0.raw.0, &mut rates))?;
        Ok(Utilization { gpu: rates.gpu, memory: rates.memory })
    }

    /// The session that the handle is from.
    pub(crate) fn nvml(&self) -> Nvml {
        Nvml(Arc::clone(&self.0.session))
    }

    /// Whether the session was closed, which makes every handle stale for good.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.session.symbols().is_none()
    }

    /// The GPU as errors name it.
    pub(crate) fn target(&self) -> Target {
        Target::Gpu { index: self.0.index, uuid: self.0.uuid }
    }
}

impl PartialEq for Gpu {
    fn eq(&self, other: &Self) -> bool {
        self.0.uuid == other.0.uuid
    }
}

impl Eq for Gpu {}

impl std::hash::Hash for Gpu {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.uuid.hash(state);
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gpu")
            .field("index", &self.0.index)
            .field("uuid", &self.0.uuid)
            .field("name", &self.0.name)
            .finish()
    }
}
