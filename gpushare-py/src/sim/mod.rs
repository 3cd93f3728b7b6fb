//! The simulated driver.

pub(crate) mod machine;
pub(crate) mod trace;
