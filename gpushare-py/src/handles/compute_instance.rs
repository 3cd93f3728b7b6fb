//! Compute instances: the shares of a GPU instance on which programs run.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::handles::gpu_instance::{GpuInstance, leave};
use crate::handles::handle;
use crate::handles::mig_device::MigDevice;
use crate::value::hash_of;
use crate::values::capability::Capability;
use crate::values::placement::ComputeInstancePlacement;
use crate::values::profile::ComputeInstanceProfile;

handle! {
    /// A compute instance: SMs of a GPU instance, on which programs run as a `MigDevice`.
    ///
    /// It outlives the process that made it; as the object of a `with`, it is destroyed at the end. Every use of the handle asks the
    /// driver whether the instance is still the same, and raises `StaleError` where it is not.
    ComputeInstance
}

#[pymethods]
impl ComputeInstance {
    /// The GPU instance it is part of.
    #[getter]
    fn gpu_instance(&self) -> GpuInstance {
        self.0.gpu_instance().to_python()
    }

    /// Its id in that GPU instance.
    #[getter]
    fn id(&self) -> u32 {
        self.0.id().0
    }

    /// The profile it was created with.
    #[getter]
    fn profile(&self) -> ComputeInstanceProfile {
        self.0.profile().to_python()
    }

    /// Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
    #[getter]
    fn placement(&self) -> ComputeInstancePlacement {
        self.0.placement().to_python()
    }

    /// The MIG device that this compute instance is.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    fn mig_device(&self, py: Python<'_>) -> PyResult<MigDevice> {
        enter(py, || self.0.mig_device())
    }

    /// Destroys the instance. Needs root, or the MIG `config` capability.
    ///
    /// Raises:
    ///     InUseError: Processes run on it; `holders` names them, as far as NVML tells.
    ///     StaleError: The instance no longer exists.
    ///     NoPermissionError: The caller may not manage MIG.
    fn destroy(&self, py: Python<'_>) -> PyResult<()> {
        enter(py, || self.0.clone().destroy())
    }

    /// The capability that grants use of this compute instance, read from the driver's files.
    ///
    /// Raises:
    ///     NotFoundError: The instance no longer exists, or the driver's files are not below the session's root; `path` is the file.
    fn capability(&self, py: Python<'_>) -> PyResult<Capability> {
        enter(py, || self.0.capability())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*exception: "object"))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        leave(py, self.0.clone(), self.0.gpu_instance().gpu(), exception)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&format!("{} {:?}", self.0.gpu_instance().gpu().uuid(), self.0))
    }

    fn __repr__(&self) -> String {
        let inside = self.0.gpu_instance();
        format!(
            "<ComputeInstance {} of GPU instance {} of GPU {}: {} at {}>",
            self.id(),
            inside.id(),
            inside.gpu().index(),
            self.0.profile().name,
            self.0.placement()
        )
    }
}
