//! How busy processes keep a GPU, as the driver sampled it. Nothing runs on a simulated GPU, so the samples come from outside.

use super::{Gpu, Result};
use serde::{Deserialize, Serialize};

/// What the driver sampled of a process. What is sampled need not make sense, as on drivers that are known for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSample {
    /// Process ID.
    pub pid: u32,
    /// When, in microseconds since 1970.
    pub timestamp_us: u64,
    /// Share of the time in which multiprocessors were busy with it, in percent.
    pub multiprocessors: u32,
    /// Share of the time in which memory was read or written, in percent.
    pub memory: u32,
    /// Share of the encoders' time, in percent.
    pub encoder: u32,
    /// Share of the decoders' time, in percent.
    pub decoder: u32,
}

impl Gpu {
    /// The driver samples a process; of each it keeps the latest sample.
    pub fn sample_process(&mut self, sample: ProcessSample) {
        self.samples.retain(|kept| kept.pid != sample.pid);
        self.samples.push(sample);
    }

    /// The samples after a moment, in microseconds since 1970. Not told in MIG mode.
    pub fn process_samples(&self, since_us: u64) -> Result<Vec<ProcessSample>> {
        self.utilization()?;
        Ok(self.samples.iter().copied().filter(|sample| sample.timestamp_us > since_us).collect())
    }
}
