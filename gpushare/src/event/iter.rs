//! Events one after the other.

use std::iter::FusedIterator;
use std::time::Duration;

use crate::error::Result;
use crate::event::gpu_event::GpuEvent;
use crate::event::set::EventSet;

/// The events of a set as they come: see [`EventSet::iter`].
#[derive(Debug)]
pub struct Events {
    /// `None` after the end.
    set: Option<EventSet>,
}

impl Events {
    pub(super) fn new(set: EventSet) -> Self {
        Self { set: Some(set) }
    }
}

impl Iterator for Events {
    type Item = Result<GpuEvent>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.set.as_ref()?.wait(Duration::MAX).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.set = None;
        }
        next
    }
}

impl FusedIterator for Events {}
