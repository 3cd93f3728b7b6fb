//! One GPU to test on.

#![allow(dead_code)]

use gpushare_sim::catalog::{IdLayout, Placement};
use gpushare_sim::engine::{Access, Gpu, GpuConfig, Machine, MachineConfig, Result};

/// A GPU of that model and layout in MIG mode.
pub(crate) fn gpu(model: &str, layout: IdLayout) -> Gpu {
    let config = GpuConfig { layout, mig: true, ..GpuConfig::new(model) };
    Machine::new(&MachineConfig::with_gpus(vec![config])).expect("a valid machine").gpus()[0].clone()
}

/// Creates a GPU instance at the driver's choice of place.
pub(crate) fn create(gpu: &mut Gpu, profile: u32) -> Result<u32> {
    gpu.create_gpu_instance(Access::Admin, profile, None)
}

/// Creates a compute instance at the driver's choice of place.
pub(crate) fn create_compute(gpu: &mut Gpu, gi: u32, profile: u32) -> Result<u32> {
    gpu.create_compute_instance(Access::Admin, gi, profile, None)
}

/// Where a compute instance lies.
pub(crate) fn compute_placement(gpu: &Gpu, gi: u32, ci: u32) -> Placement {
    gpu.live_compute_instance(gi, ci).expect("alive").placement
}
