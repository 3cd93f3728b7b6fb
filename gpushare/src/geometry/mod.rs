//! How a GPU can be divided: what NVML says of its profiles and their placements, as plain data.

mod tables;
mod ways;

use std::borrow::Cow;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};

pub(crate) use tables::{POOLS, Places, Slices, Tables, pools, slices};
pub(crate) use ways::Kept;

use crate::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::profile::{ComputeInstanceProfile, GpuInstanceProfile};

/// How one GPU can be divided. Everything a plan knows of a GPU model is in here, so boards not yet known need no code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MigGeometry {
    /// The GPU-instance profiles, in NVML's order.
    pub profiles: Arc<[ProfileGeometry]>,
    /// What follows from them, once a plan was made; shared by all clones.
    #[serde(skip)]
    tables: Arc<OnceCell<Arc<Tables>>>,
}

impl PartialEq for MigGeometry {
    fn eq(&self, other: &Self) -> bool {
        self.profiles == other.profiles
    }
}

impl Eq for MigGeometry {}

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
    pub(crate) fn new(profiles: impl IntoIterator<Item = ProfileGeometry>) -> Self {
        Self { profiles: profiles.into_iter().collect(), tables: Arc::default() }
    }

    /// The number of memory slices that placements count.
    pub fn memory_slices(&self) -> u32 {
        let ends = self.profiles.iter().flat_map(|profile| &profile.placements).map(|placement| placement.slices().end);
        ends.max().unwrap_or(0)
    }

    /// What follows from the profiles and is worked out once.
    pub(crate) fn tables(&self) -> Cow<'_, Arc<Tables>> {
        let tables = self.tables.get_or_init(|| Arc::new(Tables::new(&self.profiles)));
        match tables.are_of(&self.profiles) {
            true => Cow::Borrowed(tables),
            // Somebody put other profiles in their place.
            false => Cow::Owned(Arc::new(Tables::new(&self.profiles))),
        }
    }
}
