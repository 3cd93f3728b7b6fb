//! A folder with a state that processes share.
//!
//! Who changes the state locks the folder itself, on a descriptor that is opened for each change: one that a fork had passed on would not
//! keep parent and child apart. Reading takes no lock: what holds the machine is not written to, and what becomes the machine next takes
//! effect by a line that is written last. So whoever is killed when, the state is whole.

use std::ffi::CString;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use rustix::fs::{
    Access, AtFlags, CWD, FlockOperation, Mode, OFlags, accessat, fchmod, flock, openat, renameat, unlinkat,
};
use rustix::io::{Errno, pread};

use super::record::{Content, Head, LINES, Lines, Origin, Place, Stamp, mark};
use crate::engine::Machine;

const STATE: &str = "state";
/// A file that is to become the state, while the folder is locked. Else it is one of which the writer was killed.
const NEXT: &str = "state.next";
/// Whoever may read the folder may read the state, whatever the umask of its writer; whoever may write the folder may replace it.
const MODE: Mode = Mode::from_raw_mode(0o644);
/// How often a reader looks again that was overtaken by two changes, before it asks writers to wait.
const LOOKS: usize = 4;

pub(super) struct Folder {
    path: PathBuf,
    state: CString,
}

/// Why a state cannot be used, in one line that names it.
#[derive(Debug)]
pub(super) enum Fault {
    /// There is no state.
    Absent(String),
    /// There is something else.
    Broken(String),
    /// The system refused.
    Refused(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Absent(text) | Self::Broken(text) | Self::Refused(text)) = self;
        f.write_str(text)
    }
}

/// What a reader saw of the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    lines: Lines,
    place: Place,
    pub(super) head: Head,
    /// Whether the files that show the machine do so.
    pub(super) in_step: bool,
}

/// A state that a reader did not know.
pub(super) struct News {
    pub(super) machine: Machine,
    /// Unless it is that of the machine that the reader knew.
    pub(super) origin: Option<Origin>,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Result<Self, Fault> {
        let state = CString::new(path.join(STATE).as_os_str().as_bytes());
        let state = state.map_err(|_| Fault::Refused(format!("{} is no path", path.display())))?;
        Ok(Self { path, state })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn refused(&self, what: &str, error: impl Into<io::Error>) -> Fault {
        Fault::Refused(format!("the state in {} cannot be {what}: {}", self.path.display(), error.into()))
    }

    fn broken(&self, why: impl fmt::Display) -> Fault {
        let path = self.path.join(STATE);
        Fault::Broken(format!("{} is no state of a simulated machine: {why}; remove it to begin anew", path.display()))
    }

    /// Makes the folder where there is none. Who may write in it, the umask says.
    pub(super) fn make(&self) -> Result<(), Fault> {
        fs::create_dir_all(&self.path).map_err(|error| self.refused("kept", error))
    }

    /// Reads the state, of which nothing is known.
    pub(super) fn read(&self) -> Result<(Seen, Machine, Origin), Fault> {
        match self.news(None)? {
            (seen, Some(News { machine, origin: Some(origin) })) => Ok((seen, machine, origin)),
            _ => Err(self.broken("it was not read")),
        }
    }

    /// Reads the state, unless it is as the reader saw it last.
    pub(super) fn news(&self, last: Option<&Seen>) -> Result<(Seen, Option<News>), Fault> {
        for _ in 0..LOOKS {
            match self.look(last) {
                // Perhaps it is being written to.
                Err(Fault::Broken(_)) => {}
                outcome => return outcome,
            }
        }
        self.lock()?.news(last)
    }

    fn look(&self, last: Option<&Seen>) -> Result<(Seen, Option<News>), Fault> {
        // Not to wait, should someone have put a pipe there.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(CWD, self.state.as_c_str(), flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Err(Fault::Absent(format!("there is no state in {}", self.path.display()))),
            Err(Errno::LOOP) => return Err(self.broken("it is a symbolic link")),
            Err(error) => return Err(self.refused("read", error)),
        };
        let mut lines = [0; LINES];
        self.fill(&file, &mut lines, 0)?;
        let lines = Lines::new(lines);
        if let Some(last) = last.filter(|last| last.lines == lines) {
            return Ok((*last, None));
        }
        let (place, head, in_step) = lines.newest().map_err(|why| self.broken(why))?;
        let seen = Seen { lines, place, head, in_step };
        if last.is_some_and(|last| last.lines.unmarked() == lines.unmarked()) {
            return Ok((seen, None));
        }
        let mut bytes = vec![0; head.used()];
        self.fill(&file, &mut bytes, place.at(head.room))?;
        let news = || {
            let content = Content::check(head, bytes)?;
            let same = last.is_some_and(|last| last.head.stamp.incarnation == head.stamp.incarnation);
            let origin = if same { None } else { Some(content.origin()?) };
            Ok(News { machine: content.machine()?, origin })
        };
        let news = news().map_err(|why: String| self.broken(why))?;
        Ok((seen, Some(news)))
    }

    /// Reads until `bytes` is full.
    fn fill(&self, file: &OwnedFd, bytes: &mut [u8], from: u64) -> Result<(), Fault> {
        let mut filled = 0;
        while filled < bytes.len() {
            match pread(file, &mut bytes[filled..], from + filled as u64) {
                Ok(0) => return Err(self.broken("it is cut short")),
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(Errno::SPIPE | Errno::ISDIR) => return Err(self.broken("it is no plain file")),
                Err(error) => return Err(self.refused("read", error)),
            }
        }
        Ok(())
    }

    /// Waits until no one else is changing the state.
    pub(super) fn lock(&self) -> Result<Lock<'_>, Fault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = openat(CWD, &self.path, flags, Mode::empty()).map_err(|error| self.refused("locked", error))?;
        loop {
            match flock(&opened, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Lock { folder: self, opened }),
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.refused("locked", error)),
            }
        }
    }
}

/// The right to change the state.
pub(super) struct Lock<'a> {
    folder: &'a Folder,
    opened: OwnedFd,
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // To close it is not enough where a child that was made without fork handlers still has it. To unlock what is locked cannot fail.
        let _ = flock(&self.opened, FlockOperation::Unlock);
    }
}

impl Lock<'_> {
    /// As [`Folder::news`], while no one writes.
    pub(super) fn news(&self, last: Option<&Seen>) -> Result<(Seen, Option<News>), Fault> {
        self.folder.look(last)
    }

    fn refused(&self, error: impl Into<io::Error>) -> Fault {
        self.folder.refused("changed", error)
    }

    /// Opens the state to change it. The right to do so is that to write in the folder.
    pub(super) fn open(&self, seen: Seen) -> Result<Writer<'_>, Fault> {
        accessat(&self.opened, ".", Access::WRITE_OK, AtFlags::EACCESS).map_err(|error| self.refused(error))?;
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match openat(&self.opened, STATE, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::ACCESS | Errno::PERM) => {
                // Someone else's file in a folder that is also ours: a copy takes its place.
                let copy = fs::read(self.folder.path.join(STATE)).map_err(|error| self.refused(error))?;
                self.replace(&copy)?
            }
            Err(error) => return Err(self.refused(error)),
        };
        Ok(Writer { lock: self, file, seen })
    }

    /// Puts a machine in the place of what is there, if anything is.
    pub(super) fn begin(&self, stamp: Stamp, origin: &Origin, machine: &Machine) -> Result<(), Fault> {
        let content = Content::new(stamp, origin, machine, 0).map_err(|error| self.refused(error))?;
        self.replace(&content.file(true)).map(drop)
    }

    /// Puts a file of these bytes in the place of the state.
    fn replace(&self, bytes: &[u8]) -> Result<File, Fault> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = openat(&self.opened, NEXT, flags, MODE);
        if matches!(file, Err(Errno::EXIST)) {
            unlinkat(&self.opened, NEXT, AtFlags::empty()).map_err(|error| self.refused(error))?;
            file = openat(&self.opened, NEXT, flags, MODE);
        }
        let file = File::from(file.map_err(|error| self.refused(error))?);
        let replaced = file.write_all_at(bytes, 0).and_then(|()| {
            fchmod(&file, MODE)?;
            Ok(renameat(&self.opened, NEXT, &self.opened, STATE)?)
        });
        if let Err(error) = replaced {
            // If this fails as well, the next who needs the name does it.
            let _ = unlinkat(&self.opened, NEXT, AtFlags::empty());
            return Err(self.refused(error));
        }
        Ok(file)
    }
}

/// The state, opened to change it.
pub(super) struct Writer<'a> {
    lock: &'a Lock<'a>,
    file: File,
    seen: Seen,
}

/// A state that has no effect yet.
pub(super) struct Prepared(Content);

impl Writer<'_> {
    fn put(&self, bytes: &[u8], at: u64) -> Result<(), Fault> {
        self.file.write_all_at(bytes, at).map_err(|error| self.lock.refused(error))
    }

    /// Notes whether the files that show the machine do so.
    pub(super) fn mark(&mut self, in_step: bool) -> Result<(), Fault> {
        let Seen { lines, place, .. } = self.seen;
        self.put(&mark(in_step), place.mark_at())?;
        self.seen = Seen { lines: lines.marked(place, in_step), in_step, ..self.seen };
        Ok(())
    }

    /// Writes the next state, which has no effect as yet.
    pub(super) fn prepare(&self, origin: &Origin, machine: &Machine) -> Result<Prepared, Fault> {
        let Head { stamp, room, .. } = self.seen.head;
        let content = Content::new(stamp.next(), origin, machine, room).map_err(|error| self.lock.refused(error))?;
        if content.head.room == room {
            self.put(&content.bytes, self.seen.place.other().at(room))?;
        }
        Ok(Prepared(content))
    }

    /// Makes it the state.
    pub(super) fn take_effect(&mut self, Prepared(content): Prepared, in_step: bool) -> Result<(), Fault> {
        let lines = if content.head.room == self.seen.head.room {
            let (place, line) = (self.seen.place.other(), content.head.line(in_step));
            self.put(line.as_bytes(), place.line_at())?;
            self.seen.lines.with(place, &line)
        } else {
            self.file = self.lock.replace(&content.file(in_step))?;
            content.lines(in_step)
        };
        let (place, head, in_step) = lines.newest().map_err(|why| self.lock.folder.broken(why))?;
        self.seen = Seen { lines, place, head, in_step };
        Ok(())
    }

    /// The state as it is now.
    pub(super) fn seen(&self) -> Seen {
        self.seen
    }
}

impl Stamp {
    /// The stamp of a machine that is new.
    pub(super) fn new() -> Self {
        Self { incarnation: RandomState::new().hash_one(std::process::id()), generation: 1 }
    }

    /// The stamp after one more change.
    pub(super) fn next(self) -> Self {
        Self { generation: self.generation.wrapping_add(1), ..self }
    }
}
