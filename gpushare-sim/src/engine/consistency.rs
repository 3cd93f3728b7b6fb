//! What holds of every machine that the rules can bring about.

use super::{ComputeInstance, Gpu, GpuInstance, Machine};
use crate::catalog::{Mig, Placement};

impl Machine {
    /// Whether the rules could have brought this machine about: for one that was read from elsewhere.
    ///
    /// # Errors
    ///
    /// The first instance that cannot be where it is, in words.
    pub fn check(&self) -> Result<(), String> {
        let broken = |(index, gpu): (usize, &Gpu)| gpu.check().map_err(|fault| format!("GPU {index}: {fault}"));
        self.gpus.iter().enumerate().try_for_each(broken)
    }
}

impl Gpu {
    fn check(&self) -> Result<(), String> {
        let Some(mig) = &self.model.mig else {
            let none = self.gpu_instances.is_empty() && !self.mode.current;
            return if none { Ok(()) } else { Err("MIG on a model without MIG".to_owned()) };
        };
        if !self.gpu_instances.is_empty() && !self.mode.current {
            return Err("GPU instances while MIG mode is off".to_owned());
        }
        for (id, instance) in &self.gpu_instances {
            let fault = |what: &str| Err(format!("GPU instance {id} {what}"));
            let Some(profile) = mig.profiles.iter().find(|profile| profile.id == instance.profile) else {
                return fault("has a profile that the model does not have");
            };
            let at = instance.placement;
            if !mig.placements(profile).contains(&at) || mig.gpu_instance_id(self.identity.layout, at) != *id {
                return fault("is not where its profile and ID belong");
            }
            if instance.id != *id || instance.generation > self.config_generation {
                return fault("has another ID or is younger than its GPU");
            }
            if self.gpu_instances.values().any(|other| other.id != *id && other.placement.overlaps(at)) {
                return fault("shares memory slices with another");
            }
            instance.check(mig).map_err(|fault| format!("GPU instance {id}, {fault}"))?;
        }
        Ok(())
    }
}

impl GpuInstance {
    fn check(&self, mig: &Mig) -> Result<(), String> {
        let profile = mig.profiles.iter().find(|profile| profile.id == self.profile);
        let offered = profile.map(|profile| mig.compute_profiles(profile)).unwrap_or_default();
        let may_lie = |instance: &ComputeInstance| {
            let profile = offered.iter().find(|profile| profile.id == instance.profile);
            profile.is_some_and(|profile| profile.placements.contains(&instance.placement))
        };
        let mut taken: Vec<Placement> = Vec::new();
        for (id, instance) in &self.compute_instances {
            if instance.id != *id || *id >= super::compute_instance::MAX || !may_lie(instance) {
                return Err(format!("compute instance {id} is not where its profile belongs"));
            }
            if !instance.placement.is_free(&taken) {
                return Err(format!("compute instance {id} shares compute slices with another"));
            }
            taken.push(instance.placement);
        }
        Ok(())
    }
}
