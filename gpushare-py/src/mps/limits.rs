//! Limits of clients: numbers in Python, whose meaning Rust checks.

use pyo3::prelude::*;

use gpushare::{ActiveThreadPercentage, Mib, MpsDeviceOrdinal, MpsError, PinnedDeviceMemoryLimit};

use crate::convert::{Repr, ToPython};
use crate::enter::enter;
use crate::errors::Raise;
use crate::value::variants;

/// A limit in MiB.
pub(crate) fn memory(mib: i64) -> Result<PinnedDeviceMemoryLimit, MpsError> {
    PinnedDeviceMemoryLimit::new(Mib(mib.try_into().unwrap_or(0))).map_err(|error| naming(error, format!("{mib} MiB")))
}

/// A device by the daemon's number.
pub(crate) fn ordinal(device: i64) -> Result<MpsDeviceOrdinal, MpsError> {
    MpsDeviceOrdinal::new(device.try_into().unwrap_or(u32::MAX)).map_err(|error| naming(error, device.to_string()))
}

/// Python's numbers reach beyond Rust's: the error names what was given.
fn naming(error: MpsError, given: String) -> MpsError {
    match error {
        MpsError::InvalidLimit { what, allowed, .. } => MpsError::InvalidLimit { value: given, what, allowed },
        other => other,
    }
}

impl ToPython<f64> for ActiveThreadPercentage {
    fn to_python(&self) -> f64 {
        self.percent()
    }
}

impl Repr for f64 {
    fn repr(&self) -> String {
        format!("{self:?}")
    }
}

variants! {
    /// Something that is allowed and known to go wrong. `str` of it says what.
    Advisory {
        /// Half-precision matrix products may be wrong in silence at this share: see `mps_advisory`.
        WrongHalfPrecisionProducts { percentage: f64 },
        /// The control daemon is of another driver than the one that is loaded: that of the daemon (`535.309.01`, or `CUDA 13.2` by its log)
        /// and that of the driver, in the same terms.
        OtherVersion { daemon: String, driver: String },
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        self.to_rust().map(|advisory| advisory.to_string()).map_err(|error| error.raise(py))
    }
}

impl Advisory {
    fn to_rust(&self) -> Result<gpushare::Advisory, MpsError> {
        Ok(match self {
            Self::WrongHalfPrecisionProducts { percentage } => {
                let percentage = ActiveThreadPercentage::new(*percentage)?;
                gpushare::Advisory::WrongHalfPrecisionProducts { percentage }
            }
            Self::OtherVersion { daemon, driver } => {
                gpushare::Advisory::OtherVersion { daemon: daemon.clone(), driver: driver.clone() }
            }
        })
    }
}

impl ToPython<Option<Advisory>> for gpushare::Advisory {
    /// `None` for one that this package has no words for.
    fn to_python(&self) -> Option<Advisory> {
        match self {
            Self::WrongHalfPrecisionProducts { percentage } => {
                Some(Advisory::WrongHalfPrecisionProducts { percentage: percentage.percent() })
            }
            Self::OtherVersion { daemon, driver } => {
                Some(Advisory::OtherVersion { daemon: daemon.clone(), driver: driver.clone() })
            }
            _ => None,
        }
    }
}

/// The SMs that a client gets by a share of a GPU with `total`: an even number, rounded down, and 8 at the least.
///
/// `percentage` is more than 0 and up to 100, with one decimal. Measured on Hopper with 132 SMs; other architectures may round otherwise.
///
/// Raises:
///     MpsInvalidLimitError: The percentage is none.
///
/// >>> gpushare.mps_multiprocessors(30, 132)
/// 38
#[pyfunction]
pub(crate) fn mps_multiprocessors(py: Python<'_>, percentage: f64, total: u32) -> PyResult<u32> {
    enter(py, || ActiveThreadPercentage::new(percentage).map(|share| share.multiprocessors(total)))
}

/// What is known to go wrong with a share on an architecture, or `None`.
///
/// On Hopper, half-precision matrix products of cuBLAS 12.6.4 and later were seen to leave parts of their result unwritten, without an
/// error, at shares between 13 and 23, 27 and 47, and 51 and 90 percent.
///
/// Raises:
///     MpsInvalidLimitError: The percentage is not more than 0 and up to 100 with one decimal.
///
/// >>> print(gpushare.mps_advisory(40, gpushare.Architecture.HOPPER))
/// half-precision matrix products were seen silently wrong on Hopper at shares such as 40 %
/// >>> gpushare.mps_advisory(50, gpushare.Architecture.HOPPER)
#[pyfunction]
#[pyo3(signature = (percentage, architecture: "gpushare.enums.Architecture | int"))]
pub(crate) fn mps_advisory(py: Python<'_>, percentage: f64, architecture: u32) -> PyResult<Option<Advisory>> {
    let found = ActiveThreadPercentage::new(percentage).map_err(|error| error.raise(py))?;
    Ok(found.advisory(gpushare::Architecture(architecture)).and_then(|advisory| advisory.to_python()))
}
