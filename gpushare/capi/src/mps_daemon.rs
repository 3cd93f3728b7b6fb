//! MPS control daemons.

use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::time::Duration;

use core::{DaemonPresence, FrontEnd, MpsDaemon, MpsLogRecord, MpsLogRole, MpsQuit, PipeDirectory};

use crate::argument::{Fill, Given, Growing, In, Out, Own, Text};
use crate::boundary::Fault;
use crate::gpu::gpushare_gpu_t;
use crate::list::{List, cloned};
use crate::mig_device::gpushare_mig_device_t;
use crate::mps_limits::{memory, ordinal, percentage, priority, priority_number};
use crate::nvml::{c_path, gpushare_nvml_t, path};
use crate::text::{c_string, owned};

/// An MPS control daemon; freeing the handle leaves it running. Its defaults hold for servers that start later. Threads may use one at the
/// same time.
#[derive(Clone)]
pub struct gpushare_mps_daemon_t {
    pub(crate) daemon: MpsDaemon,
    pipes: CString,
    logs: Option<CString>,
}

impl From<MpsDaemon> for gpushare_mps_daemon_t {
    fn from(daemon: MpsDaemon) -> Self {
        let logs = daemon.log().map(|log| c_path(log.directory()));
        Self { pipes: c_path(daemon.pipe_directory().path()), logs, daemon }
    }
}

/// Let clients of every user reach the daemon, which serves one user at a time; else only those of this user can where its directories are
/// made. Before driver 550, whoever reaches a daemon can change its defaults too.
pub const GPUSHARE_MPS_ALL_USERS: u32 = 4;
/// Serve the clients of several users at the same time, and let every user reach the daemon. Needs root, driver 555 or later, and a GPU of
/// Volta or later.
pub const GPUSHARE_MPS_MULTI_USER: u32 = 8;

/// How to start or reach a daemon. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_mps_daemon_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// How long the start and each exchange may take, in ms; 0 for 10 s.
    pub patience_ms: u32,
    /// The `nvidia-cuda-mps-control` to use; NULL for the one on the path.
    pub program: *const c_char,
    /// Where a daemon that is started logs; NULL for a directory beside the pipe directory.
    pub log_directory: *const c_char,
    /// The GPUs that a daemon is started for; NULL, with no MIG device either, for all.
    pub gpus: *const *const gpushare_gpu_t,
    /// How many they are.
    pub gpu_count: usize,
    /// The MIG device that a daemon is started for, or NULL.
    pub mig_device: *const gpushare_mig_device_t,
    /// `GPUSHARE_MPS_ALL_USERS`, `GPUSHARE_MPS_MULTI_USER`, or both.
    pub flags: u32,
}

impl Default for gpushare_mps_daemon_options_t {
    fn default() -> Self {
        Self {
            struct_size: 0,
            patience_ms: 0,
            program: std::ptr::null(),
            log_directory: std::ptr::null(),
            gpus: std::ptr::null(),
            gpu_count: 0,
            mig_device: std::ptr::null(),
            flags: 0,
        }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_mps_daemon_options_t {
    const FIRST_SIZE: usize = 56;
}

/// Refuses flags that are not among these.
pub(crate) fn known_flags(flags: u32, known: u32) -> Result<(), Fault> {
    if flags & !known == 0 {
        return Ok(());
    }
    Err(Fault::Argument {
        name: "options",
        reason: format!("has flags {flags:#x}; all that there are make {known:#x}"),
    })
}

pub(crate) fn patience(ms: u32) -> Duration {
    if ms == 0 { Duration::from_secs(10) } else { Duration::from_millis(ms.into()) }
}

impl gpushare_mps_daemon_options_t {
    /// # Safety
    ///
    /// The pointers are NULL or what their descriptions say, for the call.
    unsafe fn front_end(&self, pipes: PipeDirectory) -> FrontEnd {
        let front_end = FrontEnd::new(pipes).patience(patience(self.patience_ms));
        // SAFETY: the caller's promise.
        match unsafe { path(self.program) } {
            Some(program) => front_end.program(program),
            None => front_end,
        }
    }

    /// # Safety
    ///
    /// As [`front_end`](Self::front_end).
    unsafe fn start(&self, pipes: &Path) -> Result<MpsDaemon, Fault> {
        known_flags(self.flags, GPUSHARE_MPS_ALL_USERS | GPUSHARE_MPS_MULTI_USER)?;
        let mut builder = MpsDaemon::builder(pipes).patience(patience(self.patience_ms));
        if self.flags & GPUSHARE_MPS_ALL_USERS != 0 {
            builder = builder.all_users();
        }
        if self.flags & GPUSHARE_MPS_MULTI_USER != 0 {
            builder = builder.multi_user();
        }
        // SAFETY: the caller's promise.
        let (program, logs, gpus, device) = unsafe {
            let gpus = match self.gpus.is_null() {
                true => &[],
                false => std::slice::from_raw_parts(self.gpus, self.gpu_count),
            };
            (path(self.program), path(self.log_directory), gpus, self.mig_device.as_ref())
        };
        if let Some(program) = program {
            builder = builder.program(program);
        }
        if let Some(logs) = logs {
            builder = builder.log_directory(logs);
        }
        let mut devices = Vec::from_iter(device.map(|device| device.device.visible_device()));
        for gpu in gpus {
            // SAFETY: the caller's promise.
            let gpu = unsafe { gpu.as_ref() };
            let gpu =
                gpu.ok_or_else(|| Fault::Argument { name: "options", reason: "has a GPU that is NULL".into() })?;
            devices.push(gpu.gpu.visible_device());
        }
        let builder = if devices.is_empty() { builder } else { builder.devices(devices) };
        Ok(builder.start().map_err(core::Error::from)?)
    }
}

/// How a daemon ended.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_mps_quit_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// The servers that it had.
    pub server_count: u32,
    /// Those of them that had to be killed.
    pub killed_count: u32,
    /// Whether the daemon itself had to be killed.
    pub daemon_killed: bool,
    /// The clients that did not leave by themselves, and whose work the daemon ended.
    pub terminated_count: u32,
}

// SAFETY: as the trait asks; the bool is only written.
unsafe impl Growing for gpushare_mps_quit_t {
    const FIRST_SIZE: usize = 20;
}

impl From<MpsQuit> for gpushare_mps_quit_t {
    fn from(quit: MpsQuit) -> Self {
        Self {
            struct_size: 0,
            server_count: quit.servers.len() as u32,
            killed_count: quit.killed.len() as u32,
            daemon_killed: quit.daemon_killed,
            terminated_count: quit.terminated.len() as u32,
        }
    }
}

/// The control daemon wrote it.
pub const GPUSHARE_MPS_LOG_CONTROL: u32 = 0;
/// A server wrote it.
pub const GPUSHARE_MPS_LOG_SERVER: u32 = 1;
/// A process that was about to become one of these wrote it.
pub const GPUSHARE_MPS_LOG_OTHER: u32 = 2;

/// A line of a log.
pub struct gpushare_mps_log_record_t {
    time: CString,
    text: CString,
    role: u32,
    pid: u32,
}

/// The records of a log, in their order.
pub type gpushare_mps_log_record_list_t = List<gpushare_mps_log_record_t>;

impl From<MpsLogRecord> for gpushare_mps_log_record_t {
    fn from(record: MpsLogRecord) -> Self {
        let role = match record.role {
            MpsLogRole::Control => GPUSHARE_MPS_LOG_CONTROL,
            MpsLogRole::Server => GPUSHARE_MPS_LOG_SERVER,
            _ => GPUSHARE_MPS_LOG_OTHER,
        };
        Self { time: c_string(record.time), text: c_string(record.text), role, pid: record.pid }
    }
}

fn error<E: Into<core::Error>>(error: E) -> Box<Fault> {
    error.into().into()
}

/// The records of one of the logs.
fn log(daemon: &MpsDaemon, server: bool) -> Result<gpushare_mps_log_record_list_t, Box<Fault>> {
    let log = daemon.log().ok_or_else(|| Fault::Argument {
        name: "daemon",
        reason: "was not started here, so where it logs is not known".into(),
    })?;
    let records = if server { log.server() } else { log.control() };
    let path = log.directory().to_owned();
    let failed = |io: std::io::Error| error(core::Error::File { path, reason: io.to_string(), io: Some(io.kind()) });
    Ok(records.map_err(failed)?.into_iter().collect())
}

exports! {
    /// Whether a control daemon lives in a pipe directory; `pid` is its process id, or 0 where there is none or its processes are not seen
    /// here. It costs microseconds, and the daemon does not notice.
    #[doc(alias = "PipeDirectory::at", alias = "PipeDirectory::presence", alias = "PipeDirectory::path")]
    fn gpushare_mps_presence(pipe_directory: Text, present: Out<bool>, pid: Out<u32>) {
        match PipeDirectory::at(pipe_directory).and_then(|pipes| pipes.presence()).map_err(error)? {
            DaemonPresence::Present(found) => {
                present.set(true)?;
                pid.set(found.unwrap_or(0))
            }
            _ => {
                present.set(false)?;
                pid.set(0)
            }
        }
    }

    /// Makes a pipe directory for this user alone, unless it exists, and checks that nobody else can change it.
    #[doc(alias = "PipeDirectory::create")]
    fn gpushare_mps_pipe_directory_create(path: Text) {
        PipeDirectory::create(path).map(drop).map_err(error)
    }

    /// Starts a control daemon in a pipe directory of its own, which is made where it does not exist. When this returns, it takes commands.
    /// `options` may be NULL. Free the handle with `gpushare_mps_daemon_free`.
    #[doc(alias = "MpsDaemon::builder", alias = "MpsDaemonBuilder::log_directory", alias = "MpsDaemonBuilder::devices")]
    #[doc(alias = "MpsDaemonBuilder::program", alias = "MpsDaemonBuilder::patience", alias = "MpsDaemonBuilder::start")]
    #[doc(alias = "MpsDaemonBuilder::all_users", alias = "MpsDaemonBuilder::multi_user")]
    fn gpushare_mps_daemon_start(
        pipe_directory: Text,
        options: Given<gpushare_mps_daemon_options_t>,
        daemon: Out<*mut gpushare_mps_daemon_t>,
    ) {
        // SAFETY: the caller passes NULL or what the members say.
        daemon.give(unsafe { options.start(Path::new(pipe_directory)) }?.into())
    }

    /// The daemon that runs in a pipe directory. `options` may be NULL; of it, the program and the patience count.
    #[doc(alias = "MpsDaemon::attach", alias = "MpsDaemon::attach_by", alias = "FrontEnd::new", alias = "FrontEnd::program")]
    #[doc(alias = "FrontEnd::patience", alias = "FrontEnd::pipe_directory")]
    fn gpushare_mps_daemon_attach(
        pipe_directory: Text,
        options: Given<gpushare_mps_daemon_options_t>,
        daemon: Out<*mut gpushare_mps_daemon_t>,
    ) {
        let pipes = PipeDirectory::at(PathBuf::from(pipe_directory)).map_err(error)?;
        // SAFETY: the caller passes NULL or what the members say.
        daemon.give(MpsDaemon::attach_by(unsafe { options.front_end(pipes) }).map_err(error)?.into())
    }

    /// Another handle of the same daemon.
    fn gpushare_mps_daemon_clone(daemon: In<gpushare_mps_daemon_t>) -> *mut gpushare_mps_daemon_t {
        cloned(daemon)
    }

    /// Frees a handle; the daemon runs on. NULL is none.
    fn gpushare_mps_daemon_free(daemon: Own<gpushare_mps_daemon_t>) -> () {
        drop(daemon)
    }

    /// The pipe directory: the value of `CUDA_MPS_PIPE_DIRECTORY`. It lives as long as the handle.
    #[doc(alias = "MpsDaemon::pipe_directory")]
    fn gpushare_mps_daemon_pipe_directory(daemon: In<gpushare_mps_daemon_t>) -> *const c_char {
        daemon.pipes.as_ptr()
    }

    /// The process id; 0 where the daemon has ended or its processes are not seen here.
    #[doc(alias = "MpsDaemon::pid")]
    fn gpushare_mps_daemon_pid(daemon: In<gpushare_mps_daemon_t>, pid: Out<u32>) {
        pid.set(daemon.daemon.pid().map_err(error)?.unwrap_or(0))
    }

    /// Asks for a server for a user; root may for anybody, others for themselves. It starts later, or never: the daemon does not say.
    #[doc(alias = "MpsDaemon::start_server")]
    fn gpushare_mps_daemon_start_server(daemon: In<gpushare_mps_daemon_t>, uid: u32) {
        daemon.daemon.start_server(uid).map_err(error)
    }

    /// Looks whether a client of a user would be served: `GPUSHARE_ERROR_IN_USE`, with a message that names both users, where it would wait
    /// for the clients of another one, for which CUDA has no limit; `GPUSHARE_ERROR_INVALID_ARGUMENT` where the user cannot enter the pipe
    /// directory, so that the client would run without MPS.
    #[doc(alias = "MpsDaemon::verify_user")]
    fn gpushare_mps_daemon_verify_user(daemon: In<gpushare_mps_daemon_t>, uid: u32) {
        daemon.daemon.verify_user(uid).map_err(error)
    }

    /// Whether the daemon is of another driver than the one behind NVML, for a person; NULL where it is not or that cannot be told. Free it
    /// with `gpushare_string_free`.
    #[doc(alias = "MpsDaemon::version_advisory")]
    fn gpushare_mps_daemon_version_advisory(
        daemon: In<gpushare_mps_daemon_t>,
        nvml: In<gpushare_nvml_t>,
        advisory: Out<*mut c_char>,
    ) {
        let found = daemon.daemon.version_advisory(&nvml.nvml).map_err(error)?;
        advisory.set(found.map_or(std::ptr::null_mut(), |advisory| owned(advisory.to_string())))
    }

    /// The share that clients of servers to come may have, in percent.
    #[doc(alias = "MpsDaemon::default_active_thread_percentage", alias = "ActiveThreadPercentage::percent")]
    fn gpushare_mps_daemon_default_active_thread_percentage(daemon: In<gpushare_mps_daemon_t>, percentage: Out<f64>) {
        percentage.set(daemon.daemon.default_active_thread_percentage().map_err(error)?.percent())
    }

    /// Sets the share that clients of servers to come may have, more than 0 and up to 100 percent with one decimal, and reads it back.
    #[doc(alias = "MpsDaemon::set_default_active_thread_percentage")]
    fn gpushare_mps_daemon_set_default_active_thread_percentage(daemon: In<gpushare_mps_daemon_t>, percentage: f64) {
        daemon.daemon.set_default_active_thread_percentage(self::percentage(percentage)?).map_err(error)
    }

    /// The limit on a device (0 to 31) for clients of servers to come, as the daemon shows it: "2G"; NULL where there is none. Free it
    /// with `gpushare_string_free`.
    #[doc(alias = "MpsDaemon::default_pinned_device_memory_limit", alias = "MpsDeviceOrdinal::new", alias = "MpsDeviceOrdinal::get")]
    fn gpushare_mps_daemon_default_pinned_device_memory_limit(
        daemon: In<gpushare_mps_daemon_t>,
        device: u32,
        limit: Out<*mut c_char>,
    ) {
        let found = daemon.daemon.default_pinned_device_memory_limit(ordinal(device)?).map_err(error)?;
        limit.set(found.map_or(std::ptr::null_mut(), owned))
    }

    /// Sets the limit on a device for clients of servers to come, in MiB, 1 at the least, and reads back what the daemon shows of it.
    #[doc(alias = "MpsDaemon::set_default_pinned_device_memory_limit", alias = "PinnedDeviceMemoryLimit::new")]
    #[doc(alias = "PinnedDeviceMemoryLimit::mib")]
    fn gpushare_mps_daemon_set_default_pinned_device_memory_limit(
        daemon: In<gpushare_mps_daemon_t>,
        device: u32,
        limit_mib: u64,
    ) {
        let (device, limit) = (ordinal(device)?, memory(limit_mib)?);
        daemon.daemon.set_default_pinned_device_memory_limit(device, limit).map_err(error)
    }

    /// The priority of clients to come that ask for none: `GPUSHARE_MPS_PRIORITY_...`.
    #[doc(alias = "MpsDaemon::default_client_priority")]
    fn gpushare_mps_daemon_default_client_priority(daemon: In<gpushare_mps_daemon_t>, priority: Out<u32>) {
        priority.set(priority_number(daemon.daemon.default_client_priority().map_err(error)?))
    }

    /// Sets the priority of clients to come that ask for none, and reads it back.
    #[doc(alias = "MpsDaemon::set_default_client_priority")]
    fn gpushare_mps_daemon_set_default_client_priority(daemon: In<gpushare_mps_daemon_t>, priority: u32) {
        daemon.daemon.set_default_client_priority(self::priority(priority)?).map_err(error)
    }

    /// Ends the daemon and its servers, and removes what they leave. Clients have `grace_ms` to leave by themselves; then the daemon ends
    /// the work of each, and what does not end by itself is killed. Of a daemon that died, what it left is ended and removed.
    #[doc(alias = "MpsDaemon::quit")]
    fn gpushare_mps_daemon_quit(daemon: In<gpushare_mps_daemon_t>, grace_ms: u32, quit: Fill<gpushare_mps_quit_t>) {
        quit.fill(daemon.daemon.quit(Duration::from_millis(grace_ms.into())).map_err(error)?.into())
    }

    /// Where the daemon logs; NULL where it was not started here. It lives as long as the handle.
    #[doc(alias = "MpsDaemon::log", alias = "MpsLog::directory")]
    fn gpushare_mps_daemon_log_directory(daemon: In<gpushare_mps_daemon_t>) -> *const c_char {
        daemon.logs.as_ref().map_or(std::ptr::null(), |path| path.as_ptr())
    }

    /// What the daemon wrote into its log. Free the list with `gpushare_mps_log_record_list_free`.
    #[doc(alias = "MpsLog::control")]
    fn gpushare_mps_daemon_control_log(
        daemon: In<gpushare_mps_daemon_t>,
        records: Out<*mut gpushare_mps_log_record_list_t>,
    ) {
        records.give(log(&daemon.daemon, false)?)
    }

    /// What the servers wrote into theirs. Free the list with `gpushare_mps_log_record_list_free`.
    #[doc(alias = "MpsLog::server")]
    fn gpushare_mps_daemon_server_log(
        daemon: In<gpushare_mps_daemon_t>,
        records: Out<*mut gpushare_mps_log_record_list_t>,
    ) {
        records.give(log(&daemon.daemon, true)?)
    }
}

exports! {
    /// The number of records.
    fn gpushare_mps_log_record_list_len(list: In<gpushare_mps_log_record_list_t>) -> usize {
        list.len()
    }

    /// The record at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_mps_log_record_list_get(
        list: In<gpushare_mps_log_record_list_t>,
        index: usize,
    ) -> *const gpushare_mps_log_record_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_mps_log_record_list_free(list: Own<gpushare_mps_log_record_list_t>) -> () {
        drop(list)
    }

    /// When it was written, in the local time of the daemon: "2026-11-22 10:36:26.508". It lives as long as the list.
    fn gpushare_mps_log_record_time(record: In<gpushare_mps_log_record_t>) -> *const c_char {
        record.time.as_ptr()
    }

    /// Who wrote it: `GPUSHARE_MPS_LOG_...`.
    fn gpushare_mps_log_record_role(record: In<gpushare_mps_log_record_t>) -> u32 {
        record.role
    }

    /// The process id of who wrote it.
    fn gpushare_mps_log_record_pid(record: In<gpushare_mps_log_record_t>) -> u32 {
        record.pid
    }

    /// What it says. It lives as long as the list.
    fn gpushare_mps_log_record_text(record: In<gpushare_mps_log_record_t>) -> *const c_char {
        record.text.as_ptr()
    }
}
