//! A folder of processes as the kernel shows them in `/proc`, for processes that a simulated GPU has and the system has not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder in the place of `/proc`. It is removed with the value.
#[derive(Debug)]
pub struct Procfs(tempfile::TempDir);

/// What is known of a process. Its default runs `init` as root, in no container, with an empty environment.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The name of its program, of which `stat` has 15 bytes.
    pub name: &'a str,
    /// The words that it was started with.
    pub arguments: &'a [&'a str],
    /// The id of its parent.
    pub parent: u32,
    /// Its user.
    pub uid: u32,
    /// The path of its control group.
    pub control_group: &'a str,
    /// Its environment; `None` where it is hidden.
    pub environment: Option<&'a [(&'a str, &'a str)]>,
}

impl Default for Entry<'_> {
    fn default() -> Self {
        Self { name: "init", arguments: &[], parent: 1, uid: 0, control_group: "/", environment: Some(&[]) }
    }
}

impl Procfs {
    /// A folder without processes.
    ///
    /// # Errors
    ///
    /// Those of the file system, as of every function here.
    pub fn new() -> io::Result<Self> {
        tempfile::Builder::new().prefix("procfs-").tempdir().map(Self)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder of a process.
    pub fn of(&self, pid: u32) -> PathBuf {
        self.path().join(pid.to_string())
    }

    /// A process appears, or becomes another one. It began `pid` hundredths of a second after the machine.
    pub fn add(&self, pid: u32, entry: Entry<'_>) -> io::Result<()> {
        let folder = self.of(pid);
        fs::create_dir_all(&folder)?;
        let Entry { name, parent, uid, control_group, .. } = entry;
        let kept = &name.as_bytes()[..name.len().min(15)];
        let rest = format!("S {parent} {pid} {pid} 0 -1 4194304 9 0 0 0 1 2 0 0 20 0 1 0 {pid} 2457600 300");
        fs::write(
            folder.join("stat"),
            [format!("{pid} (").as_bytes(), kept, format!(") {rest}\n").as_bytes()].concat(),
        )?;
        fs::write(folder.join("status"), format!("Name:\t{name}\nUid:\t1000\t{uid}\t{uid}\t{uid}\n"))?;
        fs::write(folder.join("cgroup"), format!("0::{control_group}\n"))?;
        let arguments: String = entry.arguments.iter().map(|argument| format!("{argument}\0")).collect();
        fs::write(folder.join("cmdline"), arguments)?;
        let Some(environment) = entry.environment else { return Ok(()) };
        let environment: String = environment.iter().map(|(name, value)| format!("{name}={value}\0")).collect();
        fs::write(folder.join("environ"), environment)
    }

    /// A process opens a file. One that never did hides its files, as from another user.
    pub fn open(&self, pid: u32, path: impl AsRef<Path>) -> io::Result<()> {
        let folder = self.of(pid).join("fd");
        fs::create_dir_all(&folder)?;
        let next = fs::read_dir(&folder)?.count();
        std::os::unix::fs::symlink(path, folder.join(next.to_string()))
    }

    /// A process ends.
    pub fn remove(&self, pid: u32) -> io::Result<()> {
        fs::remove_dir_all(self.of(pid))
    }
}
