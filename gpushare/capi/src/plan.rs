//! Plans: the fewest changes that bring a GPU from the layout that it has to the one that is wanted.

use std::ffi::c_char;

use core::{Error, Plan, PlanOptions, PlanStep, Target};

use crate::argument::{Given, Growing, In, Out, Own, Text};
use crate::boundary::Fault;
use crate::geometry::gpushare_mig_geometry_t;
use crate::gpu::gpushare_gpu_t;
use crate::layout::gpushare_layout_t;
use crate::state::{from_json, gpushare_mig_state_t, json};
use crate::text::owned;

/// The way from the layout that a GPU has to the one that is wanted. Threads may use one at the same time.
pub struct gpushare_plan_t {
    pub(crate) plan: Plan,
    steps: Vec<gpushare_plan_step_t>,
}

/// What a plan may do. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct gpushare_plan_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// Not 0: instances on which processes run may be destroyed. The driver still refuses it while they run.
    pub destroy_in_use: u32,
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_plan_options_t {
    const FIRST_SIZE: usize = 8;
}

impl gpushare_plan_options_t {
    fn get(self) -> PlanOptions {
        let mut options = PlanOptions::default();
        options.destroy_in_use = self.destroy_in_use != 0;
        options
    }
}

/// Enable MIG.
pub const GPUSHARE_STEP_ENABLE_MIG: u32 = 0;
/// Disable MIG.
pub const GPUSHARE_STEP_DISABLE_MIG: u32 = 1;
/// Destroy the compute instance `id` of the GPU instance `gpu_instance`.
pub const GPUSHARE_STEP_DESTROY_COMPUTE_INSTANCE: u32 = 2;
/// Destroy the GPU instance `id`.
pub const GPUSHARE_STEP_DESTROY_GPU_INSTANCE: u32 = 3;
/// Create a GPU instance at the memory slice `start`.
pub const GPUSHARE_STEP_CREATE_GPU_INSTANCE: u32 = 4;
/// Create a compute instance at the compute slice `start` of the GPU instance that lies at the memory slice `gpu_instance_start`.
pub const GPUSHARE_STEP_CREATE_COMPUTE_INSTANCE: u32 = 5;
/// There is no such number in this step.
pub const GPUSHARE_STEP_NONE: u32 = 4294967295;

/// One change of a plan. A later version may add members at the end, so it is only used through the pointer that the library gives.
#[repr(C)]
pub struct gpushare_plan_step_t {
    /// `GPUSHARE_STEP_...`.
    pub kind: u32,
    /// The id of the GPU instance that holds a compute instance to destroy.
    pub gpu_instance: u32,
    /// The id of the instance to destroy.
    pub id: u32,
    /// The memory slice where the GPU instance begins that a compute instance is created in.
    pub gpu_instance_start: u32,
    /// The slice where the instance to create begins; `GPUSHARE_STEP_NONE` also where that is known only once its GPU instance exists.
    pub start: u32,
}

fn step(plan: &Plan, step: &PlanStep) -> gpushare_plan_step_t {
    const NONE: u32 = GPUSHARE_STEP_NONE;
    let shown = |kind, gpu_instance, id, gpu_instance_start, start| gpushare_plan_step_t {
        kind,
        gpu_instance,
        id,
        gpu_instance_start,
        start,
    };
    let planned = |index: &usize| plan.gpu_instances.get(*index);
    let start_of = |index: &usize| planned(index).map_or(NONE, |planned| planned.placement.start);
    match step {
        PlanStep::SetMigMode(true) => shown(GPUSHARE_STEP_ENABLE_MIG, NONE, NONE, NONE, NONE),
        PlanStep::SetMigMode(false) => shown(GPUSHARE_STEP_DISABLE_MIG, NONE, NONE, NONE, NONE),
        PlanStep::DestroyComputeInstance { gpu_instance, id } => {
            shown(GPUSHARE_STEP_DESTROY_COMPUTE_INSTANCE, gpu_instance.0, id.0, NONE, NONE)
        }
        PlanStep::DestroyGpuInstance { id } => shown(GPUSHARE_STEP_DESTROY_GPU_INSTANCE, NONE, id.0, NONE, NONE),
        PlanStep::CreateGpuInstance { planned } => {
            shown(GPUSHARE_STEP_CREATE_GPU_INSTANCE, NONE, NONE, NONE, start_of(planned))
        }
        PlanStep::CreateComputeInstance { planned: holder, inside } => {
            let inside = planned(holder).and_then(|planned| planned.compute_instances.get(*inside));
            let start = inside.and_then(|inside| inside.placement).map_or(NONE, |placement| placement.start);
            shown(GPUSHARE_STEP_CREATE_COMPUTE_INSTANCE, NONE, NONE, start_of(holder), start)
        }
        _ => shown(NONE, NONE, NONE, NONE, NONE),
    }
}

impl From<Plan> for gpushare_plan_t {
    fn from(plan: Plan) -> Self {
        Self { steps: plan.steps.iter().map(|one| step(&plan, one)).collect(), plan }
    }
}

exports! {
    /// The fewest changes that bring the GPU to a layout. Changes nothing. `options` may be NULL. `GPUSHARE_ERROR_INFEASIBLE` with the
    /// proof where there is no way. Free it with `gpushare_plan_free`.
    #[doc(alias = "Gpu::plan", alias = "Gpu::plan_with")]
    fn gpushare_gpu_plan(
        gpu: In<gpushare_gpu_t>,
        layout: In<gpushare_layout_t>,
        options: Given<gpushare_plan_options_t>,
        plan: Out<*mut gpushare_plan_t>,
    ) {
        plan.give(gpu.gpu.plan_with(&layout.layout, &options.get())?.into())
    }

    /// The same from data alone: no driver is asked.
    #[doc(alias = "Plan::new")]
    fn gpushare_plan_new(
        geometry: In<gpushare_mig_geometry_t>,
        state: In<gpushare_mig_state_t>,
        layout: In<gpushare_layout_t>,
        options: Given<gpushare_plan_options_t>,
        plan: Out<*mut gpushare_plan_t>,
    ) {
        let made = Plan::new(&geometry.geometry, &state.state, &layout.layout, &options.get());
        let infeasible = |reason| {
            let (target, layout) = (Target::Nvml, layout.layout.to_string());
            Fault::Refused(Error::InfeasibleLayout { target, layout, reason: Box::new(reason) })
        };
        plan.give(made.map_err(infeasible)?.into())
    }

    /// How many changes of the GPU the plan makes.
    #[doc(alias = "Plan::mutations", alias = "Plan::is_empty")]
    fn gpushare_plan_step_count(plan: In<gpushare_plan_t>) -> usize {
        plan.plan.mutations()
    }

    /// The change at an index, from 0; NULL beyond the last. It lives as long as the plan.
    fn gpushare_plan_step(plan: In<gpushare_plan_t>, index: usize) -> *const gpushare_plan_step_t {
        plan.steps.get(index).map_or(std::ptr::null(), std::ptr::from_ref)
    }

    /// The plan for a person: what is kept and what is done, a line each, and the layouts before and after. Free it with
    /// `gpushare_string_free`.
    fn gpushare_plan_to_string(plan: In<gpushare_plan_t>, text: Out<*mut c_char>) {
        text.set(owned(plan.plan.to_string()))
    }

    /// All of the plan as JSON. Free it with `gpushare_string_free`.
    fn gpushare_plan_to_json(plan: In<gpushare_plan_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&plan.plan)?)
    }

    /// A plan from its JSON. Free it with `gpushare_plan_free`.
    fn gpushare_plan_from_json(json: Text, plan: Out<*mut gpushare_plan_t>) {
        plan.give(from_json::<Plan>(json)?.into())
    }

    /// Frees a plan. NULL is none.
    fn gpushare_plan_free(plan: Own<gpushare_plan_t>) -> () {
        drop(plan)
    }
}
