//! What went wrong, in which call, on what, and what the caller can do about it.

use std::fmt;
use std::path::PathBuf;

use gpushare_sys as sys;
use serde::{Deserialize, Serialize};

use crate::holder::Holder;
use crate::id::{ComputeInstanceId, GpuInstanceId, GpuUuid, MigUuid};
use crate::infeasible::Infeasible;
use crate::mps::MpsError;
use crate::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::time_slice::TimeSliceError;
use crate::visible_devices::EntryFault;

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The code that an NVML function returned: NVML's `nvmlReturn_t`.
///
/// An open set: a newer driver may answer codes that this crate does not name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NvmlReturn(pub u32);

/// Names NVML's codes and says each in our words, which serve without a loaded library.
macro_rules! nvml_returns {
    ($($name:ident = $constant:ident, $text:literal;)*) => {
        impl NvmlReturn {
            $(#[doc = concat!("`", stringify!($constant), "`: ", $text, ".")]
            pub const $name: Self = Self(sys::$constant);)*

            /// NVML's name of the code, or `None` for one that this crate does not know.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $(sys::$constant => Some(stringify!($constant)),)*
                    _ => None,
                }
            }

            /// What the code means; NVML's `nvmlErrorString` has the driver's own words.
            #[doc(alias = "nvmlErrorString")]
            pub const fn description(self) -> &'static str {
                match self.0 {
                    $(sys::$constant => $text,)*
                    _ => "an error unknown to this version of gpushare",
                }
            }
        }
    };
}

nvml_returns! {
    SUCCESS = NVML_SUCCESS, "success";
    UNINITIALIZED = NVML_ERROR_UNINITIALIZED, "NVML is not initialised";
    INVALID_ARGUMENT = NVML_ERROR_INVALID_ARGUMENT, "an argument is invalid";
    NOT_SUPPORTED = NVML_ERROR_NOT_SUPPORTED, "not supported by this GPU, driver or mode";
    NO_PERMISSION = NVML_ERROR_NO_PERMISSION, "the caller lacks the permission";
    ALREADY_INITIALIZED = NVML_ERROR_ALREADY_INITIALIZED, "NVML is initialised already";
    NOT_FOUND = NVML_ERROR_NOT_FOUND, "not found";
    INSUFFICIENT_SIZE = NVML_ERROR_INSUFFICIENT_SIZE, "a buffer is too small";
    INSUFFICIENT_POWER = NVML_ERROR_INSUFFICIENT_POWER, "the GPU's external power cables are not attached";
    DRIVER_NOT_LOADED = NVML_ERROR_DRIVER_NOT_LOADED, "the NVIDIA kernel driver is not loaded";
    TIMEOUT = NVML_ERROR_TIMEOUT, "the time given ran out";
    IRQ_ISSUE = NVML_ERROR_IRQ_ISSUE, "the kernel found an interrupt problem with the GPU";
    LIBRARY_NOT_FOUND = NVML_ERROR_LIBRARY_NOT_FOUND, "NVML could not find a library that it needs";
    FUNCTION_NOT_FOUND = NVML_ERROR_FUNCTION_NOT_FOUND, "the driver lacks this function";
    CORRUPTED_INFOROM = NVML_ERROR_CORRUPTED_INFOROM, "the GPU's InfoROM is corrupted";
    GPU_IS_LOST = NVML_ERROR_GPU_IS_LOST, "the GPU has fallen off the bus";
    RESET_REQUIRED = NVML_ERROR_RESET_REQUIRED, "the GPU must be reset before it can be used again";
    OPERATING_SYSTEM = NVML_ERROR_OPERATING_SYSTEM, "the operating system blocked the request";
    LIB_RM_VERSION_MISMATCH = NVML_ERROR_LIB_RM_VERSION_MISMATCH, "the library and the kernel driver differ in version";
    IN_USE = NVML_ERROR_IN_USE, "in use";
    MEMORY = NVML_ERROR_MEMORY, "out of memory";
    NO_DATA = NVML_ERROR_NO_DATA, "there is no data";
    VGPU_ECC_NOT_SUPPORTED = NVML_ERROR_VGPU_ECC_NOT_SUPPORTED, "not available on this vGPU while ECC is on";
    INSUFFICIENT_RESOURCES = NVML_ERROR_INSUFFICIENT_RESOURCES, "not enough resources left";
    FREQ_NOT_SUPPORTED = NVML_ERROR_FREQ_NOT_SUPPORTED, "the frequency is not supported";
    ARGUMENT_VERSION_MISMATCH = NVML_ERROR_ARGUMENT_VERSION_MISMATCH, "the driver does not know this version of a struct";
    DEPRECATED = NVML_ERROR_DEPRECATED, "the function is no longer supported";
    NOT_READY = NVML_ERROR_NOT_READY, "the system is not ready for the request";
    GPU_NOT_FOUND = NVML_ERROR_GPU_NOT_FOUND, "no GPU was found";
    INVALID_STATE = NVML_ERROR_INVALID_STATE, "not possible in the present state";
    UNKNOWN = NVML_ERROR_UNKNOWN, "an internal driver error";
}

impl fmt::Display for NvmlReturn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} ({name}, {})", self.description(), self.0),
            None => write!(f, "{} ({})", self.description(), self.0),
        }
    }
}

impl fmt::Debug for NvmlReturn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "NvmlReturn({})", self.0),
        }
    }
}

/// What an operation was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// The library or the node as a whole.
    Nvml,
    /// The GPU at an index that was asked for.
    GpuIndex(u32),
    /// A GPU.
    Gpu {
        /// Its NVML index.
        index: u32,
        /// Its UUID.
        uuid: GpuUuid,
    },
    /// A GPU instance.
    GpuInstance {
        /// The NVML index of its GPU.
        gpu: u32,
        /// Its id.
        id: GpuInstanceId,
    },
    /// A compute instance.
    ComputeInstance {
        /// The NVML index of its GPU.
        gpu: u32,
        /// The id of its GPU instance.
        gpu_instance: GpuInstanceId,
        /// Its id.
        id: ComputeInstanceId,
    },
    /// A MIG device.
    MigDevice(MigUuid),
    /// A set of GPUs that are watched for events.
    EventSet,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nvml => f.write_str("NVML"),
            Self::GpuIndex(index) => write!(f, "GPU {index}"),
            Self::Gpu { index, uuid } => write!(f, "GPU {index} ({uuid})"),
            Self::GpuInstance { gpu, id } => write!(f, "GPU instance {id} of GPU {gpu}"),
            Self::ComputeInstance { gpu, gpu_instance, id } => {
                write!(f, "compute instance {id} of GPU instance {gpu_instance} of GPU {gpu}")
            }
            Self::MigDevice(uuid) => write!(f, "MIG device {uuid}"),
            Self::EventSet => f.write_str("event set"),
        }
    }
}

/// What a change of the MIG mode still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MigModeNeed {
    /// The GPU's clients must end; then the change can be asked for again.
    NoClients,
    /// The GPU must be reset, or the machine rebooted.
    Reset,
    /// The driver gave another reason.
    Other(NvmlReturn),
}

impl fmt::Display for MigModeNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClients => f.write_str("all clients of the GPU to end, and then a reset of the GPU"),
            Self::Reset => f.write_str("a reset of the GPU or a reboot"),
            Self::Other(code) => write!(f, "what the driver says: {code}"),
        }
    }
}

/// An error of this crate. [`kind`](Error::kind) tells what a caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No NVML library could be loaded.
    #[error(transparent)]
    LibraryNotFound(#[from] sys::LoadError),
    /// The driver is too old for a call, or too new.
    #[error("this driver's NVML has no {}", symbol.name())]
    MissingSymbol {
        /// The symbol that the library lacks.
        symbol: sys::Symbol,
    },
    /// NVML refused a call.
    #[error("{} on {target}: {code}", call.name())]
    Nvml {
        /// The function that was called.
        call: sys::Symbol,
        /// What it was called on.
        target: Target,
        /// What it returned.
        code: NvmlReturn,
    },
    /// The thing that a handle names no longer exists, or is no longer the same: it was destroyed, re-created otherwise, or its session
    /// was closed.
    #[error("{target} is stale: it was destroyed, changed or its NVML session closed since the handle was made")]
    Stale {
        /// What the handle named.
        target: Target,
    },
    /// An instance cannot be destroyed because it is in use.
    #[error("{target} is in use{}", by_text(by))]
    InUse {
        /// The instance.
        target: Target,
        /// Who uses it, as far as NVML tells.
        by: Vec<Holder>,
    },
    /// A placement is taken by another GPU instance.
    #[error("placement {placement} on {target} overlaps GPU instance {with} at {taken}")]
    PlacementTaken {
        /// The GPU.
        target: Target,
        /// The placement that was asked for.
        placement: GpuInstancePlacement,
        /// The instance that is there.
        with: GpuInstanceId,
        /// Where that instance lies.
        taken: GpuInstancePlacement,
    },
    /// A placement is taken by another compute instance.
    #[error("placement {placement} in {target} overlaps compute instance {with} at {taken}")]
    ComputePlacementTaken {
        /// The GPU instance.
        target: Target,
        /// The placement that was asked for.
        placement: ComputeInstancePlacement,
        /// The instance that is there.
        with: ComputeInstanceId,
        /// Where that instance lies.
        taken: ComputeInstancePlacement,
    },
    /// There is no room for another instance of a profile.
    #[error("no room for another {profile} on {target}")]
    NoRoom {
        /// The GPU, or the GPU instance for a compute instance.
        target: Target,
        /// The profile's name.
        profile: String,
    },
    /// A profile cannot lie at a placement, taken or not.
    #[error("{profile} cannot be placed at {placement} on {target}; possible: {}", possible.join(", "))]
    ImpossiblePlacement {
        /// The GPU, or the GPU instance for a compute instance.
        target: Target,
        /// The profile's name.
        profile: String,
        /// The placement that was asked for, as `start:size`.
        placement: String,
        /// The placements that exist for the profile.
        possible: Vec<String>,
    },
    /// A GPU or GPU instance has no such profile.
    #[error("{target} has no profile {profile}; it has {}", join_or_none(available))]
    UnknownProfile {
        /// The GPU, or the GPU instance for a compute instance.
        target: Target,
        /// The profile that was asked for.
        profile: String,
        /// The names of the profiles that it has.
        available: Vec<String>,
    },
    /// A GPU cannot have a layout.
    #[error("{target} cannot have the layout {layout:?}: {reason}")]
    InfeasibleLayout {
        /// The GPU.
        target: Target,
        /// The layout.
        layout: String,
        /// The proof.
        reason: Box<Infeasible>,
    },
    /// The GPU is not, or no longer, as a plan has it.
    #[error("{target} is not as the plan has it, but: {now}")]
    PlanOutdated {
        /// The GPU.
        target: Target,
        /// What it is like.
        now: String,
    },
    /// A plan could not be carried out.
    #[error("{target} could not be changed: {failed}; {}", restored_text(restored))]
    ApplyFailed {
        /// The GPU.
        target: Target,
        /// What failed.
        failed: Box<Error>,
        /// Whether the layout that the GPU had is there again, or why not.
        restored: Result<(), Box<Error>>,
    },
    /// A reset of a GPU failed.
    #[error("{target} could not be reset: {reason}{}", held_text(by))]
    ResetFailed {
        /// The GPU.
        target: Target,
        /// Why.
        reason: String,
        /// Who holds the GPU, as far as is known.
        by: Vec<Holder>,
    },
    /// A change of the MIG mode is stored but has not taken effect.
    #[error("MIG mode of {target} stays {} for now: the change needs {needs}{}", on_off(!wanted), held_text(by))]
    MigModePending {
        /// The GPU.
        target: Target,
        /// The mode that was asked for and is now pending.
        wanted: bool,
        /// What it needs to take effect.
        needs: MigModeNeed,
        /// Who holds the GPU, as far as is known, where its clients must end.
        by: Vec<Holder>,
    },
    /// A text is not the name of a MIG profile.
    #[error("not a MIG profile name: {text:?}; expected e.g. 1g.5gb, 1g.5gb+me, 1c.2g.10gb")]
    InvalidProfileName {
        /// The text.
        text: String,
    },
    /// A text is not a layout.
    #[error("not a layout: {text:?}; expected {expected} at {part:?}")]
    InvalidLayout {
        /// The text.
        text: String,
        /// The part of it that is wrong.
        part: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A configuration file cannot be honoured.
    #[error("line {line}: not a configuration that can be honoured: {reason}")]
    InvalidConfig {
        /// The line, from 1.
        line: usize,
        /// What is wrong, and where.
        reason: String,
    },
    /// There is no configuration of the name.
    #[error("there is no configuration {name:?}; there are {}", join_or_none(available))]
    UnknownConfig {
        /// The name.
        name: String,
        /// Those that there are.
        available: Vec<String>,
    },
    /// A text is not a UUID of the kind asked for.
    #[error("not a UUID: {text:?}; expected {allowed}")]
    InvalidUuid {
        /// The text.
        text: String,
        /// The form that is allowed.
        allowed: &'static str,
    },
    /// A text is not a PCI address.
    #[error("not a PCI address: {text:?}; expected domain:bus:device.function in hexadecimal, e.g. 0000:10:1c.0")]
    InvalidPciAddress {
        /// The text.
        text: String,
    },
    /// A text is not a placement.
    #[error("not a placement: {text:?}; expected start:size, e.g. 4:2")]
    InvalidPlacementText {
        /// The text.
        text: String,
    },
    /// A process could not be given the devices of a list, or a text is no such list.
    #[error("{variable}: entry {position} {entry:?} {fault}")]
    InvalidVisibleDevices {
        /// The variable: `CUDA_VISIBLE_DEVICES` or `NVIDIA_VISIBLE_DEVICES`.
        variable: &'static str,
        /// The place of the entry in the list, from 0.
        position: usize,
        /// The entry.
        entry: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// A text cannot stand where it was to.
    #[error("not a {what}: {text:?}; expected {allowed}")]
    InvalidText {
        /// What it was to be, such as a class of devices.
        what: &'static str,
        /// The text.
        text: String,
        /// What can stand there.
        allowed: &'static str,
    },
    /// There is no device that a CDI specification could name.
    #[error(
        "a CDI specification names at least one device, and there is none: {gpus} GPUs, each with MIG enabled and without MIG devices"
    )]
    NoCdiDevice {
        /// How many GPUs there are.
        gpus: usize,
    },
    /// A text is not an order in which CUDA numbers devices.
    #[error("not a CUDA_DEVICE_ORDER: {text:?}; expected FASTEST_FIRST or PCI_BUS_ID")]
    InvalidDeviceOrder {
        /// The text.
        text: String,
    },
    /// CUDA numbers GPUs of different models by a measure of speed that is not documented.
    #[error(
        "CUDA's numbers depend on which model is the fastest: {}; set CUDA_DEVICE_ORDER=PCI_BUS_ID or name GPUs by UUID",
        models.join(", ")
    )]
    UnknownDeviceOrder {
        /// The models of the node.
        models: Vec<String>,
    },
    /// GPUs cannot be watched in one set.
    #[error("not a set of GPUs to watch: {reason}")]
    InvalidEventSet {
        /// Why not.
        reason: String,
    },
    /// A file of the driver or of this crate could not be used or understood.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
        /// The kind of the I/O error, or `None` where the content was at fault.
        io: Option<std::io::ErrorKind>,
    },
    /// Something went wrong with MPS.
    #[error(transparent)]
    Mps(#[from] MpsError),
    /// Something went wrong with time-slicing.
    #[error(transparent)]
    TimeSlice(#[from] TimeSliceError),
    /// NVML answered something that makes no sense, such as a text that is not UTF-8.
    #[error("{} on {target} answered {answer:?}, which is not {expected}", call.name())]
    UnexpectedAnswer {
        /// The function that was called.
        call: sys::Symbol,
        /// What it was called on.
        target: Target,
        /// Its answer.
        answer: String,
        /// What was expected.
        expected: &'static str,
    },
}

fn restored_text(restored: &Result<(), Box<Error>>) -> String {
    match restored {
        Ok(()) => "the layout that it had is there again".into(),
        Err(error) => format!("and the layout that it had cannot be had again: {error}"),
    }
}

fn by_text(holders: &[Holder]) -> String {
    crate::holder::by(holders)
}

fn held_text(holders: &[Holder]) -> String {
    if holders.is_empty() { String::new() } else { format!("; held{}", crate::holder::by(holders)) }
}

fn join_or_none(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn on_off(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// No NVML library, or no driver behind it: install or load one.
    NoDriver,
    /// NVML is not initialised: something else shut it down.
    Uninitialized,
    /// The GPU, the driver or the mode cannot do this: do without.
    NotSupported,
    /// The caller may not do this: ask an administrator.
    NoPermission,
    /// The value given is wrong: correct it.
    InvalidArgument,
    /// There is no such thing.
    NotFound,
    /// The handle's thing is gone or changed: look it up again.
    Stale,
    /// Somebody uses it: wait, or end them.
    InUse,
    /// There is no room: free some.
    InsufficientResources,
    /// The GPU cannot have the layout: ask for another.
    Infeasible,
    /// The change waits for a reset of the GPU or for its clients to end.
    ResetRequired,
    /// The GPU no longer answers.
    GpuLost,
    /// The time ran out.
    Timeout,
    /// The driver failed, or answered nonsense.
    Driver,
}

impl Error {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::LibraryNotFound(_) => ErrorKind::NoDriver,
            Self::MissingSymbol { .. } => ErrorKind::NotSupported,
            Self::Nvml { code, .. } => ErrorKind::of_code(*code),
            Self::Stale { .. } => ErrorKind::Stale,
            Self::Mps(error) => error.kind(),
            Self::TimeSlice(error) => error.kind(),
            Self::InUse { .. } => ErrorKind::InUse,
            Self::PlacementTaken { .. } | Self::ComputePlacementTaken { .. } | Self::NoRoom { .. } => {
                ErrorKind::InsufficientResources
            }
            Self::MigModePending { .. } => ErrorKind::ResetRequired,
            Self::UnknownProfile { .. } | Self::UnknownConfig { .. } | Self::NoCdiDevice { .. } => ErrorKind::NotFound,
            Self::InfeasibleLayout { .. } => ErrorKind::Infeasible,
            Self::PlanOutdated { .. } => ErrorKind::Stale,
            Self::ApplyFailed { failed, .. } => failed.kind(),
            Self::ResetFailed { .. } => ErrorKind::Driver,
            Self::ImpossiblePlacement { .. }
            | Self::InvalidProfileName { .. }
            | Self::InvalidLayout { .. }
            | Self::InvalidConfig { .. }
            | Self::InvalidText { .. }
            | Self::InvalidUuid { .. }
            | Self::InvalidPciAddress { .. }
            | Self::InvalidDeviceOrder { .. }
            | Self::InvalidEventSet { .. }
            | Self::InvalidPlacementText { .. } => ErrorKind::InvalidArgument,
            Self::InvalidVisibleDevices { fault, .. } => fault.kind(),
            Self::UnknownDeviceOrder { .. } => ErrorKind::NotSupported,
            Self::File { io: Some(std::io::ErrorKind::NotFound), .. } => ErrorKind::NotFound,
            Self::File { io: Some(std::io::ErrorKind::PermissionDenied), .. } => ErrorKind::NoPermission,
            Self::File { .. } | Self::UnexpectedAnswer { .. } => ErrorKind::Driver,
        }
    }

    /// The code that NVML returned, where a call was refused.
    pub fn nvml_return(&self) -> Option<NvmlReturn> {
        match self {
            Self::Nvml { code, .. } => Some(*code),
            Self::TimeSlice(error) => error.nvml_return(),
            Self::InUse { .. } => Some(NvmlReturn::IN_USE),
            Self::ApplyFailed { failed, .. } => failed.nvml_return(),
            Self::PlacementTaken { .. } | Self::ComputePlacementTaken { .. } | Self::NoRoom { .. } => {
                Some(NvmlReturn::INSUFFICIENT_RESOURCES)
            }
            Self::MigModePending { needs, .. } => Some(match needs {
                MigModeNeed::NoClients => NvmlReturn::IN_USE,
                MigModeNeed::Reset => NvmlReturn::RESET_REQUIRED,
                MigModeNeed::Other(code) => *code,
            }),
            _ => None,
        }
    }

    /// The NVML function that failed or is missing, where the error names one.
    pub fn call(&self) -> Option<sys::Symbol> {
        match self {
            Self::Nvml { call, .. } | Self::UnexpectedAnswer { call, .. } => Some(*call),
            Self::MissingSymbol { symbol } => Some(*symbol),
            Self::ApplyFailed { failed, .. } => failed.call(),
            _ => None,
        }
    }

    /// What the failed operation was about, where it was about a part of the machine.
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::Nvml { target, .. }
            | Self::Stale { target }
            | Self::InUse { target, .. }
            | Self::PlacementTaken { target, .. }
            | Self::ComputePlacementTaken { target, .. }
            | Self::NoRoom { target, .. }
            | Self::ImpossiblePlacement { target, .. }
            | Self::UnknownProfile { target, .. }
            | Self::InfeasibleLayout { target, .. }
            | Self::PlanOutdated { target, .. }
            | Self::ApplyFailed { target, .. }
            | Self::ResetFailed { target, .. }
            | Self::MigModePending { target, .. }
            | Self::UnexpectedAnswer { target, .. } => Some(*target),
            Self::TimeSlice(error) => error.target(),
            _ => None,
        }
    }
}

impl From<sys::MissingSymbol> for Error {
    fn from(missing: sys::MissingSymbol) -> Self {
        Self::MissingSymbol { symbol: missing.0 }
    }
}

impl ErrorKind {
    /// What a caller can do about a code.
    pub(crate) fn of_code(code: NvmlReturn) -> Self {
        match code {
            NvmlReturn::UNINITIALIZED => ErrorKind::Uninitialized,
            NvmlReturn::DRIVER_NOT_LOADED | NvmlReturn::LIBRARY_NOT_FOUND | NvmlReturn::LIB_RM_VERSION_MISMATCH => {
                ErrorKind::NoDriver
            }
            NvmlReturn::NOT_SUPPORTED
            | NvmlReturn::FUNCTION_NOT_FOUND
            | NvmlReturn::ARGUMENT_VERSION_MISMATCH
            | NvmlReturn::DEPRECATED => ErrorKind::NotSupported,
            NvmlReturn::NO_PERMISSION | NvmlReturn::OPERATING_SYSTEM => ErrorKind::NoPermission,
            NvmlReturn::INVALID_ARGUMENT => ErrorKind::InvalidArgument,
            NvmlReturn::NOT_FOUND | NvmlReturn::GPU_NOT_FOUND => ErrorKind::NotFound,
            NvmlReturn::IN_USE => ErrorKind::InUse,
            NvmlReturn::INSUFFICIENT_RESOURCES | NvmlReturn::MEMORY => ErrorKind::InsufficientResources,
            NvmlReturn::RESET_REQUIRED => ErrorKind::ResetRequired,
            NvmlReturn::GPU_IS_LOST => ErrorKind::GpuLost,
            NvmlReturn::TIMEOUT => ErrorKind::Timeout,
            _ => ErrorKind::Driver,
        }
    }
}

/// A failed end of life: the error, and the handle that still names the living thing.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct DestroyError<T> {
    /// The handle, as it was.
    pub handle: T,
    /// Why it could not be destroyed.
    #[source]
    pub error: Error,
}

impl<T> From<DestroyError<T>> for Error {
    fn from(failed: DestroyError<T>) -> Self {
        failed.error
    }
}
