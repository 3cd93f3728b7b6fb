//! MIG profiles: their names, their kinds, and what a GPU says of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bitflags::bitflags;
use gpushare_sys as sys;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::id::{ComputeInstanceProfileId, GpuInstanceProfileId};
use crate::units::Mib;

bitflags! {
    /// What a GPU-instance profile has beyond, or without, the media engines of its size.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct ProfileAttributes: u32 {
        /// `+me`: with media extensions (decoders, JPEG, optical flow); one such instance per GPU.
        const MEDIA_EXTENSIONS = 1;
        /// `+me.all`: with all media engines of the GPU.
        const ALL_MEDIA_ENGINES = 1 << 1;
        /// `-me`: without media engines.
        const NO_MEDIA_ENGINES = 1 << 2;
        /// `+gfx`: able to run graphics.
        const GRAPHICS = 1 << 3;
    }
}

/// The attributes as names write them, in the order in which they are printed.
const SUFFIXES: [(ProfileAttributes, &str); 4] = [
    (ProfileAttributes::ALL_MEDIA_ENGINES, "+me.all"),
    (ProfileAttributes::MEDIA_EXTENSIONS, "+me"),
    (ProfileAttributes::NO_MEDIA_ENGINES, "-me"),
    (ProfileAttributes::GRAPHICS, "+gfx"),
];

/// The name of a MIG profile: `1g.5gb`, `1g.5gb+me`, `1g.24gb-me`, or of a compute instance in it: `1c.2g.10gb`.
///
/// Names are read with or without nvidia-smi's `MIG ` in front and print without it.
///
/// ```
/// use gpushare::{ProfileAttributes, ProfileName};
/// let name: ProfileName = "MIG 1c.2g.10gb".parse()?;
/// assert_eq!((name.compute_slices, name.gpu_slices, name.memory_gb), (Some(1), 2, 10));
/// assert_eq!(name.to_string(), "1c.2g.10gb");
/// let media: ProfileName = "1g.5gb+me".parse()?;
/// assert_eq!(media.attributes, ProfileAttributes::MEDIA_EXTENSIONS);
/// # Ok::<(), gpushare::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName {
    /// The compute slices of a compute instance that is smaller than its GPU instance; `None` in the name of a whole GPU instance.
    pub compute_slices: Option<u32>,
    /// The GPU slices: the number before the `g`.
    pub gpu_slices: u32,
    /// The nominal memory, in NVIDIA's rounded GB; the exact size is in [`GpuInstanceProfile::memory`].
    pub memory_gb: u32,
    /// What follows the size.
    pub attributes: ProfileAttributes,
}

impl ProfileName {
    /// The name of a GPU-instance profile that an old driver does not name itself, by NVIDIA's rule: memory in eighths of the GPU's,
    /// rounded up, of its size in whole GiB.
    pub(crate) fn from_sizes(gpu_slices: u32, memory: Mib, gpu_memory: Mib, attributes: ProfileAttributes) -> Self {
        let eighths = (memory.0 * 8).div_ceil(gpu_memory.0.max(1));
        let memory_gb = (eighths * gpu_memory.0.div_ceil(1024) * 2 + 8) / 16;
        Self { compute_slices: None, gpu_slices, memory_gb: memory_gb as u32, attributes }
    }
}

impl FromStr for ProfileName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let rest = text.strip_prefix("MIG ").unwrap_or(text);
            let size_end = rest.find(['+', '-']).unwrap_or(rest.len());
            let (size, mut suffix) = rest.split_at(size_end);
            let mut attributes = ProfileAttributes::empty();
            while !suffix.is_empty() {
                let (attribute, sign) = SUFFIXES.iter().find(|(_, sign)| suffix.starts_with(sign))?;
                if attributes.contains(*attribute) {
                    return None;
                }
                attributes |= *attribute;
                suffix = &suffix[sign.len()..];
            }
            let count = |part: &str, unit: &str| crate::id::parse_decimal(part.strip_suffix(unit)?).filter(|n| *n > 0);
            let mut parts = size.split('.').rev();
            // Jetson's integrated GPU names its profiles 1g.0gb.
            let memory_gb = crate::id::parse_decimal(parts.next()?.strip_suffix("gb")?)?;
            let gpu_slices = count(parts.next()?, "g")?;
            let compute_slices = match parts.next() {
                Some(part) => Some(count(part, "c")?),
                None => None,
            };
            parts.next().is_none().then_some(Self { compute_slices, gpu_slices, memory_gb, attributes })
        };
        parse().ok_or_else(|| Error::InvalidProfileName { text: text.into() })
    }
}

crate::id::serde_as_text!(ProfileName);

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(slices) = self.compute_slices {
            write!(f, "{slices}c.")?;
        }
        write!(f, "{}g.{}gb", self.gpu_slices, self.memory_gb)?;
        SUFFIXES
            .iter()
            .filter(|(attribute, _)| self.attributes.contains(*attribute))
            .try_for_each(|(_, sign)| f.write_str(sign))
    }
}

/// The index by which NVML enumerates GPU-instance profiles, the same on every GPU model: `NVML_GPU_INSTANCE_PROFILE_*`.
///
/// An open set: newer drivers add kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GpuInstanceProfileKind(pub u32);

impl GpuInstanceProfileKind {
    /// What the kind adds to or takes from the plain profile of its size.
    pub fn attributes(self) -> ProfileAttributes {
        match self.0 {
            sys::NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV1 | sys::NVML_GPU_INSTANCE_PROFILE_2_SLICE_REV1 => {
                ProfileAttributes::MEDIA_EXTENSIONS
            }
            sys::NVML_GPU_INSTANCE_PROFILE_1_SLICE_GFX
            | sys::NVML_GPU_INSTANCE_PROFILE_2_SLICE_GFX
            | sys::NVML_GPU_INSTANCE_PROFILE_3_SLICE_GFX
            | sys::NVML_GPU_INSTANCE_PROFILE_4_SLICE_GFX => ProfileAttributes::GRAPHICS,
            sys::NVML_GPU_INSTANCE_PROFILE_1_SLICE_NO_ME | sys::NVML_GPU_INSTANCE_PROFILE_2_SLICE_NO_ME => {
                ProfileAttributes::NO_MEDIA_ENGINES
            }
            sys::NVML_GPU_INSTANCE_PROFILE_1_SLICE_ALL_ME | sys::NVML_GPU_INSTANCE_PROFILE_2_SLICE_ALL_ME => {
                ProfileAttributes::ALL_MEDIA_ENGINES
            }
            _ => ProfileAttributes::empty(),
        }
    }
}

/// The index by which NVML enumerates compute-instance profiles: `NVML_COMPUTE_INSTANCE_PROFILE_*`. An open set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComputeInstanceProfileKind(pub u32);

/// Engines beside the SMs, as counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Engines {
    /// Copy engines (CE).
    pub copy: u32,
    /// Video decoders (NVDEC).
    pub decoder: u32,
    /// Video encoders (NVENC).
    pub encoder: u32,
    /// JPEG decoders (NVJPG).
    pub jpeg: u32,
    /// Optical-flow accelerators (OFA).
    pub optical_flow: u32,
}

/// A GPU-instance profile of one GPU: the size and content of a GPU instance, as the driver describes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GpuInstanceProfile {
    /// The index under which NVML enumerates it.
    pub kind: GpuInstanceProfileKind,
    /// The number that creation and placements take on this GPU.
    pub id: GpuInstanceProfileId,
    /// Its name as the driver gives it, without `MIG `: `1g.5gb+me`.
    pub name: Arc<str>,
    /// GPU slices: the number before the `g`.
    pub slice_count: u32,
    /// How many instances an empty GPU has room for.
    pub max_instances: u32,
    /// Memory of one instance.
    pub memory: Mib,
    /// Streaming multiprocessors.
    pub multiprocessor_count: u32,
    /// Other engines.
    pub engines: Engines,
    /// Whether peer-to-peer access works between such instances.
    pub p2p_supported: bool,
}

/// A compute-instance profile of one GPU instance: a share of its SMs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComputeInstanceProfile {
    /// The index under which NVML enumerates it.
    pub kind: ComputeInstanceProfileKind,
    /// The number that creation and placements take in this GPU instance.
    pub id: ComputeInstanceProfileId,
    /// Its name as the driver gives it, without `MIG `: `1c.2g.10gb`, or the GPU instance's own name for the whole of it.
    pub name: Arc<str>,
    /// Compute slices: the number before the `c`.
    pub slice_count: u32,
    /// How many instances an empty GPU instance has room for.
    pub max_instances: u32,
    /// Streaming multiprocessors, for this compute instance alone.
    pub multiprocessor_count: u32,
    /// Other engines, shared by all compute instances of the GPU instance.
    pub shared_engines: Engines,
    /// Whether it takes the whole GPU instance: what nvidia-smi marks with `*` and creates when no profile is named.
    pub is_default: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for text in [
            "1g.5gb",
            "1g.5gb+me",
            "7g.40gb",
            "1c.2g.10gb",
            "2c.4g.20gb",
            "1g.24gb-me",
            "1g.24gb+gfx",
            "1g.24gb+me.all",
            "4g.96gb+gfx",
            "1g.0gb",
        ] {
            assert_eq!(text.parse::<ProfileName>().unwrap().to_string(), text);
            assert_eq!(format!("MIG {text}").parse::<ProfileName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        for text in [
            "",
            "MIG",
            "MIG ",
            "1g",
            "5gb",
            "1g.5",
            "g.5gb",
            "1g.gb",
            "0g.5gb",
            "0c.1g.5gb",
            "1g.5gb+",
            "1g.5gb+me+me",
            "1g.5gb+xx",
            "1g.5gb ",
            " 1g.5gb",
            "mig 1g.5gb",
            "1c.1c.1g.5gb",
            "+1g.5gb",
            "1g.5gb.",
            "-me",
            "1G.5GB",
            "99999999999g.5gb",
            "1g.5gb+me.al",
        ] {
            assert!(text.parse::<ProfileName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn sizes_give_the_drivers_names() {
        // GPU memory, instance memory, slices and name, all as drivers printed them.
        for (gpu, memory, slices, name) in [
            (40_960, 4_864, 1, "1g.5gb"),
            (40_960, 9_984, 2, "2g.10gb"),
            (40_960, 20_096, 3, "3g.20gb"),
            (40_960, 40_320, 7, "7g.40gb"),
            (24_576, 5_952, 1, "1g.6gb"),
            (81_559, 20_096, 1, "1g.20gb"),
            (95_830, 47_488, 3, "3g.47gb"),
            (143_771, 16_384, 1, "1g.18gb"),
            (143_771, 33_280, 2, "2g.35gb"),
            (143_771, 71_424, 3, "3g.71gb"),
            (143_771, 143_360, 7, "7g.141gb"),
            (97_887, 24_192, 1, "1g.24gb"),
            (97_887, 97_408, 4, "4g.96gb"),
        ] {
            let made = ProfileName::from_sizes(slices, Mib(memory), Mib(gpu), ProfileAttributes::empty());
            assert_eq!(made.to_string(), name);
        }
    }
}
