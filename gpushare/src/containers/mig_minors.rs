//! The file `mig-minors`: the minor numbers of all MIG capabilities that the driver numbers.
//!
//! Format: NVIDIA's MIG User Guide, "Device Nodes and Capabilities".

use std::collections::BTreeMap;
use std::fs;

use crate::error::{Error, Result};
use crate::id::{ComputeInstanceId, GpuInstanceId, parse_decimal};
use crate::nvml::Nvml;

/// The file's path below the session's root.
pub(super) const FILE: &str = "proc/driver/nvidia-caps/mig-minors";

/// The driver's table of the minor numbers of MIG capabilities: of every instance that could be, whether or not it is.
///
/// [`capability_minor`](crate::capability_minor) computes the same numbers without a driver; this is what the driver says.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// use gpushare::{ComputeInstanceId, GpuInstanceId};
/// let minors = nvml.mig_minors()?;
/// assert_eq!((minors.config(), minors.monitor()), (1, 2));
/// assert_eq!(minors.minor(0, GpuInstanceId(9), None), Some(84));
/// assert_eq!(minors.minor(0, GpuInstanceId(9), Some(ComputeInstanceId(0))), Some(85));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigMinors {
    config: u32,
    monitor: u32,
    instances: BTreeMap<Instance, u32>,
}

/// An instance: the minor number of its GPU, the GPU instance, and the compute instance in it, if it is one.
type Instance = (u32, u32, Option<u32>);

impl MigMinors {
    /// The minor of the capability to change MIG instances.
    pub fn config(&self) -> u32 {
        self.config
    }

    /// The minor of the capability to see the whole of a GPU that has MIG instances.
    pub fn monitor(&self) -> u32 {
        self.monitor
    }

    /// The minor of the node that grants use of an instance; `None` where the driver numbers no such.
    ///
    /// `gpu_minor` is the GPU's [minor number](crate::Gpu::minor_number). Without `compute_instance`, the node is the GPU instance's own.
    pub fn minor(
        &self,
        gpu_minor: u32,
        gpu_instance: GpuInstanceId,
        compute_instance: Option<ComputeInstanceId>,
    ) -> Option<u32> {
        self.instances.get(&(gpu_minor, gpu_instance.0, compute_instance.map(|id| id.0))).copied()
    }

    /// Reads the table; what is wrong with it, with the line.
    fn parse(text: &str) -> Result<Self, String> {
        let (mut config, mut monitor, mut instances) = (None, None, BTreeMap::new());
        for (index, line) in text.lines().enumerate() {
            let fail = |what: &str| format!("line {}: {line:?} {what}", index + 1);
            let expected = "is not a capability and its minor, such as \"gpu0/gi2/ci0/access 22\"";
            let (name, minor) = line.split_once(' ').ok_or_else(|| fail(expected))?;
            let minor = parse_decimal(minor).ok_or_else(|| fail(expected))?;
            let before = match name {
                "config" => config.replace(minor),
                "monitor" => monitor.replace(minor),
                _ => instances.insert(instance(name).ok_or_else(|| fail(expected))?, minor),
            };
            if before.is_some() {
                return Err(fail("is there a second time"));
            }
        }
        let lacks = |name: &str| format!("there is no line {name:?}");
        Ok(Self {
            config: config.ok_or_else(|| lacks("config"))?,
            monitor: monitor.ok_or_else(|| lacks("monitor"))?,
            instances,
        })
    }
}

/// The instance of `gpu0/gi2/access` or `gpu0/gi2/ci0/access`.
fn instance(name: &str) -> Option<Instance> {
    let parts: Vec<_> = name.strip_suffix("/access")?.split('/').collect();
    let number = |part: &str, kind: &str| part.strip_prefix(kind).and_then(parse_decimal);
    match parts[..] {
        [gpu, gi] => Some((number(gpu, "gpu")?, number(gi, "gi")?, None)),
        [gpu, gi, ci] => Some((number(gpu, "gpu")?, number(gi, "gi")?, Some(number(ci, "ci")?))),
        _ => None,
    }
}

impl Nvml {
    /// The driver's table of the minor numbers of MIG capabilities, read from its file `mig-minors`.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names the file, and the line where one is not as documented; [`NotFound`](crate::ErrorKind::NotFound) where the
    /// driver's files are not below the session's root, or the driver is older than MIG.
    pub fn mig_minors(&self) -> Result<MigMinors> {
        let path = self.root().join(FILE);
        let fail = |reason: String, io| Error::File { path: path.clone(), reason, io };
        let text = fs::read_to_string(&path).map_err(|error| fail(error.to_string(), Some(error.kind())))?;
        MigMinors::parse(&text).map_err(|reason| fail(reason, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "config 1\nmonitor 2\ngpu0/gi0/access 3\ngpu0/gi0/ci0/access 4\n";

    #[test]
    fn the_table_is_read() {
        let minors = MigMinors::parse(START).unwrap();
        assert_eq!((minors.config(), minors.monitor()), (1, 2));
        assert_eq!(minors.minor(0, GpuInstanceId(0), None), Some(3));
        assert_eq!(minors.minor(0, GpuInstanceId(0), Some(ComputeInstanceId(0))), Some(4));
        assert_eq!(minors.minor(0, GpuInstanceId(1), None), None);
        assert_eq!(minors.minor(1, GpuInstanceId(0), None), None);
    }

    #[test]
    fn what_is_not_as_documented_is_refused_with_its_line() {
        for line in [
            "",
            "gpu0/gi1/access",
            "gpu0/gi1/access  12",
            "gpu0/gi1/access 12 ",
            "gpu0/gi1/access 0x12",
            "gpu0/gi1/access -12",
            "gpu0/gi1/access 4294967296",
            "gpu0/gi1 12",
            "gpu0/gi1/ci0/ci1/access 12",
            "gpu/gi1/access 12",
            "gpu0/gi+1/access 12",
            "gpu0/ci1/access 12",
            "gpu0/gi1/mig0/access 12",
            "fabric-mgmt 0",
        ] {
            let refused = MigMinors::parse(&format!("{START}{line}\n")).unwrap_err();
            let expected = "is not a capability and its minor, such as \"gpu0/gi2/ci0/access 22\"";
            assert_eq!(refused, format!("line 5: {line:?} {expected}"));
        }
        for line in ["config 1", "monitor 9", "gpu0/gi0/access 3", "gpu0/gi0/ci0/access 5"] {
            let refused = MigMinors::parse(&format!("{START}{line}\n")).unwrap_err();
            assert_eq!(refused, format!("line 5: {line:?} is there a second time"));
        }
        assert_eq!(MigMinors::parse("monitor 2\n").unwrap_err(), "there is no line \"config\"");
        assert_eq!(MigMinors::parse("config 1\n").unwrap_err(), "there is no line \"monitor\"");
    }
}
