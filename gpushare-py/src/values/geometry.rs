//! How a GPU can be divided.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::value::value;
use crate::values::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::values::profile::{ComputeInstanceProfile, GpuInstanceProfile};

value! {
    "gpushare", json,
    /// How one GPU can be divided. Everything a plan knows of a GPU model is in here.
    MigGeometry = gpushare::MigGeometry {
        /// The GPU-instance profiles, in NVML's order.
        profiles: Vec<ProfileGeometry>,
    }

    /// The number of memory slices that placements count.
    #[getter]
    fn memory_slices(&self) -> u32 {
        self.0.memory_slices()
    }
}

value! {
    "gpushare", json,
    /// A GPU-instance profile and its places.
    ProfileGeometry = gpushare::ProfileGeometry {
        /// The profile.
        profile: GpuInstanceProfile,
        /// Every placement that it can have.
        placements: Vec<GpuInstancePlacement>,
        /// What such an instance can be divided into; `None` as long as no such instance has been seen.
        compute: Option<Vec<ComputeProfileGeometry>>,
    }
}

value! {
    "gpushare", json,
    /// A compute-instance profile and its places in one kind of GPU instance.
    ComputeProfileGeometry = gpushare::ComputeProfileGeometry {
        /// The profile.
        profile: ComputeInstanceProfile,
        /// Every placement that it can have; empty on drivers before R525, which do not tell.
        placements: Vec<ComputeInstancePlacement>,
    }
}
