//! The compute instances of one GPU instance: which profile and place each gets, and which of the present ones stay.

use std::sync::Arc;

use super::solver::{Candidate, Class, Few, Present, classes, solve};
use super::{PlanOptions, PlannedComputeInstance};
use crate::geometry::{ComputeProfileGeometry, ProfileGeometry, Slices};
use crate::infeasible::InfeasibleInside;
use crate::mig::layout::{ComputeInstanceLayout, ComputeInstanceSize};
use crate::mig::state::{ComputeInstanceState, GpuInstanceState};
use crate::placement::ComputeInstancePlacement;

/// What is to become of the compute instances of one GPU instance.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    pub(super) planned: Arc<[PlannedComputeInstance]>,
    /// Mutations: those to destroy and those to create.
    pub(super) cost: u32,
}

fn slices(placement: ComputeInstancePlacement) -> Slices {
    placement.slices().filter(|slice| *slice < Slices::BITS).fold(0, |slices, slice| slices | 1 << slice)
}

/// Plans the compute instances in a GPU instance of this profile, new or as it is.
pub(super) fn plan_inside(
    wanted: &[ComputeInstanceLayout],
    profile: &ProfileGeometry,
    existing: Option<&GpuInstanceState>,
    options: &PlanOptions,
) -> Result<Inside, InfeasibleInside> {
    match &profile.compute {
        Some(table) => by_table(wanted, table, existing, options),
        None => by_size(wanted, profile.profile.slice_count),
    }
}

/// Without a table, as long as no such GPU instance exists: the sizes must fit, and the places are chosen once it does.
fn by_size(wanted: &[ComputeInstanceLayout], total: u32) -> Result<Inside, InfeasibleInside> {
    let slices = |wanted: &ComputeInstanceLayout| match wanted.size {
        ComputeInstanceSize::Whole => total,
        ComputeInstanceSize::Slices(slices) => slices,
        // At least one; which profile it is shows when there is a table.
        ComputeInstanceSize::Profile(_) => 1,
    };
    let needed = wanted.iter().map(slices).fold(0, u32::saturating_add);
    if needed > total {
        return Err(InfeasibleInside::ComputeSlices { needed, total });
    }
    let planned = wanted.iter().map(|layout| PlannedComputeInstance {
        layout: *layout,
        profile: None,
        placement: None,
        existing: None,
    });
    Ok(Inside { planned: planned.collect(), cost: wanted.len() as u32 })
}

/// The profile that a size means in this GPU instance.
fn profile_of(size: ComputeInstanceSize, table: &[ComputeProfileGeometry]) -> Option<&ComputeProfileGeometry> {
    let whole = table.iter().find(|geometry| geometry.profile.is_default);
    match size {
        ComputeInstanceSize::Whole => whole,
        // As many slices as there are is the whole, though Hopper has a smaller profile of one slice as well.
        ComputeInstanceSize::Slices(slices) => whole
            .filter(|geometry| geometry.profile.slice_count == slices)
            .or_else(|| table.iter().find(|geometry| geometry.profile.slice_count == slices)),
        ComputeInstanceSize::Profile(id) => table.iter().find(|geometry| geometry.profile.id == id),
    }
}

fn by_table(
    wanted: &[ComputeInstanceLayout],
    table: &[ComputeProfileGeometry],
    existing: Option<&GpuInstanceState>,
    options: &PlanOptions,
) -> Result<Inside, InfeasibleInside> {
    let present: &[ComputeInstanceState] = existing.map_or(&[], |instance| &instance.compute_instances);
    let class_of = classes(wanted);
    let mut profiles: Few<&ComputeProfileGeometry> = Few::new();
    let mut sorts: Few<Class<0>> = Few::new();
    for (layout, class) in wanted.iter().zip(&class_of) {
        if *class < profiles.len() {
            continue;
        }
        let size = || ComputeInstanceLayout::new(layout.size).to_string();
        let Some(geometry) = profile_of(layout.size, table) else {
            let available = table.iter().map(|geometry| format!("{}c", geometry.profile.slice_count)).collect();
            return Err(InfeasibleInside::UnknownSize { size: size(), available });
        };
        let candidates = places(layout, geometry).map(|place| {
            let same =
                |there: &ComputeInstanceState| there.profile.id == geometry.profile.id && there.placement == place;
            Candidate { slices: slices(place), keeps: present.iter().position(same).map(|there| (there, 0)) }
        });
        let candidates: Few<_> = candidates.collect();
        if let (Some(start), true) = (layout.start, candidates.is_empty()) {
            let possible = geometry.placements.iter().map(|placement| placement.start).collect();
            return Err(InfeasibleInside::ImpossibleStart { size: size(), start, possible });
        }
        profiles.push(geometry);
        sorts.push(Class { candidates, create: 1, takes: [] });
    }
    // A driver that does not tell the places chooses them itself; what lies somewhere already can be kept all the same.
    if table.iter().all(|geometry| geometry.placements.is_empty()) {
        return without_places(wanted, &class_of, &profiles, present);
    }
    let solve_with = |destroy_in_use: bool| {
        let pinned = |there: &ComputeInstanceState| Present { destroy: 1, pinned: there.in_use() && !destroy_in_use };
        let present: Few<_> = present.iter().map(pinned).collect();
        solve(&class_of, &sorts, &present, [], &|_| 0)
    };
    let Some(solution) = solve_with(options.destroy_in_use) else {
        return Err(match (solve_with(true), existing) {
            (Some(_), Some(instance)) => in_use(instance),
            _ => {
                InfeasibleInside::NoArrangement { sizes: wanted.iter().map(ComputeInstanceLayout::to_string).collect() }
            }
        });
    };
    let planned = wanted.iter().zip(&class_of).zip(&solution.chosen).map(|((layout, &class), &chosen)| {
        let kept = sorts[class].candidates[chosen].keeps;
        PlannedComputeInstance {
            layout: *layout,
            profile: Some(profiles[class].profile.clone()),
            placement: places(layout, profiles[class]).nth(chosen),
            existing: kept.map(|(there, _)| present[there].id),
        }
    });
    Ok(Inside { planned: planned.collect(), cost: solution.cost })
}

/// The places that a compute instance of a profile may take.
fn places(
    layout: &ComputeInstanceLayout,
    geometry: &ComputeProfileGeometry,
) -> impl Iterator<Item = ComputeInstancePlacement> {
    let start = layout.start;
    geometry.placements.iter().copied().filter(move |place| start.is_none_or(|start| place.start == start))
}

fn in_use(instance: &GpuInstanceState) -> InfeasibleInside {
    let used = instance.compute_instances.iter().filter(|inside| inside.in_use());
    let by = used.clone().flat_map(|inside| &inside.processes).map(ToString::to_string);
    InfeasibleInside::InUse {
        gpu_instance: instance.id,
        instances: used.map(|inside| inside.id).collect(),
        by: by.collect(),
    }
}

fn without_places(
    wanted: &[ComputeInstanceLayout],
    class_of: &[usize],
    profiles: &[&ComputeProfileGeometry],
    present: &[ComputeInstanceState],
) -> Result<Inside, InfeasibleInside> {
    let mut left: Vec<_> = present.iter().collect();
    let planned: Arc<[_]> = wanted
        .iter()
        .zip(class_of)
        .map(|(layout, class)| {
            let geometry = profiles[*class];
            let kept = left.iter().position(|there| there.profile.id == geometry.profile.id).map(|at| left.remove(at));
            PlannedComputeInstance {
                layout: *layout,
                profile: Some(geometry.profile.clone()),
                placement: None,
                existing: kept.map(|there| there.id),
            }
        })
        .collect();
    let created = planned.iter().filter(|inside| inside.existing.is_none()).count();
    Ok(Inside { cost: (created + left.len()) as u32, planned })
}
