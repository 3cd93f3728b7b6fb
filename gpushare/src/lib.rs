#![doc = include_str!("../README.md")]

mod call;
mod capabilities;
mod error;
mod gpu;
mod id;
mod mig;
mod nvml;
mod placement;
mod profile;
mod scoped;
mod units;
mod visible_devices;

pub use capabilities::{Capability, MigDeviceCapabilities, capability_minor};
pub use error::{DestroyError, Error, ErrorKind, Holder, MigModeNeed, NvmlReturn, Result, Target};
pub use gpu::{Architecture, Gpu};
pub use gpushare_sys as sys;
pub use id::{
    ComputeInstanceId, ComputeInstanceProfileId, GpuInstanceId, GpuInstanceProfileId, GpuUuid, MigUuid, PciAddress,
};
pub use mig::{ComputeInstance, GpuInstance, MigDevice, MigDeviceAttributes, MigMode};
pub use nvml::{CudaVersion, InitFlags, Nvml, NvmlBuilder};
pub use placement::{ComputeInstancePlacement, GpuInstancePlacement};
pub use profile::{
    ComputeInstanceProfile, ComputeInstanceProfileKind, Engines, GpuInstanceProfile, GpuInstanceProfileKind,
    ProfileAttributes, ProfileName,
};
pub use scoped::{Destroy, Scoped};
pub use units::{Bar1Memory, Bytes, Memory, Mib};
pub use visible_devices::{CUDA_VISIBLE_DEVICES, VisibleDevice, VisibleDevices};

#[cfg(test)]
mod tests {
    use static_assertions::assert_impl_all;

    use super::*;

    // Every handle can be kept anywhere and used from any thread.
    assert_impl_all!(Nvml: Clone, Send, Sync);
    assert_impl_all!(Gpu: Clone, Send, Sync);
    assert_impl_all!(GpuInstance: Clone, Send, Sync);
    assert_impl_all!(ComputeInstance: Clone, Send, Sync);
    assert_impl_all!(MigDevice: Clone, Send, Sync);
    assert_impl_all!(Error: Clone, Send, Sync, std::error::Error);
    assert_impl_all!(DestroyError<GpuInstance>: Send, Sync, std::error::Error);
    assert_impl_all!(Scoped<GpuInstance>: Send, Sync);
}
