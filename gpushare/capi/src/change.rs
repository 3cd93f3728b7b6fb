//! What changed between two snapshots.

use std::ffi::c_char;
use std::ptr;

use core::{Change, GpuInstanceSnapshot, GpuProcess, GpuUuid, MigDeviceSnapshot, MpsDaemonSnapshot};

use crate::arena::Arena;
use crate::argument::{In, Out, Own};
use crate::boundary::Fault;
use crate::gpu_process::gpushare_gpu_process_t;
use crate::list::List;
use crate::snapshot::gpushare_snapshot_t;
use crate::snapshot_mig::{gpushare_gpu_instance_snapshot_t, gpushare_mig_device_snapshot_t};
use crate::snapshot_mps::gpushare_mps_daemon_snapshot_t;
use crate::state::json_text;

/// A GPU that was not there before.
pub const GPUSHARE_CHANGE_GPU_APPEARED: u32 = 0;
/// A GPU that is no longer there.
pub const GPUSHARE_CHANGE_GPU_VANISHED: u32 = 1;
/// MIG was enabled or disabled, or whether it is became known or unknown.
pub const GPUSHARE_CHANGE_MIG_MODE: u32 = 2;
/// Another compute mode.
pub const GPUSHARE_CHANGE_COMPUTE_MODE: u32 = 3;
/// A GPU instance that is no longer there, or no longer the same.
pub const GPUSHARE_CHANGE_GPU_INSTANCE_DESTROYED: u32 = 4;
/// A GPU instance that was not there before. Its compute instances are told as MIG devices.
pub const GPUSHARE_CHANGE_GPU_INSTANCE_CREATED: u32 = 5;
/// A MIG device that is no longer there, or no longer the same.
pub const GPUSHARE_CHANGE_MIG_DEVICE_DESTROYED: u32 = 6;
/// A MIG device that was not there before.
pub const GPUSHARE_CHANGE_MIG_DEVICE_CREATED: u32 = 7;
/// More or less memory in use on a GPU.
pub const GPUSHARE_CHANGE_MEMORY: u32 = 8;
/// A process that no longer uses the GPU.
pub const GPUSHARE_CHANGE_PROCESS_ENDED: u32 = 9;
/// A process that did not use the GPU before.
pub const GPUSHARE_CHANGE_PROCESS_STARTED: u32 = 10;
/// An MPS daemon that no longer has servers on the node's GPUs.
pub const GPUSHARE_CHANGE_MPS_DAEMON_ENDED: u32 = 11;
/// An MPS daemon that had none before.
pub const GPUSHARE_CHANGE_MPS_DAEMON_STARTED: u32 = 12;

/// One difference between two snapshots. A later version may add members at the end, so it is only used through the pointer that the
/// library gives.
#[repr(C)]
pub struct gpushare_change_t {
    /// What changed: `GPUSHARE_CHANGE_...`.
    pub kind: u32,
    /// The UUID of the GPU; NULL for MPS daemons, which may serve several.
    pub gpu_uuid: *const c_char,
    /// The change for a person.
    pub text: *const c_char,
    /// The change as JSON, with what was before and what is after.
    pub json: *const c_char,
    /// The GPU instance that was created or destroyed; else NULL.
    pub gpu_instance: *const gpushare_gpu_instance_snapshot_t,
    /// The MIG device that was created or destroyed; else NULL.
    pub mig_device: *const gpushare_mig_device_snapshot_t,
    /// The process that started or ended; else NULL.
    pub process: *const gpushare_gpu_process_t,
    /// The MPS daemon that started or ended; else NULL.
    pub mps_daemon: *const gpushare_mps_daemon_snapshot_t,
}

/// What changed, per GPU and there what is gone before what is new. Threads may use one at the same time.
pub struct gpushare_change_list_t {
    changes: List<gpushare_change_t>,
    _arena: Arena,
}

/// What a change is about.
#[derive(Default)]
struct Subject<'a> {
    gpu: Option<GpuUuid>,
    gpu_instance: Option<&'a GpuInstanceSnapshot>,
    mig_device: Option<&'a MigDeviceSnapshot>,
    process: Option<&'a GpuProcess>,
    mps_daemon: Option<&'a MpsDaemonSnapshot>,
}

impl<'a> Subject<'a> {
    fn of(change: &'a Change) -> (u32, Self) {
        let gpu = |gpu: &GpuUuid| Self { gpu: Some(*gpu), ..Self::default() };
        let instance = |uuid, instance| Self { gpu_instance: Some(instance), ..gpu(uuid) };
        let device = |uuid, device| Self { mig_device: Some(device), ..gpu(uuid) };
        let process = |uuid, process| Self { process: Some(process), ..gpu(uuid) };
        let daemon = |daemon| Self { mps_daemon: Some(daemon), ..Self::default() };
        match change {
            Change::GpuAppeared { gpu: uuid } => (GPUSHARE_CHANGE_GPU_APPEARED, gpu(uuid)),
            Change::GpuVanished { gpu: uuid } => (GPUSHARE_CHANGE_GPU_VANISHED, gpu(uuid)),
            Change::MigMode { gpu: uuid, .. } => (GPUSHARE_CHANGE_MIG_MODE, gpu(uuid)),
            Change::ComputeMode { gpu: uuid, .. } => (GPUSHARE_CHANGE_COMPUTE_MODE, gpu(uuid)),
            Change::GpuInstanceDestroyed { gpu, instance: it } => {
                (GPUSHARE_CHANGE_GPU_INSTANCE_DESTROYED, instance(gpu, it))
            }
            Change::GpuInstanceCreated { gpu, instance: it } => {
                (GPUSHARE_CHANGE_GPU_INSTANCE_CREATED, instance(gpu, it))
            }
            Change::MigDeviceDestroyed { gpu, device: it } => (GPUSHARE_CHANGE_MIG_DEVICE_DESTROYED, device(gpu, it)),
            Change::MigDeviceCreated { gpu, device: it } => (GPUSHARE_CHANGE_MIG_DEVICE_CREATED, device(gpu, it)),
            Change::Memory { gpu: uuid, .. } => (GPUSHARE_CHANGE_MEMORY, gpu(uuid)),
            Change::ProcessEnded { gpu, process: it } => (GPUSHARE_CHANGE_PROCESS_ENDED, process(gpu, it)),
            Change::ProcessStarted { gpu, process: it } => (GPUSHARE_CHANGE_PROCESS_STARTED, process(gpu, it)),
            Change::MpsDaemonEnded { daemon: it } => (GPUSHARE_CHANGE_MPS_DAEMON_ENDED, daemon(it)),
            Change::MpsDaemonStarted { daemon: it } => (GPUSHARE_CHANGE_MPS_DAEMON_STARTED, daemon(it)),
            _ => (u32::MAX, Self::default()),
        }
    }
}

fn shown(change: &Change, arena: &mut Arena) -> Result<gpushare_change_t, Fault> {
    let (kind, subject) = Subject::of(change);
    let gpu_uuid = subject.gpu.map_or(ptr::null(), |uuid| arena.text(uuid.to_string()));
    let gpu_instance = subject.gpu_instance.map(|one| gpushare_gpu_instance_snapshot_t::new(one, arena));
    let mig_device = subject.mig_device.map(|one| gpushare_mig_device_snapshot_t::new(one, gpu_uuid, None, arena));
    let mps_daemon = subject.mps_daemon.map(|one| gpushare_mps_daemon_snapshot_t::new(one, arena));
    Ok(gpushare_change_t {
        kind,
        gpu_uuid,
        text: arena.text(change.to_string()),
        json: arena.text(json_text(change)?),
        gpu_instance: arena.keep_any(gpu_instance),
        mig_device: arena.keep_any(mig_device),
        process: arena.keep_any(subject.process.cloned().map(Into::into)),
        mps_daemon: arena.keep_any(mps_daemon),
    })
}

exports! {
    /// What changed from one snapshot to a later one. Empty where nothing did; how busy a GPU is, how much memory a process has and what was
    /// not told are no changes. Free the list with `gpushare_change_list_free`.
    #[doc(alias = "Snapshot::changes_to")]
    fn gpushare_snapshot_changes(
        before: In<gpushare_snapshot_t>,
        after: In<gpushare_snapshot_t>,
        changes: Out<*mut gpushare_change_list_t>,
    ) {
        let mut arena = Arena::default();
        let found = before.snapshot.changes_to(&after.snapshot);
        let shown = found.iter().map(|change| shown(change, &mut arena)).collect::<Result<Vec<_>, _>>()?;
        changes.give(gpushare_change_list_t { changes: shown.into_iter().collect(), _arena: arena })
    }

    /// The number of changes.
    fn gpushare_change_list_len(list: In<gpushare_change_list_t>) -> usize {
        list.changes.len()
    }

    /// The change at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_change_list_get(list: In<gpushare_change_list_t>, index: usize) -> *const gpushare_change_t {
        list.changes.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_change_list_free(list: Own<gpushare_change_list_t>) -> () {
        drop(list)
    }
}
