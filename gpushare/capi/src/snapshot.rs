//! Snapshots of a node.

use std::ffi::{CString, c_char};
use std::ptr;

use core::{GpuUuid, MigUuid, Snapshot};

use crate::arena::Arena;
use crate::argument::{In, Out, Own, Text};
use crate::cuda_devices::gpushare_visible_node_t;
use crate::nvml::gpushare_nvml_t;
use crate::snapshot_gpu::{gpushare_gpu_snapshot_list_t, gpushare_gpu_snapshot_t};
use crate::snapshot_mig::gpushare_mig_device_snapshot_t;
use crate::snapshot_mps::{gpushare_mps_daemon_snapshot_list_t, gpushare_mps_daemon_snapshot_t};
use crate::state::{from_json, json};
use crate::text::{c_string, owned};

/// What is on a node, who is on it and what is free, at one moment: data that does not change. All that is reached from it lives as long as
/// it. It is consistent: while it was taken, no GPU was divided anew. Threads may use one at the same time.
pub struct gpushare_snapshot_t {
    pub(crate) snapshot: Snapshot,
    driver_version: CString,
    gpus: gpushare_gpu_snapshot_list_t,
    mps_daemons: gpushare_mps_daemon_snapshot_list_t,
    _arena: Arena,
}

impl From<Snapshot> for gpushare_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        let mut arena = Arena::default();
        let (gpus, daemons) = (snapshot.gpus.iter(), snapshot.mps_daemons.iter());
        Self {
            driver_version: c_string(&snapshot.driver_version),
            gpus: gpus.map(|gpu| gpushare_gpu_snapshot_t::new(gpu, &mut arena)).collect(),
            mps_daemons: daemons.map(|daemon| gpushare_mps_daemon_snapshot_t::new(daemon, &mut arena)).collect(),
            _arena: arena,
            snapshot,
        }
    }
}

impl gpushare_snapshot_t {
    fn gpu(&self, uuid: &str) -> Option<&gpushare_gpu_snapshot_t> {
        let uuid: GpuUuid = uuid.parse().ok()?;
        self.gpus.get(self.snapshot.gpus.iter().position(|gpu| gpu.uuid == uuid)?)
    }

    fn mig_device(&self, uuid: &str) -> Option<*const gpushare_mig_device_snapshot_t> {
        let uuid: MigUuid = uuid.parse().ok()?;
        let (index, gpu, device) = self
            .snapshot
            .gpus
            .iter()
            .enumerate()
            .find_map(|(index, gpu)| gpu.mig_device(&uuid).map(|device| (index, gpu, device)))?;
        let place = gpu.mig_devices.iter().position(|one| ptr::eq(one, device))?;
        // SAFETY: the list is in this snapshot's arena, where it stays.
        Some(unsafe { &*self.gpus.get(index)?.mig_devices }.at(place))
    }
}

exports! {
    /// What is on the node, who is on it and what is free, as it is now. What the driver refuses to tell of one GPU is part of the answer;
    /// an error is what concerns all of it. Whoever wants one after the other takes them from a `gpushare_observer_t`. Free it with
    /// `gpushare_snapshot_free`.
    #[doc(alias = "Nvml::snapshot")]
    fn gpushare_nvml_snapshot(nvml: In<gpushare_nvml_t>, snapshot: Out<*mut gpushare_snapshot_t>) {
        snapshot.give(nvml.nvml.snapshot()?.into())
    }

    /// The driver's version, such as "580.126.09". It lives as long as the snapshot.
    fn gpushare_snapshot_driver_version(snapshot: In<gpushare_snapshot_t>) -> *const c_char {
        snapshot.driver_version.as_ptr()
    }

    /// The GPUs. The list lives as long as the snapshot.
    fn gpushare_snapshot_gpus(snapshot: In<gpushare_snapshot_t>) -> *const gpushare_gpu_snapshot_list_t {
        &snapshot.gpus
    }

    /// The GPU with a UUID, "GPU-..."; NULL where none has it. It lives as long as the snapshot.
    #[doc(alias = "Snapshot::gpu")]
    fn gpushare_snapshot_gpu(snapshot: In<gpushare_snapshot_t>, uuid: Text) -> *const gpushare_gpu_snapshot_t {
        snapshot.gpu(uuid).map_or(ptr::null(), ptr::from_ref)
    }

    /// The MIG device with a UUID, in either form; NULL where none has it. It lives as long as the snapshot.
    #[doc(alias = "GpuSnapshot::mig_device")]
    fn gpushare_snapshot_mig_device(
        snapshot: In<gpushare_snapshot_t>,
        uuid: Text,
    ) -> *const gpushare_mig_device_snapshot_t {
        snapshot.mig_device(uuid).unwrap_or(ptr::null())
    }

    /// The MPS daemons that have servers on the GPUs. The list lives as long as the snapshot.
    fn gpushare_snapshot_mps_daemons(snapshot: In<gpushare_snapshot_t>) -> *const gpushare_mps_daemon_snapshot_list_t {
        &snapshot.mps_daemons
    }

    /// The part of it that decides which devices `CUDA_VISIBLE_DEVICES` names. GPUs whose PCI address is not known are left out: CUDA does
    /// not see those either. Free it with `gpushare_visible_node_free`.
    #[doc(alias = "Snapshot::visible_node")]
    fn gpushare_snapshot_visible_node(snapshot: In<gpushare_snapshot_t>, node: Out<*mut gpushare_visible_node_t>) {
        node.give(snapshot.snapshot.visible_node().into())
    }

    /// Whether two snapshots say the same.
    fn gpushare_snapshot_equal(one: In<gpushare_snapshot_t>, other: In<gpushare_snapshot_t>) -> bool {
        one.snapshot == other.snapshot
    }

    /// The snapshot for a person: a paragraph per GPU. Free it with `gpushare_string_free`.
    fn gpushare_snapshot_to_string(snapshot: In<gpushare_snapshot_t>, text: Out<*mut c_char>) {
        text.set(owned(snapshot.snapshot.to_string()))
    }

    /// All of the snapshot as JSON, with the number of its form as "schema". Free it with `gpushare_string_free`.
    fn gpushare_snapshot_to_json(snapshot: In<gpushare_snapshot_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&snapshot.snapshot)?)
    }

    /// A snapshot from its JSON, also of another node or another time. JSON of another form is refused. Free it with
    /// `gpushare_snapshot_free`.
    fn gpushare_snapshot_from_json(json: Text, snapshot: Out<*mut gpushare_snapshot_t>) {
        snapshot.give(from_json::<Snapshot>(json)?.into())
    }

    /// Frees a snapshot. NULL is none.
    fn gpushare_snapshot_free(snapshot: Own<gpushare_snapshot_t>) -> () {
        drop(snapshot)
    }
}
