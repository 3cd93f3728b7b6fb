//! Time-slicing.

use std::collections::HashMap;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use gpushare as rust;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::enums::{enum_argument, python_enum};
use crate::handles::gpu::Gpu;
use crate::mps::seconds::seconds;

python_enum!(TimeSlice(&'static str));

impl ToPython<TimeSlice> for rust::TimeSlice {
    fn to_python(&self) -> TimeSlice {
        TimeSlice(match self {
            Self::Default => "default",
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Long => "long",
            // Not a word of the enum: a ValueError, until both have it.
            _ => "unknown",
        })
    }
}

enum_argument! {
    PolicyArgument(rust::TimeSlice) of "TimeSlice" {
        "default" => rust::TimeSlice::Default,
        "short" => rust::TimeSlice::Short,
        "medium" => rust::TimeSlice::Medium,
        "long" => rust::TimeSlice::Long,
    }
}

/// The program that knows the policy.
fn nvidia_smi(
    program: Option<PathBuf>,
    patience: Option<f64>,
    env: Option<HashMap<String, String>>,
) -> PyResult<rust::NvidiaSmi> {
    let mut nvidia_smi = rust::NvidiaSmi::new();
    if let Some(program) = program {
        nvidia_smi = nvidia_smi.program(program);
    }
    if let Some(patience) = patience {
        nvidia_smi = nvidia_smi.patience(seconds("patience", patience)?);
    }
    Ok(env.unwrap_or_default().into_iter().fold(nvidia_smi, |nvidia_smi, (name, value)| nvidia_smi.env(name, value)))
}

#[pymethods]
impl Gpu {
    /// The policy of time-slicing. NVML does not tell it; `nvidia-smi` does.
    ///
    /// The program is `program`, an absolute path, else the one that `GPUSHARE_NVIDIA_SMI` names, else the one on the path. `patience`, in
    /// seconds, is how long it may take: 10 unless said. Of this process's environment it has what it needs, and the variables of `env`.
    ///
    /// Raises:
    ///     NoDriverError: There is no `nvidia-smi`.
    ///     DriverTimeoutError: It did not end in time.
    ///     InvalidArgumentError: The path is not absolute, or `patience` is no time.
    ///     DriverError: It printed what gpushare does not understand, or failed in another way; `exit_status` and `output` say how.
    #[pyo3(signature = (
        *,
        program: "str | os.PathLike[str] | None" = None,
        patience: "float | None" = None,
        env: "dict[str, str] | None" = None
    ))]
    fn time_slice(
        &self,
        py: Python<'_>,
        program: Option<PathBuf>,
        patience: Option<f64>,
        env: Option<HashMap<String, String>>,
    ) -> PyResult<TimeSlice> {
        let nvidia_smi = nvidia_smi(program, patience, env)?;
        enter(py, || nvidia_smi.time_slice(&self.0))
    }

    /// Sets the policy of time-slicing through `nvidia-smi`, and reads it back. Needs root. `TimeSlice` says for whom it holds and for how
    /// long; `program`, `patience` and `env` are as for `time_slice`.
    ///
    /// Raises:
    ///     NotSupportedError: The GPU is older than Turing, or MIG is enabled.
    ///     NoPermissionError: The caller is not root.
    ///     DriverError: The program succeeds and the policy is another.
    ///     GpuShareError: As `time_slice`.
    #[pyo3(signature = (
        policy,
        *,
        program: "str | os.PathLike[str] | None" = None,
        patience: "float | None" = None,
        env: "dict[str, str] | None" = None
    ))]
    fn set_time_slice(
        &self,
        py: Python<'_>,
        policy: PolicyArgument,
        program: Option<PathBuf>,
        patience: Option<f64>,
        env: Option<HashMap<String, String>>,
    ) -> PyResult<()> {
        let nvidia_smi = nvidia_smi(program, patience, env)?;
        enter(py, || nvidia_smi.set_time_slice(&self.0, policy.0))
    }
}
