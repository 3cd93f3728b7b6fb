//! Amounts of memory in use, in bytes.

use pyo3::prelude::*;

use crate::value::value;

value! {
    "gpushare",
    /// The memory of a GPU or of a MIG device, in bytes.
    Memory = gpushare::Memory {
        /// All of it, in bytes.
        total: u64,
        /// What is not in use, in bytes.
        free: u64,
        /// What is in use, in bytes. Where `reserved` is `None`, the driver counts its own share here.
        used: u64,
        /// What the driver keeps for itself, in bytes; `None` on drivers that do not tell.
        reserved: Option<u64>,
    }

    #[new]
    #[pyo3(signature = (total, free, used, reserved=None))]
    fn new(total: u64, free: u64, used: u64, reserved: Option<u64>) -> Self {
        use gpushare::Bytes;
        Self(gpushare::Memory { total: Bytes(total), free: Bytes(free), used: Bytes(used), reserved: reserved.map(Bytes) })
    }

    fn __getnewargs__(&self) -> (u64, u64, u64, Option<u64>) {
        (self.total(), self.free(), self.used(), self.reserved())
    }
}

value! {
    "gpushare",
    /// The BAR1 memory of a GPU or of a MIG device, in bytes: the window through which the processor and other devices reach its memory.
    Bar1Memory = gpushare::Bar1Memory {
        /// All of it, in bytes.
        total: u64,
        /// What is not mapped, in bytes.
        free: u64,
        /// What is mapped, in bytes.
        used: u64,
    }

    #[new]
    fn new(total: u64, free: u64, used: u64) -> Self {
        use gpushare::Bytes;
        Self(gpushare::Bar1Memory { total: Bytes(total), free: Bytes(free), used: Bytes(used) })
    }

    fn __getnewargs__(&self) -> (u64, u64, u64) {
        (self.total(), self.free(), self.used())
    }
}
