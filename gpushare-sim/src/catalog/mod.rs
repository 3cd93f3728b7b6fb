//! What each GPU model is: one data file per model under `models/`, embedded in the library.
//!
//! A file holds what was recorded from, documented for or inferred about a board; everything that follows from a
//! rule (placements, instance IDs, compute-instance profiles) is derived by [`Geometry`] and [`Mig`].

mod compute;
mod geometry;
mod model;
mod profile;

pub use compute::{COMPUTE_INSTANCE_PROFILE_KINDS, ComputeInstanceProfile};
pub use geometry::{Geometry, IdLayout, Placement};
pub use model::{Architecture, Brand, Mig, Model, UnknownModel};
pub(crate) use profile::KNOWN_PROFILE_IDS;
pub use profile::{Engines, GPU_INSTANCE_PROFILE_KINDS, GpuInstanceProfile, Provenance, Variant};
