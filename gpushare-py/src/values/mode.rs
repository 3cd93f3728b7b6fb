//! The MIG mode, and the version of CUDA.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::value::value;

value! {
    "gpushare",
    /// The MIG mode of a GPU: what it is, and what it will be after the next reset.
    MigMode = gpushare::MigMode {
        /// Whether MIG is enabled now.
        current: bool,
        /// Whether it will be after a reset.
        pending: bool,
    }

    #[new]
    fn new(current: bool, pending: bool) -> Self {
        Self(gpushare::MigMode { current, pending })
    }

    fn __getnewargs__(&self) -> (bool, bool) {
        (self.current(), self.pending())
    }

    /// Whether a change waits to take effect.
    #[getter]
    fn is_pending(&self) -> bool {
        self.0.is_pending()
    }
}

impl MigMode {
    /// The one object of this mode: there are only four, and to make one takes longer than to ask the driver.
    pub(crate) fn shared(self, py: Python<'_>) -> PyResult<Bound<'_, Self>> {
        static MODES: [PyOnceLock<Py<MigMode>>; 4] = [const { PyOnceLock::new() }; 4];
        let at = usize::from(self.0.current) << 1 | usize::from(self.0.pending);
        MODES[at].get_or_try_init(py, || Py::new(py, self)).map(|mode| mode.bind(py).clone())
    }
}
