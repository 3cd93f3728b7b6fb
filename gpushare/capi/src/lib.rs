//! The C face of gpushare: `libgpushare.so` and `libgpushare.a`, described by `include/gpushare.h`.
//!
//! What is exported is written in [`exports!`](boundary) alone, and the header is made from it. A function without a return type there
//! is one that can fail: in C it takes a last `error` and returns a status.

// Names are those of C, and `pub` is what the header shows.
#![allow(non_camel_case_types, unreachable_pub)]

#[macro_use]
mod boundary;

mod arena;
mod argument;
mod list;

// The header has them in this order.
mod status;

mod error;

mod text;
mod version;

mod nvml;

mod gpu;

mod gpu_process;
mod memory;

mod compute_mode;
mod mig_mode;
mod placement;
mod profile;

mod gpu_instance;

mod compute_instance;

mod mig_device;

mod holder;

mod capability;

mod cuda_rules;
mod visible_devices;

mod cuda_devices;

mod layout;

mod geometry;
mod state;

mod plan;

mod apply;
mod drift;
mod parted;

mod mps_limits;

mod mps_daemon;

mod mps_server;
mod mps_session;

mod time_slice;

mod event;

mod snapshot_mig;

mod snapshot_gpu;

mod snapshot_mps;

mod snapshot;

mod change;

mod observer;

mod device_files;

mod cdi;
mod slurm;
