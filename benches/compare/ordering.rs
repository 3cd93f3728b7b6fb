//! How others reach a layout: NVIDIA's nvidia-mig-parted, and what builds on it.
//!
//! The algorithm of its `SetMigConfig`, told anew from reading it, so that it can be counted on the simulated driver:
//!
//! 1. The instances that are wanted stand in a list, largest first by compute slices
//!    (github.com/NVIDIA/mig-parted, `pkg/types/mig_config.go`, `Flatten`). Profiles with as many slices stand in the order in which Go
//!    walks a map, that is, in any: [`Ties`] has the two extremes.
//! 2. For one ordering of the list after the other (`pkg/mig/config/config.go`, `iteratePermutationsUntilSuccess`): whatever the GPU holds
//!    is destroyed, and the instances are created in this order, wherever the driver puts them. Of equal profiles that follow each other, the
//!    later one is first tried as a second compute instance in the GPU instance before it. The first ordering that the driver carries out
//!    to its end is the result.
//! 3. If none is, the GPU is left empty.
//!
//! What the GPU holds is read by asking for each profile that NVML could have, and for the instances of each profile that there is
//! (github.com/NVIDIA/go-nvlib, `pkg/nvlib/device`). Read at the revisions 0197e69 of mig-parted and 3c16156 of go-nvlib; initialising and
//! shutting down NVML around each step is left out here, in their favour.

use gpushare::sys::{
    NVML_COMPUTE_INSTANCE_PROFILE_COUNT, NVML_GPU_INSTANCE_PROFILE_COUNT, nvmlComputeInstance_t, nvmlDevice_t,
    nvmlGpuInstance_t,
};

use crate::driver::{Answer, Driver};

/// A wanted instance: the kinds under which NVML enumerates its profiles, and what it is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) gpu_instance: u32,
    pub(crate) compute_instance: u32,
    pub(crate) slices: u32,
    pub(crate) memory: u64,
}

/// Which of two profiles with as many compute slices stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ties {
    SmallMemoryFirst,
    LargeMemoryFirst,
}

/// Whether some ordering led to what is wanted. An error is one that NVML answers where it never should.
pub(crate) fn apply(driver: &Driver, index: u32, mut wanted: Vec<Wanted>, ties: Ties) -> Answer<bool> {
    let gpu = driver.gpu(index)?;
    driver.mig_mode(gpu)?;
    wanted.sort_by_key(|wanted| {
        let memory = wanted.memory as i64;
        (-i64::from(wanted.slices), if ties == Ties::SmallMemoryFirst { memory } else { -memory })
    });
    let done = orderings(&mut wanted, 0, &mut |ordering| {
        if !read(driver, index)?.is_empty() {
            clear(driver, index)?;
            read(driver, index)?;
        }
        create(driver, gpu, ordering)
    });
    if done.is_err() {
        clear(driver, index)?;
    }
    Ok(done.is_ok())
}

/// Tries the orderings of a list from a position on, those that look alike once, until one is carried out.
fn orderings(list: &mut [Wanted], from: usize, attempt: &mut dyn FnMut(&[Wanted]) -> Answer) -> Answer {
    if from == list.len() {
        return attempt(list);
    }
    let mut last = Ok(());
    for at in from..list.len() {
        if list[from..at].contains(&list[at]) {
            continue;
        }
        list.swap(from, at);
        last = orderings(list, from + 1, attempt);
        if last.is_ok() {
            return last;
        }
        list.swap(from, at);
    }
    last
}

fn create(driver: &Driver, gpu: nvmlDevice_t, ordering: &[Wanted]) -> Answer {
    let mut last: Option<(u32, nvmlGpuInstance_t)> = None;
    for wanted in ordering {
        let profile = driver.gpu_instance_profile(gpu, wanted.gpu_instance)?;
        let inside = |instance| {
            let profile = driver.compute_instance_profile(instance, wanted.compute_instance)?;
            driver.create_compute_instance(instance, profile.id)
        };
        let instance = match last {
            Some((kind, instance)) if kind == wanted.gpu_instance && inside(instance).is_ok() => instance,
            _ => {
                let instance = driver.create_gpu_instance(gpu, profile.id)?;
                inside(instance)?;
                instance
            }
        };
        last = Some((wanted.gpu_instance, instance));
    }
    Ok(())
}

/// Every GPU instance with the compute instances in it.
fn read(driver: &Driver, index: u32) -> Answer<Vec<nvmlComputeInstance_t>> {
    let mut found = Vec::new();
    walk(driver, index, |_, inside| {
        found.extend_from_slice(inside);
        Ok(())
    })?;
    Ok(found)
}

fn clear(driver: &Driver, index: u32) -> Answer {
    walk(driver, index, |instance, inside| {
        inside.iter().try_for_each(|inside| driver.destroy_compute_instance(*inside))?;
        driver.destroy_gpu_instance(instance)
    })
}

fn walk(
    driver: &Driver,
    index: u32,
    mut visit: impl FnMut(nvmlGpuInstance_t, &[nvmlComputeInstance_t]) -> Answer,
) -> Answer {
    let gpu = driver.gpu(index)?;
    driver.mig_mode(gpu)?;
    for kind in 0..NVML_GPU_INSTANCE_PROFILE_COUNT {
        let Ok(profile) = driver.gpu_instance_profile(gpu, kind) else { continue };
        for instance in driver.gpu_instances(gpu, &profile)? {
            let mut inside = Vec::new();
            for kind in 0..NVML_COMPUTE_INSTANCE_PROFILE_COUNT {
                if let Ok(profile) = driver.compute_instance_profile(instance, kind) {
                    inside.extend(driver.compute_instances(instance, &profile)?);
                }
            }
            visit(instance, &inside)?;
        }
    }
    Ok(())
}
