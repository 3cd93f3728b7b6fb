//! Why a GPU cannot have a layout, in words that a person can check.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::placement::GpuInstancePlacement;

/// The proof that a GPU cannot have a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Infeasible {
    /// The layout has GPU instances and no MIG.
    WithoutMig,
    /// The GPU has no such profile.
    UnknownProfile {
        /// The profile.
        profile: String,
        /// Those that it has.
        available: Vec<String>,
    },
    /// The profile cannot begin at the slice asked for.
    ImpossibleStart {
        /// The profile.
        profile: String,
        /// The slice.
        start: u32,
        /// The slices at which it can begin.
        possible: Vec<u32>,
    },
    /// The GPU never has that many instances of the profile.
    TooMany {
        /// The profile.
        profile: String,
        /// How many were asked for.
        wanted: usize,
        /// How many there can be.
        most: u32,
    },
    /// The instances need more memory slices than the GPU has.
    MemorySlices {
        /// What they need.
        needed: u32,
        /// What there is.
        total: u32,
    },
    /// The instances need more engines of one kind than the GPU has.
    Engines {
        /// The kind.
        engine: Engine,
        /// What they need.
        needed: u32,
        /// What there is.
        total: u32,
        /// The instances that need some.
        by: Vec<String>,
    },
    /// These instances cannot lie side by side, whatever else is left out.
    NoArrangement {
        /// The fewest instances that show it, each with the slices at which it can begin.
        instances: Vec<(String, Vec<u32>)>,
    },
    /// Instances that are in use would have to go.
    InUse {
        /// Those instances and where they lie.
        instances: Vec<(GpuInstanceId, GpuInstancePlacement)>,
        /// Who uses them.
        by: Vec<String>,
    },
    /// A GPU instance cannot hold its compute instances.
    ComputeInstances {
        /// The GPU instance's profile.
        profile: String,
        /// Why.
        why: InfeasibleInside,
    },
}

/// Why a GPU instance cannot hold compute instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum InfeasibleInside {
    /// There is no compute-instance profile of the size.
    UnknownSize {
        /// The size as a layout writes it.
        size: String,
        /// The sizes that there are.
        available: Vec<String>,
    },
    /// A compute instance cannot begin at the slice asked for.
    ImpossibleStart {
        /// The size as a layout writes it.
        size: String,
        /// The slice.
        start: u32,
        /// The slices at which it can begin.
        possible: Vec<u32>,
    },
    /// They need more compute slices than the GPU instance has.
    ComputeSlices {
        /// What they need.
        needed: u32,
        /// What there is.
        total: u32,
    },
    /// There is no arrangement without overlap.
    NoArrangement {
        /// The sizes, as a layout writes them.
        sizes: Vec<String>,
    },
    /// A compute instance that is in use would have to go.
    InUse {
        /// The GPU instance.
        gpu_instance: GpuInstanceId,
        /// The compute instances in use.
        instances: Vec<ComputeInstanceId>,
        /// Who uses them.
        by: Vec<String>,
    },
}

/// A kind of engine of which a GPU has a fixed number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Engine {
    Decoder,
    Encoder,
    Jpeg,
    OpticalFlow,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decoder => "video decoders",
            Self::Encoder => "video encoders",
            Self::Jpeg => "JPEG decoders",
            Self::OpticalFlow => "optical-flow accelerators",
        })
    }
}

fn numbers(numbers: &[u32]) -> String {
    let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
    if numbers.is_empty() { "nowhere".into() } else { numbers.join(", ") }
}

impl fmt::Display for Infeasible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutMig => f.write_str("GPU instances need MIG, which the layout disables"),
            Self::UnknownProfile { profile, available } => {
                write!(f, "there is no profile {profile}; there are {}", available.join(", "))
            }
            Self::ImpossibleStart { profile, start, possible } => {
                write!(f, "{profile} cannot begin at memory slice {start}; it can at {}", numbers(possible))
            }
            Self::TooMany { profile, wanted, most } => {
                write!(f, "{wanted} instances of {profile} are wanted, and the GPU has room for {most} at the most")
            }
            Self::MemorySlices { needed, total } => {
                write!(f, "the instances need {needed} memory slices, and the GPU has {total}")
            }
            Self::Engines { engine, needed, total, by } => {
                write!(f, "{} need {needed} {engine}, and the GPU has {total}", by.join(", "))
            }
            Self::NoArrangement { instances } => {
                f.write_str("these do not fit side by side: ")?;
                let parts = instances.iter().map(|(name, starts)| format!("{name} (can begin at {})", numbers(starts)));
                f.write_str(&parts.collect::<Vec<_>>().join(", "))
            }
            Self::InUse { instances, by } => {
                let parts: Vec<_> = instances.iter().map(|(id, at)| format!("GPU instance {id} at {at}")).collect();
                write!(f, "in use, and in the way or not wanted: {}; used by {}", parts.join(", "), by.join(", "))
            }
            Self::ComputeInstances { profile, why } => write!(f, "in {profile}, {why}"),
        }
    }
}

impl fmt::Display for InfeasibleInside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSize { size, available } => {
                write!(f, "there is no compute instance {size}; there are {}", available.join(", "))
            }
            Self::ImpossibleStart { size, start, possible } => {
                write!(f, "{size} cannot begin at compute slice {start}; it can at {}", numbers(possible))
            }
            Self::ComputeSlices { needed, total } => {
                write!(f, "the compute instances need {needed} compute slices, and there are {total}")
            }
            Self::NoArrangement { sizes } => {
                write!(f, "the compute instances {} do not fit side by side", sizes.join(", "))
            }
            Self::InUse { gpu_instance, instances, by } => {
                let parts: Vec<_> = instances.iter().map(|id| format!("compute instance {id}")).collect();
                write!(
                    f,
                    "GPU instance {gpu_instance} holds in use, and in the way or not wanted: {}; used by {}",
                    parts.join(", "),
                    by.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for Infeasible {}
