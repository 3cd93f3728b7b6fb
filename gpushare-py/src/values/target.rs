//! What an error is about, and who stands in the way.

use std::path::PathBuf;

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
    /// Who keeps a GPU or an instance of it from being changed, destroyed or reset.
    Holder {
        /// A compute instance that lives in the GPU instance.
        ComputeInstance { id: u32 },
        /// A process that runs on it.
        Process { process: GpuProcess },
        /// An MPS daemon, which starts another server for the next client: quit it. Its pipe directory is `None` where this user may not
        /// look at its environment.
        MpsDaemon { pid: u32, pipe_directory: Option<PathBuf> },
        /// `nvidia-persistenced`, which keeps GPUs initialised: stop its service.
        PersistenceDaemon { pid: u32 },
        /// A process that has the device file open and does not run on it, as programs that watch GPUs do.
        OpenFile { pid: u32, name: String, path: PathBuf },
        /// Another one, in words.
        Other { text: String },
    }
}

impl ToPython<Holder> for gpushare::Holder {
    fn to_python(&self) -> Holder {
        match self {
            Self::ComputeInstance(id) => Holder::ComputeInstance { id: id.0 },
            Self::Process(process) => Holder::Process { process: process.to_python() },
            Self::MpsDaemon { pid, pipe_directory } => {
                Holder::MpsDaemon { pid: *pid, pipe_directory: pipe_directory.clone() }
            }
            Self::PersistenceDaemon { pid } => Holder::PersistenceDaemon { pid: *pid },
            Self::OpenFile { pid, name, path } => {
                Holder::OpenFile { pid: *pid, name: name.clone(), path: path.clone() }
            }
            other => Holder::Other { text: other.to_string() },
        }
    }
}
