//! How a GPU is divided at the moment.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::value;
use crate::values::gpu_process::GpuProcess;
use crate::values::layout::Layout;
use crate::values::mode::MigMode;
use crate::values::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::values::profile::{ComputeInstanceProfile, GpuInstanceProfile};

value! {
    "gpushare", json,
    /// How a GPU is divided at the moment, and who uses it. Prints as its layout.
    MigState = gpushare::MigState {
        /// The MIG mode.
        mode: MigMode,
        /// The GPU instances, by ascending id.
        gpu_instances: Vec<GpuInstanceState>,
        /// The processes that use the GPU as a whole, which keep its MIG mode from changing.
        processes: Vec<GpuProcess>,
    }

    /// The layout of this state, with every place named.
    ///
    /// Raises:
    ///     InvalidArgumentError: The driver's name of a profile is none that gpushare can read.
    fn layout(&self, py: Python<'_>) -> PyResult<Layout> {
        self.0.layout().map(Layout).map_err(|error| error.raise(py))
    }

    /// The layout of this state without its orphans: planned and applied, it removes them and touches nothing else.
    ///
    /// Raises:
    ///     InvalidArgumentError: As `layout`.
    fn without_orphans(&self, py: Python<'_>) -> PyResult<Layout> {
        self.0.without_orphans().map(Layout).map_err(|error| error.raise(py))
    }

    /// Whether the two are the same division, whoever uses it.
    fn same_division(&self, other: &Self) -> bool {
        self.0.same_division(&other.0)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// A GPU instance that exists.
    GpuInstanceState = gpushare::GpuInstanceState {
        /// Its id.
        id: u32,
        /// Its profile.
        profile: GpuInstanceProfile,
        /// Where it lies.
        placement: GpuInstancePlacement,
        /// The compute instances in it, by ascending id.
        compute_instances: Vec<ComputeInstanceState>,
    }

    /// Whether a process runs on it.
    #[getter]
    fn in_use(&self) -> bool {
        self.0.in_use()
    }

    /// Whether there is no compute instance in it, so that nothing can run on it while it takes its place.
    #[getter]
    fn is_orphan(&self) -> bool {
        self.0.is_orphan()
    }
}

value! {
    "gpushare", json,
    /// A compute instance that exists.
    ComputeInstanceState = gpushare::ComputeInstanceState {
        /// Its id.
        id: u32,
        /// Its profile.
        profile: ComputeInstanceProfile,
        /// Where it lies.
        placement: ComputeInstancePlacement,
        /// The UUID of the MIG device that it is.
        uuid: String,
        /// The processes that run on it.
        processes: Vec<GpuProcess>,
    }

    /// Whether a process runs on it.
    #[getter]
    fn in_use(&self) -> bool {
        self.0.in_use()
    }
}

impl GpuInstanceState {
    /// Those of a list of Rust's.
    pub(crate) fn list<'a>(states: impl Iterator<Item = &'a gpushare::GpuInstanceState>) -> Vec<Self> {
        states.map(ToPython::to_python).collect()
    }
}
