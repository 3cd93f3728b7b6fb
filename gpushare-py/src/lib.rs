//! The Python face of gpushare: classes over its types, and nothing that it does not do itself.

mod convert;
mod drawing;
mod enter;
mod enums;
mod errors;
mod events;
mod handles;
mod mps;
mod sim;
mod value;
mod values;

/// What `gpushare` and `gpushare.sim` are made of.
#[pyo3::pymodule]
mod _gpushare {
    #[pymodule_export]
    const DEFAULT_DIRECTORY: &str = gpushare::DEFAULT_DIRECTORY;
    #[pymodule_export]
    const CUDA_VISIBLE_DEVICES: &str = gpushare::CUDA_VISIBLE_DEVICES;
    #[pymodule_export]
    const CUDA_DEVICE_ORDER: &str = gpushare::CUDA_DEVICE_ORDER;
    #[pymodule_export]
    const NVIDIA_VISIBLE_DEVICES: &str = gpushare::NVIDIA_VISIBLE_DEVICES;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::enums::{nvml_return_description, nvml_return_name};
    #[pymodule_export]
    use crate::events::gpu_event::GpuEvent;
    #[pymodule_export]
    use crate::events::set::EventSet;
    #[pymodule_export]
    use crate::handles::apply::Applied;
    #[pymodule_export]
    use crate::handles::compute_instance::ComputeInstance;
    #[pymodule_export]
    use crate::handles::gpu::Gpu;
    #[pymodule_export]
    use crate::handles::gpu_instance::GpuInstance;
    #[pymodule_export]
    use crate::handles::mig_device::MigDevice;
    #[pymodule_export]
    use crate::handles::nvml::Nvml;
    #[pymodule_export]
    use crate::handles::observer::Observer;
    #[pymodule_export]
    use crate::mps::client::MpsClient;
    #[pymodule_export]
    use crate::mps::daemon::MpsDaemon;
    #[pymodule_export]
    use crate::mps::limits::{Advisory, mps_advisory, mps_multiprocessors};
    #[pymodule_export]
    use crate::mps::log::{MpsLog, MpsLogRecord};
    #[pymodule_export]
    use crate::mps::pipe_directory::{DaemonPresence, PipeDirectory};
    #[pymodule_export]
    use crate::mps::quit::MpsQuit;
    #[pymodule_export]
    use crate::mps::server::MpsServer;
    #[pymodule_export]
    use crate::mps::session::{MpsSession, mps_recover, mps_session};
    #[pymodule_export]
    use crate::sim::machine::{Machine, check_spec};
    #[pymodule_export]
    use crate::sim::trace::{FaultState, TracedCall};
    #[pymodule_export]
    use crate::values::capability::{Capability, MigDeviceCapabilities, capability_minor};
    #[pymodule_export]
    use crate::values::cdi::{CdiContainerEdits, CdiDevice, CdiDeviceNode, CdiHook, CdiMount, CdiSpec};
    #[pymodule_export]
    use crate::values::container::NvidiaVisibleDevices;
    #[pymodule_export]
    use crate::values::cuda_devices::{CudaDevice, CudaDevices, EntryFault, HiddenDevice, ListEnd};
    #[pymodule_export]
    use crate::values::cuda_rules::CudaRules;
    #[pymodule_export]
    use crate::values::device_files::{DeviceFiles, DeviceNode, GpuFiles, MigDeviceFiles, MigMinors};
    #[pymodule_export]
    use crate::values::drift::Drift;
    #[pymodule_export]
    use crate::values::geometry::{ComputeProfileGeometry, MigGeometry, ProfileGeometry};
    #[pymodule_export]
    use crate::values::gpu_process::{GpuProcess, MpsRole, ProcessUtilization};
    #[pymodule_export]
    use crate::values::infeasible::{Infeasible, InfeasibleInside};
    #[pymodule_export]
    use crate::values::layout::{ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout};
    #[pymodule_export]
    use crate::values::memory::{Bar1Memory, Memory};
    #[pymodule_export]
    use crate::values::mode::MigMode;
    #[pymodule_export]
    use crate::values::parted::{MigPartedConfig, MigPartedEntry};
    #[pymodule_export]
    use crate::values::pci::PciAddress;
    #[pymodule_export]
    use crate::values::placement::{ComputeInstancePlacement, GpuInstancePlacement};
    #[pymodule_export]
    use crate::values::plan::{Plan, PlanStep, PlannedComputeInstance, PlannedGpuInstance};
    #[pymodule_export]
    use crate::values::profile::{
        ComputeInstanceProfile, Engines, GpuInstanceProfile, MigDeviceAttributes, ProfileName,
    };
    #[pymodule_export]
    use crate::values::slurm::{SlurmGres, SlurmGresLine};
    #[pymodule_export]
    use crate::values::snapshot::change::Change;
    #[pymodule_export]
    use crate::values::snapshot::fact::UnknownFact;
    #[pymodule_export]
    use crate::values::snapshot::gpu::{
        ComputeInstanceSnapshot, GpuInstanceSnapshot, GpuSnapshot, MigDeviceSnapshot, ProfileCapacity,
    };
    #[pymodule_export]
    use crate::values::snapshot::mps::{MpsDaemonSnapshot, MpsServerSnapshot};
    #[pymodule_export]
    use crate::values::snapshot::node::Snapshot;
    #[pymodule_export]
    use crate::values::state::{ComputeInstanceState, GpuInstanceState, MigState};
    #[pymodule_export]
    use crate::values::target::{Holder, Target};
    #[pymodule_export]
    use crate::values::utilization::Utilization;
    #[pymodule_export]
    use crate::values::visible_devices::{VisibleDevice, VisibleDevices};
    #[pymodule_export]
    use crate::values::visible_node::{VisibleGpu, VisibleMigDevice, VisibleNode};
}
