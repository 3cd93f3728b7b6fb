//! How much more a GPU has room for, computed from what lies on it. The driver answers the same in a fifth of a millisecond per profile.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::geometry::{MigGeometry, POOLS, ProfileGeometry, pools};
use crate::id::GpuInstanceProfileId;
use crate::placement::GpuInstancePlacement;

/// How many further instances of a profile a GPU has room for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProfileCapacity {
    /// The profile's id.
    pub id: GpuInstanceProfileId,
    /// The profile's name, such as `1g.5gb`.
    pub profile: Arc<str>,
    /// How many more instances the GPU has room for, if nothing else is created.
    pub free: u32,
    /// How many instances an empty GPU has room for.
    pub total: u32,
}

/// A GPU instance that lies on the GPU.
pub(crate) type Lying = (GpuInstanceProfileId, GpuInstancePlacement);

/// Whether there is room by slices alone for one more instance of a profile.
pub(crate) fn has_place(profile: &ProfileGeometry, lying: &[Lying]) -> bool {
    profile.placements.iter().any(|place| is_free(place, lying))
}

fn is_free(place: &GpuInstancePlacement, lying: &[Lying]) -> bool {
    lying.iter().all(|(_, taken)| !place.overlaps(taken))
}

impl MigGeometry {
    /// What there is room for beside these instances, per profile. `driver_branch` is the first number of the driver's version.
    pub(crate) fn capacity(&self, lying: &[Lying], driver_branch: u32) -> Vec<ProfileCapacity> {
        let whole = self.tables().engines;
        let profiles: Vec<_> = lying.iter().filter_map(|(id, _)| self.by_id(*id)).collect();
        let used = profiles.iter().fold([0; POOLS], |mut used, other| {
            used.iter_mut().zip(pools(&other.profile.engines)).for_each(|(used, more)| *used += more);
            used
        });
        let free = |geometry: &ProfileGeometry| {
            let slices = geometry.profile.slice_count;
            let excluded = |other: &&ProfileGeometry| matches!((slices, other.profile.slice_count), (3, 4) | (4, 3));
            // "A 3g instance beside a 4g one" is a feature of R510.
            if driver_branch < 510 && profiles.iter().any(excluded) {
                return 0;
            }
            let needs = pools(&geometry.profile.engines).into_iter().zip(whole).zip(used);
            let by_engines =
                needs.filter(|((need, _), _)| *need > 0).map(|((need, whole), used)| whole.saturating_sub(used) / need);
            disjoint(&geometry.placements, lying).min(by_engines.min().unwrap_or(u32::MAX))
        };
        let capacity = |geometry: &ProfileGeometry| ProfileCapacity {
            id: geometry.profile.id,
            profile: Arc::clone(&geometry.profile.name),
            free: free(geometry),
            total: geometry.profile.max_instances,
        };
        self.profiles.iter().map(capacity).collect()
    }

    fn by_id(&self, id: GpuInstanceProfileId) -> Option<&ProfileGeometry> {
        self.profiles.iter().find(|geometry| geometry.profile.id == id)
    }
}

/// The greatest number of free places that do not overlap each other: they have one size, so the first that fits is never worse.
fn disjoint(places: &[GpuInstancePlacement], lying: &[Lying]) -> u32 {
    let mut free: Vec<_> = places.iter().filter(|place| is_free(place, lying)).map(|place| place.slices()).collect();
    free.sort_unstable_by_key(|slices| slices.start);
    let mut end = 0;
    let fits = free.iter().filter(|slices| {
        let fits = slices.start >= end;
        if fits {
            end = slices.end;
        }
        fits
    });
    fits.count() as u32
}
