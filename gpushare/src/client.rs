//! Who uses a GPU.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A process that uses a GPU or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GpuClient {
    /// Its process id, as the driver sees it.
    pub pid: u32,
    /// Its name; `None` where the driver does not tell.
    pub name: Option<String>,
}

impl fmt::Display for GpuClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}
