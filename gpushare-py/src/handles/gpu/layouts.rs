//! Layouts: what a GPU can have, has, and is brought to.

use std::path::PathBuf;

use pyo3::prelude::*;

use crate::enter::enter;
use crate::enums::Recovery;
use crate::handles::apply::{Applied, Options};
use crate::handles::gpu::Gpu;
use crate::values::drift::Drift;
use crate::values::geometry::MigGeometry;
use crate::values::layout::{Layout, LayoutArgument};
use crate::values::plan::{self, Plan};
use crate::values::state::MigState;

#[pymethods]
impl Gpu {
    /// How this GPU can be divided. Profiles and placements are asked of the driver once; what a GPU instance can be divided into is
    /// learned from the instances that this handle has seen.
    ///
    /// Raises:
    ///     NotSupportedError: As `gpu_instance_profiles`.
    fn mig_geometry(&self, py: Python<'_>) -> PyResult<MigGeometry> {
        enter(py, || self.0.mig_geometry())
    }

    /// How the GPU is divided at the moment, and who uses it.
    ///
    /// Raises:
    ///     NotSupportedError: The GPU has no MIG.
    ///     NoPermissionError: The caller may not manage MIG while GPU instances exist.
    fn mig_state(&self, py: Python<'_>) -> PyResult<MigState> {
        enter(py, || self.0.mig_state())
    }

    /// The layout that the GPU has, with every place named. Applied to an equal GPU it gives the same.
    ///
    /// Raises:
    ///     GpuShareError: As `mig_state`.
    ///
    /// >>> str(gpu.layout())
    /// 'off'
    fn layout(&self, py: Python<'_>) -> PyResult<Layout> {
        enter(py, || self.0.layout())
    }

    /// The fewest changes that bring this GPU to a layout. Changes nothing.
    ///
    /// `destroy_in_use` allows the plan to destroy instances on which processes run; the driver still refuses it while they run.
    ///
    /// Raises:
    ///     InfeasibleError: The GPU cannot have the layout; `reason` is the proof.
    ///     InvalidArgumentError: The text is no layout.
    ///     NotSupportedError: The GPU has no MIG, or does not describe its profiles while MIG is disabled.
    ///     NoPermissionError: The caller may not manage MIG.
    ///
    /// >>> print(gpu.plan("4g.20gb[]"))
    /// before: off
    ///   enable   MIG
    ///   create   GPU instance 4g.20gb at 0:4
    /// after:  4g.20gb[]
    #[pyo3(signature = (layout: "Layout | str", *, destroy_in_use=false))]
    fn plan(&self, py: Python<'_>, layout: LayoutArgument, destroy_in_use: bool) -> PyResult<Plan> {
        enter(py, || self.0.plan_with(&layout.read()?, &plan::options(destroy_in_use)))
    }

    /// In what this GPU differs from a layout. Changes nothing; `apply` of the drift's plan repairs it.
    ///
    /// Raises:
    ///     GpuShareError: As `plan`: a layout that this GPU cannot have is no drift.
    ///
    /// >>> print(gpu.drift("4g.20gb[]"))
    /// MIG is disabled
    /// missing: 4g.20gb at 0:4
    #[pyo3(signature = (layout: "Layout | str"))]
    fn drift(&self, py: Python<'_>, layout: LayoutArgument) -> PyResult<Drift> {
        enter(py, || self.0.drift(&layout.read()?))
    }

    /// Carries out a plan.
    ///
    /// The GPU is locked against other processes that use the same `directory`, read again, changed step by step with each step verified,
    /// and compared with the plan at the end. A failing step is undone with all before it. A crash is repaired by `recover`, which the
    /// next apply does by itself.
    ///
    /// `directory` is the folder of the locks and journals, by default `/run/gpushare`; processes that change the same GPU must agree on
    /// it. Without `journal` a crash cannot be repaired. With `replan`, a GPU that has changed since the plan was made is planned anew.
    /// `reset` says how to reset the GPU where a change of the MIG mode needs it: not at all, by `"nvidia-smi"`, or by a function that is
    /// given the GPU. What that function raises is the cause of the error.
    ///
    /// Raises:
    ///     StaleError: The GPU is no longer as the plan found it. Nothing was changed.
    ///     GpuShareError: A step failed, with the class of the step's error, which is the `__cause__`; `restored` is whether the layout
    ///         before is there again.
    ///     NoPermissionError: The directory cannot be used. Nothing was changed.
    ///
    /// >>> applied = gpu.apply(gpu.plan("4g.20gb, 2g.10gb[1c,1c]"), directory=folder)
    /// >>> len(applied.made)
    /// 3
    #[pyo3(signature = (
        plan,
        *,
        directory: "str | os.PathLike[str] | None" = None,
        journal = true,
        replan = false,
        reset: "typing.Literal['nvidia-smi'] | typing.Callable[[Gpu], object] | None" = None
    ))]
    fn apply(
        &self,
        py: Python<'_>,
        plan: &Plan,
        directory: Option<PathBuf>,
        journal: bool,
        replan: bool,
        reset: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Applied> {
        Options::new(directory, journal, replan, reset)?.carry_out(py, |options| self.0.apply(&plan.0, options))
    }

    /// Plans and applies in one: brings the GPU to a layout. The options are those of `apply`.
    ///
    /// Raises:
    ///     GpuShareError: As `plan` and `apply`.
    #[pyo3(signature = (
        layout: "Layout | str",
        *,
        directory: "str | os.PathLike[str] | None" = None,
        journal = true,
        reset: "typing.Literal['nvidia-smi'] | typing.Callable[[Gpu], object] | None" = None
    ))]
    fn apply_layout(
        &self,
        py: Python<'_>,
        layout: LayoutArgument,
        directory: Option<PathBuf>,
        journal: bool,
        reset: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Applied> {
        let options = Options::new(directory, journal, true, reset)?;
        options.carry_out(py, |options| self.0.apply_layout(&layout.read()?, options))
    }

    /// Ends what an apply left half-done because its process died: the GPU gets back the layout that it had, or, where that cannot be,
    /// the one that was wanted. Doing it twice does no harm. `directory` and `reset` are those of `apply`.
    ///
    /// Raises:
    ///     GpuShareError: The journal cannot be read, or neither layout can be had; the journal then stays for another try.
    ///
    /// >>> gpu.recover(directory=folder)
    /// Recovery.NOTHING
    #[pyo3(signature = (
        *,
        directory: "str | os.PathLike[str] | None" = None,
        reset: "typing.Literal['nvidia-smi'] | typing.Callable[[Gpu], object] | None" = None
    ))]
    fn recover(
        &self,
        py: Python<'_>,
        directory: Option<PathBuf>,
        reset: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Recovery> {
        Options::new(directory, true, false, reset)?.carry_out(py, |options| self.0.recover(options))
    }
}
