//! Plain data: what the driver said, what is wanted, and why it cannot be.

pub(crate) mod capability;
pub(crate) mod cdi;
pub(crate) mod container;
pub(crate) mod cuda_devices;
pub(crate) mod cuda_rules;
pub(crate) mod device_files;
pub(crate) mod drift;
pub(crate) mod geometry;
pub(crate) mod gpu_process;
pub(crate) mod infeasible;
pub(crate) mod layout;
pub(crate) mod memory;
pub(crate) mod mode;
pub(crate) mod parted;
pub(crate) mod pci;
pub(crate) mod placement;
pub(crate) mod plan;
pub(crate) mod profile;
pub(crate) mod slurm;
pub(crate) mod snapshot;
pub(crate) mod state;
pub(crate) mod target;
pub(crate) mod utilization;
pub(crate) mod visible_devices;
pub(crate) mod visible_node;
