//! Memory of GPUs and MIG devices.

use core::{Bar1Memory, Memory};

use crate::argument::Growing;

/// The memory of a GPU or MIG device, in bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_memory_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// Whether the driver tells what it keeps for itself; else it counts that as used.
    pub has_reserved: bool,
    /// All of it.
    pub total: u64,
    /// What is not in use.
    pub free: u64,
    /// What is in use.
    pub used: u64,
    /// What the driver keeps for itself; 0 where it does not tell.
    pub reserved: u64,
}

// SAFETY: as the trait asks; `has_reserved` is only written.
unsafe impl Growing for gpushare_memory_t {
    const FIRST_SIZE: usize = 40;
}

impl From<Memory> for gpushare_memory_t {
    #[inline]
    fn from(memory: Memory) -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            has_reserved: memory.reserved.is_some(),
            total: memory.total.0,
            free: memory.free.0,
            used: memory.used.0,
            reserved: memory.reserved.map_or(0, |reserved| reserved.0),
        }
    }
}

/// The BAR1 memory of a GPU or MIG device, in bytes: the window through which the processor and other devices reach its memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_bar1_memory_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// All of it.
    pub total: u64,
    /// What is not mapped.
    pub free: u64,
    /// What is mapped.
    pub used: u64,
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_bar1_memory_t {
    const FIRST_SIZE: usize = 32;
}

impl From<Bar1Memory> for gpushare_bar1_memory_t {
    fn from(memory: Bar1Memory) -> Self {
        Self { struct_size: 0, total: memory.total.0, free: memory.free.0, used: memory.used.0 }
    }
}
