//! What a snapshot says of one GPU.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::mps::enums::ComputeMode;
use crate::value::value;
use crate::values::gpu_process::GpuProcess;
use crate::values::layout::Layout;
use crate::values::memory::Memory;
use crate::values::pci::PciAddress;
use crate::values::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::values::profile::MigDeviceAttributes;
use crate::values::snapshot::fact::UnknownFact;
use crate::values::utilization::Utilization;

value! {
    "gpushare", json,
    /// A GPU at one moment.
    ///
    /// What a GPU, driver or mode does not have is `None` or empty. What it has and this caller was not told is, too, and is listed in
    /// `unknown` with the reason.
    GpuSnapshot = gpushare::GpuSnapshot {
        /// The NVML index.
        index: u32,
        /// The UUID.
        uuid: String,
        /// The product name, such as `NVIDIA A100-SXM4-40GB`.
        name: String,
        /// The number N of `/dev/nvidiaN`.
        minor_number: Option<u32>,
        /// Where it sits on the PCI bus.
        pci_address: Option<PciAddress>,
        /// Its memory, in bytes; with GPU instances, the sum over them.
        memory: Option<Memory>,
        /// How busy it is. NVML does not tell while MIG is enabled.
        utilization: Option<Utilization>,
        /// How many processes may use it. While MIG is enabled each MIG device has its own, and this is `None`.
        compute_mode: Option<ComputeMode>,
        /// Whether MIG is enabled; `None` on a GPU without MIG.
        mig_enabled: Option<bool>,
        /// The GPU instances, by ascending id; `None` for a caller that may not list them.
        gpu_instances: Option<Vec<GpuInstanceSnapshot>>,
        /// The MIG devices, in NVML's order.
        mig_devices: Vec<MigDeviceSnapshot>,
        /// What there is room for, per GPU-instance profile. Empty unless MIG is enabled and the GPU instances are known.
        capacity: Vec<ProfileCapacity>,
        /// The processes that use it or a part of it, by ascending id. With `SnapshotFact.PROCESSES` among the unknown, some are missing.
        processes: Vec<GpuProcess>,
        /// What the driver refused to tell, and why.
        unknown: Vec<UnknownFact>,
    }

    /// The MIG device with a UUID, in either form; `None` where there is none.
    ///
    /// Raises:
    ///     InvalidArgumentError: The text is not the UUID of a MIG device.
    fn mig_device(&self, py: Python<'_>, uuid: &str) -> PyResult<Option<MigDeviceSnapshot>> {
        let uuid = uuid.parse().map_err(|error: gpushare::Error| error.raise(py))?;
        Ok(self.0.mig_device(&uuid).map(ToPython::to_python))
    }

    /// The processes on a MIG device of this GPU.
    fn processes_on(&self, device: &MigDeviceSnapshot) -> Vec<GpuProcess> {
        self.0.processes_on(&device.0).map(ToPython::to_python).collect()
    }

    /// How the GPU is divided, with every place named; `None` on a GPU without MIG and where it is not known.
    fn layout(&self) -> Option<Layout> {
        self.0.layout().to_python()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// A GPU instance of a `GpuSnapshot`.
    GpuInstanceSnapshot = gpushare::GpuInstanceSnapshot {
        /// Its id.
        id: u32,
        /// The name of its profile, such as `4g.20gb`.
        profile: String,
        /// The id of its profile.
        profile_id: u32,
        /// Where it lies, in memory slices.
        placement: GpuInstancePlacement,
        /// The compute instances in it, by ascending id; where there is none, nothing can run on it.
        compute_instances: Vec<ComputeInstanceSnapshot>,
    }
}

value! {
    "gpushare", json,
    /// A compute instance of a `GpuInstanceSnapshot`.
    ComputeInstanceSnapshot = gpushare::ComputeInstanceSnapshot {
        /// Its id.
        id: u32,
        /// The id of its profile.
        profile_id: u32,
        /// Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
        placement: ComputeInstancePlacement,
        /// Whether it takes all processors of its GPU instance.
        is_whole: bool,
    }
}

value! {
    "gpushare", json,
    /// A MIG device of a `GpuSnapshot`.
    MigDeviceSnapshot = gpushare::MigDeviceSnapshot {
        /// Its index among the MIG devices of its GPU.
        index: u32,
        /// Its UUID: what `CUDA_VISIBLE_DEVICES` takes.
        uuid: String,
        /// Its name, such as `4g.20gb` or `1c.2g.10gb`.
        name: String,
        /// The id of its GPU instance.
        gpu_instance: u32,
        /// The id of its compute instance.
        compute_instance: u32,
        /// What it consists of.
        attributes: MigDeviceAttributes,
        /// Its memory, in bytes, which it shares with the other compute instances of its GPU instance.
        memory: Option<Memory>,
    }
}

value! {
    "gpushare", json,
    /// How many further instances of a profile a GPU has room for.
    ProfileCapacity = gpushare::ProfileCapacity {
        /// The profile's id.
        id: u32,
        /// The profile's name, such as `1g.5gb`.
        profile: String,
        /// How many more instances the GPU has room for, if nothing else is created.
        free: u32,
        /// How many instances an empty GPU has room for.
        total: u32,
    }
}
