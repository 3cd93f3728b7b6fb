//! The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use gpushare as rust;

use crate::convert::{Repr, ToPython};
use crate::enums::{enum_argument, python_enum};
use crate::value::value;

python_enum!(DeviceOrder(&'static str), MigEnumeration(&'static str));

enum_argument! {
    OrderArgument(rust::DeviceOrder) of "DeviceOrder" {
        "FASTEST_FIRST" => rust::DeviceOrder::FastestFirst,
        "PCI_BUS_ID" => rust::DeviceOrder::PciBusId,
    }
    MigArgument(rust::MigEnumeration) of "MigEnumeration" {
        "one_per_process" => rust::MigEnumeration::OnePerProcess,
        "one_per_gpu_instance" => rust::MigEnumeration::OnePerGpuInstance,
    }
}

impl ToPython<DeviceOrder> for rust::DeviceOrder {
    fn to_python(&self) -> DeviceOrder {
        DeviceOrder(match self {
            Self::FastestFirst => "FASTEST_FIRST",
            Self::PciBusId => "PCI_BUS_ID",
        })
    }
}

impl ToPython<MigEnumeration> for rust::MigEnumeration {
    fn to_python(&self) -> MigEnumeration {
        MigEnumeration(match self {
            Self::OnePerGpuInstance => "one_per_gpu_instance",
            _ => "one_per_process",
        })
    }
}

impl Repr for DeviceOrder {
    fn repr(&self) -> String {
        format!("DeviceOrder.{}", self.0)
    }
}

impl Repr for MigEnumeration {
    fn repr(&self) -> String {
        format!("MigEnumeration.{}", self.0.to_uppercase())
    }
}

value! {
    "gpushare", json,
    /// The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`. Without arguments, those that hold for every driver.
    ///
    /// >>> gpushare.CudaRules.of_driver("580.126.09").mig
    /// MigEnumeration.ONE_PER_GPU_INSTANCE
    CudaRules = gpushare::CudaRules {
        /// The order in which GPUs are numbered.
        order: DeviceOrder,
        /// How many MIG devices a process is given.
        mig: MigEnumeration,
    }

    #[new]
    #[pyo3(signature = (
        order: "gpushare.enums.DeviceOrder | None" = None,
        mig: "gpushare.enums.MigEnumeration | None" = None
    ))]
    fn new(order: Option<OrderArgument>, mig: Option<MigArgument>) -> Self {
        let rules = gpushare::CudaRules::default();
        Self(rules.order(order.map_or(rules.order, |order| order.0)).mig(mig.map_or(rules.mig, |mig| mig.0)))
    }

    /// The rules of a driver by its version, where `CUDA_DEVICE_ORDER` is not set.
    #[staticmethod]
    fn of_driver(version: &str) -> Self {
        Self(gpushare::CudaRules::of_driver(version))
    }
}
