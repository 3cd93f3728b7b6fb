//! The tables of a snapshot as columns: what data frames take, without an object for each row.

use std::cell::{OnceCell, RefCell};
use std::fmt::{Display, Write};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use gpushare::{GpuProcess, GpuSnapshot, Memory, MigDeviceSnapshot, MpsRole, ProfileCapacity, Snapshot};

/// The rows of a table, and the columns that were made of them.
struct Table<'a, 'py, T> {
    rows: Vec<T>,
    columns: Bound<'py, PyDict>,
    /// Those that are to be made, where not all are.
    wanted: Option<&'a [String]>,
    /// The names of all that there are.
    names: RefCell<Vec<&'static str>>,
}

/// A GPU, with its UUID as Python has it, once that is asked for: one object for all of its rows.
struct Of<'a, 'py> {
    py: Python<'py>,
    gpu: &'a GpuSnapshot,
    uuid: OnceCell<Bound<'py, PyString>>,
}

impl<'py> Of<'_, 'py> {
    fn uuid(&self) -> Bound<'py, PyString> {
        self.uuid.get_or_init(|| PyString::new(self.py, &self.gpu.uuid.to_string())).clone()
    }
}

/// Something on a GPU.
type On<'a, 'py, T> = (&'a Of<'a, 'py>, &'a T);

/// The columns of a table, by the table's name: all, or some.
pub(super) fn columns<'py>(
    py: Python<'py>,
    snapshot: &Snapshot,
    table: &str,
    wanted: Option<&[String]>,
) -> PyResult<Bound<'py, PyDict>> {
    let all: Vec<_> = snapshot.gpus.iter().map(|gpu| Of { py, gpu, uuid: OnceCell::new() }).collect();
    match table {
        "gpus" => filled(py, wanted, all.iter().collect(), gpus),
        "mig_devices" => filled(py, wanted, on(&all, |gpu| &gpu.mig_devices), mig_devices),
        "processes" => filled(py, wanted, on(&all, |gpu| &gpu.processes), processes),
        "capacity" => filled(py, wanted, on(&all, |gpu| &gpu.capacity), capacity),
        other => {
            let text = format!("no table {other:?}; there are 'gpus', 'mig_devices', 'processes' and 'capacity'");
            Err(PyValueError::new_err(text))
        }
    }
}

fn filled<'a, 'py, T>(
    py: Python<'py>,
    wanted: Option<&'a [String]>,
    rows: Vec<T>,
    fill: impl FnOnce(&Table<'a, 'py, T>) -> PyResult<()>,
) -> PyResult<Bound<'py, PyDict>> {
    let table = Table { rows, columns: PyDict::new(py), wanted, names: RefCell::default() };
    fill(&table)?;
    let names = table.names.into_inner();
    match wanted.into_iter().flatten().find(|wanted| !names.contains(&wanted.as_str())) {
        Some(unknown) => Err(PyValueError::new_err(format!("no column {unknown:?}; there are {}", names.join(", ")))),
        None => Ok(table.columns),
    }
}

fn on<'a, 'py, T>(gpus: &'a [Of<'a, 'py>], things: impl Fn(&'a GpuSnapshot) -> &'a [T]) -> Vec<On<'a, 'py, T>> {
    gpus.iter().flat_map(|of| things(of.gpu).iter().map(move |thing| (of, thing))).collect()
}

impl<'py, T> Table<'_, 'py, T> {
    fn add<V: IntoPyObject<'py>>(&self, name: &'static str, value: impl FnMut(&T) -> V) -> PyResult<&Self> {
        self.names.borrow_mut().push(name);
        if self.wanted.is_none_or(|wanted| wanted.iter().any(|wanted| wanted == name)) {
            self.columns.set_item(name, PyList::new(self.columns.py(), self.rows.iter().map(value))?)?;
        }
        Ok(self)
    }

    /// A column of texts, each written where the last one was.
    fn add_text<V: Display>(&self, name: &'static str, value: impl Fn(&T) -> V) -> PyResult<&Self> {
        let py = self.columns.py();
        let mut text = String::new();
        self.add(name, |row| {
            text.clear();
            // A String takes all that is written into it.
            let _ = write!(text, "{}", value(row));
            PyString::new(py, &text)
        })
    }

    fn add_memory(&self, memory: impl Fn(&T) -> Option<Memory>) -> PyResult<&Self> {
        self.add("memory_total_bytes", |row| memory(row).map(|memory| memory.total.0))?
            .add("memory_free_bytes", |row| memory(row).map(|memory| memory.free.0))?
            .add("memory_used_bytes", |row| memory(row).map(|memory| memory.used.0))?
            .add("memory_reserved_bytes", |row| Some(memory(row)?.reserved?.0))
    }
}

impl<'py, T> Table<'_, 'py, On<'_, 'py, T>> {
    fn add_gpu(&self) -> PyResult<&Self> {
        self.add("gpu_index", |(of, _)| of.gpu.index)?.add("gpu_uuid", |(of, _)| of.uuid())
    }
}

fn gpus<'py>(table: &Table<'_, 'py, &Of<'_, 'py>>) -> PyResult<()> {
    table
        .add("index", |of| of.gpu.index)?
        .add("uuid", |of| of.uuid())?
        .add("name", |of| &*of.gpu.name)?
        .add("minor_number", |of| of.gpu.minor_number)?
        .add("pci_address", |of| of.gpu.pci_address.map(|address| address.to_string()))?
        .add_memory(|of| of.gpu.memory)?
        .add("utilization_gpu_percent", |of| of.gpu.utilization.map(|busy| busy.gpu))?
        .add("utilization_memory_percent", |of| of.gpu.utilization.map(|busy| busy.memory))?
        .add("compute_mode", |of| of.gpu.compute_mode.map(|mode| mode.to_string()))?
        .add("mig_enabled", |of| of.gpu.mig_enabled)?
        .add("layout", |of| of.gpu.layout().map(|layout| layout.to_string()))
        .map(drop)
}

fn mig_devices<'py>(table: &Table<'_, 'py, On<'_, 'py, MigDeviceSnapshot>>) -> PyResult<()> {
    table
        .add_gpu()?
        .add("index", |(_, device)| device.index)?
        .add_text("uuid", |(_, device)| device.uuid)?
        .add("name", |(_, device)| &*device.name)?
        .add("gpu_instance", |(_, device)| device.gpu_instance.0)?
        .add("compute_instance", |(_, device)| device.compute_instance.0)?
        .add("multiprocessor_count", |(_, device)| device.attributes.multiprocessor_count)?
        .add_memory(|(_, device)| device.memory)
        .map(drop)
}

fn processes<'py>(table: &Table<'_, 'py, On<'_, 'py, GpuProcess>>) -> PyResult<()> {
    table
        .add_gpu()?
        .add("mig_uuid", |(of, process)| device(of.gpu, process).map(|device| device.uuid.to_string()))?
        .add("gpu_instance", |(_, process)| process.gpu_instance.map(|id| id.0))?
        .add("compute_instance", |(_, process)| process.compute_instance.map(|id| id.0))?
        .add("pid", |(_, process)| process.pid)?
        .add("kinds", |(_, process)| kinds(process))?
        .add("used_memory_bytes", |(_, process)| process.used_memory.map(|memory| memory.0))?
        .add("name", |(_, process)| process.name.as_deref())?
        .add("uid", |(_, process)| process.uid)?
        .add("container", |(_, process)| Some(process.container.as_ref()?.as_str()))?
        .add("mps", |(_, process)| role(process).0)?
        .add("mps_server", |(_, process)| role(process).1)?
        .add("mps_daemon", |(_, process)| role(process).2)
        .map(drop)
}

fn capacity<'py>(table: &Table<'_, 'py, On<'_, 'py, ProfileCapacity>>) -> PyResult<()> {
    table
        .add_gpu()?
        .add("profile", |(_, profile)| &*profile.profile)?
        .add("profile_id", |(_, profile)| profile.id.0)?
        .add("free", |(_, profile)| profile.free)?
        .add("total", |(_, profile)| profile.total)
        .map(drop)
}

/// The MIG device on which a process runs.
fn device<'a>(gpu: &'a GpuSnapshot, process: &GpuProcess) -> Option<&'a MigDeviceSnapshot> {
    let place = (process.gpu_instance?, process.compute_instance?);
    gpu.mig_devices.iter().find(|device| (device.gpu_instance, device.compute_instance) == place)
}

/// The names of the flags, as Python joins them.
fn kinds(process: &GpuProcess) -> String {
    process.kinds.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join("|")
}

/// What a process is to MPS, with the process ids of the server, which may be itself, and of the daemon.
fn role(process: &GpuProcess) -> (Option<&'static str>, Option<u32>, Option<u32>) {
    match process.mps {
        Some(MpsRole::Server { daemon, .. }) => (Some("server"), Some(process.pid), daemon),
        Some(MpsRole::Client { server, daemon }) => (Some("client"), server, daemon),
        _ => (None, None, None),
    }
}
