//! Placements and their lists.

use core::{ComputeInstancePlacement, GpuInstancePlacement};

use crate::argument::{In, Own};
use crate::list::List;

/// Where a GPU instance lies: memory slices.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_gpu_instance_placement_t {
    /// The first memory slice, from 0.
    pub start: u32,
    /// The number of memory slices.
    pub size: u32,
}

/// Where a compute instance lies in its GPU instance: compute slices.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_compute_instance_placement_t {
    /// The first compute slice, from 0.
    pub start: u32,
    /// The number of compute slices.
    pub size: u32,
}

impl From<GpuInstancePlacement> for gpushare_gpu_instance_placement_t {
    fn from(placement: GpuInstancePlacement) -> Self {
        Self { start: placement.start, size: placement.size }
    }
}

impl From<ComputeInstancePlacement> for gpushare_compute_instance_placement_t {
    fn from(placement: ComputeInstancePlacement) -> Self {
        Self { start: placement.start, size: placement.size }
    }
}

impl gpushare_gpu_instance_placement_t {
    pub(crate) fn get(self) -> GpuInstancePlacement {
        GpuInstancePlacement::new(self.start, self.size)
    }
}

impl gpushare_compute_instance_placement_t {
    pub(crate) fn get(self) -> ComputeInstancePlacement {
        ComputeInstancePlacement::new(self.start, self.size)
    }
}

/// Placements of GPU instances.
pub type gpushare_gpu_instance_placement_list_t = List<gpushare_gpu_instance_placement_t>;

/// Placements of compute instances.
pub type gpushare_compute_instance_placement_list_t = List<gpushare_compute_instance_placement_t>;

exports! {
    /// The number of placements.
    fn gpushare_gpu_instance_placement_list_len(list: In<gpushare_gpu_instance_placement_list_t>) -> usize {
        list.len()
    }

    /// The placement at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_gpu_instance_placement_list_get(
        list: In<gpushare_gpu_instance_placement_list_t>,
        index: usize,
    ) -> *const gpushare_gpu_instance_placement_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_gpu_instance_placement_list_free(list: Own<gpushare_gpu_instance_placement_list_t>) -> () {
        drop(list)
    }

    /// The number of placements.
    fn gpushare_compute_instance_placement_list_len(list: In<gpushare_compute_instance_placement_list_t>) -> usize {
        list.len()
    }

    /// The placement at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_compute_instance_placement_list_get(
        list: In<gpushare_compute_instance_placement_list_t>,
        index: usize,
    ) -> *const gpushare_compute_instance_placement_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_compute_instance_placement_list_free(list: Own<gpushare_compute_instance_placement_list_t>) -> () {
        drop(list)
    }
}

exports! {
    /// Whether two placements share a memory slice.
    #[doc(alias = "GpuInstancePlacement::overlaps")]
    fn gpushare_gpu_instance_placements_overlap(
        one: gpushare_gpu_instance_placement_t,
        other: gpushare_gpu_instance_placement_t,
    ) -> bool {
        one.get().overlaps(&other.get())
    }

    /// Whether two placements share a compute slice.
    #[doc(alias = "ComputeInstancePlacement::overlaps")]
    fn gpushare_compute_instance_placements_overlap(
        one: gpushare_compute_instance_placement_t,
        other: gpushare_compute_instance_placement_t,
    ) -> bool {
        one.get().overlaps(&other.get())
    }
}
