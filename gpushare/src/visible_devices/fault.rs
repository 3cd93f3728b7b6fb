//! What is wrong with an entry of a list of devices.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;

/// Why an entry of `CUDA_VISIBLE_DEVICES` or `NVIDIA_VISIBLE_DEVICES` does not give a program a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryFault {
    /// There is nothing between two commas.
    Empty,
    /// It is neither an index nor a UUID nor a MIG device.
    Malformed,
    /// A negative index, which ends the list.
    Negative,
    /// An index among UUIDs, or a UUID among indices; the first entry says which of the two a list has.
    OtherKind,
    /// No GPU has the index.
    NoSuchGpu {
        /// How many GPUs there are.
        gpus: usize,
    },
    /// No device has the UUID, or one that begins so.
    NoSuchUuid,
    /// The GPU has no MIG device of these ids or this number.
    NoSuchMigDevice,
    /// The GPU is in MIG mode and has no MIG device.
    NoMigDevices,
    /// The UUIDs of several devices begin so.
    Ambiguous {
        /// The UUIDs.
        candidates: Vec<String>,
    },
    /// An earlier entry names the same device.
    Duplicate {
        /// The place of that entry, from 0.
        of: usize,
    },
    /// A process has one MIG device, and an earlier entry names one.
    SecondMigDevice {
        /// The place of that entry, from 0.
        first: usize,
    },
    /// A process that has a MIG device has no whole GPU.
    BesideMigDevice {
        /// The place of the entry that names the MIG device, from 0.
        mig: usize,
    },
    /// A process has one compute instance of a GPU instance, and an earlier entry names one.
    SameGpuInstance {
        /// The place of that entry, from 0.
        first: usize,
    },
    /// A process has no more MIG devices than CUDA's limit.
    TooManyMigDevices {
        /// The limit.
        most: usize,
    },
    /// The list is longer than CUDA reads, which then shows all devices.
    TooLong {
        /// How many bytes CUDA reads.
        most: usize,
    },
}

impl EntryFault {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchGpu { .. } | Self::NoSuchUuid | Self::NoSuchMigDevice | Self::NoMigDevices => {
                ErrorKind::NotFound
            }
            _ => ErrorKind::InvalidArgument,
        }
    }
}

impl fmt::Display for EntryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Malformed => f.write_str("is neither an index nor a UUID nor a MIG device"),
            Self::Negative => f.write_str("is negative and ends the list"),
            Self::OtherKind => f.write_str("mixes indices with UUIDs"),
            Self::NoSuchGpu { gpus } => write!(f, "is the index of no GPU; there are {gpus}"),
            Self::NoSuchUuid => f.write_str("is the UUID of no device"),
            Self::NoSuchMigDevice => f.write_str("is no MIG device of that GPU"),
            Self::NoMigDevices => f.write_str("is a GPU in MIG mode without MIG devices"),
            Self::Ambiguous { candidates } => {
                write!(f, "is the beginning of several UUIDs: {}", candidates.join(", "))
            }
            Self::Duplicate { of } => write!(f, "names the device of entry {of} again"),
            Self::SecondMigDevice { first } => {
                write!(f, "is a second MIG device beside entry {first}; a process has one")
            }
            Self::BesideMigDevice { mig } => {
                write!(f, "is a whole GPU beside the MIG device of entry {mig}; a process has either")
            }
            Self::SameGpuInstance { first } => {
                write!(f, "is in the GPU instance of entry {first}; a process has one compute instance of each")
            }
            Self::TooManyMigDevices { most } => write!(f, "is one MIG device too many; a process has {most}"),
            Self::TooLong { most } => write!(f, "is beyond the {most} bytes that CUDA reads"),
        }
    }
}
