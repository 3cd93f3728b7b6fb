//! What the examples share: how they print.

#![forbid(unsafe_code)]

pub mod drawing;
pub mod report;
