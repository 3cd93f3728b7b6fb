//! Processes that use a GPU or MIG device.

use std::ffi::{CString, c_char};

use core::GpuClient;

use crate::argument::{In, Own};
use crate::list::List;
use crate::text::c_string;

/// A process that uses a GPU or MIG device.
pub struct gpushare_gpu_client_t {
    pid: u32,
    name: Option<CString>,
}

/// Processes, by ascending id.
pub type gpushare_gpu_client_list_t = List<gpushare_gpu_client_t>;

impl From<GpuClient> for gpushare_gpu_client_t {
    fn from(client: GpuClient) -> Self {
        Self { pid: client.pid, name: client.name.map(c_string) }
    }
}

exports! {
    /// The process id, as the driver sees it.
    fn gpushare_gpu_client_pid(client: In<gpushare_gpu_client_t>) -> u32 {
        client.pid
    }

    /// The name; NULL where the driver does not tell. It lives as long as the list.
    fn gpushare_gpu_client_name(client: In<gpushare_gpu_client_t>) -> *const c_char {
        client.name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr())
    }

    /// The number of processes.
    fn gpushare_gpu_client_list_len(list: In<gpushare_gpu_client_list_t>) -> usize {
        list.len()
    }

    /// The process at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_gpu_client_list_get(list: In<gpushare_gpu_client_list_t>, index: usize) -> *const gpushare_gpu_client_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_gpu_client_list_free(list: Own<gpushare_gpu_client_list_t>) -> () {
        drop(list)
    }
}
