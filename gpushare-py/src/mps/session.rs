//! Sessions: a daemon with its limits for one GPU or MIG device.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use gpushare::{ActiveThreadPercentage, MpsError, MpsSessionBuilder};

use crate::convert::ToPython;
use crate::enter::enter;
use crate::handles::gpu::Gpu;
use crate::handles::mig_device::MigDevice;
use crate::mps::daemon::MpsDaemon;
use crate::mps::enums::PriorityArgument;
use crate::mps::limits::{Advisory, memory};
use crate::mps::quit::MpsQuit;
use crate::mps::seconds::seconds;

/// What clients have to leave, in seconds, unless it is said otherwise.
const GRACE: f64 = 1.0;
/// How long Ctrl-C may have to wait.
const SLICE: Duration = Duration::from_millis(100);

/// One GPU or MIG device shared by MPS: a control daemon of its own, with its limits confirmed. `gpushare.mps_session` starts one.
///
/// It ends at `close()`, at the end of a `with`, or with its last name. In a child process that `fork` made, only `close()` ends it.
#[pyclass(frozen, weakref, module = "gpushare")]
pub(crate) struct MpsSession {
    session: RwLock<Option<gpushare::MpsSession>>,
    daemon: gpushare::MpsDaemon,
    advisories: Vec<gpushare::Advisory>,
    environment: Vec<(OsString, Option<OsString>)>,
    owner: u32,
}

/// What a session shares.
#[derive(FromPyObject)]
pub(crate) enum Shared<'py> {
    Gpu(Bound<'py, Gpu>),
    Mig(Bound<'py, MigDevice>),
}

/// Shares a GPU or a MIG device by MPS: starts a control daemon for it alone and sets what is asked for, each value read back.
///
/// Each client may use `active_thread_percentage` of the SMs at most (more than 0 and up to 100, with one decimal), and allocate
/// `pinned_device_memory_limit_mib` of the memory at most (from 1 to 16777216 MiB); it has `client_priority` unless it asks for another.
/// `exclusive_process` sets the compute mode while the session lives, so that a program that misses the daemon fails instead of running
/// beside it: it needs root and a GPU without MIG. What the mode was is put back, after a crash by `mps_recover` or the next session of the
/// GPU. `deny_advisories` refuses limits with which something is known to go wrong on this GPU, and a daemon of another driver than NVML's.
///
/// Clients are to be of this user alone, unless `all_users` lets those of every user reach the daemon, which serves one user at a time, or
/// `multi_user` has several served at the same time: it needs root and driver 555 or later.
///
/// `directory` is where the session has its own directories, `/run/gpushare-mps` unless said. It is made where it does not exist, and only
/// its owner may be able to write to it. `program` takes the place of the `nvidia-cuda-mps-control` on the path. `patience`, in seconds, is
/// how long the start and each exchange with the daemon may take: 10 unless said. The daemon and its servers have this process's environment
/// and the variables of `env`.
///
/// What was begun is taken back where something fails.
///
///     with gpushare.mps_session(nvml.gpu(0), active_thread_percentage=50) as session:
///         workers = [subprocess.Popen(["worker"], env=session.env()) for _ in range(2)]
///         for worker in workers:
///             worker.wait()
///
/// Raises:
///     MpsInvalidLimitError: A limit is none, or is denied for what is known of it; or `env` has what cannot be a variable.
///     MpsOtherVersionError: The daemon is of another driver, and advisories are denied.
///     MpsAlreadyRunningError: The device has a session in the directory, or one whose process died left its daemon: see `mps_recover`.
///     MpsProgramNotFoundError: The program, or the server's beside it, is not there.
///     MpsInvalidDirectoryError: A directory is one that others could change, or that MPS cannot use.
///     MpsUnknownCommandError: The driver is too old for `multi_user`.
///     InvalidArgumentError: `patience` is no time.
///     GpuShareError: As `MpsDaemon.start` and its setters, and `Gpu.set_compute_mode`.
#[pyfunction]
#[pyo3(signature = (
    device: "Gpu | MigDevice",
    *,
    active_thread_percentage: "float | None" = None,
    pinned_device_memory_limit_mib: "int | None" = None,
    client_priority: "gpushare.enums.MpsClientPriority | None" = None,
    exclusive_process: "bool" = false,
    deny_advisories: "bool" = false,
    all_users: "bool" = false,
    multi_user: "bool" = false,
    directory: "str | os.PathLike[str] | None" = None,
    program: "str | os.PathLike[str] | None" = None,
    patience: "float | None" = None,
    env: "dict[str, str] | None" = None
))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn mps_session(
    py: Python<'_>,
    device: Shared<'_>,
    active_thread_percentage: Option<f64>,
    pinned_device_memory_limit_mib: Option<i64>,
    client_priority: Option<PriorityArgument>,
    exclusive_process: bool,
    deny_advisories: bool,
    all_users: bool,
    multi_user: bool,
    directory: Option<PathBuf>,
    program: Option<PathBuf>,
    patience: Option<f64>,
    env: Option<HashMap<String, String>>,
) -> PyResult<MpsSession> {
    let mut builder = builder(&device, directory, program, patience)?;
    let mut made = None;
    enter(py, || {
        if let Some(percent) = active_thread_percentage {
            builder = builder.active_thread_percentage(ActiveThreadPercentage::new(percent)?);
        }
        if let Some(mib) = pinned_device_memory_limit_mib {
            builder = builder.pinned_device_memory_limit(memory(mib)?);
        }
        if let Some(priority) = client_priority {
            builder = builder.client_priority(priority.0);
        }
        if exclusive_process {
            builder = builder.exclusive_process();
        }
        if deny_advisories {
            builder = builder.deny_advisories();
        }
        if all_users {
            builder = builder.all_users();
        }
        if multi_user {
            builder = builder.multi_user();
        }
        for (name, value) in env.unwrap_or_default() {
            builder = builder.env(name, value);
        }
        builder.start().map(|session| made = Some(MpsSession::new(session)))
    })?;
    made.ok_or_else(|| pyo3::exceptions::PySystemError::new_err("a session that started is none"))
}

/// Ends what a session of a GPU or MIG device left whose process died: its daemon, servers and clients, and the compute mode that it had set.
///
/// Clients have `grace`, in seconds, to leave. `directory`, `program` and `patience` are as for `mps_session`. The report is that of the
/// daemon's end, and None where nothing was left.
///
/// >>> gpushare.mps_recover(gpu, directory=folder) is None
/// True
///
/// Raises:
///     MpsAlreadyRunningError: The session lives, in this process or another.
///     InvalidArgumentError: `grace` or `patience` is no time.
///     GpuShareError: As `MpsDaemon.quit` and `Gpu.set_compute_mode`.
#[pyfunction]
#[pyo3(signature = (
    device: "Gpu | MigDevice",
    *,
    directory: "str | os.PathLike[str] | None" = None,
    program: "str | os.PathLike[str] | None" = None,
    patience: "float | None" = None,
    grace: "float" = GRACE
))]
pub(crate) fn mps_recover(
    py: Python<'_>,
    device: Shared<'_>,
    directory: Option<PathBuf>,
    program: Option<PathBuf>,
    patience: Option<f64>,
    grace: f64,
) -> PyResult<Option<MpsQuit>> {
    let builder = builder(&device, directory, program, patience)?;
    let grace = seconds("grace", grace)?;
    enter(py, || builder.recover(grace))
}

fn builder(
    device: &Shared<'_>,
    directory: Option<PathBuf>,
    program: Option<PathBuf>,
    patience: Option<f64>,
) -> PyResult<MpsSessionBuilder> {
    let mut builder = match device {
        Shared::Gpu(gpu) => gpushare::MpsSession::builder(&gpu.get().0),
        Shared::Mig(device) => gpushare::MpsSession::mig_builder(&device.get().0),
    };
    if let Some(directory) = directory {
        builder = builder.directory(directory);
    }
    if let Some(program) = program {
        builder = builder.program(program);
    }
    match patience {
        Some(patience) => Ok(builder.patience(seconds("patience", patience)?)),
        None => Ok(builder),
    }
}

impl MpsSession {
    fn new(session: gpushare::MpsSession) -> Self {
        Self {
            daemon: session.daemon().clone(),
            advisories: session.advisories().to_vec(),
            environment: session.client_environment(),
            owner: process::id(),
            session: RwLock::new(Some(session)),
        }
    }

    /// Whether this process started it: a child must not end what its parent uses.
    fn is_own(&self) -> bool {
        self.owner == process::id()
    }

    fn look(&self, pid: u32, patience: Duration) -> Result<(), MpsError> {
        match &*self.session.read().unwrap_or_else(PoisonError::into_inner) {
            Some(session) => session.verify_client(pid, patience),
            None => Err(MpsError::NotRunning { directory: self.daemon.pipe_directory().path().into() }),
        }
    }
}

#[pymethods]
impl MpsSession {
    /// The daemon.
    #[getter]
    fn daemon(&self) -> MpsDaemon {
        self.daemon.to_python()
    }

    /// What is known to go wrong with the session's limits on this GPU, and with its daemon.
    #[getter]
    fn advisories(&self) -> Vec<Advisory> {
        self.advisories.iter().filter_map(ToPython::to_python).collect()
    }

    /// The environment of a client: this process's, with what names the daemon and the device, without what would change a client's share,
    /// and with these variables: what `subprocess.run(..., env=)` takes.
    ///
    /// The device is named by its UUID: the server numbers its devices anew, so an index would name another one or none.
    #[pyo3(signature = (**variables: "str") -> "dict[str, str]")]
    fn env<'py>(&self, py: Python<'py>, variables: Option<Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let all = py.import("os")?.getattr("environ")?.call_method0("copy")?.cast_into::<PyDict>()?;
        for (name, value) in &self.environment {
            match value {
                Some(value) => all.set_item(name, value)?,
                None if all.contains(name)? => all.del_item(name)?,
                None => {}
            }
        }
        if let Some(variables) = variables {
            all.update(variables.as_mapping())?;
        }
        Ok(all)
    }

    /// Waits until a process is a client of this daemon, for `patience` seconds. A program that cannot reach the daemon runs without MPS and
    /// without its limits, and nothing says so but its absence here.
    ///
    /// Raises:
    ///     MpsNotClientError: It has not become one in time.
    ///     MpsOtherUserError: It has not, and waits for the clients of another user.
    ///     MpsNotRunningError: The session is closed, or somebody else ended the daemon.
    ///     InvalidArgumentError: `patience` is no time.
    ///     MpsError: As `MpsDaemon.servers`.
    #[pyo3(signature = (pid, patience = 10.0))]
    fn verify_client(&self, py: Python<'_>, pid: u32, patience: f64) -> PyResult<()> {
        let patience = seconds("patience", patience)?;
        let deadline = Instant::now() + patience;
        loop {
            let slice = deadline.saturating_duration_since(Instant::now()).min(SLICE);
            let found: bool = enter(py, || match self.look(pid, slice) {
                Ok(()) => Ok(true),
                Err(MpsError::NotClient { .. }) if Instant::now() < deadline => Ok(false),
                Err(MpsError::NotClient { .. }) => Err(MpsError::NotClient { pid, after: patience }),
                Err(error) => Err(error),
            })?;
            if found {
                return Ok(());
            }
            py.check_signals()?;
        }
    }

    /// Ends the session: clients have `grace`, in seconds, to leave, then the work of each is ended. The compute mode is put back. Closing twice is
    /// no error; the second report is empty. Ctrl-C does not cut it short.
    ///
    /// Raises:
    ///     MpsError: As `MpsDaemon.quit`; the session is then ended as far as it went.
    ///     GpuShareError: As `Gpu.set_compute_mode`; the same holds.
    ///     InvalidArgumentError: `grace` is no time.
    #[pyo3(signature = (grace = GRACE))]
    fn close(&self, py: Python<'_>, grace: f64) -> PyResult<MpsQuit> {
        let grace = seconds("grace", grace)?;
        enter(py, || {
            let session = self.session.write().unwrap_or_else(PoisonError::into_inner).take();
            session.map_or_else(|| Ok(gpushare::MpsQuit::default()), |session| session.close(grace))
        })
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        if self.is_own() { self.close(py, GRACE).map(drop) } else { Ok(()) }
    }

    fn __repr__(&self) -> String {
        format!("<MpsSession {}>", self.daemon.pipe_directory().path().display())
    }
}

impl Drop for MpsSession {
    fn drop(&mut self) {
        let own = self.is_own();
        let mut session = self.session.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if !own {
            std::mem::forget(session);
        } else if session.is_some() {
            // Where there is no interpreter left to give up, it ends all the same.
            Python::try_attach(|py| {
                let _ = enter(py, || {
                    drop(session.take());
                    PyResult::Ok(())
                });
            });
        }
    }
}
