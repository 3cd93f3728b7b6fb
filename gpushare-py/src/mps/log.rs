//! What a daemon and its servers log.

use std::io;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::mps::enums::MpsLogRole;
use crate::value::value;

value! {
    "gpushare", json,
    /// One line of a log.
    MpsLogRecord = gpushare::MpsLogRecord {
        /// When, in the local time of the daemon: `2026-11-22 10:36:26.508`.
        time: String,
        /// Who wrote it.
        role: MpsLogRole,
        /// The writer's process id.
        pid: u32,
        /// What it says.
        text: String,
    }
}

/// The logs of a daemon and of its servers, read from their files.
///
/// Whoever reads the fifo `log` in the pipe directory instead takes records from the daemon.
#[pyclass(frozen, eq, module = "gpushare")]
#[derive(PartialEq)]
pub(crate) struct MpsLog(gpushare::MpsLog);

#[pymethods]
impl MpsLog {
    /// The directory that holds `control.log` and `server.log`.
    #[getter]
    fn directory(&self) -> PathBuf {
        self.0.directory().into()
    }

    /// What the daemon wrote. Empty where there is no log yet.
    ///
    /// Raises:
    ///     GpuShareError: The file cannot be read; `path` is the file.
    fn control(&self, py: Python<'_>) -> PyResult<Vec<MpsLogRecord>> {
        enter(py, || self.0.control().map_err(|error| self.unreadable("control.log", &error)))
    }

    /// What the servers wrote. Empty where there is no log yet.
    ///
    /// Raises:
    ///     GpuShareError: The file cannot be read; `path` is the file.
    fn server(&self, py: Python<'_>) -> PyResult<Vec<MpsLogRecord>> {
        enter(py, || self.0.server().map_err(|error| self.unreadable("server.log", &error)))
    }

    fn __hash__(&self) -> u64 {
        crate::value::hash_of(&self.__repr__())
    }

    fn __repr__(&self) -> String {
        format!("<MpsLog {}>", self.0.directory().display())
    }
}

impl MpsLog {
    fn unreadable(&self, name: &str, error: &io::Error) -> gpushare::Error {
        let path = self.0.directory().join(name);
        gpushare::Error::File { path, reason: error.to_string(), io: Some(error.kind()) }
    }
}

impl ToPython<MpsLog> for gpushare::MpsLog {
    fn to_python(&self) -> MpsLog {
        MpsLog(self.clone())
    }
}
