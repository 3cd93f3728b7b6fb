//! What is on a node, asked for once and again: gpushare beside the walks of others. Without a cost of the driver's calls, and with what each
//! cost on an H200.

use gpushare::Nvml;
use gpushare_benches::{Contender, OURS, Record};

use crate::Outcome;
use crate::driver::Driver;
use crate::measure::{Bench, CALLS, COSTS, contender, ms_of};
use crate::node::Node;
use crate::walks::{self, Seen};

/// One that looks at the node.
struct Walker<'a> {
    name: &'static str,
    walk: Box<dyn Fn() -> Outcome<Seen> + 'a>,
}

fn walker<'a>(name: &'static str, walk: impl Fn() -> Outcome<Seen> + 'a) -> Walker<'a> {
    Walker { name, walk: Box::new(walk) }
}

pub(crate) fn run(bench: &mut Bench) -> Outcome {
    let node = Node::start(false)?;
    let driver = Driver::new(node.machine.library()?);
    let path = node.machine.library_path();
    let session =
        || -> Outcome<Nvml> { Ok(Nvml::builder().library(node.machine.library()?).root(node.machine.root()).init()?) };
    let wrapper = || nvml_wrapper::Nvml::builder().lib_path(path.as_os_str()).init();

    let raw = |walk: fn(&Driver) -> Result<Seen, _>| {
        driver.init()?;
        let seen = walk(&driver);
        driver.shutdown()?;
        Ok(seen?)
    };
    let cold = [
        walker(OURS, || Ok(walks::ours(&session()?.snapshot()?))),
        walker("naive walk", || raw(walks::naive)),
        walker("plain loop", || raw(walks::plain)),
        walker("nvml-wrapper", || Ok(walks::wrapper(&wrapper()?)?)),
    ];
    compare(bench, &node, "cold", &cold)?;

    driver.init()?;
    let (observer, open) = (session()?.observer()?, wrapper()?);
    let warm = [
        walker(OURS, || Ok(walks::ours(&observer.snapshot()?))),
        walker("naive walk", || Ok(walks::naive(&driver)?)),
        walker("plain loop", || Ok(walks::plain(&driver)?)),
        walker("nvml-wrapper", || Ok(walks::wrapper(&open)?)),
    ];
    compare(bench, &node, "warm", &warm)
}

/// Counts the calls of each, and takes their time in turn.
fn compare(bench: &mut Bench, node: &Node, case: &str, walkers: &[Walker<'_>]) -> Outcome {
    let mut contenders = Vec::new();
    for walker in walkers {
        // What is warm has looked before.
        let first = (walker.walk)()?;
        let (seen, calls) = node.machine.trace(&walker.walk)?;
        if seen? != first || first.gpus != 8 || first.mig_devices.len() != 56 || first.processes != 8 {
            return Err(format!("{} saw something else: {first:?}", walker.name).into());
        }
        contenders.push((walker.name, calls));
    }
    for (what, unit, of) in [CALLS, COSTS] {
        let contenders = contenders.iter().map(|(name, calls)| Contender::new(name, vec![of(calls)]));
        let case = format!("{case}, {what}");
        bench.keep(Record { stage: "snapshots".into(), case, unit: unit.into(), contenders: contenders.collect() })?;
    }
    for (charge, cost, rounds) in [(false, "free calls", 40), (true, "calls as on an H200", 20)] {
        node.machine.set_charge(charge)?;
        let contenders = walkers.iter().map(|walker| contender(walker.name, || ms_of(&walker.walk))).collect();
        bench.compare(["snapshots", &format!("{case}, {cost}"), "ms"], rounds, contenders)?;
    }
    Ok(node.machine.set_charge(false)?)
}
