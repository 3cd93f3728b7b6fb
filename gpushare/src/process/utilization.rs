//! How busy each process keeps a GPU.

use gpushare_sys as sys;
use serde::{Deserialize, Serialize};

use crate::call::{call, read_growing_list};
use crate::error::{Error, NvmlReturn, Result};
use crate::gpu::Gpu;

/// The greatest share that makes sense.
const WHOLE: u32 = 100;

/// How busy a process kept a GPU over the driver's last sample period, which is between a sixth of a second and a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessUtilization {
    /// Its process id, as the driver sees it.
    pub pid: u32,
    /// When the driver sampled it, in microseconds since 1970.
    pub timestamp_us: u64,
    /// Percentage of the multiprocessors' time that was its, 0 to 100.
    pub multiprocessors: u32,
    /// Percentage of the time in which it had memory read or written, 0 to 100.
    pub memory: u32,
    /// Percentage of the encoders' time that was its, 0 to 100.
    pub encoder: u32,
    /// Percentage of the decoders' time that was its, 0 to 100.
    pub decoder: u32,
}

impl ProcessUtilization {
    /// What the driver sampled. Drivers are known to fill the list up with numbers that are no percentages.
    fn of(sample: &sys::nvmlProcessUtilizationSample_t) -> Option<Self> {
        let shares = [sample.smUtil, sample.memUtil, sample.encUtil, sample.decUtil];
        shares.iter().all(|share| *share <= WHOLE).then_some(Self {
            pid: sample.pid,
            timestamp_us: sample.timeStamp,
            multiprocessors: sample.smUtil,
            memory: sample.memUtil,
            encoder: sample.encUtil,
            decoder: sample.decUtil,
        })
    }
}

/// More than the 100 samples of which a driver may speak.
const SPOKEN_OF: usize = 128;

impl Gpu {
    /// How busy each process kept the GPU, by ascending id, as far as the driver sampled it after a moment, in microseconds since 1970; 0
    /// for all that it has. Empty where it has nothing newer.
    ///
    /// To miss nothing and count nothing twice, give the greatest [`timestamp_us`](ProcessUtilization::timestamp_us) of the last answer.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) while MIG is enabled, and before Maxwell.
    ///
    /// ```
    /// use gpushare_sim::engine::ProcessSample;
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// let gpu = nvml.gpu(0)?;
    /// let mut since_us = 0;
    /// # let sample = ProcessSample { pid: 4711, timestamp_us: 5, multiprocessors: 80, memory: 20, encoder: 0, decoder: 0 };
    /// # machine.sample_process(0, sample)?;
    /// for sample in gpu.process_utilization(since_us)? {
    ///     println!("process {}: {} % of the multiprocessors", sample.pid, sample.multiprocessors);
    ///     since_us = since_us.max(sample.timestamp_us);
    /// }
    /// assert!(gpu.process_utilization(since_us)?.is_empty());
    /// # assert_eq!(since_us, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "nvmlDeviceGetProcessUtilization")]
    pub fn process_utilization(&self, since_us: u64) -> Result<Vec<ProcessUtilization>> {
        let fill = |samples, count: &mut _| {
            call!(
                self.0.session,
                self.target(),
                nvmlDeviceGetProcessUtilization(self.0.raw.0, samples, count, since_us)
            )
        };
        let take = |samples: &[_]| samples.iter().filter_map(ProcessUtilization::of).collect();
        let mut all: Vec<_> = match read_growing_list::<_, _, SPOKEN_OF>(fill, take) {
            Err(Error::Nvml { code: NvmlReturn::NOT_FOUND, .. }) => Vec::new(),
            listed => listed?,
        };
        all.sort_by_key(|sample| (sample.pid, sample.timestamp_us));
        Ok(all)
    }
}
