//! Random creations and destructions on every MIG model, against tables and a brute force written apart.

#![allow(missing_docs)]

mod engine_support;

use engine_support::gpu;
use gpushare_sim::catalog::{IdLayout, Mig, Model, Placement};
use gpushare_sim::engine::{Access, Gpu, Refusal};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Span = (u32, u32);

/// What is asked for: a profile, anywhere or at a place; the numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Create(usize, Where),
    Destroy(usize),
    CreateCompute(usize, u32, Where),
    DestroyCompute(usize),
}

#[derive(Debug, Clone)]
enum Where {
    Anywhere,
    Listed(usize),
    At(u32, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = prop_oneof![
        3 => Just(Where::Anywhere),
        2 => any::<usize>().prop_map(Where::Listed),
        1 => (0..13_u32, 0..13_u32).prop_map(|(start, size)| Where::At(start, size)),
    ];
    let step = prop_oneof![
        4 => (any::<usize>(), place.clone()).prop_map(|(profile, at)| Step::Create(profile, at)),
        2 => any::<usize>().prop_map(Step::Destroy),
        4 => (any::<usize>(), prop_oneof![2 => Just(0), 1 => Just(1), 2 => 0..9_u32], place).prop_map(|(gi, profile, at)| Step::CreateCompute(gi, profile, at)),
        3 => any::<usize>().prop_map(Step::DestroyCompute),
    ];
    prop::collection::vec(step, 1..40)
}

fn clash(a: Span, b: Span) -> bool {
    (a.0..a.0 + a.1).any(|slice| (b.0..b.0 + b.1).contains(&slice))
}

fn open(candidates: &[Span], taken: &[Span]) -> Vec<Span> {
    candidates.iter().copied().filter(|at| taken.iter().all(|other| !clash(*at, *other))).collect()
}

/// The most of `candidates` that can be chosen without a clash, by trying all choices.
fn most(candidates: &[Span]) -> u32 {
    let Some((first, rest)) = candidates.split_first() else {
        return 0;
    };
    (1 + most(&open(rest, &[*first]))).max(most(rest))
}

fn span(at: Placement) -> Span {
    (at.start, at.size)
}

fn at(starts: &[u32], size: u32) -> Vec<Span> {
    starts.iter().map(|start| (*start, size)).collect()
}

/// Possible placements by profile ID, as printed by `nvidia-smi mig -lgipp`.
fn listed(mig: &Mig, id: u32) -> Vec<Span> {
    match (mig.compute_slices, mig.memory_slices, id) {
        (7, _, 19 | 20) => at(&[0, 1, 2, 3, 4, 5, 6], 1),
        (7, _, 15) => at(&[0, 2, 4, 6], 2),
        (7, _, 14) => at(&[0, 2, 4], 2),
        (7, _, 9) => at(&[0, 4], 4),
        (7, _, 5) => at(&[0], 4),
        (7, _, 0) => at(&[0], 8),
        (4, 4, 14 | 21) => at(&[0, 1, 2, 3], 1),
        (4, 4, 5 | 6) => at(&[0, 2], 2),
        (4, 4, 0) => at(&[0], 4),
        (4, 12, 14 | 21 | 47 | 65 | 67) => at(&[0, 3, 6, 9], 3),
        (4, 12, 5 | 35 | 64 | 66) => at(&[0, 6], 6),
        (4, 12, 0 | 32) => at(&[0], 12),
        other => panic!("no placements for {other:?}"),
    }
}

/// Compute placements by GPU-instance profile and compute profile, on boards with `1_SLICE_REV1`.
fn listed_aligned(gi: u32, compute: u32) -> Vec<Span> {
    match (gi, compute) {
        (19 | 20, 0) => at(&[0], 1),
        (15, 0) => at(&[0], 1),
        (15, 7) => at(&[0], 2),
        (14, 0) => at(&[0, 1], 1),
        (14, 1 | 7) => at(&[0], 2),
        (9, 0) => at(&[0, 1, 2], 1),
        (9, 1 | 7) => at(&[0], 2),
        (9, 2) => at(&[0], 4),
        (5, 0) => at(&[0, 1, 2, 3], 1),
        (5, 1 | 7) => at(&[0, 2], 2),
        (5, 3) => at(&[0], 4),
        (0, 0) => at(&[0, 1, 2, 3, 4, 5, 6], 1),
        (0, 1 | 7) => at(&[0, 2, 4], 2),
        (0, 2) => at(&[0, 4], 4),
        (0, 3) => at(&[0], 4),
        (0, 4) => at(&[0], 8),
        _ => vec![],
    }
}

/// The same where any start will do.
fn listed_sliding(slices: u32, compute: u32) -> Vec<Span> {
    let size = [1, 2, 3, 4, 7][compute as usize];
    let offered: &[u32] = match slices {
        1 => &[1],
        2 => &[1, 2],
        3 => &[1, 2, 3],
        4 => &[1, 2, 4],
        7 => &[1, 2, 3, 4, 7],
        other => panic!("no compute profiles for {other}"),
    };
    if offered.contains(&size) { (0..=slices - size).map(|start| (start, size)).collect() } else { vec![] }
}

fn rev1(mig: &Mig) -> bool {
    let sm = |id| mig.profiles.iter().find(|p| p.id == id).map(|p| p.multiprocessors);
    mig.compute_slices == 7 && sm(15) != sm(19)
}

fn listed_compute(mig: &Mig, gi: u32, compute: u32) -> Vec<Span> {
    if compute >= 8 {
        return vec![];
    }
    if rev1(mig) {
        return listed_aligned(gi, compute);
    }
    let slices = mig.profiles.iter().find(|p| p.id == gi).unwrap().slices;
    if compute < 5 { listed_sliding(slices, compute) } else { vec![] }
}

/// The free place that leaves the most of `valuable` free, counted after taking it; the lowest such.
fn leaving_most(candidates: &[Span], taken: &[Span], valuable: &[Span]) -> Option<Span> {
    let left = |at: Span| open(valuable, &[taken, &[at]].concat()).len();
    let free = open(candidates, taken);
    let best = free.iter().map(|at| left(*at)).max()?;
    free.into_iter().find(|at| left(*at) == best)
}

fn expected_place(mig: &Mig, id: u32, taken: &[Span]) -> Option<Span> {
    let candidates = listed(mig, id);
    if mig.compute_slices == 4 {
        return open(&candidates, taken).into_iter().min();
    }
    let ids = [at(&[0], 8), at(&[0], 4), at(&[0, 2, 4], 2), at(&[0, 1, 2, 3, 4, 5, 6], 1)].concat();
    if id == 15 && rev1(mig) {
        return open(&[(4, 2), (0, 2), (2, 2), (6, 2)], taken)
            .into_iter()
            .filter(|at| at.0 != 6)
            .max_by_key(|at| (open(&ids, &[taken, &[*at]].concat()).len(), std::cmp::Reverse(at.0)))
            .or_else(|| open(&[(6, 2)], taken).first().copied());
    }
    leaving_most(&candidates, taken, &ids)
}

fn expected_compute_place(mig: &Mig, gi: u32, compute: u32, taken: &[Span]) -> Option<Span> {
    let candidates = listed_compute(mig, gi, compute);
    if !rev1(mig) {
        return open(&candidates, taken).into_iter().min();
    }
    let all: Vec<_> = (0..8).flat_map(|other| listed_aligned(gi, other)).collect();
    leaving_most(&candidates, taken, &all)
}

fn taken(gpu: &Gpu) -> Vec<Span> {
    gpu.all_gpu_instances().map(|instance| span(instance.placement)).collect()
}

fn taken_compute(gpu: &Gpu, gi: u32) -> Vec<Span> {
    let instances = gpu.live_gpu_instance(gi).unwrap().compute_instances.values();
    instances.map(|instance| span(instance.placement)).collect()
}

/// Room for a profile: by place, by count, by what is left of each engine.
fn expected_room(mig: &Mig, gpu: &Gpu, id: u32) -> u32 {
    let row = |id| mig.profiles.iter().find(|p| p.id == id).unwrap();
    let living: Vec<_> = gpu.all_gpu_instances().map(|instance| row(instance.profile)).collect();
    let (want, whole) = (row(id), row(0));
    let fits = |n: u32| {
        let engine = |of: fn(&gpushare_sim::catalog::Engines) -> u32| {
            living.iter().map(|p| of(&p.engines)).sum::<u32>() + n * of(&want.engines) <= of(&whole.engines)
        };
        let once = !want.name.contains("+me") || living.iter().filter(|p| p.id == id).count() as u32 + n <= 1;
        once && engine(|e| e.decoder) && engine(|e| e.encoder) && engine(|e| e.jpeg) && engine(|e| e.ofa)
    };
    (0..=most(&open(&listed(mig, id), &taken(gpu)))).rev().find(|n| *n == 0 || fits(*n)).unwrap()
}

fn check_state(mig: &Mig, gpu: &Gpu) {
    let instances = taken(gpu);
    for (index, one) in instances.iter().enumerate() {
        assert!(instances[index + 1..].iter().all(|other| !clash(*one, *other)), "{instances:?}");
    }
    for profile in &mig.profiles {
        let placements = gpu.gpu_instance_placements(profile.id).unwrap();
        assert_eq!(placements.into_iter().map(span).collect::<Vec<_>>(), listed(mig, profile.id));
        assert_eq!(gpu.gpu_instance_capacity(profile.id), Ok(expected_room(mig, gpu, profile.id)), "{}", profile.name);
    }
    for instance in gpu.all_gpu_instances() {
        let compute = taken_compute(gpu, instance.id);
        for (index, one) in compute.iter().enumerate() {
            assert!(compute[index + 1..].iter().all(|other| !clash(*one, *other)), "{compute:?}");
        }
        for profile in 0..8 {
            let listed = listed_compute(mig, instance.profile, profile);
            let placements = gpu.compute_instance_placements(instance.id, profile).unwrap();
            assert_eq!(placements.into_iter().map(span).collect::<Vec<_>>(), listed, "{} {profile}", instance.profile);
            assert_eq!(gpu.compute_instance_capacity(instance.id, profile), Ok(most(&open(&listed, &compute))));
        }
    }
    let devices: Vec<_> = gpu.mig_devices().collect();
    assert!(devices.len() <= gpu.max_mig_devices() as usize && devices.is_sorted());
    let uuids: BTreeSet<_> = devices.iter().map(|device| gpu.mig_uuid(*device).unwrap()).collect();
    assert_eq!(uuids.len(), devices.len());
}

/// A place to ask for, and what must come of it: the place taken, or the refusal.
fn asked(
    place: &Where,
    listed: &[Span],
    taken: &[Span],
    default: Option<Span>,
) -> (Option<Span>, Result<Span, Refusal>) {
    let at = match place {
        Where::Anywhere => return (None, default.ok_or(Refusal::InsufficientResources)),
        Where::Listed(_) if listed.is_empty() => (0, 1),
        Where::Listed(index) => listed[index % listed.len()],
        Where::At(start, size) => (*start, *size),
    };
    let outcome = if !listed.contains(&at) {
        Err(Refusal::InvalidArgument)
    } else if open(&[at], taken).is_empty() {
        Err(Refusal::InsufficientResources)
    } else {
        Ok(at)
    };
    (Some(at), outcome)
}

fn run(mig: &Mig, gpu: &mut Gpu, step: &Step) {
    let before = gpu.clone();
    let placement = |at: Option<Span>| at.map(|(start, size)| Placement::new(start, size));
    let outcome = match step {
        Step::Create(index, place) => {
            let profile = mig.profiles[index % mig.profiles.len()].id;
            let taken = taken(gpu);
            let default = expected_place(mig, profile, &taken);
            let (at, mut expected) = asked(place, &listed(mig, profile), &taken, default);
            if expected.is_ok() && expected_room(mig, gpu, profile) == 0 {
                expected = Err(Refusal::InsufficientResources);
            }
            let got = gpu.create_gpu_instance(Access::Admin, profile, placement(at));
            let there = got.map(|gi| span(gpu.live_gpu_instance(gi).unwrap().placement));
            assert_eq!(there, expected, "{profile} {at:?} in {taken:?}");
            got.map(|gi| assert!(before.live_gpu_instance(gi).is_err(), "an ID used twice"))
        }
        Step::Destroy(index) => {
            let ids: Vec<_> = gpu.all_gpu_instances().map(|instance| instance.id).collect();
            let gi = if ids.is_empty() { 1 } else { ids[index % ids.len()] };
            let expected = match before.live_gpu_instance(gi) {
                Err(_) => Err(Refusal::InvalidArgument),
                Ok(instance) if !instance.compute_instances.is_empty() => Err(Refusal::InUse),
                Ok(_) => Ok(()),
            };
            let got = gpu.destroy_gpu_instance(Access::Admin, gi);
            assert_eq!(got, expected);
            got
        }
        Step::CreateCompute(index, profile, place) => {
            let instances: Vec<_> = gpu.all_gpu_instances().map(|instance| (instance.id, instance.profile)).collect();
            if instances.is_empty() {
                return;
            }
            let (gi, kind) = instances[index % instances.len()];
            let (listed, taken) = (listed_compute(mig, kind, *profile), taken_compute(gpu, gi));
            let default = expected_compute_place(mig, kind, *profile, &taken);
            let (at, mut expected) = asked(place, &listed, &taken, default);
            if *profile >= 8 {
                expected = Err(Refusal::InvalidArgument);
            } else if listed.is_empty() {
                expected = Err(Refusal::NotSupported);
            }
            let got = gpu.create_compute_instance(Access::Admin, gi, *profile, placement(at));
            let there = got.map(|ci| span(gpu.live_compute_instance(gi, ci).unwrap().placement));
            assert_eq!(there, expected, "{kind} {profile} {at:?} in {taken:?}");
            let lowest = (0..8).find(|ci| before.live_compute_instance(gi, *ci).is_err()).unwrap();
            got.map(|ci| assert_eq!(ci, lowest))
        }
        Step::DestroyCompute(index) => {
            let devices: Vec<_> = gpu.mig_devices().collect();
            let Some(device) = devices.get(index % devices.len().max(1)) else {
                return;
            };
            gpu.destroy_compute_instance(Access::Admin, device.gi, device.ci)
        }
    };
    match outcome {
        Err(_) => assert_eq!(*gpu, before, "a refused call changed something"),
        Ok(()) => assert_eq!(gpu.config_generation(), before.config_generation() + 1),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_model_keeps_the_rules(steps in steps(), upper in any::<bool>()) {
        let layout = if upper { IdLayout::B } else { IdLayout::A };
        for model in Model::all() {
            let Some(mig) = &model.mig else { continue };
            let mut gpu = gpu(model.key, layout);
            for step in &steps {
                run(mig, &mut gpu, step);
                check_state(mig, &gpu);
            }
        }
    }
}
