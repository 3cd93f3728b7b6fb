//! Snapshots one after the other, for the least that they can cost.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::division::{Busy, Division};
use super::look::look;
use super::mps::daemons;
use super::node::{Snapshot, SnapshotSchema};
use crate::error::{Error, ErrorKind, Result, Target};
use crate::event::{EventKind, EventKinds, EventSet};
use crate::gpu::Gpu;
use crate::id::GpuUuid;
use crate::mig::{Layout, MigDevice};
use crate::nvml::Nvml;
use crate::process::book::ProcessBook;

/// Other processes divide GPUs anew while they are looked at; this often a look is begun anew.
const LOOKS: u32 = 8;

/// Takes snapshots of a node, and asks the driver only for what may have changed since the last one.
///
/// What never changes is asked once. How the GPUs are divided is asked again where the driver told of a change, or one was made through the
/// same session; a driver that tells of no changes is asked each time. Memory, use and processes are asked each time. What each snapshot
/// costs in calls is in the [table](crate::costs) that the tests keep true.
///
/// # Thread safety
///
/// `Send` and `Sync`; threads take turns.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// let observer = nvml.observer()?;
/// let before = observer.snapshot()?;
/// let gpu = nvml.gpu(0)?;
/// gpu.set_mig_mode(true)?;
/// gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?.create_default_compute_instance()?;
/// let after = observer.snapshot()?;
/// assert_eq!(after.gpus[0].layout().ok_or("known")?.to_string(), "4g.20gb@0[*@0]");
/// assert_eq!(before.changes_to(&after).len(), 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Observer {
    nvml: Nvml,
    driver_version: String,
    driver_branch: u32,
    state: Mutex<State>,
}

struct State {
    gpus: Vec<Watched>,
    /// `None` where the driver tells of no changes.
    events: Option<EventSet>,
    processes: ProcessBook,
}

struct Watched {
    gpu: Gpu,
    /// Whether the driver tells of changes of this GPU.
    told: bool,
    division: Option<Division>,
    /// Whether the division is to be asked again.
    changed: bool,
    /// The session's count of divisions before it was asked.
    divisions: u64,
}

impl Nvml {
    /// What takes snapshots one after the other, for the least that they can cost.
    ///
    /// # Errors
    ///
    /// [`Stale`](ErrorKind::Stale) after [`close`](Nvml::close), else what the driver answers.
    pub fn observer(&self) -> Result<Observer> {
        Observer::new(self)
    }
}

impl Observer {
    fn new(nvml: &Nvml) -> Result<Self> {
        let gpus = (0..nvml.gpu_count()?).map(|index| nvml.gpu(index));
        // One that fell off the bus, or that this caller may not open, has no identity to be shown by.
        let hidden = |error: &Error| matches!(error.kind(), ErrorKind::GpuLost | ErrorKind::NoPermission);
        let gpus: Vec<_> = gpus.filter(|gpu| !gpu.as_ref().is_err_and(hidden)).collect::<Result<_>>()?;
        // Before any division is asked, so that no change falls between the two. Without them everything is asked each time.
        let events = EventSet::new(&gpus, EventKinds::MIG_CONFIG_CHANGE).ok();
        let told = |gpu: &Gpu| events.iter().flat_map(EventSet::registered).any(|(watched, _)| watched == gpu);
        let watched = |gpu| Watched { told: told(&gpu), gpu, division: None, changed: true, divisions: 0 };
        let gpus = gpus.into_iter().map(watched).collect();
        let state = State { gpus, events, processes: ProcessBook::default() };
        let driver_version = nvml.driver_version()?;
        let driver_branch = driver_version.split('.').next().and_then(|branch| branch.parse().ok()).unwrap_or(u32::MAX);
        Ok(Self { nvml: nvml.clone(), driver_version, driver_branch, state: Mutex::new(state) })
    }

    /// What is on the node, who is on it and what is free, as it is now.
    ///
    /// # Errors
    ///
    /// As [`Nvml::snapshot`].
    pub fn snapshot(&self) -> Result<Snapshot> {
        let mut state = self.state();
        state.processes.begin();
        let gpus = state.settled(self, look)?;
        let mps_daemons = daemons(&gpus);
        Ok(Snapshot { schema: SnapshotSchema, driver_version: self.driver_version.clone(), gpus, mps_daemons })
    }

    /// How each GPU is divided now, as [`GpuSnapshot::layout`](crate::GpuSnapshot::layout) has it. Where nothing changed, the driver is
    /// asked for events alone, and once for each GPU without instances.
    ///
    /// # Errors
    ///
    /// As [`Nvml::snapshot`].
    pub fn layouts(&self) -> Result<Vec<(GpuUuid, Option<Layout>)>> {
        self.state().settled(self, |gpu, division, _, _| Ok((*gpu.uuid(), division.layout())))
    }

    /// The MIG devices of the node, with handles that are fresh now. It costs as much as [`layouts`](Self::layouts).
    ///
    /// # Errors
    ///
    /// As [`Nvml::snapshot`].
    pub fn mig_devices(&self) -> Result<Vec<MigDevice>> {
        let handles = |division: &Division| division.devices.iter().map(|device| device.handle.clone()).collect();
        let devices: Vec<Vec<_>> = self.state().settled(self, |_, division, _, _| Ok(handles(division)))?;
        Ok(devices.into_iter().flatten().collect())
    }

    /// The GPUs that are observed, in NVML's order.
    pub fn gpus(&self) -> Vec<Gpu> {
        self.state().gpus.iter().map(|watched| watched.gpu.clone()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left is asked again where it is not whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Does something with each GPU and its division, such that no GPU was divided anew from before the first to after the last.
    fn settled<T>(
        &mut self,
        observer: &Observer,
        mut act: impl FnMut(&Gpu, &Division, Busy, &mut ProcessBook) -> Result<T>,
    ) -> Result<Vec<T>> {
        // What nobody tells of is asked.
        self.gpus.iter_mut().filter(|watched| !watched.told).for_each(Watched::change);
        let mut results: Vec<Option<T>> = self.gpus.iter().map(|_| None).collect();
        let mut unsettled = Error::Stale { target: Target::Nvml };
        for _ in 0..LOOKS {
            for (watched, result) in self.gpus.iter_mut().zip(&mut results) {
                if result.is_some() && !watched.changed {
                    continue;
                }
                *result = match watched.act(observer.driver_branch, &mut self.processes, &mut act) {
                    Ok(done) => Some(done),
                    Err(error) if error.kind() == ErrorKind::Stale && !watched.gpu.is_closed() => {
                        watched.changed = true;
                        unsettled = error;
                        None
                    }
                    Err(error) => return Err(error),
                };
            }
            // Asked last: where nothing is told now, nothing changed since the divisions were asked.
            self.note_changes();
            if self.gpus.iter().all(|watched| !watched.changed) {
                return Ok(results.into_iter().flatten().collect());
            }
        }
        Err(unsettled)
    }

    fn note_changes(&mut self) {
        self.gpus.iter_mut().filter(|watched| watched.was_divided()).for_each(Watched::change);
        while let Some(events) = &self.events {
            match events.poll() {
                Ok(None) => return,
                Ok(Some(event)) if event.kind == EventKind::MigConfigChange => {
                    let it = self.gpus.iter_mut().find(|watched| watched.gpu == event.gpu);
                    it.into_iter().for_each(Watched::change);
                }
                Ok(Some(_)) => {}
                // A set that no longer tells, as in a child made by `fork`.
                Err(_) => {
                    self.events = None;
                    for watched in &mut self.gpus {
                        watched.told = false;
                        watched.change();
                    }
                }
            }
        }
    }
}

impl Watched {
    fn change(&mut self) {
        self.changed = self.division.as_ref().is_none_or(Division::can_change);
    }

    /// Whether it may have been divided through the session since its division was asked.
    fn was_divided(&self) -> bool {
        self.gpu.0.session.divisions(self.gpu.index()) != self.divisions
    }

    fn act<T>(
        &mut self,
        driver_branch: u32,
        processes: &mut ProcessBook,
        act: &mut impl FnMut(&Gpu, &Division, Busy, &mut ProcessBook) -> Result<T>,
    ) -> Result<T> {
        if self.was_divided() {
            self.change();
        }
        if let Some(division) = self.division.as_ref().filter(|_| !self.changed) {
            let (holds, busy) = division.holds(&self.gpu);
            if holds {
                return act(&self.gpu, division, busy, processes);
            }
            self.changed = true;
        }
        self.divisions = self.gpu.0.session.divisions(self.gpu.index());
        let (division, busy) = Division::list(&self.gpu, driver_branch, self.division.as_ref())?;
        self.changed = false;
        act(&self.gpu, self.division.insert(division), busy, processes)
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("nvml", &self.nvml).finish_non_exhaustive()
    }
}
