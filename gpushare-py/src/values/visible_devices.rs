//! `CUDA_VISIBLE_DEVICES`.

use pyo3::prelude::*;

use gpushare::{ComputeInstanceId, GpuInstanceId};

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::variants;

variants! {
    /// One entry of `CUDA_VISIBLE_DEVICES`.
    ///
    /// `str` of it is what CUDA reads, and raises `InvalidArgumentError` where a UUID is none; `",".join(map(str, entries))` is the
    /// value of the variable.
    VisibleDevice {
        /// A whole GPU by UUID: `GPU-9e4aeb94-…`.
        Gpu { uuid: String },
        /// A MIG device by UUID: `MIG-c42101f0-…`. The surest form.
        Mig { uuid: String },
        /// A MIG device by the UUID of its GPU and its ids: `MIG-GPU-9e4aeb94-…/2/0`.
        MigOfGpu { gpu: String, gpu_instance: u32, compute_instance: u32 },
        /// A MIG device by the index of its GPU and its ids: `0:2/0`. Short, but indices depend on what a process sees.
        MigOfIndex { gpu: u32, gpu_instance: u32, compute_instance: u32 },
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        self.to_rust().map(|device| device.to_string()).map_err(|error| error.raise(py))
    }
}

impl VisibleDevice {
    pub(crate) fn to_rust(&self) -> gpushare::Result<gpushare::VisibleDevice> {
        use gpushare::VisibleDevice as Rust;
        Ok(match self {
            Self::Gpu { uuid } => Rust::Gpu(uuid.parse()?),
            Self::Mig { uuid } => Rust::Mig(uuid.parse()?),
            Self::MigOfGpu { gpu, gpu_instance, compute_instance } => Rust::MigOfGpu {
                gpu: gpu.parse()?,
                gpu_instance: GpuInstanceId(*gpu_instance),
                compute_instance: ComputeInstanceId(*compute_instance),
            },
            Self::MigOfIndex { gpu, gpu_instance, compute_instance } => Rust::MigOfIndex {
                gpu: *gpu,
                gpu_instance: GpuInstanceId(*gpu_instance),
                compute_instance: ComputeInstanceId(*compute_instance),
            },
        })
    }
}

impl ToPython<VisibleDevice> for gpushare::VisibleDevice {
    fn to_python(&self) -> VisibleDevice {
        use gpushare::VisibleDevice as Rust;
        match self {
            Rust::Gpu(uuid) => VisibleDevice::Gpu { uuid: uuid.to_string() },
            Rust::MigOfGpu { gpu, gpu_instance, compute_instance } => VisibleDevice::MigOfGpu {
                gpu: gpu.to_string(),
                gpu_instance: gpu_instance.0,
                compute_instance: compute_instance.0,
            },
            Rust::MigOfIndex { gpu, gpu_instance, compute_instance } => VisibleDevice::MigOfIndex {
                gpu: *gpu,
                gpu_instance: gpu_instance.0,
                compute_instance: compute_instance.0,
            },
            // Every other form has a text too.
            mig => VisibleDevice::Mig { uuid: mig.to_string() },
        }
    }
}
