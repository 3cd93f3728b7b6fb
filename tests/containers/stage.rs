//! The walkthrough's node: eight A100, the first of them divided as recorded.

use gpushare::{DeviceFiles, Nvml};
use gpushare_sim::Machine;
use gpushare_sim::engine::MachineConfig;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) fn open(machine: &Machine) -> Outcome<Nvml> {
    Ok(Nvml::builder().library(machine.library()?).root(machine.root()).init()?)
}

/// A machine with the GPUs of a configuration, of which the first has the walkthrough's layout.
pub(crate) fn divided(config: &MachineConfig) -> Outcome<(Machine, Nvml)> {
    let machine = Machine::with_config(config)?;
    let nvml = open(&machine)?;
    let gpu = nvml.gpu(0)?;
    let folder = tempfile::tempdir()?;
    let options = gpushare::ApplyOptions::new().directory(folder.path());
    gpu.apply_layout(&"4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6".parse()?, &options)?;
    let ids: Vec<_> =
        gpu.mig_devices()?.iter().map(|one| (one.gpu_instance_id().0, one.compute_instance_id().0)).collect();
    assert_eq!(ids, [(2, 0), (3, 0), (3, 1), (9, 0)], "the recorded ids");
    Ok((machine, nvml))
}

pub(crate) fn walkthrough() -> Outcome<(Machine, Nvml)> {
    divided(&MachineConfig::default())
}

/// The paths of all nodes.
pub(crate) fn paths(files: &DeviceFiles) -> Vec<&str> {
    files.nodes().iter().filter_map(|node| node.path.to_str()).collect()
}

/// The files of a node without a driver: two GPUs that were made up.
pub(crate) fn made_up(root: &str) -> Outcome<DeviceFiles> {
    let gpu = |index: u32| {
        let uuid = format!("GPU-00000000-0000-0000-0000-00000000000{index}");
        let node = serde_json::json!({ "path": format!("/dev/nvidia{index}"), "major": 195, "minor": index });
        serde_json::json!({
            "index": index, "uuid": uuid, "name": "NVIDIA H200", "node": node, "mig_enabled": false, "mig_devices": []
        })
    };
    Ok(serde_json::from_value(serde_json::json!({
        "root": root,
        "driver_version": "580.126.09",
        "shared": [{ "path": "/dev/nvidiactl", "major": 195, "minor": 255 }],
        "gpus": [gpu(0), gpu(1)],
    }))?)
}
