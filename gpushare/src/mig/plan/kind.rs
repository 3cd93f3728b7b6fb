//! Wanted GPU instances by kind: their profile, and what could stay of what there is.

use super::inside::{cost_inside, plan_inside};
use super::solver::Few;
use super::{PlanOptions, PlannedComputeInstance};
use crate::geometry::{MigGeometry, ProfileGeometry, Tables};
use crate::infeasible::{Infeasible, InfeasibleInside};
use crate::mig::layout::{GpuInstanceLayout, Layout};
use crate::mig::state::{GpuInstanceState, MigState};
use crate::placement::GpuInstancePlacement;

/// Wanted GPU instances that are alike.
pub(super) struct Kind<'a> {
    pub(super) layout: &'a GpuInstanceLayout,
    pub(super) count: usize,
    /// The index of the profile.
    pub(super) index: usize,
    pub(super) profile: &'a ProfileGeometry,
    /// What it costs to make one anew.
    pub(super) create: u32,
    /// The present ones that could stay in its place.
    pub(super) keeps: Few<Keep>,
}

/// A present GPU instance that could be one of a kind.
pub(super) struct Keep {
    /// The index of its placement in the profile.
    pub(super) place: usize,
    /// Its index in the state.
    pub(super) there: usize,
    /// What it costs to divide it as wanted.
    pub(super) change: u32,
}

/// Finds the profile of each class of wanted instances, and what could stay of what there is. `blocked` becomes why something that lies
/// where it is wanted cannot.
pub(super) fn kinds<'a>(
    geometry: &'a MigGeometry,
    tables: &Tables,
    present: &MigState,
    wanted: &'a Layout,
    things: &[usize],
    options: &PlanOptions,
    blocked: &mut Option<Infeasible>,
) -> Result<Vec<Kind<'a>>, Infeasible> {
    let mut kinds: Vec<Kind<'a>> = Vec::with_capacity(things.iter().max().map_or(0, |last| last + 1));
    for (layout, &thing) in wanted.gpu_instances.iter().zip(things) {
        if let Some(known) = kinds.get_mut(thing) {
            known.count += 1;
            continue;
        }
        let Some(index) = tables.profile(&layout.profile) else {
            let available = geometry.profiles.iter().map(|geometry| geometry.profile.name.to_string()).collect();
            return Err(Infeasible::UnknownProfile { profile: layout.profile.to_string(), available });
        };
        let profile = &geometry.profiles[index];
        let mut kind = Kind { layout, count: 1, index, profile, create: 0, keeps: Few::new() };
        if let (Some(start), true) = (layout.start, kind.places().next().is_none()) {
            let possible = profile.placements.iter().map(|place| place.start).collect();
            return Err(Infeasible::ImpossibleStart { profile: layout.profile.to_string(), start, possible });
        }
        kind.create = 1 + kind.cost_inside(None, options)?;
        for (there, instance) in present.gpu_instances.iter().enumerate() {
            if instance.profile.id != profile.profile.id {
                continue;
            }
            let Some((place, _)) = kind.places().find(|(_, place)| *place == instance.placement) else { continue };
            match kind.cost_inside(Some(instance), options) {
                Ok(change) => kind.keeps.push(Keep { place, there, change }),
                Err(why) => *blocked = Some(why),
            }
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

impl Kind<'_> {
    /// The placements that one may have, each after its index in the profile.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, GpuInstancePlacement)> {
        let start = self.layout.start;
        let places = self.profile.placements.iter().copied().enumerate();
        places.filter(move |(_, place)| start.is_none_or(|start| place.start == start))
    }

    fn cost_inside(&self, existing: Option<&GpuInstanceState>, options: &PlanOptions) -> Result<u32, Infeasible> {
        cost_inside(&self.layout.compute_instances, self.profile, existing, options).map_err(|why| self.refused(why))
    }

    pub(super) fn inside(
        &self,
        existing: Option<&GpuInstanceState>,
        options: &PlanOptions,
    ) -> Result<Vec<PlannedComputeInstance>, Infeasible> {
        let inside = plan_inside(&self.layout.compute_instances, self.profile, existing, options);
        inside.map(|inside| inside.planned).map_err(|why| self.refused(why))
    }

    fn refused(&self, why: InfeasibleInside) -> Infeasible {
        Infeasible::ComputeInstances { profile: self.profile.profile.name.to_string(), why }
    }
}
