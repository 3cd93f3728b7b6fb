//! What an error is about, and who stands in the way.

use pyo3::prelude::*;

use crate::convert::ToPython;
use crate::value::variants;
use crate::values::gpu_process::GpuProcess;

variants! {
    /// What an operation was about.
    Target {
        /// The library or the node as a whole.
        Nvml {},
        /// The GPU at an index that was asked for.
        GpuIndex { index: u32 },
        /// A GPU.
        Gpu { index: u32, uuid: String },
        /// A GPU instance: the index of its GPU, and its id.
        GpuInstance { gpu: u32, id: u32 },
        /// A compute instance: the index of its GPU, the id of its GPU instance, and its id.
        ComputeInstance { gpu: u32, gpu_instance: u32, id: u32 },
        /// A MIG device.
        MigDevice { uuid: String },
        /// A set of GPUs that are watched for events.
        EventSet {},
    }
}

impl ToPython<Target> for gpushare::Target {
    fn to_python(&self) -> Target {
        use gpushare::Target as Rust;
        match self {
            Rust::GpuIndex(index) => Target::GpuIndex { index: *index },
            Rust::Gpu { index, uuid } => Target::Gpu { index: *index, uuid: uuid.to_string() },
            Rust::GpuInstance { gpu, id } => Target::GpuInstance { gpu: *gpu, id: id.0 },
            Rust::ComputeInstance { gpu, gpu_instance, id } => {
                Target::ComputeInstance { gpu: *gpu, gpu_instance: gpu_instance.0, id: id.0 }
            }
            Rust::MigDevice(uuid) => Target::MigDevice { uuid: uuid.to_string() },
            Rust::EventSet => Target::EventSet {},
            _ => Target::Nvml {},
        }
    }
}

variants! {
    /// Who keeps an instance from being destroyed.
    Holder {
        /// A compute instance that lives in the GPU instance.
        ComputeInstance { id: u32 },
        /// A process that runs on it; `None` where the driver does not tell which.
        Process { process: Option<GpuProcess> },
    }
}

impl ToPython<Holder> for gpushare::Holder {
    fn to_python(&self) -> Holder {
        match self {
            Self::ComputeInstance(id) => Holder::ComputeInstance { id: id.0 },
            Self::Process(process) => Holder::Process { process: Some(process.to_python()) },
            _ => Holder::Process { process: None },
        }
    }
}
