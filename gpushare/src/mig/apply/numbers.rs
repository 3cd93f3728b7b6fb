//! Giving compute instances the ids back that they had.
//!
//! The driver gives a new compute instance the lowest free id. Where ids below were free when the change began, making the instance
//! again does not give it the same one, and a program that names it by its ids would be given another.

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::mig::plan::{Plan, PlanStep};
use crate::mig::state::{ComputeInstanceState, GpuInstanceState, MigState};
use crate::mig::{ComputeInstance, GpuInstance};
use crate::placement::ComputeInstancePlacement;

/// The compute instances of a state that are there now under other ids.
fn misnumbered<'a>(before: &'a GpuInstanceState, now: &GpuInstanceState) -> Vec<&'a ComputeInstanceState> {
    let other_id = |was: &&ComputeInstanceState| {
        let same = |is: &&ComputeInstanceState| (is.profile.id, is.placement) == (was.profile.id, was.placement);
        now.compute_instances.iter().find(same).is_some_and(|is| is.id != was.id)
    };
    before.compute_instances.iter().filter(other_id).collect()
}

fn pairs<'a>(
    before: &'a MigState,
    now: &'a MigState,
) -> impl Iterator<Item = (&'a GpuInstanceState, &'a GpuInstanceState)> {
    before.gpu_instances.iter().filter_map(|was| {
        let same = |is: &&GpuInstanceState| (is.profile.id, is.placement) == (was.profile.id, was.placement);
        now.gpu_instances.iter().find(same).map(|is| (was, is))
    })
}

/// Whether a compute instance of the state before is there under another id.
pub(super) fn differ(before: &MigState, now: &MigState) -> bool {
    pairs(before, now).any(|(was, is)| !misnumbered(was, is).is_empty())
}

/// The compute instances of a GPU instance before that the plan destroys, so that they were made anew to go back.
fn made_anew<'a>(plan: &Plan, was: &'a GpuInstanceState) -> Vec<&'a ComputeInstanceState> {
    let whole = |step: &PlanStep| match step {
        PlanStep::DestroyGpuInstance { id } => *id == was.id,
        step => *step == PlanStep::SetMigMode(false),
    };
    let whole = plan.steps.iter().any(whole);
    let gone = |inside: &&ComputeInstanceState| {
        let step = PlanStep::DestroyComputeInstance { gpu_instance: was.id, id: inside.id };
        whole || plan.steps.contains(&step)
    };
    was.compute_instances.iter().filter(gone).collect()
}

impl Gpu {
    /// Where compute instances have other ids than before the plan, makes those anew that the plan destroys.
    ///
    /// The highest id first, with the free ids below it taken by one-slice instances meanwhile. In a GPU instance that the plan destroys
    /// there is always room for these: when the last of those with this id or a higher one was made, all of them were there, and every
    /// id below was taken.
    pub(super) fn restore_numbers(&self, plan: &Plan) -> Result<()> {
        let before = &plan.before;
        let now = self.mig_state()?;
        for (was, is) in pairs(before, &now) {
            if misnumbered(was, is).is_empty() {
                continue;
            }
            let mut anew = made_anew(plan, was);
            let instance = self.gpu_instance(is.id)?;
            for inside in instance.compute_instances()? {
                let of = |was: &&ComputeInstanceState| {
                    (was.profile.id, was.placement) == (inside.profile().id, inside.placement())
                };
                if anew.iter().any(of) {
                    inside.destroy()?;
                }
            }
            anew.sort_by_key(|was| std::cmp::Reverse(was.id));
            for was in anew {
                let mut fillers = Vec::new();
                while lowest_free_id(&instance)? < was.id.0 {
                    fillers.push(fill(&instance, was.placement)?);
                }
                instance.create_compute_instance_at(&was.profile, was.placement)?;
                for filler in fillers {
                    filler.destroy()?;
                }
            }
        }
        match differ(before, &self.mig_state()?) {
            false => Ok(()),
            true => Err(Error::PlanOutdated { target: self.target(), now: "compute instances with other ids".into() }),
        }
    }
}

/// The id that the driver gives next.
fn lowest_free_id(instance: &GpuInstance) -> Result<u32> {
    let taken: Vec<_> = instance.compute_instances()?.iter().map(|inside| inside.id().0).collect();
    Ok((0..).find(|id| !taken.contains(id)).unwrap_or(u32::MAX))
}

/// Takes an id with the smallest instance that leaves `reserved` free.
fn fill(instance: &GpuInstance, reserved: ComputeInstancePlacement) -> Result<ComputeInstance> {
    let taken: Vec<_> = instance.compute_instances()?.iter().map(ComputeInstance::placement).collect();
    let geometry = instance.compute_geometry()?;
    let free = |place: &&ComputeInstancePlacement| {
        !place.overlaps(&reserved) && !taken.iter().any(|other| other.overlaps(place))
    };
    let smallest = geometry.iter().min_by_key(|geometry| geometry.profile.multiprocessor_count);
    let found = smallest.and_then(|smallest| Some((smallest, smallest.placements.iter().find(free)?)));
    let no_room = || Error::NoRoom { target: instance.target(), profile: "a compute instance that takes an id".into() };
    let (smallest, place) = found.ok_or_else(no_room)?;
    instance.create_compute_instance_at(&smallest.profile, *place)
}
