//! Where the machine's state lives: in this process, or in a folder that processes share. The files that show it are kept in step.

mod folder;
mod record;
mod settings;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use folder::{Fault, Folder, Lock, News, Seen};
use record::{Origin, Stamp, shown};
pub(crate) use settings::STATE_VARIABLE;
use settings::Settings;

use super::tree::{Step, Tree};
use crate::engine::{Access, Callers, Machine, MachineConfig};

/// The machine's state. All access to it is by [`read`](Self::read) and [`mutate`](Self::mutate).
pub(super) struct Store {
    state: Mutex<State>,
}

/// What this process knows of the machine.
pub(super) struct State {
    /// As it was when this process last looked; where no others share it, as it is.
    machine: Machine,
    callers: Callers,
    /// Who the calling process is, where someone said so.
    access: Option<Access>,
    /// The files that show the machine, where a folder for them was named.
    tree: Option<Tree>,
    shared: Option<Shared>,
}

/// The state that processes share.
struct Shared {
    folder: Arc<Folder>,
    origin: Origin,
    seen: Seen,
    /// Whether this process's own configuration says who callers are, whatever that of the first process says.
    own_callers: bool,
}

/// Why the machine cannot be looked at or changed now, in one line.
#[derive(Debug)]
pub(super) struct Unavailable(String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

impl Store {
    /// The machine that the library's surroundings describe; where processes share one, the one that there is.
    pub(super) fn open() -> Result<Self, String> {
        let settings = Settings::find()?;
        let state = match settings.state {
            Some(folder) => State::join(folder, settings.machine, settings.root).map_err(|error| error.to_string())?,
            None => {
                let config = settings.machine.map(|(config, _)| config).unwrap_or_default();
                State::own(&config, settings.root)?
            }
        };
        Ok(Self { state: Mutex::new(state) })
    }

    /// The machine of this configuration; its files stay where the library's surroundings say.
    pub(super) fn new(config: &MachineConfig) -> Result<Self, String> {
        // A broken file is no reason to refuse the configuration that replaces it.
        let settings = Settings::find().or_else(|_| Settings::of_environment())?;
        let state = match settings.state {
            Some(folder) => State::replace(folder, config, settings.root).map_err(|error| error.to_string())?,
            None => State::own(config, settings.root)?,
        };
        Ok(Self { state: Mutex::new(state) })
    }

    /// Keeps other threads from the machine.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A call that panicked has told its caller so, and a change is made on a copy.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the machine.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Machine, Access) -> T) -> Result<T, Unavailable> {
        let mut state = self.lock();
        state.refresh()?;
        Ok(look(&state.machine, state.access()))
    }

    /// Changes the machine and its files, unless `change` refuses.
    pub(super) fn mutate<T, E>(
        &self,
        change: impl FnOnce(&mut Machine, Access) -> Result<T, E>,
    ) -> Result<Result<T, E>, Unavailable> {
        self.lock().mutate(change)
    }

    /// What the calling process may do.
    pub(super) fn access(&self) -> Access {
        self.lock().access()
    }

    /// Makes the calling process one that may do more or less.
    pub(super) fn set_access(&self, access: Access) {
        self.lock().access = Some(access);
    }
}

impl State {
    /// A machine of this process's own.
    fn own(config: &MachineConfig, root: Option<PathBuf>) -> Result<Self, String> {
        let machine = Machine::new(config).map_err(|error| error.to_string())?;
        let mut tree = None;
        if let Some(root) = root {
            let unwritable = |error| format!("the files below {} cannot be written: {error}", root.display());
            tree = Tree::own(root.clone()).map_err(unwritable)?;
            tree.iter().try_for_each(|tree| tree.rebuild(&machine)).map_err(unwritable)?;
        }
        Ok(Self { machine, callers: config.access.clone(), access: None, tree, shared: None })
    }

    /// The machine in a folder, which the first who needs it brings about.
    fn join(
        path: PathBuf,
        config: Option<(MachineConfig, String)>,
        root: Option<PathBuf>,
    ) -> Result<Self, Unavailable> {
        let folder = Folder::new(path)?;
        let (seen, machine, origin) = match folder.read() {
            Err(Fault::Absent(_)) => {
                folder.make()?;
                let lock = folder.lock()?;
                // Perhaps someone else was first.
                if let Err(Fault::Absent(_)) = lock.news(None) {
                    let config = config.as_ref().map(|(config, _)| config.clone()).unwrap_or_default();
                    begin(&lock, Stamp::new(), &Origin { config, root: root.clone() })?;
                }
                drop(lock);
                folder.read()?
            }
            read => read?,
        };
        let here = folder.path().display();
        if let Some((config, source)) = &config
            && let Some((wanted, present)) = difference(config, &origin.config)?
        {
            return Err(Unavailable(format!("the state in {here} is of {present}, but {source} names {wanted}")));
        }
        if root.is_some() && root != origin.root {
            let (wanted, present) = (shown(root.as_deref()), shown(origin.root.as_deref()));
            return Err(Unavailable(format!(
                "the machine in {here} shows its files {present}, and cannot show them {wanted}"
            )));
        }
        let own_callers = config.map(|(config, _)| config.access);
        let callers = own_callers.clone().unwrap_or_else(|| origin.config.access.clone());
        let tree = origin.root.clone().map(Tree::shared);
        let shared = Shared { folder: Arc::new(folder), origin, seen, own_callers: own_callers.is_some() };
        let mut state = Self { machine, callers, access: None, tree, shared: Some(shared) };
        state.mend();
        Ok(state)
    }

    /// A machine of this configuration in the place of the one in a folder.
    fn replace(path: PathBuf, config: &MachineConfig, root: Option<PathBuf>) -> Result<Self, Unavailable> {
        let folder = Folder::new(path.clone())?;
        folder.make()?;
        let lock = folder.lock()?;
        let (mut stamp, mut root, mut before) = (Stamp::new(), root, None);
        match lock.news(None) {
            Ok((seen, news)) => {
                stamp.generation = seen.head.stamp.next().generation;
                lock.open(seen)?.mark(false)?;
                if let Some(News { machine, origin }) = news {
                    root = root.or(origin.and_then(|origin| origin.root));
                    before = Some(machine);
                }
            }
            Err(fault @ Fault::Refused(_)) => return Err(fault.into()),
            // What is no state is replaced as well.
            Err(Fault::Absent(_) | Fault::Broken(_)) => {}
        }
        let origin = Origin { config: config.clone(), root: root.clone() };
        if let Err(unavailable) = begin(&lock, stamp, &origin) {
            if let (Some(root), Some(before)) = (root, before) {
                // The failure to be told is the first one; and the mark is there.
                let _ = Tree::shared(root).rebuild(&before);
            }
            return Err(unavailable);
        }
        drop(lock);
        Self::join(path, Some((config.clone(), "the command".to_owned())), root)
    }

    /// What the calling process may do. Its user, which it may change, is asked each time, but only where it matters: the way through
    /// the kernel takes longer than all else that a call does, and slows every return on the way back.
    fn access(&self) -> Access {
        match (self.access, &self.callers) {
            (Some(access), _) | (None, &Callers::All(access)) => access,
            (None, by_user) => by_user.access(rustix::process::geteuid().as_raw()),
        }
    }

    /// Looks at what others did to the machine.
    fn refresh(&mut self) -> Result<(), Unavailable> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let (seen, news) = shared.folder.news(Some(&shared.seen))?;
        self.learn(seen, news);
        Ok(())
    }

    fn learn(&mut self, seen: Seen, news: Option<News>) {
        let Some(shared) = &mut self.shared else { return };
        shared.seen = seen;
        let Some(News { machine, origin }) = news else { return };
        self.machine = machine;
        if let Some(origin) = origin {
            self.tree = origin.root.clone().map(Tree::shared);
            if !shared.own_callers {
                self.callers = origin.config.access.clone();
            }
            shared.origin = origin;
        }
    }

    /// Keeps others from changing the machine, and looks at what they did.
    fn locked<'a>(&mut self, folder: &'a Folder) -> Result<Lock<'a>, Unavailable> {
        let lock = folder.lock()?;
        let (seen, news) = lock.news(self.shared.as_ref().map(|shared| &shared.seen))?;
        self.learn(seen, news);
        Ok(lock)
    }

    fn mutate<T, E>(
        &mut self,
        change: impl FnOnce(&mut Machine, Access) -> Result<T, E>,
    ) -> Result<Result<T, E>, Unavailable> {
        let folder = self.shared.as_ref().map(|shared| Arc::clone(&shared.folder));
        let lock = folder.as_ref().map(|folder| self.locked(folder)).transpose()?;
        let mut after = self.machine.clone();
        let value = match change(&mut after, self.access()) {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if after != self.machine {
            self.commit(lock.as_ref(), after)?;
        }
        Ok(Ok(value))
    }

    /// Makes a change last: all of it or nothing.
    ///
    /// A process that is killed half-way leaves a mark in the state, by which the next one knows to bring the files in step with it.
    fn commit(&mut self, lock: Option<&Lock<'_>>, after: Machine) -> Result<(), Unavailable> {
        let Self { machine, tree, shared, .. } = self;
        let tree = tree.as_ref().filter(|tree| tree.is_ours());
        let mut step = tree.map(|tree| tree.plan(machine, &after));
        let mut shared = shared.as_mut().zip(lock);
        let mut writer = None;
        if let Some((shared, lock)) = &shared {
            let mut opened = lock.open(shared.seen)?;
            if let Some(tree) = tree.filter(|_| !shared.seen.in_step) {
                tree.rebuild(machine).map_err(|error| unwritable(tree, &error))?;
            }
            let prepared = opened.prepare(&shared.origin, &after)?;
            if step.as_ref().is_some_and(|step| !step.is_empty()) {
                opened.mark(false)?;
            }
            writer = Some((opened, prepared));
        }
        if let (Some(tree), Some(step)) = (tree, &mut step) {
            step.make(machine).map_err(|error| unwritable(tree, &error))?;
        }
        let stale = step.as_ref().is_some_and(Step::has_stale);
        let mut opened = None;
        if let Some((mut writer, prepared)) = writer {
            writer.take_effect(prepared, !stale)?;
            opened = Some(writer);
        }
        *machine = after;
        let finish = || -> Result<(), Unavailable> {
            if let Some((tree, step)) = tree.zip(step) {
                step.finish().map_err(|error| unwritable(tree, &error))?;
            }
            match &mut opened {
                Some(writer) if stale => Ok(writer.mark(true)?),
                _ => Ok(()),
            }
        };
        if let Err(error) = finish() {
            // The change took effect: to refuse it now would be a lie.
            eprintln!("gpushare-sim: stale files are left: {error}");
        }
        if let (Some((shared, _)), Some(writer)) = (&mut shared, &opened) {
            shared.seen = writer.seen();
        }
        Ok(())
    }

    /// Brings the files in step with a shared machine where someone was killed between the two.
    fn mend(&mut self) {
        let behind = |state: &Self| {
            let shared = state.shared.as_ref().filter(|shared| state.tree.is_some() && !shared.seen.in_step);
            shared.map(|shared| Arc::clone(&shared.folder))
        };
        let mut mend = || -> Result<(), Unavailable> {
            let Some(folder) = behind(self) else { return Ok(()) };
            let lock = self.locked(&folder)?;
            if behind(self).is_some() {
                self.commit(Some(&lock), self.machine.clone())?;
            }
            Ok(())
        };
        // Who cannot, because it may only read, need not: the next who changes the machine does it.
        let _ = mend();
    }
}

/// Makes a machine the one in a locked folder.
fn begin(lock: &Lock<'_>, stamp: Stamp, origin: &Origin) -> Result<(), Unavailable> {
    let machine = made_of(&origin.config)?;
    if let Some(tree) = origin.root.clone().map(Tree::shared) {
        tree.rebuild(&machine).map_err(|error| unwritable(&tree, &error))?;
    }
    Ok(lock.begin(stamp, origin, &machine)?)
}

fn made_of(config: &MachineConfig) -> Result<Machine, Unavailable> {
    Machine::new(config).map_err(|error| Unavailable(error.to_string()))
}

fn unwritable(tree: &Tree, error: &io::Error) -> Unavailable {
    Unavailable(format!("the files below {} cannot be written: {error}", tree.root().display()))
}

/// What tells two configurations apart that describe different machines, in one line each.
fn difference(wanted: &MachineConfig, present: &MachineConfig) -> Result<Option<(String, String)>, Unavailable> {
    if made_of(wanted)? == made_of(present)? {
        return Ok(None);
    }
    let short = |config: &MachineConfig| {
        let models: Vec<_> = config.gpus.chunk_by(|a, b| a.model == b.model).collect();
        let parts: Vec<_> = models.iter().map(|run| format!("{}x{}", run.len(), run[0].model)).collect();
        format!("{} under driver {}", parts.join("+"), config.driver_version)
    };
    if short(wanted) != short(present) {
        return Ok(Some((short(wanted), short(present))));
    }
    let long = |config| serde_json::to_string(config).map_err(|error| Unavailable(error.to_string()));
    Ok(Some((long(wanted)?, long(present)?)))
}
