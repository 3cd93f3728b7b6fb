//! Files of NVIDIA's `nvidia-mig-parted`, so that the layouts of an existing fleet can be used as they are.
//!
//! Format: the tool's `v1` configuration, `version` and `mig-configs`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::mig::layout::{ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout};
use crate::profile::ProfileName;

/// A configuration of `nvidia-mig-parted`: named layouts for the GPUs of a node.
///
/// Reading refuses what could not be honoured, with the line; writing gives back the same configurations.
///
/// ```
/// use gpushare::MigPartedConfig;
/// let config: MigPartedConfig = "
/// version: v1
/// mig-configs:
///   mixed:
///     - devices: [0]
///       mig-enabled: true
///       mig-devices:
///         1g.5gb: 2
///         1c.3g.20gb: 3
///     - devices: all
///       mig-enabled: false
/// ".parse()?;
/// assert_eq!(config.configs["mixed"][0].layout()?.to_string(), "2x1g.5gb, 3g.20gb[3x1c]");
/// # Ok::<(), gpushare::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigPartedConfig {
    /// The configurations by name. For a GPU, the first entry counts that is meant for it.
    pub configs: BTreeMap<String, Vec<MigPartedEntry>>,
}

/// What a configuration wants of some GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, try_from = "RawEntry")]
#[non_exhaustive]
pub struct MigPartedEntry {
    /// Which models it is for; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_filter: Option<DeviceFilter>,
    /// Which GPUs it is for.
    pub devices: MigPartedDevices,
    /// Whether MIG is enabled.
    pub mig_enabled: bool,
    /// How many MIG devices of each profile. A profile such as `1c.3g.20gb` means compute instances, which share GPU instances.
    #[serde(default)]
    pub mig_devices: BTreeMap<ProfileName, u32>,
}

/// An entry as the file has it, before what it says has been held together.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawEntry {
    device_filter: Option<DeviceFilter>,
    devices: MigPartedDevices,
    mig_enabled: bool,
    mig_devices: Option<BTreeMap<ProfileName, u32>>,
}

impl TryFrom<RawEntry> for MigPartedEntry {
    type Error = String;

    fn try_from(raw: RawEntry) -> Result<Self, String> {
        let RawEntry { device_filter, devices, mig_enabled, mig_devices } = raw;
        if mig_enabled && mig_devices.is_none() {
            return Err("mig-enabled is true, and mig-devices is missing".into());
        }
        let mig_devices = mig_devices.unwrap_or_default();
        if let (false, Some(profile)) = (mig_enabled, mig_devices.keys().next()) {
            return Err(format!("mig-enabled is false, and mig-devices has {profile}"));
        }
        if let Some((profile, count)) = mig_devices.iter().find(|(_, count)| **count > MOST) {
            return Err(format!("{count} devices of {profile}; no GPU holds more than {MOST}"));
        }
        Ok(Self { device_filter, devices, mig_enabled, mig_devices })
    }
}

/// More than any GPU holds.
const MOST: u32 = 64;

/// The GPUs that an entry is for: the word `all`, or NVML indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigPartedDevices {
    /// Every GPU.
    All,
    /// The GPUs with these NVML indices.
    Indices(Vec<u32>),
}

/// The models that an entry is for, by the 32 bits of PCI device and vendor, as `0x20B010DE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFilter {
    /// The models.
    pub models: Vec<u32>,
    /// Whether the file has the single model without a list.
    bare: bool,
}

impl MigPartedEntry {
    /// The entry as a layout. Compute instances that are parts of equal GPU instances share as few of those as hold them.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidLayout`] where a compute instance is larger than its GPU instance.
    pub fn layout(&self) -> Result<Layout> {
        if !self.mig_enabled {
            return Ok(Layout::disabled());
        }
        let mut instances = Vec::new();
        let mut parts: BTreeMap<ProfileName, Vec<u32>> = BTreeMap::new();
        for (name, count) in &self.mig_devices {
            let whole = ProfileName { compute_slices: None, ..*name };
            match name.compute_slices {
                None => instances.extend(std::iter::repeat_n(GpuInstanceLayout::new(whole), *count as usize)),
                Some(slices) if slices <= name.gpu_slices => {
                    parts.entry(whole).or_default().extend(std::iter::repeat_n(slices, *count as usize));
                }
                Some(_) => {
                    return Err(Error::InvalidLayout {
                        text: name.to_string(),
                        part: name.to_string(),
                        expected: "no more compute slices than GPU slices",
                    });
                }
            }
        }
        for (whole, mut slices) in parts {
            slices.sort_unstable_by(|a, b| b.cmp(a));
            // Largest first, each into the first GPU instance that has room.
            let mut holders: Vec<(u32, GpuInstanceLayout)> = Vec::new();
            for slices in slices {
                let inside = ComputeInstanceLayout::new(ComputeInstanceSize::Slices(slices));
                match holders.iter_mut().find(|(left, _)| *left >= slices) {
                    Some((left, holder)) => {
                        *left -= slices;
                        holder.compute_instances.push(inside);
                    }
                    None => {
                        let holder =
                            GpuInstanceLayout { compute_instances: vec![inside], ..GpuInstanceLayout::new(whole) };
                        holders.push((whole.gpu_slices - slices, holder));
                    }
                }
            }
            instances.extend(holders.into_iter().map(|(_, holder)| holder));
        }
        Ok(Layout::new(instances))
    }

    /// Whether the entry is meant for the GPU with this index and these 32 bits of PCI device and vendor.
    pub fn is_for(&self, index: u32, pci_device_id: u32) -> bool {
        let listed = match &self.devices {
            MigPartedDevices::All => true,
            MigPartedDevices::Indices(indices) => indices.contains(&index),
        };
        listed && self.device_filter.as_ref().is_none_or(|filter| filter.models.contains(&pci_device_id))
    }
}

impl MigPartedConfig {
    /// The layout that the configuration of this name wants of a GPU; `None` where it does not speak of that GPU.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConfig`] lists the names that there are; what the driver answers to the GPU's PCI id.
    pub fn layout(&self, name: &str, gpu: &Gpu) -> Result<Option<Layout>> {
        let unknown = || Error::UnknownConfig { name: name.into(), available: self.configs.keys().cloned().collect() };
        let entries = self.configs.get(name).ok_or_else(unknown)?;
        let model = gpu.pci_device_id()?;
        let entry = entries.iter().find(|entry| entry.is_for(gpu.index(), model));
        entry.map(MigPartedEntry::layout).transpose()
    }
}

/// The file as a whole.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    version: Version,
    mig_configs: Configs,
}

#[derive(Serialize, Deserialize)]
enum Version {
    #[serde(rename = "v1")]
    V1,
}

/// The configurations, of which there is at least one.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Entries>")]
struct Configs(BTreeMap<String, Entries>);

/// The entries of a configuration, of which there is at least one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<MigPartedEntry>")]
struct Entries(Vec<MigPartedEntry>);

impl TryFrom<BTreeMap<String, Entries>> for Configs {
    type Error = &'static str;

    fn try_from(configs: BTreeMap<String, Entries>) -> Result<Self, &'static str> {
        if configs.is_empty() { Err("there is no configuration") } else { Ok(Self(configs)) }
    }
}

impl TryFrom<Vec<MigPartedEntry>> for Entries {
    type Error = &'static str;

    fn try_from(entries: Vec<MigPartedEntry>) -> Result<Self, &'static str> {
        if entries.is_empty() { Err("the configuration has no entry") } else { Ok(Self(entries)) }
    }
}

impl FromStr for MigPartedConfig {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let file: File = serde_yaml_ng::from_str(text).map_err(|error| Error::InvalidConfig {
            // What is wrong with the whole of the file is wrong from its first line on.
            line: error.location().map_or(1, |location| location.line()),
            reason: error.to_string(),
        })?;
        Ok(Self { configs: file.mig_configs.0.into_iter().map(|(name, entries)| (name, entries.0)).collect() })
    }
}

impl fmt::Display for MigPartedConfig {
    /// As YAML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let configs = self.configs.iter().map(|(name, entries)| (name.clone(), Entries(entries.clone())));
        let file = File { version: Version::V1, mig_configs: Configs(configs.collect()) };
        f.write_str(&serde_yaml_ng::to_string(&file).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for MigPartedDevices {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => to.serialize_str("all"),
            Self::Indices(indices) => indices.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for MigPartedDevices {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Devices;

        impl<'de> Visitor<'de> for Devices {
            type Value = MigPartedDevices;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all` or a list of GPU indices")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
                match word {
                    "all" => Ok(MigPartedDevices::All),
                    _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(MigPartedDevices::Indices)
            }
        }

        from.deserialize_any(Devices)
    }
}

impl Serialize for DeviceFilter {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<_> = self.models.iter().map(|model| format!("0x{model:08X}")).collect();
        match (self.bare, &texts[..]) {
            (true, [one]) => one.serialize(to),
            _ => texts.serialize(to),
        }
    }
}

/// The 32 bits of PCI device and vendor, as the file writes them.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Model(u32);

impl TryFrom<String> for Model {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let hex = digits.filter(|digits| digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let model = hex.and_then(|digits| u32::from_str_radix(digits, 16).ok()).map(Self);
        model.ok_or_else(|| format!("{text:?} is not a PCI device and vendor such as 0x20B010DE"))
    }
}

impl<'de> Deserialize<'de> for DeviceFilter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Filter;

        impl<'de> Visitor<'de> for Filter {
            type Value = DeviceFilter;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a PCI device and vendor such as 0x20B010DE, or a list of them")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let Model(model) = Model::try_from(text.to_owned()).map_err(E::custom)?;
                Ok(DeviceFilter { models: vec![model], bare: true })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                let models: Vec<Model> = Deserialize::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(DeviceFilter { models: models.into_iter().map(|Model(model)| model).collect(), bare: false })
            }
        }

        from.deserialize_any(Filter)
    }
}
