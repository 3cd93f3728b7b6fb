//! How a GPU can be divided: what NVML says of its profiles and their placements, as plain data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::profile::{ComputeInstanceProfile, GpuInstanceProfile};

/// How one GPU can be divided. Everything a plan knows of a GPU model is in here, so boards not yet known need no code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MigGeometry {
    /// The GPU-instance profiles, in NVML's order.
    pub profiles: Vec<ProfileGeometry>,
}

/// A GPU-instance profile and its places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProfileGeometry {
    /// The profile.
    pub profile: GpuInstanceProfile,
    /// Every placement that it can have.
    pub placements: Vec<GpuInstancePlacement>,
    /// What such an instance can be divided into; `None` as long as no such instance has been seen, because NVML tells it of living
    /// ones only.
    pub compute: Option<Arc<[ComputeProfileGeometry]>>,
}

/// A compute-instance profile and its places in one kind of GPU instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComputeProfileGeometry {
    /// The profile.
    pub profile: ComputeInstanceProfile,
    /// Every placement that it can have; empty on drivers before R525, which do not tell.
    pub placements: Vec<ComputeInstancePlacement>,
}

impl MigGeometry {
    /// The number of memory slices that placements count.
    pub fn memory_slices(&self) -> u32 {
        let ends = self.profiles.iter().flat_map(|profile| &profile.placements).map(|placement| placement.slices().end);
        ends.max().unwrap_or(0)
    }

    /// The profile that is the whole GPU: the one with the most processors.
    pub(crate) fn whole(&self) -> Option<&GpuInstanceProfile> {
        self.profiles.iter().map(|geometry| &geometry.profile).max_by_key(|profile| profile.multiprocessor_count)
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&ProfileGeometry> {
        self.profiles.iter().find(|geometry| *geometry.profile.name == *name)
    }
}
