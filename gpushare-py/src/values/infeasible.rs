//! Why a GPU cannot have a layout.

use pyo3::prelude::*;

use crate::convert::ToPython;
use crate::enums::Engine;
use crate::value::variants;

variants! {
    /// The proof that a GPU cannot have a layout.
    Infeasible {
        /// The layout has GPU instances and no MIG.
        WithoutMig {},
        /// The GPU has no such profile.
        UnknownProfile { profile: String, available: Vec<String> },
        /// The profile cannot begin at the memory slice asked for.
        ImpossibleStart { profile: String, start: u32, possible: Vec<u32> },
        /// The GPU never has that many instances of the profile.
        TooMany { profile: String, wanted: usize, most: u32 },
        /// The instances need more memory slices than the GPU has.
        MemorySlices { needed: u32, total: u32 },
        /// The instances need more engines of one kind than the GPU has.
        Engines { engine: Engine, needed: u32, total: u32, by: Vec<String> },
        /// These instances cannot lie side by side; each with the slices at which it can begin.
        NoArrangement { instances: Vec<(String, Vec<u32>)> },
        /// Instances that are in use would have to go: their ids and placements, and who uses them.
        InUse { instances: Vec<(u32, String)>, by: Vec<String> },
        /// A GPU instance of the profile cannot hold its compute instances.
        ComputeInstances { profile: String, why: InfeasibleInside },
        /// Another reason, in words.
        Other { reason: String },
    }
}

variants! {
    /// Why a GPU instance cannot hold compute instances.
    InfeasibleInside {
        /// There is no compute-instance profile of the size.
        UnknownSize { size: String, available: Vec<String> },
        /// A compute instance cannot begin at the compute slice asked for.
        ImpossibleStart { size: String, start: u32, possible: Vec<u32> },
        /// They need more compute slices than the GPU instance has.
        ComputeSlices { needed: u32, total: u32 },
        /// There is no arrangement without overlap.
        NoArrangement { sizes: Vec<String> },
        /// Compute instances that are in use would have to go.
        InUse { gpu_instance: u32, instances: Vec<u32>, by: Vec<String> },
        /// Another reason, in words.
        Other { reason: String },
    }
}

impl From<&gpushare::Infeasible> for Infeasible {
    fn from(rust: &gpushare::Infeasible) -> Self {
        use gpushare::Infeasible as Rust;
        match rust.clone() {
            Rust::WithoutMig => Self::WithoutMig {},
            Rust::UnknownProfile { profile, available } => Self::UnknownProfile { profile, available },
            Rust::ImpossibleStart { profile, start, possible } => Self::ImpossibleStart { profile, start, possible },
            Rust::TooMany { profile, wanted, most } => Self::TooMany { profile, wanted, most },
            Rust::MemorySlices { needed, total } => Self::MemorySlices { needed, total },
            Rust::Engines { engine, needed, total, by } => {
                Self::Engines { engine: engine.to_python(), needed, total, by }
            }
            Rust::NoArrangement { instances } => Self::NoArrangement { instances },
            Rust::InUse { instances, by } => {
                Self::InUse { instances: instances.iter().map(|(id, at)| (id.0, at.to_string())).collect(), by }
            }
            Rust::ComputeInstances { profile, why } => Self::ComputeInstances { profile, why: (&why).into() },
            other => Self::Other { reason: other.to_string() },
        }
    }
}

impl From<&gpushare::InfeasibleInside> for InfeasibleInside {
    fn from(rust: &gpushare::InfeasibleInside) -> Self {
        use gpushare::InfeasibleInside as Rust;
        match rust.clone() {
            Rust::UnknownSize { size, available } => Self::UnknownSize { size, available },
            Rust::ImpossibleStart { size, start, possible } => Self::ImpossibleStart { size, start, possible },
            Rust::ComputeSlices { needed, total } => Self::ComputeSlices { needed, total },
            Rust::NoArrangement { sizes } => Self::NoArrangement { sizes },
            Rust::InUse { gpu_instance, instances, by } => {
                Self::InUse { gpu_instance: gpu_instance.0, instances: instances.iter().map(|id| id.0).collect(), by }
            }
            other => Self::Other { reason: other.to_string() },
        }
    }
}
