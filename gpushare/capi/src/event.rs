//! Events.

use std::ffi::{CString, c_char};
use std::time::Duration;

use core::{EventKind, EventKinds, EventSet, GpuEvent};

use crate::argument::{Given, Growing, In, Out, Own};
use crate::boundary::Fault;
use crate::gpu::gpushare_gpu_t;
use crate::list::cloned;
use crate::mig_device::gpushare_mig_device_list_t;
use crate::nvml::gpushare_nvml_t;
use crate::text::c_string;

/// An ECC error of one bit, which was corrected.
pub const GPUSHARE_EVENT_SINGLE_BIT_ECC: u64 = 0x1;
/// An ECC error of two bits, which could not be corrected.
pub const GPUSHARE_EVENT_DOUBLE_BIT_ECC: u64 = 0x2;
/// Another performance state.
pub const GPUSHARE_EVENT_PSTATE: u64 = 0x4;
/// An error that the driver also writes into the kernel's log, with a number that says which.
pub const GPUSHARE_EVENT_XID: u64 = 0x8;
/// Other clocks; Kepler only.
pub const GPUSHARE_EVENT_CLOCK: u64 = 0x10;
/// Another source of power, mains or battery.
pub const GPUSHARE_EVENT_POWER_SOURCE: u64 = 0x80;
/// A GPU instance or compute instance was created or destroyed.
pub const GPUSHARE_EVENT_MIG_CONFIG_CHANGE: u64 = 0x100;
/// Many ECC errors of one bit in a short time.
pub const GPUSHARE_EVENT_SINGLE_BIT_ECC_STORM: u64 = 0x200;
/// A part of the memory was taken out of use.
pub const GPUSHARE_EVENT_DRAM_RETIREMENT: u64 = 0x400;
/// A part of the memory could not be taken out of use.
pub const GPUSHARE_EVENT_DRAM_RETIREMENT_FAILURE: u64 = 0x800;
/// Poisoned data were met, which harm no more than the program that uses them.
pub const GPUSHARE_EVENT_NON_FATAL_POISON: u64 = 0x1000;
/// Poisoned data were met, which the GPU does not survive.
pub const GPUSHARE_EVENT_FATAL_POISON: u64 = 0x2000;
/// The GPU cannot be used.
pub const GPUSHARE_EVENT_GPU_UNAVAILABLE: u64 = 0x4000;
/// Another step is needed for the GPU to recover, such as a reset.
pub const GPUSHARE_EVENT_GPU_RECOVERY_ACTION: u64 = 0x8000;

const _: () = {
    assert!(GPUSHARE_EVENT_SINGLE_BIT_ECC == EventKinds::SINGLE_BIT_ECC.bits());
    assert!(GPUSHARE_EVENT_DOUBLE_BIT_ECC == EventKinds::DOUBLE_BIT_ECC.bits());
    assert!(GPUSHARE_EVENT_PSTATE == EventKinds::PSTATE.bits());
    assert!(GPUSHARE_EVENT_XID == EventKinds::XID.bits());
    assert!(GPUSHARE_EVENT_CLOCK == EventKinds::CLOCK.bits());
    assert!(GPUSHARE_EVENT_POWER_SOURCE == EventKinds::POWER_SOURCE.bits());
    assert!(GPUSHARE_EVENT_MIG_CONFIG_CHANGE == EventKinds::MIG_CONFIG_CHANGE.bits());
    assert!(GPUSHARE_EVENT_SINGLE_BIT_ECC_STORM == EventKinds::SINGLE_BIT_ECC_STORM.bits());
    assert!(GPUSHARE_EVENT_DRAM_RETIREMENT == EventKinds::DRAM_RETIREMENT.bits());
    assert!(GPUSHARE_EVENT_DRAM_RETIREMENT_FAILURE == EventKinds::DRAM_RETIREMENT_FAILURE.bits());
    assert!(GPUSHARE_EVENT_NON_FATAL_POISON == EventKinds::NON_FATAL_POISON.bits());
    assert!(GPUSHARE_EVENT_FATAL_POISON == EventKinds::FATAL_POISON.bits());
    assert!(GPUSHARE_EVENT_GPU_UNAVAILABLE == EventKinds::GPU_UNAVAILABLE.bits());
    assert!(GPUSHARE_EVENT_GPU_RECOVERY_ACTION == EventKinds::GPU_RECOVERY_ACTION.bits());
};

/// An event is attributed to no instance of this kind.
pub const GPUSHARE_EVENT_NO_INSTANCE: u32 = 4294967295;
/// The time of a wait that ends with an event or a stop alone.
pub const GPUSHARE_WAIT_FOREVER: u32 = 4294967295;

/// GPUs that are watched. What happens to them from the making of the set on is kept by the driver until it is asked for; how much it keeps,
/// NVIDIA does not document. Threads may ask one at the same time, and each event is given to one of them. After `fork` it is stale in the
/// child, whatever else may be used there: its events are the parent's.
#[derive(Clone)]
pub struct gpushare_event_set_t {
    events: EventSet,
    gpus: Vec<(gpushare_gpu_t, EventKinds)>,
}

impl From<EventSet> for gpushare_event_set_t {
    fn from(events: EventSet) -> Self {
        let gpus = events.registered().map(|(gpu, kinds)| (gpu.clone().into(), kinds)).collect();
        Self { events, gpus }
    }
}

/// Which GPUs to watch, and for what.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_event_set_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// How many GPUs they are, 1 at the least.
    pub gpu_count: u32,
    /// The GPUs, all of one session.
    pub gpus: *const *const gpushare_gpu_t,
    /// `GPUSHARE_EVENT_...` bits.
    pub kinds: u64,
}

impl Default for gpushare_event_set_options_t {
    fn default() -> Self {
        Self { struct_size: 0, gpu_count: 0, gpus: std::ptr::null(), kinds: 0 }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_event_set_options_t {
    const FIRST_SIZE: usize = 24;
}

impl gpushare_event_set_options_t {
    /// # Safety
    ///
    /// The pointers are NULL or what their descriptions say, for the call.
    unsafe fn make(&self) -> Result<EventSet, Fault> {
        let gpus = match self.gpus.is_null() {
            true => &[],
            // SAFETY: the caller's promise.
            false => unsafe { std::slice::from_raw_parts(self.gpus, self.gpu_count as usize) },
        };
        let absent = || Fault::Argument { name: "options", reason: "has a GPU that is NULL".into() };
        // SAFETY: the caller's promise.
        let gpus = gpus.iter().map(|gpu| unsafe { gpu.as_ref() }.map(|gpu| gpu.gpu.clone()).ok_or_else(absent));
        let gpus = gpus.collect::<Result<Vec<_>, _>>()?;
        Ok(EventSet::new(&gpus, EventKinds::from_bits_retain(self.kinds))?)
    }
}

/// Something that happened to a GPU.
pub struct gpushare_gpu_event_t {
    event: GpuEvent,
    gpu: gpushare_gpu_t,
    target: CString,
}

impl From<GpuEvent> for gpushare_gpu_event_t {
    fn from(event: GpuEvent) -> Self {
        Self { gpu: event.gpu.clone().into(), target: c_string(event.target().to_string()), event }
    }
}

/// An event that is the caller's, or NULL.
fn given(event: Option<GpuEvent>) -> *mut gpushare_gpu_event_t {
    event.map_or(std::ptr::null_mut(), |event| Box::into_raw(Box::new(event.into())))
}

exports! {
    /// The kinds of events that the driver tells of a GPU: `GPUSHARE_EVENT_...` bits, and those of newer drivers.
    #[doc(alias = "Gpu::supported_events")]
    fn gpushare_gpu_supported_events(gpu: In<gpushare_gpu_t>, kinds: Out<u64>) {
        kinds.set(gpu.gpu.supported_events()?.bits())
    }

    /// Watches all GPUs, each for those of the kinds (`GPUSHARE_EVENT_...` bits) that it supports. A GPU that supports none of them, that is
    /// lost or that the caller may not open is left out. Free the set with `gpushare_event_set_free`.
    #[doc(alias = "Nvml::watch")]
    fn gpushare_nvml_watch(nvml: In<gpushare_nvml_t>, kinds: u64, events: Out<*mut gpushare_event_set_t>) {
        events.give(nvml.nvml.watch(EventKinds::from_bits_retain(kinds))?.into())
    }

    /// Watches some GPUs, each for those of the kinds that it supports. A GPU that supports none of them is left out.
    /// `GPUSHARE_ERROR_INVALID_ARGUMENT` without GPUs, as by NULL, and for GPUs of several sessions. Free the set with
    /// `gpushare_event_set_free`.
    #[doc(alias = "EventSet::new")]
    fn gpushare_event_set_new(options: Given<gpushare_event_set_options_t>, events: Out<*mut gpushare_event_set_t>) {
        // SAFETY: the caller passes NULL or what the descriptions of the options say.
        events.give(unsafe { options.make() }?.into())
    }

    /// How many GPUs are watched.
    #[doc(alias = "EventSet::registered")]
    fn gpushare_event_set_gpu_count(events: In<gpushare_event_set_t>) -> usize {
        events.gpus.len()
    }

    /// A GPU that is watched, from 0; NULL beyond the last. It lives as long as the handle of the set; a clone lives on.
    #[doc(alias = "EventSet::registered")]
    fn gpushare_event_set_gpu(events: In<gpushare_event_set_t>, index: usize) -> *const gpushare_gpu_t {
        events.gpus.get(index).map_or(std::ptr::null(), |(gpu, _)| gpu)
    }

    /// What a GPU is watched for: `GPUSHARE_EVENT_...` bits; 0 beyond the last.
    #[doc(alias = "EventSet::registered")]
    fn gpushare_event_set_kinds(events: In<gpushare_event_set_t>, index: usize) -> u64 {
        events.gpus.get(index).map_or(0, |(_, kinds)| kinds.bits())
    }

    /// The oldest event that was not given yet, or NULL where there is none now: one call of the driver, which does not wait.
    /// `GPUSHARE_ERROR_STALE` after its session was closed, and in a child made by `fork`; `GPUSHARE_ERROR_GPU_LOST`, on which a driver may insist as long as the
    /// lost GPU is in the set. Free the event with `gpushare_gpu_event_free`.
    #[doc(alias = "EventSet::poll")]
    fn gpushare_event_set_poll(events: In<gpushare_event_set_t>, event: Out<*mut gpushare_gpu_event_t>) {
        event.set(given(events.events.poll()?))
    }

    /// The oldest event that was not given yet, waiting for one up to `timeout_ms` or `GPUSHARE_WAIT_FOREVER`. NULL when the time has run out,
    /// and once the set was stopped. Errors are those of `gpushare_event_set_poll`; a session that is closed meanwhile ends the wait
    /// within 100 ms. Free the event with `gpushare_gpu_event_free`.
    #[doc(alias = "EventSet::wait", alias = "EventSet::iter")]
    fn gpushare_event_set_wait(events: In<gpushare_event_set_t>, timeout_ms: u32, event: Out<*mut gpushare_gpu_event_t>) {
        let timeout = match timeout_ms {
            GPUSHARE_WAIT_FOREVER => Duration::MAX,
            ms => Duration::from_millis(ms.into()),
        };
        event.set(given(events.events.wait(timeout)?))
    }

    /// Ends the waiting of every thread, within 100 ms and for good. What the driver kept can still be polled.
    #[doc(alias = "EventSet::stopper", alias = "EventStopper::stop")]
    fn gpushare_event_set_stop(events: In<gpushare_event_set_t>) -> () {
        events.events.stopper().stop()
    }

    /// Whether the set was stopped.
    #[doc(alias = "EventSet::is_stopped", alias = "EventStopper::is_stopped")]
    fn gpushare_event_set_is_stopped(events: In<gpushare_event_set_t>) -> bool {
        events.events.is_stopped()
    }

    /// Another handle of the same set.
    fn gpushare_event_set_clone(events: In<gpushare_event_set_t>) -> *mut gpushare_event_set_t {
        cloned(events)
    }

    /// Frees a handle. The set ends with the last handle of it. NULL is none.
    fn gpushare_event_set_free(events: Own<gpushare_event_set_t>) -> () {
        drop(events)
    }
}

exports! {
    /// The GPU that it happened to. It lives as long as the event; a clone lives on.
    fn gpushare_gpu_event_gpu(event: In<gpushare_gpu_event_t>) -> *const gpushare_gpu_t {
        &event.gpu
    }

    /// What happened: one of the `GPUSHARE_EVENT_...` bits, or one of a newer driver. A change of the MIG configuration says that the layout is
    /// another, and not how often it changed.
    fn gpushare_gpu_event_kind(event: In<gpushare_gpu_event_t>) -> u64 {
        match event.event.kind {
            EventKind::MigConfigChange => GPUSHARE_EVENT_MIG_CONFIG_CHANGE,
            EventKind::Xid(_) => GPUSHARE_EVENT_XID,
            EventKind::Other { kinds, .. } => kinds.bits(),
            // A kind that this library does not know has no bit either.
            _ => 0,
        }
    }

    /// The number of an XID, in NVIDIA's table of XIDs, 999 for one that NVML does not know; 0 of anything else, as far as NVIDIA documents.
    fn gpushare_gpu_event_data(event: In<gpushare_gpu_event_t>) -> u64 {
        match event.event.kind {
            EventKind::Xid(number) => number,
            EventKind::Other { data, .. } => data,
            _ => 0,
        }
    }

    /// The id of the GPU instance that it is attributed to, which the driver tells of an XID only. `GPUSHARE_EVENT_NO_INSTANCE` where it concerns
    /// the whole GPU, and from drivers without `nvmlEventSetWait_v2`, which do not tell: then it may concern any instance.
    fn gpushare_gpu_event_gpu_instance(event: In<gpushare_gpu_event_t>) -> u32 {
        event.event.gpu_instance.map_or(GPUSHARE_EVENT_NO_INSTANCE, |id| id.0)
    }

    /// The id of the compute instance in that GPU instance; `GPUSHARE_EVENT_NO_INSTANCE` where it concerns the whole GPU instance.
    fn gpushare_gpu_event_compute_instance(event: In<gpushare_gpu_event_t>) -> u32 {
        event.event.compute_instance.map_or(GPUSHARE_EVENT_NO_INSTANCE, |id| id.0)
    }

    /// The smallest thing that it is attributed to, for a person. It lives as long as the event.
    #[doc(alias = "GpuEvent::target")]
    fn gpushare_gpu_event_target(event: In<gpushare_gpu_event_t>) -> *const c_char {
        event.target.as_ptr()
    }

    /// Every MIG device that it concerns, of those that there are now: the one of its compute instance, all of its GPU instance, or all of the
    /// GPU. Free the list with `gpushare_mig_device_list_free`.
    #[doc(alias = "GpuEvent::mig_devices")]
    fn gpushare_gpu_event_mig_devices(event: In<gpushare_gpu_event_t>, devices: Out<*mut gpushare_mig_device_list_t>) {
        devices.give(event.event.mig_devices()?.into_iter().collect())
    }

    /// Frees an event. NULL is none.
    fn gpushare_gpu_event_free(event: Own<gpushare_gpu_event_t>) -> () {
        drop(event)
    }
}
