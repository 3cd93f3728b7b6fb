//! Where a GPU sits on the PCI bus.

use pyo3::prelude::*;

use crate::errors::Raise;
use crate::value::text_value;

text_value! {
    /// Where a GPU sits on the PCI bus: `PciAddress('00000000:10:1C.0')`.
    ///
    /// Read from `domain:bus:device.function` in hexadecimal; the domain may have four digits or eight.
    ///
    /// >>> gpushare.PciAddress("0000:10:1c.0").bus
    /// 16
    PciAddress = gpushare::PciAddress {
        /// PCI domain.
        domain: u32,
        /// Bus in the domain, 0 to 255.
        bus: u8,
        /// Device on the bus, 0 to 31.
        device: u8,
        /// Function of the device, 0 to 7; 0 on every known GPU.
        function: u8,
    }

    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        text.parse().map(Self).map_err(|error: gpushare::Error| error.raise(py))
    }
}
