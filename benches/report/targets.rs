//! What gpushare sets out to reach, whether it did, and where it did not, what the records say of the reason.

use gpushare_benches::{OURS, Record, number, quantile};

use crate::Found;

/// The most that a call of the Rust or C layer is to add to NVML's own, in ns.
const ADDED_NS: f64 = 2.0;
/// How many times as long nvidia-ml-py is to take for a getter.
const PYTHON_GETTER: f64 = 10.0;
/// The most that a plan is to take, in ns.
const PLAN_NS: f64 = 1000.0;
/// How many times as long others are to take for a second look at a node.
const LOOKS: [(&str, f64); 3] = [("naive walk", 30.0), ("plain loop", 4.0), ("nvidia-ml-py", 4.0)];
const NVITOP: f64 = 20.0;
/// How many times as long nvidia-ml-py is to take for who the MIG devices are and what of their memory is used.
const MIG_DEVICES: f64 = 15.0;

/// A target and what was found.
pub(super) struct Target {
    pub(super) what: String,
    pub(super) wanted: String,
    pub(super) found: String,
    pub(super) met: bool,
    /// Why it is not met.
    pub(super) why: String,
}

/// The targets of which there are records.
pub(super) fn all(found: &Found) -> Vec<Target> {
    let mut targets = Vec::new();
    for (stage, what) in [("calls", "Rust"), ("c", "C")] {
        // What is remembered adds nothing to a call that is not made.
        let records = found.of(stage).filter(|record| !record.case.contains("again"));
        let records = records.filter_map(|record| Some((record, record.added(OURS, "NVML")?)));
        targets.extend(records.map(|(record, added)| adds(what, record, added)));
    }
    // What it takes to call the library and to let other threads run meanwhile: the answer about MIG mode is one of four objects.
    let entering = found.get("python", "MIG mode").and_then(|record| record.added(OURS, "NVML"));
    targets.extend(found.of("python").filter_map(|record| python_getter(record, entering?)));
    targets.extend(found.of("plans").filter_map(plan));
    targets.extend(found.of("layouts").filter_map(minimum));
    for (stage, language) in [("snapshots", "Rust"), ("walks", "Python")] {
        let Some(record) = found.get(stage, "warm, calls as on an H200") else { continue };
        for contender in &record.contenders {
            let set = LOOKS.iter().find(|(name, _)| *name == contender.name).map(|(_, times)| *times);
            let wanted = set.or(contender.name.starts_with("nvitop").then_some(NVITOP));
            let (Some(wanted), Some(times)) = (wanted, record.times(&contender.name, OURS)) else { continue };
            let (ours, costs) = (record.median(OURS), found.get(stage, "warm, recorded costs of the calls"));
            let driver = costs.and_then(|costs| costs.median(OURS));
            let part = ours.zip(driver).map_or(0.0, |(ours, driver)| driver / ours * 100.0);
            targets.push(Target {
                what: format!("{language}: a second look at 8 GPUs with 56 MIG devices, beside {}", contender.name),
                wanted: format!("≥ {wanted:.0}x"),
                found: format!("{times}x"),
                met: times.middle >= wanted,
                why: format!("{} % of gpushare's time are costs of the driver's calls that it makes", number(part)),
            });
        }
    }
    targets.extend(found.get("walks", "MIG devices alone, free calls, one after the other").and_then(mig_devices));
    targets
}

fn mig_devices(record: &Record) -> Option<Target> {
    let times = record.times("nvidia-ml-py", OURS)?;
    Some(Target {
        what: "Python: UUID, ids and memory of 56 MIG devices, beside nvidia-ml-py".into(),
        wanted: format!("≥ {MIG_DEVICES:.0}x"),
        found: format!("{times}x"),
        met: times.middle >= MIG_DEVICES,
        why: format!("gpushare takes {} µs", number(record.median(OURS)? / 1e3)),
    })
}

fn adds(language: &str, record: &Record, added: f64) -> Target {
    let least = record.added("thin library", "NVML");
    let thin =
        least.map_or(String::new(), |least| format!("; the least that a C library can be adds {} ns", number(least)));
    Target {
        what: format!("{language}: {}, added to NVML's own time", record.case),
        wanted: format!("≤ {ADDED_NS:.0} ns"),
        found: format!("{} ns", number(added)),
        met: added <= ADDED_NS,
        why: format!("the call itself takes {} ns{thin}", number(record.median("NVML").unwrap_or(0.0))),
    }
}

fn python_getter(record: &Record, entering: f64) -> Option<Target> {
    let times = record.times("nvidia-ml-py", OURS)?;
    Some(Target {
        what: format!("Python: {}, beside nvidia-ml-py", record.case),
        wanted: format!("≥ {PYTHON_GETTER:.0}x"),
        found: format!("{times}x"),
        met: times.middle >= PYTHON_GETTER,
        why: format!(
            "of gpushare's {} ns, {} ns are the simulated driver's own and {} ns those of any call that lets other threads run; the rest \
             makes the object that is returned. nvidia-ml-py takes {} ns",
            number(record.median(OURS)?),
            number(record.median("NVML")?),
            number(entering),
            number(record.median("nvidia-ml-py")?),
        ),
    })
}

fn plan(record: &Record) -> Option<Target> {
    let mut samples = record.samples(OURS).to_vec();
    samples.sort_by(f64::total_cmp);
    let [middle, most, worst] = [0.5, 0.99, 1.0].map(|part| quantile(&samples, part));
    let late = samples.iter().filter(|sample| **sample > PLAN_NS).count();
    Some(Target {
        what: format!("a plan for an {}, {} transitions", record.case, samples.len()),
        wanted: "≤ 1 µs each".into(),
        found: format!("{} ns, 99 % ≤ {}, worst {}", number(middle?), number(most?), number(worst?)),
        met: late == 0,
        why: format!(
            "{late} transitions were above: those with the most instances, whose plans have the most to write down"
        ),
    })
}

fn minimum(record: &Record) -> Option<Target> {
    let pairs = record.samples("minimum").iter().zip(record.samples(OURS));
    let more = pairs.clone().filter(|(least, ours)| ours > least).count();
    (pairs.len() > 0).then(|| Target {
        what: format!("layouts of an {}: {} transitions", record.case, pairs.len()),
        wanted: "the minimum in each".into(),
        found: format!("the minimum in {}", pairs.len() - more),
        met: more == 0,
        why: "a plan is wrong".into(),
    })
}
