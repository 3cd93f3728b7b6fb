//! The enums of `gpushare.enums`, which Python itself makes so that they are what Python calls enums.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use gpushare as rust;

use crate::convert::{Repr, ToPython};

/// A member of a Python enum, by its value.
macro_rules! python_enum {
    ($($name:ident($value:ty)),* $(,)?) => {
        $(
            #[derive(Clone, PartialEq)]
            pub(crate) struct $name(pub(crate) $value);

            impl<'py> IntoPyObject<'py> for $name {
                type Target = PyAny;
                type Output = Bound<'py, PyAny>;
                type Error = PyErr;

                #[cfg(feature = "stubs")]
                const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr =
                    pyo3::type_hint_identifier!("gpushare.enums", stringify!($name));

                fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
                    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
                    CLASS.import(py, "gpushare.enums", stringify!($name))?.call1((self.0,))
                }
            }
        )*
    };
}
/// What was given in the place of an enum.
macro_rules! enum_argument {
    ($($name:ident($rust:ty) of $class:literal { $($word:literal => $value:expr),* $(,)? })*) => {
        $(struct $name($rust);

        impl<'a, 'py> FromPyObject<'a, 'py> for $name {
            type Error = PyErr;

            #[cfg(feature = "stubs")]
            const INPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("gpushare.enums", $class);

            fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
                let class = object.py().import("gpushare.enums")?.getattr($class)?;
                if object.is_instance(&class)? {
                    let value: String = object.getattr("value")?.extract()?;
                    $(if value == $word {
                        return Ok(Self($value));
                    })*
                }
                Err(pyo3::exceptions::PyTypeError::new_err(format!("{} is not a {}", object.repr()?, $class)))
            }
        })*
    };
}
pub(crate) use {enum_argument, python_enum};

python_enum!(
    Architecture(u32),
    Engine(&'static str),
    MigModeNeed(&'static str),
    NvmlReturn(u32),
    ProcessKinds(u32),
    ProfileAttributes(u32),
    Recovery(&'static str),
);

impl Repr for Engine {
    fn repr(&self) -> String {
        format!("Engine.{}", self.0.to_uppercase())
    }
}

impl ToPython<Engine> for rust::Engine {
    fn to_python(&self) -> Engine {
        Engine(match self {
            Self::Decoder => "decoder",
            Self::Encoder => "encoder",
            Self::Jpeg => "jpeg",
            Self::OpticalFlow => "optical_flow",
        })
    }
}

impl ToPython<MigModeNeed> for rust::MigModeNeed {
    fn to_python(&self) -> MigModeNeed {
        MigModeNeed(match self {
            Self::NoClients => "no_clients",
            Self::Reset => "reset",
            _ => "other",
        })
    }
}

impl ToPython<Recovery> for rust::Recovery {
    fn to_python(&self) -> Recovery {
        Recovery(match self {
            Self::Finished => "finished",
            Self::RolledBack => "rolled_back",
            Self::RolledForward => "rolled_forward",
            _ => "nothing",
        })
    }
}

macro_rules! by_number {
    ($($name:ident = |$value:ident| $number:expr),* $(,)?) => {
        $(impl ToPython<$name> for rust::$name {
            fn to_python(&self) -> $name {
                let $value = self;
                $name($number)
            }
        })*
    };
}
by_number!(
    Architecture = |value| value.0,
    NvmlReturn = |value| value.0,
    ProcessKinds = |value| value.bits(),
    ProfileAttributes = |value| value.bits(),
);

impl Repr for ProcessKinds {
    /// As Python writes a flag: `<ProcessKinds.COMPUTE|MPS_CLIENT: 5>`.
    fn repr(&self) -> String {
        let names = rust::ProcessKinds::from_bits_retain(self.0).iter_names().map(|(name, _)| name).collect::<Vec<_>>();
        format!("<ProcessKinds.{}: {}>", names.join("|"), self.0)
    }
}

/// What an NVML code means, in words that need no driver.
#[pyfunction]
pub(crate) fn nvml_return_description(code: u32) -> &'static str {
    rust::NvmlReturn(code).description()
}

/// NVML's name of a code; `None` for one that this version of gpushare does not know.
#[pyfunction]
pub(crate) fn nvml_return_name(code: u32) -> Option<&'static str> {
    rust::NvmlReturn(code).name()
}

impl<'a, 'py> FromPyObject<'a, 'py> for Engine {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("gpushare.enums", "Engine");

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let value: String = object.getattr("value")?.extract()?;
        ["decoder", "encoder", "jpeg", "optical_flow"]
            .into_iter()
            .find(|known| *known == value)
            .map(Self)
            .ok_or_else(|| pyo3::exceptions::PyValueError::new_err(format!("{value:?} is not an engine")))
    }
}
