//! The page of results.

use std::fmt::Write;

use gpushare_benches::{Contender, OURS, Record, Spread, number};

use crate::{Found, Outcome, machine, targets};

/// The page, as Markdown.
///
/// # Errors
///
/// Where a section has no records: something was not measured.
pub(super) fn text(found: &Found) -> Outcome<String> {
    let mut page = String::from("# Results\n\n");
    writeln!(
        page,
        "`make bench` wrote this page and its charts: gpushare {} on {}.\n",
        env!("CARGO_PKG_VERSION"),
        machine::text()
    )
    .ok();
    page += METHOD;
    targets(&mut page, found);
    for section in SECTIONS {
        let records: Vec<_> = section.stages.iter().flat_map(|stage| found.of(stage)).collect();
        if records.is_empty() {
            return Err(format!("there are no records of {}", section.stages.join(" or ")).into());
        }
        writeln!(page, "\n## {}\n\n{}\n", section.title, section.text.trim()).ok();
        if let Some(chart) = section.chart {
            writeln!(page, "![{}](charts/{chart}.svg)\n", section.title).ok();
        }
        table(&mut page, &records);
    }
    Ok(page)
}

const METHOD: &str = "\
Beside it stand NVML's own symbols, nvml-wrapper 0.13, the Python libraries of [`python/requirements.txt`](python/requirements.txt), and
NVIDIA's nvidia-smi where it was at hand.

Contenders are measured in turn, in one process where they can be, each round beginning with another one; so whatever else the machine does
falls on all of them. What is stated are ratios: of the samples of a round, and of these the median, with the middle half of them in
parentheses. Where a driver is called, it is the simulated one, once without a cost of its calls and once with each call taking as long
as it took on an H200 where that was recorded (`gpushare-sim/data/h200-call-costs.toml`); calls that nobody recorded cost nothing, for all.
";

struct Section {
    title: &'static str,
    stages: &'static [&'static str],
    chart: Option<&'static str>,
    text: &'static str,
}

const SECTIONS: [Section; 7] = [
    Section {
        title: "Getters",
        stages: &["calls", "c", "python"],
        chart: Some("calls"),
        text: "\
One call of each kind, thousands of times. `NVML` is the raw symbol of the simulated driver, called from Rust or C. The thin library is the
least that one in C can be: it checks its arguments, and copies the answer. What is marked `again` gpushare remembers. What is added to NVML's
own time is told above for calls that nothing disturbed: of each contender, what a twentieth of its samples are below.",
    },
    Section {
        title: "Plans",
        stages: &["plans"],
        chart: Some("plans"),
        text: "\
From each of the 723 layouts of the board's sizes to each of the 78 sets of instances that it has room for: the least of five takes, each of
eight plans. Nobody else plans; the chart has the target.",
    },
    Section {
        title: "Layouts",
        stages: &["layouts"],
        chart: Some("layouts"),
        text: "\
From every third of the 78 maximal layouts to each other set of such a layout (a test has all of them for gpushare). Counted are the calls that ask for a change, refused ones included, all
calls, and the recorded costs of the calls that change nothing. The minimum is by trying all layouts. The ordering search is that of
NVIDIA's mig-parted, told anew in [`compare/ordering.rs`](compare/ordering.rs), with its sources; profiles of one size stand in its list in no
fixed order, so both are shown. It destroys all instances that there are, running or not; `left empty` says how often it then found no
ordering that the driver's own choice of places lets through. gpushare makes more calls, because it looks again when it has the lock and
when it is done, and they cost less, because it asks for profiles once.",
    },
    Section {
        title: "Looking at a node",
        stages: &["snapshots", "walks"],
        chart: Some("snapshots"),
        text: "\
Eight H200 with seven MIG devices each, and eight processes: who is there, what is used, and by whom. Cold is with a new session, warm is once
more. The naive walk asks for all profiles of each GPU too; the plain loop makes the calls of a loop with nvidia-ml-py, without Python;
nvml-wrapper tells neither GPU instance nor compute instance. nvitop stands twice: with its own snapshot, which holds clocks, sensors and
more, and with the facts alone that the others give. A first snapshot of gpushare's reads the profiles of each GPU as well, because it says
what there is room for; the loop does not know. The MIG devices alone are UUID, ids and memory in use of each, with nobody on the node, which
gpushare gives as columns.",
    },
    Section {
        title: "Commands and imports",
        stages: &["commands", "imports"],
        chart: None,
        text: "\
Processes: commands that show the same node, with the calls as on an H200, and Python libraries that are imported and initialised. The simulated
driver's own memory is a part of each.",
    },
    Section {
        title: "MPS",
        stages: &["mps"],
        chart: None,
        text: "A hundred commands to a simulated control daemon, in one exchange and by a process of its front-end each.",
    },
    Section {
        title: "Loaded libraries",
        stages: &["memory"],
        chart: None,
        text: "\
In a new process each: loading the library, initialising it and counting GPUs. `NVML` is the simulated driver alone, which is a part of the
others.",
    },
];

fn targets(page: &mut String, found: &Found) {
    let targets = targets::all(found);
    let missed = targets.iter().filter(|target| !target.met).count();
    writeln!(page, "\n## Targets\n\n{} of {} are met.\n", targets.len() - missed, targets.len()).ok();
    *page += "| | target | found | |\n| --- | --- | --- | --- |\n";
    for target in targets {
        let verdict = if target.met { "met".to_owned() } else { format!("**missed**: {}", target.why) };
        writeln!(page, "| {} | {} | {} | {verdict} |", target.what, target.wanted, target.found).ok();
    }
}

/// A row for each contender of each record, ours beside the others.
fn table(page: &mut String, records: &[&Record]) {
    *page += "| | | median | times gpushare's |\n| --- | --- | --- | --- |\n";
    for record in records {
        for (index, contender) in record.contenders.iter().enumerate() {
            let case = if index == 0 { format!("{}{}", language(&record.stage), record.case) } else { String::new() };
            let times = record.times(&contender.name, OURS).filter(|_| contender.name != OURS);
            let times = times.map_or(String::new(), |times| times.to_string());
            writeln!(page, "| {case} | {} | {} | {times} |", contender.name, amount(contender, &record.unit)).ok();
        }
    }
}

/// In which language something was measured, where a section has several.
fn language(stage: &str) -> &'static str {
    match stage {
        "calls" | "snapshots" => "Rust: ",
        "c" => "C: ",
        "python" | "walks" => "Python: ",
        _ => "",
    }
}

/// The median, and of counts, which are far from each other, also the mean and the most.
fn amount(contender: &Contender, unit: &str) -> String {
    let samples = &contender.samples;
    let middle = Spread::of(samples.clone()).map_or(0.0, |spread| spread.middle);
    let middle = format!("{} {unit}", number(middle));
    if samples.len() == 1 || !["mutations", "calls"].contains(&unit) {
        return middle;
    }
    let (mean, most) =
        (samples.iter().sum::<f64>() / samples.len() as f64, samples.iter().copied().fold(0.0, f64::max));
    format!("{middle}, mean {}, at most {}", number(mean), number(most))
}
