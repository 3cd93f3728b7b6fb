//! Plans against an independent brute force over placements, and what applying them leaves on the simulated GPU.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;

use gpushare::{
    ApplyOptions, ErrorKind, Gpu, GpuInstanceState, Infeasible, Layout, MigGeometry, MigState, Nvml, Plan, PlanOptions,
};
use gpushare_sim::Machine;
use gpushare_tests::layouts::{Placed, all_layouts, fewest, is_maximal, multiset, sizes, text, text_with_places};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A machine with one GPU on which MIG is enabled.
struct Bench {
    machine: Machine,
    gpu: Gpu,
    folder: TempDir,
}

impl Bench {
    fn new(model: &str) -> Outcome<Self> {
        let machine = Machine::from_spec(&format!("1x{model}"))?;
        let gpu = Nvml::builder().library(machine.library()?).root(machine.root()).init()?.gpu(0)?;
        gpu.set_mig_mode(true)?;
        Ok(Self { machine, gpu, folder: TempDir::new()? })
    }

    fn options(&self) -> ApplyOptions {
        ApplyOptions::new().directory(self.folder.path()).without_journal()
    }

    /// How many instances the simulated driver has made and destroyed so far.
    fn driver_mutations(&self) -> Outcome<u64> {
        Ok(self.machine.state()?.gpu(0)?.config_generation())
    }
}

/// The states of a GPU in every layout, put together from instances that existed one by one.
struct States {
    empty: MigState,
    instances: BTreeMap<Placed, GpuInstanceState>,
}

impl States {
    fn observe(bench: &Bench, geometry: &MigGeometry) -> Outcome<Self> {
        let empty = bench.gpu.mig_state()?;
        let mut instances = BTreeMap::new();
        for (index, profile) in geometry.profiles.iter().enumerate() {
            for place in &profile.placements {
                let gi = bench.gpu.create_gpu_instance_at(&profile.profile, *place)?;
                let ci = gi.create_default_compute_instance()?;
                let seen = bench.gpu.mig_state()?.gpu_instances[0].clone();
                instances.insert((index, place.start, place.size), seen);
                ci.destroy()?;
                gi.destroy()?;
            }
        }
        Ok(Self { empty, instances })
    }

    fn of(&self, layout: &[Placed]) -> MigState {
        let mut state = self.empty.clone();
        let mut instances: Vec<_> = layout.iter().map(|placed| self.instances[placed].clone()).collect();
        instances.sort_by_key(|instance| instance.id);
        state.gpu_instances = instances.into();
        state
    }
}

/// Applies the transitions that start from every second maximal layout of an A100, so that two threads share them.
fn a100_transitions(half: usize) -> Outcome {
    let bench = Bench::new("A100-SXM4-40GB")?;
    let geometry = bench.gpu.mig_geometry()?;
    let all = all_layouts(&geometry, &sizes(&geometry));
    assert_eq!(all.len(), 723, "as counted by others");
    let sets: BTreeSet<BTreeSet<Placed>> = all.iter().map(|layout| layout.iter().copied().collect()).collect();
    let maximal: Vec<_> = all.iter().filter(|layout| is_maximal(layout, &sets)).collect();
    assert_eq!(maximal.len(), 78);
    let targets: BTreeSet<_> = maximal.iter().map(|layout| multiset(layout)).collect();
    let mut transitions = 0;
    for from in maximal.iter().skip(half).step_by(2) {
        let start: Layout = text_with_places(&geometry, from).parse()?;
        for to in targets.iter().filter(|to| **to != multiset(from)) {
            bench.gpu.apply_layout(&start, &bench.options())?;
            let before = bench.driver_mutations()?;
            let wanted: Layout = text(&geometry, to).parse()?;
            bench.gpu.apply_layout(&wanted, &bench.options())?;
            let made = bench.driver_mutations()? - before;
            assert_eq!(made as usize, fewest(from, to, &all), "{start} -> {wanted}");
            let mut there: Vec<_> = bench.gpu.gpu_instances()?.iter().map(|gi| gi.profile().name.to_string()).collect();
            let mut names: Vec<_> = to.iter().map(|index| geometry.profiles[*index].profile.name.to_string()).collect();
            there.sort();
            names.sort();
            assert_eq!(there, names);
            transitions += 1;
        }
    }
    assert_eq!(transitions, 78 / 2 * 37);
    Ok(())
}

#[test]
fn each_transition_of_an_a100_costs_the_minimum_on_the_driver_first_half() -> Outcome {
    a100_transitions(0)
}

#[test]
fn each_transition_of_an_a100_costs_the_minimum_on_the_driver_second_half() -> Outcome {
    a100_transitions(1)
}

/// Plans every transition of a board, without the driver, and compares its cost with the brute force.
fn all_transitions(model: &str) -> Outcome<usize> {
    let bench = Bench::new(model)?;
    let geometry = bench.gpu.mig_geometry()?;
    let states = States::observe(&bench, &geometry)?;
    let geometry = bench.gpu.mig_geometry()?;
    let all = all_layouts(&geometry, &(0..geometry.profiles.len()).collect::<Vec<_>>());
    let mut by_multiset: BTreeMap<Vec<usize>, Vec<BTreeSet<Placed>>> = BTreeMap::new();
    for layout in &all {
        by_multiset.entry(multiset(layout)).or_default().push(layout.iter().copied().collect());
    }
    let wanted: Vec<(Layout, _)> = by_multiset
        .iter()
        .map(|(multiset, ways)| Ok((text(&geometry, multiset).parse()?, ways)))
        .collect::<Outcome<_>>()?;
    for from in &all {
        let state = states.of(from);
        let own: BTreeSet<_> = from.iter().copied().collect();
        for (wanted, ways) in &wanted {
            let fewest = ways.iter().map(|way| 2 * own.symmetric_difference(way).count()).min();
            let plan = Plan::new(&geometry, &state, wanted, &PlanOptions::default())?;
            assert_eq!(Some(plan.mutations()), fewest, "{state} -> {wanted}");
        }
    }
    Ok(all.len())
}

#[test]
fn each_transition_of_an_a30_costs_the_minimum() -> Outcome {
    assert_eq!(all_transitions("A30")?, 76, "layouts, as counted by others");
    Ok(())
}

#[test]
fn naming_a_place_that_a_plan_chose_changes_nothing() -> Outcome {
    for model in ["A100-SXM4-40GB", "A30"] {
        let bench = Bench::new(model)?;
        let geometry = bench.gpu.mig_geometry()?;
        let states = States::observe(&bench, &geometry)?;
        let geometry = bench.gpu.mig_geometry()?;
        let all = all_layouts(&geometry, &sizes(&geometry));
        let sets: BTreeSet<_> = all.iter().map(|layout| multiset(layout)).filter(|set| !set.is_empty()).collect();
        for (index, from) in all.iter().enumerate() {
            let state = states.of(from);
            // Each state meets an eleventh of the sets, and each set some of the states.
            for (at, set) in sets.iter().enumerate().skip(index % 11).step_by(11) {
                let mut wanted: Layout = text(&geometry, set).parse()?;
                let plan = Plan::new(&geometry, &state, &wanted, &PlanOptions::default())?;
                let named = (index + at) % set.len();
                let start = plan.gpu_instances[named].placement.start;
                Arc::make_mut(&mut wanted.gpu_instances)[named].start = Some(start);
                let again = Plan::new(&geometry, &state, &wanted, &PlanOptions::default())?;
                let mut places: Vec<_> = again.gpu_instances.iter().map(|instance| instance.placement).collect();
                let mut chosen: Vec<_> = plan.gpu_instances.iter().map(|instance| instance.placement).collect();
                places.sort_unstable();
                chosen.sort_unstable();
                assert_eq!((again.mutations(), places), (plan.mutations(), chosen), "{state} -> {wanted}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_plan_is_of_the_profiles_that_the_geometry_has_by_then() -> Outcome {
    let (a100, a30) = (Bench::new("A100-SXM4-40GB")?, Bench::new("A30")?);
    let mut geometry = a100.gpu.mig_geometry()?;
    let empty = a100.gpu.mig_state()?;
    Plan::new(&geometry, &empty, &"7x1g.5gb".parse()?, &PlanOptions::default())?;
    geometry.profiles = a30.gpu.mig_geometry()?.profiles;
    let plan = Plan::new(&geometry, &empty, &"4x1g.6gb".parse()?, &PlanOptions::default())?;
    assert_eq!(plan.gpu_instances.iter().map(|instance| instance.placement.start).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(Plan::new(&geometry, &empty, &"7x1g.5gb".parse()?, &PlanOptions::default()).is_err());
    Ok(())
}

#[test]
fn each_transition_of_an_rtx_pro_6000_costs_the_minimum() -> Outcome {
    all_transitions("RTX-PRO-6000").map(drop)
}

#[test]
fn adding_an_instance_where_there_is_room_touches_nothing_else() -> Outcome {
    let bench = Bench::new("A100-SXM4-40GB")?;
    bench.gpu.apply_layout(&"3g.20gb, 1g.5gb".parse()?, &bench.options())?;
    let before = bench.gpu.mig_devices()?;
    let plan = bench.gpu.plan(&"3g.20gb, 2x1g.5gb".parse()?)?;
    assert_eq!(plan.mutations(), 2);
    let applied = bench.gpu.apply(&plan, &bench.options())?;
    assert_eq!((applied.made.len(), applied.kept.len(), applied.destroyed.len()), (1, 2, 0));
    for device in before {
        assert_eq!(device.memory()?.total.to_mib(), device.attributes().memory, "the old handles still serve");
    }
    Ok(())
}

/// Every order in which a multiset can be written.
fn orders(multiset: &[usize]) -> BTreeSet<Vec<usize>> {
    if multiset.is_empty() {
        return BTreeSet::from([Vec::new()]);
    }
    let mut all = BTreeSet::new();
    for (at, first) in multiset.iter().enumerate() {
        let mut rest = multiset.to_vec();
        rest.remove(at);
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, *first);
            order
        }));
    }
    all
}

#[test]
fn every_feasible_set_is_made_in_every_order() -> Outcome {
    for model in ["A100-SXM4-40GB", "H200"] {
        let bench = Bench::new(model)?;
        let geometry = bench.gpu.mig_geometry()?;
        let all = all_layouts(&geometry, &sizes(&geometry));
        let sets: BTreeSet<_> = all.iter().map(|layout| multiset(layout)).filter(|set| !set.is_empty()).collect();
        assert_eq!(sets.len(), 77);
        let mut count = 0;
        for order in sets.iter().flat_map(|set| orders(set)) {
            bench.gpu.apply_layout(&"".parse()?, &bench.options())?;
            let wanted: Layout = text(&geometry, &order).parse()?;
            let applied =
                bench.gpu.apply_layout(&wanted, &bench.options()).map_err(|error| format!("{wanted}: {error}"))?;
            assert_eq!(applied.made.len(), order.len(), "{wanted}");
            count += 1;
        }
        assert_eq!(count, 424);
    }
    Ok(())
}

/// Every multiset of up to `most` instances of each profile.
fn multisets(profiles: &[usize], most: usize) -> Vec<Vec<usize>> {
    profiles.iter().fold(vec![Vec::new()], |sets, profile| {
        let more = |set: &Vec<usize>| {
            (0..=most).map(|count| [set.clone(), vec![*profile; count]].concat()).collect::<Vec<_>>()
        };
        sets.iter().flat_map(more).collect()
    })
}

#[test]
fn what_cannot_be_is_refused_before_the_driver_is_asked_and_with_a_proof() -> Outcome {
    for model in ["A100-SXM4-40GB", "A30"] {
        let bench = Bench::new(model)?;
        let geometry = bench.gpu.mig_geometry()?;
        let profiles: Vec<_> = (0..geometry.profiles.len()).collect();
        let feasible: BTreeSet<_> = all_layouts(&geometry, &profiles).iter().map(|layout| multiset(layout)).collect();
        let present = bench.gpu.mig_state()?;
        // Three of each is beyond what fits, and seven of the smallest are tried beside.
        for mut set in multisets(&profiles, 3).into_iter().chain([vec![0; 5], vec![0; 7], vec![0; 8]]) {
            set.sort_unstable();
            let wanted: Layout = text(&geometry, &set).parse()?;
            let planned = Plan::new(&geometry, &present, &wanted, &PlanOptions::default());
            assert_eq!(planned.is_ok(), feasible.contains(&set), "{wanted}: {planned:?}");
            if let Err(proof) = planned {
                holds(&geometry, &feasible, &set, &proof);
            }
        }
    }
    Ok(())
}

/// Checks a proof by counting.
fn holds(geometry: &MigGeometry, feasible: &BTreeSet<Vec<usize>>, set: &[usize], proof: &Infeasible) {
    let count = |name: &str| set.iter().filter(|index| *geometry.profiles[**index].profile.name == *name).count();
    match proof {
        Infeasible::TooMany { profile, wanted, most } => {
            assert_eq!(count(profile), *wanted);
            assert!(*wanted > *most as usize, "{proof}");
        }
        Infeasible::MemorySlices { needed, total } => {
            let sizes = set.iter().map(|index| geometry.profiles[*index].placements[0].size);
            assert_eq!(sizes.sum::<u32>(), *needed);
            assert!(needed > total && *total == geometry.memory_slices(), "{proof}");
        }
        Infeasible::Engines { needed, total, .. } => assert!(needed > total, "{proof}"),
        Infeasible::NoArrangement { instances } => {
            let index = |name: &str| geometry.profiles.iter().position(|profile| *profile.profile.name == *name);
            let mut core: Vec<_> = instances.iter().filter_map(|(name, _)| index(name)).collect();
            core.sort_unstable();
            assert_eq!(core.len(), instances.len());
            assert!(!feasible.contains(&core), "{proof}");
            for at in 0..core.len() {
                let mut fewer = core.clone();
                fewer.remove(at);
                assert!(feasible.contains(&fewer), "not the fewest: {proof}");
            }
        }
        other => panic!("{other}"),
    }
}

#[test]
fn refusals_read_as_a_person_would_say_them() -> Outcome {
    let bench = Bench::new("A100-SXM4-40GB")?;
    for (layout, reason) in [
        ("2x4g.20gb", "2 instances of 4g.20gb are wanted, and the GPU has room for 1 at the most"),
        ("2x3g.20gb, 1g.5gb", "the instances need 9 memory slices, and the GPU has 8"),
        ("3x2g.10gb, 2x1g.5gb", "these do not fit side by side: "),
        ("2g.10gb@6", "2g.10gb cannot begin at memory slice 6; it can at 0, 2, 4"),
        ("4g.20gb, 1g.5gb@3", "these do not fit side by side: 4g.20gb (can begin at 0), 1g.5gb (can begin at 3)"),
        ("1g.10gb+me", "there is no profile 1g.10gb+me; there are 1g.5gb"),
        ("1g.5gb[2c]", "in 1g.5gb, the compute instances need 2 compute slices, and there are 1"),
        ("4g.20gb[2c,2c,1c]", "in 4g.20gb, the compute instances need 5 compute slices, and there are 4"),
    ] {
        let error = bench.gpu.plan(&layout.parse()?).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Infeasible);
        assert!(error.to_string().contains(reason), "{layout}: {error}");
    }
    assert!(bench.gpu.gpu_instances()?.is_empty());
    Ok(())
}
