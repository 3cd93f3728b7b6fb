//! What a program sees with a value of `CUDA_VISIBLE_DEVICES`.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::value::{value, variants};
use crate::values::visible_node::VisibleMigDevice;

value! {
    "gpushare", json,
    /// The devices that CUDA numbers 0, 1, … in one process.
    CudaDevices = gpushare::CudaDevices {
        /// The devices, in the order of their numbers.
        devices: Vec<CudaDevice>,
        /// Devices that entries name and that the process is not given all the same.
        hidden: Vec<HiddenDevice>,
        /// Where the list ended, and why there.
        end: ListEnd,
    }

    /// What `cuInit` answers where it fails: 100 (no device) without a device, 101 (invalid device) where an entry names a device again.
    /// `None` where it does not fail. Both are measured, not documented.
    fn cuda_error(&self) -> Option<u32> {
        self.0.cuda_error()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// A device that CUDA numbers, or that a container is given: a GPU or a MIG device.
    CudaDevice = gpushare::CudaDevice {
        /// The place of the entry that names it, from 0; `None` where none does.
        entry: Option<usize>,
        /// The NVML index of the GPU.
        gpu: u32,
        /// The UUID of the GPU.
        gpu_uuid: String,
        /// The MIG device; `None` for the whole GPU.
        mig: Option<VisibleMigDevice>,
    }

    /// The device's own UUID, as NVML gives it: `GPU-…` or `MIG-…`.
    fn uuid(&self) -> String {
        self.0.uuid()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// A device that an entry names and that the process is not given.
    HiddenDevice = gpushare::HiddenDevice {
        /// The device.
        device: CudaDevice,
        /// Why not.
        fault: EntryFault,
    }
}

variants! {
    /// Where a list of devices ended.
    ListEnd {
        /// `CUDA_VISIBLE_DEVICES` is not set: all devices are visible.
        Unset {},
        /// CUDA reads no list this long, and shows all devices.
        Ignored { length: usize, most: usize },
        /// Every entry counts.
        Complete {},
        /// An entry ended it: that one and those behind it do not count.
        At { position: usize, entry: String, fault: EntryFault },
    }
}

impl ToPython<ListEnd> for gpushare::ListEnd {
    fn to_python(&self) -> ListEnd {
        match self {
            Self::Ignored { length, most } => ListEnd::Ignored { length: *length, most: *most },
            Self::Complete => ListEnd::Complete {},
            Self::At { position, entry, fault } => {
                ListEnd::At { position: *position, entry: entry.clone(), fault: fault.to_python() }
            }
            _ => ListEnd::Unset {},
        }
    }
}

variants! {
    /// Why an entry of `CUDA_VISIBLE_DEVICES` or `NVIDIA_VISIBLE_DEVICES` does not give a program a device.
    EntryFault {
        /// There is nothing between two commas.
        Empty {},
        /// It is neither an index nor a UUID nor a MIG device.
        Malformed {},
        /// A negative index, which ends the list.
        Negative {},
        /// An index among UUIDs, or a UUID among indices; the first entry says which of the two a list has.
        OtherKind {},
        /// No GPU has the index.
        NoSuchGpu { gpus: usize },
        /// No device has the UUID, or one that begins so.
        NoSuchUuid {},
        /// The GPU has no MIG device of these ids or this number.
        NoSuchMigDevice {},
        /// The GPU is in MIG mode and has no MIG device.
        NoMigDevices {},
        /// The UUIDs of several devices begin so.
        Ambiguous { candidates: Vec<String> },
        /// An earlier entry names the same device.
        Duplicate { of: usize },
        /// A process has one MIG device, and an earlier entry names one.
        SecondMigDevice { first: usize },
        /// A process that has a MIG device has no whole GPU.
        BesideMigDevice { mig: usize },
        /// A process has one compute instance of a GPU instance, and an earlier entry names one.
        SameGpuInstance { first: usize },
        /// A process has no more MIG devices than CUDA's limit.
        TooManyMigDevices { most: usize },
        /// The list is longer than CUDA reads, which then shows all devices.
        TooLong { most: usize },
        /// Another reason, in words.
        Other { reason: String },
    }
}

impl ToPython<EntryFault> for gpushare::EntryFault {
    fn to_python(&self) -> EntryFault {
        match self.clone() {
            Self::Empty => EntryFault::Empty {},
            Self::Malformed => EntryFault::Malformed {},
            Self::Negative => EntryFault::Negative {},
            Self::OtherKind => EntryFault::OtherKind {},
            Self::NoSuchGpu { gpus } => EntryFault::NoSuchGpu { gpus },
            Self::NoSuchUuid => EntryFault::NoSuchUuid {},
            Self::NoSuchMigDevice => EntryFault::NoSuchMigDevice {},
            Self::NoMigDevices => EntryFault::NoMigDevices {},
            Self::Ambiguous { candidates } => EntryFault::Ambiguous { candidates },
            Self::Duplicate { of } => EntryFault::Duplicate { of },
            Self::SecondMigDevice { first } => EntryFault::SecondMigDevice { first },
            Self::BesideMigDevice { mig } => EntryFault::BesideMigDevice { mig },
            Self::SameGpuInstance { first } => EntryFault::SameGpuInstance { first },
            Self::TooManyMigDevices { most } => EntryFault::TooManyMigDevices { most },
            Self::TooLong { most } => EntryFault::TooLong { most },
            other => EntryFault::Other { reason: other.to_string() },
        }
    }
}
