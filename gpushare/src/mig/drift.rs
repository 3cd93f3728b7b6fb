//! Drift: in what a GPU differs from a layout, and what is left over on it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::gpu::Gpu;
use crate::mig::MigMode;
use crate::mig::layout::Layout;
use crate::mig::plan::{Plan, PlannedGpuInstance};
use crate::mig::state::{GpuInstanceState, MigState};

/// In what a GPU differs from a wanted layout, with the plan that repairs it.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let gpu = nvml.gpu(0)?;
/// # gpu.set_mig_mode(true)?;
/// // What another tool left when it failed: a GPU instance in which nothing can run.
/// gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
/// let drift = gpu.drift(&"3g.20gb".parse()?)?;
/// assert_eq!((drift.missing.len(), drift.unwanted.len(), drift.orphans().count()), (1, 1, 1));
/// println!("{drift}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drift {
    /// The MIG mode, where it is not as wanted.
    pub mode: Option<MigMode>,
    /// The GPU instances that are wanted and not there.
    pub missing: Vec<PlannedGpuInstance>,
    /// The GPU instances that are there and not wanted.
    pub unwanted: Vec<GpuInstanceState>,
    /// The GPU instances that are wanted, and whose compute instances are not as wanted.
    pub changed: Vec<GpuInstanceState>,
    /// What repairs it: the fewest changes, none of them to what is as wanted or in use.
    pub plan: Plan,
}

impl Drift {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// The unwanted GPU instances without compute instances: what failed creations and half-made clean-ups leave.
    pub fn orphans(&self) -> impl Iterator<Item = &GpuInstanceState> {
        self.unwanted.iter().filter(|instance| instance.is_orphan())
    }
}

impl GpuInstanceState {
    /// Whether there is no compute instance in it, so that nothing can run on it while it takes its place.
    pub fn is_orphan(&self) -> bool {
        self.compute_instances.is_empty()
    }
}

impl MigState {
    /// The layout of this state without its orphans: planned and applied, it removes them and touches nothing else.
    ///
    /// # Errors
    ///
    /// As [`layout`](MigState::layout).
    pub fn without_orphans(&self) -> Result<Layout> {
        let mut layout = self.layout()?;
        Arc::make_mut(&mut layout.gpu_instances).retain(|instance| !instance.compute_instances.is_empty());
        Ok(layout)
    }
}

impl Gpu {
    /// In what this GPU differs from a layout. Changes nothing; [`apply`](Gpu::apply) of the drift's plan repairs it.
    ///
    /// # Errors
    ///
    /// As [`plan`](Gpu::plan): a layout that this GPU cannot have is no drift.
    pub fn drift(&self, wanted: &Layout) -> Result<Drift> {
        let plan = self.plan(wanted)?;
        let planned =
            |instance: &GpuInstanceState| plan.gpu_instances.iter().find(|new| new.existing == Some(instance.id));
        let (kept, unwanted): (Vec<_>, Vec<_>) =
            plan.before.gpu_instances.iter().cloned().partition(|instance| planned(instance).is_some());
        let differs = |instance: &GpuInstanceState| {
            planned(instance).is_some_and(|planned| {
                planned.compute_instances.len() != instance.compute_instances.len()
                    || planned.compute_instances.iter().any(|inside| inside.existing.is_none())
            })
        };
        let mode = plan.before.mode;
        Ok(Drift {
            mode: (mode.current != wanted.mig_enabled || mode.is_pending()).then_some(mode),
            missing: plan.gpu_instances.iter().filter(|planned| planned.existing.is_none()).cloned().collect(),
            changed: kept.into_iter().filter(differs).collect(),
            unwanted,
            plan,
        })
    }
}

impl fmt::Display for Drift {
    /// A line for each difference; `none` where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let mut lines = Vec::new();
        if let Some(MigMode { current, pending }) = self.mode {
            let word = |on| if on { "enabled" } else { "disabled" };
            let pending = if current == pending { String::new() } else { format!(", {} pending", word(pending)) };
            lines.push(format!("MIG is {}{pending}", word(current)));
        }
        for missing in &self.missing {
            lines.push(format!("missing: {} at {}", missing.profile.name, missing.placement));
        }
        for there in &self.unwanted {
            let why = if there.is_orphan() { ", without compute instances" } else { "" };
            lines.push(format!(
                "not wanted: GPU instance {}, {} at {}{why}",
                there.id, there.profile.name, there.placement
            ));
        }
        for there in &self.changed {
            lines.push(format!(
                "divided otherwise: GPU instance {}, {} at {}",
                there.id, there.profile.name, there.placement
            ));
        }
        f.write_str(&lines.join("\n"))
    }
}
