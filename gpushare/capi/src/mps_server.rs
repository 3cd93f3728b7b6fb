//! MPS servers and their clients.

use std::ffi::{CString, c_char};

use core::{MpsClient, MpsServer, MpsServerStatus};

use crate::argument::{In, Out, Own};
use crate::boundary::Fault;
use crate::list::{List, cloned};
use crate::mps_daemon::gpushare_mps_daemon_t;
use crate::mps_limits::{memory, ordinal, percentage};
use crate::text::{c_string, owned};

/// A server of an MPS daemon. What is set on it holds for clients that come later. Threads may use one at the same time.
#[derive(Clone)]
pub struct gpushare_mps_server_t {
    server: MpsServer,
}

/// Servers.
pub type gpushare_mps_server_list_t = List<gpushare_mps_server_t>;

impl From<MpsServer> for gpushare_mps_server_t {
    fn from(server: MpsServer) -> Self {
        Self { server }
    }
}

/// It starts, and its clients wait.
pub const GPUSHARE_MPS_SERVER_INITIALIZING: u32 = 0;
/// It serves.
pub const GPUSHARE_MPS_SERVER_ACTIVE: u32 = 1;
/// A client met a fatal fault: new clients are refused until those that it touched have left.
pub const GPUSHARE_MPS_SERVER_FAULT: u32 = 2;
/// It does something that this library does not know.
pub const GPUSHARE_MPS_SERVER_OTHER: u32 = 3;

/// A client as the daemon lists it.
pub struct gpushare_mps_client_t {
    client: MpsClient,
    device: CString,
    command: CString,
}

/// Clients, as the daemon lists them.
pub type gpushare_mps_client_list_t = List<gpushare_mps_client_t>;

impl From<MpsClient> for gpushare_mps_client_t {
    fn from(client: MpsClient) -> Self {
        Self { device: c_string(&client.device), command: c_string(&client.command), client }
    }
}

/// Process ids.
pub type gpushare_pid_list_t = List<u32>;

fn error(error: core::MpsError) -> Box<Fault> {
    core::Error::from(error).into()
}

exports! {
    /// The servers of a daemon, the starting ones included. Free the list with `gpushare_mps_server_list_free`.
    #[doc(alias = "MpsDaemon::servers")]
    fn gpushare_mps_daemon_servers(daemon: In<gpushare_mps_daemon_t>, servers: Out<*mut gpushare_mps_server_list_t>) {
        servers.give(daemon.daemon.servers().map_err(error)?.into_iter().collect())
    }

    /// All clients of all servers of a daemon. Free the list with `gpushare_mps_client_list_free`.
    #[doc(alias = "MpsDaemon::clients")]
    fn gpushare_mps_daemon_clients(daemon: In<gpushare_mps_daemon_t>, clients: Out<*mut gpushare_mps_client_list_t>) {
        clients.give(daemon.daemon.clients().map_err(error)?.into_iter().collect())
    }

    /// The process id, as the daemon sees it.
    #[doc(alias = "MpsServer::pid")]
    fn gpushare_mps_server_pid(server: In<gpushare_mps_server_t>) -> u32 {
        server.server.pid()
    }

    /// What it is doing: `GPUSHARE_MPS_SERVER_...`. `GPUSHARE_ERROR_NOT_SUPPORTED` before driver 550.
    #[doc(alias = "MpsServer::status")]
    fn gpushare_mps_server_status(server: In<gpushare_mps_server_t>, status: Out<u32>) {
        status.set(match server.server.status().map_err(error)? {
            MpsServerStatus::Initializing => GPUSHARE_MPS_SERVER_INITIALIZING,
            MpsServerStatus::Active => GPUSHARE_MPS_SERVER_ACTIVE,
            MpsServerStatus::Fault => GPUSHARE_MPS_SERVER_FAULT,
            _ => GPUSHARE_MPS_SERVER_OTHER,
        })
    }

    /// The process ids of its clients, as the daemon sees them. Free the list with `gpushare_pid_list_free`.
    #[doc(alias = "MpsServer::clients")]
    fn gpushare_mps_server_clients(server: In<gpushare_mps_server_t>, clients: Out<*mut gpushare_pid_list_t>) {
        clients.give(server.server.clients().map_err(error)?.into_iter().collect())
    }

    /// The share that clients to come may have, in percent; 0 while the server is busy.
    #[doc(alias = "MpsServer::active_thread_percentage")]
    fn gpushare_mps_server_active_thread_percentage(server: In<gpushare_mps_server_t>, percentage: Out<f64>) {
        let found = server.server.active_thread_percentage().map_err(error)?;
        percentage.set(found.map_or(0.0, |percentage| percentage.percent()))
    }

    /// Sets the share that clients to come may have, more than 0 and up to 100 percent with one decimal, and reads it back.
    #[doc(alias = "MpsServer::set_active_thread_percentage")]
    fn gpushare_mps_server_set_active_thread_percentage(server: In<gpushare_mps_server_t>, percentage: f64) {
        server.server.set_active_thread_percentage(self::percentage(percentage)?).map_err(error)
    }

    /// The limit on a device (0 to 31) for clients to come, as the daemon shows it: "2G"; NULL where there is none, and while the server is
    /// busy. Free it with `gpushare_string_free`.
    #[doc(alias = "MpsServer::pinned_device_memory_limit")]
    fn gpushare_mps_server_pinned_device_memory_limit(
        server: In<gpushare_mps_server_t>,
        device: u32,
        limit: Out<*mut c_char>,
    ) {
        let found = server.server.pinned_device_memory_limit(ordinal(device)?).map_err(error)?;
        limit.set(found.map_or(std::ptr::null_mut(), owned))
    }

    /// Sets the limit on a device for clients to come, in MiB, 1 at the least, and reads back what the daemon shows of it.
    #[doc(alias = "MpsServer::set_pinned_device_memory_limit")]
    fn gpushare_mps_server_set_pinned_device_memory_limit(
        server: In<gpushare_mps_server_t>,
        device: u32,
        limit_mib: u64,
    ) {
        server.server.set_pinned_device_memory_limit(ordinal(device)?, memory(limit_mib)?).map_err(error)
    }

    /// Ends a client's work on the GPU, so that its process can be killed without harm to others. It waits until that is done.
    #[doc(alias = "MpsServer::terminate_client")]
    fn gpushare_mps_server_terminate_client(server: In<gpushare_mps_server_t>, client: u32) {
        server.server.terminate_client(client).map_err(error)
    }

    /// Shuts the server down once its clients have left, or now, whatever they do.
    #[doc(alias = "MpsServer::shut_down")]
    fn gpushare_mps_server_shut_down(server: In<gpushare_mps_server_t>, force: bool) {
        server.server.shut_down(force).map_err(error)
    }

    /// Another handle of the same server.
    fn gpushare_mps_server_clone(server: In<gpushare_mps_server_t>) -> *mut gpushare_mps_server_t {
        cloned(server)
    }

    /// Frees a handle; the server runs on. NULL is none.
    fn gpushare_mps_server_free(server: Own<gpushare_mps_server_t>) -> () {
        drop(server)
    }

    /// The number of servers.
    fn gpushare_mps_server_list_len(list: In<gpushare_mps_server_list_t>) -> usize {
        list.len()
    }

    /// The server at an index, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_mps_server_list_get(list: In<gpushare_mps_server_list_t>, index: usize) -> *const gpushare_mps_server_t {
        list.at(index)
    }

    /// Frees a list and the handles in it; the servers run on. NULL is none.
    fn gpushare_mps_server_list_free(list: Own<gpushare_mps_server_list_t>) -> () {
        drop(list)
    }
}

exports! {
    /// The number of clients.
    fn gpushare_mps_client_list_len(list: In<gpushare_mps_client_list_t>) -> usize {
        list.len()
    }

    /// The client at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_mps_client_list_get(list: In<gpushare_mps_client_list_t>, index: usize) -> *const gpushare_mps_client_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_mps_client_list_free(list: Own<gpushare_mps_client_list_t>) -> () {
        drop(list)
    }

    /// The process id, in the daemon's namespace of process ids.
    fn gpushare_mps_client_pid(client: In<gpushare_mps_client_t>) -> u32 {
        client.client.pid
    }

    /// The number of its context in the server.
    fn gpushare_mps_client_context(client: In<gpushare_mps_client_t>) -> u32 {
        client.client.context
    }

    /// The process id of its server.
    fn gpushare_mps_client_server(client: In<gpushare_mps_client_t>) -> u32 {
        client.client.server
    }

    /// The beginning of the UUID of the device that it uses, cut by the daemon. It lives as long as the list.
    fn gpushare_mps_client_device(client: In<gpushare_mps_client_t>) -> *const c_char {
        client.device.as_ptr()
    }

    /// The inode of its namespace of process ids.
    fn gpushare_mps_client_namespace(client: In<gpushare_mps_client_t>) -> u64 {
        client.client.namespace
    }

    /// Whether its process sees the same process ids as this one. The id that a client in another namespace, as in a container, has for itself
    /// is not the one by which the daemon finds it.
    #[doc(alias = "MpsClient::is_in_this_pid_namespace")]
    fn gpushare_mps_client_is_in_this_pid_namespace(client: In<gpushare_mps_client_t>) -> bool {
        client.client.is_in_this_pid_namespace()
    }

    /// Its command. It lives as long as the list.
    fn gpushare_mps_client_command(client: In<gpushare_mps_client_t>) -> *const c_char {
        client.command.as_ptr()
    }

    /// The number of process ids.
    fn gpushare_pid_list_len(list: In<gpushare_pid_list_t>) -> usize {
        list.len()
    }

    /// The process id at an index, from 0; 0 beyond the last.
    fn gpushare_pid_list_get(list: In<gpushare_pid_list_t>, index: usize) -> u32 {
        list.get(index).copied().unwrap_or(0)
    }

    /// Frees a list. NULL is none.
    fn gpushare_pid_list_free(list: Own<gpushare_pid_list_t>) -> () {
        drop(list)
    }
}
