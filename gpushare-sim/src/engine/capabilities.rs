//! Capability minors, `/proc/driver/nvidia/capabilities` and `/dev/nvidia-caps`, as the present state shows them.

use super::device_nodes::{CAPABILITIES, DeviceNode};
use super::{Gpu, Machine};

const GPUS: u32 = 32;
const GPU_INSTANCES: u32 = 15;
const COMPUTE_INSTANCES: u32 = 8;

const NVLINK: u32 = 0;
const CONFIG: u32 = 1;
const MONITOR: u32 = 2;
const FIRST_GPU_INSTANCE: u32 = 3;
const IMEX: u32 = gpu_instance_minor(GPUS, 0);

/// Where `/proc` shows the capabilities.
const ROOT: &str = "/proc/driver/nvidia/capabilities";

const READ_ALL: u32 = 0o444;
const READ_ROOT: u32 = 0o400;

/// A file or directory below `/proc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcEntry {
    /// Absolute path.
    pub path: String,
    /// Contents, or `None` for a directory.
    pub contents: Option<String>,
    /// Permission bits.
    pub mode: u32,
}

/// Minor of a GPU instance's access capability; `gpu` is the N of `/dev/nvidiaN`.
pub const fn gpu_instance_minor(gpu: u32, gi: u32) -> u32 {
    FIRST_GPU_INSTANCE + (gpu * GPU_INSTANCES + gi) * (1 + COMPUTE_INSTANCES)
}

/// Minor of a compute instance's access capability.
pub const fn compute_instance_minor(gpu: u32, gi: u32, ci: u32) -> u32 {
    gpu_instance_minor(gpu, gi) + 1 + ci
}

/// `/proc/driver/nvidia-caps/mig-minors`: the whole fixed table, whatever exists.
pub fn mig_minors() -> String {
    let mut text = format!("config {CONFIG}\nmonitor {MONITOR}\n");
    for gpu in 0..GPUS {
        for gi in 0..GPU_INSTANCES {
            text += &format!("gpu{gpu}/gi{gi}/access {}\n", gpu_instance_minor(gpu, gi));
            for ci in 0..COMPUTE_INSTANCES {
                text += &format!("gpu{gpu}/gi{gi}/ci{ci}/access {}\n", compute_instance_minor(gpu, gi, ci));
            }
        }
    }
    text
}

impl Machine {
    /// The tree below `/proc/driver/nvidia/capabilities` and `/proc/driver/nvidia-caps`, parents before children.
    pub fn capability_entries(&self) -> Vec<ProcEntry> {
        let mut tree = Tree(Vec::new());
        tree.directory(ROOT.to_owned());
        tree.directory(format!("{ROOT}/mig"));
        tree.capability(format!("{ROOT}/mig/config"), CONFIG, READ_ROOT);
        tree.capability(format!("{ROOT}/mig/monitor"), MONITOR, READ_ALL);
        if self.has_imex() {
            tree.capability(format!("{ROOT}/fabric-imex-mgmt"), IMEX, READ_ROOT);
        }
        for gpu in &self.gpus {
            tree.gpu(gpu);
        }
        tree.directory("/proc/driver/nvidia-caps".to_owned());
        tree.file("/proc/driver/nvidia-caps/nvlink-minors".to_owned(), format!("fabric-mgmt {NVLINK}\n"));
        if self.has_imex() {
            tree.file("/proc/driver/nvidia-caps/sys-minors".to_owned(), format!("fabric-imex-mgmt {IMEX}\n"));
        }
        tree.file("/proc/driver/nvidia-caps/mig-minors".to_owned(), mig_minors());
        tree.0
    }

    /// The nodes below `/dev/nvidia-caps`, by minor. (A real host keeps those of destroyed instances.)
    pub fn capability_nodes(&self) -> Vec<DeviceNode> {
        let mut nodes = vec![node(CONFIG, READ_ROOT), node(MONITOR, READ_ALL)];
        if self.gpus.iter().any(|gpu| gpu.model.nvlink) {
            nodes.push(node(NVLINK, READ_ROOT));
        }
        nodes.extend(self.gpus.iter().flat_map(Gpu::capability_nodes));
        nodes.sort_by_key(|node| node.minor);
        nodes
    }

    fn has_imex(&self) -> bool {
        self.driver_branch().imex_capability
    }
}

impl Gpu {
    /// This GPU's part of [`Machine::capability_entries`].
    pub fn capability_entries(&self) -> Vec<ProcEntry> {
        let mut tree = Tree(Vec::new());
        tree.gpu(self);
        tree.0
    }

    /// The nodes below `/dev/nvidia-caps` of this GPU's instances.
    pub fn capability_nodes(&self) -> Vec<DeviceNode> {
        let gpu = self.identity.minor;
        let mut minors = Vec::new();
        for instance in self.gpu_instances.values() {
            minors.push(gpu_instance_minor(gpu, instance.id));
            minors.extend(instance.compute_instances.keys().map(|ci| compute_instance_minor(gpu, instance.id, *ci)));
        }
        minors.into_iter().map(|minor| node(minor, READ_ALL)).collect()
    }
}

fn node(minor: u32, mode: u32) -> DeviceNode {
    DeviceNode { path: format!("/dev/nvidia-caps/nvidia-cap{minor}"), major: CAPABILITIES, minor, mode }
}

struct Tree(Vec<ProcEntry>);

impl Tree {
    fn directory(&mut self, path: String) {
        self.0.push(ProcEntry { path, contents: None, mode: 0o555 });
    }

    fn file(&mut self, path: String, contents: String) {
        self.0.push(ProcEntry { path, contents: Some(contents), mode: READ_ALL });
    }

    /// The mode inside is that of the device node, in decimal; the file itself is readable by all.
    fn capability(&mut self, path: String, minor: u32, mode: u32) {
        self.file(path, format!("DeviceFileMinor: {minor}\nDeviceFileMode: {mode}\nDeviceFileModify: 1\n"));
    }

    fn gpu(&mut self, gpu: &Gpu) {
        let minor = gpu.identity.minor;
        self.directory(format!("{ROOT}/gpu{minor}"));
        self.directory(format!("{ROOT}/gpu{minor}/mig"));
        for instance in gpu.gpu_instances.values() {
            let path = format!("{ROOT}/gpu{minor}/mig/gi{}", instance.id);
            self.directory(path.clone());
            self.capability(format!("{path}/access"), gpu_instance_minor(minor, instance.id), READ_ALL);
            for ci in instance.compute_instances.keys() {
                self.directory(format!("{path}/ci{ci}"));
                let access = format!("{path}/ci{ci}/access");
                self.capability(access, compute_instance_minor(minor, instance.id, *ci), READ_ALL);
            }
        }
    }
}
