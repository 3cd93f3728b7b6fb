//! Simulated machines.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use gpushare_sim::engine::{Access, Process, ProcessKind, ProcessSample};
use gpushare_sim::{Command, Fault, MachineConfig};

use crate::convert::ToPython;
use crate::enter::enter;
use crate::errors::{Raise, closed};
use crate::handles::nvml::{Folders, Nvml};
use crate::sim::trace::{FaultState, TracedCall};

/// A simulated machine with GPUs of its own, and a `libnvidia-ml.so.1` of its own through which they are used.
///
/// Several machines can live in one process. The state of a machine is that of the process; of a shared machine all processes see the same
/// state that have its environment. `close()`, or the end of a `with`, removes the machine's files; sessions that are still open keep
/// working. `gpushare.simulate` makes one.
#[pyclass(frozen, weakref, module = "gpushare.sim")]
pub(crate) struct Machine(Mutex<Option<Arc<gpushare_sim::Machine>>>);

impl Machine {
    /// The machine, while its files are there.
    pub(crate) fn open(&self) -> PyResult<Arc<gpushare_sim::Machine>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(closed)
    }
}

/// The machine that a short text or a TOML text describes; without either, the default one.
fn configuration(spec: Option<&str>, config: Option<&str>) -> PyResult<MachineConfig> {
    let read = match (spec, config) {
        (None, None) => return Ok(MachineConfig::default()),
        (Some(spec), None) => spec.parse(),
        (None, Some(config)) => MachineConfig::from_toml(config),
        (Some(_), Some(_)) => return Err(PyValueError::new_err("a machine has a spec or a config, not both")),
    };
    read.map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Whether a short text describes a machine.
///
/// Raises:
///     ValueError: It does not.
#[pyfunction]
pub(crate) fn check_spec(spec: &str) -> PyResult<()> {
    configuration(Some(spec), None).map(drop)
}

/// A value of one of the enums, by its word.
fn named<T: serde::de::DeserializeOwned>(word: &Bound<'_, PyAny>, what: &str) -> PyResult<T> {
    let text = word.str()?.to_string();
    serde_json::from_value(text.as_str().into())
        .map_err(|error| PyValueError::new_err(format!("{text:?} is not {what}: {error}")))
}

#[pymethods]
impl Machine {
    #[new]
    #[pyo3(signature = (
        library: "str | os.PathLike[str]",
        *,
        spec: "str | None" = None,
        config: "str | None" = None,
        shared = false
    ))]
    fn new(py: Python<'_>, library: PathBuf, spec: Option<&str>, config: Option<&str>, shared: bool) -> PyResult<Self> {
        let config = configuration(spec, config)?;
        enter(py, || gpushare_sim::Machine::with_library(&config, shared, library).map(Arc::new))
    }

    /// The machine's NVML, initialised: `gpushare.Nvml(library=machine)`. The arguments are those of `gpushare.Nvml`.
    ///
    /// Raises:
    ///     GpuShareError: What NVML answers.
    #[pyo3(signature = (
        *,
        root: "str | os.PathLike[str] | None" = None,
        procfs: "str | os.PathLike[str] | None" = None,
        flags: "gpushare.enums.InitFlags | int" = 0
    ))]
    fn nvml(slf: &Bound<'_, Self>, root: Option<PathBuf>, procfs: Option<PathBuf>, flags: u32) -> PyResult<Nvml> {
        Nvml::of_machine(slf.py(), slf.get(), Folders { root, procfs }, flags)
    }

    /// The machine's `libnvidia-ml.so.1`, for other programs and packages that use NVML. Beside it lies the link `libnvidia-ml.so`.
    #[getter]
    fn library_path(&self) -> PyResult<PathBuf> {
        Ok(self.open()?.library_path())
    }

    /// The folder with the machine's `proc/` and `dev/`. Its files appear when NVML is first initialised.
    #[getter]
    fn root(&self) -> PyResult<PathBuf> {
        Ok(self.open()?.root())
    }

    /// The variables that a child process needs to find this machine's library in place of the driver's. The child gets a machine of this
    /// configuration in its first state, or this very machine if it is shared.
    fn environment(&self) -> PyResult<HashMap<String, String>> {
        let pairs = self.open()?.environment();
        Ok(pairs.map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into())).collect())
    }

    /// This process's environment with `environment()` and these variables: what `subprocess.run(..., env=)` takes.
    ///
    /// >>> import subprocess, sys
    /// >>> code = "import gpushare; print(gpushare.Nvml().gpu_count())"
    /// >>> subprocess.run([sys.executable, "-c", code], env=machine.env(), capture_output=True, text=True).stdout
    /// '8\n'
    #[pyo3(signature = (**variables: "str") -> "dict[str, str]")]
    fn env<'py>(&self, py: Python<'py>, variables: Option<Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let all = py.import("os")?.getattr("environ")?.call_method0("copy")?;
        all.call_method1("update", (self.environment()?,))?;
        if let Some(variables) = variables {
            all.call_method1("update", (variables,))?;
        }
        Ok(all)
    }

    /// Puts another machine in the place of the present one, described as for `gpushare.simulate`.
    ///
    /// Raises:
    ///     SimulatorError: NVML is initialised in this process, or the configuration describes no machine.
    #[pyo3(signature = (spec: "str | None" = None, *, config: "str | None" = None))]
    fn configure(&self, py: Python<'_>, spec: Option<&str>, config: Option<&str>) -> PyResult<()> {
        let (machine, config) = (self.open()?, configuration(spec, config)?);
        enter(py, || machine.configure(config))
    }

    /// Lets a process begin to use a GPU, or a MIG device by the ids of its GPU instance and compute instance. `used_memory` is in bytes;
    /// `None` is what the driver does not tell. What the system knows of that process id is taken for known of it, so choose one that the
    /// system has not, or sessions with a `procfs` of their own.
    ///
    /// Raises:
    ///     SimulatorError: The GPU would refuse it, by its mode, its instances or its memory.
    #[pyo3(signature = (
        gpu,
        pid,
        *,
        name = "python3".to_owned(),
        kind: "gpushare.enums.ProcessKind | None" = None,
        used_memory: "int | None" = 0,
        instance: "tuple[int, int] | None" = None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn add_process(
        &self,
        py: Python<'_>,
        gpu: usize,
        pid: u32,
        name: String,
        kind: Option<Bound<'_, PyAny>>,
        used_memory: Option<u64>,
        instance: Option<(u32, u32)>,
    ) -> PyResult<()> {
        let kind = kind.map_or(Ok(ProcessKind::Compute), |kind| named(&kind, "a kind of process"))?;
        let machine = self.open()?;
        enter(py, || machine.add_process(gpu, Process { pid, name, kind, used_memory, instance }))
    }

    /// Ends a process.
    ///
    /// Raises:
    ///     SimulatorError: The GPU has no such process.
    fn remove_process(&self, py: Python<'_>, gpu: usize, pid: u32) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.remove_process(gpu, pid))
    }

    /// Lets the driver sample how busy a process keeps a GPU: a moment in microseconds since 1970, and percentages.
    ///
    /// Raises:
    ///     SimulatorError: The machine has no such GPU.
    #[pyo3(signature = (gpu, pid, timestamp_us, *, multiprocessors=0, memory=0, encoder=0, decoder=0))]
    #[allow(clippy::too_many_arguments)]
    fn sample_process(
        &self,
        py: Python<'_>,
        gpu: usize,
        pid: u32,
        timestamp_us: u64,
        multiprocessors: u32,
        memory: u32,
        encoder: u32,
        decoder: u32,
    ) -> PyResult<()> {
        let machine = self.open()?;
        let sample = ProcessSample { pid, timestamp_us, multiprocessors, memory, encoder, decoder };
        enter(py, || machine.sample_process(gpu, sample))
    }

    /// Says who this process is to the driver from here on.
    ///
    /// Raises:
    ///     ValueError: That is nobody.
    #[pyo3(signature = (access: "gpushare.enums.Access"))]
    fn set_access(&self, py: Python<'_>, access: Bound<'_, PyAny>) -> PyResult<()> {
        let (machine, access): (_, Access) = (self.open()?, named(&access, "an access")?);
        enter(py, || machine.set_access(access))
    }

    /// Resets a GPU, as `nvidia-smi --gpu-reset` does.
    ///
    /// Raises:
    ///     SimulatorError: Processes use it.
    fn reset(&self, py: Python<'_>, gpu: usize) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.reset(gpu))
    }

    /// Reboots the machine: processes and instances vanish. This process stays, and NVML stays initialised in it.
    fn reboot(&self, py: Python<'_>) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.reboot())
    }

    /// Makes a GPU fall off the bus: until the machine reboots, every call on it raises `GpuLostError`.
    ///
    /// Raises:
    ///     SimulatorError: The machine has no such GPU.
    fn lose_gpu(&self, py: Python<'_>, gpu: usize) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.lose_gpu(gpu))
    }

    /// Makes the driver report an XID of a GPU, or of an instance on it by its ids.
    ///
    /// Raises:
    ///     SimulatorError: The machine has no such GPU or instance.
    #[pyo3(signature = (gpu, xid, *, gpu_instance=None, compute_instance=None))]
    fn inject_xid(
        &self,
        py: Python<'_>,
        gpu: usize,
        xid: u64,
        gpu_instance: Option<u32>,
        compute_instance: Option<u32>,
    ) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.inject_xid(gpu, xid, gpu_instance, compute_instance))
    }

    /// Sets faults for this process in the place of those that were set; they count calls from here on.
    ///
    /// Each is `TARGET#N=ACTION`, or `TARGET#N+=ACTION` for the N-th call and all after it; several stand with `;` between them. TARGET is
    /// a function (`nvmlDeviceGetName`), a beginning of names (`nvmlDevice*`), `mutation` or `*`. ACTION is a code (`IN_USE`),
    /// `done-then:IN_USE`, `sleep:MILLISECONDS`, `kill`, `done-then:kill`, `gpu-lost:INDEX` or `count`.
    ///
    /// Raises:
    ///     ValueError: The text is no list of faults.
    ///     SimulatorError: A fault names a function that the driver does not have.
    ///
    /// >>> machine.set_faults("nvmlDeviceGetMigMode#1=UNKNOWN")
    /// >>> gpu.mig_mode()
    /// Traceback (most recent call last):
    /// ...
    /// gpushare.exceptions.DriverError: nvmlDeviceGetMigMode on GPU 0 (GPU-…): an internal driver error (NVML_ERROR_UNKNOWN, 999)
    fn set_faults(&self, py: Python<'_>, faults: &str) -> PyResult<()> {
        let machine = self.open()?;
        let faults = Fault::list(faults).map_err(|error| error.raise(py))?;
        enter(py, || machine.set_faults(faults))
    }

    /// Ends all faults of this process. What they did stays.
    fn clear_faults(&self, py: Python<'_>) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.clear_faults())
    }

    /// The faults of this process, and how many calls each has counted.
    fn faults(&self, py: Python<'_>) -> PyResult<Vec<FaultState>> {
        let machine = self.open()?;
        enter(py, || machine.faults())
    }

    /// Calls a function, and gives its result and the NVML calls that this process made of the machine meanwhile, on whichever thread.
    ///
    /// >>> _, calls = machine.trace(gpu.mig_mode)
    /// >>> [str(call) for call in calls]
    /// ['nvmlDeviceGetMigMode(gpu0, out, out) = SUCCESS']
    #[pyo3(signature = (work: "typing.Callable[[], _T]") -> "tuple[_T, list[TracedCall]]")]
    fn trace<'py>(&self, py: Python<'py>, work: Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Vec<TracedCall>)> {
        let machine = self.open()?;
        let (result, calls) = machine.trace(|| work.call0()).map_err(|error| error.raise(py))?;
        Ok((result?, calls.to_python()))
    }

    /// Says whether the calls of this process take the time that was recorded for them on a real machine.
    fn set_charge(&self, py: Python<'_>, charge: bool) -> PyResult<()> {
        let machine = self.open()?;
        enter(py, || machine.set_charge(charge))
    }

    /// The machine as it is now, as JSON text: a copy to look at or to compare.
    fn state_json(&self, py: Python<'_>) -> PyResult<String> {
        let machine = self.open()?;
        enter(py, || machine.control(&Command::State).map(|state| state["machine"].to_string()))
    }

    /// Removes the machine's files. Sessions that are open keep working. Closing twice is no error.
    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close();
    }

    fn __repr__(&self) -> String {
        self.library_path().map_or("<Machine, closed>".into(), |path| format!("<Machine {}>", path.display()))
    }
}

impl ToPython<Machine> for Arc<gpushare_sim::Machine> {
    fn to_python(&self) -> Machine {
        Machine(Mutex::new(Some(Arc::clone(self))))
    }
}
