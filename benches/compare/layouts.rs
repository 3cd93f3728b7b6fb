//! From one layout to another: what the driver is asked to do by gpushare and by a search through orderings, counted on the simulated driver.
//! From every third of a board's maximal layouts to each other set of such a layout.

use std::collections::BTreeSet;

use gpushare::{ApplyOptions, Layout, MigGeometry, Nvml};
use gpushare_benches::{Contender, OURS, Record};
use gpushare_sim::{Machine, TracedCall};
use gpushare_tests::layouts::{all_layouts, fewest, is_maximal, multiset, sizes, text, text_with_places};
use tempfile::TempDir;

use crate::Outcome;
use crate::driver::Driver;
use crate::measure::{Bench, CALLS, COSTS, Count};
use crate::ordering::{self, Ties, Wanted};

/// What is counted of each transition.
const COUNTS: [Count; 3] = [("changes asked for", "mutations", mutations), CALLS, COSTS];
/// The fewest changes, by trying all layouts.
const MINIMUM: &str = "minimum";
const ORDERINGS: [(&str, Ties); 2] = [
    ("ordering search, small first", Ties::SmallMemoryFirst),
    ("ordering search, large first", Ties::LargeMemoryFirst),
];

pub(crate) fn run(bench: &mut Bench) -> Outcome {
    for model in ["A100-SXM4-40GB", "H200"] {
        let machine = Machine::from_spec(&format!("1x{model}"))?;
        let gpu = Nvml::builder().library(machine.library()?).root(machine.root()).init()?.gpu(0)?;
        let driver = Driver::new(machine.library()?);
        let folder = TempDir::new()?;
        let options = ApplyOptions::new().directory(folder.path()).without_journal();
        gpu.set_mig_mode(true)?;
        let geometry = gpu.mig_geometry()?;
        let all = all_layouts(&geometry, &sizes(&geometry));
        let every: BTreeSet<BTreeSet<_>> = all.iter().map(|layout| layout.iter().copied().collect()).collect();
        let maximal: Vec<_> = all.iter().filter(|layout| is_maximal(layout, &every)).collect();
        let targets: BTreeSet<_> = maximal.iter().map(|layout| multiset(layout)).collect();

        let mut minimum = Vec::new();
        let mut counted = vec![Counted::new(OURS)];
        counted.extend(ORDERINGS.map(|(name, _)| Counted::new(name)));
        let starts = maximal.iter().step_by(3);
        for from in starts.take(bench.times(maximal.len())) {
            let start: Layout = text_with_places(&geometry, from).parse()?;
            for to in targets.iter().filter(|to| **to != multiset(from)) {
                let layout: Layout = text(&geometry, to).parse()?;
                minimum.push(fewest(from, to, &all) as f64);
                gpu.apply_layout(&start, &options)?;
                let (done, calls) = machine.trace(|| gpu.apply_layout(&layout, &options))?;
                done?;
                counted[0].add(&calls, false);
                for (index, (_, ties)) in ORDERINGS.into_iter().enumerate() {
                    gpu.apply_layout(&start, &options)?;
                    let wanted = wanted(&geometry, to);
                    let (done, calls) = machine.trace(|| ordering::apply(&driver, 0, wanted, ties))?;
                    counted[index + 1].add(&calls, !done?);
                }
            }
        }
        let mut keep = |what: &str, unit: &str, contenders: Vec<Contender>| {
            let case = format!("{model}, {what}");
            bench.keep(Record { stage: "layouts".into(), case, unit: unit.into(), contenders })
        };
        for (index, (what, unit, _)) in COUNTS.into_iter().enumerate() {
            let samples = |counted: &Counted| Contender::new(counted.name, counted.samples[index].clone());
            let mut contenders: Vec<_> = counted.iter().map(samples).collect();
            if index == 0 {
                contenders.insert(0, Contender::new(MINIMUM, minimum.clone()));
            }
            keep(what, unit, contenders)?;
        }
        let failed = counted.iter().map(|counted| Contender::new(counted.name, vec![counted.failed]));
        keep("left empty", "transitions", failed.collect())?;
    }
    Ok(())
}

/// What one contender did, by unit and transition.
struct Counted {
    name: &'static str,
    samples: [Vec<f64>; COUNTS.len()],
    failed: f64,
}

impl Counted {
    fn new(name: &'static str) -> Self {
        Self { name, samples: Default::default(), failed: 0.0 }
    }

    fn add(&mut self, calls: &[TracedCall], failed: bool) {
        for ((_, _, count), samples) in COUNTS.iter().zip(&mut self.samples) {
            samples.push(count(calls));
        }
        self.failed += f64::from(failed);
    }
}

/// Calls that ask for a change, refused ones included.
fn mutations(calls: &[TracedCall]) -> f64 {
    let changes = |call: &&TracedCall| call.symbol.contains("Create") || call.symbol.contains("Destroy");
    calls.iter().filter(changes).count() as f64
}

/// A multiset as the ordering search takes it.
fn wanted(geometry: &MigGeometry, set: &[usize]) -> Vec<Wanted> {
    let one = |index: &usize| {
        let profile = &geometry.profiles[*index].profile;
        // NVML_COMPUTE_INSTANCE_PROFILE_1_SLICE and so on.
        let compute_instance = [1, 2, 3, 4, 7, 8, 6].iter().position(|slices| *slices == profile.slice_count);
        Wanted {
            gpu_instance: profile.kind.0,
            compute_instance: compute_instance.unwrap_or(0) as u32,
            slices: profile.slice_count,
            memory: profile.memory.0,
        }
    };
    set.iter().map(one).collect()
}
