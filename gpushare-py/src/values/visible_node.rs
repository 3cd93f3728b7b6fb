//! What of a node decides which devices a list names.

use pyo3::prelude::*;
use pyo3::types::PyType;

use gpushare::{ComputeInstanceId, GpuInstanceId};

use crate::enter::enter;
use crate::errors::Raise;
use crate::handles::nvml::Nvml;
use crate::value::value;
use crate::values::cuda_devices::CudaDevices;
use crate::values::cuda_rules::CudaRules;
use crate::values::pci::PciAddress;

value! {
    "gpushare", json,
    /// The GPUs and MIG devices of a node, as far as lists of devices depend on them: from `Nvml.visible_node` or made by hand.
    ///
    /// >>> seen = nvml.visible_node().resolve("2,1,9,0")
    /// >>> [device.gpu for device in seen.devices], seen.end.position, seen.end.fault
    /// ([2, 1], 2, EntryFault.NoSuchGpu(gpus=8))
    VisibleNode = gpushare::VisibleNode {
        /// The GPUs.
        gpus: Vec<VisibleGpu>,
    }

    #[new]
    #[pyo3(signature = (gpus))]
    fn new(gpus: Vec<VisibleGpu>) -> Self {
        Self(gpushare::VisibleNode { gpus: gpus.into_iter().map(|gpu| gpu.0).collect() })
    }

    /// The devices that CUDA numbers 0, 1, … in a program with this value of `CUDA_VISIBLE_DEVICES`; `None` where it is not set.
    ///
    /// What is wrong with the value is no error but part of the answer. `VisibleDevices` lists the rules; those that differ between drivers
    /// are `rules`, or else what holds for every driver.
    ///
    /// Raises:
    ///     NotSupportedError: The answer depends on which of several models is the fastest.
    #[pyo3(signature = (value, rules=None))]
    fn resolve(&self, py: Python<'_>, value: Option<&str>, rules: Option<CudaRules>) -> PyResult<CudaDevices> {
        let rules = rules.map(|rules| rules.0).unwrap_or_default();
        self.0.resolve(value, &rules).map(CudaDevices).map_err(|error| error.raise(py))
    }
}

value! {
    "gpushare", json,
    /// A GPU of a `VisibleNode`.
    VisibleGpu = gpushare::VisibleGpu {
        /// The NVML index.
        index: u32,
        /// The UUID.
        uuid: String,
        /// Where it sits on the PCI bus.
        pci_address: PciAddress,
        /// The product name.
        name: String,
        /// Whether MIG is enabled.
        mig_enabled: bool,
        /// The MIG devices, in NVML's order.
        mig_devices: Vec<VisibleMigDevice>,
    }

    #[new]
    #[pyo3(signature = (index, uuid, pci_address, name, mig_enabled=false, mig_devices=Vec::new()))]
    fn new(
        py: Python<'_>,
        index: u32,
        uuid: &str,
        pci_address: PciAddress,
        name: String,
        mig_enabled: bool,
        mig_devices: Vec<VisibleMigDevice>,
    ) -> PyResult<Self> {
        let uuid = uuid.parse().map_err(|error: gpushare::Error| error.raise(py))?;
        let mig_devices = mig_devices.into_iter().map(|device| device.0).collect();
        let pci_address = pci_address.0;
        Ok(Self(gpushare::VisibleGpu { index, uuid, pci_address, name, mig_enabled, mig_devices }))
    }
}

value! {
    "gpushare", json,
    /// A MIG device of a `VisibleGpu`.
    VisibleMigDevice = gpushare::VisibleMigDevice {
        /// The UUID.
        uuid: String,
        /// The id of its GPU instance.
        gpu_instance: u32,
        /// The id of its compute instance.
        compute_instance: u32,
    }

    #[new]
    fn new(py: Python<'_>, uuid: &str, gpu_instance: u32, compute_instance: u32) -> PyResult<Self> {
        Ok(Self(gpushare::VisibleMigDevice {
            uuid: uuid.parse().map_err(|error: gpushare::Error| error.raise(py))?,
            gpu_instance: GpuInstanceId(gpu_instance),
            compute_instance: ComputeInstanceId(compute_instance),
        }))
    }
}

/// Where a list is to be looked up: a node as it is now, or a description of one.
#[derive(FromPyObject)]
pub(crate) enum Node<'py> {
    Now(Bound<'py, Nvml>),
    Described(VisibleNode),
}

impl Node<'_> {
    /// The description, with the rules that hold there unless others are given.
    pub(crate) fn ask(
        self,
        py: Python<'_>,
        rules: Option<CudaRules>,
    ) -> PyResult<(gpushare::VisibleNode, gpushare::CudaRules)> {
        let rules = rules.map(|rules| rules.0);
        match self {
            Self::Described(node) => Ok((node.0, rules.unwrap_or_default())),
            Self::Now(nvml) => {
                let nvml = &nvml.get().0;
                let node: VisibleNode = enter(py, || nvml.visible_node())?;
                let own: CudaRules = enter(py, || nvml.cuda_rules())?;
                Ok((node.0, rules.unwrap_or(own.0)))
            }
        }
    }
}
