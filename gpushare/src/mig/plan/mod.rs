//! Plans: the fewest changes that bring a GPU from the layout that it has to the one that is wanted. Pure: no driver is asked.

mod choose;
mod inside;
mod kind;
mod resolve;
mod solver;
mod whole;

pub(crate) use whole::Whole;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::geometry::MigGeometry;
use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::infeasible::Infeasible;
use crate::mig::layout::{ComputeInstanceLayout, Layout};
use crate::mig::state::MigState;
use crate::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::profile::{ComputeInstanceProfile, GpuInstanceProfile};

/// What a plan may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Whether instances on which processes run may be destroyed. The driver still refuses it while they run.
    pub destroy_in_use: bool,
}

/// The way from the layout that a GPU has to the one that is wanted: the fewest changes, with a place for everything.
///
/// Instances that are as wanted stay, and those in use above all. A plan is data: it can be shown, kept and compared, and is carried out
/// by [`Gpu::apply`].
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let gpu = nvml.gpu(0)?;
/// # gpu.set_mig_mode(true)?;
/// gpu.create_gpu_instance(&gpu.gpu_instance_profile("3g.20gb")?)?.create_default_compute_instance()?;
/// let plan = gpu.plan(&"3g.20gb, 1g.5gb".parse()?)?;
/// assert_eq!(plan.mutations(), 2);
/// println!("{plan}");
/// let refused = gpu.plan(&"4g.20gb, 4g.20gb".parse()?).unwrap_err();
/// assert!(refused.to_string().contains("room for 1 at the most"), "{refused}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The layout that was asked for.
    pub wanted: Layout,
    /// What it may do.
    pub options: PlanOptions,
    /// What the plan starts from.
    pub before: MigState,
    /// The GPU instances that there will be.
    pub gpu_instances: Vec<PlannedGpuInstance>,
    /// What is done, in this order.
    pub steps: Vec<PlanStep>,
}

/// A GPU instance that there will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedGpuInstance {
    /// Its profile.
    pub profile: GpuInstanceProfile,
    /// Where it lies.
    pub placement: GpuInstancePlacement,
    /// Its id where it exists already and stays.
    pub existing: Option<GpuInstanceId>,
    /// The compute instances in it. Shared by new GPU instances that are alike.
    pub compute_instances: Arc<[PlannedComputeInstance]>,
}

/// A compute instance that there will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedComputeInstance {
    /// What was asked for.
    pub layout: ComputeInstanceLayout,
    /// Its profile; `None` where it is chosen once its GPU instance exists, because no such instance has been seen.
    pub profile: Option<ComputeInstanceProfile>,
    /// Where it lies; `None` as for the profile, and on drivers that choose it themselves.
    pub placement: Option<ComputeInstancePlacement>,
    /// Its id where it exists already and stays.
    pub existing: Option<ComputeInstanceId>,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PlanStep {
    /// Enable or disable MIG.
    SetMigMode(bool),
    /// Destroy a compute instance.
    DestroyComputeInstance {
        /// The GPU instance that holds it.
        gpu_instance: GpuInstanceId,
        /// Its id.
        id: ComputeInstanceId,
    },
    /// Destroy a GPU instance, empty by then.
    DestroyGpuInstance {
        /// Its id.
        id: GpuInstanceId,
    },
    /// Create the planned GPU instance with this index in [`Plan::gpu_instances`].
    CreateGpuInstance {
        /// The index.
        planned: usize,
    },
    /// Create a compute instance in the planned GPU instance.
    CreateComputeInstance {
        /// The index of the GPU instance in [`Plan::gpu_instances`].
        planned: usize,
        /// The index in [`PlannedGpuInstance::compute_instances`].
        inside: usize,
    },
}

impl Plan {
    /// The cheapest plan from a state to a layout, for a GPU with this geometry.
    ///
    /// # Errors
    ///
    /// [`Infeasible`] is the proof that there is none.
    pub fn new(
        geometry: &MigGeometry,
        present: &MigState,
        wanted: &Layout,
        options: &PlanOptions,
    ) -> std::result::Result<Self, Infeasible> {
        resolve::resolve(geometry, present, wanted, options)
    }

    /// How many changes of the GPU the plan makes: instances created and destroyed, and a change of the MIG mode.
    pub fn mutations(&self) -> usize {
        self.steps.len()
    }

    /// Whether what the plan destroys is still free to go in this state, which is the one before in all else.
    pub(crate) fn may_still(&self, now: &MigState) -> bool {
        let free = |step: &PlanStep| match step {
            PlanStep::DestroyComputeInstance { gpu_instance, id } => {
                let holder = now.gpu_instances.iter().find(|instance| instance.id == *gpu_instance);
                let inside = holder.and_then(|holder| holder.compute_instances.iter().find(|inside| inside.id == *id));
                !inside.is_some_and(crate::mig::state::ComputeInstanceState::in_use)
            }
            _ => true,
        };
        self.options.destroy_in_use || self.steps.iter().all(free)
    }

    /// Whether the GPU has the wanted layout already.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Gpu {
    /// The fewest changes that bring this GPU to a layout. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::InfeasibleLayout`] with the proof; [`NotSupported`](crate::ErrorKind::NotSupported) on a GPU without MIG, and where the
    /// driver does not describe its profiles while MIG is disabled; [`NoPermission`](crate::ErrorKind::NoPermission).
    pub fn plan(&self, wanted: &Layout) -> Result<Plan> {
        self.plan_with(wanted, &PlanOptions::default())
    }

    /// As [`plan`](Gpu::plan), with options.
    ///
    /// # Errors
    ///
    /// As [`plan`](Gpu::plan).
    pub fn plan_with(&self, wanted: &Layout, options: &PlanOptions) -> Result<Plan> {
        let present = self.mig_state()?;
        self.plan_from(&present, wanted, options)
    }

    pub(crate) fn plan_from(&self, present: &MigState, wanted: &Layout, options: &PlanOptions) -> Result<Plan> {
        let geometry = match wanted.gpu_instances.is_empty() {
            // Nothing has to be placed, so nothing has to be known.
            true => MigGeometry::default(),
            false => self.mig_geometry()?,
        };
        Plan::new(&geometry, present, wanted, options).map_err(|reason| Error::InfeasibleLayout {
            target: self.target(),
            layout: wanted.to_string(),
            reason: Box::new(reason),
        })
    }
}

impl PlannedGpuInstance {
    /// Its compute instances, once it is known what such a GPU instance can be divided into.
    pub(crate) fn resolve_inside(
        &self,
        compute: Arc<[crate::geometry::ComputeProfileGeometry]>,
    ) -> std::result::Result<Arc<[PlannedComputeInstance]>, Infeasible> {
        let wanted: Vec<_> = self.compute_instances.iter().map(|inside| inside.layout).collect();
        let geometry = crate::geometry::ProfileGeometry {
            profile: self.profile.clone(),
            placements: vec![self.placement],
            compute: Some(compute),
        };
        inside::plan_inside(&wanted, &geometry, None, &PlanOptions::default())
            .map(|inside| inside.planned)
            .map_err(|why| Infeasible::ComputeInstances { profile: self.profile.name.to_string(), why })
    }
}

impl fmt::Display for PlannedComputeInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.profile {
            Some(profile) => f.write_str(&profile.name)?,
            None => self.layout.fmt(f)?,
        }
        self.placement.map_or(Ok(()), |placement| write!(f, " at {placement}"))
    }
}

impl fmt::Display for Plan {
    /// What is kept and what is done, a line each, and the layouts before and after.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "before: {}", self.before)?;
        for planned in &self.gpu_instances {
            if let Some(id) = planned.existing {
                writeln!(f, "  keep     GPU instance {id}: {} at {}", planned.profile.name, planned.placement)?;
                for (inside, id) in
                    planned.compute_instances.iter().filter_map(|inside| Some((inside, inside.existing?)))
                {
                    writeln!(f, "  keep     compute instance {id} in it: {inside}")?;
                }
            }
        }
        for step in &self.steps {
            match step {
                PlanStep::SetMigMode(true) => writeln!(f, "  enable   MIG")?,
                PlanStep::SetMigMode(false) => writeln!(f, "  disable  MIG")?,
                PlanStep::DestroyComputeInstance { gpu_instance, id } => {
                    writeln!(f, "  destroy  compute instance {id} in GPU instance {gpu_instance}")?;
                }
                PlanStep::DestroyGpuInstance { id } => {
                    let there = self.before.gpu_instances.iter().find(|there| there.id == *id);
                    let what = there.map(|there| format!(": {} at {}", there.profile.name, there.placement));
                    writeln!(f, "  destroy  GPU instance {id}{}", what.unwrap_or_default())?;
                }
                PlanStep::CreateGpuInstance { planned } => {
                    let new = &self.gpu_instances[*planned];
                    writeln!(f, "  create   GPU instance {} at {}", new.profile.name, new.placement)?;
                }
                PlanStep::CreateComputeInstance { planned, inside } => {
                    let holder = &self.gpu_instances[*planned];
                    let new = &holder.compute_instances[*inside];
                    writeln!(
                        f,
                        "  create   compute instance {new} in {} at {}",
                        holder.profile.name, holder.placement
                    )?;
                }
            }
        }
        if !self.before.processes.is_empty() && self.steps.contains(&PlanStep::SetMigMode(true)) {
            let running: Vec<_> = self.before.processes.iter().map(ToString::to_string).collect();
            writeln!(f, "  blocked  by {}: the MIG mode changes when they have ended", running.join(", "))?;
        }
        write!(f, "after:  {}", self.wanted)
    }
}
