//! The compute instances of one GPU instance: which profile and place each gets, and which of the present ones stay.

use super::solver::{Candidate, Mask, Present, Wanted, solve};
use super::{PlanOptions, PlannedComputeInstance};
use crate::geometry::{ComputeProfileGeometry, ProfileGeometry};
use crate::infeasible::InfeasibleInside;
use crate::mig::layout::{ComputeInstanceLayout, ComputeInstanceSize};
use crate::mig::state::{ComputeInstanceState, GpuInstanceState};
use crate::placement::ComputeInstancePlacement;

/// What is to become of the compute instances of one GPU instance.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    pub(super) planned: Vec<PlannedComputeInstance>,
    /// Mutations: those to destroy and those to create.
    pub(super) cost: u32,
}

fn mask(placement: ComputeInstancePlacement) -> Mask {
    placement.slices().filter(|slice| *slice < Mask::BITS).fold(0, |mask, slice| mask | 1 << slice)
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
    let mut profiles = Vec::with_capacity(wanted.len());
    for layout in wanted {
        let size = || ComputeInstanceLayout::new(layout.size).to_string();
        let Some(geometry) = profile_of(layout.size, table) else {
            let available = table.iter().map(|geometry| format!("{}c", geometry.profile.slice_count)).collect();
            return Err(InfeasibleInside::UnknownSize { size: size(), available });
        };
        let possible = || geometry.placements.iter().map(|placement| placement.start);
        if let Some(start) = layout.start.filter(|start| !possible().any(|possible| possible == *start)) {
            return Err(InfeasibleInside::ImpossibleStart { size: size(), start, possible: possible().collect() });
        }
        profiles.push(geometry);
    }
    // A driver that does not tell the places chooses them itself; what lies somewhere already can be kept all the same.
    if table.iter().all(|geometry| geometry.placements.is_empty()) {
        return without_places(wanted, &profiles, present);
    }
    let items: Vec<_> = wanted
        .iter()
        .zip(&profiles)
        .enumerate()
        .map(|(index, (layout, geometry))| {
            let places =
                geometry.placements.iter().filter(|place| layout.start.is_none_or(|start| place.start == start));
            let candidates = places.map(|place| {
                let same =
                    |there: &ComputeInstanceState| (there.profile.id, there.placement) == (geometry.profile.id, *place);
                Candidate { mask: mask(*place), keeps: present.iter().position(same).map(|there| (there, 0)) }
            });
            let class = wanted.iter().position(|other| other == layout).unwrap_or(index);
            Wanted { class, candidates: candidates.collect(), create: 1, takes: [] }
        })
        .collect();
    let pinned = |options: &PlanOptions| -> Vec<_> {
        let in_use = |there: &ComputeInstanceState| there.in_use() && !options.destroy_in_use;
        present.iter().map(|there| Present { destroy: 1, pinned: in_use(there) }).collect()
    };
    let Some(solution) = solve(&items, &pinned(options), [], &|_| 0) else {
        let free = PlanOptions { destroy_in_use: true, ..options.clone() };
        return Err(match (solve(&items, &pinned(&free), [], &|_| 0), existing) {
            (Some(_), Some(instance)) => in_use(instance),
            _ => {
                InfeasibleInside::NoArrangement { sizes: wanted.iter().map(ComputeInstanceLayout::to_string).collect() }
            }
        });
    };
    let planned = items.iter().zip(&solution.chosen).enumerate().map(|(index, (item, &chosen))| {
        let places = profiles[index].placements.iter();
        let mut places = places.filter(|place| wanted[index].start.is_none_or(|start| place.start == start));
        PlannedComputeInstance {
            layout: wanted[index],
            profile: Some(profiles[index].profile.clone()),
            placement: places.nth(chosen).copied(),
            existing: item.candidates[chosen].keeps.map(|(there, _)| present[there].id),
        }
    });
    Ok(Inside { planned: planned.collect(), cost: solution.cost })
}

fn in_use(instance: &GpuInstanceState) -> InfeasibleInside {
    let used = instance.compute_instances.iter().filter(|inside| inside.in_use());
    let by = used.clone().flat_map(|inside| &inside.clients).map(ToString::to_string);
    InfeasibleInside::InUse {
        gpu_instance: instance.id,
        instances: used.map(|inside| inside.id).collect(),
        by: by.collect(),
    }
}

fn without_places(
    wanted: &[ComputeInstanceLayout],
    profiles: &[&ComputeProfileGeometry],
    present: &[ComputeInstanceState],
) -> Result<Inside, InfeasibleInside> {
    let mut left: Vec<_> = present.iter().collect();
    let planned: Vec<_> = wanted
        .iter()
        .zip(profiles)
        .map(|(layout, geometry)| {
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
