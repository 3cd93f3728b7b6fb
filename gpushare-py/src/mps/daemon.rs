//! Control daemons.

use std::collections::HashMap;
use std::path::PathBuf;

use pyo3::prelude::*;

use gpushare::{ActiveThreadPercentage, FrontEnd};

use crate::convert::ToPython;
use crate::enter::enter;
use crate::errors::InvalidArgumentError;
use crate::handles::gpu::Gpu;
use crate::handles::mig_device::MigDevice;
use crate::handles::nvml::Nvml;
use crate::mps::client::MpsClient;
use crate::mps::enums::{MpsClientPriority, PriorityArgument};
use crate::mps::limits::{Advisory, memory, ordinal};
use crate::mps::log::MpsLog;
use crate::mps::pipe_directory::PipeDirectory;
use crate::mps::quit::MpsQuit;
use crate::mps::seconds::seconds;
use crate::mps::server::MpsServer;
use crate::value::hash_of;
use crate::values::visible_devices::VisibleDevice;

/// An MPS control daemon. The handle names it by its pipe directory; losing the handle leaves it running, and `quit` ends it.
///
/// `MpsDaemon.start` starts one, `MpsDaemon.attach` finds one that runs. Its defaults hold for servers that start later, and those of a
/// `MpsServer` for clients that come later: no value changes what runs already.
///
/// Every method may be called from every thread; other threads run while the daemon works.
#[pyclass(frozen, eq, module = "gpushare")]
pub(crate) struct MpsDaemon(gpushare::MpsDaemon);

/// Something that a daemon can share.
#[derive(FromPyObject)]
pub(crate) enum Device<'py> {
    Gpu(Bound<'py, Gpu>),
    Mig(Bound<'py, MigDevice>),
    Entry(VisibleDevice),
}

impl Device<'_> {
    fn entry(&self) -> gpushare::Result<gpushare::VisibleDevice> {
        match self {
            Self::Gpu(gpu) => Ok(gpu.get().0.visible_device()),
            Self::Mig(device) => Ok(device.get().0.visible_device()),
            Self::Entry(entry) => entry.to_rust(),
        }
    }
}

#[pymethods]
impl MpsDaemon {
    /// Starts a daemon in a pipe directory of its own, which is made where it does not exist. When this returns, it takes commands.
    ///
    /// It shares `devices`: one GPU, one MIG device, or several GPUs; without them, all. A daemon for each GPU keeps a fatal fault of one
    /// client from those on other GPUs. It logs into `log_directory`, which is made where it does not exist; else beside the pipe directory,
    /// with the ending `.log`. `program` takes the place of the `nvidia-cuda-mps-control` on the path. `patience`, in seconds, is how long
    /// the start and each exchange with the daemon may take: 10 unless said. The daemon and its servers have this process's environment and
    /// the variables of `env`.
    ///
    /// With `all_users`, clients of every user can reach the daemon, which serves one user at a time; else only those of this user, where
    /// its directory is made. Before driver 550, whoever reaches a daemon can change its defaults too. With `multi_user` it serves several
    /// users at the same time, which needs root, driver 555 or later, and a GPU of Volta or later.
    ///
    /// Raises:
    ///     MpsAlreadyRunningError: A daemon runs in the pipe directory.
    ///     MpsInvalidDirectoryError: A directory is one that others could change, or that MPS cannot use.
    ///     MpsProgramNotFoundError: The program, or the server's beside it, is not there.
    ///     MpsProgramError: The daemon did not start; `reason` is what it said.
    ///     MpsUnknownCommandError: The driver is too old for `multi_user`; `command` is the option.
    ///     MpsNoPermissionError: `multi_user` is for root.
    ///     InvalidArgumentError: `devices` is empty or has a UUID that is none, or `patience` is no time.
    #[staticmethod]
    #[pyo3(signature = (
        pipe_directory: "str | os.PathLike[str]",
        *,
        devices: "typing.Sequence[Gpu | MigDevice | VisibleDevice] | None" = None,
        log_directory: "str | os.PathLike[str] | None" = None,
        all_users: "bool" = false,
        multi_user: "bool" = false,
        program: "str | os.PathLike[str] | None" = None,
        patience: "float | None" = None,
        env: "dict[str, str] | None" = None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn start(
        py: Python<'_>,
        pipe_directory: PathBuf,
        devices: Option<Vec<Device<'_>>>,
        log_directory: Option<PathBuf>,
        all_users: bool,
        multi_user: bool,
        program: Option<PathBuf>,
        patience: Option<f64>,
        env: Option<HashMap<String, String>>,
    ) -> PyResult<Self> {
        let mut builder = gpushare::MpsDaemon::builder(pipe_directory);
        if all_users {
            builder = builder.all_users();
        }
        if multi_user {
            builder = builder.multi_user();
        }
        if let Some(devices) = devices {
            if devices.is_empty() {
                let text = "devices is empty; allowed is at least one, or None for all".to_owned();
                return Err(InvalidArgumentError::new_err((text,)));
            }
            let entries: gpushare::Result<Vec<_>> = devices.iter().map(Device::entry).collect();
            builder = builder.devices(entries.map_err(|error| crate::errors::Raise::raise(error, py))?);
        }
        if let Some(log_directory) = log_directory {
            builder = builder.log_directory(log_directory);
        }
        if let Some(program) = program {
            builder = builder.program(program);
        }
        if let Some(patience) = patience {
            builder = builder.patience(seconds("patience", patience)?);
        }
        for (name, value) in env.unwrap_or_default() {
            builder = builder.env(name, value);
        }
        enter(py, || builder.start())
    }

    /// The daemon that runs in a pipe directory. `program` and `patience` are as for `start`.
    ///
    /// Raises:
    ///     MpsNotRunningError: None runs there.
    ///     MpsInvalidDirectoryError: As of `PipeDirectory`.
    ///     InvalidArgumentError: `patience` is no time.
    #[staticmethod]
    #[pyo3(signature = (
        pipe_directory: "str | os.PathLike[str]",
        *,
        program: "str | os.PathLike[str] | None" = None,
        patience: "float | None" = None
    ))]
    fn attach(
        py: Python<'_>,
        pipe_directory: PathBuf,
        program: Option<PathBuf>,
        patience: Option<f64>,
    ) -> PyResult<Self> {
        let patience = patience.map(|patience| seconds("patience", patience)).transpose()?;
        enter(py, || {
            let mut front_end = FrontEnd::new(gpushare::PipeDirectory::at(pipe_directory)?);
            if let Some(program) = program {
                front_end = front_end.program(program);
            }
            if let Some(patience) = patience {
                front_end = front_end.patience(patience);
            }
            gpushare::MpsDaemon::attach_by(front_end)
        })
    }

    /// The pipe directory.
    #[getter]
    fn pipe_directory(&self) -> PipeDirectory {
        self.0.pipe_directory().to_python()
    }

    /// Its process id; `None` where it has ended or lives in a container whose processes are not seen here.
    ///
    /// Raises:
    ///     MpsInvalidDirectoryError: As `PipeDirectory.presence`.
    fn pid(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        enter(py, || self.0.pid())
    }

    /// Its servers, the starting ones included.
    ///
    /// Raises:
    ///     MpsNotRunningError: The daemon has ended.
    ///     MpsWedgedError: It does not answer in time: somebody keeps it busy, or it hangs.
    ///     MpsNoPermissionError: It does not speak with this user.
    ///     MpsError: What else went wrong.
    fn servers(&self, py: Python<'_>) -> PyResult<Vec<MpsServer>> {
        enter(py, || self.0.servers())
    }

    /// Asks for a server for a user; root may for anybody, others for themselves. It starts later, or never: the daemon does not say.
    ///
    /// Raises:
    ///     MpsNoPermissionError: For another user, by one who is not root.
    ///     MpsRefusedError: The daemon shuts down.
    ///     MpsUncertainError: The connection was lost: it may or may not have been asked for.
    ///     MpsError: As `servers`.
    fn start_server(&self, py: Python<'_>, uid: u32) -> PyResult<()> {
        enter(py, || self.0.start_server(uid))
    }

    /// Looks whether a client of a user would be served. CUDA has no limit for the time that it would wait otherwise.
    ///
    /// A server without clients holds nobody back: the daemon replaces it. A daemon that was started for all users at once holds nobody back,
    /// and of one whose processes are not seen here, nothing can be told.
    ///
    /// Raises:
    ///     MpsOtherUserError: It would wait for the clients of another user.
    ///     MpsError: As `servers`.
    fn verify_user(&self, py: Python<'_>, uid: u32) -> PyResult<()> {
        enter(py, || self.0.verify_user(uid))
    }

    /// Whether the daemon is of another driver than the one behind NVML: an `Advisory.OtherVersion`, or `None`, also where that cannot be
    /// told.
    ///
    /// Raises:
    ///     GpuShareError: As `Nvml.driver_version` and `pid`.
    fn version_advisory(&self, py: Python<'_>, nvml: &Nvml) -> PyResult<Option<Advisory>> {
        let found: Option<Option<Advisory>> = enter(py, || self.0.version_advisory(&nvml.0))?;
        Ok(found.flatten())
    }

    /// All clients of all servers.
    ///
    /// Raises:
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `servers`.
    fn clients(&self, py: Python<'_>) -> PyResult<Vec<MpsClient>> {
        enter(py, || self.0.clients())
    }

    /// The share of the SMs that clients of servers to come may have, in percent.
    ///
    /// Raises:
    ///     MpsError: As `servers`.
    fn default_active_thread_percentage(&self, py: Python<'_>) -> PyResult<f64> {
        enter(py, || self.0.default_active_thread_percentage())
    }

    /// Sets the share of the SMs that clients of servers to come may have, in percent with one decimal, and reads it back.
    ///
    /// It is a cap and no reservation: clients may share an SM.
    ///
    /// Raises:
    ///     MpsInvalidLimitError: It is not more than 0 and up to 100 with one decimal.
    ///     MpsNotConfirmedError: Another value is in force.
    ///     MpsNoPermissionError: The caller neither started the daemon nor is root.
    ///     MpsError: As `servers`.
    fn set_default_active_thread_percentage(&self, py: Python<'_>, percentage: f64) -> PyResult<()> {
        enter(py, || self.0.set_default_active_thread_percentage(ActiveThreadPercentage::new(percentage)?))
    }

    /// The limit on a device for clients of servers to come, as the daemon shows it: `2G`, in whole GiB rounded down from 1 GiB on; `None`
    /// where there is none.
    ///
    /// `device` is the daemon's number, from 0 to 31: the place among the devices that the daemon sees, so 0 where it sees one alone.
    ///
    /// Raises:
    ///     MpsInvalidLimitError: There is no such number.
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `servers`.
    #[pyo3(signature = (device = 0))]
    fn default_pinned_device_memory_limit(&self, py: Python<'_>, device: i64) -> PyResult<Option<String>> {
        enter(py, || self.0.default_pinned_device_memory_limit(ordinal(device)?))
    }

    /// Sets the limit on a device for clients of servers to come, in MiB from 1 to 16777216, and reads back what the daemon shows of it.
    ///
    /// Raises:
    ///     MpsInvalidLimitError: There is no such limit, or no such number of a device.
    ///     MpsNotConfirmedError: Another value is in force.
    ///     MpsNoPermissionError: The caller neither started the daemon nor is root.
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `servers`.
    #[pyo3(signature = (limit_mib, device = 0))]
    fn set_default_pinned_device_memory_limit(&self, py: Python<'_>, limit_mib: i64, device: i64) -> PyResult<()> {
        enter(py, || self.0.set_default_pinned_device_memory_limit(ordinal(device)?, memory(limit_mib)?))
    }

    /// The priority of clients to come that ask for none.
    ///
    /// Raises:
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `servers`.
    fn default_client_priority(&self, py: Python<'_>) -> PyResult<MpsClientPriority> {
        enter(py, || self.0.default_client_priority())
    }

    /// Sets the priority of clients to come that ask for none, and reads it back.
    ///
    /// Raises:
    ///     MpsNotConfirmedError: Another value is in force.
    ///     MpsNoPermissionError: The caller neither started the daemon nor is root.
    ///     MpsUnknownCommandError: The driver is older than 535.
    ///     MpsError: As `servers`.
    #[pyo3(signature = (priority: "gpushare.enums.MpsClientPriority"))]
    fn set_default_client_priority(&self, py: Python<'_>, priority: PriorityArgument) -> PyResult<()> {
        enter(py, || self.0.set_default_client_priority(priority.0))
    }

    /// What the daemon and its servers log; `None` where this handle did not start it.
    fn log(&self) -> Option<MpsLog> {
        self.0.log().to_python()
    }

    /// Ends the daemon and its servers, and removes what they leave in the pipe directory. Clients have `grace`, in seconds, to leave by
    /// themselves; then the daemon ends the work of each, and what does not end by itself is killed.
    ///
    /// Raises:
    ///     MpsNotRunningError: It has ended already.
    ///     MpsNoPermissionError: The caller neither started the daemon nor is root.
    ///     MpsWedgedError: It cannot be killed either.
    ///     InvalidArgumentError: `grace` is no time.
    #[pyo3(signature = (grace = 1.0))]
    fn quit(&self, py: Python<'_>, grace: f64) -> PyResult<MpsQuit> {
        let grace = seconds("grace", grace)?;
        enter(py, || self.0.quit(grace))
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }

    fn __repr__(&self) -> String {
        format!("<MpsDaemon {}>", self.0.pipe_directory().path().display())
    }
}

impl PartialEq for MpsDaemon {
    fn eq(&self, other: &Self) -> bool {
        self.0.pipe_directory() == other.0.pipe_directory()
    }
}

impl ToPython<MpsDaemon> for gpushare::MpsDaemon {
    fn to_python(&self) -> MpsDaemon {
        MpsDaemon(self.clone())
    }
}
