//! From a wanted layout and a present state to a plan, or to the proof that there is none.

use std::sync::Arc;

use super::choose::{look_up, search};
use super::kind::{Kind, Kinds};
use super::solver::{Class, Few, Present, classes, solve};
use super::{Plan, PlanOptions, PlanStep, PlannedGpuInstance};
use crate::geometry::{MigGeometry, POOLS};
use crate::infeasible::{Engine, Infeasible};
use crate::mig::layout::Layout;
use crate::mig::state::{GpuInstanceState, MigState};

/// The engines that are counted, in the order of their pools.
const ENGINES: [Engine; POOLS] = [Engine::Decoder, Engine::Encoder, Engine::Jpeg, Engine::OpticalFlow];

pub(super) fn resolve(
    geometry: &MigGeometry,
    present: &MigState,
    wanted: &Layout,
    options: &PlanOptions,
) -> Result<Plan, Infeasible> {
    if !wanted.mig_enabled && !wanted.gpu_instances.is_empty() {
        return Err(Infeasible::WithoutMig);
    }
    let tables = geometry.tables();
    let things = classes(&wanted.gpu_instances);
    let mut kinds = Kinds::default();
    kinds.find(geometry, &tables, present, wanted, &things, options)?;
    let there = there(present, options);
    let chosen = match look_up(&tables, &things, &kinds, &there) {
        Some(chosen) => chosen,
        None => search(&tables, &things, &kinds, &there).map_err(|sorts| {
            let why = why_not(geometry, &things, &kinds.kinds, &sorts, tables.engines);
            why.or(kinds.blocked.take()).unwrap_or_else(|| in_use(present))
        })?,
    };
    let planned = |(&number, &place): (&usize, &usize)| {
        let kind = &kinds.kinds[number];
        let keep = kinds.keep(number, place);
        PlannedGpuInstance {
            profile: kind.profile.profile.clone(),
            placement: kind.profile.placements[place],
            existing: keep.map(|keep| present.gpu_instances[keep.there].id),
            compute_instances: Arc::clone(keep.map_or(&kind.inside, |keep| &keep.inside)),
        }
    };
    let gpu_instances: Vec<_> = things.iter().zip(&chosen).map(planned).collect();
    let steps = steps(present, wanted, &gpu_instances);
    Ok(Plan { wanted: wanted.clone(), options: options.clone(), before: present.clone(), gpu_instances, steps })
}

/// What there is, and what of it has to stay.
fn there(present: &MigState, options: &PlanOptions) -> Few<Present> {
    let cost = |instance: &GpuInstanceState| 1 + instance.compute_instances.len() as u32;
    let pinned = |instance: &GpuInstanceState| instance.in_use() && !options.destroy_in_use;
    present.gpu_instances.iter().map(|there| Present { destroy: cost(there), pinned: pinned(there) }).collect()
}

fn in_use(present: &MigState) -> Infeasible {
    let used = present.gpu_instances.iter().filter(|instance| instance.in_use());
    let inside = used.clone().flat_map(|instance| instance.compute_instances.iter());
    let by = inside.flat_map(|inside| &inside.processes).map(ToString::to_string).collect();
    Infeasible::InUse { instances: used.map(|instance| (instance.id, instance.placement)).collect(), by }
}

/// Why the wanted instances do not even fit on an empty GPU; `None` if they do.
fn why_not(
    geometry: &MigGeometry,
    things: &[usize],
    kinds: &[Kind<'_>],
    sorts: &[Class<POOLS>],
    total: [u32; POOLS],
) -> Option<Infeasible> {
    let items = || things.iter().map(|class| (&kinds[*class], &sorts[*class]));
    for (kind, _) in items() {
        let profile = &kind.profile.profile;
        let count = items().filter(|(other, _)| other.profile.profile.id == profile.id).count();
        if count > profile.max_instances as usize {
            let most = profile.max_instances;
            return Some(Infeasible::TooMany { profile: profile.name.to_string(), wanted: count, most });
        }
    }
    let needed = items().filter_map(|(kind, _)| kind.places().next()).map(|(_, place)| place.size).sum();
    if needed > geometry.memory_slices() {
        return Some(Infeasible::MemorySlices { needed, total: geometry.memory_slices() });
    }
    for (pool, engine) in ENGINES.into_iter().enumerate() {
        let takers = || items().filter(|(_, sort)| sort.takes[pool] > 0);
        let needed = takers().map(|(_, sort)| sort.takes[pool]).sum();
        if needed > total[pool] {
            let by = takers().map(|(kind, _)| kind.profile.profile.name.to_string()).collect();
            return Some(Infeasible::Engines { engine, needed, total: total[pool], by });
        }
    }
    // As if nothing existed.
    let mut alone: Few<Class<POOLS>> = sorts.into();
    alone.iter_mut().flat_map(|sort| &mut sort.candidates).for_each(|candidate| candidate.keeps = None);
    let fits = |some: &[usize]| solve(some, &alone, &[], total, &|_| 0).is_some();
    let mut core: Few<usize> = things.into();
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
    let instances = core.iter().map(|class| {
        let starts = kinds[*class].places().map(|(_, place)| place.start).collect();
        (kinds[*class].profile.profile.name.to_string(), starts)
    });
    Some(Infeasible::NoArrangement { instances: instances.collect() })
}

/// What has to be done, things that go first.
fn steps(present: &MigState, wanted: &Layout, planned: &[PlannedGpuInstance]) -> Vec<PlanStep> {
    let to_go = present.gpu_instances.iter().map(|instance| 1 + instance.compute_instances.len()).sum::<usize>();
    let to_come = planned.iter().map(|planned| 1 + planned.compute_instances.len()).sum::<usize>();
    let mut steps = Vec::with_capacity(to_go + 1 + to_come);
    for instance in present.gpu_instances.iter() {
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
