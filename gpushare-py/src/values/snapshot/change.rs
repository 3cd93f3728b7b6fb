//! What changed between two snapshots.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use gpushare::GpuUuid;

use crate::convert::ToPython;
use crate::errors::{Raise, invalid_json};
use crate::mps::enums::ComputeMode;
use crate::value::{plain, variants};
use crate::values::gpu_process::GpuProcess;
use crate::values::memory::Memory;
use crate::values::snapshot::gpu::{GpuInstanceSnapshot, MigDeviceSnapshot};
use crate::values::snapshot::mps::MpsDaemonSnapshot;

/// A field of a change as Rust has it.
trait ToRust<R> {
    fn to_rust(&self) -> gpushare::Result<R>;
}

impl ToRust<GpuUuid> for String {
    fn to_rust(&self) -> gpushare::Result<GpuUuid> {
        self.parse()
    }
}

impl ToRust<bool> for bool {
    fn to_rust(&self) -> gpushare::Result<bool> {
        Ok(*self)
    }
}

impl ToRust<gpushare::ComputeMode> for ComputeMode {
    fn to_rust(&self) -> gpushare::Result<gpushare::ComputeMode> {
        Ok(gpushare::ComputeMode(self.0))
    }
}

impl<T: ToRust<R>, R> ToRust<Option<R>> for Option<T> {
    fn to_rust(&self) -> gpushare::Result<Option<R>> {
        self.as_ref().map(T::to_rust).transpose()
    }
}

macro_rules! holds_it {
    ($($name:ident),*) => {
        $(impl ToRust<gpushare::$name> for $name {
            fn to_rust(&self) -> gpushare::Result<gpushare::$name> {
                Ok(self.0.clone())
            }
        })*
    };
}
holds_it!(GpuInstanceSnapshot, GpuProcess, Memory, MigDeviceSnapshot, MpsDaemonSnapshot);

/// Makes the class from the variants that Rust has, with the ways there and back.
macro_rules! changes {
    ($($(#[$meta:meta])* $variant:ident { $($field:ident: $ty:ty),* }),* $(,)?) => {
        variants! {
            /// One difference between two snapshots, from `Snapshot.changes_to`. `gpu` is the UUID of the GPU. Prints as a sentence.
            Change {
                $($(#[$meta])* $variant { $($field: $ty),* },)*
                /// Another change, in words.
                Other { text: String },
            }

            fn __str__(&self, py: Python<'_>) -> PyResult<String> {
                match self {
                    Self::Other { text } => Ok(text.clone()),
                    known => Ok(known.to_rust(py)?.to_string()),
                }
            }

            /// The change as JSON text, which `from_json` reads.
            ///
            /// Raises:
            ///     ValueError: It is an `Other`, or names a GPU by what is no UUID.
            fn to_json(&self, py: Python<'_>) -> PyResult<String> {
                serde_json::to_string(&self.to_rust(py)?).map_err(|error| invalid_json(&error))
            }

            /// The change that `to_json` wrote.
            ///
            /// Raises:
            ///     ValueError: The text is no change.
            #[classmethod]
            fn from_json(_class: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
                let change: gpushare::Change = serde_json::from_str(text).map_err(|error| invalid_json(&error))?;
                Ok(change.to_python())
            }

            /// The change as plain dicts and lists: what `to_json` writes, read by `json.loads`.
            ///
            /// Raises:
            ///     ValueError: As `to_json`.
            #[pyo3(signature = () -> "dict[str, typing.Any]")]
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                plain(py, &self.to_json(py)?)
            }
        }

        impl Change {
            fn to_rust(&self, py: Python<'_>) -> PyResult<gpushare::Change> {
                let change = || {
                    Ok(Some(match self {
                        $(Self::$variant { $($field),* } => gpushare::Change::$variant { $($field: $field.to_rust()?),* },)*
                        Self::Other { .. } => return Ok(None),
                    }))
                };
                let change = change().map_err(|error: gpushare::Error| error.raise(py))?;
                change.ok_or_else(|| PyValueError::new_err("a change in words has no JSON form"))
            }
        }

        impl ToPython<Change> for gpushare::Change {
            fn to_python(&self) -> Change {
                match self {
                    $(Self::$variant { $($field),* } => Change::$variant { $($field: $field.to_python()),* },)*
                    other => Change::Other { text: other.to_string() },
                }
            }
        }
    };
}

changes! {
    /// A GPU that was not there before.
    GpuAppeared { gpu: String },
    /// A GPU that is no longer there.
    GpuVanished { gpu: String },
    /// MIG was enabled or disabled, or whether it is became known or unknown.
    MigMode { gpu: String, before: Option<bool>, after: Option<bool> },
    /// Another compute mode.
    ComputeMode { gpu: String, before: Option<ComputeMode>, after: Option<ComputeMode> },
    /// A GPU instance that is no longer there, or no longer the same.
    GpuInstanceDestroyed { gpu: String, instance: GpuInstanceSnapshot },
    /// A GPU instance that was not there before. Its compute instances are told as MIG devices.
    GpuInstanceCreated { gpu: String, instance: GpuInstanceSnapshot },
    /// A MIG device that is no longer there, or no longer the same.
    MigDeviceDestroyed { gpu: String, device: MigDeviceSnapshot },
    /// A MIG device that was not there before.
    MigDeviceCreated { gpu: String, device: MigDeviceSnapshot },
    /// More or less memory in use on a GPU.
    Memory { gpu: String, before: Option<Memory>, after: Option<Memory> },
    /// A process that no longer uses the GPU.
    ProcessEnded { gpu: String, process: GpuProcess },
    /// A process that did not use the GPU before.
    ProcessStarted { gpu: String, process: GpuProcess },
    /// An MPS daemon that no longer has servers on the node's GPUs.
    MpsDaemonEnded { daemon: MpsDaemonSnapshot },
    /// An MPS daemon that had none before.
    MpsDaemonStarted { daemon: MpsDaemonSnapshot },
}
