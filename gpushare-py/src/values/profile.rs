//! MIG profiles: their names, and what a GPU says of them.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::enums::ProfileAttributes;
use crate::errors::Raise;
use crate::value::{text_value, value};

text_value! {
    /// The name of a MIG profile: `1g.5gb`, `1g.5gb+me`, or of a compute instance in it: `1c.2g.10gb`.
    ///
    /// Read with or without nvidia-smi's `MIG ` in front, printed without it.
    ///
    /// >>> name = gpushare.ProfileName("MIG 1c.2g.10gb")
    /// >>> name.compute_slices, name.gpu_slices, name.memory_gb, str(name)
    /// (1, 2, 10, '1c.2g.10gb')
    ProfileName = gpushare::ProfileName {
        /// The compute slices of a compute instance that is smaller than its GPU instance; `None` in the name of a whole GPU instance.
        compute_slices: Option<u32>,
        /// The GPU slices: the number before the `g`.
        gpu_slices: u32,
        /// The nominal memory, in NVIDIA's rounded GB; the exact size is the profile's `memory_mib`.
        memory_gb: u32,
        /// What follows the size.
        attributes: ProfileAttributes,
    }

    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        text.parse().map(Self).map_err(|error: gpushare::Error| error.raise(py))
    }
}

value! {
    "gpushare",
    /// Engines beside the SMs, as counts.
    Engines = gpushare::Engines {
        /// Copy engines (CE).
        copy: u32,
        /// Video decoders (NVDEC).
        decoder: u32,
        /// Video encoders (NVENC).
        encoder: u32,
        /// JPEG decoders (NVJPG).
        jpeg: u32,
        /// Optical-flow accelerators (OFA).
        optical_flow: u32,
    }

    #[new]
    #[pyo3(signature = (copy=0, decoder=0, encoder=0, jpeg=0, optical_flow=0))]
    fn new(copy: u32, decoder: u32, encoder: u32, jpeg: u32, optical_flow: u32) -> Self {
        Self(gpushare::Engines { copy, decoder, encoder, jpeg, optical_flow })
    }

    fn __getnewargs__(&self) -> (u32, u32, u32, u32, u32) {
        (self.copy(), self.decoder(), self.encoder(), self.jpeg(), self.optical_flow())
    }
}

value! {
    "gpushare", json,
    /// A GPU-instance profile of one GPU: the size and content of a GPU instance, as the driver describes it.
    GpuInstanceProfile = gpushare::GpuInstanceProfile {
        /// The index under which NVML enumerates it: `NVML_GPU_INSTANCE_PROFILE_*`, the same on every GPU model.
        kind: u32,
        /// The number that creation and placements take on this GPU model, such as 19 for `1g.5gb` on an A100.
        id: u32,
        /// Its name as the driver gives it, without `MIG `: `1g.5gb+me`.
        name: String,
        /// GPU slices: the number before the `g`.
        slice_count: u32,
        /// How many instances an empty GPU has room for.
        max_instances: u32,
        /// Memory of one instance, in MiB.
        memory_mib: u64 = memory,
        /// Streaming multiprocessors.
        multiprocessor_count: u32,
        /// Other engines.
        engines: Engines,
        /// Whether peer-to-peer access works between such instances.
        p2p_supported: bool,
    }

    /// What the kind adds to or takes from the plain profile of its size.
    #[getter]
    fn attributes(&self) -> ProfileAttributes {
        self.0.kind.attributes().to_python()
    }
}

value! {
    "gpushare", json,
    /// A compute-instance profile of one GPU instance: a share of its SMs.
    ComputeInstanceProfile = gpushare::ComputeInstanceProfile {
        /// The index under which NVML enumerates it: `NVML_COMPUTE_INSTANCE_PROFILE_*`.
        kind: u32,
        /// The number that creation and placements take in this GPU instance.
        id: u32,
        /// Its name as the driver gives it, without `MIG `: `1c.2g.10gb`, or the GPU instance's own name for the whole of it.
        name: String,
        /// Compute slices: the number before the `c`.
        slice_count: u32,
        /// How many instances an empty GPU instance has room for.
        max_instances: u32,
        /// Streaming multiprocessors, for this compute instance alone.
        multiprocessor_count: u32,
        /// Other engines, shared by all compute instances of the GPU instance.
        shared_engines: Engines,
        /// Whether it takes the whole GPU instance: what nvidia-smi marks with `*` and creates when no profile is named.
        is_default: bool,
    }
}

value! {
    "gpushare",
    /// What a MIG device consists of.
    MigDeviceAttributes = gpushare::MigDeviceAttributes {
        /// Streaming multiprocessors, for this device alone.
        multiprocessor_count: u32,
        /// Other engines, shared with the other compute instances of the GPU instance.
        shared_engines: Engines,
        /// GPU slices of its GPU instance.
        gpu_instance_slice_count: u32,
        /// Compute slices of its compute instance.
        compute_instance_slice_count: u32,
        /// Memory of its GPU instance, which all its compute instances share, in MiB.
        memory_mib: u64 = memory,
    }
}
