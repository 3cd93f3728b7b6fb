//! Who uses a GPU.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::ToPython;
use crate::enums::ProcessKinds;
use crate::value::{value, variants};

value! {
    "gpushare", json,
    /// A process that uses a GPU or a part of it.
    ///
    /// What only the kernel knows is read from `/proc`, or from the folder that `Nvml(procfs=)` names. Of a process that is not there, such
    /// as one in another PID namespace, it is `None`; where two namespaces count apart, an id may name another process here than the
    /// driver means.
    GpuProcess = gpushare::GpuProcess {
        /// Its process id, as the driver sees it.
        pid: u32,
        /// How it uses the GPU.
        kinds: ProcessKinds,
        /// The GPU memory that it uses, in bytes; `None` where the driver does not tell.
        used_memory: Option<u64>,
        /// The id of the GPU instance on which it runs; `None` outside of MIG.
        gpu_instance: Option<u32>,
        /// The id of the compute instance on which it runs; `None` outside of MIG.
        compute_instance: Option<u32>,
        /// The name of its program, or what the driver calls it; `None` where neither is known.
        name: Option<String>,
        /// The user whose rights it has.
        uid: Option<u32>,
        /// The container in which it runs, by its id of 64 hexadecimal digits, or by its name with LXC and systemd-nspawn; `None` in none.
        container: Option<String>,
        /// What it is to MPS; `None` where it has nothing to do with it.
        mps: Option<MpsRole>,
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare", json,
    /// How busy a process kept a GPU over the driver's last sample period, which is between a sixth of a second and a second.
    ProcessUtilization = gpushare::ProcessUtilization {
        /// Its process id, as the driver sees it.
        pid: u32,
        /// When the driver sampled it, in microseconds since 1970.
        timestamp_us: u64,
        /// Percentage of the multiprocessors' time that was its, 0 to 100.
        multiprocessors: u32,
        /// Percentage of the time in which it had memory read or written, 0 to 100.
        memory: u32,
        /// Percentage of the encoders' time that was its, 0 to 100.
        encoder: u32,
        /// Percentage of the decoders' time that was its, 0 to 100.
        decoder: u32,
    }
}

variants! {
    /// What a process that uses a GPU is to MPS.
    MpsRole {
        /// It is a server: the process id of its daemon, `None` where that has died or is not seen here, and the pipe directory of that,
        /// `None` where this user may not look at its environment.
        Server { daemon: Option<u32>, pipe_directory: Option<PathBuf> },
        /// It is a client: the process id of its server, `None` where it cannot be told which of several, and that of the server's daemon.
        Client { server: Option<u32>, daemon: Option<u32> },
    }
}

impl ToPython<MpsRole> for gpushare::MpsRole {
    fn to_python(&self) -> MpsRole {
        match self {
            Self::Server { daemon, pipe_directory } => {
                MpsRole::Server { daemon: *daemon, pipe_directory: pipe_directory.clone() }
            }
            Self::Client { server, daemon } => MpsRole::Client { server: *server, daemon: *daemon },
            _ => MpsRole::Client { server: None, daemon: None },
        }
    }
}
