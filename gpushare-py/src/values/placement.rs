//! Where instances lie.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::{Repr, ToPython};
use crate::errors::Raise;

/// Makes a placement class; the two units must not mix.
macro_rules! placement {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[pyclass(frozen, eq, ord, hash, from_py_object, module = "gpushare")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) gpushare::$name);

        #[pymethods]
        impl $name {
            #[new]
            fn new(start: u32, size: u32) -> Self {
                Self(gpushare::$name::new(start, size))
            }

            /// The placement that a text names as nvidia-smi prints it: `start:size`.
            ///
            /// Raises:
            ///     InvalidArgumentError: The text is not two numbers with a colon between them.
            #[classmethod]
            fn parse(_class: &Bound<'_, PyType>, py: Python<'_>, text: &str) -> PyResult<Self> {
                text.parse().map(Self).map_err(|error: gpushare::Error| error.raise(py))
            }

            /// The first slice.
            #[getter]
            fn start(&self) -> u32 {
                self.0.start
            }

            /// The number of slices.
            #[getter]
            fn size(&self) -> u32 {
                self.0.size
            }

            /// The slices it covers.
            #[pyo3(signature = () -> "range")]
            fn slices<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let slices = self.0.slices();
                py.import("builtins")?.getattr("range")?.call1((slices.start, slices.end))
            }

            /// Whether the two share a slice.
            fn overlaps(&self, other: &Self) -> bool {
                self.0.overlaps(&other.0)
            }

            fn __str__(&self) -> String {
                self.0.to_string()
            }

            fn __repr__(&self) -> String {
                self.repr()
            }

            fn __getnewargs__(&self) -> (u32, u32) {
                (self.0.start, self.0.size)
            }
        }

        impl Repr for $name {
            fn repr(&self) -> String {
                format!("{}(start={}, size={})", stringify!($name), self.0.start, self.0.size)
            }
        }

        impl ToPython<$name> for gpushare::$name {
            fn to_python(&self) -> $name {
                $name(*self)
            }
        }
    };
}

placement!(
    /// Where a GPU instance lies, in *memory slices* of its GPU.
    ///
    /// >>> upper = gpushare.GpuInstancePlacement.parse("4:2")
    /// >>> upper.overlaps(gpushare.GpuInstancePlacement(start=5, size=1))
    /// True
    GpuInstancePlacement
);
placement!(
    /// Where a compute instance lies, in *compute slices* of its GPU instance.
    ComputeInstancePlacement
);
