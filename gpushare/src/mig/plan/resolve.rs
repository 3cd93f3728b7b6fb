//! From a wanted layout and a present state to a plan, or to the proof that there is none.

use super::inside::{Inside, plan_inside};
use super::solver::{Candidate, Mask, Present, Solution, Wanted, solve};
use super::{Plan, PlanOptions, PlanStep, PlannedGpuInstance};
use crate::geometry::{MigGeometry, ProfileGeometry};
use crate::infeasible::{Engine, Infeasible};
use crate::mig::layout::{GpuInstanceLayout, Layout};
use crate::mig::state::{GpuInstanceState, MigState};
use crate::placement::GpuInstancePlacement;
use crate::profile::Engines;

/// The engines that the instances of a GPU share out between them. Copy engines are not counted: the parts add up to more than the whole.
const POOLS: usize = 4;
const ENGINES: [Engine; POOLS] = [Engine::Decoder, Engine::Encoder, Engine::Jpeg, Engine::OpticalFlow];

fn pools(engines: &Engines) -> [u32; POOLS] {
    [engines.decoder, engines.encoder, engines.jpeg, engines.optical_flow]
}

fn mask(placement: GpuInstancePlacement) -> Mask {
    placement.slices().filter(|slice| *slice < Mask::BITS).fold(0, |mask, slice| mask | 1 << slice)
}

/// A wanted GPU instance with its profile and the places that it may take.
struct Item<'a> {
    layout: &'a GpuInstanceLayout,
    profile: &'a ProfileGeometry,
    places: Vec<GpuInstancePlacement>,
}

pub(super) fn resolve(
    geometry: &MigGeometry,
    present: &MigState,
    wanted: &Layout,
    options: &PlanOptions,
) -> Result<Plan, Infeasible> {
    if !wanted.mig_enabled && !wanted.gpu_instances.is_empty() {
        return Err(Infeasible::WithoutMig);
    }
    let items = items(geometry, wanted)?;
    let (solution, insides) = place(geometry, &items, present, options)?;
    let mut gpu_instances = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let placement = item.places[solution.chosen[index]];
        let (existing, inside) = &insides[index][solution.chosen[index]];
        gpu_instances.push(PlannedGpuInstance {
            profile: item.profile.profile.clone(),
            placement,
            existing: existing.map(|there| present.gpu_instances[there].id),
            compute_instances: inside.planned.clone(),
        });
    }
    let steps = steps(present, wanted, &gpu_instances);
    Ok(Plan { wanted: wanted.clone(), options: options.clone(), before: present.clone(), gpu_instances, steps })
}

/// Finds the profile and the possible places of each wanted instance.
fn items<'a>(geometry: &'a MigGeometry, wanted: &'a Layout) -> Result<Vec<Item<'a>>, Infeasible> {
    let item = |layout: &'a GpuInstanceLayout| {
        let name = layout.profile.to_string();
        let Some(profile) = geometry.by_name(&name) else {
            let available = geometry.profiles.iter().map(|geometry| geometry.profile.name.to_string()).collect();
            return Err(Infeasible::UnknownProfile { profile: name, available });
        };
        let may = |place: &&GpuInstancePlacement| layout.start.is_none_or(|start| place.start == start);
        let places: Vec<_> = profile.placements.iter().filter(may).copied().collect();
        match layout.start {
            Some(start) if places.is_empty() => {
                let possible = profile.placements.iter().map(|place| place.start).collect();
                Err(Infeasible::ImpossibleStart { profile: name, start, possible })
            }
            _ => Ok(Item { layout, profile, places }),
        }
    };
    wanted.gpu_instances.iter().map(item).collect()
}

/// For each wanted instance and each of its places: the present instance that would serve there, and what happens inside.
type Insides = Vec<Vec<(Option<usize>, Inside)>>;

fn place(
    geometry: &MigGeometry,
    items: &[Item<'_>],
    present: &MigState,
    options: &PlanOptions,
) -> Result<(Solution, Insides), Infeasible> {
    let mut insides = Insides::with_capacity(items.len());
    let mut wanted = Vec::with_capacity(items.len());
    let mut blocked_inside = None;
    for (index, item) in items.iter().enumerate() {
        let refuse = |why| Infeasible::ComputeInstances { profile: item.profile.profile.name.to_string(), why };
        let class = items.iter().position(|other| other.layout == item.layout).unwrap_or(index);
        if class < index {
            insides.push(insides[class].clone());
            let twin: &Wanted<POOLS> = &wanted[class];
            wanted.push(twin.clone());
            continue;
        }
        let new = plan_inside(&item.layout.compute_instances, item.profile, None, options).map_err(refuse)?;
        let mut candidates = Vec::with_capacity(item.places.len());
        let mut inside = Vec::with_capacity(item.places.len());
        for place in &item.places {
            let serves =
                |there: &GpuInstanceState| there.profile.id == item.profile.profile.id && there.placement == *place;
            let there = present.gpu_instances.iter().position(serves);
            let kept = there.map(|there| {
                let existing = &present.gpu_instances[there];
                (there, plan_inside(&item.layout.compute_instances, item.profile, Some(existing), options))
            });
            match kept {
                Some((there, Ok(kept))) => {
                    candidates.push(Candidate { mask: mask(*place), keeps: Some((there, kept.cost)) });
                    inside.push((Some(there), kept));
                }
                other => {
                    blocked_inside = other.and_then(|(_, kept)| kept.err()).map(refuse).or(blocked_inside);
                    candidates.push(Candidate { mask: mask(*place), keeps: None });
                    inside.push((None, new.clone()));
                }
            }
        }
        let takes = pools(&item.profile.profile.engines);
        wanted.push(Wanted { class, candidates, create: 1 + new.cost, takes });
        insides.push(inside);
    }
    let total = geometry.whole().map_or([0; POOLS], |whole| pools(&whole.engines));
    let places: Vec<Mask> =
        geometry.profiles.iter().flat_map(|profile| &profile.placements).map(|placement| mask(*placement)).collect();
    let quality = |free: Mask| places.iter().filter(|place| **place & !free == 0).count() as u32;
    let there = |pin: bool| -> Vec<Present> {
        let cost = |instance: &GpuInstanceState| 1 + instance.compute_instances.len() as u32;
        let instances = present.gpu_instances.iter();
        instances.map(|instance| Present { destroy: cost(instance), pinned: pin && instance.in_use() }).collect()
    };
    if let Some(solution) = solve(&wanted, &there(!options.destroy_in_use), total, &quality) {
        return Ok((solution, insides));
    }
    Err(why_not(geometry, items, &wanted, total).unwrap_or_else(|| blocked_inside.unwrap_or_else(|| in_use(present))))
}

fn in_use(present: &MigState) -> Infeasible {
    let used = present.gpu_instances.iter().filter(|instance| instance.in_use());
    let inside = used.clone().flat_map(|instance| &instance.compute_instances);
    let by = inside.flat_map(|inside| &inside.clients).map(ToString::to_string).collect();
    Infeasible::InUse { instances: used.map(|instance| (instance.id, instance.placement)).collect(), by }
}

/// Why the items do not even fit on an empty GPU; `None` if they do.
fn why_not(
    geometry: &MigGeometry,
    items: &[Item<'_>],
    wanted: &[Wanted<POOLS>],
    total: [u32; POOLS],
) -> Option<Infeasible> {
    for item in items {
        let profile = &item.profile.profile;
        let count = items.iter().filter(|other| other.profile.profile.id == profile.id).count();
        if count > profile.max_instances as usize {
            let most = profile.max_instances;
            return Some(Infeasible::TooMany { profile: profile.name.to_string(), wanted: count, most });
        }
    }
    let needed = items.iter().filter_map(|item| item.places.first()).map(|place| place.size).sum();
    if needed > geometry.memory_slices() {
        return Some(Infeasible::MemorySlices { needed, total: geometry.memory_slices() });
    }
    for (pool, engine) in ENGINES.into_iter().enumerate() {
        let takers = wanted.iter().zip(items).filter(|(wanted, _)| wanted.takes[pool] > 0);
        let needed = takers.clone().map(|(wanted, _)| wanted.takes[pool]).sum();
        if needed > total[pool] {
            let by = takers.map(|(_, item)| item.profile.profile.name.to_string()).collect();
            return Some(Infeasible::Engines { engine, needed, total: total[pool], by });
        }
    }
    let fits = |some: &[usize]| {
        let some: Vec<_> = some.iter().map(|index| alone(&wanted[*index])).collect();
        solve(&some, &[], total, &|_| 0).is_some()
    };
    let mut core: Vec<usize> = (0..items.len()).collect();
    if fits(&core) {
        return None;
    }
    // Leave out whatever is not needed to show it.
    let mut at = 0;
    while at < core.len() {
        let mut fewer = core.clone();
        fewer.remove(at);
        if fits(&fewer) { at += 1 } else { core = fewer }
    }
    let starts = |item: &Item<'_>| item.places.iter().map(|place| place.start).collect();
    let instances = core.iter().map(|index| (items[*index].profile.profile.name.to_string(), starts(&items[*index])));
    Some(Infeasible::NoArrangement { instances: instances.collect() })
}

/// The item as if nothing existed.
fn alone(wanted: &Wanted<POOLS>) -> Wanted<POOLS> {
    let candidates =
        wanted.candidates.iter().map(|candidate| Candidate { mask: candidate.mask, keeps: None }).collect();
    Wanted { candidates, ..wanted.clone() }
}

/// What has to be done, things that go first.
fn steps(present: &MigState, wanted: &Layout, planned: &[PlannedGpuInstance]) -> Vec<PlanStep> {
    let mut steps = Vec::new();
    for instance in &present.gpu_instances {
        let kept = planned.iter().find(|planned| planned.existing == Some(instance.id));
        let stays =
            |id| kept.is_some_and(|kept| kept.compute_instances.iter().any(|inside| inside.existing == Some(id)));
        // The last one first, so that what is made again in order gets the same ids.
        for inside in instance.compute_instances.iter().rev().filter(|inside| !stays(inside.id)) {
            steps.push(PlanStep::DestroyComputeInstance { gpu_instance: instance.id, id: inside.id });
        }
        if kept.is_none() {
            steps.push(PlanStep::DestroyGpuInstance { id: instance.id });
        }
    }
    let mode = present.mode;
    if mode.current != wanted.mig_enabled || mode.pending != wanted.mig_enabled {
        steps.push(PlanStep::SetMigMode(wanted.mig_enabled));
    }
    for (planned, instance) in planned.iter().enumerate() {
        if instance.existing.is_none() {
            steps.push(PlanStep::CreateGpuInstance { planned });
        }
        for (inside, _) in instance.compute_instances.iter().enumerate().filter(|(_, inside)| inside.existing.is_none())
        {
            steps.push(PlanStep::CreateComputeInstance { planned, inside });
        }
    }
    steps
}
