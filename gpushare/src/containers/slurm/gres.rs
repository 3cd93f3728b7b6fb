//! GPUs and MIG devices as Slurm's generic resource: the lines of `gres.conf` and `slurm.conf`.

use std::fmt;

/// The name of the resource. Slurm's own plugin for GPUs serves this one alone.
const NAME: &str = "gpu";

/// GPUs and MIG devices as Slurm's generic resource `gpu`. It prints as the lines of `gres.conf`.
///
/// Types have the names that Slurm's `AutoDetect=nvml` would give them, such as `nvidia_a100_1g.5gb`. With these lines `AutoDetect` is
/// not needed, nor a `slurmd` that was built with NVML; it must be off for the node, because Slurm would hold its findings against them.
///
/// Slurm keeps a job to its devices where `cgroup.conf` has `ConstrainDevices=yes`, and only then is the `CUDA_VISIBLE_DEVICES` right that
/// it sets for MIG devices: it counts them, and CUDA counts those that the job can open.
///
/// MIG devices come and go: make the lines anew, and restart `slurmd` and `slurmctld`, after the layout of a node has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlurmGres {
    /// A line for each device, in NVML's order.
    pub lines: Vec<SlurmGresLine>,
}

/// A line of `gres.conf`: one device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SlurmGresLine {
    /// The nodes that it is for.
    pub node_name: Option<String>,
    /// The type.
    pub type_name: String,
    /// The device's nodes on the host. A MIG device has three, which are allowed together.
    pub files: Vec<String>,
    /// The cores near it.
    pub cores: Option<String>,
    /// The number of devices, where it is said.
    pub count: Option<u32>,
}

impl SlurmGres {
    /// The line of `slurm.conf` that names the resource: `GresTypes=gpu`.
    pub fn gres_types(&self) -> &'static str {
        "GresTypes=gpu"
    }

    /// What the node's line of `slurm.conf` has to say, such as `Gres=gpu:nvidia_a100-sxm4-40gb:7,gpu:nvidia_a100_4g.20gb:1`; empty where
    /// there is no device.
    ///
    /// Slurm counts a node's devices by type in this order, and those of a type in the order of `gres.conf`.
    pub fn node_gres(&self) -> String {
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for line in &self.lines {
            match counted.iter_mut().find(|(name, _)| *name == line.type_name) {
                Some((_, count)) => *count += 1,
                None => counted.push((&line.type_name, 1)),
            }
        }
        let parts: Vec<_> = counted.iter().map(|(name, count)| format!("{NAME}:{name}:{count}")).collect();
        if parts.is_empty() { String::new() } else { format!("Gres={}", parts.join(",")) }
    }
}

impl fmt::Display for SlurmGres {
    /// The lines of `gres.conf`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for SlurmGresLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.node_name {
            write!(f, "NodeName={name} ")?;
        }
        write!(f, "Name={NAME} Type={}", self.type_name)?;
        // Several files after `File` would be several devices.
        let key = if self.files.len() > 1 { "MultipleFiles" } else { "File" };
        write!(f, " {key}={}", self.files.join(","))?;
        if let Some(count) = self.count {
            write!(f, " Count={count}")?;
        }
        match &self.cores {
            Some(cores) => write!(f, " Cores={cores}"),
            None => Ok(()),
        }
    }
}
