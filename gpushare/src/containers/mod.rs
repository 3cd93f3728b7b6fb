//! Containers and schedulers: which files of the driver give a process its device, for those who let processes have it.
//!
//! [`DeviceFiles`] says which files there are, with the numbers that rules of control groups take. It is data, from which a
//! [`CdiSpec`] is made for container runtimes and a [`SlurmGres`] for Slurm.

mod cdi;
mod device_files;
mod device_node;
mod majors;
mod mig_minors;
mod slurm;

pub use cdi::{CdiContainerEdits, CdiDevice, CdiDeviceName, CdiDeviceNode, CdiHook, CdiMount, CdiOptions, CdiSpec};
pub use device_files::{DeviceFiles, GpuFiles, MigDeviceFiles};
pub use device_node::DeviceNode;
pub use mig_minors::MigMinors;
pub use slurm::{SlurmGres, SlurmGresLine, SlurmOptions};
