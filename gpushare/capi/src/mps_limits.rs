//! Limits of MPS clients.

use std::ffi::c_char;

use core::{ActiveThreadPercentage, Architecture, Mib, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};

use crate::argument::Out;
use crate::boundary::Fault;
use crate::text::owned;

/// As urgent as work without MPS.
pub const GPUSHARE_MPS_PRIORITY_NORMAL: u32 = 0;
/// After that of normal priority.
pub const GPUSHARE_MPS_PRIORITY_BELOW_NORMAL: u32 = 1;

pub(crate) fn percentage(percent: f64) -> Result<ActiveThreadPercentage, Fault> {
    Ok(ActiveThreadPercentage::new(percent).map_err(core::Error::from)?)
}

pub(crate) fn memory(mib: u64) -> Result<PinnedDeviceMemoryLimit, Fault> {
    Ok(PinnedDeviceMemoryLimit::new(Mib(mib)).map_err(core::Error::from)?)
}

pub(crate) fn ordinal(device: u32) -> Result<MpsDeviceOrdinal, Fault> {
    Ok(MpsDeviceOrdinal::new(device).map_err(core::Error::from)?)
}

pub(crate) fn priority(priority: u32) -> Result<MpsClientPriority, Fault> {
    match priority {
        GPUSHARE_MPS_PRIORITY_NORMAL => Ok(MpsClientPriority::Normal),
        GPUSHARE_MPS_PRIORITY_BELOW_NORMAL => Ok(MpsClientPriority::BelowNormal),
        other => Err(Fault::Argument { name: "priority", reason: format!("is {other}; there are 0 and 1") }),
    }
}

pub(crate) fn priority_number(priority: MpsClientPriority) -> u32 {
    match priority {
        MpsClientPriority::Normal => GPUSHARE_MPS_PRIORITY_NORMAL,
        MpsClientPriority::BelowNormal => GPUSHARE_MPS_PRIORITY_BELOW_NORMAL,
    }
}

exports! {
    /// The SMs that a client gets of a GPU with `total` by a share in percent, more than 0 and up to 100 with one decimal.
    #[doc(alias = "ActiveThreadPercentage::new", alias = "ActiveThreadPercentage::multiprocessors")]
    fn gpushare_mps_multiprocessors(percentage: f64, total: u32, multiprocessors: Out<u32>) {
        multiprocessors.set(self::percentage(percentage)?.multiprocessors(total))
    }

    /// What is known to go wrong with a share on an architecture, for a person; NULL where nothing is. Free it with
    /// `gpushare_string_free`.
    #[doc(alias = "ActiveThreadPercentage::advisory")]
    fn gpushare_mps_advisory(percentage: f64, architecture: u32, advisory: Out<*mut c_char>) {
        let found = self::percentage(percentage)?.advisory(Architecture(architecture));
        advisory.set(found.map_or(std::ptr::null_mut(), |advisory| owned(advisory.to_string())))
    }
}
