//! What a simulated machine saw, and what it was told to do.

use pyo3::prelude::*;

use crate::convert::{Repr, ToPython};
use crate::enums::NvmlReturn;
use crate::value::hash_of;

/// One call of an NVML function, as a trace shows it. Prints as one would write it:
/// `nvmlDeviceCreateGpuInstance(gpu0, 9, out) = SUCCESS`.
#[pyclass(frozen, eq, module = "gpushare.sim")]
#[derive(Clone, PartialEq)]
pub(crate) struct TracedCall(gpushare_sim::TracedCall);

#[pymethods]
impl TracedCall {
    /// The function.
    #[getter]
    fn symbol(&self) -> String {
        self.0.symbol.clone()
    }

    /// What the caller passed, each as text.
    #[getter]
    fn arguments(&self) -> Vec<String> {
        self.0.arguments.clone()
    }

    /// The code that it returned.
    #[getter]
    fn result(&self) -> NvmlReturn {
        NvmlReturn(self.0.result)
    }

    /// What such a call costs on a real machine, in seconds, where that was recorded.
    #[getter]
    fn cost(&self) -> Option<f64> {
        self.0.cost.map(|cost| cost.as_secs_f64())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<TracedCall {}>", self.0)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__str__())
    }
}

impl ToPython<TracedCall> for gpushare_sim::TracedCall {
    fn to_python(&self) -> TracedCall {
        TracedCall(self.clone())
    }
}

/// A fault that is set, and how far it has counted.
#[pyclass(frozen, eq, module = "gpushare.sim")]
#[derive(Clone, PartialEq)]
pub(crate) struct FaultState(gpushare_sim::FaultState);

#[pymethods]
impl FaultState {
    /// The fault, as `TARGET#N=ACTION`.
    #[getter]
    fn fault(&self) -> String {
        self.0.fault.to_string()
    }

    /// How many calls its target has counted in this process.
    #[getter]
    fn calls(&self) -> u64 {
        self.0.calls
    }

    fn __repr__(&self) -> String {
        format!("<FaultState {} after {} calls>", self.fault().repr(), self.calls())
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }
}

impl ToPython<FaultState> for gpushare_sim::FaultState {
    fn to_python(&self) -> FaultState {
        FaultState(self.clone())
    }
}
