//! How busy each process keeps a GPU.

use gpushare::{ErrorKind, ProcessUtilization};
use gpushare_sim::engine::ProcessSample;

use crate::stage::{Outcome, Stage};

fn shares(all: &[ProcessUtilization]) -> Vec<(u32, u64, [u32; 4])> {
    all.iter()
        .map(|one| (one.pid, one.timestamp_us, [one.multiprocessors, one.memory, one.encoder, one.decoder]))
        .collect()
}

impl Stage {
    fn sample(&self, pid: u32, timestamp_us: u64, multiprocessors: u32) -> Outcome {
        let sample = ProcessSample { pid, timestamp_us, multiprocessors, memory: 2, encoder: 3, decoder: 4 };
        Ok(self.machine.sample_process(0, sample)?)
    }
}

#[test]
fn samples_are_told_once_each() -> Outcome {
    let stage = Stage::set()?;
    assert_eq!(stage.gpu.process_utilization(0)?, []);
    stage.sample(9, 1000, 80)?;
    stage.sample(5, 2000, 10)?;
    let all = stage.gpu.process_utilization(0)?;
    assert_eq!(shares(&all), [(5, 2000, [10, 2, 3, 4]), (9, 1000, [80, 2, 3, 4])]);
    assert_eq!(shares(&stage.gpu.process_utilization(1000)?), [(5, 2000, [10, 2, 3, 4])]);
    assert_eq!(stage.gpu.process_utilization(2000)?, []);
    let other = stage.gpu.process_utilization(u64::MAX)?;
    assert!(other.is_empty());
    Ok(())
}

#[test]
fn what_is_no_percentage_is_left_out() -> Outcome {
    let stage = Stage::set()?;
    stage.sample(1, 10, 101)?;
    stage.sample(2, 10, 100)?;
    stage.sample(3, 10, u32::MAX)?;
    assert_eq!(shares(&stage.gpu.process_utilization(0)?), [(2, 10, [100, 2, 3, 4])]);
    Ok(())
}

#[test]
fn under_mig_it_is_not_supported() -> Outcome {
    let stage = Stage::set()?;
    stage.sample(1, 10, 1)?;
    stage.gpu.set_mig_mode(true)?;
    assert_eq!(stage.gpu.process_utilization(0).unwrap_err().kind(), ErrorKind::NotSupported);
    Ok(())
}

#[test]
fn a_long_list_is_whole() -> Outcome {
    let stage = Stage::set()?;
    for pid in 1..=300 {
        stage.sample(pid, 10, 1)?;
    }
    let all = stage.gpu.process_utilization(0)?;
    assert!(all.iter().map(|one| one.pid).eq(1..=300));
    Ok(())
}
