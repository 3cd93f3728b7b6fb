//! How a GPU is divided at one moment, and who uses it.

use std::ffi::c_char;

use core::{ComputeInstanceState, GpuInstanceState, MigState};

use crate::arena::Arena;
use crate::argument::{In, Out, Own, Text};
use crate::boundary::Fault;
use crate::gpu::gpushare_gpu_t;
use crate::layout::gpushare_layout_t;
use crate::mig_mode::gpushare_mig_mode_t;
use crate::placement::{gpushare_compute_instance_placement_t, gpushare_gpu_instance_placement_t};
use crate::text::owned;

/// How a GPU is divided at one moment, and who uses it: data that does not change. Threads may use one at the same time.
pub struct gpushare_mig_state_t {
    pub(crate) state: MigState,
    gpu_instances: Vec<Division>,
    _arena: Arena,
}

/// A GPU instance of the state, and what is in it.
struct Division {
    shown: gpushare_gpu_instance_state_t,
    inside: Vec<gpushare_compute_instance_state_t>,
}

/// A GPU instance that exists. A later version may add members at the end, so it is only used through the pointer that the library gives.
#[repr(C)]
pub struct gpushare_gpu_instance_state_t {
    /// The id.
    pub id: u32,
    /// Where it lies.
    pub placement: gpushare_gpu_instance_placement_t,
    /// The name of its profile.
    pub profile: *const c_char,
    /// The number of compute instances in it; where there is none, nothing can run on it.
    pub compute_instance_count: usize,
    /// Whether processes run on it.
    pub in_use: bool,
}

/// A compute instance that exists. A later version may add members at the end, so it is only used through the pointer that the library
/// gives.
#[repr(C)]
pub struct gpushare_compute_instance_state_t {
    /// The id.
    pub id: u32,
    /// Where it lies.
    pub placement: gpushare_compute_instance_placement_t,
    /// The name of its profile.
    pub profile: *const c_char,
    /// The UUID of the MIG device that it is.
    pub uuid: *const c_char,
    /// The number of processes that run on it.
    pub process_count: usize,
    /// Whether processes run on it.
    pub in_use: bool,
}

fn inside(instance: &ComputeInstanceState, arena: &mut Arena) -> gpushare_compute_instance_state_t {
    gpushare_compute_instance_state_t {
        id: instance.id.0,
        placement: instance.placement.into(),
        profile: arena.text(&instance.profile.name),
        uuid: arena.text(instance.uuid.to_string()),
        process_count: instance.processes.len(),
        in_use: instance.in_use(),
    }
}

impl Division {
    fn new(instance: &GpuInstanceState, arena: &mut Arena) -> Self {
        let shown = gpushare_gpu_instance_state_t {
            id: instance.id.0,
            placement: instance.placement.into(),
            profile: arena.text(&instance.profile.name),
            compute_instance_count: instance.compute_instances.len(),
            in_use: instance.in_use(),
        };
        Self { shown, inside: instance.compute_instances.iter().map(|one| inside(one, arena)).collect() }
    }
}

impl From<MigState> for gpushare_mig_state_t {
    fn from(state: MigState) -> Self {
        let mut arena = Arena::default();
        let gpu_instances = state.gpu_instances.iter().map(|one| Division::new(one, &mut arena)).collect();
        Self { gpu_instances, state, _arena: arena }
    }
}

/// Data as JSON.
pub(crate) fn json_text<T: serde::Serialize>(value: &T) -> Result<String, Fault> {
    let reason = |error: serde_json::Error| Fault::Argument { name: "json", reason: error.to_string() };
    serde_json::to_string(value).map_err(reason)
}

/// Data as JSON that is the caller's.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<*mut c_char, Fault> {
    json_text(value).map(owned)
}

/// Data from JSON.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let reason =
        |error: serde_json::Error| Fault::Argument { name: "json", reason: format!("is not its JSON: {error}") };
    serde_json::from_str(text).map_err(reason)
}

exports! {
    /// How the GPU is divided at the moment, and who uses it. Free it with `gpushare_mig_state_free`.
    #[doc(alias = "Gpu::mig_state")]
    fn gpushare_gpu_mig_state(gpu: In<gpushare_gpu_t>, state: Out<*mut gpushare_mig_state_t>) {
        state.give(gpu.gpu.mig_state()?.into())
    }

    /// The MIG mode.
    fn gpushare_mig_state_mode(state: In<gpushare_mig_state_t>, mode: Out<gpushare_mig_mode_t>) {
        mode.set(state.state.mode.into())
    }

    /// The number of GPU instances.
    fn gpushare_mig_state_gpu_instance_count(state: In<gpushare_mig_state_t>) -> usize {
        state.gpu_instances.len()
    }

    /// The GPU instance at an index, by ascending id, from 0; NULL beyond the last. It lives as long as the state.
    #[doc(alias = "GpuInstanceState::in_use", alias = "GpuInstanceState::is_orphan")]
    fn gpushare_mig_state_gpu_instance(
        state: In<gpushare_mig_state_t>,
        index: usize,
    ) -> *const gpushare_gpu_instance_state_t {
        state.gpu_instances.get(index).map_or(std::ptr::null(), |instance| &instance.shown)
    }

    /// The compute instance at an index in the GPU instance at an index, by ascending id, from 0; NULL beyond the last. It lives as long
    /// as the state.
    #[doc(alias = "ComputeInstanceState::in_use")]
    fn gpushare_mig_state_compute_instance(
        state: In<gpushare_mig_state_t>,
        gpu_instance: usize,
        index: usize,
    ) -> *const gpushare_compute_instance_state_t {
        let holder = state.gpu_instances.get(gpu_instance);
        holder.and_then(|holder| holder.inside.get(index)).map_or(std::ptr::null(), std::ptr::from_ref)
    }

    /// Whether two states have the same mode and instances, whoever uses them.
    #[doc(alias = "MigState::same_division")]
    fn gpushare_mig_state_same_division(one: In<gpushare_mig_state_t>, other: In<gpushare_mig_state_t>) -> bool {
        one.state.same_division(&other.state)
    }

    /// The layout of this state, with a place for everything. Free it with `gpushare_layout_free`.
    #[doc(alias = "MigState::layout")]
    fn gpushare_mig_state_layout(state: In<gpushare_mig_state_t>, layout: Out<*mut gpushare_layout_t>) {
        layout.give(state.state.layout()?.into())
    }

    /// The layout of this state without the GPU instances in which there is nothing: planned and applied, it removes them and touches
    /// nothing else. Free it with `gpushare_layout_free`.
    #[doc(alias = "MigState::without_orphans")]
    fn gpushare_mig_state_without_orphans(state: In<gpushare_mig_state_t>, layout: Out<*mut gpushare_layout_t>) {
        layout.give(state.state.without_orphans()?.into())
    }

    /// The state for a person, on one line. Free it with `gpushare_string_free`.
    fn gpushare_mig_state_to_string(state: In<gpushare_mig_state_t>, text: Out<*mut c_char>) {
        text.set(owned(state.state.to_string()))
    }

    /// All of the state as JSON. Free it with `gpushare_string_free`.
    fn gpushare_mig_state_to_json(state: In<gpushare_mig_state_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&state.state)?)
    }

    /// A state from its JSON. Free it with `gpushare_mig_state_free`.
    fn gpushare_mig_state_from_json(json: Text, state: Out<*mut gpushare_mig_state_t>) {
        state.give(from_json::<MigState>(json)?.into())
    }

    /// Frees a state. NULL is none.
    fn gpushare_mig_state_free(state: Own<gpushare_mig_state_t>) -> () {
        drop(state)
    }
}
