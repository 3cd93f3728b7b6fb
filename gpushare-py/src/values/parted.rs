//! Files of NVIDIA's `nvidia-mig-parted`.

use std::collections::BTreeMap;

use pyo3::prelude::*;

use gpushare::MigPartedDevices;

use crate::convert::{Repr, ToPython};
use crate::enter::enter;
use crate::errors::Raise;
use crate::handles::gpu::Gpu;
use crate::value::{hash_of, text_value};
use crate::values::layout::Layout;

text_value! {
    /// A configuration of `nvidia-mig-parted`, made from the text of its YAML file: named layouts for the GPUs of a node.
    ///
    /// Reading refuses what could not be honoured, with the line; `str` gives back the same configurations.
    ///
    /// Raises:
    ///     InvalidArgumentError: With the `line` that cannot be honoured.
    ///
    /// >>> config = gpushare.MigPartedConfig('''
    /// ... version: v1
    /// ... mig-configs:
    /// ...   mixed:
    /// ...     - devices: [0]
    /// ...       mig-enabled: true
    /// ...       mig-devices: {1g.5gb: 2, 1c.3g.20gb: 3}
    /// ... ''')
    /// >>> str(config.layout("mixed", gpu))
    /// '2x1g.5gb, 3g.20gb[3x1c]'
    MigPartedConfig = gpushare::MigPartedConfig {}

    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        text.parse().map(Self).map_err(|error: gpushare::Error| error.raise(py))
    }

    /// The configurations by name. For a GPU, the first entry counts that is meant for it.
    #[getter]
    fn configs(&self) -> BTreeMap<String, Vec<MigPartedEntry>> {
        self.0.configs.iter().map(|(name, entries)| (name.clone(), entries.to_python())).collect()
    }

    /// The layout that the configuration of this name wants of a GPU; `None` where it does not speak of that GPU.
    ///
    /// Raises:
    ///     NotFoundError: There is no such name; `available` lists those that there are.
    fn layout(&self, py: Python<'_>, name: &str, gpu: &Gpu) -> PyResult<Option<Layout>> {
        enter(py, || self.0.layout(name, &gpu.0))
    }
}

/// What a configuration wants of some GPUs.
#[pyclass(frozen, eq, module = "gpushare")]
#[derive(Clone, PartialEq)]
pub(crate) struct MigPartedEntry(gpushare::MigPartedEntry);

#[pymethods]
impl MigPartedEntry {
    /// The models it is for, by the 32 bits of PCI device and vendor, such as 0x20B010DE; `None` for all.
    #[getter]
    fn device_filter(&self) -> Option<Vec<u32>> {
        self.0.device_filter.as_ref().map(|filter| filter.models.clone())
    }

    /// The NVML indices of the GPUs it is for; `None` for all.
    #[getter]
    fn devices(&self) -> Option<Vec<u32>> {
        match &self.0.devices {
            MigPartedDevices::All => None,
            MigPartedDevices::Indices(indices) => Some(indices.clone()),
        }
    }

    /// Whether MIG is enabled.
    #[getter]
    fn mig_enabled(&self) -> bool {
        self.0.mig_enabled
    }

    /// How many MIG devices of each profile name.
    #[getter]
    fn mig_devices(&self) -> BTreeMap<String, u32> {
        self.0.mig_devices.iter().map(|(name, count)| (name.to_string(), *count)).collect()
    }

    /// The entry as a layout. Compute instances that are parts of equal GPU instances share as few of those as hold them.
    ///
    /// Raises:
    ///     InvalidArgumentError: A compute instance is larger than its GPU instance.
    fn layout(&self, py: Python<'_>) -> PyResult<Layout> {
        self.0.layout().map(Layout).map_err(|error| error.raise(py))
    }

    /// Whether the entry is meant for the GPU with this index and these 32 bits of PCI device and vendor.
    fn is_for(&self, index: u32, pci_device_id: u32) -> bool {
        self.0.is_for(index, pci_device_id)
    }

    fn __repr__(&self) -> String {
        self.repr()
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }
}

impl Repr for MigPartedEntry {
    fn repr(&self) -> String {
        let devices: Vec<_> =
            self.mig_devices().iter().map(|(name, count)| format!("{}: {count}", name.repr())).collect();
        format!(
            "MigPartedEntry(device_filter={}, devices={}, mig_enabled={}, mig_devices={{{}}})",
            self.device_filter().repr(),
            self.devices().repr(),
            self.mig_enabled().repr(),
            devices.join(", ")
        )
    }
}

impl ToPython<MigPartedEntry> for gpushare::MigPartedEntry {
    fn to_python(&self) -> MigPartedEntry {
        MigPartedEntry(self.clone())
    }
}
