//! Texts that never change.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

/// A text that never changes, made at its first use: Python gets the same object each time.
pub(crate) struct Text(PyOnceLock<Py<PyString>>);

impl Text {
    pub(crate) fn get<'py>(&self, py: Python<'py>, make: impl FnOnce() -> String) -> Bound<'py, PyString> {
        self.0.get_or_init(py, || PyString::new(py, &make()).unbind()).bind(py).clone()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(PyOnceLock::new())
    }
}

impl Clone for Text {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What is kept of a handle says nothing of what it names.
impl PartialEq for Text {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
