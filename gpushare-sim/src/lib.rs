#![doc = include_str!("../README.md")]
//!
//! # Floors
//!
//! Each imports only what lies above it in this list:
//!
//! - [`catalog`]: what each GPU model is, one data file per model;
//! - [`engine`]: the rules, a pure state machine that knows neither C nor files nor time;
//! - `exports`: the symbols of `libnvidia-ml.so.1` and the control interface, a line or two each over the engine;
//! - [`Machine`]: the handle by which Rust programs start machines;
//! - [`mps`]: the programs of the Multi-Process Service, over the machine that they find as any NVML program does;
//! - [`nvidia_smi`]: the part of `nvidia-smi` for which there is a substitute, over that machine too.

pub mod catalog;
pub mod engine;
// Nothing here calls the functions, where they are not exported.
#[cfg_attr(not(feature = "driver"), allow(dead_code))]
mod exports;
#[doc = include_str!("../GUIDE.md")]
pub mod guide {}
mod library;
mod machine;
pub mod mps;
pub mod nvidia_smi;

pub use engine::MachineConfig;
pub use exports::{
    CONTROL_TABLE, Command, ControlTable, Fault, FaultAction, FaultError, FaultState, FaultTarget, TracedCall,
};
pub use library::SIMULATOR_VARIABLE;
pub use machine::{ControlError, Machine, StartError};
