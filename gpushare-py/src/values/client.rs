//! Who uses a GPU.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::value::value;

value! {
    "gpushare", json,
    /// A process that uses a GPU or a part of it.
    GpuClient = gpushare::GpuClient {
        /// Its process id, as the driver sees it.
        pid: u32,
        /// Its name; `None` where the driver does not tell.
        name: Option<String>,
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
