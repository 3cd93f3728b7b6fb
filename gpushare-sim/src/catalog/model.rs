//! A GPU model and its file.

use super::{Branch, Geometry, GpuInstanceProfile, IdLayout, Placement, Provenance, Sensors, Variant};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::LazyLock;

/// GPU architecture; the discriminant is `NVML_DEVICE_ARCH_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// V100.
    Volta = 5,
    /// T4.
    Turing = 6,
    /// A100, A30.
    Ampere = 7,
    /// L40S.
    Ada = 8,
    /// H100, H200, GH200.
    Hopper = 9,
    /// B200, GB200, RTX PRO.
    Blackwell = 10,
}

/// Product brand; the discriminant is `NVML_BRAND_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Brand {
    /// Tesla: V100, T4.
    Tesla = 2,
    /// NVIDIA RTX: RTX PRO.
    NvidiaRtx = 13,
    /// NVIDIA: the data-centre boards since A100.
    Nvidia = 14,
}

/// What MIG can do on a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Mig {
    /// Memory slices: the unit of GPU-instance placements.
    pub memory_slices: u32,
    /// Compute slices: 7 or 4; also the most MIG devices there can be.
    pub compute_slices: u32,
    /// Whether a mode change takes effect without a reset, and is lost at the next one.
    pub resetless: bool,
    /// Profiles, in the order of the file.
    #[serde(rename = "profile")]
    pub profiles: Vec<GpuInstanceProfile>,
}

impl Mig {
    /// The chip as spans: 8 on 7-slice boards, 4 on 4-slice boards.
    pub fn geometry(&self) -> Geometry {
        Geometry { spans: self.compute_slices.next_power_of_two(), compute: self.compute_slices }
    }

    /// The profile that is the whole GPU; its engines are all there are.
    pub fn whole(&self) -> &GpuInstanceProfile {
        let whole = |p: &&GpuInstanceProfile| p.slices == self.compute_slices && p.variant() == Variant::Base;
        self.profiles.iter().find(whole).expect("every MIG model lists it")
    }

    /// Where a profile may lie, in memory slices, whatever exists at the moment.
    pub fn placements(&self, profile: &GpuInstanceProfile) -> Vec<Placement> {
        self.scaled(self.geometry().placements(profile.slices, profile.width()))
    }

    /// Where the driver puts an instance of `profile` beside `taken` when nobody says where.
    pub fn default_placement(&self, profile: &GpuInstanceProfile, taken: &[Placement]) -> Option<Placement> {
        let candidates = self.placements(profile);
        let geometry = self.geometry();
        if geometry.compute == geometry.spans {
            return candidates.into_iter().find(|at| at.is_free(taken));
        }
        // A double-memory slice with more multiprocessors than a plain one avoids the run that cannot give them.
        let avoid_weak = profile.variant() == Variant::DoubleMemory && self.aligned_compute();
        let (weak, strong): (Vec<_>, Vec<_>) =
            candidates.iter().partition(|at| avoid_weak && geometry.is_weak(self.spans_of(**at)));
        let valuable = self.scaled(geometry.full_strength());
        Placement::least_harmful(&strong, taken, &valuable)
            .or_else(|| Placement::least_harmful(&weak, taken, &valuable))
    }

    /// The GPU-instance ID at a placement.
    pub fn gpu_instance_id(&self, layout: IdLayout, at: Placement) -> u32 {
        self.geometry().id(layout, self.spans_of(at))
    }

    /// The first physical GPC span of a placement.
    pub fn physical_start(&self, layout: IdLayout, at: Placement) -> u32 {
        self.geometry().physical_start(layout, self.spans_of(at))
    }

    fn unit(&self) -> u32 {
        self.memory_slices / self.geometry().spans
    }

    fn spans_of(&self, at: Placement) -> Placement {
        Placement::new(at.start / self.unit(), at.size / self.unit())
    }

    fn scaled(&self, mut spans: Vec<Placement>) -> Vec<Placement> {
        for at in &mut spans {
            *at = Placement::new(at.start * self.unit(), at.size * self.unit());
        }
        spans
    }
}

/// A GPU model under a driver branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Model {
    /// The short name, also the file's: `A100-SXM4-40GB`.
    #[serde(skip)]
    pub key: &'static str,
    /// The branch, which decides on some of the profiles.
    #[serde(skip, default = "Branch::built")]
    pub branch: &'static Branch,
    /// `nvmlDeviceGetName`.
    pub name: String,
    /// Architecture.
    pub architecture: Architecture,
    /// Brand.
    pub brand: Brand,
    /// CUDA compute capability, major and minor.
    pub compute_capability: (u32, u32),
    /// `NV_PMC_BOOT_42` chip ID, an ingredient of MIG UUIDs.
    pub chip_id: u16,
    /// PCI device ID in the upper half, vendor in the lower.
    pub pci_device_id: u32,
    /// PCI subsystem ID, likewise.
    pub pci_subsystem_id: u32,
    /// Multiprocessors of the board; MIG may reach fewer.
    pub multiprocessors: u32,
    /// CUDA cores.
    pub cores: u32,
    /// Memory width in bits.
    pub memory_bus_width: u32,
    /// Total memory as NVML reports it.
    pub memory_mib: u64,
    /// Memory the driver keeps for itself, in KiB.
    pub reserved_kib: u64,
    /// BAR1 aperture.
    pub bar1_mib: u64,
    /// The part of BAR1 that is mapped statically and not shared out to GPU instances.
    pub bar1_static_mib: u64,
    /// Whether the board has NVLink.
    pub nvlink: bool,
    /// Whether the board is tied to its CPU by NVLink-C2C.
    #[serde(default)]
    pub c2c: bool,
    /// Highest PCIe generation.
    pub pcie_generation: u32,
    /// Default power limit, and the highest that can be set.
    pub power_limit_watts: u32,
    /// Board part number.
    pub board_part_number: String,
    /// GPU part number.
    pub gpu_part_number: String,
    /// VBIOS version.
    pub vbios_version: String,
    /// Source of the fields above, but for those named in `inferred`.
    pub provenance: Provenance,
    /// Fields that only look right: nobody recorded them and no document here gives them.
    pub inferred: Vec<String>,
    /// Sensors.
    pub sensors: Sensors,
    /// MIG, where the board has it.
    pub mig: Option<Mig>,
}

impl Model {
    /// Every model of the catalog, under the branch that the crate was built as.
    pub fn all() -> &'static [Model] {
        &MODELS[Branch::built().index()]
    }

    /// The model with that short name, whatever the case.
    pub fn by_key(key: &str) -> Result<&'static Model, UnknownModel> {
        let found = Model::all().iter().find(|model| model.key.eq_ignore_ascii_case(key));
        found.ok_or_else(|| UnknownModel { given: key.to_owned() })
    }

    /// The same model under another branch.
    pub fn under(&self, branch: &'static Branch) -> &'static Model {
        let index = MODELS[0].iter().position(|model| model.key == self.key);
        // Every model comes from this table.
        &MODELS[branch.index()][index.unwrap_or(0)]
    }

    /// What the branch makes of the file: it lacks the profiles whose kinds are not known yet, and older drivers gave less memory.
    fn adapted(&self, branch: &'static Branch) -> Model {
        let mut model = Model { branch, ..self.clone() };
        if let Some(mig) = &mut model.mig {
            mig.profiles.retain(|profile| profile.kind < branch.gpu_instance_profile_kinds);
            for profile in &mut mig.profiles {
                if let Some(older) = profile.older.iter().find(|older| branch.number < older.before) {
                    profile.memory_mib = older.memory_mib;
                }
            }
        }
        model
    }

    /// Writes a reference to a model as its short name.
    pub(crate) fn serialize_key<S: Serializer>(model: &&'static Model, serializer: S) -> Result<S::Ok, S::Error> {
        model.key.serialize(serializer)
    }

    /// Reads what [`Model::serialize_key`] wrote.
    pub(crate) fn deserialize_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Model, D::Error> {
        let key = String::deserialize(deserializer)?;
        Model::by_key(&key).map_err(serde::de::Error::custom)
    }
}

/// No such model in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no GPU model {given:?}; known: {}", Model::all().iter().map(|m| m.key).collect::<Vec<_>>().join(", "))]
pub struct UnknownModel {
    /// What was asked for.
    pub given: String,
}

/// By branch, then in the order of [`FILES`].
static MODELS: LazyLock<Vec<Vec<Model>>> = LazyLock::new(|| {
    let files: Vec<_> = FILES.iter().map(|(key, text)| parse(key, text)).collect();
    let adapted = |branch| files.iter().map(|model| model.adapted(branch)).collect();
    Branch::all().iter().map(adapted).collect()
});

fn parse(key: &'static str, text: &str) -> Model {
    // The files are part of the library and each is read by a test: a fault here cannot depend on the user.
    let model: Model = toml::from_str(text).unwrap_or_else(|fault| panic!("models/{key}.toml: {fault}"));
    Model { key, ..model }
}

macro_rules! files {
    ($($key:literal)*) => {
        [$(($key, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $key, ".toml")))),*]
    };
}

const FILES: [(&str, &str); 17] = files! {
    "A100-SXM4-40GB" "A100-SXM4-80GB" "A100-PCIe-40GB" "A100-PCIe-80GB" "A30"
    "H100-SXM5-80GB" "H100-PCIe-80GB" "H100-NVL-94GB" "H200" "GH200-96GB" "GH200-144GB"
    "B200" "GB200" "RTX-PRO-6000"
    "T4" "L40S" "V100"
};
