//! Processes as the kernel shows them, in `/proc` or in a host's `/proc` that is mounted elsewhere. Source: proc(5).
//!
//! What cannot be read, because the process is gone, is another user's or lives in another PID namespace, is not there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::SplitWhitespace;

/// A folder of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Procfs<'a>(pub(crate) &'a Path);

/// What `stat` says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The kernel's name of it, of which it keeps 15 bytes.
    pub(crate) name: String,
    /// Whether it is more than a zombie.
    pub(crate) alive: bool,
    pub(crate) parent: u32,
    /// When it began, in clock ticks since the machine did. Another process that gets its id later has another time.
    pub(crate) started: u64,
}

impl Procfs<'static> {
    /// The processes that this one can see, and signal.
    pub(crate) fn own() -> Self {
        Self(Path::new("/proc"))
    }
}

impl Procfs<'_> {
    fn file(self, pid: u32, name: &str) -> PathBuf {
        self.0.join(pid.to_string()).join(name)
    }

    /// The ids of all processes.
    pub(crate) fn pids(self) -> impl Iterator<Item = u32> {
        let entries = fs::read_dir(self.0).into_iter().flatten();
        entries.filter_map(|entry| crate::id::parse_decimal(entry.ok()?.file_name().to_str()?))
    }

    pub(crate) fn stat(self, pid: u32) -> Option<Stat> {
        self.stat_fields(pid, |name, mut fields| {
            Some(Stat {
                name: name.to_owned(),
                alive: !matches!(fields.next()?, "Z" | "X"),
                parent: fields.next()?.parse().ok()?,
                started: fields.nth(17)?.parse().ok()?,
            })
        })
    }

    /// Whether a process has begun to end: it runs no longer, and its locks and its files go before it does.
    pub(crate) fn is_ending(self, pid: u32) -> bool {
        let flags = self.stat_fields(pid, |_, mut fields| fields.nth(6)?.parse::<u32>().ok());
        flags.is_some_and(|flags| flags & PF_EXITING != 0)
    }

    /// What `stat` says of a process: its name, and the fields after it.
    fn stat_fields<T>(self, pid: u32, take: impl FnOnce(&str, SplitWhitespace<'_>) -> Option<T>) -> Option<T> {
        let mut buffer = [0; LONGEST_STAT];
        let text = String::from_utf8_lossy(read_line(&self.file(pid, "stat"), &mut buffer)?);
        // A name may have any character in it, brackets too.
        let (head, rest) = text.rsplit_once(')')?;
        take(head.split_once('(')?.1, rest.split_whitespace())
    }

    /// Who owns a process's files: the user whose rights it has, and root where nobody may look into it.
    pub(crate) fn owner(self, pid: u32) -> Option<u32> {
        fs::metadata(self.0.join(pid.to_string())).ok().map(|folder| folder.uid())
    }

    /// The user whose rights a process has.
    pub(crate) fn user(self, pid: u32) -> Option<u32> {
        let status = fs::read(self.file(pid, "status")).ok()?;
        let status = String::from_utf8_lossy(&status);
        let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        ids.split_whitespace().nth(1)?.parse().ok()
    }

    /// The words that a process was started with.
    pub(crate) fn arguments(self, pid: u32) -> Vec<OsString> {
        self.texts(pid, "cmdline").unwrap_or_default()
    }

    /// A variable in the environment that a process was started with. Only its user and root may look.
    pub(crate) fn variable(self, pid: u32, name: &str) -> Variable {
        let Some(all) = self.texts(pid, "environ") else { return Variable::Hidden };
        let value = all.into_iter().find_map(|entry| {
            let bytes = entry.into_vec();
            Some(OsString::from_vec(bytes.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.to_vec()))
        });
        value.map_or(Variable::Unset, Variable::Set)
    }

    /// The texts of a file in which each ends with NUL.
    fn texts(self, pid: u32, name: &str) -> Option<Vec<OsString>> {
        let bytes = fs::read(self.file(pid, name)).ok()?;
        let texts = bytes.strip_suffix(b"\0").unwrap_or(&bytes).split(|byte| *byte == 0);
        Some(texts.map(|text| OsString::from_vec(text.to_vec())).collect())
    }

    pub(crate) fn children(self, pid: u32) -> Vec<u32> {
        let list = fs::read_to_string(self.file(pid, &format!("task/{pid}/children"))).unwrap_or_default();
        list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
    }

    /// The files that a process has open, as it named them; `None` where this user may not look.
    pub(crate) fn open_files(self, pid: u32) -> Option<Vec<PathBuf>> {
        let entries = fs::read_dir(self.file(pid, "fd")).ok()?;
        Some(entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect())
    }

    /// The control groups of a process, one a line. Source: cgroups(7).
    pub(crate) fn control_groups(self, pid: u32) -> Option<String> {
        fs::read(self.file(pid, "cgroup")).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The program that a process runs, as a link.
    pub(crate) fn program(self, pid: u32) -> PathBuf {
        self.file(pid, "exe")
    }
}

/// The kernel's flag of a process that ends. Source: `include/linux/sched.h`, to which proc(5) refers.
const PF_EXITING: u32 = 4;

/// More than the kernel writes: some fifty numbers and a short name.
const LONGEST_STAT: usize = 2048;

/// Reads a file of one line, in one go where the file lets itself be read so: what the kernel tells of a process takes longer to open and
/// to read than to understand.
fn read_line<'a>(path: &Path, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut file = File::open(path).ok()?;
    let mut filled = 0;
    while !buffer[..filled].ends_with(b"\n") {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(&buffer[..filled])
}

/// A variable of another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Variable {
    /// It is not for this user to know.
    Hidden,
    Unset,
    Set(OsString),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let folder = tempfile::tempdir().unwrap();
        let procfs = Procfs(folder.path());
        fs::create_dir(folder.path().join("7")).unwrap();
        fs::create_dir(folder.path().join("self")).unwrap();
        let stat = |name: &str, state: &str| {
            let flags = if state == "R" { 4194304 | PF_EXITING } else { 4194304 };
            let rest = "9 0 0 0 1 2 0 0 20 0 1 0 5231 2457600 300 18446744073709551615";
            fs::write(folder.path().join("7/stat"), format!("7 ({name}) {state} 1 7 7 0 -1 {flags} {rest}\n")).unwrap();
            procfs.stat(7)
        };
        let found = stat("a ) S 9 (b", "S").unwrap();
        assert_eq!(found, Stat { name: "a ) S 9 (b".into(), alive: true, parent: 1, started: 5231 });
        assert!(!stat("gone", "Z").unwrap().alive && !procfs.is_ending(7) && !procfs.is_ending(8));
        assert!(stat("going", "R").unwrap().alive && procfs.is_ending(7));
        assert_eq!(procfs.pids().collect::<Vec<_>>(), [7]);
        assert_eq!((procfs.stat(8), procfs.user(7)), (None, None));

        fs::write(folder.path().join("7/environ"), "A=1\0AB=2\0B=\0").unwrap();
        assert_eq!(procfs.variable(7, "A"), Variable::Set("1".into()));
        assert_eq!(procfs.variable(7, "B"), Variable::Set("".into()));
        assert_eq!((procfs.variable(7, "C"), procfs.variable(8, "A")), (Variable::Unset, Variable::Hidden));
    }

    #[test]
    fn the_user_is_the_effective_one() {
        let own = std::process::id();
        assert_eq!(Procfs::own().user(own), Some(rustix::process::geteuid().as_raw()));
        assert_eq!(Procfs::own().user(0), None);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("7")).unwrap();
        fs::write(folder.path().join("7/status"), "Name:\tx\nUid:\t1000\t0\t1000\t1000\n").unwrap();
        assert_eq!(Procfs(folder.path()).user(7), Some(0));
    }
}
