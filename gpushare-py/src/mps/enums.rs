//! The enums of MPS.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use gpushare as rust;

use crate::convert::{Repr, ToPython};
use crate::enums::python_enum;

python_enum!(
    ComputeMode(u32),
    MpsClientPriority(&'static str),
    MpsLogRole(&'static str),
    MpsServerStatus(&'static str)
);

impl ToPython<ComputeMode> for rust::ComputeMode {
    fn to_python(&self) -> ComputeMode {
        ComputeMode(self.0)
    }
}

impl Repr for ComputeMode {
    fn repr(&self) -> String {
        match rust::ComputeMode(self.0) {
            rust::ComputeMode::DEFAULT => "ComputeMode.DEFAULT".into(),
            rust::ComputeMode::PROHIBITED => "ComputeMode.PROHIBITED".into(),
            rust::ComputeMode::EXCLUSIVE_PROCESS => "ComputeMode.EXCLUSIVE_PROCESS".into(),
            rust::ComputeMode(other) => format!("ComputeMode({other})"),
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for ComputeMode {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("gpushare.enums", "ComputeMode");

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self)
    }
}

impl ToPython<MpsClientPriority> for rust::MpsClientPriority {
    fn to_python(&self) -> MpsClientPriority {
        MpsClientPriority(match self {
            Self::Normal => "normal",
            Self::BelowNormal => "below_normal",
        })
    }
}

/// A priority that was given.
pub(crate) struct PriorityArgument(pub(crate) rust::MpsClientPriority);

impl<'a, 'py> FromPyObject<'a, 'py> for PriorityArgument {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("gpushare.enums", "MpsClientPriority");

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let class = object.py().import("gpushare.enums")?.getattr("MpsClientPriority")?;
        if !object.is_instance(&class)? {
            let text = format!("{} is not a MpsClientPriority", object.repr()?);
            return Err(pyo3::exceptions::PyTypeError::new_err(text));
        }
        let value: String = object.getattr("value")?.extract()?;
        Ok(Self(match value.as_str() {
            "normal" => rust::MpsClientPriority::Normal,
            _ => rust::MpsClientPriority::BelowNormal,
        }))
    }
}

impl ToPython<MpsLogRole> for rust::MpsLogRole {
    fn to_python(&self) -> MpsLogRole {
        MpsLogRole(match self {
            Self::Control => "control",
            Self::Server => "server",
            _ => "other",
        })
    }
}

impl Repr for MpsLogRole {
    fn repr(&self) -> String {
        format!("MpsLogRole.{}", self.0.to_uppercase())
    }
}

impl ToPython<MpsServerStatus> for rust::MpsServerStatus {
    fn to_python(&self) -> MpsServerStatus {
        MpsServerStatus(match self {
            Self::Initializing => "initializing",
            Self::Active => "active",
            Self::Fault => "fault",
            // Not a word of the enum: a ValueError, until both have it.
            _ => "unknown",
        })
    }
}
