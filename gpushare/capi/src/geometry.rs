//! How a GPU can be divided.

use std::ffi::c_char;

use core::MigGeometry;

use crate::argument::{In, Out, Own, Text};
use crate::gpu::gpushare_gpu_t;
use crate::state::{from_json, json};

/// How one GPU can be divided: its profiles and their placements. Threads may use one at the same time.
pub struct gpushare_mig_geometry_t {
    pub(crate) geometry: MigGeometry,
}

impl From<MigGeometry> for gpushare_mig_geometry_t {
    fn from(geometry: MigGeometry) -> Self {
        Self { geometry }
    }
}

exports! {
    /// How the GPU can be divided, as far as the driver tells. Free it with `gpushare_mig_geometry_free`.
    #[doc(alias = "Gpu::mig_geometry")]
    fn gpushare_gpu_mig_geometry(gpu: In<gpushare_gpu_t>, geometry: Out<*mut gpushare_mig_geometry_t>) {
        geometry.give(gpu.gpu.mig_geometry()?.into())
    }

    /// The number of memory slices that placements count.
    #[doc(alias = "MigGeometry::memory_slices")]
    fn gpushare_mig_geometry_memory_slices(geometry: In<gpushare_mig_geometry_t>) -> u32 {
        geometry.geometry.memory_slices()
    }

    /// All of it as JSON. Free it with `gpushare_string_free`.
    fn gpushare_mig_geometry_to_json(geometry: In<gpushare_mig_geometry_t>, json_text: Out<*mut c_char>) {
        json_text.set(json(&geometry.geometry)?)
    }

    /// A geometry from its JSON. Free it with `gpushare_mig_geometry_free`.
    fn gpushare_mig_geometry_from_json(json: Text, geometry: Out<*mut gpushare_mig_geometry_t>) {
        geometry.give(from_json::<MigGeometry>(json)?.into())
    }

    /// Frees a geometry. NULL is none.
    fn gpushare_mig_geometry_free(geometry: Own<gpushare_mig_geometry_t>) -> () {
        drop(geometry)
    }
}
