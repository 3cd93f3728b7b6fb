//! What a snapshot could not tell.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use gpushare as rust;

use crate::convert::{Repr, ToPython};
use crate::enums::python_enum;
use crate::errors::ErrorClass;
use crate::value::value;

python_enum!(SnapshotFact(&'static str));

impl ToPython<SnapshotFact> for rust::SnapshotFact {
    fn to_python(&self) -> SnapshotFact {
        SnapshotFact(match self {
            Self::MinorNumber => "minor-number",
            Self::PciAddress => "pci-address",
            Self::Memory => "memory",
            Self::Utilization => "utilization",
            Self::ComputeMode => "compute-mode",
            Self::MigMode => "mig-mode",
            Self::GpuInstances => "gpu-instances",
            Self::MigDevices => "mig-devices",
            Self::Processes => "processes",
            // Not a word of the enum: a ValueError, until both have it.
            _ => "unknown",
        })
    }
}

impl Repr for SnapshotFact {
    fn repr(&self) -> String {
        format!("SnapshotFact.{}", self.0.to_uppercase().replace('-', "_"))
    }
}

value! {
    "gpushare", json,
    /// What the driver refused to tell, and why.
    UnknownFact = gpushare::UnknownFact {
        /// What is not known.
        fact: SnapshotFact,
        /// The UUID of the MIG device of which it is not known; `None` where it is not of one.
        mig_device: Option<String>,
        /// The exception that asking for it alone would raise: `NoPermissionError` above all, as in containers.
        kind: ErrorClass,
        /// The refusal in words.
        message: String,
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
