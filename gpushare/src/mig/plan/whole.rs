//! The one compute instance that takes the whole of a GPU instance: what nearly all layouts want, planned once for each profile.

use std::sync::Arc;

use super::{PlanOptions, PlannedComputeInstance};
use crate::geometry::ProfileGeometry;
use crate::id::ComputeInstanceId;
use crate::mig::layout::{ComputeInstanceLayout, ComputeInstanceSize};
use crate::mig::state::{ComputeInstanceState, GpuInstanceState};

const WANTED: ComputeInstanceLayout = ComputeInstanceLayout::new(ComputeInstanceSize::Whole);

/// The whole of a GPU instance of one profile.
#[derive(Debug)]
pub(crate) struct Whole {
    new: Arc<[PlannedComputeInstance]>,
    /// One that stays and has the id that the driver gives to the first.
    first: Arc<[PlannedComputeInstance]>,
}

impl Whole {
    /// `None` as long as its profile and its only place are not known.
    pub(crate) fn of(geometry: &ProfileGeometry) -> Option<Self> {
        let whole = geometry.compute.as_ref()?.iter().find(|geometry| geometry.profile.is_default)?;
        let [placement] = *whole.placements else { return None };
        let (profile, placement) = (Some(whole.profile.clone()), Some(placement));
        let new = PlannedComputeInstance { layout: WANTED, profile, placement, existing: None };
        let first = PlannedComputeInstance { existing: Some(ComputeInstanceId(0)), ..new.clone() };
        Some(Self { new: [new].into(), first: [first].into() })
    }

    /// Its plan and what that costs, where it is all that is wanted. Nothing has to be searched for where it can be made, or is all there
    /// is.
    pub(super) fn plan(
        &self,
        wanted: &[ComputeInstanceLayout],
        existing: Option<&GpuInstanceState>,
        options: &PlanOptions,
    ) -> Option<(&Arc<[PlannedComputeInstance]>, u32)> {
        if *wanted != [WANTED] {
            return None;
        }
        let present: &[ComputeInstanceState] = existing.map_or(&[], |instance| &instance.compute_instances);
        let [new] = &*self.new else { return None };
        let same = |there: &ComputeInstanceState| {
            new.placement == Some(there.placement)
                && new.profile.as_ref().is_some_and(|profile| profile.id == there.profile.id)
        };
        match present {
            [there] if same(there) => (self.first[0].existing == Some(there.id)).then_some((&self.first, 0)),
            _ if present.iter().any(|there| same(there) || there.in_use() && !options.destroy_in_use) => None,
            _ => Some((&self.new, 1 + present.len() as u32)),
        }
    }
}
