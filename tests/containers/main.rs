//! What containers and schedulers are told: device files, CDI specifications and lines for Slurm, on the layout of the walkthrough.

#![forbid(unsafe_code)]

mod cdi;
mod device_files;
mod driver_files;
mod slurm;
mod slurmd;
mod stage;
