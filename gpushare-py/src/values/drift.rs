//! In what a GPU differs from a layout.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::value::value;
use crate::values::mode::MigMode;
use crate::values::plan::{Plan, PlannedGpuInstance};
use crate::values::state::GpuInstanceState;

value! {
    "gpushare", json,
    /// In what a GPU differs from a wanted layout, with the plan that repairs it. Prints a line for each difference, or `none`.
    Drift = gpushare::Drift {
        /// The MIG mode, where it is not as wanted.
        mode: Option<MigMode>,
        /// The GPU instances that are wanted and not there.
        missing: Vec<PlannedGpuInstance>,
        /// The GPU instances that are there and not wanted.
        unwanted: Vec<GpuInstanceState>,
        /// The GPU instances that are wanted, and whose compute instances are not as wanted.
        changed: Vec<GpuInstanceState>,
        /// What repairs it: the fewest changes, none of them to what is as wanted or in use.
        plan: Plan,
    }

    /// Whether there is none.
    #[getter]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The unwanted GPU instances without compute instances: what failed creations and half-made clean-ups leave.
    #[getter]
    fn orphans(&self) -> Vec<GpuInstanceState> {
        GpuInstanceState::list(self.0.orphans())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
