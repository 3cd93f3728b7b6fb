//! MPS sessions: a daemon with its limits for one GPU or MIG device.

use std::ffi::{CString, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use core::{MpsSession, MpsSessionBuilder};

use crate::argument::{Fill, Given, Growing, In, Out, Own, Place, Room};
use crate::boundary::{Done, Fault};
use crate::gpu::gpushare_gpu_t;
use crate::mig_device::gpushare_mig_device_t;
use crate::mps_daemon::{
    GPUSHARE_MPS_ALL_USERS, GPUSHARE_MPS_MULTI_USER, gpushare_mps_daemon_t, gpushare_mps_quit_t, known_flags, patience,
};
use crate::mps_limits::{memory, percentage, priority};
use crate::nvml::path;
use crate::text::c_string;

/// One GPU or MIG device shared by MPS: a control daemon of its own with its limits confirmed. Freeing it ends it. Threads may use one at
/// the same time.
pub struct gpushare_mps_session_t {
    session: MpsSession,
    daemon: gpushare_mps_daemon_t,
    advisories: Vec<CString>,
    environment: Vec<(CString, Option<CString>)>,
}

impl From<MpsSession> for gpushare_mps_session_t {
    fn from(session: MpsSession) -> Self {
        let text = |text: OsString| CString::new(text.as_bytes()).unwrap_or_default();
        let environment = session.client_environment().into_iter();
        Self {
            daemon: session.daemon().clone().into(),
            advisories: session.advisories().iter().map(|advisory| c_string(advisory.to_string())).collect(),
            environment: environment.map(|(name, value)| (text(name), value.map(text))).collect(),
            session,
        }
    }
}

/// Set the compute mode to EXCLUSIVE_PROCESS while the session lives, so that a program that misses the daemon fails. Needs root.
pub const GPUSHARE_MPS_EXCLUSIVE_PROCESS: u32 = 1;
/// Refuse limits with which something is known to go wrong on this GPU, and a daemon of another driver than NVML's.
pub const GPUSHARE_MPS_DENY_ADVISORIES: u32 = 2;

const SESSION_FLAGS: u32 =
    GPUSHARE_MPS_EXCLUSIVE_PROCESS | GPUSHARE_MPS_DENY_ADVISORIES | GPUSHARE_MPS_ALL_USERS | GPUSHARE_MPS_MULTI_USER;

/// How to share a device. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_mps_session_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// `GPUSHARE_MPS_...` bits.
    pub flags: u32,
    /// Where the session has its directories; NULL for `/run/gpushare-mps`. It is made if it does not exist, and only its owner may be able
    /// to write to it.
    pub directory: *const c_char,
    /// The `nvidia-cuda-mps-control` to use; NULL for the one on the path.
    pub program: *const c_char,
    /// The share of the SMs of each client at most, in percent; 0 for all.
    pub active_thread_percentage: f64,
    /// The memory that each client may allocate at most, in MiB; 0 for all.
    pub pinned_device_memory_limit_mib: u64,
    /// The priority of clients that ask for none: `GPUSHARE_MPS_PRIORITY_...`.
    pub client_priority: u32,
    /// How long the start and each exchange may take, in ms; 0 for 10 s.
    pub patience_ms: u32,
}

impl Default for gpushare_mps_session_options_t {
    fn default() -> Self {
        Self {
            struct_size: 0,
            flags: 0,
            directory: std::ptr::null(),
            program: std::ptr::null(),
            active_thread_percentage: 0.0,
            pinned_device_memory_limit_mib: 0,
            client_priority: 0,
            patience_ms: 0,
        }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_mps_session_options_t {
    const FIRST_SIZE: usize = 48;
}

impl gpushare_mps_session_options_t {
    /// # Safety
    ///
    /// The texts are NULL or end with NUL and live for the call.
    unsafe fn builder(&self, mut builder: MpsSessionBuilder) -> Result<MpsSessionBuilder, Fault> {
        known_flags(self.flags, SESSION_FLAGS)?;
        // SAFETY: the caller's promise.
        let (directory, program) = unsafe { (path(self.directory), path(self.program)) };
        builder = builder.patience(patience(self.patience_ms));
        if let Some(directory) = directory {
            builder = builder.directory(directory);
        }
        if let Some(program) = program {
            builder = builder.program(program);
        }
        Ok(builder)
    }

    /// # Safety
    ///
    /// As [`builder`](Self::builder).
    unsafe fn start(self, builder: MpsSessionBuilder) -> Result<gpushare_mps_session_t, Fault> {
        // SAFETY: the caller's promise.
        let mut builder = unsafe { self.builder(builder) }?;
        if self.active_thread_percentage != 0.0 {
            builder = builder.active_thread_percentage(percentage(self.active_thread_percentage)?);
        }
        if self.pinned_device_memory_limit_mib != 0 {
            builder = builder.pinned_device_memory_limit(memory(self.pinned_device_memory_limit_mib)?);
        }
        if self.client_priority != 0 {
            builder = builder.client_priority(priority(self.client_priority)?);
        }
        if self.flags & GPUSHARE_MPS_EXCLUSIVE_PROCESS != 0 {
            builder = builder.exclusive_process();
        }
        if self.flags & GPUSHARE_MPS_DENY_ADVISORIES != 0 {
            builder = builder.deny_advisories();
        }
        if self.flags & GPUSHARE_MPS_ALL_USERS != 0 {
            builder = builder.all_users();
        }
        if self.flags & GPUSHARE_MPS_MULTI_USER != 0 {
            builder = builder.multi_user();
        }
        Ok(builder.start()?.into())
    }
}

fn recover(builder: MpsSessionBuilder, grace_ms: u32, found: Place<bool>, quit: Room<gpushare_mps_quit_t>) -> Done {
    let left = builder.recover(Duration::from_millis(grace_ms.into()))?;
    found.set(left.is_some())?;
    quit.fill(left.unwrap_or_default().into())
}

exports! {
    /// Shares a GPU: starts a daemon for it and sets what the options say, each value read back. `options` may be NULL. Free the session
    /// with `gpushare_mps_session_free`, which ends it.
    #[doc(alias = "MpsSession::builder", alias = "MpsSessionBuilder::start", alias = "MpsSessionBuilder::directory")]
    #[doc(alias = "MpsSessionBuilder::program", alias = "MpsSessionBuilder::patience", alias = "MpsSessionBuilder::client_priority")]
    #[doc(alias = "MpsSessionBuilder::active_thread_percentage", alias = "MpsSessionBuilder::pinned_device_memory_limit")]
    #[doc(alias = "MpsSessionBuilder::exclusive_process", alias = "MpsSessionBuilder::deny_advisories", alias = "Advisory::deny")]
    #[doc(alias = "MpsSessionBuilder::all_users", alias = "MpsSessionBuilder::multi_user")]
    fn gpushare_gpu_mps_session(
        gpu: In<gpushare_gpu_t>,
        options: Given<gpushare_mps_session_options_t>,
        session: Out<*mut gpushare_mps_session_t>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL.
        session.give(unsafe { options.start(MpsSession::builder(&gpu.gpu)) }?)
    }

    /// Shares a MIG device in the same way.
    #[doc(alias = "MpsSession::mig_builder")]
    fn gpushare_mig_device_mps_session(
        device: In<gpushare_mig_device_t>,
        options: Given<gpushare_mps_session_options_t>,
        session: Out<*mut gpushare_mps_session_t>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL.
        session.give(unsafe { options.start(MpsSession::mig_builder(&device.device)) }?)
    }

    /// Ends what a session of a GPU left whose process died: its daemon, servers and clients, and the compute mode that it had set. Clients
    /// have `grace_ms` to leave. `found` says whether anything was left. `options` may be NULL; of it, the directory, the program and the
    /// patience count. `GPUSHARE_ERROR_IN_USE` where the session lives.
    #[doc(alias = "MpsSessionBuilder::recover")]
    fn gpushare_gpu_mps_session_recover(
        gpu: In<gpushare_gpu_t>,
        options: Given<gpushare_mps_session_options_t>,
        grace_ms: u32,
        found: Out<bool>,
        quit: Fill<gpushare_mps_quit_t>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL.
        let builder = unsafe { options.builder(MpsSession::builder(&gpu.gpu)) }?;
        recover(builder, grace_ms, found, quit)
    }

    /// Ends what a session of a MIG device left in the same way.
    #[doc(alias = "MpsSessionBuilder::recover")]
    fn gpushare_mig_device_mps_session_recover(
        device: In<gpushare_mig_device_t>,
        options: Given<gpushare_mps_session_options_t>,
        grace_ms: u32,
        found: Out<bool>,
        quit: Fill<gpushare_mps_quit_t>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL.
        let builder = unsafe { options.builder(MpsSession::mig_builder(&device.device)) }?;
        recover(builder, grace_ms, found, quit)
    }

    /// The daemon. It lives as long as the session; a clone lives on.
    #[doc(alias = "MpsSession::daemon")]
    fn gpushare_mps_session_daemon(session: In<gpushare_mps_session_t>) -> *const gpushare_mps_daemon_t {
        &session.daemon
    }

    /// How many things are known to go wrong with the session's limits on this GPU, and with its daemon.
    #[doc(alias = "MpsSession::advisories")]
    fn gpushare_mps_session_advisory_count(session: In<gpushare_mps_session_t>) -> usize {
        session.advisories.len()
    }

    /// One of them, for a person, from 0; NULL beyond the last. It lives as long as the session.
    fn gpushare_mps_session_advisory(session: In<gpushare_mps_session_t>, index: usize) -> *const c_char {
        session.advisories.get(index).map_or(std::ptr::null(), |text| text.as_ptr())
    }

    /// How many variables a client needs in its environment, or must not have.
    #[doc(alias = "MpsSession::client_environment", alias = "MpsSession::wrap", alias = "MpsSession::spawn")]
    fn gpushare_mps_session_variable_count(session: In<gpushare_mps_session_t>) -> usize {
        session.environment.len()
    }

    /// The name of one of them, from 0; NULL beyond the last. It lives as long as the session.
    fn gpushare_mps_session_variable_name(session: In<gpushare_mps_session_t>, index: usize) -> *const c_char {
        session.environment.get(index).map_or(std::ptr::null(), |(name, _)| name.as_ptr())
    }

    /// Its value; NULL for one that a client must not have. It lives as long as the session.
    fn gpushare_mps_session_variable_value(session: In<gpushare_mps_session_t>, index: usize) -> *const c_char {
        let value = session.environment.get(index).and_then(|(_, value)| value.as_ref());
        value.map_or(std::ptr::null(), |value| value.as_ptr())
    }

    /// Waits until a process is a client of this daemon. A program that cannot reach the daemon runs without MPS and without its limits,
    /// and nothing says so but its absence here, which is `GPUSHARE_ERROR_NOT_FOUND`; where it waits for the clients of another user, it is
    /// `GPUSHARE_ERROR_IN_USE`.
    #[doc(alias = "MpsSession::verify_client")]
    fn gpushare_mps_session_verify_client(session: In<gpushare_mps_session_t>, pid: u32, patience_ms: u32) {
        let patience = Duration::from_millis(patience_ms.into());
        session.session.verify_client(pid, patience).map_err(|error| Fault::Refused(error.into()).into())
    }

    /// Ends the session and tells how: clients have `grace_ms` to leave, then the work of each is ended. The handle is freed, whatever comes of
    /// it; NULL is `GPUSHARE_ERROR_INVALID_ARGUMENT`.
    #[doc(alias = "MpsSession::close")]
    fn gpushare_mps_session_close(session: Own<gpushare_mps_session_t>, grace_ms: u32, quit: Fill<gpushare_mps_quit_t>) {
        let session = session.ok_or_else(|| Fault::Argument { name: "session", reason: "is NULL".into() })?;
        quit.fill(session.session.close(Duration::from_millis(grace_ms.into()))?.into())
    }

    /// Ends the session and frees it. NULL is none.
    fn gpushare_mps_session_free(session: Own<gpushare_mps_session_t>) -> () {
        drop(session)
    }
}
