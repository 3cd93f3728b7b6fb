//! The one way from Python into what may reach the driver.

use pyo3::prelude::*;

use crate::convert::ToPython;
use crate::errors::Raise;

/// Does something without holding the interpreter, so that other Python threads run meanwhile; an error becomes an exception.
pub(crate) fn enter<T, P, E>(py: Python<'_>, work: impl FnOnce() -> Result<T, E> + Send) -> PyResult<P>
where
    T: ToPython<P> + Send,
    E: Raise + Send,
{
    match py.detach(work) {
        Ok(made) => Ok(made.to_python()),
        Err(error) => Err(error.raise(py)),
    }
}
