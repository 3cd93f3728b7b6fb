//! Layouts: how a GPU is, or is to be, divided.

mod text;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::ComputeInstanceProfileId;
use crate::profile::ProfileName;

/// How one GPU is to be divided, or is divided: its GPU instances, and the compute instances in each.
///
/// A layout is a wish without a GPU: [`Gpu::plan`](crate::Gpu::plan) says whether and how one GPU can get there, and
/// [`Gpu::layout`](crate::Gpu::layout) gives the one that it has.
///
/// # As text
///
/// GPU instances separated by commas. Each is a profile name, perhaps with a count before it (`7x1g.5gb`), with the memory slice where it
/// begins (`1g.5gb@6`), and with its compute instances in brackets. Without brackets, one compute instance takes the whole GPU
/// instance; `[]` is none.
///
/// | compute instance | means |
/// | --- | --- |
/// | `*` | the whole GPU instance |
/// | `2c` | two compute slices |
/// | `#7` | the compute-instance profile with ID 7, where a name would be ambiguous |
///
/// Each may have a count before it and the compute slice where it begins behind it: `4g.20gb[2c@0,2x1c]`. The text `off` stands for
/// disabled MIG, and the empty text for enabled MIG without any instance.
///
/// ```
/// use gpushare::Layout;
/// let layout: Layout = "4g.20gb, 2g.10gb[1c,1c], 1g.5gb@6".parse()?;
/// assert_eq!(layout.gpu_instances.len(), 3);
/// assert_eq!(layout.gpu_instances[1].compute_instances.len(), 2);
/// assert_eq!(layout.to_string(), "4g.20gb, 2g.10gb[2x1c], 1g.5gb@6");
/// # Ok::<(), gpushare::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Whether MIG is enabled. A layout with GPU instances and without MIG is impossible.
    pub mig_enabled: bool,
    /// The GPU instances, in any order. Shared by copies of the layout, such as each plan keeps one; `Arc::make_mut` gives them to be
    /// changed.
    #[serde(default)]
    pub gpu_instances: Arc<Vec<GpuInstanceLayout>>,
}

/// One GPU instance of a [`Layout`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuInstanceLayout {
    /// Its profile.
    pub profile: ProfileName,
    /// The memory slice where it begins; `None` for wherever it fits best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// The compute instances in it.
    pub compute_instances: Vec<ComputeInstanceLayout>,
}

/// One compute instance of a [`GpuInstanceLayout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputeInstanceLayout {
    /// How much of the GPU instance it takes.
    pub size: ComputeInstanceSize,
    /// The compute slice where it begins; `None` for wherever it fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
}

/// How much of its GPU instance a compute instance takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeInstanceSize {
    /// All of it.
    Whole,
    /// A number of compute slices.
    Slices(u32),
    /// The profile with an ID, where two have one size.
    Profile(#[serde(with = "profile_id")] ComputeInstanceProfileId),
}

impl Layout {
    /// Disabled MIG.
    pub fn disabled() -> Self {
        Self { mig_enabled: false, gpu_instances: Arc::default() }
    }

    /// Enabled MIG with these GPU instances.
    pub fn new(gpu_instances: impl IntoIterator<Item = GpuInstanceLayout>) -> Self {
        Self { mig_enabled: true, gpu_instances: Arc::new(gpu_instances.into_iter().collect()) }
    }
}

impl GpuInstanceLayout {
    /// A GPU instance wherever it fits best, with one compute instance that takes the whole of it.
    pub fn new(profile: ProfileName) -> Self {
        Self { profile, start: None, compute_instances: vec![ComputeInstanceLayout::new(ComputeInstanceSize::Whole)] }
    }
}

impl ComputeInstanceLayout {
    /// A compute instance wherever it fits.
    pub const fn new(size: ComputeInstanceSize) -> Self {
        Self { size, start: None }
    }
}

/// The plain number, for data that people write.
mod profile_id {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::id::ComputeInstanceProfileId;

    pub(super) fn serialize<S: Serializer>(id: &ComputeInstanceProfileId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(id.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ComputeInstanceProfileId, D::Error> {
        u32::deserialize(from).map(ComputeInstanceProfileId)
    }
}
