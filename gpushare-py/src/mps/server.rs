//! Servers: the processes through which the clients of one user reach the GPU.

use pyo3::prelude::*;

use gpushare::ActiveThreadPercentage;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::mps::enums::MpsServerStatus;
use crate::mps::limits::{memory, ordinal};
use crate::value::hash_of;

/// A server of a `MpsDaemon`. What is set on it holds for clients that come later.
#[pyclass(frozen, eq, module = "gpushare")]
pub(crate) struct MpsServer(gpushare::MpsServer);

#[pymethods]
impl MpsServer {
    /// Its process id, as the daemon sees it.
    #[getter]
    fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// What it is doing.
    ///
    /// Raises:
    ///     MpsServerNotFoundError: It is gone.
    ///     MpsUnknownCommandError: The driver is older than 550.
    ///     MpsError: As `MpsDaemon.servers`.
    fn status(&self, py: Python<'_>) -> PyResult<MpsServerStatus> {
        enter(py, || self.0.status())
    }

    /// The process ids of its clients, as the daemon sees them.
    ///
    /// Raises:
    ///     MpsServerNotFoundError: It is gone.
    ///     MpsError: As `MpsDaemon.servers`.
    fn clients(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        enter(py, || self.0.clients())
    }

    /// The share of the SMs that clients to come may have, in percent; `None` while the server is busy.
    ///
    /// Raises:
    ///     MpsError: As `clients`.
    fn active_thread_percentage(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        enter(py, || self.0.active_thread_percentage())
    }

    /// Sets the share of the SMs that clients to come may have, in percent with one decimal, and reads it back.
    ///
    /// Raises:
    ///     MpsInvalidLimitError: It is not more than 0 and up to 100 with one decimal.
    ///     MpsNotConfirmedError: Another value is in force, as while the server is busy.
    ///     MpsError: As `clients`.
    fn set_active_thread_percentage(&self, py: Python<'_>, percentage: f64) -> PyResult<()> {
        enter(py, || self.0.set_active_thread_percentage(ActiveThreadPercentage::new(percentage)?))
    }

    /// The limit on a device for clients to come, as the daemon shows it: `2G`. `None` where there is none, and while the server is busy.
    ///
    /// `device` is the daemon's number, from 0 to 31: the place among the devices that the daemon sees.
    ///
    /// Raises:
    ///     MpsInvalidLimitError: There is no such number.
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `clients`.
    #[pyo3(signature = (device = 0))]
    fn pinned_device_memory_limit(&self, py: Python<'_>, device: i64) -> PyResult<Option<String>> {
        enter(py, || self.0.pinned_device_memory_limit(ordinal(device)?))
    }

    /// Sets the limit on a device for clients to come, in MiB from 1 to 16777216, and reads back what the daemon shows of it.
    ///
    /// Raises:
    ///     MpsInvalidLimitError: There is no such limit, or no such number of a device.
    ///     MpsNotConfirmedError: Another value is in force, as while the server is busy.
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `clients`.
    #[pyo3(signature = (limit_mib, device = 0))]
    fn set_pinned_device_memory_limit(&self, py: Python<'_>, limit_mib: i64, device: i64) -> PyResult<()> {
        enter(py, || self.0.set_pinned_device_memory_limit(ordinal(device)?, memory(limit_mib)?))
    }

    /// Ends a client's work on the GPU, so that its process can be killed without harm to others. It waits until that is done; the client's
    /// next call of CUDA fails.
    ///
    /// Raises:
    ///     MpsRefusedError: The server has no such client, or CUDA failed.
    ///     MpsUncertainError: The connection was lost: it may or may not have been done.
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `clients`.
    fn terminate_client(&self, py: Python<'_>, client: u32) -> PyResult<()> {
        enter(py, || self.0.terminate_client(client))
    }

    /// Shuts the server down once its clients have left, or, with `force`, now, whatever they do.
    ///
    /// Raises:
    ///     MpsUncertainError: The connection was lost: it may or may not have been done.
    ///     MpsError: As `clients`.
    #[pyo3(signature = (*, force = false))]
    fn shut_down(&self, py: Python<'_>, force: bool) -> PyResult<()> {
        enter(py, || self.0.shut_down(force))
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.name())
    }

    fn __repr__(&self) -> String {
        format!("<MpsServer {}>", self.pid())
    }
}

impl MpsServer {
    /// Its pipe directory and process id.
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl PartialEq for MpsServer {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl ToPython<MpsServer> for gpushare::MpsServer {
    fn to_python(&self) -> MpsServer {
        MpsServer(self.clone())
    }
}
