//! Snapshots one after the other.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::convert::ToPython;
use crate::enter::enter;
use crate::handles::gpu::Gpu;
use crate::handles::mig_device::MigDevice;
use crate::values::layout::Layout;
use crate::values::snapshot::node::Snapshot;

/// Takes snapshots of a node, and asks the driver only for what may have changed since the last one: `Nvml.observer`.
///
/// What never changes is asked once. How the GPUs are divided is asked again where the driver told of a change, or one was made through the
/// same session; a driver that tells of no changes is asked each time. Memory, use and processes are asked each time.
///
/// Threads may share one; they take turns.
///
/// >>> observer = nvml.observer()
/// >>> before = observer.snapshot()
/// >>> gpu.set_mig_mode(True)
/// >>> device = gpu.create_gpu_instance("4g.20gb").create_default_compute_instance().mig_device()
/// >>> after = observer.snapshot()
/// >>> str(after.gpus[0].layout()), after.gpus[0].mig_devices[0].uuid == device.uuid
/// ('4g.20gb@0[*@0]', True)
/// >>> [type(change).__name__ for change in before.changes_to(after)]
/// ['MigMode', 'ComputeMode', 'GpuInstanceCreated', 'MigDeviceCreated', 'Memory']
#[pyclass(frozen, module = "gpushare")]
pub(crate) struct Observer(Arc<gpushare::Observer>);

impl ToPython<Observer> for Arc<gpushare::Observer> {
    fn to_python(&self) -> Observer {
        Observer(Arc::clone(self))
    }
}

#[pymethods]
impl Observer {
    /// What is on the node, who is on it and what is free, as it is now.
    ///
    /// Raises:
    ///     StaleError: The session was closed, or others divide the GPUs anew all the time.
    fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        enter(py, || self.0.snapshot().map(Arc::new))
    }

    /// How each GPU is divided now, by its UUID, as `GpuSnapshot.layout` has it. Where nothing changed, the driver is asked for events
    /// alone, and once for each GPU without instances.
    ///
    /// Raises:
    ///     StaleError: As `snapshot`.
    #[pyo3(signature = () -> "dict[str, Layout | None]")]
    fn layouts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let layouts: Vec<(String, Option<Layout>)> = enter(py, || self.0.layouts())?;
        layouts.into_py_dict(py)
    }

    /// The MIG devices of the node, with handles that are fresh now. It costs as much as `layouts`.
    ///
    /// Raises:
    ///     StaleError: As `snapshot`.
    fn mig_devices(&self, py: Python<'_>) -> PyResult<Vec<MigDevice>> {
        enter(py, || self.0.mig_devices())
    }

    /// The GPUs that are observed, in NVML's order.
    #[getter]
    fn gpus(&self, py: Python<'_>) -> PyResult<Vec<Gpu>> {
        enter(py, || Ok::<_, gpushare::Error>(self.0.gpus()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Observer of {} GPUs>", self.gpus(py)?.len()))
    }
}
