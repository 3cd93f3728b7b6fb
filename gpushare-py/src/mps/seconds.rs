//! Durations: seconds in Python.

use std::time::Duration;

use pyo3::prelude::*;

use crate::errors::InvalidArgumentError;

/// A year: beyond it, clocks may overflow.
const MOST: f64 = 31_536_000.0;

/// A number of seconds, by the name of the argument.
pub(crate) fn seconds(name: &str, number: f64) -> PyResult<Duration> {
    match (0.0..=MOST).contains(&number) {
        true => Ok(Duration::from_secs_f64(number)),
        false => Err(InvalidArgumentError::new_err((format!("{name} is {number}; allowed is 0 to {MOST} seconds"),))),
    }
}
