//! The MIG mode, and the version of CUDA.

use pyo3::prelude::*;

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
