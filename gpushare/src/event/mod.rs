//! Events: what happens to GPUs, told as it happens.

mod driver_set;
mod gpu_event;
mod iter;
mod kinds;
mod set;

pub(crate) use driver_set::DriverSet;
pub use gpu_event::{EventKind, GpuEvent};
pub use iter::Events;
pub use kinds::EventKinds;
pub use set::{EventSet, EventStopper};
