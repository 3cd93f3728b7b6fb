//! What each GPU model is: one data file per model under `models/`, embedded in the library; and what each driver
//! branch makes of them.
//!
//! A file holds what was recorded from, documented for or inferred about a board; everything that follows from a
//! rule (placements, instance IDs, compute-instance profiles) is derived by [`Geometry`] and [`Mig`].
//!
//! Each table of a file says by its [`Provenance`] where its numbers come from, and names under `inferred` those that come from nowhere
//! but from likeness: clients may print them, but nothing should be concluded from them. A comment at the head of the file names the
//! sources and the exceptions.
//!
//! Rows of profiles that nobody published are marked as inferred and follow from the rows that are known: the memory is twice that of
//! the next smaller width, the multiprocessors of 4g are twice those of 2g, those of 3g are those of 2g and of the double-memory 1g
//! together, and 7g has all; engines are as on the nearest board that is known.

mod branch;
mod compute;
mod geometry;
mod model;
mod profile;
mod sensors;

pub use branch::{Branch, UnknownBranch};
pub use compute::ComputeInstanceProfile;
pub use geometry::{Geometry, IdLayout, Placement};
pub use model::{Architecture, Brand, Mig, Model, UnknownModel};
pub use profile::{Engines, GpuInstanceProfile, OlderMemory, Provenance, Variant};
pub use sensors::{Clocks, Inforom, MemoryTemperature, Sensors, Thresholds};
