//! The numbers and names by which NVML knows things. Numbers that differ in meaning differ in type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// Makes a number that names one kind of thing.
macro_rules! number {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// The id of a GPU instance, unique on its GPU while the instance lives.
    ///
    /// The driver derives it from the placement, so it is used again for the next instance at the same place.
    GpuInstanceId
);
number!(
    /// The id of a compute instance, unique in its GPU instance while it lives: the lowest free one, from 0.
    ComputeInstanceId
);
number!(
    /// The number by which one GPU model knows a GPU-instance profile: what creation and placements take, e.g. 19 for `1g.5gb` on an A100.
    ///
    /// Not to be confused with [`GpuInstanceProfileKind`](crate::GpuInstanceProfileKind), the index by which NVML enumerates profiles.
    GpuInstanceProfileId
);
number!(
    /// The number by which a GPU instance knows a compute-instance profile.
    ComputeInstanceProfileId
);

/// The 16 bytes of a UUID in their usual text form, as every NVML UUID ends.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut groups = text.split('-');
    let mut filled = 0;
    for length in [4, 2, 2, 2, 6] {
        let group = groups.next().filter(|group| group.len() == 2 * length && group.is_ascii())?;
        for pair in group.as_bytes().chunks_exact(2) {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes[filled] = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
            filled += 1;
        }
    }
    groups.next().is_none().then_some(bytes)
}

/// Writes a UUID after its prefix of four letters, all at once.
fn format_uuid(prefix: &[u8; 4], bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    const PLACES: [usize; 16] = [4, 6, 8, 10, 13, 15, 18, 20, 23, 25, 28, 30, 32, 34, 36, 38];
    let mut text = [b'-'; 40];
    text[..4].copy_from_slice(prefix);
    for (at, byte) in PLACES.into_iter().zip(bytes) {
        text[at] = DIGITS[usize::from(byte >> 4)];
        text[at + 1] = DIGITS[usize::from(byte & 15)];
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

/// Writes as its text, reads from its text.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;

serde_as_text!(GpuUuid);
serde_as_text!(MigUuid);
serde_as_text!(PciAddress);

/// The UUID of a physical GPU: `GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9`.
///
/// ```
/// let uuid: gpushare::GpuUuid = "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9".parse()?;
/// assert_eq!(uuid.to_string(), "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9");
/// # Ok::<(), gpushare::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GpuUuid([u8; 16]);

impl GpuUuid {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The UUID's 16 bytes, in the order of its text.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for GpuUuid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.strip_prefix("GPU-")
            .and_then(parse_uuid)
            .map(Self)
            .ok_or_else(|| Error::InvalidUuid { text: text.into(), allowed: "GPU-<uuid>" })
    }
}

impl fmt::Display for GpuUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        format_uuid(b"GPU-", &self.0, f)
    }
}

impl fmt::Debug for GpuUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The UUID of a MIG device, in the form that the driver gives.
///
/// From driver R470 on it is `MIG-<uuid>`; older drivers say `MIG-GPU-<gpu uuid>/<GPU instance>/<compute instance>`, which newer ones
/// still accept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MigUuid(Form);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Own([u8; 16]),
    Path(GpuUuid, GpuInstanceId, ComputeInstanceId),
}

impl MigUuid {
    /// The form of drivers before R470, which names the GPU and both instances.
    pub fn legacy(gpu: GpuUuid, gpu_instance: GpuInstanceId, compute_instance: ComputeInstanceId) -> Self {
        Self(Form::Path(gpu, gpu_instance, compute_instance))
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Form::Own(bytes))
    }

    /// The 16 bytes of a UUID of its own.
    pub(crate) fn own(&self) -> Option<&[u8; 16]> {
        match &self.0 {
            Form::Own(bytes) => Some(bytes),
            Form::Path(..) => None,
        }
    }

    /// The GPU and both instances, where it is made of them.
    pub(crate) fn path(&self) -> Option<(GpuUuid, GpuInstanceId, ComputeInstanceId)> {
        match self.0 {
            Form::Own(_) => None,
            Form::Path(gpu, gpu_instance, compute_instance) => Some((gpu, gpu_instance, compute_instance)),
        }
    }

    /// Whether this is the form of drivers before R470.
    pub fn is_legacy(&self) -> bool {
        matches!(self.0, Form::Path(..))
    }
}

impl FromStr for MigUuid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let rest = text.strip_prefix("MIG-")?;
            if !rest.starts_with("GPU-") {
                return parse_uuid(rest).map(|bytes| Self(Form::Own(bytes)));
            }
            let mut parts = rest.split('/');
            let gpu = parts.next()?.parse().ok()?;
            let gpu_instance = parse_decimal(parts.next()?)?;
            let compute_instance = parse_decimal(parts.next()?)?;
            let path = Self::legacy(gpu, GpuInstanceId(gpu_instance), ComputeInstanceId(compute_instance));
            parts.next().is_none().then_some(path)
        };
        parse()
            .ok_or_else(|| Error::InvalidUuid { text: text.into(), allowed: "MIG-<uuid> or MIG-GPU-<uuid>/<gi>/<ci>" })
    }
}

/// A decimal number without sign or blanks, which `str::parse` would let pass.
pub(crate) fn parse_decimal(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

impl fmt::Display for MigUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Own(bytes) => format_uuid(b"MIG-", bytes, f),
            Form::Path(gpu, gpu_instance, compute_instance) => write!(f, "MIG-{gpu}/{gpu_instance}/{compute_instance}"),
        }
    }
}

impl fmt::Debug for MigUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a GPU sits on the PCI bus: `00000000:10:1C.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciAddress {
    /// PCI domain.
    pub domain: u32,
    /// Bus in the domain, 0 to 255.
    pub bus: u8,
    /// Device on the bus, 0 to 31.
    pub device: u8,
    /// Function of the device, 0 to 7; 0 on every known GPU.
    pub function: u8,
}

impl FromStr for PciAddress {
    type Err = Error;

    /// Reads `domain:bus:device.function` in hexadecimal; the domain may have four digits or eight.
    fn from_str(text: &str) -> Result<Self> {
        let hex = |part: &str, longest: usize| {
            let plain = (1..=longest).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            plain.then(|| u32::from_str_radix(part, 16).ok())?
        };
        let parse = || {
            let mut parts = text.splitn(3, ':');
            let domain = hex(parts.next()?, 8)?;
            let bus = hex(parts.next()?, 2)? as u8;
            let (device, function) = parts.next()?.split_once('.')?;
            let (device, function) = (hex(device, 2)? as u8, hex(function, 1)? as u8);
            (device < 32 && function < 8).then_some(Self { domain, bus, device, function })
        };
        parse().ok_or_else(|| Error::InvalidPciAddress { text: text.into() })
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}:{:02X}:{:02X}.{:X}", self.domain, self.bus, self.device, self.function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_print_as_they_were_read() {
        for text in ["GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "GPU-00000000-0000-0000-0000-0000000000ff"] {
            assert_eq!(text.parse::<GpuUuid>().unwrap().to_string(), text);
        }
        for text in ["MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/1"] {
            assert_eq!(text.parse::<MigUuid>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_uuid_is_refused_by_name() {
        for text in [
            "",
            "GPU-",
            "9e4aeb94-01c0-5173-4811-4ca60f77b3a9",
            "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a",
            "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9a",
            "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3ag",
            "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9-",
            "GPU-+e4aeb94-01c0-5173-4811-4ca60f77b3a9",
            "GPU-éé4aeb9-01c0-5173-4811-4ca60f77b3a9",
        ] {
            assert!(text.parse::<GpuUuid>().unwrap_err().to_string().contains(&format!("{text:?}")), "{text}");
        }
        for text in [
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/1/0",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/+3/1",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/99999999999/1",
        ] {
            assert!(text.parse::<MigUuid>().is_err(), "{text}");
        }
    }

    #[test]
    fn pci_addresses_take_both_domain_widths() {
        let address: PciAddress = "0000:10:1c.0".parse().unwrap();
        assert_eq!(address, "00000000:10:1C.0".parse().unwrap());
        assert_eq!(address.to_string(), "00000000:10:1C.0");
        for text in
            ["", "10:1c.0", "0000:10:20.0", "0000:10:1c.8", "0000:100:1c.0", "0000:10:1c", "g:10:1c.0", "0:+1:1c.0"]
        {
            assert!(text.parse::<PciAddress>().is_err(), "{text}");
        }
    }
}
