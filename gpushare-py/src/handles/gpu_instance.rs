//! GPU instances: the parts into which MIG splits a GPU.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use gpushare::{ComputeInstanceId, ErrorKind};

use crate::convert::ToPython;
use crate::enter::enter;
use crate::handles::compute_instance::ComputeInstance;
use crate::handles::gpu::Gpu;
use crate::handles::handle;
use crate::value::hash_of;
use crate::values::capability::Capability;
use crate::values::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::values::profile::{ComputeInstanceProfile, GpuInstanceProfile};
use crate::values::target::Holder;

handle! {
    /// A GPU instance: memory slices and engines of a GPU, apart from all others.
    ///
    /// It outlives the process that made it; as the object of a `with`, it is destroyed at the end. Programs run on the compute instances
    /// in it. The handle names one instance: its GPU, id, profile and placement. Every use asks the driver whether that is still what is
    /// there, and raises `StaleError` where it is not.
    ///
    /// >>> gpu.set_mig_mode(True)
    /// >>> gi = gpu.create_gpu_instance("4g.20gb")
    /// >>> str(gi.placement), gi.profile.multiprocessor_count
    /// ('0:4', 56)
    /// >>> gi.destroy()
    GpuInstance
}

/// A profile of this GPU instance, or its name.
#[derive(FromPyObject)]
pub(crate) enum ProfileArgument {
    Profile(ComputeInstanceProfile),
    Name(String),
}

impl ProfileArgument {
    fn of(self, instance: &gpushare::GpuInstance) -> gpushare::Result<gpushare::ComputeInstanceProfile> {
        match self {
            Self::Profile(profile) => Ok(profile.0),
            Self::Name(name) => instance.compute_instance_profile(&name),
        }
    }
}

/// Ends the life of an instance at the end of a `with`, whose exception stays the context of the one that this may raise.
pub(crate) fn leave<T: gpushare::Destroy + Send>(
    py: Python<'_>,
    instance: T,
    gpu: &gpushare::Gpu,
    exception: &Bound<'_, PyTuple>,
) -> PyResult<()> {
    enter(py, || end(instance, gpu)).inspect_err(|error| {
        // An exception that cannot be given a context is raised without one.
        let _ = exception.get_item(1).and_then(|raised| error.value(py).setattr("__context__", raised));
    })
}

/// Destroys an instance. One that is gone already is as wanted, unless only the session is closed.
fn end<T: gpushare::Destroy>(instance: T, gpu: &gpushare::Gpu) -> gpushare::Result<()> {
    match instance.destroy().map_err(gpushare::Error::from) {
        Err(error) if error.kind() == ErrorKind::Stale => match gpu.mig_mode() {
            Err(closed) if closed.kind() == ErrorKind::Stale => Err(error),
            _ => Ok(()),
        },
        done => done,
    }
}

#[pymethods]
impl GpuInstance {
    /// The GPU it is part of.
    #[getter]
    fn gpu(&self) -> Gpu {
        self.0.gpu().to_python()
    }

    /// Its id on that GPU.
    #[getter]
    fn id(&self) -> u32 {
        self.0.id().0
    }

    /// The profile it was created with.
    #[getter]
    fn profile(&self) -> GpuInstanceProfile {
        self.0.profile().to_python()
    }

    /// Where it lies, in memory slices.
    #[getter]
    fn placement(&self) -> GpuInstancePlacement {
        self.0.placement().to_python()
    }

    /// Destroys the instance. Its compute instances must be destroyed before. Needs root, or the MIG `config` capability.
    ///
    /// Raises:
    ///     InUseError: Compute instances are left; `holders` names them.
    ///     StaleError: The instance no longer exists.
    ///     NoPermissionError: The caller may not manage MIG.
    fn destroy(&self, py: Python<'_>) -> PyResult<()> {
        enter(py, || self.0.clone().destroy())
    }

    /// The compute-instance profiles of this GPU instance, in NVML's order. Asked of the driver once.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    fn compute_instance_profiles(&self, py: Python<'_>) -> PyResult<Vec<ComputeInstanceProfile>> {
        enter(py, || self.0.compute_instance_profiles())
    }

    /// The compute-instance profile with a name, such as `1c.2g.10gb`; where several bear it, the first in NVML's order.
    ///
    /// Raises:
    ///     NotFoundError: There is none; `available` lists those that there are.
    ///     InvalidArgumentError: The text is no profile name.
    fn compute_instance_profile(&self, py: Python<'_>, name: &str) -> PyResult<ComputeInstanceProfile> {
        enter(py, || self.0.compute_instance_profile(name))
    }

    /// The profile of the compute instance that takes the whole GPU instance.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    fn default_compute_instance_profile(&self, py: Python<'_>) -> PyResult<ComputeInstanceProfile> {
        enter(py, || self.0.default_compute_instance_profile())
    }

    /// Every placement that a profile can have in this GPU instance, free or not.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    ///     NotFoundError: The profile is not one of this GPU instance.
    ///     NotSupportedError: The driver is older than R525.
    #[pyo3(signature = (profile: "ComputeInstanceProfile | str"))]
    fn possible_compute_placements(
        &self,
        py: Python<'_>,
        profile: ProfileArgument,
    ) -> PyResult<Vec<ComputeInstancePlacement>> {
        enter(py, || self.0.possible_compute_placements(&profile.of(&self.0)?))
    }

    /// How many further compute instances of a profile the GPU instance has room for.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    ///     NotFoundError: The profile is not one of this GPU instance.
    #[pyo3(signature = (profile: "ComputeInstanceProfile | str"))]
    fn remaining_compute_capacity(&self, py: Python<'_>, profile: ProfileArgument) -> PyResult<u32> {
        enter(py, || self.0.remaining_compute_capacity(&profile.of(&self.0)?))
    }

    /// Creates a compute instance in the first free slices. Needs root, or the MIG `config` capability.
    ///
    /// Raises:
    ///     InsufficientResourcesError: There is no room.
    ///     StaleError: The GPU instance no longer exists.
    ///     NotFoundError: The profile is not one of this GPU instance.
    ///     NoPermissionError: The caller may not manage MIG.
    ///
    /// >>> gpu.set_mig_mode(True)
    /// >>> gi = gpu.create_gpu_instance("2g.10gb")
    /// >>> [gi.create_compute_instance("1c.2g.10gb").id for _ in range(2)]
    /// [0, 1]
    #[pyo3(signature = (profile: "ComputeInstanceProfile | str"))]
    fn create_compute_instance(&self, py: Python<'_>, profile: ProfileArgument) -> PyResult<ComputeInstance> {
        enter(py, || self.0.create_compute_instance(&profile.of(&self.0)?))
    }

    /// Creates the compute instance that takes the whole GPU instance: what `nvidia-smi mig -cci` does without a profile.
    ///
    /// Raises:
    ///     GpuShareError: As `create_compute_instance`.
    fn create_default_compute_instance(&self, py: Python<'_>) -> PyResult<ComputeInstance> {
        enter(py, || self.0.create_default_compute_instance())
    }

    /// Creates a compute instance at a placement. Needs root, or the MIG `config` capability.
    ///
    /// Raises:
    ///     InsufficientResourcesError: The placement is taken; `taken_by` is the id of the instance that is in the way.
    ///     InvalidArgumentError: The profile cannot lie there; `possible` lists the placements that it can have.
    ///     GpuShareError: As `create_compute_instance`.
    #[pyo3(signature = (profile: "ComputeInstanceProfile | str", placement: "ComputeInstancePlacement"))]
    fn create_compute_instance_at(
        &self,
        py: Python<'_>,
        profile: ProfileArgument,
        placement: ComputeInstancePlacement,
    ) -> PyResult<ComputeInstance> {
        enter(py, || self.0.create_compute_instance_at(&profile.of(&self.0)?, placement.0))
    }

    /// The compute instances that exist in it, by ascending id.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    ///     NoPermissionError: The caller may not manage MIG.
    fn compute_instances(&self, py: Python<'_>) -> PyResult<Vec<ComputeInstance>> {
        enter(py, || self.0.compute_instances())
    }

    /// The compute instance with an id.
    ///
    /// Raises:
    ///     NotFoundError: None has it.
    ///     StaleError: The GPU instance no longer exists.
    fn compute_instance(&self, py: Python<'_>, id: u32) -> PyResult<ComputeInstance> {
        enter(py, || self.0.compute_instance(ComputeInstanceId(id)))
    }

    /// The capability that grants use of this GPU instance, read from the driver's files.
    ///
    /// Raises:
    ///     NotFoundError: The instance no longer exists, or the driver's files are not below the session's root; `path` is the file.
    fn capability(&self, py: Python<'_>) -> PyResult<Capability> {
        enter(py, || self.0.capability())
    }

    /// Who keeps the GPU instance from being destroyed: its compute instances, the processes on them, and whoever has its device file or
    /// theirs open.
    ///
    /// Raises:
    ///     StaleError: The instance no longer exists.
    fn holders(&self, py: Python<'_>) -> PyResult<Vec<Holder>> {
        enter(py, || self.0.holders())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*exception: "object"))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        leave(py, self.0.clone(), self.0.gpu(), exception)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&format!("{} {:?}", self.0.gpu().uuid(), self.0))
    }

    fn __repr__(&self) -> String {
        format!(
            "<GpuInstance {} of GPU {}: {} at {}>",
            self.id(),
            self.0.gpu().index(),
            self.0.profile().name,
            self.0.placement()
        )
    }
}
