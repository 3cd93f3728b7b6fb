//! Limits on what a client gets of a GPU.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::{float, integer, unsigned, word};
use super::version::Version;

/// Share of a GPU's multiprocessors, above 0 and up to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(in crate::mps) struct Percentage(f64);

impl Percentage {
    pub(in crate::mps) const ALL: Self = Self(100.0);

    pub(in crate::mps) fn read(text: &[u8]) -> Option<Self> {
        float(text).filter(|value| *value > 0.0 && *value <= 100.0).map(Self)
    }

    pub(super) fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// The multiprocessors that a client sees of so many: pairs, rounded down, and never fewer than 8, as on an H200.
    pub(super) fn of(self, multiprocessors: u32) -> u32 {
        let pairs = (f64::from(multiprocessors) * self.0 / 200.0).floor() as u32;
        (pairs * 2).max(8).min(multiprocessors)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

/// What stands for a device in a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::mps) enum DeviceKey {
    /// As the server counts its devices.
    Ordinal(u8),
    Uuid(String),
}

/// Devices that a server can have.
const DEVICES: i32 = 32;

impl DeviceKey {
    /// Reads a device; without one it is the first. The error is an ordinal that no device has.
    pub(super) fn read(version: Version, text: &[u8]) -> Result<(Self, Option<&[u8]>), ()> {
        let (first, rest) = word(text);
        if version.knows_uuids() && (first.starts_with(b"GPU-") || first.starts_with(b"MIG-")) {
            return Ok((Self::Uuid(String::from_utf8_lossy(first).into_owned()), Some(rest)));
        }
        let Some((ordinal, rest)) = integer(text) else { return Ok((Self::Ordinal(0), None)) };
        if (0..DEVICES).contains(&ordinal) { Ok((Self::Ordinal(ordinal as u8), Some(rest))) } else { Err(()) }
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordinal(ordinal) => ordinal.fmt(f),
            Self::Uuid(uuid) => uuid.fmt(f),
        }
    }
}

/// Bytes of device memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mps) struct MemoryLimit(pub(in crate::mps) u64);

const GIB_SHIFT: u32 = 30;
const MIB_SHIFT: u32 = 20;

impl MemoryLimit {
    /// Whatever the unit is but G, it is taken for MiB; 0 is no limit.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let (number, rest) = unsigned(text);
        let shift = if matches!(rest.first(), Some(b'g' | b'G')) { GIB_SHIFT } else { MIB_SHIFT };
        Some(Self(number << shift)).filter(|limit| limit.0 > 0)
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 >> GIB_SHIFT {
            0 => write!(f, "{}M", self.0 >> MIB_SHIFT),
            whole => write!(f, "{whole}G"),
        }
    }
}

/// Limits by device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::mps) struct PinnedLimits(Vec<(DeviceKey, MemoryLimit)>);

impl PinnedLimits {
    pub(super) fn get(&self, device: &DeviceKey) -> Option<MemoryLimit> {
        self.0.iter().find(|(other, _)| other == device).map(|(_, limit)| *limit)
    }

    pub(super) fn set(&mut self, device: DeviceKey, limit: Option<MemoryLimit>) {
        self.0.retain(|(other, _)| *other != device);
        self.0.extend(limit.map(|limit| (device, limit)));
    }

    pub(in crate::mps) fn iter(&self) -> impl Iterator<Item = &(DeviceKey, MemoryLimit)> {
        self.0.iter()
    }

    /// The limit on a device that bears two names: the one that was set last.
    pub(super) fn on(&self, ordinal: u8, uuid: &str) -> Option<MemoryLimit> {
        let names = |key: &DeviceKey| match key {
            DeviceKey::Ordinal(other) => *other == ordinal,
            DeviceKey::Uuid(other) => other == uuid,
        };
        self.0.iter().rev().find(|(key, _)| names(key)).map(|(_, limit)| *limit)
    }

    /// A client's variable: `0=1G,GPU-…=512MB`. What is none of this is passed over.
    pub(super) fn of_variable(text: &str) -> Self {
        let mut limits = BTreeMap::new();
        for (device, limit) in text.split(',').filter_map(|entry| entry.split_once('=')) {
            let device = device.trim();
            let key = match device.parse() {
                Ok(ordinal) => DeviceKey::Ordinal(ordinal),
                Err(_) => DeviceKey::Uuid(device.to_owned()),
            };
            limits.extend(MemoryLimit::read(limit.as_bytes()).map(|limit| (key, limit)));
        }
        Self(limits.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_give_the_multiprocessors_recorded_on_an_h200() {
        let recorded =
            [(8, 10), (10, 12), (12, 14), (14, 18), (20, 26), (25, 32), (30, 38), (40, 52), (50, 66), (60, 78)];
        let more = [(75, 98), (89, 116), (95, 124), (100, 132), (1, 8), (7, 8)];
        for (percentage, multiprocessors) in recorded.into_iter().chain(more) {
            let read = Percentage::read(percentage.to_string().as_bytes()).unwrap();
            assert_eq!(read.of(132), multiprocessors, "{percentage} %");
        }
    }

    #[test]
    fn the_variable_of_a_client_names_devices_by_ordinal_and_uuid() {
        let limits = PinnedLimits::of_variable("0=1G, GPU-a=512MB,junk,2=x");
        assert_eq!(limits.on(0, "GPU-z"), Some(MemoryLimit(1 << 30)));
        assert_eq!(limits.on(7, "GPU-a"), Some(MemoryLimit(512 << 20)));
        assert_eq!(limits.on(2, "GPU-z"), None);
    }
}
