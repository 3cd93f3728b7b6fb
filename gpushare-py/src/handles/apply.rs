//! Carrying out plans.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;

use gpushare::{ApplyOptions, Reset};

use crate::convert::ToPython;
use crate::enter::enter;
use crate::handles::mig_device::MigDevice;

/// What came of a plan that was carried out.
#[pyclass(frozen, module = "gpushare")]
pub(crate) struct Applied(gpushare::Applied);

#[pymethods]
impl Applied {
    /// The MIG devices that were made.
    #[getter]
    fn made(&self) -> Vec<MigDevice> {
        self.0.made.to_python()
    }

    /// The MIG devices that were there before and stay.
    #[getter]
    fn kept(&self) -> Vec<MigDevice> {
        self.0.kept.to_python()
    }

    /// The UUIDs of the MIG devices that are gone.
    #[getter]
    fn destroyed(&self) -> Vec<String> {
        self.0.destroyed.to_python()
    }

    fn __repr__(&self) -> String {
        format!(
            "<Applied: {} made, {} kept, {} destroyed>",
            self.0.made.len(),
            self.0.kept.len(),
            self.0.destroyed.len()
        )
    }
}

impl ToPython<Applied> for gpushare::Applied {
    fn to_python(&self) -> Applied {
        Applied(self.clone())
    }
}

/// What the reset function raised.
type Raised = Arc<Mutex<Option<PyErr>>>;

/// How to carry out a plan.
pub(crate) struct Options {
    rust: ApplyOptions,
    raised: Raised,
}

impl Options {
    pub(crate) fn new(
        directory: Option<PathBuf>,
        journal: bool,
        replan: bool,
        reset: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let raised = Raised::default();
        let mut rust = ApplyOptions::new();
        rust.journal = journal;
        rust.replan = replan;
        if let Some(directory) = directory {
            rust.directory = directory;
        }
        rust.reset = match reset {
            None => Reset::Never,
            Some(function) if function.is_callable() => by(function.unbind(), Arc::clone(&raised)),
            Some(word) if word.extract::<&str>().is_ok_and(|word| word == "nvidia-smi") => Reset::NvidiaSmi,
            Some(other) => {
                let text = format!("reset is {}; expected None, 'nvidia-smi' or a function of a GPU", other.repr()?);
                return Err(PyTypeError::new_err(text));
            }
        };
        Ok(Self { rust, raised })
    }

    /// Does it, and says what the reset function raised: as the cause of the error, or itself where it is no error, as Ctrl-C.
    pub(crate) fn carry_out<T, P>(
        self,
        py: Python<'_>,
        work: impl FnOnce(&ApplyOptions) -> gpushare::Result<T> + Send,
    ) -> PyResult<P>
    where
        T: ToPython<P> + Send,
    {
        let Self { rust, raised } = self;
        enter(py, || work(&rust)).map_err(|error| {
            let Some(reason) = raised.lock().unwrap_or_else(PoisonError::into_inner).take() else { return error };
            if !reason.is_instance_of::<PyException>(py) {
                return reason;
            }
            innermost(py, &error).set_cause(py, Some(reason));
            error
        })
    }
}

/// The error at the end of the chain of causes, which is that of the step itself.
fn innermost(py: Python<'_>, error: &PyErr) -> PyErr {
    let mut last = error.clone_ref(py);
    while let Some(cause) = last.cause(py) {
        last = cause;
    }
    last
}

fn by(function: Py<PyAny>, raised: Raised) -> Reset {
    Reset::By(Arc::new(move |gpu| {
        Python::attach(|py| match function.call1(py, (gpu.to_python(),)) {
            Ok(_) => Ok(()),
            Err(error) => {
                let text = error.to_string();
                *raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Err(text.into())
            }
        })
    }))
}
