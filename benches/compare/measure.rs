//! How contenders are measured: in turn, in rounds, each round beginning with another one, so that whatever else the machine does for a while
//! falls on all of them.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use gpushare_benches::{Contender, Record};
use gpushare_sim::TracedCall;

use crate::Outcome;

/// Where the results go, and how much is measured.
pub(crate) struct Bench {
    quick: bool,
    records: File,
}

/// What measures one contender once.
type Sample<'a> = Box<dyn FnMut() -> Outcome<f64> + 'a>;

impl Bench {
    pub(crate) fn new(quick: bool, records: &Path) -> Outcome<Self> {
        let records = File::create(records).map_err(|error| format!("{}: {error}", records.display()))?;
        Ok(Self { quick, records })
    }

    /// How often something is done that is otherwise done so often.
    pub(crate) fn times(&self, full: usize) -> usize {
        if self.quick { full.min(2) } else { full }
    }

    /// Measures contenders in turn. The rounds of the first tenth do not count.
    pub(crate) fn compare(
        &mut self,
        [stage, case, unit]: [&str; 3],
        rounds: usize,
        mut contenders: Vec<(&str, Sample<'_>)>,
    ) -> Outcome {
        let (rounds, warm_up) = (self.times(rounds), self.times(rounds.div_ceil(10)));
        let mut found: Vec<_> = contenders.iter().map(|(name, _)| Contender::new(name, Vec::new())).collect();
        let count = contenders.len();
        for round in 0..warm_up + rounds {
            for turn in 0..count {
                let which = (round + turn) % count;
                let sample = contenders[which].1().map_err(|error| format!("{}: {error}", contenders[which].0))?;
                if round >= warm_up {
                    found[which].samples.push(sample);
                }
            }
        }
        self.keep(Record { stage: stage.into(), case: case.into(), unit: unit.into(), contenders: found })
    }

    /// Keeps what was counted or measured otherwise.
    pub(crate) fn keep(&mut self, record: Record) -> Outcome {
        println!("{record}");
        serde_json::to_writer(&mut self.records, &record)?;
        Ok(self.records.write_all(b"\n")?)
    }
}

/// A contender, as [`Bench::compare`] takes it.
pub(crate) fn contender<'a>(
    name: &'a str,
    sample: impl FnMut() -> Outcome<f64> + 'a,
) -> (&'a str, Box<dyn FnMut() -> Outcome<f64> + 'a>) {
    (name, Box::new(sample))
}

/// The ns that a call takes, of so many.
pub(crate) fn ns_of<T>(calls: usize, mut call: impl FnMut() -> T) -> f64 {
    let begin = Instant::now();
    for _ in 0..calls {
        // By reference: a value would be copied, which is no part of the call.
        black_box(&call());
    }
    begin.elapsed().as_nanos() as f64 / calls as f64
}

/// The ms that something takes which can fail.
pub(crate) fn ms_of<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let begin = Instant::now();
    let done = black_box(work()?);
    let ms = begin.elapsed().as_secs_f64() * 1e3;
    drop(done);
    Ok(ms)
}

/// What is counted of the calls that somebody made: its name, its unit, and the count.
pub(crate) type Count = (&'static str, &'static str, fn(&[TracedCall]) -> f64);

pub(crate) const CALLS: Count = ("calls", "calls", |calls| calls.len() as f64);
/// What was recorded of the calls; others cost nothing.
pub(crate) const COSTS: Count =
    ("recorded costs of the calls", "ms", |calls| TracedCall::total_cost(calls).as_secs_f64() * 1e3);
