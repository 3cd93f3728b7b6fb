//! The arithmetic of slices: where an instance of a given width may lie, and which ID the driver gives it there.

use serde::{Deserialize, Serialize};

/// A run of slices: memory slices for a GPU instance, compute slices for a compute instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Placement {
    /// First slice.
    pub start: u32,
    /// Number of slices.
    pub size: u32,
}

impl Placement {
    /// The placement of `size` slices from `start`.
    pub const fn new(start: u32, size: u32) -> Self {
        Self { start, size }
    }

    /// The first slice after the placement.
    pub const fn end(self) -> u32 {
        self.start + self.size
    }

    /// Whether the two share a slice.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }

    /// Whether the placement shares no slice with any of `taken`.
    pub fn is_free(self, taken: &[Self]) -> bool {
        !taken.iter().any(|other| self.overlaps(*other))
    }

    /// The free candidate that leaves the most of `valuable` usable; the first such one.
    ///
    /// It is the policy the kernel states for compute instances and, by every recording, the firmware's for GPU
    /// instances: reduce the remaining capacity the least.
    pub fn least_harmful(candidates: &[Self], taken: &[Self], valuable: &[Self]) -> Option<Self> {
        let harm = |at: Self| valuable.iter().filter(|v| v.is_free(taken) && v.overlaps(at)).count();
        candidates.iter().copied().filter(|at| at.is_free(taken)).min_by_key(|at| harm(*at))
    }

    /// How many of `candidates` fit beside `taken` and beside each other, filling from the first.
    ///
    /// Exact, because the candidates of one profile are equally long and sorted by start.
    pub fn disjoint(candidates: &[Self], taken: &[Self]) -> u32 {
        let mut end = 0;
        let mut count = 0;
        for at in candidates.iter().filter(|at| at.is_free(taken)) {
            if at.start >= end {
                end = at.end();
                count += 1;
            }
        }
        count
    }
}

/// Which physical half of a 7-slice chip has four full GPCs; it decides the IDs, not the placements.
///
/// Both layouts occur among boards of one model in one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum IdLayout {
    /// The lower half: an ID names the span that the placement shows.
    A,
    /// The upper half: an ID names the span half a chip away from the placement's start.
    #[default]
    B,
}

/// A row of `spans` slots of which only the first `compute` hold compute slices.
///
/// Instances are aligned to their width, a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Slots: 8 or 4 for a GPU, the next power of two of its slices for a GPU instance.
    pub spans: u32,
    /// Compute slices: 7 of 8 or 4 of 4.
    pub compute: u32,
}

impl Geometry {
    /// Every aligned run of `width` slots with at least `slices` compute slices in it, by start.
    pub fn placements(self, slices: u32, width: u32) -> Vec<Placement> {
        let fits = |start: &u32| start + width <= self.spans && self.compute_in(*start, width) >= slices;
        (0..self.spans).step_by(width as usize).filter(fits).map(|start| Placement::new(start, width)).collect()
    }

    /// The runs that hold as many compute slices as any of their width: the ones worth keeping free.
    pub fn full_strength(self) -> Vec<Placement> {
        let widths = (0..=self.spans.ilog2()).map(|power| 1 << power);
        widths.flat_map(|width| self.placements(self.compute.min(width), width)).collect()
    }

    /// Whether the run holds fewer compute slices than another of its width.
    pub fn is_weak(self, at: Placement) -> bool {
        self.compute_in(at.start, at.size) < self.compute.min(at.size)
    }

    /// The physical first slot of a placement. Only chips with a weak half have two layouts.
    pub fn physical_start(self, layout: IdLayout, at: Placement) -> u32 {
        let shift = if layout == IdLayout::B && self.compute < self.spans { self.spans / 2 } else { 0 };
        (at.start + shift) % self.spans / at.size * at.size
    }

    /// The GPU-instance ID of a placement: one full, two halves, four quarters, eight eighths, in that order.
    pub fn id(self, layout: IdLayout, at: Placement) -> u32 {
        let runs = self.spans / at.size;
        runs - 1 + self.physical_start(layout, at) / at.size
    }

    fn compute_in(self, start: u32, width: u32) -> u32 {
        (start + width).min(self.compute).saturating_sub(start)
    }
}
