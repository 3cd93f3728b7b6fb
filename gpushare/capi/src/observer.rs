//! Snapshots one after the other.

use std::ffi::c_char;
use std::sync::Arc;

use core::Observer;

use crate::arena::Arena;
use crate::argument::{In, Out, Own};
use crate::gpu::gpushare_gpu_list_t;
use crate::layout::gpushare_layout_t;
use crate::list::{List, cloned};
use crate::mig_device::gpushare_mig_device_list_t;
use crate::nvml::gpushare_nvml_t;
use crate::snapshot::gpushare_snapshot_t;

/// Takes snapshots of a node, and asks the driver only for what may have changed since the last one: what never changes is asked once, how
/// the GPUs are divided where the driver told of a change or one was made through the same session, and memory, use and processes each
/// time. Threads may use one at the same time, and take turns.
#[derive(Clone)]
pub struct gpushare_observer_t {
    observer: Arc<Observer>,
    gpus: Arc<gpushare_gpu_list_t>,
}

impl From<Observer> for gpushare_observer_t {
    fn from(observer: Observer) -> Self {
        Self { gpus: Arc::new(observer.gpus().into_iter().collect()), observer: Arc::new(observer) }
    }
}

/// How a GPU is divided. A later version may add members at the end, so it is only used through the pointer that the library gives.
#[repr(C)]
pub struct gpushare_gpu_layout_t {
    /// The UUID of the GPU.
    pub gpu_uuid: *const c_char,
    /// Its layout, with every place named; NULL on a GPU without MIG and where it is not known.
    pub layout: *const gpushare_layout_t,
}

/// How each GPU of a node is divided, in NVML's order. Threads may use one at the same time.
pub struct gpushare_gpu_layout_list_t {
    layouts: List<gpushare_gpu_layout_t>,
    _arena: Arena,
}

exports! {
    /// What takes snapshots one after the other, for the least that they can cost. Free it with `gpushare_observer_free`.
    #[doc(alias = "Nvml::observer")]
    fn gpushare_nvml_observer(nvml: In<gpushare_nvml_t>, observer: Out<*mut gpushare_observer_t>) {
        observer.give(nvml.nvml.observer()?.into())
    }

    /// What is on the node, who is on it and what is free, as it is now. Free it with `gpushare_snapshot_free`.
    #[doc(alias = "Observer::snapshot")]
    fn gpushare_observer_snapshot(observer: In<gpushare_observer_t>, snapshot: Out<*mut gpushare_snapshot_t>) {
        snapshot.give(observer.observer.snapshot()?.into())
    }

    /// How each GPU is divided now. Where nothing changed, the driver is asked for events alone, and once for each GPU without instances.
    /// Free the list with `gpushare_gpu_layout_list_free`.
    #[doc(alias = "Observer::layouts")]
    fn gpushare_observer_layouts(observer: In<gpushare_observer_t>, layouts: Out<*mut gpushare_gpu_layout_list_t>) {
        let mut arena = Arena::default();
        let found = observer.observer.layouts()?.into_iter().map(|(uuid, layout)| gpushare_gpu_layout_t {
            gpu_uuid: arena.text(uuid.to_string()),
            layout: arena.keep_any(layout.map(Into::into)),
        });
        let found = found.collect();
        layouts.give(gpushare_gpu_layout_list_t { layouts: found, _arena: arena })
    }

    /// The MIG devices of the node, with handles that are fresh now. It costs as much as `gpushare_observer_layouts`. Free the list with
    /// `gpushare_mig_device_list_free`.
    #[doc(alias = "Observer::mig_devices")]
    fn gpushare_observer_mig_devices(observer: In<gpushare_observer_t>, devices: Out<*mut gpushare_mig_device_list_t>) {
        devices.give(observer.observer.mig_devices()?.into_iter().collect())
    }

    /// The GPUs that are observed, in NVML's order. The list lives as long as the handle of the observer.
    #[doc(alias = "Observer::gpus")]
    fn gpushare_observer_gpus(observer: In<gpushare_observer_t>) -> *const gpushare_gpu_list_t {
        Arc::as_ptr(&observer.gpus)
    }

    /// Another handle of the same observer.
    fn gpushare_observer_clone(observer: In<gpushare_observer_t>) -> *mut gpushare_observer_t {
        cloned(observer)
    }

    /// Frees a handle. The observer ends with the last handle of it. NULL is none.
    fn gpushare_observer_free(observer: Own<gpushare_observer_t>) -> () {
        drop(observer)
    }
}

exports! {
    /// The number of GPUs.
    fn gpushare_gpu_layout_list_len(list: In<gpushare_gpu_layout_list_t>) -> usize {
        list.layouts.len()
    }

    /// The GPU at an index, from 0, and its layout; NULL beyond the last. It lives as long as the list.
    fn gpushare_gpu_layout_list_get(list: In<gpushare_gpu_layout_list_t>, index: usize) -> *const gpushare_gpu_layout_t {
        list.layouts.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_gpu_layout_list_free(list: Own<gpushare_gpu_layout_list_t>) -> () {
        drop(list)
    }
}
