//! What changes from one moment to the next: memory, use, processes.

use std::sync::Arc;

use super::division::{Busy, Division, is_about_the_thing};
use super::gpu::{GpuSnapshot, MigDeviceSnapshot, SnapshotFact, UnknownFact};
use crate::error::{ErrorKind, Result};
use crate::gpu::Gpu;
use crate::id::MigUuid;
use crate::process::GpuProcess;
use crate::process::book::ProcessBook;
use crate::process::list::{list_all, lists_have_instances, with_instances};

/// Takes what is told, and notes what is not.
struct Facts<'a> {
    gpu: &'a Gpu,
    unknown: Vec<UnknownFact>,
}

impl Facts<'_> {
    /// # Errors
    ///
    /// What ends the whole look: the session is closed, or a handle is stale.
    fn take<T>(&mut self, fact: SnapshotFact, device: Option<MigUuid>, told: Result<T>) -> Result<Option<T>> {
        match told {
            Ok(told) => Ok(Some(told)),
            Err(error) if error.kind() == ErrorKind::NotSupported => Ok(None),
            Err(error) if error.kind() != ErrorKind::Stale && is_about_the_thing(self.gpu, &error) => {
                self.unknown.push(UnknownFact::new(fact, device, &error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// A GPU as it is now, divided as it is remembered. `busy` is what was asked already.
///
/// # Errors
///
/// [`Stale`](ErrorKind::Stale) where it is no longer so divided, or the session was closed.
pub(super) fn look(gpu: &Gpu, division: &Division, busy: Busy, book: &mut ProcessBook) -> Result<GpuSnapshot> {
    let mut facts = Facts { gpu, unknown: division.unknown.clone() };
    let without_mig = division.mig_enabled != Some(true);
    let busy = busy.or_else(|| without_mig.then(|| gpu.utilization()));
    let utilization = match busy {
        Some(told) => facts.take(SnapshotFact::Utilization, None, told)?,
        None => None,
    };
    let compute_mode = match without_mig {
        true => facts.take(SnapshotFact::ComputeMode, None, gpu.compute_mode())?,
        false => None,
    };
    let memory = facts.take(SnapshotFact::Memory, None, gpu.memory())?;
    let mut mig_devices = Vec::with_capacity(division.devices.len());
    for device in &division.devices {
        let handle = &device.handle;
        mig_devices.push(MigDeviceSnapshot {
            index: device.index,
            uuid: *handle.uuid(),
            name: Arc::clone(&device.name),
            gpu_instance: handle.gpu_instance_id(),
            compute_instance: handle.compute_instance_id(),
            attributes: *handle.attributes(),
            memory: facts.take(SnapshotFact::Memory, Some(*handle.uuid()), handle.memory_unverified())?,
        });
    }
    let processes = processes(division, &mut facts, book)?;
    Ok(GpuSnapshot {
        index: gpu.index(),
        uuid: *gpu.uuid(),
        name: Arc::clone(&gpu.0.name),
        minor_number: facts.take(SnapshotFact::MinorNumber, None, gpu.minor_number())?,
        pci_address: facts.take(SnapshotFact::PciAddress, None, gpu.pci_address())?,
        memory,
        utilization,
        compute_mode,
        mig_enabled: division.mig_enabled,
        gpu_instances: division.gpu_instances.clone(),
        mig_devices,
        capacity: Arc::clone(&division.capacity),
        processes,
        unknown: facts.unknown,
    })
}

/// The processes on the GPU: from its own lists where those say on which instance each runs, else from those of the MIG devices too.
fn processes(division: &Division, facts: &mut Facts<'_>, book: &mut ProcessBook) -> Result<Vec<GpuProcess>> {
    let (gpu, session) = (facts.gpu, &facts.gpu.0.session);
    let whole = list_all(session, gpu.0.raw, gpu.target(), book);
    let refused = whole.is_err();
    let mut processes = facts.take(SnapshotFact::Processes, None, whole)?.unwrap_or_default();
    // Who may not know of the whole GPU, as in a container that was given a part of it, may know of that part.
    if refused || !lists_have_instances(session) {
        let mut inside = Vec::new();
        for device in &division.devices {
            let listed = device.handle.listed_processes_unverified(book);
            inside
                .extend(facts.take(SnapshotFact::Processes, Some(*device.handle.uuid()), listed)?.unwrap_or_default());
        }
        processes = with_instances(processes, inside);
    }
    book.describe(session, &mut processes);
    Ok(processes)
}
