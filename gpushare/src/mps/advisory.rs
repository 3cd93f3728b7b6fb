//! What is allowed and known to go wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gpu::Architecture;
use crate::mps::error::MpsError;
use crate::mps::limits::ActiveThreadPercentage;

/// Something that is allowed and known to go wrong. [`Advisory::deny`] makes it an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Advisory {
    /// Half-precision matrix products may be wrong in silence; see [`ActiveThreadPercentage::advisory`].
    WrongHalfPrecisionProducts {
        /// The share.
        percentage: ActiveThreadPercentage,
    },
    /// The control daemon is of another driver than the one that is loaded; see [`MpsDaemon::version_advisory`].
    ///
    /// [`MpsDaemon::version_advisory`]: crate::MpsDaemon::version_advisory
    OtherVersion {
        /// That of the daemon: a driver's, `535.309.01`, or what its log says, `CUDA 13.2`.
        daemon: String,
        /// That of the driver, in the same terms.
        driver: String,
    },
}

impl Advisory {
    /// The advisory as an error, for callers that do not take the risk.
    pub fn deny(self) -> MpsError {
        match self {
            Self::WrongHalfPrecisionProducts { percentage } => MpsError::InvalidLimit {
                value: percentage.to_string(),
                what: "a safe active thread percentage",
                allowed: "up to 13, 23 to 27, 47 to 51 and from 90 on, where half-precision matrix products were right on Hopper",
            },
            Self::OtherVersion { daemon, driver } => MpsError::OtherVersion { daemon, driver },
        }
    }
}

impl fmt::Display for Advisory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongHalfPrecisionProducts { percentage } => {
                write!(
                    f,
                    "half-precision matrix products were seen silently wrong on Hopper at shares such as {percentage} %"
                )
            }
            Self::OtherVersion { .. } => self.clone().deny().fmt(f),
        }
    }
}

impl ActiveThreadPercentage {
    /// What is known to go wrong with this share on an architecture.
    ///
    /// On Hopper, half-precision matrix products of cuBLAS 12.6.4 and later were seen to leave parts of their result unwritten, without
    /// an error, at shares between 13 and 23, 27 and 47, and 51 and 90 percent.
    pub fn advisory(self, architecture: Architecture) -> Option<Advisory> {
        let within = |from: f64, to: f64| self.percent() > from && self.percent() < to;
        let hazard =
            architecture == Architecture::HOPPER && (within(13.0, 23.0) || within(27.0, 47.0) || within(51.0, 90.0));
        hazard.then_some(Advisory::WrongHalfPrecisionProducts { percentage: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hazard_of_hopper_is_told_for_hopper_alone() {
        for (percent, hazard) in [
            (13.0, false),
            (14.0, true),
            (22.0, true),
            (23.0, false),
            (27.0, false),
            (28.0, true),
            (46.0, true),
            (47.0, false),
            (51.0, false),
            (52.0, true),
            (89.0, true),
            (90.0, false),
            (100.0, false),
            (8.0, false),
            (13.5, true),
        ] {
            let share = ActiveThreadPercentage::new(percent).unwrap();
            assert_eq!(share.advisory(Architecture::HOPPER).is_some(), hazard, "{percent}");
            assert_eq!(share.advisory(Architecture::BLACKWELL), None);
        }
        let advisory = ActiveThreadPercentage::new(40.0).unwrap().advisory(Architecture::HOPPER).unwrap();
        let denied = advisory.deny().to_string();
        assert!(denied.starts_with("40 is not a safe"), "{denied}");
    }
}
