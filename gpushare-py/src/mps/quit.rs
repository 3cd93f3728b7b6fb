//! How a daemon ended.

use pyo3::prelude::*;

use crate::value::value;

value! {
    "gpushare",
    /// How a daemon ended.
    MpsQuit = gpushare::MpsQuit {
        /// The process ids of the servers that it had.
        servers: Vec<u32>,
        /// The process ids of the clients that did not leave by themselves, and whose work the daemon ended.
        terminated: Vec<u32>,
        /// Those of the servers that had to be killed.
        killed: Vec<u32>,
        /// Whether the daemon itself had to be killed.
        daemon_killed: bool,
    }
}
