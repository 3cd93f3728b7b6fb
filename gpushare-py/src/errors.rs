//! Errors as exceptions: the class says what the caller can do, the attributes what the Rust error holds.

use std::convert::Infallible;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTypeInfo, import_exception};

use gpushare::{Error, ErrorKind, Infeasible, TimeSliceError};

use crate::convert::{Repr, ToPython};
use crate::enums::{MigModeNeed, NvmlReturn};
use crate::mps;
use crate::values::cuda_devices::EntryFault;
use crate::values::infeasible;
use crate::values::target::{Holder, Target};

import_exception!(gpushare.exceptions, DriverError);
import_exception!(gpushare.exceptions, DriverTimeoutError);
import_exception!(gpushare.exceptions, GpuLostError);
import_exception!(gpushare.exceptions, GpuShareError);
import_exception!(gpushare.exceptions, InUseError);
import_exception!(gpushare.exceptions, InfeasibleError);
import_exception!(gpushare.exceptions, InsufficientResourcesError);
import_exception!(gpushare.exceptions, InvalidArgumentError);
import_exception!(gpushare.exceptions, NoDriverError);
import_exception!(gpushare.exceptions, NoPermissionError);
import_exception!(gpushare.exceptions, NotFoundError);
import_exception!(gpushare.exceptions, NotSupportedError);
import_exception!(gpushare.exceptions, ResetRequiredError);
import_exception!(gpushare.exceptions, SimulatorError);
import_exception!(gpushare.exceptions, StaleError);
import_exception!(gpushare.exceptions, UninitializedError);

/// An error that becomes an exception.
pub(crate) trait Raise {
    fn raise(self, py: Python<'_>) -> PyErr;
}

fn class(py: Python<'_>, kind: ErrorKind) -> Bound<'_, PyAny> {
    match kind {
        ErrorKind::NoDriver => NoDriverError::type_object(py),
        ErrorKind::Uninitialized => UninitializedError::type_object(py),
        ErrorKind::NotSupported => NotSupportedError::type_object(py),
        ErrorKind::NoPermission => NoPermissionError::type_object(py),
        ErrorKind::InvalidArgument => InvalidArgumentError::type_object(py),
        ErrorKind::NotFound => NotFoundError::type_object(py),
        ErrorKind::Stale => StaleError::type_object(py),
        ErrorKind::InUse => InUseError::type_object(py),
        ErrorKind::InsufficientResources => InsufficientResourcesError::type_object(py),
        ErrorKind::Infeasible => InfeasibleError::type_object(py),
        ErrorKind::ResetRequired => ResetRequiredError::type_object(py),
        ErrorKind::GpuLost => GpuLostError::type_object(py),
        ErrorKind::Timeout => DriverTimeoutError::type_object(py),
        ErrorKind::Driver => DriverError::type_object(py),
        _ => GpuShareError::type_object(py),
    }
    .into_any()
}

/// The class of the exceptions of one kind, where it is data itself.
#[derive(Clone, PartialEq)]
pub(crate) struct ErrorClass(ErrorKind);

impl ToPython<ErrorClass> for ErrorKind {
    fn to_python(&self) -> ErrorClass {
        ErrorClass(*self)
    }
}

impl<'py> IntoPyObject<'py> for ErrorClass {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = Infallible;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_subscript!(
        pyo3::type_hint_identifier!("builtins", "type"),
        pyo3::type_hint_identifier!("gpushare.exceptions", "GpuShareError")
    );

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(class(py, self.0))
    }
}

impl Repr for ErrorClass {
    fn repr(&self) -> String {
        let name = |py: Python<'_>| class(py, self.0).getattr("__name__")?.extract();
        Python::attach(name).unwrap_or_else(|_: PyErr| format!("{:?}", self.0))
    }
}

/// The attributes that only some errors have.
fn details(error: &Error, to: &Bound<'_, PyDict>) -> PyResult<()> {
    let py = to.py();
    match error {
        Error::LibraryNotFound(load) => {
            let tried: Vec<_> =
                load.tried.iter().map(|attempt| (attempt.path.clone(), attempt.reason.clone())).collect();
            to.set_item("tried", tried)
        }
        Error::UnexpectedAnswer { answer, .. } => to.set_item("answer", answer),
        Error::InUse { by, .. } | Error::ResetFailed { by, .. } => {
            to.set_item::<_, Vec<Holder>>("holders", by.to_python())
        }
        Error::PlacementTaken { placement, with, taken, .. } => {
            to.set_item("placement", placement.to_string())?;
            to.set_item("taken_by", with.0)?;
            to.set_item("taken", taken.to_string())
        }
        Error::ComputePlacementTaken { placement, with, taken, .. } => {
            to.set_item("placement", placement.to_string())?;
            to.set_item("taken_by", with.0)?;
            to.set_item("taken", taken.to_string())
        }
        Error::NoRoom { profile, .. } => to.set_item("profile", profile),
        Error::ImpossiblePlacement { profile, placement, possible, .. } => {
            to.set_item("profile", profile)?;
            to.set_item("placement", placement)?;
            to.set_item("possible", possible)
        }
        Error::UnknownProfile { profile, available, .. } => {
            to.set_item("name", profile)?;
            to.set_item("available", available)
        }
        Error::UnknownConfig { name, available } => {
            to.set_item("name", name)?;
            to.set_item("available", available)
        }
        Error::InfeasibleLayout { layout, reason, .. } => {
            to.set_item("layout", layout)?;
            to.set_item("reason", infeasible::Infeasible::from(&**reason))
        }
        Error::PlanOutdated { now, .. } => to.set_item("now", now),
        Error::ApplyFailed { failed, restored, .. } => {
            details(failed, to)?;
            to.set_item("restored", restored.is_ok())?;
            restored.as_ref().map_or_else(|stuck| to.set_item("restore_error", value(stuck, py)?), |()| Ok(()))
        }
        Error::MigModePending { wanted, needs, by, .. } => {
            to.set_item::<_, Vec<Holder>>("holders", by.to_python())?;
            to.set_item("wanted", wanted)?;
            let needs: MigModeNeed = needs.to_python();
            to.set_item("needs", needs)
        }
        Error::InvalidProfileName { text }
        | Error::InvalidLayout { text, .. }
        | Error::InvalidText { text, .. }
        | Error::InvalidUuid { text, .. }
        | Error::InvalidPciAddress { text }
        | Error::InvalidDeviceOrder { text }
        | Error::InvalidPlacementText { text } => to.set_item("text", text),
        Error::InvalidVisibleDevices { variable, position, entry, fault } => {
            to.set_item("variable", variable)?;
            to.set_item("position", position)?;
            to.set_item("entry", entry)?;
            let fault: EntryFault = fault.to_python();
            to.set_item("fault", fault)
        }
        Error::InvalidConfig { line, .. } => to.set_item("line", line),
        Error::File { path, .. } => to.set_item("path", path),
        Error::Mps(error) => mps::errors::details(error, to),
        Error::TimeSlice(error) => time_slice(error, to),
        _ => Ok(()),
    }
}

/// What the errors of time-slicing hold.
fn time_slice(error: &TimeSliceError, to: &Bound<'_, PyDict>) -> PyResult<()> {
    match error {
        TimeSliceError::ProgramNotFound { tried } => {
            let tried: Vec<_> = tried.iter().map(|path| (path.clone(), "not a program")).collect();
            to.set_item("tried", tried)
        }
        TimeSliceError::InvalidProgram { program }
        | TimeSliceError::Program { program, .. }
        | TimeSliceError::Late { program, .. }
        | TimeSliceError::NotConfirmed { program, .. } => to.set_item("nvidia_smi", program),
        TimeSliceError::Refused { program, status, output, .. } => {
            to.set_item("nvidia_smi", program)?;
            to.set_item("exit_status", status)?;
            to.set_item("output", output)
        }
        TimeSliceError::UnknownOutput { program, output, .. } => {
            to.set_item("nvidia_smi", program)?;
            to.set_item("output", output)
        }
        _ => Ok(()),
    }
}

/// The exception of an error; that of a failed apply has the step's own as its cause.
fn value<'py>(error: &Error, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
    let attributes = PyDict::new(py);
    let target: Option<Target> = error.target().to_python();
    let code: Option<NvmlReturn> = error.nvml_return().to_python();
    attributes.set_item("call", error.call().map(|call| call.name()))?;
    attributes.set_item("target", target)?;
    attributes.set_item("nvml_return", code)?;
    details(error, &attributes)?;
    let class = match error {
        Error::Mps(error) => mps::errors::class(py, error),
        _ => class(py, error.kind()),
    };
    let made = class.call((error.to_string(),), Some(&attributes))?;
    if let Error::ApplyFailed { failed, .. } = error {
        made.setattr("__cause__", value(failed, py)?)?;
    }
    Ok(made)
}

impl Raise for Error {
    fn raise(self, py: Python<'_>) -> PyErr {
        value(&self, py).map_or_else(|broken| broken, PyErr::from_value)
    }
}

impl<T> Raise for gpushare::DestroyError<T> {
    fn raise(self, py: Python<'_>) -> PyErr {
        self.error.raise(py)
    }
}

impl Raise for Infeasible {
    fn raise(self, py: Python<'_>) -> PyErr {
        let raise = || {
            let attributes = PyDict::new(py);
            attributes.set_item("reason", infeasible::Infeasible::from(&self))?;
            InfeasibleError::type_object(py).call((self.to_string(),), Some(&attributes))
        };
        raise().map_or_else(|broken| broken, PyErr::from_value)
    }
}

impl Raise for gpushare_sim::StartError {
    fn raise(self, _py: Python<'_>) -> PyErr {
        match &self {
            Self::Config(_) => PyValueError::new_err(self.to_string()),
            _ => SimulatorError::new_err(self.to_string()),
        }
    }
}

impl Raise for gpushare_sim::ControlError {
    fn raise(self, _py: Python<'_>) -> PyErr {
        SimulatorError::new_err(self.to_string())
    }
}

impl Raise for gpushare_sim::FaultError {
    fn raise(self, _py: Python<'_>) -> PyErr {
        PyValueError::new_err(self.to_string())
    }
}

impl Raise for PyErr {
    fn raise(self, _py: Python<'_>) -> PyErr {
        self
    }
}

pub(crate) fn invalid_json(error: &serde_json::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn closed() -> PyErr {
    PyRuntimeError::new_err("the simulated machine is closed")
}
