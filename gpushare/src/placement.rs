//! Where instances lie: GPU instances on memory slices, compute instances on compute slices.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::id::parse_decimal;

/// Makes a placement type; the two units must not mix.
macro_rules! placement {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name {
            /// The first slice.
            pub start: u32,
            /// The number of slices.
            pub size: u32,
        }

        impl $name {
            /// A placement of `size` slices from `start` on.
            pub const fn new(start: u32, size: u32) -> Self {
                Self { start, size }
            }

            /// The slices it covers.
            pub const fn slices(&self) -> Range<u32> {
                self.start..self.start.saturating_add(self.size)
            }

            /// Whether the two share a slice.
            pub fn overlaps(&self, other: &Self) -> bool {
                self.start < other.slices().end && other.start < self.slices().end
            }
        }

        impl fmt::Display for $name {
            /// As nvidia-smi prints it: `start:size`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}:{}", self.start, self.size)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                text.split_once(':')
                    .and_then(|(start, size)| Some(Self::new(parse_decimal(start)?, parse_decimal(size)?)))
                    .ok_or_else(|| Error::InvalidPlacementText { text: text.into() })
            }
        }
    };
}

placement!(
    /// Where a GPU instance lies, in *memory slices* of its GPU.
    ///
    /// ```
    /// use gpushare::GpuInstancePlacement;
    /// let upper: GpuInstancePlacement = "4:2".parse()?;
    /// assert!(upper.overlaps(&GpuInstancePlacement::new(5, 1)));
    /// assert!(!upper.overlaps(&GpuInstancePlacement::new(0, 4)));
    /// # Ok::<(), gpushare::Error>(())
    /// ```
    GpuInstancePlacement
);
placement!(
    /// Where a compute instance lies, in *compute slices* of its GPU instance.
    ComputeInstancePlacement
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_sharing_a_slice() {
        for (a, b, expected) in
            [("0:4", "4:4", false), ("0:4", "3:1", true), ("4:2", "6:1", false), ("0:8", "6:1", true)]
        {
            let (a, b): (GpuInstancePlacement, GpuInstancePlacement) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!((a.overlaps(&b), b.overlaps(&a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn only_two_plain_numbers_are_a_placement() {
        for text in ["", "4", "4:", ":2", "4:2:1", "-4:2", "+4:2", " 4:2", "4294967296:1"] {
            assert!(text.parse::<ComputeInstancePlacement>().unwrap_err().to_string().contains(text), "{text}");
        }
    }
}
