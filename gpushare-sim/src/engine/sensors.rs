//! What the sensors and error counters of a board show, and what MIG mode hides of them.
//!
//! A simulated GPU does no work: its sensors stay at what the model shows when idle.

use super::{Access, Gpu, Refusal, Result};
use crate::catalog::Architecture;

/// Where memory errors are counted: the numbers of `nvmlMemoryLocation_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryErrors {
    /// Those of the device memory.
    Dram,
    /// Those of the memory on the chip, counted together.
    Sram,
    /// Those of one structure on the chip: cache, register file and the like.
    Part,
}

impl Gpu {
    /// Whether no process uses the GPU.
    pub fn is_idle(&self) -> bool {
        self.processes.is_empty()
    }

    /// How busy the GPU or one of its engines is, in percent: 0. Not told in MIG mode.
    pub fn utilization(&self) -> Result<u32> {
        self.whole_only(0)
    }

    /// CUDA cores; not told in MIG mode, where the profiles tell them.
    pub fn cores(&self) -> Result<u32> {
        self.whole_only(self.model.cores)
    }

    /// Errors of all memories together; those since the last reset are not told for a GPU in MIG mode.
    pub fn total_errors(&self, volatile: bool) -> Result<u64> {
        if volatile { self.whole_only(0) } else { Ok(0) }
    }

    /// Errors counted at one place. Boards since Turing count device memory and chip, older ones the parts of the chip.
    pub fn errors(&self, volatile: bool, place: MemoryErrors) -> Result<u64> {
        let parts = self.model.architecture < Architecture::Turing;
        match place {
            MemoryErrors::Sram if parts => Err(Refusal::NotSupported),
            MemoryErrors::Part if !parts => Err(Refusal::NotSupported),
            _ => self.total_errors(volatile),
        }
    }

    /// Errors of a MIG device: only those on the chip that were not corrected, since the last reset.
    pub fn mig_errors(&self, uncorrected: bool, volatile: bool, place: MemoryErrors) -> Result<u64> {
        let told = uncorrected && volatile && place != MemoryErrors::Dram;
        if told { Ok(0) } else { Err(Refusal::NotSupported) }
    }

    /// Rows of memory that were replaced, on boards since Ampere; not told while GPU instances exist.
    pub fn remapped_rows(&self) -> Result<u32> {
        let told = self.remaps_rows() && !self.mig_in_use();
        if told { Ok(0) } else { Err(Refusal::NotSupported) }
    }

    /// Pages of memory that are no longer used, on boards before Ampere.
    pub fn retired_pages(&self) -> Result<u32> {
        if self.remaps_rows() { Err(Refusal::NotSupported) } else { Ok(0) }
    }

    /// Graphics clocks that can be set beside a memory clock, highest first: steps of 15 MHz.
    pub fn graphics_clocks(&self, memory_clock: u32) -> Result<Vec<u32>> {
        let highest = self.model.sensors.max_clocks;
        if memory_clock != highest.memory {
            return Err(Refusal::NotFound);
        }
        const LOWEST: u32 = 210;
        const STEP: usize = 15;
        Ok((LOWEST..=highest.graphics).rev().step_by(STEP).collect())
    }

    /// The memory of the GPU that confidential computing leaves open: all of it, since it is off.
    pub fn unprotected_memory(&self, access: Access) -> Result<u64> {
        Ok(self.memory(access)?.total)
    }

    /// Whether the board replaces rows of memory instead of leaving out pages.
    fn remaps_rows(&self) -> bool {
        self.model.architecture >= Architecture::Ampere
    }

    fn whole_only<T>(&self, value: T) -> Result<T> {
        if self.mode.current { Err(Refusal::NotSupported) } else { Ok(value) }
    }
}
