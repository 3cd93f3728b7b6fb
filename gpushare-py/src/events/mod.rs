//! Events: what happens to GPUs, told as it happens.

pub(crate) mod gpu_event;
pub(crate) mod set;
