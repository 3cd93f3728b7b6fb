//! A simulated GPU, and processes that only it and a folder in the place of `/proc` know of.

use gpushare::{Gpu, GpuProcess, MigDevice, Nvml};
use gpushare_sim::engine::{Process, ProcessKind};
use gpushare_sim::{Machine, MachineConfig};
use gpushare_tests::procfs::Procfs;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) struct Stage {
    pub(crate) machine: Machine,
    pub(crate) procfs: Procfs,
    pub(crate) gpu: Gpu,
}

impl Stage {
    pub(crate) fn set() -> Outcome<Self> {
        let machine = Machine::with_config(&"2xA100-SXM4-40GB".parse::<MachineConfig>()?)?;
        let procfs = Procfs::new()?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).procfs(procfs.path()).init()?;
        assert_eq!(nvml.procfs(), procfs.path());
        let gpu = nvml.gpu(0)?;
        Ok(Self { machine, procfs, gpu })
    }

    /// Two MIG devices in one GPU instance and one in another.
    pub(crate) fn split() -> Outcome<(Self, Vec<MigDevice>)> {
        let stage = Self::set()?;
        stage.gpu.set_mig_mode(true)?;
        let two = stage.gpu.create_gpu_instance(&stage.gpu.gpu_instance_profile("2g.10gb")?)?;
        let half = two.compute_instance_profile("1c.2g.10gb")?;
        two.create_compute_instance(&half)?;
        two.create_compute_instance(&half)?;
        stage
            .gpu
            .create_gpu_instance(&stage.gpu.gpu_instance_profile("3g.20gb")?)?
            .create_default_compute_instance()?;
        let devices = stage.gpu.mig_devices()?;
        assert_eq!(devices.len(), 3);
        Ok((stage, devices))
    }

    /// A process uses the GPU, or a MIG device of it, and 1 MiB for each number of its id.
    pub(crate) fn run(&self, pid: u32, kind: ProcessKind, on: Option<&MigDevice>) -> Outcome {
        let instance = on.map(|device| (device.gpu_instance_id().0, device.compute_instance_id().0));
        let (name, used_memory) = (format!("driver's-{pid}"), Some(u64::from(pid) << 20));
        Ok(self.machine.add_process(0, Process { pid, name, kind, used_memory, instance })?)
    }
}

/// Where a process runs.
pub(crate) fn place(process: &GpuProcess) -> (u32, Option<u32>, Option<u32>) {
    (process.pid, process.gpu_instance.map(|id| id.0), process.compute_instance.map(|id| id.0))
}

/// Where a process of that id on a device runs.
pub(crate) fn on(device: &MigDevice, pid: u32) -> (u32, Option<u32>, Option<u32>) {
    (pid, Some(device.gpu_instance_id().0), Some(device.compute_instance_id().0))
}
