//! How a daemon starts its servers, and learns of their end.

use std::env;
use std::ffi::{CString, c_char};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use rustix::process::{Pid, PidfdFlags, WaitOptions, pidfd_open, waitpid};

use super::fault::Action;
use super::packet::Packets;
use super::rules::Config;

/// Tells a server what is to go wrong with it.
pub(super) const FAULT_VARIABLE: &str = "GPUSHARE_SIM_MPS_SERVER_FAULT";

const PROGRAM: &str = "nvidia-cuda-mps-server";

/// A server of this daemon.
pub(super) struct Child {
    pub(super) pid: i32,
    pub(super) config: Config,
    /// Readable once it has ended.
    pub(super) exit: OwnedFd,
    /// The connection to it, once it is ready.
    pub(super) link: Option<Packets>,
}

impl Child {
    /// Starts a server as a user. One whose program is not found, or that may not be that user, ends with status 1.
    pub(super) fn start(uid: u32, config: Config, fault: Option<Action>) -> io::Result<Self> {
        let program = CString::new(PROGRAM)?;
        let variables = variables(fault)?;
        let arguments = [program.as_ptr(), ptr::null()];
        let variables: Vec<*const c_char> = variables.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        let changes = uid != rustix::process::geteuid().as_raw();
        // SAFETY: the process has one thread. The child makes calls alone that need no lock, on memory that was made before.
        let pid = unsafe {
            let pid = libc::fork();
            if pid == 0 {
                if !changes || libc::setuid(uid) == 0 {
                    libc::execvpe(program.as_ptr(), arguments.as_ptr(), variables.as_ptr());
                }
                libc::_exit(1);
            }
            pid
        };
        if pid < 0 {
            return Err(io::Error::last_os_error());
        }
        let id = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { pid, config, exit: pidfd_open(id, PidfdFlags::empty())?, link: None })
    }

    /// Buries it: its status, which is 0 for one that a signal ended.
    pub(super) fn bury(&self) -> i32 {
        let status = Pid::from_raw(self.pid).and_then(|pid| waitpid(Some(pid), WaitOptions::empty()).ok().flatten());
        status.and_then(|(_, status)| status.exit_status()).unwrap_or(0)
    }
}

/// The environment, as the server gets it.
fn variables(fault: Option<Action>) -> io::Result<Vec<CString>> {
    let inherited = env::vars_os().filter(|(name, _)| fault.is_none() || name != FAULT_VARIABLE);
    let own = fault.map(|fault| (FAULT_VARIABLE.into(), fault.name().into()));
    let joined = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).map_err(io::Error::from)
    };
    inherited.chain(own).map(joined).collect()
}
