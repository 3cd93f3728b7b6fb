//! What goes wrong with time-slicing, apart from NVML's own errors.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{ErrorKind, NvmlReturn, Target};
use crate::time_slice::TimeSlice;

/// An error of time-slicing; part of [`Error`](crate::Error).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeSliceError {
    /// There is no `nvidia-smi`, which comes with the driver.
    #[error("nvidia-smi was not found{}", looked(tried))]
    ProgramNotFound {
        /// Each place looked at, in order.
        tried: Vec<PathBuf>,
    },
    /// The program that was chosen is not named by an absolute path, so which one it is depends on where this process happens to be.
    #[error("{program:?} cannot be used as nvidia-smi: expected an absolute path, such as /usr/bin/nvidia-smi")]
    InvalidProgram {
        /// The path.
        program: PathBuf,
    },
    /// The program cannot be run.
    #[error("{} for {target}: {reason}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What it was to be asked about.
        target: Target,
        /// Why it did not run.
        reason: String,
        /// The kind of the I/O error.
        io: std::io::ErrorKind,
    },
    /// The program did not end in time, and was killed.
    #[error("{} for {target} did not end within {after:?}", program.display())]
    Late {
        /// The program.
        program: PathBuf,
        /// What it was asked about.
        target: Target,
        /// How long it was waited for.
        after: Duration,
    },
    /// The program says no: the GPU is older than Turing, the caller is not root, or another reason of the driver's.
    #[error("{} for {target} failed with {}: {output}", program.display(), status_text(*status))]
    Refused {
        /// The program.
        program: PathBuf,
        /// What it was asked about.
        target: Target,
        /// Its exit status, which is NVML's code; `None` where a signal ended it.
        status: Option<i32>,
        /// What it printed.
        output: String,
    },
    /// The program printed what this crate does not understand.
    #[error("{} for {target} printed {output:?}, which is not {expected}", program.display())]
    UnknownOutput {
        /// The program.
        program: PathBuf,
        /// What it was asked about.
        target: Target,
        /// What it printed.
        output: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The program says that the policy is set, and another one is in force: the driver did not do it, or somebody set another meanwhile.
    #[error("{} set the time-slice policy of {target} to {wanted}, and it is {found}", program.display())]
    NotConfirmed {
        /// The program.
        program: PathBuf,
        /// The GPU.
        target: Target,
        /// The policy that was set.
        wanted: TimeSlice,
        /// The policy that is in force.
        found: TimeSlice,
    },
    /// MIG is enabled. The policy is one of the whole GPU, and what it would mean for MIG devices NVIDIA does not say.
    #[error("the time-slice policy of {target} cannot be set while MIG is enabled on it: it is one of the whole GPU")]
    MigEnabled {
        /// The GPU.
        target: Target,
    },
}

fn looked(tried: &[PathBuf]) -> String {
    if tried.is_empty() {
        return ": PATH names no absolute folder".into();
    }
    let tried: Vec<_> = tried.iter().map(|path| path.display().to_string()).collect();
    format!("; tried {}", tried.join(", "))
}

fn status_text(status: Option<i32>) -> String {
    status.map_or_else(|| "a signal".into(), |status| format!("exit status {status}"))
}

impl TimeSliceError {
    /// NVML's code, which `nvidia-smi` hands on as its exit status where it fits.
    pub(crate) fn nvml_return(&self) -> Option<NvmlReturn> {
        let Self::Refused { status: Some(status), .. } = self else { return None };
        let code = NvmlReturn(u32::try_from(*status).ok()?);
        (code != NvmlReturn::SUCCESS && code.name().is_some()).then_some(code)
    }

    pub(crate) fn target(&self) -> Option<Target> {
        match self {
            Self::ProgramNotFound { .. } | Self::InvalidProgram { .. } => None,
            Self::Program { target, .. }
            | Self::Late { target, .. }
            | Self::Refused { target, .. }
            | Self::UnknownOutput { target, .. }
            | Self::NotConfirmed { target, .. }
            | Self::MigEnabled { target } => Some(*target),
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::ProgramNotFound { .. } | Self::Program { io: std::io::ErrorKind::NotFound, .. } => {
                ErrorKind::NoDriver
            }
            Self::Program { io: std::io::ErrorKind::PermissionDenied, .. } => ErrorKind::NoPermission,
            Self::InvalidProgram { .. } => ErrorKind::InvalidArgument,
            Self::Late { .. } => ErrorKind::Timeout,
            Self::MigEnabled { .. } => ErrorKind::NotSupported,
            Self::Refused { .. } => self.nvml_return().map_or(ErrorKind::Driver, ErrorKind::of_code),
            Self::Program { .. } | Self::UnknownOutput { .. } | Self::NotConfirmed { .. } => ErrorKind::Driver,
        }
    }
}
