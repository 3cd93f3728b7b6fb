//! The simulator's control interface: what happens to a machine from outside, which NVML has no calls for.

use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use gpushare_sys::{NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT, NVML_SUCCESS};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::door;
use crate::engine::{Access, Machine, MachineConfig, Process, Refusal};

/// Something that happens to a simulated machine. As JSON, `{"command": "reset", "gpu": 0}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Another machine takes the place of this one. Only while NVML is not initialised.
    Configure {
        /// The machine.
        config: MachineConfig,
    },
    /// A process begins to use a GPU.
    AddProcess {
        /// The GPU's index.
        gpu: usize,
        /// The process.
        process: Process,
    },
    /// A process ends.
    RemoveProcess {
        /// The GPU's index.
        gpu: usize,
        /// The process ID.
        pid: u32,
    },
    /// The process that makes the NVML calls may do more or less from here on.
    SetAccess {
        /// What it may do.
        access: Access,
    },
    /// `nvidia-smi --gpu-reset`, by the administrator.
    Reset {
        /// The GPU's index.
        gpu: usize,
    },
    /// The machine reboots: processes and instances vanish. What this process has open of NVML stays open.
    Reboot,
    /// Asks for the whole state, as JSON.
    State,
}

impl Command {
    fn carry_out(self) -> Result<Value, String> {
        match self {
            Self::Configure { config } => return door::configure(&config).map(|()| Value::Null),
            Self::SetAccess { access } => door::store()?.set_access(access),
            Self::State => {
                let state = door::store()?.read(|machine, access| json!({ "access": access, "machine": machine }));
                return Ok(state);
            }
            Self::Reboot => door::store()?.mutate(|machine, _| machine.reboot()),
            Self::AddProcess { gpu, process } => {
                mutate(|machine| machine.gpu_mut(gpu)?.start_process(process))?;
            }
            Self::RemoveProcess { gpu, pid } => {
                mutate(|machine| {
                    let found = machine.gpu_mut(gpu)?.end_process(pid);
                    if found { Ok(()) } else { Err(Refusal::NotFound) }
                })?;
            }
            Self::Reset { gpu } => mutate(|machine| machine.gpu_mut(gpu)?.reset(Access::Admin))?,
        }
        Ok(Value::Null)
    }
}

fn mutate(change: impl FnOnce(&mut Machine) -> Result<(), Refusal>) -> Result<(), String> {
    door::store()?.mutate(|machine, _| change(machine)).map_err(|refusal| refusal.to_string())
}

/// The function of [`ControlTable`](super::ControlTable).
///
/// # Safety
///
/// `command` is NULL or a text closed by NUL; `reply` is NULL or valid for writing `reply_size` bytes.
pub(super) unsafe extern "C" fn control(command: *const c_char, reply: *mut c_char, reply_size: usize) -> c_int {
    if command.is_null() || (reply.is_null() && reply_size > 0) {
        return NVML_ERROR_INVALID_ARGUMENT as c_int;
    }
    // SAFETY: not NULL, so by the contract a text.
    let command = unsafe { CStr::from_ptr(command) };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let command: Command = serde_json::from_slice(command.to_bytes()).map_err(|error| error.to_string())?;
        command.carry_out()
    }))
    .unwrap_or_else(|_| Err("the simulator panicked; its message is on the error output".to_owned()));
    let (code, answer) = match outcome {
        Ok(value) => (NVML_SUCCESS, json!({ "ok": value })),
        Err(error) => (NVML_ERROR_INVALID_ARGUMENT, json!({ "error": error })),
    };
    if reply.is_null() {
        return code as c_int;
    }
    let answer = answer.to_string();
    if answer.len() >= reply_size {
        return NVML_ERROR_INSUFFICIENT_SIZE as c_int;
    }
    // SAFETY: the buffer has more room than the answer's bytes, and it is none of ours.
    unsafe {
        reply.copy_from_nonoverlapping(answer.as_ptr().cast(), answer.len());
        reply.add(answer.len()).write(0);
    }
    code as c_int
}
