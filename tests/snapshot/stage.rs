//! Simulated nodes that snapshots are taken of.

use std::error::Error;

use gpushare::{ApplyOptions, Gpu, Nvml};
use gpushare_sim::Machine;
use gpushare_sim::engine::{Process, ProcessKind};
use gpushare_tests::procfs::{Entry, Procfs};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A simulated node, and processes that only it and a folder in the place of `/proc` know of.
pub(crate) struct Node {
    pub(crate) machine: Machine,
    pub(crate) procfs: Procfs,
    pub(crate) nvml: Nvml,
}

impl Node {
    pub(crate) fn of(spec: &str) -> Outcome<Self> {
        Self::with(Machine::from_spec(spec)?)
    }

    pub(crate) fn with(machine: Machine) -> Outcome<Self> {
        let procfs = Procfs::new()?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).procfs(procfs.path()).init()?;
        Ok(Self { machine, procfs, nvml })
    }

    /// A program of user 1000 begins to use half a GiB of a GPU, or of the instance of it with these ids.
    pub(crate) fn run(&self, gpu: usize, pid: u32, kind: ProcessKind, instance: Option<(u32, u32)>) -> Outcome {
        self.procfs.add(pid, Entry { name: "python3", uid: 1000, ..Entry::default() })?;
        let (name, used_memory) = ("unseen".into(), Some(512 << 20));
        Ok(self.machine.add_process(gpu, Process { pid, name, kind, used_memory, instance })?)
    }

    pub(crate) fn end(&self, gpu: usize, pid: u32) -> Outcome {
        self.procfs.remove(pid)?;
        Ok(self.machine.remove_process(gpu, pid)?)
    }
}

pub(crate) fn divide(gpu: &Gpu, layout: &str) -> Outcome {
    gpu.apply_layout(&layout.parse()?, &ApplyOptions::new().without_journal())?;
    Ok(())
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Creates, divides, destroys, enables or disables: one change of a GPU at random, if it can be made.
pub(crate) fn change(gpu: &Gpu, numbers: &mut Numbers) -> Outcome {
    if !gpu.mig_mode()?.current {
        return Ok(gpu.set_mig_mode(true)?);
    }
    let instances = gpu.gpu_instances()?;
    let chosen = instances.get(numbers.below(instances.len())).cloned();
    match (numbers.below(8), chosen) {
        (0, None) => gpu.set_mig_mode(false)?,
        (0 | 1, Some(gi)) => {
            for ci in gi.compute_instances()? {
                ci.destroy()?;
            }
            gi.destroy()?;
        }
        (2, Some(gi)) => {
            let inside = gi.compute_instances()?;
            if let Some(ci) = inside.get(numbers.below(inside.len())).cloned() {
                ci.destroy()?;
            }
        }
        (3 | 4, Some(gi)) => {
            let profiles = gi.compute_instance_profiles()?;
            // There may be no room for it.
            let _ = gi.create_compute_instance(&profiles[numbers.below(profiles.len())]);
        }
        _ => {
            let profiles = gpu.gpu_instance_profiles()?;
            if let Ok(gi) = gpu.create_gpu_instance(&profiles[numbers.below(profiles.len())])
                && numbers.below(3) > 0
            {
                gi.create_default_compute_instance()?;
            }
        }
    }
    Ok(())
}
