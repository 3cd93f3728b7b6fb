//! The Container Device Interface: how container runtimes are told what a device needs.
//!
//! Source: the Container Device Interface Specification 1.1.0 (`SPEC.md` of `cncf-tags/container-device-interface`), and for what goes
//! into a specification for NVIDIA's GPUs, what `nvidia-ctk cdi generate` writes.

mod build;
mod driver_files;
mod name;
mod options;
mod spec;

pub use name::CdiDeviceName;
pub use options::CdiOptions;
pub use spec::{CdiContainerEdits, CdiDevice, CdiDeviceNode, CdiHook, CdiMount, CdiSpec};
