//! `NVIDIA_VISIBLE_DEVICES`: which devices a container is given.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::text_value;
use crate::values::cuda_devices::CudaDevice;
use crate::values::visible_node::Node;

text_value! {
    /// A value of `NVIDIA_VISIBLE_DEVICES`, which the NVIDIA Container Toolkit reads when it starts a container: `void`, `none`, `all`, or
    /// GPUs by index, UUID or PCI address and MIG devices by UUID or by the index of their GPU and their place on it, as `0:1`.
    ///
    /// Unlike CUDA, the toolkit takes whole UUIDs alone, refuses a list with an unknown entry, and gives a device that is named twice once.
    ///
    /// Raises:
    ///     InvalidArgumentError: No node could have such an entry; `position`, `entry` and `fault` say which and why.
    ///
    /// >>> value = gpushare.NvidiaVisibleDevices("1, 2,,1")
    /// >>> str(value), [device.gpu for device in value.resolve(nvml)]
    /// ('1,2,1', [1, 2])
    NvidiaVisibleDevices = gpushare::NvidiaVisibleDevices {}

    #[new]
    fn new(py: Python<'_>, value: &str) -> PyResult<Self> {
        value.parse().map(Self).map_err(|error: gpushare::Error| error.raise(py))
    }

    /// The value that a text is.
    ///
    /// Raises:
    ///     InvalidArgumentError: As of the class.
    #[classmethod]
    fn parse(_class: &Bound<'_, PyType>, py: Python<'_>, value: &str) -> PyResult<Self> {
        Self::new(py, value)
    }

    /// The entries as the toolkit reads them; a word such as `all` is the only one.
    #[getter]
    fn entries(&self) -> Vec<String> {
        self.0.to_string().split(',').map(str::to_owned).collect()
    }

    /// The devices that a container is given, each once, in the order of the list. `all` is every GPU and every MIG device.
    ///
    /// Raises:
    ///     NotFoundError: An entry is no device of the node; `position`, `entry` and `fault` say which and why.
    #[pyo3(signature = (node: "Nvml | VisibleNode"))]
    fn resolve(&self, py: Python<'_>, node: Node<'_>) -> PyResult<Vec<CudaDevice>> {
        let (node, _) = node.ask(py, None)?;
        self.0.resolve(&node).map(|devices| devices.to_python()).map_err(|error| error.raise(py))
    }
}
