//! How busy a GPU is.

use pyo3::prelude::*;

use crate::value::value;

value! {
    "gpushare",
    /// How busy a GPU was over NVML's last sample period, which is between a sixth of a second and a second.
    Utilization = gpushare::Utilization {
        /// Percentage of the time in which a kernel ran, 0 to 100. One small kernel counts as much as one that fills the GPU.
        gpu: u32,
        /// Percentage of the time in which memory was read or written, 0 to 100.
        memory: u32,
    }

    #[new]
    fn new(gpu: u32, memory: u32) -> Self {
        Self(gpushare::Utilization { gpu, memory })
    }

    fn __getnewargs__(&self) -> (u32, u32) {
        (self.gpu(), self.memory())
    }
}
