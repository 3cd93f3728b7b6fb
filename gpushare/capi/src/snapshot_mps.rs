//! What a snapshot says of MPS.

use std::ffi::c_char;
use std::ptr;

use core::{MpsDaemonSnapshot, MpsServerSnapshot};

use crate::arena::Arena;
use crate::argument::In;
use crate::list::List;
use crate::mps_server::gpushare_pid_list_t;
use crate::nvml::c_path;

/// A server of a daemon of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library
/// gives.
#[repr(C)]
pub struct gpushare_mps_server_snapshot_t {
    /// Its process id.
    pub pid: u32,
    /// The user whose clients it serves; -1 where that is not known.
    pub uid: i64,
    /// The process ids of its clients on the node's GPUs, ascending.
    pub clients: *const gpushare_pid_list_t,
}

/// Servers, by ascending process id.
pub type gpushare_mps_server_snapshot_list_t = List<gpushare_mps_server_snapshot_t>;

/// An MPS control daemon that has servers on the node's GPUs. A later version may add members at the end, so it is only used through the
/// pointer that the library gives.
#[repr(C)]
pub struct gpushare_mps_daemon_snapshot_t {
    /// Its process id; -1 where the servers' parents are not seen here, as in another container.
    pub pid: i64,
    /// Its pipe directory: the `CUDA_MPS_PIPE_DIRECTORY` of its clients. NULL where its environment may not be read.
    pub pipe_directory: *const c_char,
    /// Its servers.
    pub servers: *const gpushare_mps_server_snapshot_list_t,
}

/// MPS daemons.
pub type gpushare_mps_daemon_snapshot_list_t = List<gpushare_mps_daemon_snapshot_t>;

fn server(server: &MpsServerSnapshot, arena: &mut Arena) -> gpushare_mps_server_snapshot_t {
    gpushare_mps_server_snapshot_t {
        pid: server.pid,
        uid: server.uid.map_or(-1, i64::from),
        clients: arena.keep(server.clients.iter().copied().collect()),
    }
}

impl gpushare_mps_daemon_snapshot_t {
    pub(crate) fn new(daemon: &MpsDaemonSnapshot, arena: &mut Arena) -> Self {
        let servers: gpushare_mps_server_snapshot_list_t =
            daemon.servers.iter().map(|one| server(one, arena)).collect();
        Self {
            pid: daemon.pid.map_or(-1, i64::from),
            pipe_directory: daemon.pipe_directory.as_deref().map_or(ptr::null(), |path| arena.c_text(c_path(path))),
            servers: arena.keep(servers),
        }
    }
}

exports! {
    /// The number of servers.
    fn gpushare_mps_server_snapshot_list_len(list: In<gpushare_mps_server_snapshot_list_t>) -> usize {
        list.len()
    }

    /// The server at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_mps_server_snapshot_list_get(
        list: In<gpushare_mps_server_snapshot_list_t>,
        index: usize,
    ) -> *const gpushare_mps_server_snapshot_t {
        list.at(index)
    }

    /// The number of daemons.
    fn gpushare_mps_daemon_snapshot_list_len(list: In<gpushare_mps_daemon_snapshot_list_t>) -> usize {
        list.len()
    }

    /// The daemon at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_mps_daemon_snapshot_list_get(
        list: In<gpushare_mps_daemon_snapshot_list_t>,
        index: usize,
    ) -> *const gpushare_mps_daemon_snapshot_t {
        list.at(index)
    }
}
