//! Limits of MPS clients, as values that the daemon can hold.
//!
//! The daemon takes what it does not understand for something else, or for nothing, and says so only in its log; these types have no
//! such value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mps::error::MpsError;
use crate::units::Mib;

/// The share of a GPU's SMs that a client may use at most: more than 0 and up to 100 percent, in tenths.
///
/// It is a cap and no reservation: clients may share an SM. NVIDIA: `CUDA_MPS_ACTIVE_THREAD_PERCENTAGE`.
///
/// ```
/// use gpushare::ActiveThreadPercentage;
/// let share = ActiveThreadPercentage::new(12.5)?;
/// assert_eq!(share.to_string(), "12.5");
/// assert_eq!(ActiveThreadPercentage::new(30.0)?.multiprocessors(132), 38);
/// assert!(ActiveThreadPercentage::new(101.0).is_err());
/// # Ok::<(), gpushare::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct ActiveThreadPercentage {
    tenths: u16,
}

impl ActiveThreadPercentage {
    /// All SMs: what holds where nothing was set.
    pub const FULL: Self = Self { tenths: 1000 };

    /// # Errors
    ///
    /// [`MpsError::InvalidLimit`] for what is not more than 0 and up to 100, and for more than one decimal, which the daemon would drop.
    pub fn new(percent: f64) -> Result<Self, MpsError> {
        let tenths = percent * 10.0;
        let whole = tenths.round();
        // 12.3 has no exact double; 12.34 is far from any tenth.
        match (1.0..=1000.0).contains(&whole) && (tenths - whole).abs() < 1e-6 {
            true => Ok(Self { tenths: whole as u16 }),
            false => Err(Self::invalid(percent.to_string())),
        }
    }

    fn invalid(value: String) -> MpsError {
        let (what, allowed) = ("an active thread percentage", "more than 0 and up to 100, with one decimal");
        MpsError::InvalidLimit { value, what, allowed }
    }

    /// The percentage.
    pub fn percent(self) -> f64 {
        f64::from(self.tenths) / 10.0
    }

    /// The SMs that a client gets of a GPU with `total`: an even number, rounded down, and 8 at the least.
    ///
    /// Measured on Hopper with 132 SMs; other architectures may round otherwise.
    pub fn multiprocessors(self, total: u32) -> u32 {
        let pairs = u64::from(total) * u64::from(self.tenths) / 2000;
        (2 * pairs).max(8).min(total.into()) as u32
    }
}

impl fmt::Display for ActiveThreadPercentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenths % 10 {
            0 => write!(f, "{}", self.tenths / 10),
            tenth => write!(f, "{}.{tenth}", self.tenths / 10),
        }
    }
}

impl FromStr for ActiveThreadPercentage {
    type Err = MpsError;

    fn from_str(text: &str) -> Result<Self, MpsError> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let percent = plain.then(|| text.parse().ok()).flatten();
        percent.and_then(|percent| Self::new(percent).ok()).ok_or_else(|| Self::invalid(format!("{text:?}")))
    }
}

impl TryFrom<f64> for ActiveThreadPercentage {
    type Error = MpsError;

    fn try_from(percent: f64) -> Result<Self, MpsError> {
        Self::new(percent)
    }
}

impl From<ActiveThreadPercentage> for f64 {
    fn from(share: ActiveThreadPercentage) -> Self {
        share.percent()
    }
}

/// How much memory of a GPU the allocations of a client may take: whole mebibytes, 1 at the least.
///
/// NVIDIA: `CUDA_MPS_PINNED_DEVICE_MEM_LIMIT`. The daemon shows what is a GiB or more in whole GiB, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Mib", into = "Mib")]
pub struct PinnedDeviceMemoryLimit(Mib);

impl PinnedDeviceMemoryLimit {
    /// More than any GPU has, and less than what makes the daemon's number wrap.
    const MOST: Mib = Mib(1 << 24);

    /// # Errors
    ///
    /// [`MpsError::InvalidLimit`] for 0, which would remove the limit, and for more than 16 TiB.
    pub fn new(size: Mib) -> Result<Self, MpsError> {
        match (Mib(1)..=Self::MOST).contains(&size) {
            true => Ok(Self(size)),
            false => Err(MpsError::InvalidLimit {
                value: size.to_string(),
                what: "a pinned device memory limit",
                allowed: "1 MiB to 16777216 MiB",
            }),
        }
    }

    /// The size.
    pub fn mib(self) -> Mib {
        self.0
    }

    /// How the daemon shows it: all that it can be confirmed by.
    pub(crate) fn shown(self) -> String {
        match self.0.0 {
            small @ ..1024 => format!("{small}M"),
            large => format!("{}G", large / 1024),
        }
    }
}

impl fmt::Display for PinnedDeviceMemoryLimit {
    /// As the daemon and `CUDA_MPS_PINNED_DEVICE_MEM_LIMIT` take it: `1536M`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}M", self.0.0)
    }
}

impl TryFrom<Mib> for PinnedDeviceMemoryLimit {
    type Error = MpsError;

    fn try_from(size: Mib) -> Result<Self, MpsError> {
        Self::new(size)
    }
}

impl From<PinnedDeviceMemoryLimit> for Mib {
    fn from(limit: PinnedDeviceMemoryLimit) -> Self {
        limit.0
    }
}

/// A GPU as an MPS daemon numbers it, 0 to 31: by its place among the devices that the daemon sees, so 0 where it sees one alone.
///
/// Limits are set by this number and never by UUID, which drivers before 580 take for GPU 0 and wipe its limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct MpsDeviceOrdinal(u8);

impl MpsDeviceOrdinal {
    /// # Errors
    ///
    /// [`MpsError::InvalidLimit`] above 31.
    pub fn new(ordinal: u32) -> Result<Self, MpsError> {
        match u8::try_from(ordinal) {
            Ok(small @ ..=31) => Ok(Self(small)),
            _ => Err(MpsError::InvalidLimit {
                value: ordinal.to_string(),
                what: "a device ordinal of MPS",
                allowed: "0 to 31",
            }),
        }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.into()
    }
}

impl fmt::Display for MpsDeviceOrdinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u32> for MpsDeviceOrdinal {
    type Error = MpsError;

    fn try_from(ordinal: u32) -> Result<Self, MpsError> {
        Self::new(ordinal)
    }
}

impl From<MpsDeviceOrdinal> for u32 {
    fn from(ordinal: MpsDeviceOrdinal) -> Self {
        ordinal.get()
    }
}

/// How urgent the work of a client is to the GPU. NVIDIA: `CUDA_MPS_CLIENT_PRIORITY`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MpsClientPriority {
    /// 0: as urgent as work without MPS.
    #[default]
    Normal,
    /// 1: after that of normal priority.
    BelowNormal,
}

impl fmt::Display for MpsClientPriority {
    /// The number that the daemon takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Normal => "0",
            Self::BelowNormal => "1",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_what_the_daemon_keeps() {
        for (percent, text) in
            [(0.1, "0.1"), (1.0, "1"), (12.3, "12.3"), (33.3, "33.3"), (99.9, "99.9"), (100.0, "100")]
        {
            let share = ActiveThreadPercentage::new(percent).unwrap();
            assert_eq!((share.to_string().as_str(), share.percent()), (text, percent));
            assert_eq!(text.parse::<ActiveThreadPercentage>().unwrap(), share);
        }
        for wrong in [0.0, -0.0, 0.04, -5.0, 12.34, 100.1, 101.0, 1e300, f64::NAN, f64::INFINITY] {
            let error = ActiveThreadPercentage::new(wrong).unwrap_err().to_string();
            assert!(error.contains(&wrong.to_string()) && error.contains("up to 100"), "{error}");
        }
        for wrong in
            ["", "0", "101", "1e1", "0x10", "50%", "50 60", "12,5", "nan", "inf", "-1", "+5", " 5", "5\n", "12.34"]
        {
            assert!(wrong.parse::<ActiveThreadPercentage>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn shares_give_the_multiprocessors_that_were_measured() {
        for (percent, multiprocessors) in [
            (1.0, 8),
            (7.0, 8),
            (10.0, 12),
            (14.0, 18),
            (30.0, 38),
            (40.0, 52),
            (50.0, 66),
            (75.0, 98),
            (89.0, 116),
            (100.0, 132),
        ] {
            let share = ActiveThreadPercentage::new(percent).unwrap();
            assert_eq!(share.multiprocessors(132), multiprocessors, "{percent}");
        }
    }

    #[test]
    fn memory_limits_are_sent_exact_and_shown_as_the_daemon_shows_them() {
        for (mib, sent, shown) in [
            (1, "1M", "1M"),
            (1023, "1023M", "1023M"),
            (1024, "1024M", "1G"),
            (1536, "1536M", "1G"),
            (20_480, "20480M", "20G"),
        ] {
            let limit = PinnedDeviceMemoryLimit::new(Mib(mib)).unwrap();
            assert_eq!((limit.to_string().as_str(), limit.shown().as_str()), (sent, shown));
        }
        assert!(PinnedDeviceMemoryLimit::new(Mib(0)).is_err());
        assert!(PinnedDeviceMemoryLimit::new(Mib(u64::MAX)).is_err());
        assert!(MpsDeviceOrdinal::new(31).is_ok() && MpsDeviceOrdinal::new(32).is_err());
    }
}
