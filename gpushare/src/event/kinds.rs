//! The kinds of events that a driver tells.

use std::fmt;

use bitflags::bitflags;
use gpushare_sys as sys;

use crate::call::call;
use crate::error::Result;
use crate::gpu::Gpu;

bitflags! {
    /// Kinds of events: NVML's `nvmlEventType…`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct EventKinds: u64 {
        /// An ECC error of one bit, which was corrected.
        const SINGLE_BIT_ECC = sys::nvmlEventTypeSingleBitEccError as u64;
        /// An ECC error of two bits, which could not be corrected.
        const DOUBLE_BIT_ECC = sys::nvmlEventTypeDoubleBitEccError as u64;
        /// Another performance state.
        const PSTATE = sys::nvmlEventTypePState as u64;
        /// An error that the driver also writes into the kernel's log, with a number that says which.
        const XID = sys::nvmlEventTypeXidCriticalError as u64;
        /// Other clocks; Kepler only.
        const CLOCK = sys::nvmlEventTypeClock as u64;
        /// Another source of power, mains or battery.
        const POWER_SOURCE = sys::nvmlEventTypePowerSourceChange as u64;
        /// A GPU instance or compute instance was created or destroyed.
        const MIG_CONFIG_CHANGE = sys::nvmlEventMigConfigChange as u64;
        /// Many ECC errors of one bit in a short time.
        const SINGLE_BIT_ECC_STORM = sys::nvmlEventTypeSingleBitEccErrorStorm as u64;
        /// A part of the memory was taken out of use.
        const DRAM_RETIREMENT = sys::nvmlEventTypeDramRetirementEvent as u64;
        /// A part of the memory could not be taken out of use.
        const DRAM_RETIREMENT_FAILURE = sys::nvmlEventTypeDramRetirementFailure as u64;
        /// Poisoned data were met, which harm no more than the program that uses them.
        const NON_FATAL_POISON = sys::nvmlEventTypeNonFatalPoisonError as u64;
        /// Poisoned data were met, which the GPU does not survive.
        const FATAL_POISON = sys::nvmlEventTypeFatalPoisonError as u64;
        /// The GPU cannot be used.
        const GPU_UNAVAILABLE = sys::nvmlEventTypeGpuUnavailableError as u64;
        /// Another step is needed for the GPU to recover, such as a reset.
        const GPU_RECOVERY_ACTION = sys::nvmlEventTypeGpuRecoveryAction as u64;
        // Kinds of newer drivers pass through.
        const _ = !0;
    }
}

impl fmt::Display for EventKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bitflags::parser::to_writer(self, f)
    }
}

impl Gpu {
    /// The kinds of events that the driver tells of this GPU. A GPU without MIG has no
    /// [`MIG_CONFIG_CHANGE`](EventKinds::MIG_CONFIG_CHANGE).
    ///
    /// # Errors
    ///
    /// [`GpuLost`](crate::ErrorKind::GpuLost), else what the driver answers.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::from_spec("1xH200+1xT4")?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// use gpushare::EventKinds;
    /// assert!(nvml.gpu(0)?.supported_events()?.contains(EventKinds::XID | EventKinds::MIG_CONFIG_CHANGE));
    /// assert!(!nvml.gpu(1)?.supported_events()?.contains(EventKinds::MIG_CONFIG_CHANGE));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "nvmlDeviceGetSupportedEventTypes")]
    pub fn supported_events(&self) -> Result<EventKinds> {
        let mut kinds = 0;
        call!(self.0.session, self.target(), nvmlDeviceGetSupportedEventTypes(self.0.raw.0, &mut kinds))?;
        Ok(EventKinds::from_bits_retain(kinds))
    }
}
