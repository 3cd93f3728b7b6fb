//! What the engine answers when it says no, and to whom it says yes.

use serde::{Deserialize, Serialize};

/// The result of an engine call.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A refusal; the discriminant is the `nvmlReturn_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// An argument is out of range, or names nothing.
    #[error("invalid argument")]
    InvalidArgument = 2,
    /// The GPU, or its present mode, cannot do that.
    #[error("not supported")]
    NotSupported = 3,
    /// The caller may not do that.
    #[error("insufficient permissions")]
    NoPermission = 4,
    /// No such object.
    #[error("not found")]
    NotFound = 6,
    /// The GPU fell off the bus.
    #[error("GPU is lost")]
    GpuIsLost = 15,
    /// Something still uses the object.
    #[error("in use by another client")]
    InUse = 19,
    /// Not enough memory.
    #[error("insufficient memory")]
    Memory = 20,
    /// No room for another instance.
    #[error("insufficient resources")]
    InsufficientResources = 23,
}

impl Refusal {
    /// The `nvmlReturn_t`.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

/// What the calling process may do to a GPU that is in MIG mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Root: everything.
    #[default]
    Admin,
    /// Holds `nvidia-cap2`, as every user of a host does: sees everything, changes nothing.
    Monitor,
    /// Holds neither, as in a container: does not see the whole GPU once a GPU instance exists.
    Unprivileged,
}

impl Access {
    pub(crate) fn require_admin(self) -> Result<()> {
        if self == Access::Admin { Ok(()) } else { Err(Refusal::NoPermission) }
    }
}
