//! What commands answer, as typed rows.

/// A command and what it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The command as typed; a shell loop keeps its lines.
    pub command: String,
    /// The answer.
    pub answer: Answer,
}

/// The answer of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `nvidia-smi mig -lgip`
    GpuInstanceProfiles(Vec<GpuInstanceProfileRow>),
    /// `nvidia-smi mig -cgi`
    GpuInstanceCreated(GpuInstanceCreated),
    /// `nvidia-smi mig -lgi`
    GpuInstances(Vec<GpuInstanceRow>),
    /// `nvidia-smi mig -lcip`
    ComputeInstanceProfiles(Vec<ComputeInstanceProfileRow>),
    /// `nvidia-smi mig -cci`
    ComputeInstanceCreated(ComputeInstanceCreated),
    /// `nvidia-smi mig -lci`
    ComputeInstances(Vec<ComputeInstanceRow>),
    /// `nvidia-smi`
    Summary(Summary),
    /// `nvidia-smi -L`
    Gpus(Vec<ListedGpu>),
    /// `CUDA_VISIBLE_DEVICES=…`, which answers nothing
    VisibleDevices(VisibleDevices),
    /// `ls -la /dev/nvidia-caps/`
    CapabilityNodes(Vec<CapabilityNodeRow>),
    /// The loop over `/proc/driver/nvidia/capabilities`
    Capabilities(Vec<CapabilityRow>),
}

/// A row of `nvidia-smi mig -lgip`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuInstanceProfileRow {
    /// The GPU's index.
    pub gpu: u32,
    /// The profile's name, such as `1g.5gb+me`.
    pub name: String,
    /// The profile ID.
    pub id: u32,
    /// How many more GPU instances of this profile there is room for.
    pub free: u32,
    /// How many there is room for on an empty GPU.
    pub total: u32,
    /// Memory in GiB, as printed.
    pub memory_gib: String,
    /// Whether peer-to-peer access is supported.
    pub p2p: bool,
    /// Multiprocessors.
    pub sm: u32,
    /// Video decoders.
    pub dec: u32,
    /// Video encoders.
    pub enc: u32,
    /// Copy engines.
    pub ce: u32,
    /// JPEG decoders.
    pub jpeg: u32,
    /// Optical flow accelerators.
    pub ofa: u32,
}

/// The success line of `nvidia-smi mig -cgi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuInstanceCreated {
    /// The GPU's index.
    pub gpu: u32,
    /// The new GPU instance's ID.
    pub id: u32,
    /// The profile's name.
    pub profile: String,
    /// The profile ID.
    pub profile_id: u32,
}

/// A row of `nvidia-smi mig -lgi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuInstanceRow {
    /// The GPU's index.
    pub gpu: u32,
    /// The profile's name.
    pub name: String,
    /// The profile ID.
    pub profile_id: u32,
    /// The GPU instance ID.
    pub instance_id: u32,
    /// The first memory slice.
    pub start: u32,
    /// The number of memory slices.
    pub size: u32,
}

/// A row of `nvidia-smi mig -lcip`. The engines, all but the multiprocessors, are shared by the compute instances of a GPU instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeInstanceProfileRow {
    /// The GPU's index.
    pub gpu: u32,
    /// The GPU instance ID.
    pub gpu_instance: u32,
    /// The profile's name, such as `1c.2g.10gb`.
    pub name: String,
    /// The profile ID.
    pub id: u32,
    /// Whether a star marks the profile: the one that fills the GPU instance, which `-cci` takes when none is named.
    pub is_default: bool,
    /// How many more compute instances of this profile there is room for.
    pub free: u32,
    /// How many there is room for in an empty GPU instance.
    pub total: u32,
    /// Multiprocessors.
    pub sm: u32,
    /// Video decoders.
    pub dec: u32,
    /// Video encoders.
    pub enc: u32,
    /// Optical flow accelerators.
    pub ofa: u32,
    /// Copy engines.
    pub ce: u32,
    /// JPEG decoders.
    pub jpeg: u32,
}

/// The success line of `nvidia-smi mig -cci`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeInstanceCreated {
    /// The GPU's index.
    pub gpu: u32,
    /// The GPU instance ID.
    pub gpu_instance: u32,
    /// The new compute instance's ID.
    pub id: u32,
    /// The profile's name.
    pub profile: String,
    /// The profile ID.
    pub profile_id: u32,
}

/// A row of `nvidia-smi mig -lci`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeInstanceRow {
    /// The GPU's index.
    pub gpu: u32,
    /// The GPU instance ID.
    pub gpu_instance: u32,
    /// The profile's name.
    pub name: String,
    /// The profile ID.
    pub profile_id: u32,
    /// The compute instance ID.
    pub instance_id: u32,
    /// The first compute slice.
    pub start: u32,
    /// The number of compute slices.
    pub size: u32,
}

/// What plain `nvidia-smi` prints, on a machine where no process runs on a GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The line above the tables.
    pub time: String,
    /// The driver's version.
    pub driver: String,
    /// The CUDA version of the driver.
    pub cuda: String,
    /// The table of GPUs.
    pub gpus: Vec<GpuRow>,
    /// The table of MIG devices.
    pub mig_devices: Vec<MigDeviceRow>,
}

/// A row of the table of GPUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuRow {
    /// The GPU's index.
    pub gpu: u32,
    /// The GPU's name.
    pub name: String,
    /// The PCI bus ID.
    pub bus_id: String,
    /// Memory in use, in MiB.
    pub memory_used_mib: u32,
    /// Memory, in MiB.
    pub memory_total_mib: u32,
    /// Utilisation as printed: `N/A` in MIG mode.
    pub utilization: String,
    /// Whether MIG mode is enabled.
    pub mig_enabled: bool,
}

/// A row of the table of MIG devices. Memory, BAR1 and engines are the GPU instance's, printed again for each compute instance in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigDeviceRow {
    /// The GPU's index.
    pub gpu: u32,
    /// The GPU instance ID.
    pub gpu_instance: u32,
    /// The compute instance ID.
    pub compute_instance: u32,
    /// The MIG device's index on its GPU.
    pub device: u32,
    /// Memory in use, in MiB.
    pub memory_used_mib: u32,
    /// Memory, in MiB.
    pub memory_total_mib: u32,
    /// BAR1 memory in use, in MiB.
    pub bar1_used_mib: u32,
    /// BAR1 memory, in MiB.
    pub bar1_total_mib: u32,
    /// Multiprocessors.
    pub sm: u32,
    /// Uncorrected memory errors since the driver was loaded.
    pub volatile_uncorrected_ecc: u32,
    /// Copy engines.
    pub ce: u32,
    /// Video encoders.
    pub enc: u32,
    /// Video decoders.
    pub dec: u32,
    /// Optical flow accelerators.
    pub ofa: u32,
    /// JPEG decoders.
    pub jpeg: u32,
}

/// A GPU of `nvidia-smi -L`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGpu {
    /// The GPU's index.
    pub gpu: u32,
    /// The GPU's name.
    pub name: String,
    /// The GPU's UUID, `GPU-…`.
    pub uuid: String,
    /// The MIG devices on it.
    pub mig_devices: Vec<ListedMigDevice>,
}

/// A MIG device of `nvidia-smi -L`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMigDevice {
    /// The profile's name: the compute instance's where that is a part of its GPU instance.
    pub name: String,
    /// The MIG device's index on its GPU.
    pub device: u32,
    /// The MIG device's UUID, `MIG-…`.
    pub uuid: String,
}

/// A value of `CUDA_VISIBLE_DEVICES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleDevices {
    /// The value.
    pub value: String,
    /// The comment after it, which names the profile; empty where there is none.
    pub comment: String,
}

/// A device node of `/dev/nvidia-caps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityNodeRow {
    /// The permission bits, such as `0o444`.
    pub mode: u32,
    /// The major device number.
    pub major: u32,
    /// The minor device number.
    pub minor: u32,
    /// The file's name.
    pub name: String,
}

/// An access file below `/proc/driver/nvidia/capabilities` and the device node that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityRow {
    /// The access file.
    pub access: String,
    /// The GPU in the file's path.
    pub gpu: u32,
    /// The GPU instance in the file's path.
    pub gpu_instance: u32,
    /// The compute instance in the file's path, where it is one's.
    pub compute_instance: Option<u32>,
    /// The device node.
    pub node: String,
    /// The number at the end of the device node's name.
    pub minor: u32,
}
