//! The description of a node as the driver gives it.

use gpushare::Nvml;
use gpushare_sim::Machine;

use crate::nodes::{seen, walkthrough};

#[test]
fn the_walkthrough_on_the_simulator_gives_its_node() -> Result<(), Box<dyn std::error::Error>> {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let gpu = nvml.gpu(0)?;
    assert!(!nvml.visible_node()?.gpus[0].mig_enabled);
    gpu.set_mig_mode(true)?;
    for (profile, parts) in [("4g.20gb", 1), ("2g.10gb", 2), ("1g.5gb", 1)] {
        let instance = gpu.create_gpu_instance(&gpu.gpu_instance_profile(profile)?)?;
        for _ in 0..parts {
            match parts {
                1 => instance.create_default_compute_instance()?,
                _ => instance.create_compute_instance(&instance.compute_instance_profile("1c.2g.10gb")?)?,
            };
        }
    }
    let node = nvml.visible_node()?;
    // The simulator has MIG UUIDs of its own.
    let plain = |node: &gpushare::VisibleNode| {
        let ids = |mig: &gpushare::VisibleMigDevice| (mig.gpu_instance, mig.compute_instance);
        let of = |gpu: &gpushare::VisibleGpu| gpu.mig_devices.iter().map(ids).collect::<Vec<_>>();
        node.gpus.iter().map(|gpu| (gpu.index, gpu.uuid, gpu.mig_enabled, of(gpu))).collect::<Vec<_>>()
    };
    assert_eq!(plain(&node), plain(&walkthrough()));
    assert_eq!(seen(&node.resolve(Some("0:3/1,1"), &nvml.cuda_rules()?)?), "0/3/1 1");

    // The description is data: it comes back as it was.
    let text = serde_json::to_string(&node)?;
    assert_eq!(serde_json::from_str::<gpushare::VisibleNode>(&text)?, node);
    Ok(())
}

#[test]
fn a_gpu_that_has_no_mig_is_described_as_one_without() -> Result<(), Box<dyn std::error::Error>> {
    let machine = Machine::from_spec("2xT4")?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    assert_eq!(seen(&nvml.visible_node()?.resolve(Some("1"), &nvml.cuda_rules()?)?), "1");
    Ok(())
}
