//! How a daemon ended.

use pyo3::prelude::*;

use crate::value::value;

value! {
    "gpushare",
    /// How a daemon ended.
    MpsQuit = gpushare::MpsQuit {
        /// The process ids of the servers that it had.
        servers: Vec<u32>,
        /// Those of them that had to be killed.
        killed: Vec<u32>,
        /// Whether the daemon itself had to be killed.
        daemon_killed: bool,
    }
}
