//! What a command of an MPS control daemon costs: a hundred in one exchange beside a hundred exchanges, each a front-end process.
//!
//! On the simulated program; `GPUSHARE_SIM_PROGRAMS` can name a folder with NVIDIA's own.

use std::time::Duration;

use criterion::Criterion;
use gpushare::{MpsCommand, MpsDaemon};
use gpushare_sim::mps::Programs;

fn commands(criterion: &mut Criterion) {
    let folder = tempfile::Builder::new().prefix("mps-").tempdir().expect("a folder");
    let programs = Programs::find().expect("`cargo build --package gpushare-sim` builds the programs");
    let builder = MpsDaemon::builder(folder.path().join("mps")).program(programs.control());
    let daemon = builder.start().expect("a daemon");
    let hundred = [MpsCommand::GetDefaultActiveThreadPercentage; 100];
    let mut group = criterion.benchmark_group("a hundred commands of MPS");
    group.sample_size(10);
    group.bench_function("in one exchange", |bencher| {
        bencher.iter(|| daemon.control().exchange(&hundred).expect("answers"));
    });
    group.bench_function("in a hundred exchanges", |bencher| {
        bencher.iter(|| {
            for command in &hundred {
                daemon.control().exchange(std::slice::from_ref(command)).expect("an answer");
            }
        });
    });
    group.finish();
    daemon.quit(Duration::from_secs(1)).expect("its end");
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    commands(&mut criterion);
    criterion.final_summary();
}
