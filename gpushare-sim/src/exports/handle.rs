//! Handles: small tagged numbers that say which object is meant. They are never dereferenced.
//!
//! A handle names its object by ids, as the driver's own may: when an instance is destroyed its handles are refused, and when the id
//! is given out again the same number names the new instance.

use gpushare_sys::{NVML_ERROR_NOT_SUPPORTED, nvmlComputeInstance_t, nvmlDevice_t, nvmlGpuInstance_t};

use super::argument::{Argument, INVALID};
use super::door::Code;
use super::trace::Shown;
use crate::engine::{Device, Gpu, Machine, MigDevice};

/// What sets a handle apart from a number that is none.
const TAG: usize = 0x6e76_6d6c;

/// The object that a handle names, whether or not it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handle {
    Gpu { gpu: u8 },
    MigDevice { gpu: u8, gi: u8, ci: u8 },
    GpuInstance { gpu: u8, gi: u8 },
    ComputeInstance { gpu: u8, gi: u8, ci: u8 },
}

impl Handle {
    const fn pack(self) -> usize {
        let (kind, gpu, gi, ci) = match self {
            Self::Gpu { gpu } => (1, gpu, 0, 0),
            Self::MigDevice { gpu, gi, ci } => (2, gpu, gi, ci),
            Self::GpuInstance { gpu, gi } => (3, gpu, gi, 0),
            Self::ComputeInstance { gpu, gi, ci } => (4, gpu, gi, ci),
        };
        TAG << 32 | kind << 24 | (gpu as usize) << 16 | (gi as usize) << 8 | ci as usize
    }

    fn unpack(word: usize) -> Option<Self> {
        let [ci, gi, gpu, kind, ..] = word.to_le_bytes();
        let handle = match kind {
            1 => Self::Gpu { gpu },
            2 => Self::MigDevice { gpu, gi, ci },
            3 => Self::GpuInstance { gpu, gi },
            4 => Self::ComputeInstance { gpu, gi, ci },
            _ => return None,
        };
        (handle.pack() == word).then_some(handle)
    }

    /// The handle as C holds it.
    fn to_c<T>(self) -> *mut T {
        std::ptr::without_provenance_mut(self.pack())
    }

    /// What a C handle names; `None` for NULL and for anything that no function of ours gave out.
    fn from_c<T>(pointer: *mut T) -> Option<Self> {
        Self::unpack(pointer.addr())
    }
}

/// The GPU that a handle names, or to which belongs what it names, whether or not that exists.
pub(super) fn gpu_of<T>(pointer: *mut T) -> Option<usize> {
    Handle::from_c(pointer).map(|handle| match handle {
        Handle::Gpu { gpu }
        | Handle::MigDevice { gpu, .. }
        | Handle::GpuInstance { gpu, .. }
        | Handle::ComputeInstance { gpu, .. } => gpu.into(),
    })
}

/// A handle as a trace shows it: what it names, or its number where it names nothing.
pub(super) fn show<T>(pointer: *mut T) -> Shown {
    Shown::Text(match Handle::from_c(pointer) {
        Some(Handle::Gpu { gpu }) => format!("gpu{gpu}"),
        Some(Handle::MigDevice { gpu, gi, ci }) => format!("mig:gpu{gpu}/gi{gi}/ci{ci}"),
        Some(Handle::GpuInstance { gpu, gi }) => format!("gpu{gpu}/gi{gi}"),
        Some(Handle::ComputeInstance { gpu, gi, ci }) => format!("gpu{gpu}/gi{gi}/ci{ci}"),
        None => return Shown::pointer(pointer, &format!("{pointer:p}")),
    })
}

/// A device handle: of a GPU or of a MIG device that exists.
impl Argument for Device {
    type Raw = nvmlDevice_t;

    unsafe fn accept(raw: nvmlDevice_t, machine: &Machine) -> Result<Self, Code> {
        let device = match Handle::from_c(raw) {
            Some(Handle::Gpu { gpu }) => Self { gpu: gpu.into(), mig: None },
            Some(Handle::MigDevice { gpu, gi, ci }) => {
                Self { gpu: gpu.into(), mig: Some(MigDevice { gi: gi.into(), ci: ci.into() }) }
            }
            _ => return Err(INVALID),
        };
        let gpu = machine.gpu(device.gpu)?;
        if let Some(MigDevice { gi, ci }) = device.mig {
            gpu.live_compute_instance(gi, ci)?;
        }
        Ok(device)
    }

    unsafe fn show(raw: nvmlDevice_t) -> Shown {
        show(raw)
    }
}

/// A GPU's handle, where the question makes sense for GPUs alone: a MIG device's is an invalid argument. The GPU's index.
pub(super) struct Whole(pub(super) usize);

impl Argument for Whole {
    type Raw = nvmlDevice_t;

    unsafe fn accept(raw: nvmlDevice_t, machine: &Machine) -> Result<Self, Code> {
        // SAFETY: the caller's promise is the same.
        match unsafe { Device::accept(raw, machine) }? {
            Device { gpu, mig: None } => Ok(Self(gpu)),
            _ => Err(INVALID),
        }
    }

    unsafe fn show(raw: nvmlDevice_t) -> Shown {
        show(raw)
    }
}

/// A GPU's handle, where the question is about the board: for a MIG device's it is not supported. The GPU's index.
pub(super) struct Board(pub(super) usize);

impl Argument for Board {
    type Raw = nvmlDevice_t;

    unsafe fn accept(raw: nvmlDevice_t, machine: &Machine) -> Result<Self, Code> {
        // SAFETY: the caller's promise is the same.
        match unsafe { Device::accept(raw, machine) }? {
            Device { gpu, mig: None } => Ok(Self(gpu)),
            _ => Err(Code(NVML_ERROR_NOT_SUPPORTED)),
        }
    }

    unsafe fn show(raw: nvmlDevice_t) -> Shown {
        show(raw)
    }
}

/// The handle of a GPU instance that exists.
#[derive(Clone, Copy)]
pub(super) struct Gi {
    pub(super) gpu: usize,
    pub(super) id: u32,
}

impl Argument for Gi {
    type Raw = nvmlGpuInstance_t;

    unsafe fn accept(raw: nvmlGpuInstance_t, machine: &Machine) -> Result<Self, Code> {
        let Some(Handle::GpuInstance { gpu, gi }) = Handle::from_c(raw) else { return Err(INVALID) };
        let instance = Self { gpu: gpu.into(), id: gi.into() };
        machine.gpu(instance.gpu)?.live_gpu_instance(instance.id)?;
        Ok(instance)
    }

    unsafe fn show(raw: nvmlGpuInstance_t) -> Shown {
        show(raw)
    }
}

/// The handle of a compute instance that exists.
#[derive(Clone, Copy)]
pub(super) struct Ci {
    pub(super) gi: Gi,
    pub(super) id: u32,
}

impl Argument for Ci {
    type Raw = nvmlComputeInstance_t;

    unsafe fn accept(raw: nvmlComputeInstance_t, machine: &Machine) -> Result<Self, Code> {
        let Some(Handle::ComputeInstance { gpu, gi, ci }) = Handle::from_c(raw) else { return Err(INVALID) };
        let instance = Self { gi: Gi { gpu: gpu.into(), id: gi.into() }, id: ci.into() };
        machine.gpu(instance.gi.gpu)?.live_compute_instance(instance.gi.id, instance.id)?;
        Ok(instance)
    }

    unsafe fn show(raw: nvmlComputeInstance_t) -> Shown {
        show(raw)
    }
}

/// The ids in handles are bytes: a machine has at most 32 GPUs, a GPU 15 instance ids, and a GPU instance 8.
fn byte(id: u32) -> u8 {
    debug_assert!(id <= 0xff, "no id is as large as {id}");
    id as u8
}

pub(super) fn gpu_handle(gpu: usize) -> nvmlDevice_t {
    Handle::Gpu { gpu: byte(gpu as u32) }.to_c()
}

pub(super) fn device_handle(device: Device) -> nvmlDevice_t {
    match device.mig {
        None => gpu_handle(device.gpu),
        Some(MigDevice { gi, ci }) => {
            Handle::MigDevice { gpu: byte(device.gpu as u32), gi: byte(gi), ci: byte(ci) }.to_c()
        }
    }
}

pub(super) fn gi_handle(gpu: usize, gi: u32) -> nvmlGpuInstance_t {
    Handle::GpuInstance { gpu: byte(gpu as u32), gi: byte(gi) }.to_c()
}

pub(super) fn ci_handle(gi: Gi, ci: u32) -> nvmlComputeInstance_t {
    Handle::ComputeInstance { gpu: byte(gi.gpu as u32), gi: byte(gi.id), ci: byte(ci) }.to_c()
}

/// The object behind an argument.
pub(super) trait Of {
    /// The GPU that it is or belongs to.
    fn gpu<'a>(&self, machine: &'a Machine) -> Result<&'a Gpu, Code>;
}

macro_rules! of {
    ($($kind:ty: |$this:ident| $index:expr;)*) => {$(
        impl Of for $kind {
            fn gpu<'a>(&self, machine: &'a Machine) -> Result<&'a Gpu, Code> {
                let $this = self;
                Ok(machine.gpu($index)?)
            }
        }
    )*};
}
of! {
    Device: |this| this.gpu;
    Whole: |this| this.0;
    Board: |this| this.0;
    Gi: |this| this.gpu;
    Ci: |this| this.gi.gpu;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_survives_the_trip_through_c_and_garbage_does_not() {
        for handle in [
            Handle::Gpu { gpu: 7 },
            Handle::MigDevice { gpu: 31, gi: 14, ci: 7 },
            Handle::GpuInstance { gpu: 0, gi: 0 },
            Handle::ComputeInstance { gpu: 1, gi: 2, ci: 3 },
        ] {
            assert_eq!(Handle::from_c::<u8>(handle.to_c()), Some(handle));
        }
        let gpu: *mut u8 = Handle::Gpu { gpu: 0 }.to_c();
        for word in [0, 1, usize::MAX, gpu.addr() + 1, gpu.addr() | 1 << 63, TAG << 32, TAG << 32 | 5 << 24] {
            assert_eq!(Handle::from_c::<u8>(std::ptr::without_provenance_mut(word)), None, "{word:#x}");
        }
    }
}
