//! usage: report RECORDS RESULTS
//!
//! Makes the page of results and its charts, in the folder RESULTS, of all records in the folder RECORDS.

mod charts;
mod machine;
mod page;
mod targets;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use gpushare_benches::Record;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// All records, by what they are of.
struct Found(Vec<Record>);

impl Found {
    fn read(folder: &Path) -> Outcome<Self> {
        let mut files: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        let records = files.iter().map(|path| Record::read(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(records.into_iter().flatten().collect()))
    }

    /// The records of a part, in the order in which they were made.
    fn of(&self, stage: &str) -> impl Iterator<Item = &Record> {
        self.0.iter().filter(move |record| record.stage == stage)
    }

    fn get(&self, stage: &str, case: &str) -> Option<&Record> {
        self.of(stage).find(|record| record.case == case)
    }
}

fn run() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [records, results] = arguments.as_slice() else { return Err("usage: report RECORDS RESULTS".into()) };
    let (found, results) = (Found::read(records.as_ref())?, Path::new(results));
    let charts = results.join("charts");
    fs::create_dir_all(&charts)?;
    charts::draw(&found, &charts)?;
    fs::write(results.join("RESULTS.md"), page::text(&found)?)?;
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("report: {error}");
            ExitCode::FAILURE
        }
    }
}
