//! Giving compute instances the ids back that they had.
//!
//! The driver gives a new compute instance the lowest free id. Where ids below were free when the change began, making the instance
//! again does not give it the same one, and a program that names it by its ids would be given another.

use crate::error::{Error, Result};
use crate::gpu::Gpu;
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

impl Gpu {
    /// Makes the compute instances anew whose ids are not those of the state before.
    ///
    /// The highest id first, with the free ids below it taken by one-slice instances meanwhile. There is always room for these: when the
    /// last of the instances was made, every id below its own was taken.
    pub(super) fn restore_numbers(&self, before: &MigState) -> Result<()> {
        let now = self.mig_state()?;
        for (was, is) in pairs(before, &now) {
            let mut wrong = misnumbered(was, is);
            if wrong.is_empty() {
                continue;
            }
            let instance = self.gpu_instance(is.id)?;
            for inside in instance.compute_instances()? {
                let of = |was: &&ComputeInstanceState| {
                    (was.profile.id, was.placement) == (inside.profile().id, inside.placement())
                };
                if wrong.iter().any(of) {
                    inside.destroy()?;
                }
            }
            wrong.sort_by_key(|was| std::cmp::Reverse(was.id));
            for was in wrong {
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
