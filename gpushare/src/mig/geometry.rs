//! Asking a GPU how it can be divided.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use crate::error::{ErrorKind, Result};
use crate::geometry::{ComputeProfileGeometry, MigGeometry, ProfileGeometry};
use crate::gpu::Gpu;
use crate::id::GpuInstanceProfileId;
use crate::mig::GpuInstance;

impl Gpu {
    /// How this GPU can be divided. Profiles and placements are asked of the driver once; what a GPU instance can be divided into is
    /// learned from the instances that this handle has seen.
    ///
    /// # Errors
    ///
    /// As [`gpu_instance_profiles`](Gpu::gpu_instance_profiles).
    pub fn mig_geometry(&self) -> Result<MigGeometry> {
        let placements = self.0.placements.get_or_try_init(|| {
            let profiles = self.gpu_instance_profiles()?;
            profiles.iter().map(|profile| self.possible_placements(profile)).collect::<Result<Arc<[_]>>>()
        })?;
        let learned = self.0.compute_geometry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = self.0.geometry.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing that was learned is ever forgotten or changed.
        if let Some((_, geometry)) = known.as_ref().filter(|(lessons, _)| *lessons == learned.len()) {
            return Ok(geometry.clone());
        }
        let profiles = self.gpu_instance_profiles()?;
        let geometry =
            MigGeometry::new(profiles.iter().zip(placements.iter()).map(|(profile, placements)| ProfileGeometry {
                profile: profile.clone(),
                placements: placements.clone(),
                compute: learned.get(&profile.id).cloned(),
            }));
        *known = Some((learned.len(), geometry.clone()));
        Ok(geometry)
    }
}

impl GpuInstance {
    /// What this GPU instance can be divided into. Asked of the driver once for each kind of GPU instance.
    pub(crate) fn compute_geometry(&self) -> Result<Arc<[ComputeProfileGeometry]>> {
        if let Some(known) = self.known_compute_geometry() {
            return Ok(known);
        }
        let profiles = self.compute_instance_profiles()?;
        let geometry = profiles.iter().map(|profile| {
            let placements = match self.possible_compute_placements(profile) {
                Err(error) if error.kind() == ErrorKind::NotSupported => Vec::new(),
                placements => placements?,
            };
            Ok(ComputeProfileGeometry { profile: profile.clone(), placements })
        });
        let geometry: Arc<[_]> = geometry.collect::<Result<_>>()?;
        self.learned().insert(self.profile().id, Arc::clone(&geometry));
        Ok(geometry)
    }

    /// The same, where the driver has been asked.
    pub(crate) fn known_compute_geometry(&self) -> Option<Arc<[ComputeProfileGeometry]>> {
        self.learned().get(&self.profile().id).cloned()
    }

    fn learned(&self) -> MutexGuard<'_, BTreeMap<GpuInstanceProfileId, Arc<[ComputeProfileGeometry]>>> {
        self.gpu().0.compute_geometry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
