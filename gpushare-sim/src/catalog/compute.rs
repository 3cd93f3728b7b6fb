//! Compute-instance profiles, derived from the GPU-instance profiles of the board.

use super::{Engines, Geometry, GpuInstanceProfile, Mig, Placement, Variant};

/// `1_SLICE_REV1`: one compute slice with the multiprocessors of the double-memory GPU instance.
const REV1: u32 = 7;

/// One compute-instance profile of one GPU instance. Its ID equals its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeInstanceProfile {
    /// `NVML_COMPUTE_INSTANCE_PROFILE_*`, and the ID.
    pub id: u32,
    /// The name without the `MIG ` that NVML puts before it.
    pub name: String,
    /// Compute slices.
    pub slices: u32,
    /// Multiprocessors, for this instance alone.
    pub multiprocessors: u32,
    /// The GPU instance's engines, shared by its compute instances.
    pub engines: Engines,
    /// Where it may lie in the GPU instance.
    pub placements: Vec<Placement>,
    /// How many fit in an empty GPU instance.
    pub max: u32,
    /// Whether it is the whole GPU instance (the starred row of `nvidia-smi mig -lcip`).
    pub whole: bool,
}

impl Mig {
    /// Whether compute instances are aligned: on boards whose double-memory slice has more multiprocessors than a
    /// plain one, and which therefore offer `1_SLICE_REV1`.
    pub fn aligned_compute(&self) -> bool {
        self.rev1().is_some()
    }

    /// The compute-instance profiles that a GPU instance of profile `gi` offers, by ID.
    pub fn compute_profiles(&self, gi: &GpuInstanceProfile) -> Vec<ComputeInstanceProfile> {
        let rev1 = self.rev1();
        let double = gi.variant() == Variant::DoubleMemory && rev1.is_some();
        let slots = if double { 2 } else { gi.slices };
        let row = |id: u32, slices: u32, slots_needed: u32, multiprocessors: u32| {
            let whole = if double { id == REV1 } else { id != REV1 && slices == gi.slices };
            // A half (4g) does not offer the mini-half (3c), although its slots would hold it.
            if multiprocessors > gi.multiprocessors || slots_needed > slots || (slots, slots_needed) == (4, 3) {
                return None;
            }
            let fitting = (gi.multiprocessors / multiprocessors) as usize;
            let mut placements = self.compute_placements(slots, slots_needed);
            if self.aligned_compute() {
                placements.truncate(fitting);
            }
            let name =
                if slices < gi.slices { format!("{slices}c.{}", gi.base_name()) } else { gi.base_name().to_owned() };
            let max = Placement::disjoint(&placements, &[]);
            Some(ComputeInstanceProfile {
                id,
                name,
                slices,
                multiprocessors,
                engines: gi.engines,
                placements,
                max,
                whole,
            })
        };
        let base = self.profiles.iter().filter(|p| p.variant() == Variant::Base);
        let mut rows: Vec<_> = base.filter_map(|p| row(p.kind, p.slices, p.slices, p.multiprocessors)).collect();
        rows.extend(rev1.and_then(|multiprocessors| row(REV1, 1, 2, multiprocessors)));
        rows.sort_by_key(|row| row.id);
        rows
    }

    /// The runs of `needed` slots among `slots`: aligned where the board asks for it, else from any start.
    fn compute_placements(&self, slots: u32, needed: u32) -> Vec<Placement> {
        if self.aligned_compute() {
            let geometry = Geometry { spans: slots.next_power_of_two(), compute: slots };
            return geometry.placements(needed, needed.next_power_of_two());
        }
        (0..=slots - needed).map(|start| Placement::new(start, needed)).collect()
    }

    fn rev1(&self) -> Option<u32> {
        let of = |variant| self.profiles.iter().find(|p| p.slices == 1 && p.variant() == variant);
        let (plain, double) = (of(Variant::Base)?, of(Variant::DoubleMemory)?);
        (plain.multiprocessors != double.multiprocessors).then_some(double.multiprocessors)
    }
}
