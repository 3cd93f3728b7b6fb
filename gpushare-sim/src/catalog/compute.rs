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

/// What sets one compute-instance profile apart from the others of a board.
struct Kind {
    id: u32,
    slices: u32,
    /// What it takes of a GPU instance.
    slots: u32,
    multiprocessors: u32,
}

impl Mig {
    /// Whether compute instances are aligned: on boards whose double-memory slice has more multiprocessors than a
    /// plain one, and which therefore offer `1_SLICE_REV1`.
    pub fn aligned_compute(&self) -> bool {
        self.rev1().is_some()
    }

    /// The compute-instance profiles that a GPU instance of profile `gi` offers, by ID.
    pub fn compute_profiles(&self, gi: &GpuInstanceProfile) -> Vec<ComputeInstanceProfile> {
        let mut rows: Vec<_> = self.compute_kinds().filter_map(|kind| self.compute_row(gi, kind)).collect();
        rows.sort_by_key(|row| row.id);
        rows
    }

    /// The one of [`compute_profiles`](Self::compute_profiles) with an ID.
    pub fn compute_profile(&self, gi: &GpuInstanceProfile, id: u32) -> Option<ComputeInstanceProfile> {
        self.compute_kinds().find(|kind| kind.id == id).and_then(|kind| self.compute_row(gi, kind))
    }

    /// The compute instances of the board, in GPU instances that are large enough: one for each plain GPU instance, and `1_SLICE_REV1`.
    fn compute_kinds(&self) -> impl Iterator<Item = Kind> {
        let base = self.profiles.iter().filter(|p| p.variant() == Variant::Base);
        let plain =
            base.map(|p| Kind { id: p.kind, slices: p.slices, slots: p.slices, multiprocessors: p.multiprocessors });
        let rev1 = self.rev1().map(|multiprocessors| Kind { id: REV1, slices: 1, slots: 2, multiprocessors });
        plain.chain(rev1)
    }

    fn compute_row(&self, gi: &GpuInstanceProfile, kind: Kind) -> Option<ComputeInstanceProfile> {
        let Kind { id, slices, slots: slots_needed, multiprocessors } = kind;
        let double = gi.variant() == Variant::DoubleMemory && self.aligned_compute();
        let slots = if double { 2 } else { gi.slices };
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
        let name = if slices < gi.slices { format!("{slices}c.{}", gi.base_name()) } else { gi.base_name().to_owned() };
        let max = Placement::disjoint(&placements, &[]);
        Some(ComputeInstanceProfile { id, name, slices, multiprocessors, engines: gi.engines, placements, max, whole })
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
