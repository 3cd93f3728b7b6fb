//! A snapshot of a whole node.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use crate::convert::ToPython;
use crate::errors::Raise;
use crate::value::value;
use crate::values::snapshot::change::Change;
use crate::values::snapshot::columns::columns;
use crate::values::snapshot::gpu::GpuSnapshot;
use crate::values::snapshot::mps::MpsDaemonSnapshot;
use crate::values::visible_node::VisibleNode;

value! {
    "gpushare", json,
    /// What is on a node, who is on it and what is free, at one moment. Plain data: it can be kept, sent, compared, and needs no driver.
    ///
    /// It is consistent: while it was taken, no GPU was divided anew. `Nvml.snapshot` takes one; whoever wants one after the other takes them
    /// from an `Observer`, which asks the driver only for what may have changed. Prints as a paragraph for each GPU.
    ///
    /// The lists are made anew each time that they are asked for: keep those that are used often.
    ///
    /// >>> before = nvml.snapshot()
    /// >>> applied = gpu.apply_layout("4g.20gb, 3g.20gb", directory=folder)
    /// >>> after = nvml.snapshot()
    /// >>> [(device.name, device.memory.total >> 20) for device in after.gpus[0].mig_devices]
    /// [('3g.20gb', 20096), ('4g.20gb', 20096)]
    /// >>> print(before.changes_to(after)[0])
    /// GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9: MIG enabled, was disabled
    /// >>> gpushare.Snapshot.from_json(after.to_json()) == after
    /// True
    Snapshot = Arc<gpushare::Snapshot> {
        /// The form of its JSON, a number. Members that are added leave it as it is; it grows when one is renamed, removed or changes its
        /// meaning, and JSON of another form is refused.
        schema: u32,
        /// The driver's version, such as `580.126.09`.
        driver_version: String,
        /// The GPUs, in NVML's order.
        gpus: Vec<GpuSnapshot>,
        /// The MPS daemons that have servers on them.
        mps_daemons: Vec<MpsDaemonSnapshot>,
    }

    /// The GPU with a UUID; `None` where there is none.
    ///
    /// Raises:
    ///     InvalidArgumentError: The text is not the UUID of a GPU.
    fn gpu(&self, py: Python<'_>, uuid: &str) -> PyResult<Option<GpuSnapshot>> {
        let uuid = uuid.parse().map_err(|error: gpushare::Error| error.raise(py))?;
        Ok(self.0.gpu(&uuid).map(ToPython::to_python))
    }

    /// What changed from this snapshot to a later one: per GPU, what is gone before what is new. Empty where nothing did; how busy a GPU is,
    /// how much memory a process has and what was not told are no changes.
    fn changes_to(&self, later: &Self) -> Vec<Change> {
        self.0.changes_to(&later.0).to_python()
    }

    /// The part of it that decides which devices `CUDA_VISIBLE_DEVICES` names. GPUs whose PCI address is not known are left out: CUDA does
    /// not see those either.
    fn visible_node(&self) -> VisibleNode {
        self.0.visible_node().to_python()
    }

    /// One table of it as columns, each a list, which data frames take: `pandas.DataFrame(snapshot.columns("processes"))`.
    ///
    /// `gpus`, `mig_devices` and `processes` have a row for each, `capacity` has one for each GPU-instance profile of each GPU in MIG mode.
    /// The names of the columns have the units. What is not there or was not told is `None`. With `names`, only those are made, which
    /// takes less time.
    ///
    /// Raises:
    ///     ValueError: There is no such table, or no such column in it.
    ///
    /// >>> machine.add_process(1, 4711, used_memory=1 << 30)
    /// >>> columns = nvml.snapshot().columns("processes")
    /// >>> columns["gpu_index"], columns["pid"], columns["used_memory_bytes"], columns["mig_uuid"]
    /// ([1], [4711], [1073741824], [None])
    /// >>> nvml.snapshot().columns("processes", ["pid", "gpu_index"])
    /// {'gpu_index': [1], 'pid': [4711]}
    #[pyo3(signature = (
        table: "typing.Literal['gpus', 'mig_devices', 'processes', 'capacity']",
        names: "typing.Sequence[str] | None" = None
    ) -> "dict[str, list[typing.Any]]")]
    fn columns<'py>(&self, py: Python<'py>, table: &str, names: Option<Vec<String>>) -> PyResult<Bound<'py, PyDict>> {
        columns(py, &self.0, table, names.as_deref())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

impl ToPython<u32> for gpushare::SnapshotSchema {
    fn to_python(&self) -> u32 {
        (*self).into()
    }
}
