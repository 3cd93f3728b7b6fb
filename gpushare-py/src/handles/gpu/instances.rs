//! MIG mode, and what a GPU is divided into.

use pyo3::prelude::*;

use gpushare::GpuInstanceId;

use crate::enter::enter;
use crate::handles::gpu::Gpu;
use crate::handles::gpu_instance::GpuInstance;
use crate::handles::mig_device::MigDevice;
use crate::values::mode::MigMode;
use crate::values::placement::GpuInstancePlacement;
use crate::values::profile::GpuInstanceProfile;

/// A profile of this GPU, or its name.
#[derive(FromPyObject)]
enum ProfileArgument {
    Profile(GpuInstanceProfile),
    Name(String),
}

impl ProfileArgument {
    fn of(self, gpu: &gpushare::Gpu) -> gpushare::Result<gpushare::GpuInstanceProfile> {
        match self {
            Self::Profile(profile) => Ok(profile.0),
            Self::Name(name) => gpu.gpu_instance_profile(&name),
        }
    }
}

#[pymethods]
impl Gpu {
    /// The MIG mode, now and pending.
    ///
    /// Raises:
    ///     NotSupportedError: The GPU has no MIG.
    fn mig_mode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, MigMode>> {
        let mode: MigMode = enter(py, || self.0.mig_mode())?;
        mode.shared(py)
    }

    /// Enables or disables MIG. Needs root.
    ///
    /// When it returns, the mode *is* what was asked for. On Ampere the driver has to reset the GPU for it, which clients of the GPU or a
    /// virtual machine prevent; from Hopper on the change is immediate, and lost at the next reset or reboot.
    ///
    /// Raises:
    ///     ResetRequiredError: The change is stored but has not taken effect; `needs` says what it needs.
    ///     NotSupportedError: The GPU has no MIG.
    ///     NoPermissionError: The caller is not root.
    ///
    /// >>> gpu.set_mig_mode(True)
    /// >>> gpu.mig_mode()
    /// MigMode(current=True, pending=True)
    fn set_mig_mode(&self, py: Python<'_>, enabled: bool) -> PyResult<()> {
        enter(py, || self.0.set_mig_mode(enabled))
    }

    /// The GPU-instance profiles of this GPU, in NVML's order. Asked of the driver once.
    ///
    /// Raises:
    ///     NotSupportedError: The GPU has no MIG; on some GPUs and drivers also while MIG is disabled.
    ///
    /// >>> [profile.name for profile in gpu.gpu_instance_profiles()]
    /// ['1g.5gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb', '1g.5gb+me', '1g.10gb']
    fn gpu_instance_profiles(&self, py: Python<'_>) -> PyResult<Vec<GpuInstanceProfile>> {
        enter(py, || self.0.gpu_instance_profiles())
    }

    /// The profile with a name, such as `4g.20gb` or `MIG 1g.5gb+me`.
    ///
    /// Raises:
    ///     NotFoundError: The GPU has no such profile; `available` lists those that it has.
    ///     InvalidArgumentError: The text is no profile name.
    fn gpu_instance_profile(&self, py: Python<'_>, name: &str) -> PyResult<GpuInstanceProfile> {
        enter(py, || self.0.gpu_instance_profile(name))
    }

    /// Every placement that a profile can have on this GPU, free or not.
    ///
    /// Raises:
    ///     NotFoundError: The profile is not one of this GPU.
    ///
    /// >>> [str(placement) for placement in gpu.possible_placements("3g.20gb")]
    /// ['0:4', '4:4']
    #[pyo3(signature = (profile: "GpuInstanceProfile | str"))]
    fn possible_placements(&self, py: Python<'_>, profile: ProfileArgument) -> PyResult<Vec<GpuInstancePlacement>> {
        enter(py, || self.0.possible_placements(&profile.of(&self.0)?))
    }

    /// How many further instances of a profile the GPU has room for.
    ///
    /// Raises:
    ///     NotFoundError: The profile is not one of this GPU.
    ///     NoPermissionError: The caller may not manage MIG.
    #[pyo3(signature = (profile: "GpuInstanceProfile | str"))]
    fn remaining_capacity(&self, py: Python<'_>, profile: ProfileArgument) -> PyResult<u32> {
        enter(py, || self.0.remaining_capacity(&profile.of(&self.0)?))
    }

    /// Creates a GPU instance where the driver chooses. Needs root, or the MIG `config` capability.
    ///
    /// It lives until somebody destroys it, or until a reset; as the object of a `with`, until the end of that. The driver's choice can
    /// leave holes that no later instance fits; `create_gpu_instance_at` does not leave it to chance.
    ///
    /// Raises:
    ///     InsufficientResourcesError: There is no room.
    ///     NotSupportedError: MIG is disabled.
    ///     NotFoundError: The profile is not one of this GPU.
    ///     InUseError: Clients keep an undivided GPU busy.
    ///     NoPermissionError: The caller may not manage MIG.
    ///
    /// >>> gpu.set_mig_mode(True)
    /// >>> with gpu.create_gpu_instance("1g.5gb") as gi:
    /// ...     len(gpu.gpu_instances())
    /// 1
    /// >>> gpu.gpu_instances()
    /// []
    #[pyo3(signature = (profile: "GpuInstanceProfile | str"))]
    fn create_gpu_instance(&self, py: Python<'_>, profile: ProfileArgument) -> PyResult<GpuInstance> {
        enter(py, || self.0.create_gpu_instance(&profile.of(&self.0)?))
    }

    /// Creates a GPU instance at a placement. Needs root, or the MIG `config` capability.
    ///
    /// Raises:
    ///     InsufficientResourcesError: The placement is taken; `taken_by` is the id of the instance that is in the way.
    ///     InvalidArgumentError: The profile cannot lie there; `possible` lists the placements that it can have.
    ///     GpuShareError: As `create_gpu_instance`.
    ///
    /// >>> gpu.set_mig_mode(True)
    /// >>> gpu.create_gpu_instance_at("3g.20gb", gpushare.GpuInstancePlacement(start=4, size=4)).id
    /// 1
    #[pyo3(signature = (profile: "GpuInstanceProfile | str", placement: "GpuInstancePlacement"))]
    fn create_gpu_instance_at(
        &self,
        py: Python<'_>,
        profile: ProfileArgument,
        placement: GpuInstancePlacement,
    ) -> PyResult<GpuInstance> {
        enter(py, || self.0.create_gpu_instance_at(&profile.of(&self.0)?, placement.0))
    }

    /// The GPU instances that exist, by ascending id. Empty while MIG is disabled and on a GPU without it.
    ///
    /// Raises:
    ///     NoPermissionError: The caller may not manage MIG while GPU instances exist.
    fn gpu_instances(&self, py: Python<'_>) -> PyResult<Vec<GpuInstance>> {
        enter(py, || self.0.gpu_instances())
    }

    /// The GPU instance with an id.
    ///
    /// Raises:
    ///     NotFoundError: None has it.
    fn gpu_instance(&self, py: Python<'_>, id: u32) -> PyResult<GpuInstance> {
        enter(py, || self.0.gpu_instance(GpuInstanceId(id)))
    }

    /// The MIG devices of this GPU, in NVML's order: by GPU-instance id, then by compute-instance id. Empty while MIG is disabled.
    ///
    /// Raises:
    ///     NotSupportedError: The driver is older than R450.
    fn mig_devices(&self, py: Python<'_>) -> PyResult<Vec<MigDevice>> {
        enter(py, || self.0.mig_devices())
    }

    /// The MIG device at an index, from 0.
    ///
    /// Raises:
    ///     NotFoundError: There is none.
    ///     InvalidArgumentError: There can be none.
    fn mig_device(&self, py: Python<'_>, index: u32) -> PyResult<MigDevice> {
        enter(py, || self.0.mig_device(index))
    }
}
