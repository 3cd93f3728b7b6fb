//! Slurm: the lines of `gres.conf` and `slurm.conf` that let jobs have GPUs and MIG devices.
//!
//! Source: Slurm's manual pages `gres.conf(5)` and `slurm.conf(5)`, its page "Generic Resource (GRES) Scheduling", and for names of types
//! what its plugin `gpu/nvml` makes of them.

mod build;
mod gres;
mod options;

pub use gres::{SlurmGres, SlurmGresLine};
pub use options::SlurmOptions;
