//! usage: compare [--quick] RECORDS [STAGE...]
//!
//! Measures gpushare beside NVML itself and beside what others use, in turn in one process and on one simulated driver. Writes what it finds
//! to the file RECORDS, and a line of each comparison to the output. With `--quick` every comparison is made, but too briefly to tell
//! anything.

mod calls;
mod driver;
mod layouts;
mod measure;
mod memory;
mod mps;
mod node;
mod ordering;
mod plans;
mod snapshots;
mod walks;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use measure::Bench;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Stage = fn(&mut Bench) -> Outcome;

const STAGES: [(&str, Stage); 6] = [
    ("calls", calls::run),
    ("plans", plans::run),
    ("layouts", layouts::run),
    ("snapshots", snapshots::run),
    ("mps", mps::run),
    ("memory", memory::run),
];

fn run(mut arguments: Vec<String>) -> Outcome {
    if let [word, library, machine] = arguments.as_slice()
        && word == memory::LOADED
    {
        return memory::loaded(library, machine.as_ref());
    }
    let quick = arguments.first().is_some_and(|argument| argument == "--quick");
    arguments.drain(..usize::from(quick));
    let [records, chosen @ ..] = arguments.as_slice() else {
        return Err("usage: compare [--quick] RECORDS [STAGE...]".into());
    };
    if let Some(unknown) = chosen.iter().find(|chosen| !STAGES.iter().any(|(name, _)| name == chosen)) {
        return Err(format!("{unknown}: the stages are {}", STAGES.map(|(name, _)| name).join(", ")).into());
    }
    let mut bench = Bench::new(quick, records.as_ref())?;
    for (_, stage) in STAGES.iter().filter(|(name, _)| chosen.is_empty() || chosen.iter().any(|chosen| chosen == name))
    {
        stage(&mut bench)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}
