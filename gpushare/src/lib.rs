#![doc = include_str!("../README.md")]

mod call;
mod capabilities;
mod compute_mode;
mod containers;
mod error;
mod event;
mod geometry;
mod gpu;
mod holder;
mod id;
mod infeasible;
mod mig;
mod mps;
mod nvml;
mod placement;
mod process;
mod procfs;
mod profile;
mod program;
mod scoped;
mod snapshot;
#[doc = include_str!("../COSTS.md")]
pub mod costs {}
#[doc = include_str!("../SHARING.md")]
pub mod sharing {}
mod time_slice;
mod units;
mod visible_devices;

pub use capabilities::{Capability, MigDeviceCapabilities, capability_minor};
pub use compute_mode::ComputeMode;
pub use containers::{
    CdiContainerEdits, CdiDevice, CdiDeviceName, CdiDeviceNode, CdiHook, CdiMount, CdiOptions, CdiSpec, DeviceFiles,
    DeviceNode, GpuFiles, MigDeviceFiles, MigMinors, SlurmGres, SlurmGresLine, SlurmOptions,
};
pub use error::{DestroyError, Error, ErrorKind, MigModeNeed, NvmlReturn, Result, Target};
pub use event::{EventKind, EventKinds, EventSet, EventStopper, Events, GpuEvent};
pub use geometry::{ComputeProfileGeometry, MigGeometry, ProfileGeometry};
pub use gpu::{Architecture, Gpu, Utilization};
pub use gpushare_sys as sys;
pub use holder::Holder;
pub use id::{
    ComputeInstanceId, ComputeInstanceProfileId, GpuInstanceId, GpuInstanceProfileId, GpuUuid, MigUuid, PciAddress,
};
pub use infeasible::{Engine, Infeasible, InfeasibleInside};
pub use mig::{
    Applied, ApplyOptions, ComputeInstance, ComputeInstanceLayout, ComputeInstanceSize, ComputeInstanceState,
    DEFAULT_DIRECTORY, DeviceFilter, Drift, GpuInstance, GpuInstanceLayout, GpuInstanceState, Layout, MigDevice,
    MigDeviceAttributes, MigMode, MigPartedConfig, MigPartedDevices, MigPartedEntry, MigState, Plan, PlanOptions,
    PlanStep, PlannedComputeInstance, PlannedGpuInstance, ProfileCapacity, Recovery, Reset,
};
pub use mps::{
    ActiveThreadPercentage, Advisory, DaemonPresence, FrontEnd, MpsClient, MpsClientPriority, MpsCommand, MpsControl,
    MpsDaemon, MpsDaemonBuilder, MpsDeviceOrdinal, MpsError, MpsLog, MpsLogRecord, MpsLogRole, MpsQuit, MpsServer,
    MpsServerStatus, MpsSession, MpsSessionBuilder, PinnedDeviceMemoryLimit, PipeDirectory,
};
pub use nvml::{CudaVersion, InitFlags, Nvml, NvmlBuilder};
pub use placement::{ComputeInstancePlacement, GpuInstancePlacement};
pub use process::{ContainerId, GpuProcess, MpsRole, ProcessKinds, ProcessUtilization};
pub use profile::{
    ComputeInstanceProfile, ComputeInstanceProfileKind, Engines, GpuInstanceProfile, GpuInstanceProfileKind,
    ProfileAttributes, ProfileName,
};
pub use scoped::{Destroy, Scoped};
pub use snapshot::{
    Change, ComputeInstanceSnapshot, GpuInstanceSnapshot, GpuSnapshot, MigDeviceSnapshot, MpsDaemonSnapshot,
    MpsServerSnapshot, Observer, Snapshot, SnapshotFact, SnapshotSchema, UnknownFact,
};
pub use time_slice::{NVIDIA_SMI_VARIABLE, NvidiaSmi, TimeSlice, TimeSliceError};
pub use units::{Bar1Memory, Bytes, Memory, Mib};
pub use visible_devices::{
    CUDA_DEVICE_ORDER, CUDA_VISIBLE_DEVICES, ContainerDevice, CudaDevice, CudaDevices, CudaRules, DeviceOrder,
    EntryFault, HiddenDevice, ListEnd, MigEnumeration, NVIDIA_VISIBLE_DEVICES, NvidiaVisibleDevices, UuidPrefix,
    VisibleDevice, VisibleDevices, VisibleGpu, VisibleMigDevice, VisibleNode,
};

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
    assert_impl_all!(EventSet: Clone, Send, Sync);
    assert_impl_all!(EventStopper: Clone, Send, Sync);
    assert_impl_all!(Error: Clone, Send, Sync, std::error::Error);
    assert_impl_all!(DestroyError<GpuInstance>: Send, Sync, std::error::Error);
    assert_impl_all!(Scoped<GpuInstance>: Send, Sync);
}
