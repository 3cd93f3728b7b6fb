//! Who runs through MPS.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::value::value;

value! {
    "gpushare", json,
    /// A client of MPS, as the daemon lists it.
    MpsClient = gpushare::MpsClient {
        /// Its process id, in the daemon's namespace of process ids.
        pid: u32,
        /// The number of its context in the server.
        context: u32,
        /// The process id of its server.
        server: u32,
        /// The beginning of the UUID of the device that it uses, cut by the daemon.
        device: String,
        /// The inode of its namespace of process ids, that of `/proc/<pid>/ns/pid`.
        namespace: u64,
        /// Its command.
        command: String,
    }

    /// Whether its process sees the same process ids as this one. The id that a client in another namespace, as in a container, has for itself
    /// is neither `pid` nor one by which the daemon finds it.
    #[getter]
    fn is_in_this_pid_namespace(&self) -> bool {
        self.0.is_in_this_pid_namespace()
    }
}
