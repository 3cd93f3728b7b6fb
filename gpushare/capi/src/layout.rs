//! Layouts: how a GPU is, or is to be, divided.

use std::ffi::c_char;

use core::Layout;

use crate::argument::{In, Out, Own, Text};
use crate::gpu::gpushare_gpu_t;
use crate::state::{from_json, json};
use crate::text::owned;

/// How one GPU is to be divided, or is divided: a wish without a GPU. Threads may use one at the same time.
pub struct gpushare_layout_t {
    pub(crate) layout: Layout,
}

impl From<Layout> for gpushare_layout_t {
    fn from(layout: Layout) -> Self {
        Self { layout }
    }
}

exports! {
    /// Reads a layout: GPU instances separated by commas, each a profile name, perhaps with a count before it ("7x1g.5gb"), with the
    /// memory slice where it begins ("1g.5gb@6"), and with its compute instances in brackets ("4g.20gb[2c@0,2x1c]"). Without brackets,
    /// one compute instance takes all of the GPU instance; "[]" is none. "off" is disabled MIG, and "" enabled MIG without instances.
    /// Free it with `gpushare_layout_free`.
    #[doc(alias = "Layout::disabled", alias = "Layout::new", alias = "GpuInstanceLayout::new", alias = "ComputeInstanceLayout::new")]
    fn gpushare_layout_parse(text: Text, layout: Out<*mut gpushare_layout_t>) {
        layout.give(text.parse::<Layout>()?.into())
    }

    /// The layout as `gpushare_layout_parse` reads it. Free it with `gpushare_string_free`.
    fn gpushare_layout_to_string(layout: In<gpushare_layout_t>, text: Out<*mut c_char>) {
        text.set(owned(layout.layout.to_string()))
    }

    /// The layout as JSON. Free it with `gpushare_string_free`.
    fn gpushare_layout_to_json(layout: In<gpushare_layout_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&layout.layout)?)
    }

    /// A layout from its JSON. Free it with `gpushare_layout_free`.
    fn gpushare_layout_from_json(json: Text, layout: Out<*mut gpushare_layout_t>) {
        layout.give(from_json::<Layout>(json)?.into())
    }

    /// Whether two layouts are the same.
    fn gpushare_layout_equal(one: In<gpushare_layout_t>, other: In<gpushare_layout_t>) -> bool {
        one.layout == other.layout
    }

    /// The layout that the GPU has, with a place for everything. Free it with `gpushare_layout_free`.
    #[doc(alias = "Gpu::layout")]
    fn gpushare_gpu_layout(gpu: In<gpushare_gpu_t>, layout: Out<*mut gpushare_layout_t>) {
        layout.give(gpu.gpu.layout()?.into())
    }

    /// Frees a layout. NULL is none.
    fn gpushare_layout_free(layout: Own<gpushare_layout_t>) -> () {
        drop(layout)
    }
}
