//! Amounts of memory: what NVML states in MiB stays in MiB, what it counts in bytes stays in bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of mebibytes (2²⁰ bytes): the unit of MIG profiles and MPS limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mib(pub u64);

impl fmt::Display for Mib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB", self.0)
    }
}

/// A number of bytes: the unit of memory in use.
///
/// ```
/// use gpushare::{Bytes, Mib};
/// assert_eq!(Bytes(644_939_776).to_mib(), Mib(615));
/// assert_eq!(Bytes::from(Mib(2)), Bytes(2_097_152));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// The whole mebibytes in it; a rest is dropped.
    pub fn to_mib(self) -> Mib {
        Mib(self.0 >> 20)
    }
}

impl From<Mib> for Bytes {
    /// Saturates at `u64::MAX` bytes.
    fn from(size: Mib) -> Self {
        Self(size.0.saturating_mul(1 << 20))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B", self.0)
    }
}

/// The memory of a GPU or of a MIG device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Memory {
    /// All of it.
    pub total: Bytes,
    /// What is not in use.
    pub free: Bytes,
    /// What is in use. Where `reserved` is `None`, the driver counts its own share here.
    pub used: Bytes,
    /// What the driver keeps for itself; `None` on drivers that do not tell.
    pub reserved: Option<Bytes>,
}

/// The BAR1 memory of a GPU or of a MIG device: the window through which the processor and other devices reach its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar1Memory {
    /// All of it.
    pub total: Bytes,
    /// What is not mapped.
    pub free: Bytes,
    /// What is mapped.
    pub used: Bytes,
}
