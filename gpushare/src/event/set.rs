//! Sets of GPUs that are watched for events.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gpushare_sys as sys;

use crate::call::{Handle, call, call_versioned};
use crate::error::{Error, ErrorKind, NvmlReturn, Result, Target};
use crate::event::driver_set::DriverSet;
use crate::event::gpu_event::GpuEvent;
use crate::event::iter::Events;
use crate::event::kinds::EventKinds;
use crate::gpu::Gpu;
use crate::nvml::{Nvml, Session};

/// The longest that the driver is left to wait at a time: nothing can wake it, so whoever stops a set or closes its session waits as long.
const SLICE: Duration = Duration::from_millis(100);

/// GPUs that are watched: what happens to them from the making of the set on is kept until it is asked for.
///
/// The driver keeps it; nothing runs or queues up in this process. How much the driver keeps, NVIDIA does not document, so a set is to be
/// asked often enough, and a [`MigConfigChange`](crate::EventKind::MigConfigChange) says that the layout is another and not how often it
/// changed. Whoever follows a state makes the set first and looks at the state then, so that no change falls between the two.
///
/// Clones are one set, which is freed with the last of them, its [iterators](Events) included. Every thread may ask it, several at once;
/// each event is given to one of them. In a child made by `fork` a set is [`Stale`](ErrorKind::Stale): its events are its parent's.
///
/// A caller whom the driver does not let monitor the whole GPU is told only what concerns all instances of it.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// use gpushare::{EventKind, EventKinds};
/// let events = nvml.watch(EventKinds::XID | EventKinds::MIG_CONFIG_CHANGE)?;
/// let gpu = nvml.gpu(0)?;
/// gpu.set_mig_mode(true)?;
/// gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
/// let event = events.wait(std::time::Duration::from_secs(5))?.ok_or("an event")?;
/// assert_eq!((event.gpu, event.kind), (gpu, EventKind::MigConfigChange));
/// assert_eq!(events.poll()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EventSet(Arc<Inner>);

struct Inner {
    session: Arc<Session>,
    set: Arc<DriverSet>,
    registered: Vec<(Gpu, EventKinds)>,
    stopper: EventStopper,
}

impl Nvml {
    /// Watches all GPUs, each for those of the kinds that it [supports](Gpu::supported_events).
    ///
    /// A GPU that supports none of them, that is lost or that the caller may not open is left out; [`registered`](EventSet::registered)
    /// has the others.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](ErrorKind::NotSupported) where the driver has no events, [`Stale`](ErrorKind::Stale) after
    /// [`close`](Nvml::close), else what the driver answers.
    #[doc(alias = "nvmlEventSetCreate")]
    pub fn watch(&self, kinds: EventKinds) -> Result<EventSet> {
        let unavailable = |error: &Error| matches!(error.kind(), ErrorKind::GpuLost | ErrorKind::NoPermission);
        let gpus = (0..self.gpu_count()?).map(|index| self.gpu(index));
        EventSet::make(&self.0, gpus, kinds, unavailable)
    }
}

impl EventSet {
    /// Watches some GPUs of one session, each for those of the kinds that it [supports](Gpu::supported_events).
    ///
    /// A GPU that supports none of them is left out; [`registered`](EventSet::registered) has the others.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEventSet`] without GPUs, and for GPUs of several sessions; [`GpuLost`](ErrorKind::GpuLost) where one of them is
    /// lost; else as [`Nvml::watch`].
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::from_spec("1xH200+1xT4")?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// use gpushare::{EventKinds, EventSet};
    /// let changes = EventSet::new(&nvml.gpus()?, EventKinds::MIG_CONFIG_CHANGE)?;
    /// let watched: Vec<_> = changes.registered().map(|(gpu, _)| gpu.name()).collect();
    /// assert_eq!(watched, ["NVIDIA H200"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("nvmlEventSetCreate", "nvmlDeviceRegisterEvents"))]
    pub fn new(gpus: &[Gpu], kinds: EventKinds) -> Result<Self> {
        let refuse = |reason: String| Error::InvalidEventSet { reason };
        let first = gpus.first().ok_or_else(|| refuse("it needs at least one GPU".into()))?;
        let session = &first.0.session;
        if let Some(other) = gpus.iter().find(|gpu| !Arc::ptr_eq(&gpu.0.session, session)) {
            let (other, first) = (other.target(), first.target());
            return Err(refuse(format!("{other} is of another NVML session than {first}")));
        }
        Self::make(session, gpus.iter().cloned().map(Ok), kinds, |_| false)
    }

    /// A set of the GPUs but those with an error that is passed over.
    fn make(
        session: &Arc<Session>,
        gpus: impl Iterator<Item = Result<Gpu>>,
        kinds: EventKinds,
        passed_over: impl Fn(&Error) -> bool,
    ) -> Result<Self> {
        let set = session.new_event_set();
        let made = set.make(|place| {
            let mut raw = std::ptr::null_mut();
            call!(session, Target::EventSet, nvmlEventSetCreate(&mut raw))?;
            let raw = *place.insert(Handle(raw));
            let mut registered: Vec<(Gpu, EventKinds)> = Vec::new();
            for gpu in gpus {
                match gpu.and_then(|gpu| Ok((register(&gpu, kinds, raw)?, gpu))) {
                    Ok((kinds, gpu)) if kinds.is_empty() || registered.iter().any(|(known, _)| *known == gpu) => {}
                    Ok((kinds, gpu)) => registered.push((gpu, kinds)),
                    Err(error) if passed_over(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(registered)
        });
        let registered = made.inspect_err(|_| session.free_event_set(&set))?;
        let stopper = EventStopper(Arc::default());
        Ok(Self(Arc::new(Inner { session: Arc::clone(session), set, registered, stopper })))
    }

    /// The GPUs that are watched, and for what.
    pub fn registered(&self) -> impl ExactSizeIterator<Item = (&Gpu, EventKinds)> {
        self.0.registered.iter().map(|(gpu, kinds)| (gpu, *kinds))
    }

    /// The oldest event that was not given yet, if there is one now: one call of the driver, which does not wait.
    ///
    /// # Errors
    ///
    /// [`Stale`](ErrorKind::Stale) after [`Nvml::close`], and in a child made by `fork`;
    /// [`GpuLost`](ErrorKind::GpuLost), on which a driver may insist as long as the lost GPU is in the set; else what the driver answers.
    #[doc(alias("nvmlEventSetWait", "nvmlEventSetWait_v2"))]
    pub fn poll(&self) -> Result<Option<GpuEvent>> {
        self.ask(0)
    }

    /// The oldest event that was not given yet, waiting for one if need be. `None` when the time has run out, and once the set was
    /// [stopped](EventSet::stopper).
    ///
    /// # Errors
    ///
    /// As [`poll`](EventSet::poll). A session that is closed meanwhile ends the wait with [`Stale`](ErrorKind::Stale) within 100 ms.
    #[doc(alias("nvmlEventSetWait", "nvmlEventSetWait_v2"))]
    pub fn wait(&self, timeout: Duration) -> Result<Option<GpuEvent>> {
        // What ends beyond the clock never ends.
        let end = Instant::now().checked_add(timeout);
        while !self.is_stopped() {
            let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
            let event = self.ask(left.min(SLICE).as_micros().div_ceil(1000) as u32)?;
            if event.is_some() || end.is_some_and(|end| Instant::now() >= end) {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// The events as they come, until the set is [stopped](EventSet::stopper). It keeps the set alive, and threads may have one each.
    ///
    /// An error is the last item, as it would come again at once.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// let events = nvml.watch(gpushare::EventKinds::XID)?;
    /// let stopper = events.stopper();
    /// let watcher = std::thread::spawn(move || events.iter().collect::<gpushare::Result<Vec<_>>>());
    /// stopper.stop();
    /// assert_eq!(watcher.join().map_err(|_| "a panic")??, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> Events {
        Events::new(self.clone())
    }

    /// What ends the waiting of every thread, now and later.
    pub fn stopper(&self) -> EventStopper {
        self.0.stopper.clone()
    }

    /// Whether the set was stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.stopper.is_stopped()
    }

    /// Asks the driver, which waits so many milliseconds at most.
    fn ask(&self, timeout_ms: u32) -> Result<Option<GpuEvent>> {
        let Inner { session, set, registered, .. } = &*self.0;
        let mut data = sys::nvmlEventData_t::default();
        let asked = set.with(|raw| {
            if registered.is_empty() {
                // NVIDIA does not say how the driver would wait for nothing.
                thread::sleep(Duration::from_millis(timeout_ms.into()));
                return Ok(false);
            }
            let answer = call_versioned!(
                session,
                Target::EventSet,
                nvmlEventSetWait_v2,
                event_set_wait(raw.0, &mut data, timeout_ms)
            );
            match answer {
                Ok(()) => Ok(true),
                Err(error) if error.nvml_return() == Some(NvmlReturn::TIMEOUT) => Ok(false),
                Err(error) => Err(error),
            }
        });
        if !asked.unwrap_or(Err(Error::Stale { target: Target::EventSet }))? {
            return Ok(None);
        }
        let known = registered.iter().find(|(gpu, _)| std::ptr::eq(gpu.0.raw.0, data.device));
        let gpu = match known {
            Some((gpu, _)) => gpu.clone(),
            None => Nvml(Arc::clone(session)).gpu_from_raw(Handle(data.device), Target::Nvml, None)?,
        };
        Ok(Some(GpuEvent::new(gpu, &data)))
    }
}

/// Adds what the GPU supports of the kinds to a set, and says what that is.
fn register(gpu: &Gpu, kinds: EventKinds, set: Handle<sys::nvmlEventSet_st>) -> Result<EventKinds> {
    let refused = |error: &Error| error.nvml_return() == Some(NvmlReturn::NOT_SUPPORTED);
    let kinds = match gpu.supported_events() {
        Ok(supported) => supported & kinds,
        Err(error) if refused(&error) => EventKinds::empty(),
        Err(error) => return Err(error),
    };
    if kinds.is_empty() {
        return Ok(kinds);
    }
    match call!(gpu.0.session, gpu.target(), nvmlDeviceRegisterEvents(gpu.0.raw.0, kinds.bits(), set.0)) {
        Ok(()) => Ok(kinds),
        Err(error) if refused(&error) => Ok(EventKinds::empty()),
        Err(error) => Err(error),
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.session.free_event_set(&self.set);
    }
}

impl IntoIterator for &EventSet {
    type Item = Result<GpuEvent>;
    type IntoIter = Events;

    fn into_iter(self) -> Events {
        self.iter()
    }
}

impl fmt::Debug for EventSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSet").field("registered", &self.0.registered).field("stopped", &self.is_stopped()).finish()
    }
}

/// Ends the waiting for the events of a set: see [`EventSet::stopper`].
#[derive(Debug, Clone)]
pub struct EventStopper(Arc<AtomicBool>);

impl EventStopper {
    /// Ends [`wait`](EventSet::wait) and [`iter`](EventSet::iter) of the set on every thread, within 100 ms and for good. What the driver
    /// kept can still be [polled](EventSet::poll).
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the set was stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
