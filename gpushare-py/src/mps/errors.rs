//! Errors of MPS as exceptions: a class for each, which is also that of what the caller can do about it.

use std::io::ErrorKind;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTypeInfo, import_exception};

use gpushare::MpsError as Rust;

use crate::errors::Raise;

import_exception!(gpushare.exceptions, MpsAlreadyRunningError);
import_exception!(gpushare.exceptions, MpsError);
import_exception!(gpushare.exceptions, MpsInvalidDirectoryError);
import_exception!(gpushare.exceptions, MpsInvalidLimitError);
import_exception!(gpushare.exceptions, MpsNoPermissionError);
import_exception!(gpushare.exceptions, MpsNotClientError);
import_exception!(gpushare.exceptions, MpsNotConfirmedError);
import_exception!(gpushare.exceptions, MpsNotRunningError);
import_exception!(gpushare.exceptions, MpsOtherUserError);
import_exception!(gpushare.exceptions, MpsOtherVersionError);
import_exception!(gpushare.exceptions, MpsProgramError);
import_exception!(gpushare.exceptions, MpsProgramNotFoundError);
import_exception!(gpushare.exceptions, MpsRefusedError);
import_exception!(gpushare.exceptions, MpsServerNotFoundError);
import_exception!(gpushare.exceptions, MpsUncertainError);
import_exception!(gpushare.exceptions, MpsUnknownCommandError);
import_exception!(gpushare.exceptions, MpsWedgedError);

pub(crate) fn class<'py>(py: Python<'py>, error: &Rust) -> Bound<'py, PyAny> {
    match error {
        Rust::Program { io: Some(ErrorKind::NotFound), .. } => MpsProgramNotFoundError::type_object(py),
        Rust::Program { io: Some(ErrorKind::PermissionDenied), .. } | Rust::NoPermission { .. } => {
            MpsNoPermissionError::type_object(py)
        }
        Rust::Program { .. } => MpsProgramError::type_object(py),
        Rust::NotRunning { .. } => MpsNotRunningError::type_object(py),
        Rust::AlreadyRunning { .. } => MpsAlreadyRunningError::type_object(py),
        Rust::Wedged { .. } => MpsWedgedError::type_object(py),
        Rust::UnknownCommand { .. } => MpsUnknownCommandError::type_object(py),
        Rust::ServerNotFound { .. } => MpsServerNotFoundError::type_object(py),
        Rust::Refused { .. } => MpsRefusedError::type_object(py),
        Rust::NotConfirmed { .. } => MpsNotConfirmedError::type_object(py),
        Rust::Uncertain { .. } => MpsUncertainError::type_object(py),
        Rust::NotClient { .. } => MpsNotClientError::type_object(py),
        Rust::OtherUser { .. } => MpsOtherUserError::type_object(py),
        Rust::OtherVersion { .. } => MpsOtherVersionError::type_object(py),
        Rust::InvalidLimit { .. } => MpsInvalidLimitError::type_object(py),
        Rust::InvalidDirectory { .. } => MpsInvalidDirectoryError::type_object(py),
        _ => MpsError::type_object(py),
    }
    .into_any()
}

/// What the error holds, as attributes.
pub(crate) fn details(error: &Rust, to: &Bound<'_, PyDict>) -> PyResult<()> {
    match error {
        Rust::Program { program, reason, .. } => {
            to.set_item("program", program)?;
            to.set_item("reason", reason)
        }
        Rust::NotRunning { directory } | Rust::AlreadyRunning { directory } => to.set_item("directory", directory),
        Rust::Wedged { directory, after } => {
            to.set_item("directory", directory)?;
            to.set_item("after", after.as_secs_f64())
        }
        Rust::UnknownCommand { command } | Rust::Uncertain { command } => to.set_item("command", command),
        Rust::ServerNotFound { server } => to.set_item("server", server),
        Rust::NoPermission { command, answer } | Rust::Refused { command, answer } => {
            to.set_item("command", command)?;
            to.set_item("answer", answer)
        }
        Rust::NotConfirmed { setting, wanted, found } => {
            to.set_item("setting", setting)?;
            to.set_item("wanted", wanted)?;
            to.set_item("found", found)
        }
        Rust::NotClient { pid, after } => {
            to.set_item("pid", pid)?;
            to.set_item("after", after.as_secs_f64())
        }
        Rust::OtherUser { server, owner, uid } => {
            to.set_item("server", server)?;
            to.set_item("owner", owner)?;
            to.set_item("uid", uid)
        }
        Rust::OtherVersion { daemon, driver } => {
            to.set_item("daemon", daemon)?;
            to.set_item("driver", driver)
        }
        Rust::InvalidLimit { value, what, allowed } => {
            to.set_item("value", value)?;
            to.set_item("what", what)?;
            to.set_item("allowed", allowed)
        }
        Rust::InvalidDirectory { path, reason } => {
            to.set_item("path", path)?;
            to.set_item("reason", reason)
        }
        _ => Ok(()),
    }
}

impl Raise for Rust {
    fn raise(self, py: Python<'_>) -> PyErr {
        gpushare::Error::from(self).raise(py)
    }
}
