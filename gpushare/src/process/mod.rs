//! The processes that use a GPU or a part of it: what the driver lists, and what the kernel knows of them.

pub(crate) mod attribution;
pub(crate) mod book;
mod container;
pub(crate) mod facts;
mod gpu_process;
pub(crate) mod list;
mod utilization;

pub use container::ContainerId;
pub(crate) use gpu_process::path_as_text;
pub use gpu_process::{GpuProcess, MpsRole, ProcessKinds};
pub use utilization::ProcessUtilization;
