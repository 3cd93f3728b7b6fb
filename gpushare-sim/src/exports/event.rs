//! Event sets. The one event that happens to a simulated machine is a change of its MIG configuration.

use std::collections::BTreeMap;
use std::ffi::{c_uint, c_ulonglong};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gpushare_sys::{
    NO_INSTANCE, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_TIMEOUT, nvmlDevice_t, nvmlEventData_t, nvmlEventMigConfigChange,
    nvmlEventSet_t, nvmlEventTypeAll,
};

use super::argument::{Argument, INVALID, Out};
use super::door::{Code, exports};
use super::handle::{Board, Of, gpu_handle};
use super::store::Store;
use crate::engine::Machine;

/// How often a waiting call looks at the machine. Another process may be the one that changes it, so nothing can wake the call.
const INTERVAL: Duration = Duration::from_millis(2);

/// The event sets of this process: per set and GPU, the number of configuration changes that were delivered.
static SETS: Mutex<Sets> = Mutex::new(Sets { last: 0, sets: BTreeMap::new() });

struct Sets {
    last: usize,
    sets: BTreeMap<usize, BTreeMap<usize, u64>>,
}

fn sets() -> MutexGuard<'static, Sets> {
    // No code between lock and unlock can panic half-way through a change.
    SETS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The library is shut down: every event set is gone.
pub(super) fn forget() {
    sets().sets.clear();
}

/// The handle of an event set: a number that is never given out twice.
#[derive(Clone, Copy)]
struct Set(usize);

/// What sets a handle of a set apart from other numbers.
const TAG: usize = 0x6576_6e74 << 32;

impl Argument for Set {
    type Raw = nvmlEventSet_t;

    unsafe fn accept(raw: nvmlEventSet_t, _: &Machine) -> Result<Self, Code> {
        let number = raw.addr() ^ TAG;
        if sets().sets.contains_key(&number) { Ok(Self(number)) } else { Err(INVALID) }
    }
}

/// What `nvmlEventSetWait` fills, whatever the header says of its struct: all but the instances.
#[repr(C)]
struct EventDataV1 {
    device: nvmlDevice_t,
    event_type: c_ulonglong,
    event_data: c_ulonglong,
}

const _: () = assert!(size_of::<EventDataV1>() == 24 && size_of::<nvmlEventData_t>() == 32);

impl Set {
    /// The GPU of an event that was not delivered yet, which it now is.
    fn take(self, store: &Store) -> Result<Option<usize>, Code> {
        store.read(|machine, _| {
            let mut sets = sets();
            // Another thread may have freed the set.
            let delivered = sets.sets.get_mut(&self.0).ok_or(INVALID)?;
            let mut news = delivered.iter_mut().filter_map(|(gpu, delivered)| {
                let happened = machine.gpu(*gpu).ok()?.config_generation();
                (*delivered < happened).then_some((*gpu, delivered))
            });
            Ok(news.next().map(|(gpu, delivered)| {
                *delivered += 1;
                gpu
            }))
        })
    }

    fn wait(self, store: &Store, timeout_ms: c_uint) -> Result<nvmlEventData_t, Code> {
        let start = Instant::now();
        let timeout = Duration::from_millis(timeout_ms.into());
        loop {
            if let Some(gpu) = self.take(store)? {
                return Ok(nvmlEventData_t {
                    device: gpu_handle(gpu),
                    eventType: nvmlEventMigConfigChange.into(),
                    eventData: 0,
                    gpuInstanceId: NO_INSTANCE,
                    computeInstanceId: NO_INSTANCE,
                });
            }
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(Code(NVML_ERROR_TIMEOUT));
            }
            thread::sleep(left.min(INTERVAL));
        }
    }
}

exports! {
    read fn nvmlDeviceGetSupportedEventTypes(_, _; _device: Board, types: Out<c_ulonglong>) {
        types.put(nvmlEventTypeAll.into())
    }

    read fn nvmlEventSetCreate(_, _; set: Out<nvmlEventSet_t>) {
        let mut sets = sets();
        sets.last += 1;
        let number = sets.last;
        sets.sets.insert(number, BTreeMap::new());
        set.put(std::ptr::without_provenance_mut(TAG ^ number))
    }

    read fn nvmlEventSetFree(_, _; set: Set) {
        sets().sets.remove(&set.0).map(|_| ()).ok_or(INVALID)
    }

    read fn nvmlDeviceRegisterEvents(machine, _; device: Board, types: c_ulonglong, set: Set) {
        if types & !c_ulonglong::from(nvmlEventTypeAll) != 0 {
            return Err(Code(NVML_ERROR_NOT_SUPPORTED));
        }
        if types & c_ulonglong::from(nvmlEventMigConfigChange) != 0 {
            let happened = device.gpu(machine)?.config_generation();
            sets().sets.get_mut(&set.0).ok_or(INVALID)?.entry(device.0).or_insert(happened);
        }
        Ok(())
    }

    session fn nvmlEventSetWait(store, _; set: Set, data: Out<nvmlEventData_t>, timeout_ms: c_uint) {
        let nvmlEventData_t { device, eventType: event_type, eventData: event_data, .. } = set.wait(store, timeout_ms)?;
        data.put_as(EventDataV1 { device, event_type, event_data })
    }

    session fn nvmlEventSetWait_v2(store, _; set: Set, data: Out<nvmlEventData_t>, timeout_ms: c_uint) {
        data.put(set.wait(store, timeout_ms)?)
    }
}
