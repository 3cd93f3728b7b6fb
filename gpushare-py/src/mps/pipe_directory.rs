//! Where a daemon is found.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::value::{hash_of, variants};

/// A directory in which an MPS control daemon has, or is to have, its sockets. It must exist; `create` makes one.
///
/// Raises:
///     MpsInvalidDirectoryError: The path is empty, not absolute, longer than 87 bytes or not plain, no directory or only a link to one,
///         or one that neither root nor this user owns: its owner would get what is sent to the daemon.
#[pyclass(frozen, eq, module = "gpushare")]
#[derive(PartialEq)]
pub(crate) struct PipeDirectory(gpushare::PipeDirectory);

#[pymethods]
impl PipeDirectory {
    #[new]
    #[pyo3(signature = (path: "str | os.PathLike[str]"))]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        enter(py, || gpushare::PipeDirectory::at(path))
    }

    /// A directory that is made, for this user alone, where it does not exist.
    ///
    /// Raises:
    ///     MpsInvalidDirectoryError: As of the class itself; also where others may write to the directory, or where its parent does not
    ///         exist.
    #[staticmethod]
    #[pyo3(signature = (path: "str | os.PathLike[str]"))]
    fn create(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        enter(py, || gpushare::PipeDirectory::create(path))
    }

    /// The path: the value of `CUDA_MPS_PIPE_DIRECTORY`.
    #[getter]
    fn path(&self) -> PathBuf {
        self.0.path().into()
    }

    /// Whether a daemon lives here. It costs microseconds, and the daemon does not notice.
    ///
    /// Raises:
    ///     MpsInvalidDirectoryError: The lock of the daemon cannot be looked at.
    fn presence(&self, py: Python<'_>) -> PyResult<DaemonPresence> {
        enter(py, || self.0.presence())
    }

    #[pyo3(signature = () -> "str")]
    fn __fspath__(&self) -> OsString {
        self.0.path().into()
    }

    fn __hash__(&self) -> u64 {
        hash_of(&format!("{:?}", self.0.path()))
    }

    fn __repr__(&self) -> String {
        format!("<PipeDirectory {}>", self.0.path().display())
    }
}

impl ToPython<PipeDirectory> for gpushare::PipeDirectory {
    fn to_python(&self) -> PipeDirectory {
        PipeDirectory(self.clone())
    }
}

variants! {
    /// Whether a control daemon lives in a pipe directory; false as a condition where none does.
    DaemonPresence {
        /// No. Sockets that are there all the same are left from one that died.
        Absent {},
        /// Yes, with this process id; `None` where it lives in a container whose processes are not seen here.
        Present { pid: Option<u32> },
    }

    fn __bool__(&self) -> bool {
        matches!(self, Self::Present { .. })
    }
}

impl ToPython<DaemonPresence> for gpushare::DaemonPresence {
    fn to_python(&self) -> DaemonPresence {
        match self {
            Self::Present(pid) => DaemonPresence::Present { pid: *pid },
            _ => DaemonPresence::Absent {},
        }
    }
}
