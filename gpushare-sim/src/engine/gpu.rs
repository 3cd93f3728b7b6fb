//! The state of one GPU and its identity.

use super::{
    ComputeInstance, ComputeMode, EventKind, EventLog, GpuInstance, MigMode, PciAddress, Process, ProcessSample,
    Refusal, Result, TimeSlice,
};
use crate::catalog::{IdLayout, Mig, Model};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What distinguishes a GPU from the others of its model; it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuIdentity {
    /// `GPU-…`.
    pub uuid: String,
    /// PCI address.
    pub pci: PciAddress,
    /// N of `/dev/nvidiaN`; capability minors count from it, not from the NVML index.
    pub minor: u32,
    /// Board serial number.
    pub serial: String,
    /// Per-device identifier, from which MIG UUIDs are made.
    pub pdi: u64,
    /// Which IDs placements get.
    pub layout: IdLayout,
    /// Passed through to a virtual machine, where the driver cannot reset the GPU.
    pub passthrough: bool,
}

/// One GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    #[serde(serialize_with = "Model::serialize_key", deserialize_with = "Model::deserialize_key")]
    pub(super) model: &'static Model,
    pub(super) identity: GpuIdentity,
    pub(super) mode: MigMode,
    pub(super) compute_mode: ComputeMode,
    pub(super) time_slice: TimeSlice,
    pub(super) gpu_instances: BTreeMap<u32, GpuInstance>,
    pub(super) processes: Vec<Process>,
    pub(super) samples: Vec<ProcessSample>,
    pub(super) config_generation: u64,
    pub(super) events: EventLog,
    pub(super) persistence: bool,
    /// As the administrator set it, in milliwatts.
    pub(super) power_limit: Option<u32>,
    pub(super) lost: bool,
}

impl Gpu {
    /// A GPU without instances and processes.
    pub fn new(model: &'static Model, identity: GpuIdentity, mig: bool) -> Self {
        Self {
            model,
            identity,
            mode: MigMode { current: mig, pending: mig },
            compute_mode: ComputeMode::Default,
            time_slice: TimeSlice::Default,
            gpu_instances: BTreeMap::new(),
            processes: Vec::new(),
            samples: Vec::new(),
            config_generation: 0,
            events: EventLog::default(),
            persistence: true,
            power_limit: None,
            lost: false,
        }
    }

    /// The model.
    pub fn model(&self) -> &'static Model {
        self.model
    }

    /// UUID, PCI address, minor number and the like.
    pub fn identity(&self) -> &GpuIdentity {
        &self.identity
    }

    /// Counts the GPU-instance and compute-instance changes since the machine began; it never goes back.
    pub fn config_generation(&self) -> u64 {
        self.config_generation
    }

    /// A living GPU instance, whoever asks. `InvalidArgument` for an ID that names none, as for a stale handle.
    pub fn live_gpu_instance(&self, gi: u32) -> Result<&GpuInstance> {
        self.gpu_instances.get(&gi).ok_or(Refusal::InvalidArgument)
    }

    /// A living compute instance, whoever asks. `InvalidArgument` for IDs that name none, as for a stale handle.
    pub fn live_compute_instance(&self, gi: u32, ci: u32) -> Result<&ComputeInstance> {
        self.live_gpu_instance(gi)?.compute_instances.get(&ci).ok_or(Refusal::InvalidArgument)
    }

    /// Whether GPU instances exist: what the kernel calls "MIG in use".
    pub fn mig_in_use(&self) -> bool {
        !self.gpu_instances.is_empty()
    }

    pub(super) fn mig(&self) -> Result<&'static Mig> {
        self.model.mig.as_ref().ok_or(Refusal::NotSupported)
    }

    /// Counts a change and gives the new count, which also dates the instance made by it.
    pub(super) fn bump(&mut self) -> u64 {
        self.config_generation += 1;
        self.events.record(EventKind::MigConfigChange);
        self.config_generation
    }
}
