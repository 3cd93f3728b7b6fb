//! Processes that use a GPU or MIG device.

use std::ffi::{CString, c_char};

use core::{GpuProcess, MpsRole, ProcessKinds, ProcessUtilization};

use crate::argument::{In, Own};
use crate::list::List;
use crate::nvml::c_path;
use crate::text::c_string;

/// A process that uses a GPU or MIG device: data that does not change. Threads may use one at the same time.
pub struct gpushare_gpu_process_t {
    process: GpuProcess,
    name: Option<CString>,
    container: Option<CString>,
    pipe_directory: Option<CString>,
}

/// Processes, by ascending id.
pub type gpushare_gpu_process_list_t = List<gpushare_gpu_process_t>;

/// How busy a process kept a GPU over the driver's last sample period, which is between a sixth of a second and a second. A later version
/// may add members at the end, so it is only used through the pointer that the library gives.
#[repr(C)]
pub struct gpushare_process_utilization_t {
    /// The process id, as the driver sees it.
    pub pid: u32,
    /// Percentage of the multiprocessors' time that was its, 0 to 100.
    pub multiprocessors: u32,
    /// Percentage of the time in which it had memory read or written, 0 to 100.
    pub memory: u32,
    /// Percentage of the encoders' time that was its, 0 to 100.
    pub encoder: u32,
    /// Percentage of the decoders' time that was its, 0 to 100.
    pub decoder: u32,
    /// When the driver sampled it, in microseconds since 1970.
    pub timestamp_us: u64,
}

/// Samples, by ascending process id.
pub type gpushare_process_utilization_list_t = List<gpushare_process_utilization_t>;

/// It computes; a client of MPS and its server do, too.
pub const GPUSHARE_PROCESS_COMPUTE: u32 = 1;
/// It draws.
pub const GPUSHARE_PROCESS_GRAPHICS: u32 = 2;
/// It computes through MPS.
pub const GPUSHARE_PROCESS_MPS_CLIENT: u32 = 4;

/// It has nothing to do with MPS.
pub const GPUSHARE_MPS_ROLE_NONE: u32 = 0;
/// It is a server.
pub const GPUSHARE_MPS_ROLE_SERVER: u32 = 1;
/// It is a client of a server.
pub const GPUSHARE_MPS_ROLE_CLIENT: u32 = 2;

const _: () = {
    assert!(GPUSHARE_PROCESS_COMPUTE == ProcessKinds::COMPUTE.bits());
    assert!(GPUSHARE_PROCESS_GRAPHICS == ProcessKinds::GRAPHICS.bits());
    assert!(GPUSHARE_PROCESS_MPS_CLIENT == ProcessKinds::MPS_CLIENT.bits());
};

impl From<GpuProcess> for gpushare_gpu_process_t {
    fn from(process: GpuProcess) -> Self {
        let pipe_directory = match &process.mps {
            Some(MpsRole::Server { pipe_directory, .. }) => pipe_directory.as_deref().map(c_path),
            _ => None,
        };
        Self {
            name: process.name.as_ref().map(c_string),
            container: process.container.as_ref().map(|container| c_string(container.as_str())),
            pipe_directory,
            process,
        }
    }
}

impl From<ProcessUtilization> for gpushare_process_utilization_t {
    fn from(sample: ProcessUtilization) -> Self {
        Self {
            pid: sample.pid,
            multiprocessors: sample.multiprocessors,
            memory: sample.memory,
            encoder: sample.encoder,
            decoder: sample.decoder,
            timestamp_us: sample.timestamp_us,
        }
    }
}

fn text(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
}

/// A number that may be missing, as C has it: -1.
fn number(number: Option<u32>) -> i64 {
    number.map_or(-1, i64::from)
}

exports! {
    /// The process id, as the driver sees it.
    fn gpushare_gpu_process_pid(process: In<gpushare_gpu_process_t>) -> u32 {
        process.process.pid
    }

    /// How it uses the GPU: `GPUSHARE_PROCESS_...` bits.
    fn gpushare_gpu_process_kinds(process: In<gpushare_gpu_process_t>) -> u32 {
        process.process.kinds.bits()
    }

    /// The GPU memory that it uses, in bytes; -1 where the driver does not tell.
    fn gpushare_gpu_process_used_memory(process: In<gpushare_gpu_process_t>) -> i64 {
        process.process.used_memory.map_or(-1, |used| i64::try_from(used.0).unwrap_or(i64::MAX))
    }

    /// The id of the GPU instance on which it runs; -1 outside of MIG.
    fn gpushare_gpu_process_gpu_instance(process: In<gpushare_gpu_process_t>) -> i64 {
        number(process.process.gpu_instance.map(|id| id.0))
    }

    /// The id of the compute instance on which it runs; -1 outside of MIG.
    fn gpushare_gpu_process_compute_instance(process: In<gpushare_gpu_process_t>) -> i64 {
        number(process.process.compute_instance.map(|id| id.0))
    }

    /// The name of its program, or what the driver calls it; NULL where neither is known. It lives as long as the list.
    fn gpushare_gpu_process_name(process: In<gpushare_gpu_process_t>) -> *const c_char {
        text(&process.name)
    }

    /// The user whose rights it has; -1 where its process is not seen here.
    fn gpushare_gpu_process_uid(process: In<gpushare_gpu_process_t>) -> i64 {
        number(process.process.uid)
    }

    /// The container in which it runs, by its id of 64 hexadecimal digits, or by its name with LXC and systemd-nspawn; NULL in none. It
    /// lives as long as the list.
    #[doc(alias = "ContainerId::as_str")]
    fn gpushare_gpu_process_container(process: In<gpushare_gpu_process_t>) -> *const c_char {
        text(&process.container)
    }

    /// What it is to MPS: `GPUSHARE_MPS_ROLE_...`.
    fn gpushare_gpu_process_mps_role(process: In<gpushare_gpu_process_t>) -> u32 {
        match process.process.mps {
            None => GPUSHARE_MPS_ROLE_NONE,
            Some(MpsRole::Server { .. }) => GPUSHARE_MPS_ROLE_SERVER,
            Some(MpsRole::Client { .. }) => GPUSHARE_MPS_ROLE_CLIENT,
            Some(_) => u32::MAX,
        }
    }

    /// The process id of the server whose client it is; -1 where it is none, and where it cannot be told which of several.
    fn gpushare_gpu_process_mps_server(process: In<gpushare_gpu_process_t>) -> i64 {
        number(match process.process.mps {
            Some(MpsRole::Client { server, .. }) => server,
            _ => None,
        })
    }

    /// The process id of the daemon of the server that it is or has; -1 where there is none, and where that has died or is not seen here.
    fn gpushare_gpu_process_mps_daemon(process: In<gpushare_gpu_process_t>) -> i64 {
        number(match process.process.mps {
            Some(MpsRole::Server { daemon, .. } | MpsRole::Client { daemon, .. }) => daemon,
            _ => None,
        })
    }

    /// The pipe directory of the daemon whose server it is; NULL where it is none, and where this user may not look at its environment. It
    /// lives as long as the list.
    fn gpushare_gpu_process_mps_pipe_directory(process: In<gpushare_gpu_process_t>) -> *const c_char {
        text(&process.pipe_directory)
    }

    /// The number of processes.
    fn gpushare_gpu_process_list_len(list: In<gpushare_gpu_process_list_t>) -> usize {
        list.len()
    }

    /// The process at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_gpu_process_list_get(
        list: In<gpushare_gpu_process_list_t>,
        index: usize,
    ) -> *const gpushare_gpu_process_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_gpu_process_list_free(list: Own<gpushare_gpu_process_list_t>) -> () {
        drop(list)
    }

    /// The number of samples.
    fn gpushare_process_utilization_list_len(list: In<gpushare_process_utilization_list_t>) -> usize {
        list.len()
    }

    /// The sample at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_process_utilization_list_get(
        list: In<gpushare_process_utilization_list_t>,
        index: usize,
    ) -> *const gpushare_process_utilization_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_process_utilization_list_free(list: Own<gpushare_process_utilization_list_t>) -> () {
        drop(list)
    }
}
