//! Many threads at once leave a machine that adds up.

#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Barrier;
use std::thread;

use gpushare::{ErrorKind, Gpu, Nvml};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const THREADS: u64 = 64;
const STEPS: u32 = 20;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Creates, divides and destroys whatever is there. Others do the same, so refusals and stale handles are part of it; nothing else is.
fn act(gpu: &Gpu, seed: u64) -> gpushare::Result<()> {
    let mut numbers = Numbers(seed);
    let profiles = gpu.gpu_instance_profiles()?;
    for _ in 0..STEPS {
        let step = || -> gpushare::Result<()> {
            if numbers.below(2) == 0 {
                let gi = gpu.create_gpu_instance(&profiles[numbers.below(profiles.len())])?;
                gi.create_default_compute_instance()?;
            } else {
                let instances = gpu.gpu_instances()?;
                if let Some(gi) = instances.get(numbers.below(instances.len().max(1))) {
                    for ci in gi.compute_instances()? {
                        ci.destroy()?;
                    }
                    gi.clone().destroy()?;
                }
            }
            Ok(())
        };
        if let Err(error) = { step }() {
            let expected = [ErrorKind::InsufficientResources, ErrorKind::Stale, ErrorKind::InUse, ErrorKind::NotFound];
            if !expected.contains(&error.kind()) {
                return Err(error);
            }
        }
    }
    Ok(())
}

fn is_consistent(gpu: &Gpu) -> Outcome {
    let instances = gpu.gpu_instances()?;
    for (index, gi) in instances.iter().enumerate() {
        for other in &instances[index + 1..] {
            assert!(!gi.placement().overlaps(&other.placement()), "{gi:?} {other:?}");
            assert_ne!(gi.id(), other.id());
        }
        assert!(gpu.possible_placements(gi.profile())?.contains(&gi.placement()), "{gi:?}");
    }
    let mut inside = 0;
    for gi in &instances {
        inside += gi.compute_instances()?.len();
    }
    let devices = gpu.mig_devices()?;
    assert_eq!(devices.len(), inside);
    for (index, device) in devices.iter().enumerate() {
        assert_eq!(device.index()?, index as u32);
    }
    for profile in gpu.gpu_instance_profiles()?.iter() {
        let taken: Vec<_> = instances.iter().map(|gi| gi.placement()).collect();
        let some =
            gpu.possible_placements(profile)?.iter().any(|place| !taken.iter().any(|other| other.overlaps(place)));
        let media_taken = profile.name.ends_with("+me") && instances.iter().any(|gi| gi.profile() == profile);
        assert_eq!(gpu.remaining_capacity(profile)? > 0, some && !media_taken, "{}", profile.name);
    }
    Ok(())
}

#[test]
fn sixty_four_threads_create_and_destroy() -> Outcome {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).init()?;
    let gpus = [nvml.gpu(0)?, nvml.gpu(1)?];
    for gpu in &gpus {
        gpu.set_mig_mode(true)?;
    }
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| -> Outcome {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (gpus, start) = (&gpus, &start);
                scope.spawn(move || {
                    start.wait();
                    act(&gpus[number as usize % gpus.len()], number)
                })
            })
            .collect();
        for thread in threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(())
    })?;
    gpus.iter().try_for_each(is_consistent)
}

#[test]
fn of_twelve_threads_seven_get_a_slice() -> Outcome {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).init()?;
    let gpu = nvml.gpu(0)?;
    gpu.set_mig_mode(true)?;
    let profile = gpu.gpu_instance_profile("1g.5gb")?;
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..12).map(|_| scope.spawn(|| gpu.create_gpu_instance(&profile))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (7, 5));
    for error in refused.into_iter().filter_map(Result::err) {
        assert_eq!(error.to_string(), format!("no room for another 1g.5gb on GPU 0 ({})", gpu.uuid()));
    }
    is_consistent(&gpu)
}
