//! Processes that use a GPU.

use gpushare_sys::{self as sys, ProcessList, Symbol};

use crate::call::{Handle, call, call_versioned, read_growing_list, read_text};
use crate::client::GpuClient;
use crate::error::{Error, NvmlReturn, Result, Target};
use crate::gpu::Gpu;
use crate::nvml::Session;

/// The processes on a GPU or MIG device, each once, by ascending id.
pub(crate) fn clients(session: &Session, raw: Handle<sys::nvmlDevice_st>, target: Target) -> Result<Vec<GpuClient>> {
    let mut pids = Vec::new();
    for (list, call) in [
        (ProcessList::Compute, Symbol::nvmlDeviceGetComputeRunningProcesses_v3),
        (ProcessList::Graphics, Symbol::nvmlDeviceGetGraphicsRunningProcesses_v3),
        (ProcessList::Mps, Symbol::nvmlDeviceGetMPSComputeRunningProcesses_v3),
    ] {
        let asked = read_growing_list(sys::nvmlProcessInfo_v2_t::default(), |processes, count| {
            call_versioned!(
                session,
                target,
                nvmlDeviceGetComputeRunningProcesses_v3,
                running_processes(list, raw.0, count, processes)
            )
        });
        match asked {
            Ok(processes) => pids.extend(processes.iter().map(|process| process.pid)),
            Err(Error::Nvml { code: NvmlReturn::NOT_SUPPORTED, .. } | Error::MissingSymbol { .. }) => {}
            Err(Error::Nvml { target, code, .. }) => return Err(Error::Nvml { call, target, code }),
            Err(error) => return Err(error),
        }
    }
    pids.sort_unstable();
    pids.dedup();
    Ok(pids.into_iter().map(|pid| GpuClient { pid, name: process_name(session, pid) }).collect())
}

/// What the driver calls a process, as long as it runs and the caller may know.
fn process_name(session: &Session, pid: u32) -> Option<String> {
    let ask = |buffer, size| call!(session, Target::Nvml, nvmlSystemGetProcessName(pid, buffer, size));
    read_text::<1024>(Symbol::nvmlSystemGetProcessName, Target::Nvml, ask).ok()
}

impl Gpu {
    /// The processes that use the GPU or a part of it, each once, by ascending id.
    ///
    /// # Errors
    ///
    /// [`NoPermission`](crate::ErrorKind::NoPermission) for a caller that may not monitor the whole GPU while GPU instances exist.
    #[doc(alias("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"))]
    pub fn clients(&self) -> Result<Vec<GpuClient>> {
        clients(&self.0.session, self.0.raw, self.target())
    }
}
