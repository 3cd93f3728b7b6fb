//! How long one GPU's plan takes: from every layout of the board's sizes to every set that it has room for, once each set was planned for.

use std::collections::BTreeSet;
use std::time::Instant;

use gpushare::{ApplyOptions, Gpu, Layout, MigState, Nvml, Plan, PlanOptions};
use gpushare_benches::{Contender, OURS, Record};
use gpushare_sim::Machine;
use gpushare_tests::layouts::{Placed, all_layouts, multiset, sizes, text, text_with_places};
use tempfile::TempDir;

use crate::Outcome;
use crate::measure::Bench;

/// Plans of which the time is taken at once.
const BATCH: usize = 8;
/// Takes of which the least is kept, each in a pass over all transitions: what shares the core for a while can double the time of a few
/// instructions.
const PASSES: usize = 25;

pub(crate) fn run(bench: &mut Bench) -> Outcome {
    for model in ["A100-SXM4-40GB", "H200"] {
        let machine = Machine::from_spec(&format!("1x{model}"))?;
        let gpu = Nvml::builder().library(machine.library()?).root(machine.root()).init()?.gpu(0)?;
        gpu.set_mig_mode(true)?;
        let geometry = gpu.mig_geometry()?;
        let all = all_layouts(&geometry, &sizes(&geometry));
        let starts = all.iter().take(bench.times(all.len()));
        let starts = starts.map(|layout| state(&gpu, layout)).collect::<Outcome<Vec<_>>>()?;
        let sets: BTreeSet<_> = all.iter().map(|layout| multiset(layout)).collect();
        let wanted: Vec<Layout> = sets.iter().map(|set| Ok(text(&geometry, set).parse()?)).collect::<Outcome<_>>()?;
        // With what was learned of compute instances meanwhile.
        let geometry = gpu.mig_geometry()?;
        let options = PlanOptions::default();
        let mut samples = vec![f64::INFINITY; starts.len() * wanted.len()];
        for _ in 0..bench.times(PASSES) {
            let transitions = starts.iter().flat_map(|start| wanted.iter().map(move |wanted| (start, wanted)));
            for ((start, wanted), least) in transitions.zip(&mut samples) {
                // Plans are dropped when the time is taken.
                let mut plans = Vec::with_capacity(BATCH);
                let begin = Instant::now();
                for _ in 0..BATCH {
                    plans.push(Plan::new(&geometry, start, wanted, &options)?);
                }
                *least = least.min(begin.elapsed().as_nanos() as f64 / BATCH as f64);
            }
        }
        let contenders = vec![Contender::new(OURS, samples)];
        bench.keep(Record { stage: "plans".into(), case: model.into(), unit: "ns".into(), contenders })?;
    }
    Ok(())
}

/// The state of the GPU in a layout.
fn state(gpu: &Gpu, layout: &[Placed]) -> Outcome<MigState> {
    let folder = TempDir::new()?;
    let layout: Layout = text_with_places(&gpu.mig_geometry()?, layout).parse()?;
    gpu.apply_layout(&layout, &ApplyOptions::new().directory(folder.path()).without_journal())?;
    Ok(gpu.mig_state()?)
}
