//! GPU-instance profiles as the model files list them.

use serde::{Deserialize, Serialize};

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// Answered by a real board.
    Recorded,
    /// Written by NVIDIA, or found alike in several public tables.
    Documented,
    /// Follows from a rule that fits the recordings, or stands in for a number nobody published.
    Inferred,
}

/// What sets a profile apart from the plain one of as many slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// `1g.5gb`.
    Base,
    /// `+me`: the media engines, for one instance.
    Media,
    /// One compute slice with the memory of two.
    DoubleMemory,
    /// `+gfx`.
    Graphics,
    /// `-me`.
    NoMedia,
    /// `+me.all`.
    AllMedia,
}

/// Counts of the engines an instance has or needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Engines {
    /// Copy engines.
    #[serde(rename = "ce")]
    pub copy: u32,
    /// NVDEC.
    #[serde(rename = "dec")]
    pub decoder: u32,
    /// NVENC.
    #[serde(rename = "enc", default)]
    pub encoder: u32,
    /// NVJPG.
    pub jpeg: u32,
    /// OFA.
    pub ofa: u32,
}

impl Engines {
    /// The engines that run out: each belongs to one GPU instance. Copy engines do not.
    pub(crate) fn media(self) -> [u32; 4] {
        [self.decoder, self.encoder, self.jpeg, self.ofa]
    }
}

/// One row of a board's GPU-instance profile table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GpuInstanceProfile {
    /// `NVML_GPU_INSTANCE_PROFILE_*`: the index clients enumerate.
    pub kind: u32,
    /// The profile ID that create, placements and capacity take.
    pub id: u32,
    /// The name without the `MIG ` that NVML puts before it.
    pub name: String,
    /// Compute slices.
    pub slices: u32,
    /// `instanceCount`: how many fit on an empty GPU.
    pub max: u32,
    /// `memorySizeMB`.
    pub memory_mib: u64,
    /// What older drivers said instead, where that was recorded; the oldest first.
    #[serde(default)]
    pub older: Vec<OlderMemory>,
    /// Multiprocessors.
    #[serde(rename = "sm")]
    pub multiprocessors: u32,
    /// Engine counts.
    #[serde(flatten)]
    pub engines: Engines,
    /// `NVML_GPU_INSTANCE_PROFILE_CAPS_*` of the v3 structure.
    #[serde(default)]
    pub capabilities: u32,
    /// `isP2pSupported`; no board answers anything but 0.
    #[serde(default)]
    pub p2p: bool,
    /// Memory in use in a fresh instance.
    pub idle_mib: u64,
    /// Source of the row; `idle_mib` is recorded only where its file says so.
    pub provenance: Provenance,
}

/// The memory of a profile under the drivers before a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderMemory {
    /// The first branch that says otherwise.
    pub before: u32,
    /// `memorySizeMB`.
    pub memory_mib: u64,
}

impl GpuInstanceProfile {
    /// What sets the profile apart, from its kind.
    pub fn variant(&self) -> Variant {
        match self.kind {
            7 | 8 => Variant::Media,
            9 => Variant::DoubleMemory,
            10..=12 | 17 => Variant::Graphics,
            13 | 14 => Variant::NoMedia,
            15 | 16 => Variant::AllMedia,
            _ => Variant::Base,
        }
    }

    /// Slots the profile occupies: its slices rounded up to a power of two, or twice that with double memory.
    pub fn width(&self) -> u32 {
        self.slices.next_power_of_two() << u32::from(self.variant() == Variant::DoubleMemory)
    }

    /// The name without `+me` and the like, as compute instances carry it.
    pub fn base_name(&self) -> &str {
        self.name.split(['+', '-']).next().unwrap_or(&self.name)
    }
}
