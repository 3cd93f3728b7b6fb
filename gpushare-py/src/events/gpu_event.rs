//! An event, and what it concerns.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use gpushare as rust;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::enums::python_enum;
use crate::handles::gpu::Gpu;
use crate::handles::handle;
use crate::handles::mig_device::MigDevice;
use crate::value::hash_of;
use crate::values::target::Target;

python_enum!(EventKinds(u64));

impl ToPython<EventKinds> for rust::EventKinds {
    fn to_python(&self) -> EventKinds {
        EventKinds(self.bits())
    }
}

handle! {
    /// Something that happened to a GPU.
    ///
    /// >>> with nvml.watch() as events:
    /// ...     machine.inject_xid(0, 31)
    /// ...     event = events.wait(timeout=5)
    /// >>> event.kind, event.xid, str(event)
    /// (<EventKinds.XID: 8>, 31, 'XID 31 on GPU 0 (GPU-…)')
    GpuEvent
}

#[pymethods]
impl GpuEvent {
    /// The GPU.
    #[getter]
    fn gpu(&self) -> Gpu {
        self.0.gpu.to_python()
    }

    /// What happened. `MIG_CONFIG_CHANGE` says that the layout is another, and not how often it changed.
    #[getter]
    fn kind(&self) -> EventKinds {
        EventKinds(match self.0.kind {
            rust::EventKind::MigConfigChange => rust::EventKinds::MIG_CONFIG_CHANGE.bits(),
            rust::EventKind::Xid(_) => rust::EventKinds::XID.bits(),
            rust::EventKind::Other { kinds, .. } => kinds.bits(),
            _ => 0,
        })
    }

    /// The number of an XID in NVIDIA's table of XIDs, 999 for one that NVML does not know; `None` of anything else.
    #[getter]
    fn xid(&self) -> Option<u64> {
        match self.0.kind {
            rust::EventKind::Xid(number) => Some(number),
            _ => None,
        }
    }

    /// The id of the GPU instance that it is attributed to, which the driver tells of an XID only. `None` where it concerns the whole GPU,
    /// and from drivers without `nvmlEventSetWait_v2`, which do not tell: then it may concern any instance.
    #[getter]
    fn gpu_instance(&self) -> Option<u32> {
        self.0.gpu_instance.map(|id| id.0)
    }

    /// The id of the compute instance in that GPU instance. `None` where it concerns the whole GPU instance.
    #[getter]
    fn compute_instance(&self) -> Option<u32> {
        self.0.compute_instance.map(|id| id.0)
    }

    /// The smallest thing that it is attributed to: the compute instance, else the GPU instance, else the GPU.
    #[getter]
    fn target(&self) -> Target {
        self.0.target().to_python()
    }

    /// Every MIG device that it concerns, of those that there are now: the one of its compute instance, all of its GPU instance, or all of
    /// the GPU. Empty where MIG is disabled, and where the instance is gone.
    ///
    /// An id that was given to a new instance since then is that of the new one.
    ///
    /// Raises:
    ///     GpuLostError: The GPU no longer answers.
    ///     GpuShareError: As `Gpu.mig_devices`.
    fn mig_devices(&self, py: Python<'_>) -> PyResult<Vec<MigDevice>> {
        enter(py, || self.0.mig_devices())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<GpuEvent {}>", self.0)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&format!("{} {}", self.0.gpu.uuid(), self.0))
    }
}
