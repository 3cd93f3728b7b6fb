//! What the kernel knows of processes, kept from one look at a GPU to the next.

use std::collections::HashMap;

use gpushare_sys::Symbol;

use super::attribution::attribute_mps;
use super::facts::ProcessFacts;
use super::gpu_process::{GpuProcess, MpsRole};
use crate::call::{call, read_text};
use crate::error::Target;
use crate::mps::processes::NAME;
use crate::mps::program::SERVER_PROGRAM;
use crate::nvml::Session;
use crate::procfs::{Procfs, Stat};

/// What was read of processes, so that of one that is still the same little is read again.
#[derive(Debug, Default)]
pub(crate) struct ProcessBook {
    known: HashMap<u32, Known>,
}

#[derive(Debug)]
struct Known {
    /// What shows that it is the same process, running the same program for the same user under the same parent.
    stat: Stat,
    owner: Option<u32>,
    facts: ProcessFacts,
    /// Whether it was read since the look began: once is enough for each.
    fresh: bool,
}

impl ProcessBook {
    /// Adds to the processes of one GPU what the kernel knows of them.
    pub(crate) fn describe(&mut self, session: &Session, processes: &mut [GpuProcess]) {
        for process in processes.iter_mut() {
            match self.facts(Procfs(&session.procfs), process.pid) {
                Some(facts) => process.add(facts),
                None => process.name = process_name(session, process.pid),
            }
            if process.mps.is_none() && process.name.as_ref().is_some_and(|name| name.ends_with(SERVER_PROGRAM)) {
                process.mps = Some(MpsRole::Server { daemon: None, pipe_directory: None });
            }
        }
        attribute_mps(processes, &session.procfs);
    }

    /// Whether a process may be a server of MPS, as far as the kernel tells what it is.
    pub(crate) fn may_be_server(&mut self, session: &Session, pid: u32) -> bool {
        self.facts(Procfs(&session.procfs), pid).is_none_or(|facts| facts.mps.is_some() || facts.name.starts_with(NAME))
    }

    fn facts(&mut self, procfs: Procfs<'_>, pid: u32) -> Option<&ProcessFacts> {
        if !self.known.get(&pid).is_some_and(|known| known.fresh) {
            let (stat, owner) = (procfs.stat(pid)?, procfs.owner(pid));
            match self.known.get_mut(&pid).filter(|known| known.stat == stat && known.owner == owner) {
                Some(known) => known.fresh = true,
                None => {
                    let facts = ProcessFacts::read(procfs.0, pid)?;
                    self.known.insert(pid, Known { stat, owner, facts, fresh: true });
                }
            }
        }
        self.known.get(&pid).map(|known| &known.facts)
    }

    /// Begins a look: what is known is to be verified, and whoever was not seen in the last one is forgotten.
    pub(crate) fn begin(&mut self) {
        self.known.retain(|_, known| std::mem::take(&mut known.fresh));
    }
}

/// What the driver calls a process, as long as it runs and the caller may know.
fn process_name(session: &Session, pid: u32) -> Option<String> {
    let ask = |buffer, size| call!(session, Target::Nvml, nvmlSystemGetProcessName(pid, buffer, size));
    read_text::<1024>(Symbol::nvmlSystemGetProcessName, Target::Nvml, ask).ok()
}
