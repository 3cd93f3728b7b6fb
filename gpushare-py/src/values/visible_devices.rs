//! `CUDA_VISIBLE_DEVICES`.

use pyo3::prelude::*;
use pyo3::types::PyType;

use gpushare::{ComputeInstanceId, GpuInstanceId};

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::{text_value, variants};
use crate::values::cuda_devices::CudaDevices;
use crate::values::cuda_rules::CudaRules;
use crate::values::visible_node::Node;

variants! {
    /// One entry of `CUDA_VISIBLE_DEVICES`.
    ///
    /// `str` of it is what CUDA reads, and raises `InvalidArgumentError` where a UUID is none. `VisibleDevices` is the value of the variable.
    VisibleDevice {
        /// A GPU by index, in the order that `CUDA_DEVICE_ORDER` says.
        Index { index: u32 },
        /// A negative index, which ends the list: `-1`. Alone it hides all devices.
        NoDevice {},
        /// A whole GPU by UUID: `GPU-9e4aeb94-…`.
        Gpu { uuid: String },
        /// A whole GPU by the beginning of its UUID: `GPU-9e4a`.
        GpuPrefix { prefix: String },
        /// A MIG device by UUID: `MIG-c42101f0-…`. The surest form.
        Mig { uuid: String },
        /// A MIG device by the beginning of its UUID: `MIG-c421`.
        MigPrefix { prefix: String },
        /// A MIG device by the UUID of its GPU and its ids: `MIG-GPU-9e4aeb94-…/2/0`.
        MigOfGpu { gpu: String, gpu_instance: u32, compute_instance: u32 },
        /// A MIG device by the index of its GPU and its ids: `0:2/0`. Short, but indices depend on what a process sees, and NVIDIA does not
        /// document the form: where the GPU is not in MIG mode, CUDA reads the index alone.
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
            Self::Index { index } => Rust::Index(*index),
            Self::NoDevice {} => Rust::NoDevice,
            Self::GpuPrefix { prefix } => beginning(prefix, "GPU-")?,
            Self::MigPrefix { prefix } => beginning(prefix, "MIG-")?,
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

/// The entry that names a device by the beginning of its UUID.
fn beginning(prefix: &str, kind: &'static str) -> gpushare::Result<gpushare::VisibleDevice> {
    if !prefix.starts_with(kind) {
        return Err(gpushare::Error::InvalidUuid { text: prefix.into(), allowed: kind });
    }
    prefix.parse()
}

impl ToPython<VisibleDevice> for gpushare::VisibleDevice {
    fn to_python(&self) -> VisibleDevice {
        use gpushare::VisibleDevice as Rust;
        match self {
            Rust::Index(index) => VisibleDevice::Index { index: *index },
            Rust::NoDevice => VisibleDevice::NoDevice {},
            Rust::GpuPrefix(_) => VisibleDevice::GpuPrefix { prefix: self.to_string() },
            Rust::MigPrefix(_) => VisibleDevice::MigPrefix { prefix: self.to_string() },
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

text_value! {
    /// The value of `CUDA_VISIBLE_DEVICES`: entries in the order in which the program is to number them. Made from a text or from entries.
    ///
    /// The first invalid entry ends the list, a device that is named again makes CUDA fail, and the first entry says whether the list is one
    /// of indices or of UUIDs; a UUID may be given by as many of its first digits as no other device's UUID has. The documentation of the
    /// Rust library lists all rules with their sources, and says which of them NVIDIA does not document.
    ///
    /// Raises:
    ///     InvalidArgumentError: No node could honour an entry; `position`, `entry` and `fault` say which and why.
    ///
    /// >>> devices = gpushare.VisibleDevices.parse(" 01,0x,9")
    /// >>> str(devices), [device.gpu for device in devices.resolve(nvml).devices]
    /// ('1,0,9', [1, 0])
    VisibleDevices = gpushare::VisibleDevices {}

    /// The entries.
    #[getter]
    fn entries(&self) -> Vec<VisibleDevice> {
        self.0.0.to_python()
    }

    #[new]
    #[pyo3(signature = (devices: "str | typing.Sequence[VisibleDevice]"))]
    fn new(py: Python<'_>, devices: Source) -> PyResult<Self> {
        let read = match devices {
            Source::Text(text) => text.parse(),
            Source::Entries(entries) => entries.iter().map(VisibleDevice::to_rust).collect(),
        };
        read.map(Self).map_err(|error: gpushare::Error| error.raise(py))
    }

    /// The value that a text is.
    ///
    /// Raises:
    ///     InvalidArgumentError: As of the class.
    #[classmethod]
    fn parse(_class: &Bound<'_, PyType>, py: Python<'_>, value: &str) -> PyResult<Self> {
        Self::new(py, Source::Text(value.into()))
    }

    /// The value to set, once it is sure that CUDA would honour all of it, as far as that can be told without the node.
    ///
    /// Without `rules`, those that hold for every driver: a process has one MIG device.
    ///
    /// Raises:
    ///     InvalidArgumentError: CUDA would not; `position`, `entry` and `fault` say what and why.
    ///
    /// >>> gpushare.VisibleDevices("0:2/0,0:3/0").value(nvml.cuda_rules())
    /// '0:2/0,0:3/0'
    #[pyo3(signature = (rules=None))]
    fn value(&self, py: Python<'_>, rules: Option<CudaRules>) -> PyResult<String> {
        let rules = rules.map(|rules| rules.0).unwrap_or_default();
        self.0.value(&rules).map_err(|error| error.raise(py))
    }

    /// The devices that CUDA numbers 0, 1, … in a program with this value, on a node. Without `rules`, those of the node's driver, or for a
    /// description those that hold for every driver.
    ///
    /// Raises:
    ///     NotSupportedError: The answer depends on which of several models is the fastest.
    #[pyo3(signature = (node: "Nvml | VisibleNode", rules: "CudaRules | None" = None))]
    fn resolve(&self, py: Python<'_>, node: Node<'_>, rules: Option<CudaRules>) -> PyResult<CudaDevices> {
        let (node, rules) = node.ask(py, rules)?;
        self.0.resolve(&node, &rules).map(CudaDevices).map_err(|error| error.raise(py))
    }
}

/// What a value can be made from.
#[derive(FromPyObject)]
enum Source {
    Text(String),
    Entries(Vec<VisibleDevice>),
}
