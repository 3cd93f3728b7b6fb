//! Drift: in what a GPU differs from a layout.

use std::ffi::c_char;

use core::Drift;

use crate::argument::{In, Out, Own};
use crate::gpu::gpushare_gpu_t;
use crate::layout::gpushare_layout_t;
use crate::plan::gpushare_plan_t;
use crate::state::json;
use crate::text::owned;

/// In what a GPU differs from a layout, with the plan that repairs it. Threads may use one at the same time.
pub struct gpushare_drift_t {
    drift: Drift,
    plan: gpushare_plan_t,
}

impl From<Drift> for gpushare_drift_t {
    fn from(drift: Drift) -> Self {
        Self { plan: drift.plan.clone().into(), drift }
    }
}

exports! {
    /// In what the GPU differs from a layout. Free it with `gpushare_drift_free`.
    #[doc(alias = "Gpu::drift")]
    fn gpushare_gpu_drift(gpu: In<gpushare_gpu_t>, layout: In<gpushare_layout_t>, drift: Out<*mut gpushare_drift_t>) {
        drift.give(gpu.gpu.drift(&layout.layout)?.into())
    }

    /// Whether there is none.
    #[doc(alias = "Drift::is_empty")]
    fn gpushare_drift_is_empty(drift: In<gpushare_drift_t>) -> bool {
        drift.drift.is_empty()
    }

    /// The number of GPU instances that are wanted and not there.
    fn gpushare_drift_missing_count(drift: In<gpushare_drift_t>) -> usize {
        drift.drift.missing.len()
    }

    /// The number of GPU instances that are there and not wanted.
    fn gpushare_drift_unwanted_count(drift: In<gpushare_drift_t>) -> usize {
        drift.drift.unwanted.len()
    }

    /// The number of unwanted GPU instances without compute instances: what failed creations leave.
    #[doc(alias = "Drift::orphans")]
    fn gpushare_drift_orphan_count(drift: In<gpushare_drift_t>) -> usize {
        drift.drift.orphans().count()
    }

    /// The number of GPU instances that are wanted and divided otherwise.
    fn gpushare_drift_changed_count(drift: In<gpushare_drift_t>) -> usize {
        drift.drift.changed.len()
    }

    /// What repairs it. It lives as long as the drift.
    fn gpushare_drift_plan(drift: In<gpushare_drift_t>) -> *const gpushare_plan_t {
        &drift.plan
    }

    /// A line for each difference; "none" where there is none. Free it with `gpushare_string_free`.
    fn gpushare_drift_to_string(drift: In<gpushare_drift_t>, text: Out<*mut c_char>) {
        text.set(owned(drift.drift.to_string()))
    }

    /// All of it as JSON. Free it with `gpushare_string_free`.
    fn gpushare_drift_to_json(drift: In<gpushare_drift_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&drift.drift)?)
    }

    /// Frees a drift. NULL is none.
    fn gpushare_drift_free(drift: Own<gpushare_drift_t>) -> () {
        drop(drift)
    }
}
