//! Who holds a GPU or an instance, and that refusals name them.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;

use gpushare::{ApplyOptions, Gpu, Holder, MigModeNeed, Nvml, Reset};
use gpushare_sim::engine::{GpuConfig, Process, ProcessKind};
use gpushare_sim::{Machine, MachineConfig};
use gpushare_tests::procfs::{Entry, Procfs};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

struct Stage {
    machine: Machine,
    procfs: Procfs,
    gpu: Gpu,
}

impl Stage {
    fn set(config: &MachineConfig) -> Outcome<Self> {
        let machine = Machine::with_config(config)?;
        let procfs = Procfs::new()?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).procfs(procfs.path()).init()?;
        Ok(Self { gpu: nvml.gpu(0)?, machine, procfs })
    }

    fn a100() -> Outcome<Self> {
        Self::set(&"2xA100-SXM4-40GB".parse()?)
    }

    /// A process uses the first GPU, or an instance of it.
    fn run(&self, pid: u32, kind: ProcessKind, instance: Option<(u32, u32)>, entry: Entry<'_>) -> Outcome {
        self.procfs.add(pid, entry)?;
        let (name, used_memory) = ("unseen".into(), Some(1 << 20));
        Ok(self.machine.add_process(0, Process { pid, name, kind, used_memory, instance })?)
    }

    /// A process that runs on no GPU has a file open.
    fn opens(&self, pid: u32, name: &str, path: &str) -> Outcome {
        self.procfs.add(pid, Entry { name, ..Entry::default() })?;
        self.procfs.open(pid, "/dev/null")?;
        Ok(self.procfs.open(pid, path)?)
    }
}

const PYTHON: Entry<'_> =
    Entry { name: "python3", arguments: &[], parent: 1, uid: 1000, control_group: "/", environment: None };

fn texts(holders: &[Holder]) -> Vec<String> {
    holders.iter().map(ToString::to_string).collect()
}

#[test]
fn whoever_keeps_a_gpu_is_found_and_nobody_else() -> Outcome {
    let stage = Stage::a100()?;
    let control =
        Entry { name: "nvidia-cuda-mps-control", arguments: &["nvidia-cuda-mps-control", "-d"], ..Entry::default() };
    let server = Entry {
        name: "nvidia-cuda-mps-server",
        arguments: &["nvidia-cuda-mps-server"],
        parent: 50,
        environment: Some(&[("CUDA_MPS_PIPE_DIRECTORY", "/run/mps")]),
        ..Entry::default()
    };
    stage.procfs.add(50, control)?;
    // A daemon of nobody here.
    stage.procfs.add(51, control)?;
    stage.run(60, ProcessKind::MpsServer, None, server)?;
    stage.run(61, ProcessKind::MpsClient, None, PYTHON)?;
    // What runs there is told as that, whatever it has open.
    stage.procfs.open(61, "/dev/nvidia0")?;
    stage.opens(70, "nv-hostengine", "/dev/nvidia0")?;
    stage.opens(71, "agent", "/host/dev/nvidia0")?;
    stage.opens(72, "other", "/dev/nvidia1")?;
    stage.opens(73, "other", "/dev/nvidiactl")?;
    // The capability of GPU instance 2 of GPU 0, and of one of GPU 1.
    stage.opens(74, "dcgmi", "/dev/nvidia-caps/nvidia-cap21")?;
    stage.opens(75, "other", "/dev/nvidia-caps/nvidia-cap156")?;
    stage.opens(76, "other", "/srv/nvidia-cap21")?;
    // It hides its files from this user.
    stage.procfs.add(80, Entry { name: "nvidia-persistenced", ..Entry::default() })?;
    stage.procfs.add(81, Entry { name: "hidden", ..Entry::default() })?;

    let holders = stage.gpu.holders()?;
    let mut found = texts(&holders);
    found.sort();
    assert_eq!(
        found,
        [
            "MPS daemon 50 in /run/mps",
            "nvidia-persistenced 80",
            "process 60 (nvidia-cuda-mps-server)",
            "process 61 (python3)",
            "process 70 (nv-hostengine), which has /dev/nvidia0 open",
            "process 71 (agent), which has /host/dev/nvidia0 open",
            "process 74 (dcgmi), which has /dev/nvidia-caps/nvidia-cap21 open",
        ]
    );
    let daemon = Holder::MpsDaemon { pid: 50, pipe_directory: Some(PathBuf::from("/run/mps")) };
    assert!(holders.contains(&daemon), "{holders:?}");
    Ok(())
}

#[test]
fn a_persistence_daemon_that_has_other_gpus_open_is_no_holder() -> Outcome {
    let stage = Stage::a100()?;
    stage.opens(80, "nvidia-persistenced", "/dev/nvidia1")?;
    assert_eq!(stage.gpu.holders()?, []);
    stage.procfs.open(80, "/dev/nvidia0")?;
    assert_eq!(stage.gpu.holders()?, [Holder::PersistenceDaemon { pid: 80 }]);
    Ok(())
}

#[test]
fn a_refused_mig_mode_and_a_failed_reset_name_the_holders() -> Outcome {
    let stage = Stage::a100()?;
    stage.run(61, ProcessKind::Compute, None, PYTHON)?;
    stage.opens(70, "nv-hostengine", "/dev/nvidia0")?;
    let error = stage.gpu.set_mig_mode(true).unwrap_err();
    let gpushare::Error::MigModePending { needs: MigModeNeed::NoClients, by, .. } = &error else {
        return Err(error.into());
    };
    assert_eq!(texts(by), ["process 61 (python3)", "process 70 (nv-hostengine), which has /dev/nvidia0 open"]);
    assert!(
        error
            .to_string()
            .ends_with("; held by process 61 (python3), process 70 (nv-hostengine), which has /dev/nvidia0 open")
    );

    // A virtual machine cannot reset the GPU that it was given, and so not change its mode.
    let given = GpuConfig { passthrough: true, ..GpuConfig::new("A100-SXM4-40GB") };
    let stage = Stage::set(&MachineConfig::with_gpus(vec![given]))?;
    stage.opens(70, "nv-hostengine", "/dev/nvidia0")?;
    let options = ApplyOptions::new().without_journal().reset(Reset::By(std::sync::Arc::new(|_| Err("no way".into()))));
    let error = stage.gpu.apply_layout(&"7x1g.5gb".parse()?, &options).unwrap_err();
    let text = error.to_string();
    let expected = "could not be reset: no way; held by process 70 (nv-hostengine), which has /dev/nvidia0 open";
    assert!(text.contains(expected), "{text}");
    Ok(())
}

#[test]
fn refused_destructions_name_the_holders_of_the_instance() -> Outcome {
    let stage = Stage::a100()?;
    stage.gpu.apply_layout(&"4g.20gb@0, 2g.10gb@4[2x1c]".parse()?, &ApplyOptions::new().without_journal())?;
    let devices = stage.gpu.mig_devices()?;
    let ids = |at: usize| (devices[at].gpu_instance_id().0, devices[at].compute_instance_id().0);
    assert_eq!([ids(0), ids(1), ids(2)], [(2, 0), (3, 0), (3, 1)]);
    stage.run(61, ProcessKind::Compute, Some((3, 1)), PYTHON)?;
    // The capabilities of GPU instance 3, of its second compute instance, and of the other GPU instance.
    stage.opens(70, "nv-hostengine", "/dev/nvidia-caps/nvidia-cap30")?;
    stage.opens(71, "watcher", "/dev/nvidia-caps/nvidia-cap32")?;
    stage.opens(72, "other", "/dev/nvidia-caps/nvidia-cap21")?;
    let own = ["process 61 (python3)", "process 71 (watcher), which has /dev/nvidia-caps/nvidia-cap32 open"];
    assert_eq!(texts(&devices[2].holders()?), own);

    let inside = devices[2].compute_instance()?;
    let gpushare::Error::InUse { by, .. } = inside.destroy().unwrap_err().error else { return Err("in use".into()) };
    assert_eq!(texts(&by), own);
    let outside = devices[2].gpu_instance()?;
    let gpushare::Error::InUse { by, .. } = outside.destroy().unwrap_err().error else { return Err("in use".into()) };
    assert_eq!(
        texts(&by),
        [
            "compute instance 0",
            "compute instance 1",
            "process 61 (python3)",
            "process 70 (nv-hostengine), which has /dev/nvidia-caps/nvidia-cap30 open",
            "process 71 (watcher), which has /dev/nvidia-caps/nvidia-cap32 open",
        ]
    );
    Ok(())
}
