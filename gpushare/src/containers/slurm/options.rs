//! What the lines for Slurm are to say.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the lines for Slurm are to say.
///
/// ```
/// use gpushare::SlurmOptions;
/// let options = SlurmOptions::new().node_name("tux[0-3]").cores(0, "0-15").cores(1, "16-31");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SlurmOptions {
    /// The nodes that the lines are for; `None` for lines that hold for every node that reads them.
    pub node_name: Option<String>,
    /// The cores near a GPU, by its NVML index, as Slurm counts and writes them: `0-15`.
    pub cores: BTreeMap<u32, String>,
    /// Whether each line has the number of its devices, which is 1.
    pub count: bool,
    /// The folder of the driver's files as `slurmd` sees it; `None` for [`DeviceFiles::root`](crate::DeviceFiles::root).
    pub host_root: Option<PathBuf>,
}

impl SlurmOptions {
    /// The defaults: lines with a type and files alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes lines for these nodes.
    pub fn node_name(mut self, name: impl Into<String>) -> Self {
        self.node_name = Some(name.into());
        self
    }

    /// Says which cores are near a GPU and its MIG devices.
    pub fn cores(mut self, gpu_index: u32, cores: impl Into<String>) -> Self {
        self.cores.insert(gpu_index, cores.into());
        self
    }

    /// Gives each line the number of its devices.
    pub fn count(mut self) -> Self {
        self.count = true;
        self
    }

    /// Says where `slurmd` finds the driver's files, where that is another folder than the one in which this program does.
    pub fn host_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.host_root = Some(root.into());
        self
    }
}
