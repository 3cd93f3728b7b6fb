//! Event sets: what happens to GPUs is kept with the machine, and each set knows how far it has delivered it.

use std::collections::BTreeMap;
use std::ffi::{c_uint, c_ulonglong};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gpushare_sys::{
    NO_INSTANCE, NVML_ERROR_TIMEOUT, nvmlDevice_t, nvmlEventData_t, nvmlEventMigConfigChange, nvmlEventSet_t,
    nvmlEventTypeAll, nvmlEventTypeXidCriticalError,
};

use super::argument::{Argument, INVALID, NOT_SUPPORTED, Out};
use super::door::{Code, exports, told};
use super::handle::{Board, Of, gpu_handle};
use super::store::Store;
use super::trace::Shown;
use crate::engine::{Event, EventKind, Gpu, Machine};

/// How often a waiting call looks at the machine. Another process may be the one that changes it, so nothing can wake the call.
const INTERVAL: Duration = Duration::from_millis(2);

/// What a set waits for on one GPU.
#[derive(Default)]
struct Registration {
    /// `nvmlEventType`s, and the last event that happened before they were asked for.
    asked: Vec<(c_ulonglong, u64)>,
    /// The last event that was delivered.
    delivered: u64,
}

impl Registration {
    fn wants(&self, event: &Event) -> bool {
        self.asked.iter().any(|(types, before)| event_type(event.kind) & types != 0 && event.sequence > *before)
    }
}

/// The event sets of this process, and what each waits for on which GPU.
static SETS: Mutex<Sets> = Mutex::new(Sets { last: 0, sets: BTreeMap::new() });

pub(super) struct Sets {
    last: usize,
    sets: BTreeMap<usize, BTreeMap<usize, Registration>>,
}

pub(super) fn sets() -> MutexGuard<'static, Sets> {
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

    unsafe fn show(raw: nvmlEventSet_t) -> Shown {
        Shown::pointer(raw, &format!("events{}", raw.addr() ^ TAG))
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

fn event_type(kind: EventKind) -> c_ulonglong {
    match kind {
        EventKind::MigConfigChange => nvmlEventMigConfigChange.into(),
        EventKind::Xid { .. } => nvmlEventTypeXidCriticalError.into(),
    }
}

/// Only an XID has data, and only it may belong to an instance.
fn data(gpu: usize, event: Event) -> nvmlEventData_t {
    let (xid, gi, ci) = match event.kind {
        EventKind::MigConfigChange => (0, None, None),
        EventKind::Xid { xid, gi, ci } => (xid, gi, ci),
    };
    nvmlEventData_t {
        device: gpu_handle(gpu),
        eventType: event_type(event.kind),
        eventData: xid,
        gpuInstanceId: gi.unwrap_or(NO_INSTANCE),
        computeInstanceId: ci.unwrap_or(NO_INSTANCE),
    }
}

/// What can happen to the GPU: a MIG configuration changes only where there is MIG.
fn supported(gpu: &Gpu) -> c_ulonglong {
    let without_mig = !c_ulonglong::from(nvmlEventMigConfigChange);
    c_ulonglong::from(nvmlEventTypeAll) & if gpu.model().mig.is_some() { c_ulonglong::MAX } else { without_mig }
}

impl Set {
    /// The oldest event, of any GPU, that the set waits for and did not deliver. It counts as delivered from here on.
    fn take(self, store: &Store) -> Result<Option<nvmlEventData_t>, Code> {
        told(store.read(|machine, _| {
            let mut sets = sets();
            // Another thread may have freed the set.
            let registered = sets.sets.get_mut(&self.0).ok_or(INVALID)?;
            let news = registered.iter_mut().filter_map(|(gpu, registration)| {
                let mut events = machine.gpus().get(*gpu)?.events().after(registration.delivered);
                let event = events.find(|event| registration.wants(event))?;
                Some((*gpu, registration, event))
            });
            Ok(news.min_by_key(|(_, _, event)| event.sequence).map(|(gpu, registration, event)| {
                registration.delivered = event.sequence;
                data(gpu, event)
            }))
        }))
    }

    fn wait(self, store: &Store, timeout_ms: c_uint) -> Result<nvmlEventData_t, Code> {
        let start = Instant::now();
        let timeout = Duration::from_millis(timeout_ms.into());
        loop {
            if let Some(data) = self.take(store)? {
                return Ok(data);
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
    read fn nvmlDeviceGetSupportedEventTypes(machine, _; device: Board, types: Out<c_ulonglong>) {
        types.put(supported(device.gpu(machine)?))
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

    // A second call adds types. What happened before the types were asked for is not delivered.
    read fn nvmlDeviceRegisterEvents(machine, _; device: Board, types: c_ulonglong, set: Set) {
        if types & !supported(device.gpu(machine)?) != 0 {
            return Err(NOT_SUPPORTED);
        }
        let mut sets = sets();
        let registration = sets.sets.get_mut(&set.0).ok_or(INVALID)?.entry(device.0).or_default();
        let known = registration.asked.iter().fold(0, |known, (types, _)| known | types);
        if types & !known != 0 {
            registration.asked.push((types & !known, machine.latest_event()));
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
