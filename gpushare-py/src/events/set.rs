//! Sets of GPUs that are watched for events.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

use gpushare as rust;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::events::gpu_event::{EventKinds, GpuEvent};
use crate::handles::gpu::Gpu;
use crate::handles::nvml::Nvml;
use crate::mps::seconds::seconds;

/// How long Ctrl-C may take to be seen.
const SLICE: Duration = Duration::from_millis(100);

/// GPUs that are watched: what happens to them from the making of the set on is kept until it is asked for.
///
/// `Nvml.watch` makes one of all GPUs, and this one of some, all of one `Nvml`. Each is watched for those of the kinds that it supports,
/// unless said XIDs and changes of the MIG configuration; one that supports none of them is left out.
///
/// The driver keeps the events; nothing runs or queues up in this process. How much the driver keeps, NVIDIA does not document, so a set is
/// to be asked often enough. Whoever follows a state makes the set first and looks at the state then, so that no change falls between.
///
/// `for event in events` waits for each, until the set is stopped, and `async for event in events` does in a thread, so that the loop runs
/// on. Threads may ask one set at the same time, and each event is given to one of them. At the end of a `with` it is closed. In a child
/// made by `fork` it raises `StaleError`: its events are its parent's.
///
/// Raises:
///     InvalidArgumentError: There are no GPUs, or they are of several sessions.
///     GpuLostError: One of them no longer answers.
///     NotSupportedError: The driver has no events.
///
/// >>> with gpushare.EventSet([gpu], gpushare.EventKinds.MIG_CONFIG_CHANGE) as events:
/// ...     gpu.set_mig_mode(True)
/// ...     with gpu.create_gpu_instance("1g.5gb"):
/// ...         pass
/// ...     events.wait(timeout=5).kind, events.poll().kind, events.poll()
/// (<EventKinds.MIG_CONFIG_CHANGE: 256>, <EventKinds.MIG_CONFIG_CHANGE: 256>, None)
#[pyclass(frozen, module = "gpushare")]
pub(crate) struct EventSet {
    registered: Vec<(Gpu, u64)>,
    stopper: rust::EventStopper,
    /// `None` once closed; who waits then has a clone, and the last of them ends the set in the driver.
    events: Mutex<Option<rust::EventSet>>,
    /// What a cancelled wait had taken.
    put_back: Mutex<VecDeque<rust::GpuEvent>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ToPython<EventSet> for rust::EventSet {
    fn to_python(&self) -> EventSet {
        EventSet {
            registered: self.registered().map(|(gpu, kinds)| (gpu.to_python(), kinds.bits())).collect(),
            stopper: self.stopper(),
            events: Mutex::new(Some(self.clone())),
            put_back: Mutex::default(),
        }
    }
}

/// The kinds that were asked for.
fn kinds(given: Option<u64>) -> rust::EventKinds {
    given.map_or(rust::EventKinds::XID | rust::EventKinds::MIG_CONFIG_CHANGE, rust::EventKinds::from_bits_retain)
}

impl EventSet {
    /// The set, as long as it is open.
    fn open(&self) -> rust::Result<rust::EventSet> {
        locked(&self.events).clone().ok_or(rust::Error::Stale { target: rust::Target::EventSet })
    }

    fn taken_back(&self) -> Option<GpuEvent> {
        locked(&self.put_back).pop_front().map(|event| event.to_python())
    }
}

/// The events of a set in an event loop.
struct AsyncEvents(Py<EventSet>);

impl<'py> IntoPyObject<'py> for AsyncEvents {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("gpushare._events", "AsyncEvents");

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CLASS.import(py, "gpushare._events", "AsyncEvents")?.call1((self.0,))
    }
}

#[pymethods]
impl EventSet {
    #[new]
    #[pyo3(signature = (gpus: "typing.Sequence[Gpu]", kinds: "gpushare.enums.EventKinds | int | None" = None))]
    fn new(py: Python<'_>, gpus: Vec<PyRef<'_, Gpu>>, kinds: Option<u64>) -> PyResult<Self> {
        let gpus: Vec<_> = gpus.iter().map(|gpu| gpu.0.clone()).collect();
        enter(py, || rust::EventSet::new(&gpus, self::kinds(kinds)))
    }

    /// The GPUs that are watched, and for what.
    #[getter]
    fn registered(&self) -> Vec<(Gpu, EventKinds)> {
        self.registered.iter().map(|(gpu, kinds)| (gpu.clone(), EventKinds(*kinds))).collect()
    }

    /// The oldest event that was not given yet, or `None` where there is none now. It does not wait.
    ///
    /// Raises:
    ///     StaleError: The set or its session was closed, or this is a child made by `fork`.
    ///     GpuLostError: A GPU of the set no longer answers, on which a driver may insist as long as it is in the set.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<GpuEvent>> {
        match self.taken_back() {
            Some(event) => Ok(Some(event)),
            None => enter(py, || self.open()?.poll()),
        }
    }

    /// The oldest event that was not given yet, waiting for one up to `timeout` seconds, or without end. `None` when the time has run out,
    /// and once the set was stopped or closed. Ctrl-C ends a wait, as it ends anything.
    ///
    /// Raises:
    ///     StaleError: The session was closed, or this is a child made by `fork`.
    ///     GpuLostError: As `poll`.
    ///     InvalidArgumentError: `timeout` is no time.
    #[pyo3(signature = (timeout: "float | None" = None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<GpuEvent>> {
        let end = match timeout {
            Some(timeout) => Some(Instant::now() + seconds("timeout", timeout)?),
            None => None,
        };
        loop {
            if self.is_stopped() {
                return Ok(None);
            }
            if let Some(event) = self.taken_back() {
                return Ok(Some(event));
            }
            let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()).min(SLICE));
            let event = enter(py, || match self.open() {
                Ok(events) => events.wait(left),
                // Closed meanwhile.
                Err(_) => Ok(None),
            })?;
            // An event that was taken is given, also if there is a signal.
            if event.is_some() || end.is_some_and(|end| Instant::now() >= end) {
                return Ok(event);
            }
            py.check_signals()?;
        }
    }

    /// Ends the waiting of every thread, within 100 ms and for good. What the driver kept can still be polled.
    fn stop(&self) {
        self.stopper.stop();
    }

    /// Whether the set was stopped or closed.
    #[getter]
    fn is_stopped(&self) -> bool {
        self.stopper.is_stopped()
    }

    /// Stops the set, and ends it in the driver once nobody waits. Closing twice is no error.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.stopper.stop();
        let last = locked(&self.events).take();
        // What may call the driver is done without holding the interpreter.
        enter(py, || {
            drop(last);
            Ok::<(), rust::Error>(())
        })
    }

    /// Gives an event back, which is then the next one.
    fn _put_back(&self, event: PyRef<'_, GpuEvent>) {
        locked(&self.put_back).push_back(event.0.clone());
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<GpuEvent>> {
        self.wait(py, None)
    }

    fn __aiter__(slf: Py<Self>) -> AsyncEvents {
        AsyncEvents(slf)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        let gpus: Vec<_> = self.registered.iter().map(|(gpu, _)| gpu.0.index().to_string()).collect();
        format!("<EventSet of GPUs {}>", gpus.join(", "))
    }
}

#[pymethods]
impl Nvml {
    /// Watches all GPUs, each for those of the kinds that it supports: unless said XIDs and changes of the MIG configuration.
    ///
    /// A GPU that supports none of them, that is lost or that the caller may not open is left out; `EventSet.registered` has the others.
    ///
    /// Raises:
    ///     NotSupportedError: The driver has no events.
    ///     StaleError: The session was closed.
    #[pyo3(signature = (kinds: "gpushare.enums.EventKinds | int | None" = None))]
    fn watch(&self, py: Python<'_>, kinds: Option<u64>) -> PyResult<EventSet> {
        enter(py, || self.0.watch(self::kinds(kinds)))
    }
}

#[pymethods]
impl Gpu {
    /// The kinds of events that the driver tells of this GPU. A GPU without MIG has no `MIG_CONFIG_CHANGE`.
    ///
    /// Raises:
    ///     GpuLostError: The GPU no longer answers.
    fn supported_events(&self, py: Python<'_>) -> PyResult<EventKinds> {
        enter(py, || self.0.supported_events())
    }
}
