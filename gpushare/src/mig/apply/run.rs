//! The steps of a plan, one after the other, each verified.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::{ApplyOptions, Reset};
use crate::error::{Error, MigModeNeed, Result};
use crate::gpu::Gpu;
use crate::id::GpuInstanceId;
use crate::mig::GpuInstance;
use crate::mig::plan::{Plan, PlanStep, PlannedComputeInstance, PlannedGpuInstance};

impl Gpu {
    /// Carries out the steps and stops at the first that fails.
    pub(super) fn run(&self, plan: &Plan, options: &ApplyOptions) -> Result<()> {
        let mut present: BTreeMap<GpuInstanceId, GpuInstance> = BTreeMap::new();
        if plan.before.mode.current {
            present.extend(self.gpu_instances()?.into_iter().map(|instance| (instance.id(), instance)));
        }
        let find = |present: &BTreeMap<_, GpuInstance>, id: GpuInstanceId| {
            let gone = || Error::PlanOutdated { target: self.target(), now: format!("no GPU instance {id}") };
            present.get(&id).cloned().ok_or_else(gone)
        };
        let mut made: BTreeMap<usize, (GpuInstance, Arc<[PlannedComputeInstance]>)> = BTreeMap::new();
        for step in &plan.steps {
            match step {
                PlanStep::SetMigMode(enabled) => self.change_mig_mode(*enabled, options)?,
                PlanStep::DestroyComputeInstance { gpu_instance, id } => {
                    find(&present, *gpu_instance)?.compute_instance(*id)?.destroy()?;
                }
                PlanStep::DestroyGpuInstance { id } => find(&present, *id)?.destroy()?,
                PlanStep::CreateGpuInstance { planned } => {
                    let wanted = &plan.gpu_instances[*planned];
                    let instance = self.create_gpu_instance_at(&wanted.profile, wanted.placement)?;
                    if instance.placement() != wanted.placement {
                        let now = format!("{:?} where {} was wanted", instance, wanted.placement);
                        return Err(Error::PlanOutdated { target: self.target(), now });
                    }
                    made.insert(*planned, (instance.clone(), self.insides(wanted, &instance)?));
                }
                PlanStep::CreateComputeInstance { planned, inside } => {
                    let wanted = &plan.gpu_instances[*planned];
                    let (instance, insides) = match (made.get(planned), wanted.existing) {
                        (Some((instance, insides)), _) => (instance.clone(), insides),
                        (None, Some(id)) => (find(&present, id)?, &wanted.compute_instances),
                        (None, None) => continue,
                    };
                    self.create_inside(&instance, &insides[*inside])?;
                }
            }
        }
        Ok(())
    }

    /// The compute instances of a GPU instance that was just made, with the profiles and places that only now are known.
    fn insides(&self, wanted: &PlannedGpuInstance, instance: &GpuInstance) -> Result<Arc<[PlannedComputeInstance]>> {
        if wanted.compute_instances.iter().all(|inside| inside.profile.is_some()) {
            return Ok(wanted.compute_instances.clone());
        }
        let compute = instance.compute_geometry()?;
        wanted.resolve_inside(compute).map_err(|reason| Error::InfeasibleLayout {
            target: self.target(),
            layout: wanted.profile.name.to_string(),
            reason: Box::new(reason),
        })
    }

    fn create_inside(&self, instance: &GpuInstance, wanted: &PlannedComputeInstance) -> Result<()> {
        let profile = match &wanted.profile {
            Some(profile) => profile.clone(),
            None => instance.default_compute_instance_profile()?,
        };
        let made = match wanted.placement {
            Some(placement) => instance.create_compute_instance_at(&profile, placement)?,
            None => instance.create_compute_instance(&profile)?,
        };
        let somewhere_else = |wanted| made.placement().size > 0 && made.placement() != wanted;
        if wanted.placement.is_some_and(somewhere_else) {
            let now = format!("{made:?} where {wanted} was wanted");
            return Err(Error::PlanOutdated { target: self.target(), now });
        }
        // A compute instance that no program can be given is not made.
        made.mig_device().map(drop)
    }

    /// Changes the MIG mode, with a reset where that is needed and allowed; takes a change back that does not take effect.
    fn change_mig_mode(&self, enabled: bool, options: &ApplyOptions) -> Result<()> {
        let pending = match self.set_mig_mode(enabled) {
            Err(error @ Error::MigModePending { needs: MigModeNeed::Reset, .. }) => error,
            done => return done,
        };
        match &options.reset {
            Reset::Never => return Err(pending),
            Reset::NvidiaSmi => nvidia_smi_reset(self)?,
            Reset::By(reset) => reset(self).map_err(|error| self.reset_failed(&error.to_string()))?,
        }
        self.0.session.divided(self.index());
        if self.mig_mode()?.current == enabled { Ok(()) } else { Err(pending) }
    }

    fn reset_failed(&self, reason: &str) -> Error {
        let by = self.holders().unwrap_or_default();
        Error::ResetFailed { target: self.target(), reason: reason.into(), by }
    }
}

fn nvidia_smi_reset(gpu: &Gpu) -> Result<()> {
    let mut command = Command::new("nvidia-smi");
    command.arg("--gpu-reset").arg("-i").arg(gpu.uuid().to_string()).stdin(Stdio::null());
    let output = command.output().map_err(|error| gpu.reset_failed(&format!("nvidia-smi: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Err(gpu.reset_failed(&format!("nvidia-smi: {}: {said}", output.status)))
}
