//! The driver's character devices: `/proc/devices`, and the nodes in `/dev` that are there whatever the MIG layout.

use super::{Machine, ProcEntry};

/// The major of the GPUs and of `nvidiactl`, which the driver always registers.
const NVIDIA: u32 = 195;
/// The dynamic major of `nvidia-caps`, as recorded.
pub(super) const CAPABILITIES: u32 = 242;
/// A dynamic major for `nvidia-uvm`, of which there is no recording; the kernel gives such numbers to most.
const UVM: u32 = 511;

/// The minor of `nvidiactl`.
const CONTROL: u32 = 255;

/// A character device of the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceNode {
    /// Absolute path.
    pub path: String,
    /// Device major.
    pub major: u32,
    /// Device minor.
    pub minor: u32,
    /// Permission bits.
    pub mode: u32,
}

impl Machine {
    /// The nodes in `/dev` of the GPUs and of what all programs share.
    pub fn device_nodes(&self) -> Vec<DeviceNode> {
        let node = |name: String, major, minor| DeviceNode { path: format!("/dev/{name}"), major, minor, mode: 0o666 };
        let gpus = self.gpus.iter().map(|gpu| gpu.identity.minor);
        let mut nodes: Vec<_> = gpus.map(|minor| node(format!("nvidia{minor}"), NVIDIA, minor)).collect();
        nodes.push(node("nvidiactl".to_owned(), NVIDIA, CONTROL));
        nodes.push(node("nvidia-uvm".to_owned(), UVM, 0));
        nodes.push(node("nvidia-uvm-tools".to_owned(), UVM, 1));
        nodes
    }

    /// `/proc/devices`, which names the majors.
    pub fn proc_devices(&self) -> ProcEntry {
        let own = self.driver_branch().device_names.iter().map(|name| format!("{NVIDIA} {name}\n")).collect::<String>();
        let contents = format!(
            "Character devices:\n  1 mem\n{own}{CAPABILITIES} nvidia-caps\n{UVM} nvidia-uvm\n\nBlock devices:\n  8 sd\n"
        );
        ProcEntry { path: "/proc/devices".to_owned(), contents: Some(contents), mode: 0o444 }
    }
}
