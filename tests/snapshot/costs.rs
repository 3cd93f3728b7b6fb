//! What snapshots cost in driver calls: each is accounted for in `gpushare/COSTS.md`. `GPUSHARE_BLESS=1` writes that page anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use gpushare_sim::TracedCall;
use gpushare_sim::engine::ProcessKind;

use crate::stage::{Node, Outcome, divide};

const GPUS: usize = 8;
const DEVICES: usize = 56;
/// What a cold snapshot of such a node may cost on the recorded driver.
const COLD: Duration = Duration::from_millis(60);

/// The calls of a cold snapshot, of a warm one, and of asking for the layouts again.
struct Calls {
    cold: Vec<TracedCall>,
    warm: Vec<TracedCall>,
    layouts: Vec<TracedCall>,
}

impl Calls {
    fn of(Node { machine, nvml, .. }: &Node) -> Outcome<Self> {
        let (observer, cold) = machine.trace(|| nvml.observer().and_then(|seen| seen.snapshot().map(|_| seen)))?;
        let observer = observer?;
        let (snapshot, warm) = machine.trace(|| observer.snapshot())?;
        assert!(snapshot?.gpus.iter().all(|gpu| gpu.unknown.is_empty()));
        let (known, layouts) = machine.trace(|| observer.layouts())?;
        assert_eq!(known?.len(), GPUS);
        Ok(Self { cold, warm, layouts })
    }

    /// A row per function.
    fn table(&self) -> String {
        let columns = [&self.cold, &self.warm, &self.layouts];
        let names: BTreeSet<_> = columns.iter().flat_map(|calls| calls.iter().map(|call| &call.symbol)).collect();
        let mut table = String::from(
            "| | cold | µs | warm | µs | layouts | µs |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        let mut row = |name: &str, belongs: &dyn Fn(&TracedCall) -> bool| {
            write!(table, "| {name} |").expect("a String");
            for calls in columns {
                let calls: Vec<_> = calls.iter().filter(|call| belongs(call)).collect();
                let recorded = calls.iter().any(|call| call.cost.is_some());
                let cost: Duration = calls.iter().filter_map(|call| call.cost).sum();
                match (calls.len(), recorded) {
                    (0, _) => write!(table, " | |"),
                    (count, true) => write!(table, " {count} | {:.1} |", cost.as_secs_f64() * 1e6),
                    (count, false) => write!(table, " {count} | ? |"),
                }
                .expect("a String");
            }
            table.push('\n');
        };
        for name in &names {
            row(&format!("`{name}`"), &|call| call.symbol == **name);
        }
        row("**all**", &|_| true);
        table
    }
}

fn divided() -> Outcome<Calls> {
    let node = Node::of("8xH200")?;
    for (index, gpu) in node.nvml.gpus()?.iter().enumerate() {
        divide(gpu, "7x1g.18gb")?;
        let device = &gpu.mig_devices()?[index % 7];
        node.run(index, 4711 + index as u32, ProcessKind::Compute, Some((device.gpu_instance_id().0, 0)))?;
    }
    Calls::of(&node)
}

fn undivided() -> Outcome<Calls> {
    let node = Node::of("8xH200")?;
    node.run(0, 4711, ProcessKind::Compute, None)?;
    Calls::of(&node)
}

#[test]
fn nothing_is_asked_twice_and_the_cold_snapshot_stays_below_its_limit() -> Outcome {
    for calls in [divided()?, undivided()?] {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for call in &calls.cold {
            *times.entry(call.to_string()).or_default() += 1;
        }
        let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
        assert_eq!(twice, []);
        let cost = TracedCall::total_cost(&calls.cold);
        assert!(cost <= COLD, "{cost:?}");
    }
    Ok(())
}

#[test]
fn a_warm_snapshot_asks_for_what_changes_alone() -> Outcome {
    let calls = divided()?;
    assert!(calls.warm.len() <= GPUS + 2 * DEVICES + 2 * GPUS, "{} calls", calls.warm.len());
    let changes = ["MemoryInfo", "RunningProcesses", "EventSetWait"];
    for call in calls.warm.iter().chain(&undivided()?.warm) {
        let plain = ["nvmlDeviceGetUtilizationRates", "nvmlDeviceGetComputeMode"].contains(&&*call.symbol);
        assert!(plain || changes.iter().any(|part| call.symbol.contains(part)), "{call}");
    }
    // One set tells of all GPUs.
    assert_eq!(calls.layouts.len(), 1);
    assert!(calls.layouts[0].symbol.starts_with("nvmlEventSetWait"), "{}", calls.layouts[0]);
    Ok(())
}

#[test]
fn the_page_of_costs_is_what_is_measured() -> Outcome {
    let page = format!(
        "What snapshots cost in calls of the driver, on a simulated node of eight H200, each with a process. `make test` measures it.\n\n\
         A *cold* snapshot is the first of an [`Observer`](crate::Observer), its making included; a *warm* one is any later one, where \
         nothing was divided anew; *layouts* is [`Observer::layouts`](crate::Observer::layouts). Microseconds are what such calls took on \
         an H200 with driver 580.159.04; `?` is what was not recorded there, and counts nothing in the sum.\n\n\
         # Seven MIG devices on each GPU\n\n{}\n# MIG disabled\n\n{}\n\
         Where a process may be a server of MPS, or cannot be looked up, one list more is asked: that of the clients of MPS.\n\n\
         A MIG device that comes or goes makes its GPU be asked for its division again; the profiles and their placements are asked no \
         second time. On a driver without events the division is asked each time.\n",
        divided()?.table(),
        undivided()?.table()
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gpushare/COSTS.md");
    if env::var_os("GPUSHARE_BLESS").is_some() {
        fs::write(&path, &page)?;
    }
    assert_eq!(fs::read_to_string(&path)?, page, "GPUSHARE_BLESS=1 writes it anew");
    Ok(())
}
