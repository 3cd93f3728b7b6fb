//! Wanted GPU instances by kind: their profile, and what could stay of what there is.

use std::borrow::Cow;
use std::sync::Arc;

use super::inside::plan_inside;
use super::solver::Few;
use super::{PlanOptions, PlannedComputeInstance};
use crate::geometry::{MigGeometry, ProfileGeometry, Tables};
use crate::infeasible::Infeasible;
use crate::mig::layout::{GpuInstanceLayout, Layout};
use crate::mig::state::{GpuInstanceState, MigState};
use crate::placement::GpuInstancePlacement;

/// The planned compute instances of a GPU instance: those of the tables where it is one that takes the whole.
type Planned<'a> = Cow<'a, Arc<[PlannedComputeInstance]>>;

/// Wanted GPU instances that are alike.
pub(super) struct Kind<'a> {
    pub(super) layout: &'a GpuInstanceLayout,
    pub(super) count: usize,
    /// The index of the profile.
    pub(super) index: usize,
    pub(super) profile: &'a ProfileGeometry,
    /// What it costs to make one anew.
    pub(super) create: u32,
    /// What a new one is divided into.
    pub(super) inside: Planned<'a>,
}

/// A present GPU instance that could be one of a kind.
pub(super) struct Keep<'a> {
    /// The index of the kind.
    pub(super) kind: usize,
    /// The index of its placement in the profile.
    pub(super) place: usize,
    /// Its index in the state.
    pub(super) there: usize,
    /// What it costs to divide it as wanted.
    pub(super) change: u32,
    /// What it is divided into then.
    pub(super) inside: Planned<'a>,
}

/// The kinds of what is wanted, and the present GPU instances that could stay.
#[derive(Default)]
pub(super) struct Kinds<'a> {
    pub(super) kinds: Few<Kind<'a>>,
    pub(super) keeps: Few<Keep<'a>>,
    /// Why something that lies where it is wanted cannot stay.
    pub(super) blocked: Option<Infeasible>,
}

impl<'a> Kinds<'a> {
    /// Finds the profile of each class of wanted instances, and what could stay of what there is. Fills what is empty, since it is large to
    /// be moved.
    pub(super) fn find(
        &mut self,
        geometry: &'a MigGeometry,
        tables: &'a Tables,
        present: &MigState,
        wanted: &'a Layout,
        things: &[usize],
        options: &PlanOptions,
    ) -> Result<(), Infeasible> {
        let Self { kinds, keeps, blocked } = self;
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
            if let (Some(start), None) = (layout.start, places(layout, profile).next()) {
                let possible = profile.placements.iter().map(|place| place.start).collect();
                return Err(Infeasible::ImpossibleStart { profile: layout.profile.to_string(), start, possible });
            }
            let inside = |existing: Option<&GpuInstanceState>| -> Result<(Planned<'a>, u32), Infeasible> {
                let wanted = &layout.compute_instances;
                if let Some((planned, cost)) =
                    tables.whole(index).and_then(|whole| whole.plan(wanted, existing, options))
                {
                    return Ok((Cow::Borrowed(planned), cost));
                }
                match plan_inside(wanted, profile, existing, options) {
                    Ok(inside) => Ok((Cow::Owned(inside.planned), inside.cost)),
                    Err(why) => Err(Infeasible::ComputeInstances { profile: profile.profile.name.to_string(), why }),
                }
            };
            let (new, cost) = inside(None)?;
            for (there, instance) in present.gpu_instances.iter().enumerate() {
                if instance.profile.id != profile.profile.id {
                    continue;
                }
                let place = places(layout, profile).find(|(_, place)| *place == instance.placement);
                let Some((place, _)) = place else { continue };
                match inside(Some(instance)) {
                    Ok((inside, change)) => keeps.push(Keep { kind: thing, place, there, change, inside }),
                    Err(why) => *blocked = Some(why),
                }
            }
            kinds.push(Kind { layout, count: 1, index, profile, create: 1 + cost, inside: new });
        }
        Ok(())
    }

    /// What could stay as one of a kind in the place with an index.
    pub(super) fn keep(&self, kind: usize, place: usize) -> Option<&Keep<'a>> {
        self.keeps.iter().find(|keep| (keep.kind, keep.place) == (kind, place))
    }
}

impl Kind<'_> {
    /// The placements that one may have, each after its index in the profile.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, GpuInstancePlacement)> {
        places(self.layout, self.profile)
    }
}

fn places(
    layout: &GpuInstanceLayout,
    profile: &ProfileGeometry,
) -> impl Iterator<Item = (usize, GpuInstancePlacement)> {
    let start = layout.start;
    let places = profile.placements.iter().copied().enumerate();
    places.filter(move |(_, place)| start.is_none_or(|start| place.start == start))
}
