//! The journal of a change: what was there before, and what there is to be.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::mig::layout::{ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout};
use crate::mig::plan::{Plan, PlannedComputeInstance, PlannedGpuInstance};
use crate::mig::state::{ComputeInstanceState, GpuInstanceState, MigState};

/// The version of the format; another one is not understood.
const VERSION: u32 = 1;

/// What a change needs to be undone or completed, by this process or by a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    pub(super) plan: Plan,
    /// The state when ids began to be given back, where that has begun: what appears later are the instances that take ids meanwhile.
    #[serde(default)]
    numbering: Option<MigState>,
}

impl Journal {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { version: VERSION, plan: plan.clone(), numbering: None }
    }

    /// The same journal, from when ids begin to be given back in this state.
    pub(super) fn numbering(&self, now: MigState) -> Self {
        Self { numbering: Some(now), ..self.clone() }
    }

    pub(super) fn to_text(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    pub(super) fn from_text(text: &str) -> Result<Self, String> {
        let journal: Self = serde_json::from_str(text).map_err(|error| format!("not a journal: {error}"))?;
        match journal.version {
            VERSION => Ok(journal),
            other => Err(format!("a journal of version {other}; this is version {VERSION}")),
        }
    }

    /// The layout to return to: the one before, and beside it what neither it nor the plan knows, because others made it.
    pub(super) fn back(&self, now: &MigState) -> crate::Result<Layout> {
        let mut layout = self.plan.before.layout()?;
        self.add_foreign(&mut layout, now, |instance| {
            self.plan.before.gpu_instances.iter().position(|before| same_place(before, instance))
        })?;
        Ok(layout)
    }

    /// The layout to reach all the same: the planned one, and beside it what others made.
    pub(super) fn forth(&self, now: &MigState) -> crate::Result<Layout> {
        let mut instances = Vec::new();
        for planned in &self.plan.gpu_instances {
            let inside = planned.compute_instances.iter().map(|inside| ComputeInstanceLayout {
                start: inside.placement.map(|placement| placement.start).or(inside.layout.start),
                ..inside.layout
            });
            instances.push(GpuInstanceLayout {
                profile: planned.profile.name.parse()?,
                start: Some(planned.placement.start),
                compute_instances: inside.collect(),
            });
        }
        let mut layout = Layout { mig_enabled: self.plan.wanted.mig_enabled, gpu_instances: Arc::new(instances) };
        self.add_foreign(&mut layout, now, |instance| {
            self.plan.gpu_instances.iter().position(|planned| is_planned(planned, instance))
        })?;
        Ok(layout)
    }

    /// Adds what exists and belongs neither to the state before nor to the plan. `at` finds an instance in the layout.
    fn add_foreign(
        &self,
        layout: &mut Layout,
        now: &MigState,
        at: impl Fn(&GpuInstanceState) -> Option<usize>,
    ) -> crate::Result<()> {
        let instances = Arc::make_mut(&mut layout.gpu_instances);
        for instance in now.gpu_instances.iter() {
            let before = self.plan.before.gpu_instances.iter().find(|before| same_place(before, instance));
            let planned = self.plan.gpu_instances.iter().find(|planned| is_planned(planned, instance));
            let foreign = |inside: &&ComputeInstanceState| {
                let known = before
                    .is_some_and(|before| before.compute_instances.iter().any(|known| same_inside(known, inside)));
                !known
                    && self.was_there(instance, inside)
                    && !planned.is_some_and(|planned| is_planned_inside(planned, inside))
            };
            let inside = instance.compute_instances.iter().filter(foreign).map(|inside| ComputeInstanceLayout {
                size: ComputeInstanceSize::Profile(inside.profile.id),
                start: Some(inside.placement.start),
            });
            match at(instance) {
                Some(index) => instances[index].compute_instances.extend(inside),
                None if before.is_none() && planned.is_none() => instances.push(GpuInstanceLayout {
                    profile: instance.profile.name.parse()?,
                    start: Some(instance.placement.start),
                    compute_instances: inside.collect(),
                }),
                None => {}
            }
        }
        Ok(())
    }

    /// Whether a compute instance was there before ids began to be given back.
    fn was_there(&self, instance: &GpuInstanceState, inside: &ComputeInstanceState) -> bool {
        let Some(then) = &self.numbering else { return true };
        let holder = then.gpu_instances.iter().find(|then| same_place(then, instance));
        holder.is_none_or(|holder| holder.compute_instances.iter().any(|then| same_inside(then, inside)))
    }

    /// Whether a state is the planned one, whatever others made beside it.
    pub(super) fn is_reached(&self, now: &MigState) -> bool {
        now.mode.current == self.plan.wanted.mig_enabled
            && self.plan.gpu_instances.iter().all(|planned| {
                let there = now.gpu_instances.iter().find(|instance| is_planned(planned, instance));
                there.is_some_and(|there| holds(there, planned))
            })
            && self.plan.before.gpu_instances.iter().all(|before| {
                // What was to go is gone.
                self.plan.gpu_instances.iter().any(|planned| is_planned(planned, before))
                    || !now.gpu_instances.iter().any(|instance| same_place(instance, before))
            })
    }
}

fn same_place(one: &GpuInstanceState, other: &GpuInstanceState) -> bool {
    (one.profile.id, one.placement) == (other.profile.id, other.placement)
}

fn same_inside(one: &ComputeInstanceState, other: &ComputeInstanceState) -> bool {
    (one.profile.id, one.placement) == (other.profile.id, other.placement)
}

fn is_planned(planned: &PlannedGpuInstance, instance: &GpuInstanceState) -> bool {
    (planned.profile.id, planned.placement) == (instance.profile.id, instance.placement)
}

fn serves(planned: &PlannedComputeInstance, inside: &ComputeInstanceState) -> bool {
    let profile = planned.profile.as_ref().is_none_or(|profile| profile.id == inside.profile.id);
    profile && planned.placement.is_none_or(|placement| placement == inside.placement)
}

fn is_planned_inside(planned: &PlannedGpuInstance, inside: &ComputeInstanceState) -> bool {
    planned.compute_instances.iter().any(|planned| serves(planned, inside))
}

/// Whether the instance holds exactly what is planned in it.
fn holds(there: &GpuInstanceState, planned: &PlannedGpuInstance) -> bool {
    there.compute_instances.len() == planned.compute_instances.len()
        && there.compute_instances.iter().all(|inside| is_planned_inside(planned, inside))
        && planned
            .compute_instances
            .iter()
            .all(|planned| there.compute_instances.iter().any(|inside| serves(planned, inside)))
}
