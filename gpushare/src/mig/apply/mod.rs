//! Carrying out plans, so that a GPU ends at the old layout or at the new one and never in between.

mod directory;
mod journal;
mod numbers;
mod run;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use directory::Directory;
use journal::Journal;

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::id::MigUuid;
use crate::mig::MigDevice;
use crate::mig::layout::Layout;
use crate::mig::plan::{Plan, PlanOptions};
use crate::mig::state::MigState;

/// Where processes agree on who changes a GPU, unless [`ApplyOptions::directory`] says otherwise. Only root can make it, and it is gone
/// after a reboot, as MIG instances are.
pub const DEFAULT_DIRECTORY: &str = "/run/gpushare";

/// How to carry out a plan.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// The folder of the locks and journals. It is made if it does not exist; only its owner may be able to write to it. Processes that
    /// change the same GPU must agree on it.
    pub directory: PathBuf,
    /// Whether to keep a journal, without which a crash half-way cannot be repaired by [`Gpu::recover`].
    pub journal: bool,
    /// Whether to plan anew where the GPU has changed since the plan was made, instead of refusing it.
    pub replan: bool,
    /// How to reset the GPU where a change of the MIG mode needs it. It is never done unasked.
    pub reset: Reset,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self { directory: DEFAULT_DIRECTORY.into(), journal: true, replan: false, reset: Reset::Never }
    }
}

impl ApplyOptions {
    /// The defaults: a journal in [`DEFAULT_DIRECTORY`], no new plan, no reset.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps locks and journals in this folder.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Keeps no journal.
    pub fn without_journal(mut self) -> Self {
        self.journal = false;
        self
    }

    /// Plans anew where the GPU has changed since the plan was made.
    pub fn replan(mut self) -> Self {
        self.replan = true;
        self
    }

    /// Resets the GPU in this way where a change of the MIG mode needs it.
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = reset;
        self
    }
}

/// Something that resets a GPU.
type ResetFunction = dyn Fn(&Gpu) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// How to reset a GPU. NVML has no call for it.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Reset {
    /// Not at all: a change of the MIG mode that needs it fails, and is taken back.
    #[default]
    Never,
    /// By `nvidia-smi --gpu-reset` for this GPU alone, which must be on the path.
    NvidiaSmi,
    /// By a function.
    By(Arc<ResetFunction>),
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "Never",
            Self::NvidiaSmi => "NvidiaSmi",
            Self::By(_) => "By(…)",
        })
    }
}

/// What came of a plan that was carried out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Applied {
    /// The MIG devices that were made.
    pub made: Vec<MigDevice>,
    /// The MIG devices that were there before and stay.
    pub kept: Vec<MigDevice>,
    /// The MIG devices that are gone.
    pub destroyed: Vec<MigUuid>,
}

/// What [`Gpu::recover`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recovery {
    /// No change was left half-done.
    Nothing,
    /// The change had reached its end, and only the journal was left.
    Finished,
    /// The layout before the change is there again.
    RolledBack,
    /// The layout before could not be had again, so the change was completed.
    RolledForward,
}

impl Gpu {
    /// Carries out a plan.
    ///
    /// The GPU is locked against other processes that use the same [directory](ApplyOptions::directory), read again, changed step by
    /// step with each step verified, and compared with the plan at the end. A failing step is undone with all before it. A crash is
    /// repaired by [`recover`](Gpu::recover), which the next apply does by itself.
    ///
    /// # Errors
    ///
    /// [`Error::PlanOutdated`] where the GPU is no longer as the plan found it; [`Error::ApplyFailed`] with the step, its error, and
    /// whether the layout before is there again; [`Error::File`] where the directory cannot be used. Nothing was changed, unless
    /// `ApplyFailed` says otherwise.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # let folder = tempfile::tempdir()?;
    /// use gpushare::ApplyOptions;
    /// let options = ApplyOptions::new().directory(folder.path());
    /// let plan = gpu.plan(&"4g.20gb, 2g.10gb[1c,1c]".parse()?)?;
    /// let applied = gpu.apply(&plan, &options)?;
    /// assert_eq!(applied.made.len(), 3);
    /// assert!(gpu.plan(&"4g.20gb, 2g.10gb[1c,1c]".parse()?)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply(&self, plan: &Plan, options: &ApplyOptions) -> Result<Applied> {
        let directory = Directory::open(&options.directory)?;
        let _lock = directory.lock(self.uuid())?;
        self.recover_locked(&directory, options)?;
        let now = self.mig_state()?;
        let plan = match now.same_division(&plan.before) && plan.may_still(&now) {
            true => plan.clone(),
            false if options.replan => self.plan_from(&now, &plan.wanted, &plan.options)?,
            false => return Err(Error::PlanOutdated { target: self.target(), now: now.to_string() }),
        };
        if plan.is_empty() {
            return self.applied(&plan, &plan.before.clone());
        }
        let journal = Journal::new(&plan);
        if options.journal {
            directory.write(self.uuid(), &journal)?;
        }
        let done =
            self.run(&plan, options).and_then(|()| self.check(&journal)).and_then(|()| self.applied(&plan, &now));
        let outcome = done.or_else(|failed| {
            let fail = |restored| Error::ApplyFailed { target: self.target(), failed: Box::new(failed), restored };
            match self.repair(&journal, &directory, options) {
                Ok(Recovery::RolledForward) => self.applied(&plan, &now),
                Ok(_) => Err(fail(Ok(()))),
                Err(stuck) => Err(fail(Err(Box::new(stuck)))),
            }
        });
        let stuck = matches!(outcome, Err(Error::ApplyFailed { restored: Err(_), .. }));
        if options.journal && !stuck {
            directory.remove(self.uuid())?;
        }
        outcome
    }

    /// Plans and applies in one: brings the GPU to a layout.
    ///
    /// # Errors
    ///
    /// As [`plan`](Gpu::plan) and [`apply`](Gpu::apply).
    pub fn apply_layout(&self, wanted: &Layout, options: &ApplyOptions) -> Result<Applied> {
        // A change between the plan and the lock is no reason to fail: the layout is what counts.
        self.apply(&self.plan(wanted)?, &options.clone().replan())
    }

    /// Ends what an apply left half-done because its process died: the GPU gets back the layout that it had, or, where that cannot be,
    /// the one that was wanted. Doing it twice does no harm.
    ///
    /// # Errors
    ///
    /// [`Error::File`] where the journal cannot be read; what the driver refuses where neither layout can be had, and then the journal
    /// stays for another try.
    pub fn recover(&self, options: &ApplyOptions) -> Result<Recovery> {
        let directory = Directory::open(&options.directory)?;
        let _lock = directory.lock(self.uuid())?;
        self.recover_locked(&directory, options)
    }

    fn recover_locked(&self, directory: &Directory, options: &ApplyOptions) -> Result<Recovery> {
        let Some(journal) = directory.read(self.uuid())? else { return Ok(Recovery::Nothing) };
        let found = match journal.is_reached(&self.mig_state()?) {
            true => Recovery::Finished,
            false => self.repair(&journal, directory, options)?,
        };
        directory.remove(self.uuid())?;
        Ok(found)
    }

    /// Goes back to the layout before, else forth to the planned one.
    fn repair(&self, journal: &Journal, directory: &Directory, options: &ApplyOptions) -> Result<Recovery> {
        let back = || {
            self.go(&journal.back(&self.mig_state()?)?, options)?;
            self.renumber(journal, directory, options)
        };
        let no_way_back = match back() {
            Ok(()) => return Ok(Recovery::RolledBack),
            Err(error) => error,
        };
        match self.go(&journal.forth(&self.mig_state()?)?, options) {
            Ok(()) => Ok(Recovery::RolledForward),
            // Back is what was promised, so what hinders it is the error.
            Err(_) => Err(no_way_back),
        }
    }

    /// Gives compute instances the ids of the state before, noted in the journal beforehand.
    fn renumber(&self, journal: &Journal, directory: &Directory, options: &ApplyOptions) -> Result<()> {
        let now = self.mig_state()?;
        if !numbers::differ(&journal.plan.before, &now) {
            return Ok(());
        }
        if options.journal {
            directory.write(self.uuid(), &journal.numbering(now))?;
        }
        self.restore_numbers(&journal.plan)
    }

    /// Brings the GPU to a layout that names every place.
    fn go(&self, layout: &Layout, options: &ApplyOptions) -> Result<()> {
        let plan = self.plan_from(&self.mig_state()?, layout, &PlanOptions::default())?;
        self.run(&plan, options)?;
        self.check(&Journal::new(&plan))
    }

    /// Compares what is there with what was planned.
    fn check(&self, journal: &Journal) -> Result<()> {
        let now = self.mig_state()?;
        match journal.is_reached(&now) {
            true => Ok(()),
            false => Err(Error::PlanOutdated { target: self.target(), now: now.to_string() }),
        }
    }

    fn applied(&self, plan: &Plan, before: &MigState) -> Result<Applied> {
        let stays = |device: &MigDevice| {
            plan.gpu_instances.iter().any(|planned| {
                planned.existing == Some(device.gpu_instance_id())
                    && planned
                        .compute_instances
                        .iter()
                        .any(|inside| inside.existing == Some(device.compute_instance_id()))
            })
        };
        let devices = if plan.wanted.mig_enabled { self.mig_devices()? } else { Vec::new() };
        let inside = before.gpu_instances.iter().flat_map(|instance| instance.compute_instances.iter());
        let (kept, made): (Vec<_>, Vec<_>) = devices.into_iter().partition(stays);
        let gone = |uuid: &MigUuid| !kept.iter().any(|device| device.uuid() == uuid);
        let destroyed = inside.map(|inside| inside.uuid).filter(gone).collect();
        let planned: usize = plan.gpu_instances.iter().map(|planned| planned.compute_instances.len()).sum();
        if kept.len() + made.len() < planned {
            let now = format!("{} MIG devices where {planned} were made", kept.len() + made.len());
            return Err(Error::PlanOutdated { target: self.target(), now });
        }
        Ok(Applied { made, kept, destroyed })
    }
}
