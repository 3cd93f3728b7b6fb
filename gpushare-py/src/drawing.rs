//! Drawings, which Python makes from what the handles say.

use pyo3::prelude::*;

use crate::handles::gpu::Gpu;

/// The SVG text of GPUs, one below the other.
pub(crate) fn svg(py: Python<'_>, gpus: Vec<Bound<'_, Gpu>>) -> PyResult<String> {
    py.import("gpushare.drawing")?.getattr("svg")?.call1((gpus,))?.extract()
}
