//! The files of `/proc` and `/dev` that show the machine's capabilities, below a folder of the user's.
//!
//! `/proc` shows what there is now. Nodes in `/dev` stay after what they stood for is gone, as on a real host; they are plain files, which
//! need no root, and hold the device number that the node would have.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::engine::{DeviceNode, Machine, ProcEntry};

/// Where files are written before they appear under their names. Only one process at a time writes below a root.
const NEXT: &str = ".next";
/// Where the folders of instances wait that are gone.
const PARKED: &str = ".parked";
/// Names the process whose own machine is shown, by its ID and its time of birth.
const OWNER: &str = ".owner";

/// A folder that is kept in step with a machine.
pub(super) struct Tree {
    root: PathBuf,
    /// The process whose own machine is shown: its children by fork have machines of their own, and do not show them here.
    owner: Option<u32>,
}

/// What a change of the machine calls for: first the folders of instances that are new, and once the change took effect, the end of those
/// that are stale. The new ones go again if it is dropped before.
pub(super) struct Step<'a> {
    tree: &'a Tree,
    /// The files to be, one for each instance that is new.
    files: Vec<ProcEntry>,
    nodes: Vec<DeviceNode>,
    new: Vec<PathBuf>,
    stale: Vec<PathBuf>,
}

impl Tree {
    /// The files of a machine that several processes share, which lock it to change it.
    pub(super) fn shared(root: PathBuf) -> Self {
        Self { root, owner: None }
    }

    /// The files of this process's own machine; `None` if those of another living process are there.
    pub(super) fn own(root: PathBuf) -> io::Result<Option<Self>> {
        fs::create_dir_all(&root)?;
        let folder = fs::File::open(&root)?;
        flock(&folder, FlockOperation::LockExclusive)?;
        let file = root.join(OWNER);
        let owner = fs::read_to_string(&file).unwrap_or_default();
        let mut words = owner.split_whitespace().map(str::parse);
        if let (Some(Ok(pid)), Some(Ok(birth))) = (words.next(), words.next())
            && pid != u64::from(std::process::id())
            && birth_of(pid) == Some(birth)
        {
            return Ok(None);
        }
        let tree = Self { root, owner: Some(std::process::id()) };
        let pid = std::process::id();
        tree.write(&file, &format!("{pid} {}\n", birth_of(pid.into()).unwrap_or(0)), 0o644)?;
        Ok(Some(tree))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether this process is one that shows its machine here.
    pub(super) fn is_ours(&self) -> bool {
        self.owner.is_none_or(|owner| owner == std::process::id())
    }

    /// Brings the files to the machine's state, whatever is there.
    pub(super) fn rebuild(&self, machine: &Machine) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        // What waits may be half a folder if someone was killed.
        remove(&self.root.join(PARKED))?;
        for folder in ["proc/driver/nvidia", "proc/driver/nvidia-caps", "dev/nvidia-caps", PARKED] {
            self.make_folder(&self.root.join(folder))?;
        }
        let wanted: BTreeMap<_, _> = files(machine).into_iter().map(|entry| (self.path(&entry.path), entry)).collect();
        self.clear(&self.path("/proc/driver/nvidia/capabilities"), &wanted)?;
        for (path, entry) in &wanted {
            let there = || -> io::Result<bool> {
                let mode = path.symlink_metadata()?.permissions().mode() & 0o777;
                Ok(match &entry.contents {
                    Some(contents) => mode == entry.mode && fs::read_to_string(path)? == *contents,
                    None => true,
                })
            };
            if !there().unwrap_or(false) {
                self.make(path, entry)?;
            }
        }
        for node in machine.device_nodes().into_iter().chain(machine.capability_nodes()) {
            self.make_node(&node)?;
        }
        Ok(())
    }

    /// Removes what is below `folder` and is not wanted.
    fn clear(&self, folder: &Path, all: &BTreeMap<PathBuf, ProcEntry>) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let (path, is_folder) = (entry.path(), entry.file_type()?.is_dir());
            match all.get(&path) {
                Some(wanted) if wanted.contents.is_none() && is_folder => self.clear(&path, all)?,
                Some(wanted) if wanted.contents.is_some() && !is_folder => {}
                _ if is_folder => fs::remove_dir_all(path)?,
                _ => fs::remove_file(path)?,
            }
        }
        Ok(())
    }

    /// What a change of the machine calls for.
    pub(super) fn plan(&self, before: &Machine, after: &Machine) -> Step<'_> {
        let mut step = Step { tree: self, files: Vec::new(), nodes: Vec::new(), new: Vec::new(), stale: Vec::new() };
        for (before, after) in before.gpus().iter().zip(after.gpus()) {
            // Most changes concern one GPU, and many concern none of its files.
            if before.config_generation() == after.config_generation() {
                continue;
            }
            let [mut had, mut has] = [before, after].map(|gpu| gpu.capability_entries());
            had.retain(|entry| entry.contents.is_some());
            has.retain(|entry| entry.contents.is_some());
            let gone = had.iter().filter(|entry| !has.contains(entry));
            step.stale.extend(gone.filter_map(|entry| self.path(&entry.path).parent().map(Path::to_owned)));
            step.files.extend(has.into_iter().filter(|entry| !had.contains(entry)));
            let had = before.capability_nodes();
            step.nodes.extend(after.capability_nodes().into_iter().filter(|node| !had.contains(node)));
        }
        step
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn make(&self, path: &Path, entry: &ProcEntry) -> io::Result<()> {
        match &entry.contents {
            Some(contents) => self.write(path, contents, entry.mode),
            None => self.make_folder(path),
        }
    }

    /// Makes a folder, and those above it, in which may write who may write in the root, whatever the umask.
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.make_folder(path.parent().filter(|above| *above != self.root).ok_or(error)?)?;
                fs::create_dir(path)?;
            }
            made => made?,
        }
        let mode = fs::metadata(&self.root)?.permissions().mode() & 0o777;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    /// Makes a device node that is not there; its path, if it was not.
    fn make_node(&self, node: &DeviceNode) -> io::Result<Option<PathBuf>> {
        let path = self.path(&node.path);
        if path.symlink_metadata().is_ok() {
            return Ok(None);
        }
        self.write(&path, &format!("{}:{}\n", node.major, node.minor), node.mode)?;
        Ok(Some(path))
    }

    /// A file appears whole or not at all, as those of `/proc` do.
    fn write(&self, path: &Path, contents: &str, mode: u32) -> io::Result<()> {
        let next = self.root.join(NEXT);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode).custom_flags(libc::O_NOFOLLOW);
        let file = match options.open(&next) {
            // Whoever wrote it was killed.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&next)?;
                options.open(&next)
            }
            opened => opened,
        };
        let written = file.and_then(|mut file| {
            file.write_all(contents.as_bytes())?;
            // The umask is the caller's, the file everyone's.
            file.set_permissions(fs::Permissions::from_mode(mode))?;
            fs::rename(&next, path)
        });
        if written.is_err() {
            // It may not be there, and what failed is what the caller must hear of.
            let _ = fs::remove_file(&next);
        }
        written
    }
}

impl Step<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.nodes.is_empty() && self.stale.is_empty()
    }

    /// Whether there will be files that show what is gone.
    pub(super) fn has_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// Makes what is new; `before` is the machine that the other files show.
    pub(super) fn make(&mut self, before: &Machine) -> io::Result<()> {
        match self.try_make() {
            // Someone removed files of ours.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.tree.rebuild(before)?;
                self.try_make()
            }
            outcome => outcome,
        }
    }

    fn try_make(&mut self) -> io::Result<()> {
        for file in &self.files {
            let path = self.tree.path(&file.path);
            if let Some(folder) = path.parent() {
                self.new.push(folder.to_owned());
                if fs::rename(self.tree.parked(folder), folder).is_ok() {
                    continue;
                }
                self.tree.make_folder(folder)?;
            }
            self.tree.make(&path, file)?;
        }
        for node in &self.nodes {
            self.new.extend(self.tree.make_node(node)?);
        }
        Ok(())
    }

    /// Ends what is stale.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.new.clear();
        self.tree.end(&self.stale)
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        for path in self.new.iter().rev() {
            // The call that failed says why; the next change mends what is left.
            let _ = remove(path);
        }
    }
}

impl Tree {
    /// Where the folder of an instance waits for the next of its ID, which has the same: to make it anew costs a disk much more.
    fn parked(&self, folder: &Path) -> PathBuf {
        let name = folder.strip_prefix(&self.root).unwrap_or(folder).to_string_lossy().replace('/', "-");
        self.root.join(PARKED).join(name)
    }

    /// Takes away folders of instances, of which one comes before those in it.
    fn end(&self, paths: &[PathBuf]) -> io::Result<()> {
        for path in paths.iter().rev() {
            // It fails where something is in the way, or someone removed files of ours.
            fs::rename(path, self.parked(path)).or_else(|_| remove(path))?;
        }
        Ok(())
    }
}

/// Removes what may not be there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        found => found.and_then(|_| fs::remove_file(path)),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// When a process began, in the system's own count; `None` where there is no such process.
fn birth_of(pid: u64) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses, which may hold spaces and parentheses; the time is the 22nd.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

/// Every file and folder below `/proc` that shows the machine.
fn files(machine: &Machine) -> Vec<ProcEntry> {
    let mut files = machine.capability_entries();
    files.push(machine.proc_devices());
    files
}
