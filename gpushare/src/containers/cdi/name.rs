//! The names of vendors, classes and devices in a CDI specification.
//!
//! The rules are the specification's, "Kind" and "CDI Devices", and for the colon those of its reference implementation.

use std::collections::BTreeSet;

use super::spec::CdiSpec;
use crate::containers::device_files::{GpuFiles, MigDeviceFiles};
use crate::error::{Error, Result};

/// What devices of a CDI specification are called. These are the strategies of `nvidia-ctk cdi generate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CdiDeviceName {
    /// By index: `0` a GPU, `0:1` a MIG device.
    Index,
    /// By kind and index: `gpu0`, `mig0:1`. Runtimes that know no newer version of the format than 0.4.0 need it.
    TypeIndex,
    /// By UUID: `GPU-9e4aeb94-…`, `MIG-c42101f0-…`.
    Uuid,
}

impl CdiDeviceName {
    pub(super) fn of_gpu(self, gpu: &GpuFiles) -> String {
        match self {
            Self::Index => gpu.index.to_string(),
            Self::TypeIndex => format!("gpu{}", gpu.index),
            Self::Uuid => gpu.uuid.to_string(),
        }
    }

    pub(super) fn of_mig_device(self, gpu: &GpuFiles, device: &MigDeviceFiles) -> String {
        match self {
            Self::Index => format!("{}:{}", gpu.index, device.index),
            Self::TypeIndex => format!("mig{}:{}", gpu.index, device.index),
            Self::Uuid => device.uuid.to_string(),
        }
    }
}

/// The kind of devices of a vendor and a class.
pub(super) fn kind(vendor: &str, class: &str) -> Result<String> {
    for (what, text, longest) in [("CDI vendor", vendor, 253), ("CDI class", class, 63)] {
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
        if !begins || !is_name(text, "_-.") || text.len() > longest {
            return Err(Error::InvalidText {
                what,
                text: text.into(),
                allowed: "a letter first, a letter or digit last, and between them letters, digits, '_', '-' and '.'; a vendor of at most \
                          253 and a class of at most 63",
            });
        }
    }
    Ok(format!("{vendor}/{class}"))
}

impl CdiSpec {
    /// Checks the names of the devices.
    pub(super) fn checked(self) -> Result<Self> {
        let mut seen = BTreeSet::new();
        let mut wrong = |name: &str| !is_name(name, "_-.:") || !seen.insert(name.to_owned());
        match self.devices.iter().map(|device| &device.name).find(|name| wrong(name)) {
            None => Ok(self),
            Some(name) => Err(Error::InvalidText {
                what: "name for a device of a CDI specification",
                text: name.clone(),
                allowed: "one that no other device has, with letters or digits at both ends and between them these, '_', '-', '.' and ':'",
            }),
        }
    }
}

/// Whether a text has letters and digits at both ends, and between them these and the others.
fn is_name(text: &str, others: &str) -> bool {
    let end = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    end(text.chars().next())
        && end(text.chars().next_back())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_what_runtimes_take() {
        assert_eq!(kind("nvidia.com", "gpu"), Ok("nvidia.com/gpu".into()));
        assert_eq!(kind("k8s.gpu.example-1.com", "Claim_2.x"), Ok("k8s.gpu.example-1.com/Claim_2.x".into()));
        let long = "a".repeat(64);
        assert!(kind(&long, "gpu").is_ok());
        for (vendor, class) in [
            ("", "gpu"),
            ("1.com", "gpu"),
            ("nvidia.com.", "gpu"),
            ("nvidia.com/x", "gpu"),
            ("nvidia.com", "g:u"),
            ("nvidia.com", &long),
            ("é", "gpu"),
        ] {
            assert!(matches!(kind(vendor, class), Err(Error::InvalidText { .. })), "{vendor}/{class}");
        }
        assert_eq!(
            kind("nvidia.com", "gpu/").unwrap_err().to_string(),
            "not a CDI class: \"gpu/\"; expected a letter first, a letter or digit last, and between them letters, digits, '_', '-' and '.'; \
             a vendor of at most 253 and a class of at most 63"
        );
    }
}
