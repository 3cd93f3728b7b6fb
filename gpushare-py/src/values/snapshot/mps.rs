//! What a snapshot says of MPS.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::value::value;

value! {
    "gpushare", json,
    /// An MPS control daemon that has servers on the node's GPUs.
    MpsDaemonSnapshot = gpushare::MpsDaemonSnapshot {
        /// Its process id; `None` where the servers' parents are not seen here, as in another container.
        pid: Option<u32>,
        /// Its pipe directory: the `CUDA_MPS_PIPE_DIRECTORY` of its clients. `None` where its environment may not be read.
        pipe_directory: Option<PathBuf>,
        /// Its servers, by ascending process id.
        servers: Vec<MpsServerSnapshot>,
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// A server of an `MpsDaemonSnapshot`.
    MpsServerSnapshot = gpushare::MpsServerSnapshot {
        /// Its process id.
        pid: u32,
        /// The user whose clients it serves, where that is known.
        uid: Option<u32>,
        /// The process ids of its clients on the node's GPUs, ascending.
        clients: Vec<u32>,
    }
}
