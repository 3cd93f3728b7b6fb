//! What a board's sensors show when it is idle, and its limits.

use super::Provenance;
use serde::Deserialize;

/// Clocks in MHz. Multiprocessors run at the graphics clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Clocks {
    /// Graphics and multiprocessors.
    pub graphics: u32,
    /// Memory.
    pub memory: u32,
    /// Video engines.
    pub video: u32,
}

/// Temperatures in °C from which something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Thresholds {
    /// The highest at which the board is meant to work.
    pub operating: u32,
    /// The clocks go down.
    pub slowdown: u32,
    /// The board switches itself off.
    pub shutdown: u32,
}

/// The memory's own sensor, in °C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct MemoryTemperature {
    /// When idle.
    pub idle: u32,
    /// The highest at which it is meant to work.
    pub operating: u32,
}

/// Versions of what the InfoROM holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Inforom {
    /// The whole image.
    pub image: String,
    /// The manufacturer's object.
    pub oem: String,
    /// The object of error counters.
    pub ecc: String,
}

/// The sensors of a board on which nothing runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sensors {
    /// Temperature of the GPU in °C.
    pub temperature: u32,
    /// Temperatures from which something happens.
    pub thresholds: Thresholds,
    /// The memory's sensor, which boards with HBM have.
    pub memory: Option<MemoryTemperature>,
    /// Performance state: 0 is P0.
    pub performance_state: u32,
    /// Power draw.
    pub power_milliwatts: u32,
    /// The lowest power limit that can be set; the highest is the default.
    pub min_power_limit_watts: u32,
    /// Clocks when idle.
    pub clocks: Clocks,
    /// Highest clocks.
    pub max_clocks: Clocks,
    /// The graphics clock that applications get unless they ask for another.
    pub application_clock: u32,
    /// InfoROM versions.
    pub inforom: Inforom,
    /// Source of the fields above, but for those named in `inferred`.
    pub provenance: Provenance,
    /// Fields that only look right: nobody recorded them and no document here gives them.
    pub inferred: Vec<String>,
}
