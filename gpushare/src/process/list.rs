//! The driver's lists of running processes.

use gpushare_sys::{self as sys, ProcessList, Symbol};

use super::book::ProcessBook;
use super::facts::ProcessFacts;
use super::gpu_process::{GpuProcess, ProcessKinds};
use crate::call::{Handle, call_versioned, read_growing_list};
use crate::error::{Error, NvmlReturn, Result, Target};
use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::nvml::Session;
use crate::units::Bytes;

/// A process in one of the driver's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedProcess {
    pub(crate) pid: u32,
    pub(crate) used_memory: Option<Bytes>,
    pub(crate) gpu_instance: Option<GpuInstanceId>,
    pub(crate) compute_instance: Option<ComputeInstanceId>,
}

impl From<&sys::nvmlProcessInfo_v2_t> for ListedProcess {
    fn from(info: &sys::nvmlProcessInfo_v2_t) -> Self {
        let instance = |id: u32| (id != sys::NO_INSTANCE).then_some(id);
        Self {
            pid: info.pid,
            used_memory: (info.usedGpuMemory != sys::NVML_VALUE_NOT_AVAILABLE as u64)
                .then_some(Bytes(info.usedGpuMemory)),
            gpu_instance: instance(info.gpuInstanceId).map(GpuInstanceId),
            compute_instance: instance(info.computeInstanceId).map(ComputeInstanceId),
        }
    }
}

/// More processes than run on any ordinary device: a server of MPS has 60 clients at most.
const ORDINARY_PROCESSES: usize = 64;

/// Whether the lists of this driver say on which instances a process runs.
pub(crate) fn lists_have_instances(session: &Session) -> bool {
    let library = session.library();
    library.supports(Symbol::nvmlDeviceGetComputeRunningProcesses_v3)
        || library.supports(Symbol::nvmlDeviceGetComputeRunningProcesses_v2)
}

/// One list of the processes on a GPU or MIG device, in the driver's order: one call, unless it is longer than any ordinary one.
pub(crate) fn list(
    session: &Session,
    raw: Handle<sys::nvmlDevice_st>,
    target: Target,
    which: ProcessList,
) -> Result<Vec<ListedProcess>> {
    let fill = |processes, count: &mut _| {
        call_versioned!(
            session,
            target,
            nvmlDeviceGetComputeRunningProcesses_v3,
            running_processes(which, raw.0, count, processes)
        )
    };
    let take = |processes: &[sys::nvmlProcessInfo_v2_t]| processes.iter().map(ListedProcess::from).collect();
    read_growing_list::<_, _, ORDINARY_PROCESSES>(fill, take).map_err(|error| match error {
        Error::Nvml { target, code, .. } => Error::Nvml { call: symbol(which), target, code },
        error => error,
    })
}

fn symbol(which: ProcessList) -> Symbol {
    match which {
        ProcessList::Compute => Symbol::nvmlDeviceGetComputeRunningProcesses_v3,
        ProcessList::Graphics => Symbol::nvmlDeviceGetGraphicsRunningProcesses_v3,
        ProcessList::Mps => Symbol::nvmlDeviceGetMPSComputeRunningProcesses_v3,
    }
}

/// The processes in all lists of a GPU or MIG device, by ascending id, each once for each instance on which it runs; nothing of procfs.
pub(crate) fn list_all(
    session: &Session,
    raw: Handle<sys::nvmlDevice_st>,
    target: Target,
    book: &mut ProcessBook,
) -> Result<Vec<GpuProcess>> {
    let ask = |which, kinds| match list(session, raw, target, which) {
        Ok(listed) => Ok(listed.iter().map(|process| GpuProcess::bare(process, kinds)).collect()),
        Err(Error::Nvml { code: NvmlReturn::NOT_SUPPORTED, .. } | Error::MissingSymbol { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    let mut all = ask(ProcessList::Compute, ProcessKinds::COMPUTE)?;
    // A server of MPS and its clients compute, too: where no process may be a server, none is a client, and a list that costs as much as
    // the first need not be asked.
    if all.iter().any(|process| book.may_be_server(session, process.pid)) {
        all.extend(ask(ProcessList::Mps, ProcessKinds::COMPUTE | ProcessKinds::MPS_CLIENT)?);
    }
    all.extend(ask(ProcessList::Graphics, ProcessKinds::GRAPHICS)?);
    Ok(merged(all))
}

/// The processes of a GPU whose own list does not say on which instances they run, by what the lists of its MIG devices say.
pub(crate) fn with_instances(mut whole: Vec<GpuProcess>, inside: Vec<GpuProcess>) -> Vec<GpuProcess> {
    whole.retain(|process| inside.iter().all(|other| other.pid != process.pid));
    merged([whole, inside].concat())
}

/// Makes one of what several lists say of a process on an instance.
pub(crate) fn merged(mut all: Vec<GpuProcess>) -> Vec<GpuProcess> {
    let place = |process: &GpuProcess| (process.pid, process.gpu_instance, process.compute_instance);
    all.sort_by_key(place);
    all.dedup_by(|next, first| {
        let same = place(next) == place(first);
        if same {
            first.kinds |= next.kinds;
            // Each list has all that the process uses, at its own moment.
            first.used_memory = first.used_memory.max(next.used_memory);
        }
        same
    });
    all
}

impl GpuProcess {
    /// What a list says, and nothing else.
    pub(crate) fn bare(listed: &ListedProcess, kinds: ProcessKinds) -> Self {
        Self {
            pid: listed.pid,
            kinds,
            used_memory: listed.used_memory,
            gpu_instance: listed.gpu_instance,
            compute_instance: listed.compute_instance,
            name: None,
            uid: None,
            container: None,
            mps: None,
        }
    }

    /// Adds what procfs says.
    pub(crate) fn add(&mut self, facts: &ProcessFacts) {
        self.name = Some(facts.name.clone());
        self.uid = facts.uid;
        self.container = facts.container.clone();
        self.mps = facts.mps.clone();
    }
}
