//! Errors as objects: what failed, in which call, on what.

use std::ffi::{CString, c_char};

use core::{Error, Holder};

use crate::argument::{In, Own};
use crate::boundary::Fault;
use crate::holder::{gpushare_holder_list_t, gpushare_holder_t};
use crate::status::{self, GPUSHARE_ERROR_INVALID_ARGUMENT, GPUSHARE_ERROR_PANIC, gpushare_status_t};
use crate::text::c_string;

/// What went wrong. Threads may read one at the same time.
pub struct gpushare_error_t {
    status: gpushare_status_t,
    message: CString,
    call: Option<CString>,
    target: Option<CString>,
    nvml_return: i32,
    restored: bool,
    holders: gpushare_holder_list_t,
}

/// Those who hold what could not be changed, also where that made a plan fail.
fn holders(error: &Error) -> &[Holder] {
    match error {
        Error::InUse { by, .. } | Error::MigModePending { by, .. } | Error::ResetFailed { by, .. } => by,
        Error::ApplyFailed { failed, .. } => holders(failed),
        _ => &[],
    }
}

impl gpushare_error_t {
    fn plain(status: gpushare_status_t, message: impl AsRef<str>) -> Self {
        let message = c_string(message);
        let holders = gpushare_holder_list_t::new(&[]);
        Self { status, message, call: None, target: None, nvml_return: -1, restored: false, holders }
    }

    pub(crate) fn panicked(function: &'static str) -> Self {
        Self::plain(GPUSHARE_ERROR_PANIC, format!("{function} met a bug of this library"))
    }

    pub(crate) fn new(function: &'static str, fault: Fault) -> Self {
        let error = match fault {
            Fault::Argument { name, reason } => {
                return Self::plain(GPUSHARE_ERROR_INVALID_ARGUMENT, format!("{name} of {function} {reason}"));
            }
            Fault::Refused(error) => error,
        };
        Self {
            call: error.call().map(|call| c_string(call.name())),
            target: error.target().map(|target| c_string(target.to_string())),
            nvml_return: error.nvml_return().map_or(-1, |code| code.0 as i32),
            restored: matches!(error, Error::ApplyFailed { restored: Ok(()), .. }),
            holders: gpushare_holder_list_t::new(holders(&error)),
            ..Self::plain(status::of(error.kind()), error.to_string())
        }
    }

    pub(crate) fn status(&self) -> gpushare_status_t {
        self.status
    }
}

fn text(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
}

exports! {
    /// What the caller can do about it: what the failed function returned.
    #[doc(alias = "Error::kind")]
    fn gpushare_error_status(error: In<gpushare_error_t>) -> gpushare_status_t {
        error.status
    }

    /// What went wrong, for a person. It lives as long as the error.
    fn gpushare_error_message(error: In<gpushare_error_t>) -> *const c_char {
        error.message.as_ptr()
    }

    /// The NVML function that failed or is missing, where the message names one; else NULL. It lives as long as the error.
    #[doc(alias = "Error::call")]
    fn gpushare_error_call(error: In<gpushare_error_t>) -> *const c_char {
        text(&error.call)
    }

    /// What it was about, such as "GPU instance 2 of GPU 0"; NULL where it was about no part of the machine. It lives as long as the
    /// error.
    #[doc(alias = "Error::target")]
    fn gpushare_error_target(error: In<gpushare_error_t>) -> *const c_char {
        text(&error.target)
    }

    /// The code that NVML returned; -1 where it returned none.
    #[doc(alias = "Error::nvml_return")]
    fn gpushare_error_nvml_return(error: In<gpushare_error_t>) -> i32 {
        error.nvml_return
    }

    /// Whether a plan failed and the layout that the GPU had is there again. False where nothing was begun, too.
    fn gpushare_error_restored(error: In<gpushare_error_t>) -> bool {
        error.restored
    }

    /// How many hold what could not be destroyed, changed or reset.
    fn gpushare_error_holder_count(error: In<gpushare_error_t>) -> usize {
        error.holders.len()
    }

    /// One of those who hold what could not be destroyed, changed or reset, from 0; NULL beyond the last. It lives as long as the error.
    fn gpushare_error_holder(error: In<gpushare_error_t>, index: usize) -> *const gpushare_holder_t {
        error.holders.at(index)
    }

    /// Frees an error. NULL is none.
    fn gpushare_error_free(error: Own<gpushare_error_t>) -> () {
        drop(error)
    }
}
