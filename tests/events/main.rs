//! Events: who is told what, what it costs, and how the waiting ends.

mod delivery;
mod drivers;
mod ends;

use gpushare::{EventKinds, EventSet, Gpu, GpuEvent, Nvml};
use gpushare_sim::Machine;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What most watch for.
const BOTH: EventKinds = EventKinds::XID.union(EventKinds::MIG_CONFIG_CHANGE);

fn start(spec: &str) -> Outcome<(Machine, Nvml)> {
    let machine = Machine::from_spec(spec)?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    Ok((machine, nvml))
}

/// All events that there are now.
fn drain(events: &EventSet) -> gpushare::Result<Vec<GpuEvent>> {
    std::iter::from_fn(|| events.poll().transpose()).collect()
}

/// The events as a person reads them.
fn told(events: &EventSet) -> gpushare::Result<Vec<String>> {
    Ok(drain(events)?.iter().map(GpuEvent::to_string).collect())
}

/// Creates a GPU instance with a compute instance for each of some profiles, and gives their ids.
fn split(gpu: &Gpu, profiles: &[&str]) -> gpushare::Result<Vec<u32>> {
    gpu.set_mig_mode(true)?;
    let create = |name: &&str| {
        let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile(name)?)?;
        gi.create_default_compute_instance()?;
        Ok(gi.id().0)
    };
    profiles.iter().map(create).collect()
}
