//! The simulator's control interface: what happens to a machine from outside, which NVML has no calls for.

use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use gpushare_sys::{NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT, NVML_SUCCESS};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fault::Fault;
use super::{door, hook};
use crate::engine::{Access, Machine, MachineConfig, Process, ProcessSample, Refusal};

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
    /// The driver samples how busy a process keeps a GPU.
    SampleProcess {
        /// The GPU's index.
        gpu: usize,
        /// What it sampled.
        sample: ProcessSample,
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
    /// The driver reports an XID of a GPU, which event sets then tell.
    InjectXid {
        /// The GPU's index.
        gpu: usize,
        /// The number.
        xid: u64,
        /// The GPU instance it is attributed to.
        #[serde(default)]
        gi: Option<u32>,
        /// The compute instance of that GPU instance it is attributed to.
        #[serde(default)]
        ci: Option<u32>,
    },
    /// A GPU falls off the bus: until the machine reboots, every call on it answers `NVML_ERROR_GPU_IS_LOST`.
    LoseGpu {
        /// The GPU's index.
        gpu: usize,
    },
    /// Sets faults for this process in the place of those that were set. As JSON, the faults are texts.
    SetFaults {
        /// The faults.
        faults: Vec<Fault>,
    },
    /// Ends all faults of this process. What they did stays.
    ClearFaults,
    /// Asks for the faults of this process and how far they have counted: [`FaultState`](crate::FaultState) as JSON.
    Faults,
    /// Begins to keep the calls of this process, without those kept until now.
    StartTrace,
    /// Asks for the calls kept, a list of [`TracedCall`](crate::TracedCall) as JSON, and forgets them unless `reply` is too small.
    TakeTrace,
    /// Ends the keeping of calls.
    StopTrace,
    /// Whether the calls of this process take the time that was recorded for them.
    SetCharge {
        /// Whether they do.
        charge: bool,
    },
}

impl Command {
    fn carry_out(self) -> Result<Value, String> {
        match self {
            Self::Configure { config } => return door::configure(&config).map(|()| Value::Null),
            Self::SetAccess { access } => door::store()?.set_access(access),
            Self::State => {
                let state = door::store()?.read(|machine, access| json!({ "access": access, "machine": machine }));
                return state.map_err(|unavailable| unavailable.to_string());
            }
            Self::Reboot => mutate(|machine| {
                machine.reboot();
                Ok(())
            })?,
            Self::AddProcess { gpu, process } => {
                mutate(|machine| machine.gpu_mut(gpu)?.start_process(process))?;
            }
            Self::RemoveProcess { gpu, pid } => {
                mutate(|machine| {
                    let found = machine.gpu_mut(gpu)?.end_process(pid);
                    if found { Ok(()) } else { Err(Refusal::NotFound) }
                })?;
            }
            Self::SampleProcess { gpu, sample } => mutate(|machine| {
                machine.gpu_mut(gpu)?.sample_process(sample);
                Ok(())
            })?,
            Self::InjectXid { gpu, xid, gi, ci } => mutate(|machine| machine.gpu_mut(gpu)?.inject_xid(xid, gi, ci))?,
            Self::LoseGpu { gpu } => door::lose_gpu(gpu)?,
            Self::SetFaults { faults } => hook::set_faults(faults)?,
            Self::ClearFaults => hook::set_faults(Vec::new())?,
            Self::Faults => return Ok(json!(hook::faults()?)),
            Self::StartTrace => hook::start_trace()?,
            Self::TakeTrace => return Ok(json!(hook::trace()?)),
            Self::StopTrace => hook::stop_trace()?,
            Self::SetCharge { charge } => hook::set_charge(charge)?,
            Self::Reset { gpu } => mutate(|machine| machine.gpu_mut(gpu)?.reset(Access::Admin))?,
        }
        Ok(Value::Null)
    }
}

fn mutate(change: impl FnOnce(&mut Machine) -> Result<(), Refusal>) -> Result<(), String> {
    let outcome = door::store()?.mutate(|machine, _| change(machine));
    outcome.map_err(|unavailable| unavailable.to_string())?.map_err(|refusal| refusal.to_string())
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
    let mut taken = 0;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let command: Command = serde_json::from_slice(command.to_bytes()).map_err(|error| error.to_string())?;
        let takes = command == Command::TakeTrace;
        let answer = command.carry_out()?;
        taken = answer.as_array().filter(|_| takes).map_or(0, Vec::len);
        Ok(answer)
    }))
    .unwrap_or_else(|_| Err("the simulator panicked; its message is on the error output".to_owned()));
    let (code, answer) = match outcome {
        Ok(value) => (NVML_SUCCESS, json!({ "ok": value })),
        Err(error) => (NVML_ERROR_INVALID_ARGUMENT, json!({ "error": error })),
    };
    let answer = answer.to_string();
    if !reply.is_null() && answer.len() >= reply_size {
        return NVML_ERROR_INSUFFICIENT_SIZE as c_int;
    }
    hook::forget(taken);
    if reply.is_null() {
        return code as c_int;
    }
    // SAFETY: the buffer has more room than the answer's bytes, and it is none of ours.
    unsafe {
        reply.copy_from_nonoverlapping(answer.as_ptr().cast(), answer.len());
        reply.add(answer.len()).write(0);
    }
    code as c_int
}
