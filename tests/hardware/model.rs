//! The simulator's model of the GPU, profile by profile.

use gpushare::{Gpu, Nvml};
use gpushare_sim::Machine;

use crate::stage::{Outcome, real_gpu};

/// All that the driver says of the profiles, a line each.
fn profiles(gpu: &Gpu) -> Outcome<Vec<String>> {
    let mut lines = Vec::new();
    for profile in gpu.gpu_instance_profiles()?.iter() {
        let placements: Vec<_> = gpu.possible_placements(profile)?.iter().map(ToString::to_string).collect();
        lines.push(format!("{profile:?} at {placements:?}, {} free", gpu.remaining_capacity(profile)?));
    }
    Ok(lines)
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn is_that_of_the_device() -> Outcome {
    let (_nvml, gpu) = real_gpu()?;
    let model = gpu.name().trim_start_matches("NVIDIA ").replace(' ', "-");
    let machine = Machine::from_spec(&format!("1x{model}"))?;
    let simulated = Nvml::builder().library(machine.library()?).root(machine.root()).init()?.gpu(0)?;
    assert_eq!(profiles(&simulated)?, profiles(&gpu)?);
    assert_eq!(simulated.architecture()?, gpu.architecture()?);
    Ok(())
}
