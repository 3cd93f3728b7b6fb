//! The node that is looked at: eight H200, each with seven MIG devices, and a process on every seventh of these.

use std::process::{Child, Command};

use gpushare::{ApplyOptions, Layout, Nvml};
use gpushare_sim::engine::{Process, ProcessKind};
use gpushare_sim::{Machine, MachineConfig};
use tempfile::TempDir;

use crate::Outcome;

pub(crate) const GPUS: usize = 8;
const LAYOUT: &str = "7x1g.18gb";

/// The machine, and what runs on it until it is dropped.
pub(crate) struct Node {
    pub(crate) machine: Machine,
    workers: Vec<Child>,
}

impl Node {
    /// The node, for this process alone or shared with those that have its environment.
    pub(crate) fn start(shared: bool) -> Outcome<Self> {
        let config: MachineConfig = format!("{GPUS}xH200").parse()?;
        let machine = if shared { Machine::with_config_shared(&config)? } else { Machine::with_config(&config)? };
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
        let (folder, layout): (_, Layout) = (TempDir::new()?, LAYOUT.parse()?);
        let options = ApplyOptions::new().directory(folder.path()).without_journal();
        let mut node = Self { machine, workers: Vec::new() };
        for (index, gpu) in nvml.gpus()?.iter().enumerate() {
            gpu.apply_layout(&layout, &options)?;
            let device = gpu.mig_devices()?.remove(index % 7);
            let instance = Some((device.gpu_instance_id().0, device.compute_instance_id().0));
            // Somebody whom procfs knows, as it knows real clients.
            node.workers.push(Command::new("sleep").arg("3600").spawn()?);
            let pid = node.workers[index].id();
            let process =
                Process { pid, name: "sleep".into(), kind: ProcessKind::Compute, used_memory: Some(1 << 30), instance };
            node.machine.add_process(index, process)?;
        }
        Ok(node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            // One that has ended already needs no end.
            worker.kill().and_then(|()| worker.wait()).ok();
        }
    }
}
