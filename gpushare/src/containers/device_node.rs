//! A character device of the driver: its path and its numbers.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A character device of the driver, which a process opens to use a GPU.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// let files = nvml.gpu(0)?.device_files()?;
/// let rules: Vec<_> = files.nodes().iter().map(|node| node.cgroup_rule()).collect();
/// // The control node, unified memory and its tools, and the GPU.
/// assert_eq!(rules, ["c 195:255 rw", "c 511:0 rw", "c 511:1 rw", "c 195:0 rw"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceNode {
    /// The node, as programs name it: `/dev/nvidia0`. The session's root is not part of it.
    pub path: PathBuf,
    /// The major number, by `/proc/devices`. But for 195 the kernel gives it out anew at each boot.
    pub major: u32,
    /// The minor number.
    pub minor: u32,
}

impl DeviceNode {
    pub(super) fn new(path: impl Into<PathBuf>, major: u32, minor: u32) -> Self {
        Self { path: path.into(), major, minor }
    }

    /// The rule that lets a control group read and write the device: `c 195:0 rw`, as the file `devices.allow` of control groups v1 and
    /// `docker run --device-cgroup-rule` take it.
    pub fn cgroup_rule(&self) -> String {
        format!("c {}:{} rw", self.major, self.minor)
    }

    /// Where the node is on a host that has the driver's files below this folder: `/run/nvidia/driver/dev/nvidia0`.
    pub fn below(&self, root: &Path) -> PathBuf {
        below(root, &self.path)
    }
}

/// Where a file with this absolute path is on a host that has the driver's files below `root`.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}
