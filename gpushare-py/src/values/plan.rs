//! Plans: the fewest changes that bring a GPU to a layout.

use pyo3::prelude::*;
use pyo3::types::PyType;

use gpushare::PlanOptions;

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::{value, variants};
use crate::values::geometry::MigGeometry;
use crate::values::layout::{ComputeInstanceLayout, Layout, LayoutArgument};
use crate::values::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::values::profile::{ComputeInstanceProfile, GpuInstanceProfile};
use crate::values::state::MigState;

pub(crate) fn options(destroy_in_use: bool) -> PlanOptions {
    let mut options = PlanOptions::default();
    options.destroy_in_use = destroy_in_use;
    options
}

value! {
    "gpushare", json,
    /// The way from the layout that a GPU has to the one that is wanted: the fewest changes, with a place for everything.
    ///
    /// Instances that are as wanted stay, and those in use above all. A plan is data: it can be shown (`str`), kept (`to_json`, `pickle`)
    /// and compared, and is carried out by `Gpu.apply`. Made from a geometry and a state it asks no driver.
    ///
    /// Raises:
    ///     InfeasibleError: There is no way; `reason` is the proof.
    ///
    /// >>> plan = gpushare.Plan(gpu.mig_geometry(), gpu.mig_state(), "7x1g.5gb")
    /// >>> plan == gpu.plan("7x1g.5gb"), plan.mutations
    /// (True, 15)
    Plan = gpushare::Plan {
        /// The layout that was asked for.
        wanted: Layout,
        /// What the plan starts from.
        before: MigState,
        /// The GPU instances that there will be.
        gpu_instances: Vec<PlannedGpuInstance>,
        /// What is done, in this order.
        steps: Vec<PlanStep>,
    }

    #[new]
    #[pyo3(signature = (geometry, present, wanted: "Layout | str", *, destroy_in_use=false))]
    fn new(
        py: Python<'_>,
        geometry: MigGeometry,
        present: MigState,
        wanted: LayoutArgument,
        destroy_in_use: bool,
    ) -> PyResult<Self> {
        let wanted = wanted.read().map_err(|error| error.raise(py))?;
        let made = gpushare::Plan::new(&geometry.0, &present.0, &wanted, &options(destroy_in_use));
        made.map(Self).map_err(|reason| reason.raise(py))
    }

    /// Whether instances on which processes run may be destroyed.
    #[getter]
    fn destroy_in_use(&self) -> bool {
        self.0.options.destroy_in_use
    }

    /// How many changes of the GPU the plan makes: instances created and destroyed, and a change of the MIG mode.
    #[getter]
    fn mutations(&self) -> usize {
        self.0.mutations()
    }

    /// Whether the GPU has the wanted layout already.
    #[getter]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// A GPU instance that there will be.
    PlannedGpuInstance = gpushare::PlannedGpuInstance {
        /// Its profile.
        profile: GpuInstanceProfile,
        /// Where it lies.
        placement: GpuInstancePlacement,
        /// Its id where it exists already and stays.
        existing: Option<u32>,
        /// The compute instances in it.
        compute_instances: Vec<PlannedComputeInstance>,
    }
}

value! {
    "gpushare", json,
    /// A compute instance that there will be.
    PlannedComputeInstance = gpushare::PlannedComputeInstance {
        /// What was asked for.
        layout: ComputeInstanceLayout,
        /// Its profile; `None` where it is chosen once its GPU instance exists, because no such instance has been seen.
        profile: Option<ComputeInstanceProfile>,
        /// Where it lies; `None` as for the profile, and on drivers that choose it themselves.
        placement: Option<ComputeInstancePlacement>,
        /// Its id where it exists already and stays.
        existing: Option<u32>,
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

variants! {
    /// One change of a plan.
    PlanStep {
        /// Enable or disable MIG.
        SetMigMode { enabled: bool },
        /// Destroy a compute instance, by the id of its GPU instance and its own.
        DestroyComputeInstance { gpu_instance: u32, id: u32 },
        /// Destroy a GPU instance, empty by then.
        DestroyGpuInstance { id: u32 },
        /// Create the planned GPU instance with this index in `Plan.gpu_instances`.
        CreateGpuInstance { planned: usize },
        /// Create the compute instance with the index `inside` in the planned GPU instance with the index `planned`.
        CreateComputeInstance { planned: usize, inside: usize },
        /// Another change, in words.
        Other { what: String },
    }
}

impl ToPython<PlanStep> for gpushare::PlanStep {
    fn to_python(&self) -> PlanStep {
        match *self {
            Self::SetMigMode(enabled) => PlanStep::SetMigMode { enabled },
            Self::DestroyComputeInstance { gpu_instance, id } => {
                PlanStep::DestroyComputeInstance { gpu_instance: gpu_instance.0, id: id.0 }
            }
            Self::DestroyGpuInstance { id } => PlanStep::DestroyGpuInstance { id: id.0 },
            Self::CreateGpuInstance { planned } => PlanStep::CreateGpuInstance { planned },
            Self::CreateComputeInstance { planned, inside } => PlanStep::CreateComputeInstance { planned, inside },
            _ => PlanStep::Other { what: format!("{self:?}") },
        }
    }
}
