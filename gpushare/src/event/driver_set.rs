//! An event set of the driver, from when it is made until it is freed.

use std::process;
use std::sync::{PoisonError, RwLock};

use gpushare_sys::{Symbols, nvmlEventSet_st};

use crate::call::Handle;
use crate::error::Result;

/// The place of an event set of the driver. Whoever uses the set holds the lock meanwhile, so that no other thread frees it under a call.
///
/// A child made by `fork` has the same connection to the driver as its parent, so it would take its parent's events, or end them: the place
/// is empty for it, and its lock, which another thread of the parent may have held, untouched.
#[derive(Debug)]
pub(crate) struct DriverSet {
    raw: RwLock<Option<Handle<nvmlEventSet_st>>>,
    process: u32,
}

impl DriverSet {
    pub(crate) fn empty() -> Self {
        Self { raw: RwLock::new(None), process: process::id() }
    }

    /// Makes the set, which is kept also if what comes after fails.
    pub(super) fn make<T>(&self, make: impl FnOnce(&mut Option<Handle<nvmlEventSet_st>>) -> Result<T>) -> Result<T> {
        make(&mut self.raw.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something with the set; `None` where there is none.
    pub(super) fn with<T>(&self, use_it: impl FnOnce(Handle<nvmlEventSet_st>) -> T) -> Option<T> {
        if self.is_inherited() {
            return None;
        }
        let raw = self.raw.read().unwrap_or_else(PoisonError::into_inner);
        raw.map(use_it)
    }

    /// Frees the set, once no call uses it.
    pub(crate) fn free(&self, symbols: &Symbols) {
        if self.is_inherited() {
            return;
        }
        let mut raw = self.raw.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(set), Some(free)) = (raw.take(), symbols.nvmlEventSetFree) {
            // SAFETY: the set is the driver's own, it was not freed before, and while the lock is held no call uses it.
            unsafe { free(set.0) };
        }
    }

    /// Whether it was made by another process, of which this one is a child.
    pub(crate) fn is_inherited(&self) -> bool {
        self.process != process::id()
    }
}
