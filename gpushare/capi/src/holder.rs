//! Who keeps a GPU or an instance of it from being changed.

use std::ffi::c_char;
use std::ptr;

use core::Holder;

use crate::arena::Arena;
use crate::argument::{In, Out, Own};
use crate::gpu::gpushare_gpu_t;
use crate::gpu_instance::gpushare_gpu_instance_t;
use crate::list::List;
use crate::mig_device::gpushare_mig_device_t;
use crate::nvml::c_path;

/// A compute instance that lives in the GPU instance; `id` is its id.
pub const GPUSHARE_HOLDER_COMPUTE_INSTANCE: u32 = 0;
/// A process that runs on it; `id` is its process id.
pub const GPUSHARE_HOLDER_PROCESS: u32 = 1;
/// An MPS daemon, which starts another server for the next client; `id` is its process id, and `path` its pipe directory.
pub const GPUSHARE_HOLDER_MPS_DAEMON: u32 = 2;
/// `nvidia-persistenced`, which keeps GPUs initialised; `id` is its process id.
pub const GPUSHARE_HOLDER_PERSISTENCE_DAEMON: u32 = 3;
/// A process that has the device file `path` open and does not run on it; `id` is its process id.
pub const GPUSHARE_HOLDER_OPEN_FILE: u32 = 4;

/// Who keeps a GPU or an instance from being changed, destroyed or reset. A later version may add members at the end, so it is only used
/// through the pointer that the library gives.
#[repr(C)]
pub struct gpushare_holder_t {
    /// One of `GPUSHARE_HOLDER_...`; a later version may have more.
    pub kind: u32,
    /// The number of the compute instance or process.
    pub id: u32,
    /// The process's name; NULL where there is none.
    pub name: *const c_char,
    /// The pipe directory or device file; NULL where there is none.
    pub path: *const c_char,
}

/// Who keeps a GPU or an instance from being changed. Threads may use one at the same time.
pub struct gpushare_holder_list_t {
    list: List<gpushare_holder_t>,
    _texts: Arena,
}

fn shown(holder: &Holder, texts: &mut Arena) -> gpushare_holder_t {
    let plain = |kind, id| gpushare_holder_t { kind, id, name: ptr::null(), path: ptr::null() };
    match holder {
        Holder::ComputeInstance(id) => plain(GPUSHARE_HOLDER_COMPUTE_INSTANCE, id.0),
        Holder::Process(process) => gpushare_holder_t {
            name: process.name.as_ref().map_or(ptr::null(), |name| texts.text(name)),
            ..plain(GPUSHARE_HOLDER_PROCESS, process.pid)
        },
        Holder::MpsDaemon { pid, pipe_directory } => gpushare_holder_t {
            path: pipe_directory.as_deref().map_or(ptr::null(), |path| texts.c_text(c_path(path))),
            ..plain(GPUSHARE_HOLDER_MPS_DAEMON, *pid)
        },
        Holder::PersistenceDaemon { pid } => plain(GPUSHARE_HOLDER_PERSISTENCE_DAEMON, *pid),
        Holder::OpenFile { pid, name, path } => gpushare_holder_t {
            name: texts.text(name),
            path: texts.c_text(c_path(path)),
            ..plain(GPUSHARE_HOLDER_OPEN_FILE, *pid)
        },
        _ => plain(u32::MAX, 0),
    }
}

impl gpushare_holder_list_t {
    pub(crate) fn new(holders: &[Holder]) -> Self {
        let mut texts = Arena::default();
        let list = holders.iter().map(|holder| shown(holder, &mut texts)).collect();
        Self { list, _texts: texts }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn at(&self, index: usize) -> *const gpushare_holder_t {
        self.list.at(index)
    }
}

exports! {
    /// Who keeps the GPU from a reset or a change of its MIG mode: the processes on it, the MPS daemons behind them, the persistence daemon,
    /// and whoever else has its device file or that of one of its instances open. All processes of the node are looked at: ask this where
    /// something was refused. What this user may not look into is not found, and this process is not told. Free it with
    /// `gpushare_holder_list_free`.
    #[doc(alias = "Gpu::holders")]
    fn gpushare_gpu_holders(gpu: In<gpushare_gpu_t>, holders: Out<*mut gpushare_holder_list_t>) {
        holders.give(gpushare_holder_list_t::new(&gpu.gpu.holders()?))
    }

    /// Who keeps the GPU instance from being destroyed: its compute instances, the processes on them, and whoever has its device file or
    /// theirs open. Free it with `gpushare_holder_list_free`.
    #[doc(alias = "GpuInstance::holders")]
    fn gpushare_gpu_instance_holders(
        instance: In<gpushare_gpu_instance_t>,
        holders: Out<*mut gpushare_holder_list_t>,
    ) {
        holders.give(gpushare_holder_list_t::new(&instance.instance.holders()?))
    }

    /// Who keeps the compute instance that this device is from being destroyed: the processes on it, and whoever has its device file open.
    /// Free it with `gpushare_holder_list_free`.
    #[doc(alias = "MigDevice::holders")]
    fn gpushare_mig_device_holders(device: In<gpushare_mig_device_t>, holders: Out<*mut gpushare_holder_list_t>) {
        holders.give(gpushare_holder_list_t::new(&device.device.holders()?))
    }

    /// The number of holders.
    fn gpushare_holder_list_len(list: In<gpushare_holder_list_t>) -> usize {
        list.len()
    }

    /// The holder at an index, from 0; NULL beyond the last. It lives as long as the list.
    fn gpushare_holder_list_get(list: In<gpushare_holder_list_t>, index: usize) -> *const gpushare_holder_t {
        list.at(index)
    }

    /// Frees a list. NULL is none.
    fn gpushare_holder_list_free(list: Own<gpushare_holder_list_t>) -> () {
        drop(list)
    }
}
