//! What the file of a shared state holds.
//!
//! Two places for the machine, of which one holds it as it is and the other is for the next change, and before them a line for each. The
//! line is written last, so it is what makes a change take effect. Comparing the lines with those that were read before tells whether
//! the machine must be read again.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::{Machine, MachineConfig};

/// The first words of a line, with the number of the format.
const MAGIC: &str = "gpushare-sim state 1";
/// The length of a line, with its end.
const LINE: usize = MAGIC.len() + 2 * 17 + 3 * 9 + 2 * 17 + 2 + 1;
/// From one line to the next.
const STRIDE: usize = 128;
/// Both lines.
pub(super) const LINES: usize = 2 * STRIDE;
/// Where the places begin: at a page of their own.
const PLACES: u64 = 4096;
/// No machine is as large.
const LARGEST: u64 = 1 << 24;

const IN_STEP: u8 = b'+';
const BEHIND: u8 = b'-';

/// What the machine was made of. It changes only when another machine takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    pub(super) config: MachineConfig,
    /// Where the files lie that show the machine.
    pub(super) root: Option<PathBuf>,
}

/// Which machine, and how many changes old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// A number of chance, so that a machine that replaces another is not taken for it.
    pub(super) incarnation: u64,
    pub(super) generation: u64,
}

/// What a line says of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) stamp: Stamp,
    /// How much each of the places can hold.
    pub(super) room: u64,
    origin: u64,
    machine: u64,
    checksum: u64,
}

/// One of the two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    pub(super) fn other(self) -> Self {
        Self(1 - self.0)
    }

    /// Where its line is.
    pub(super) fn line_at(self) -> u64 {
        (self.0 * STRIDE) as u64
    }

    /// Where its line says whether the files that show the machine do so.
    pub(super) fn mark_at(self) -> u64 {
        self.line_at() + LINE as u64 - 2
    }

    /// Where it begins.
    pub(super) fn at(self, room: u64) -> u64 {
        PLACES + self.0 as u64 * room
    }
}

/// What the mark in a line is where the files that show the machine do so, and where they may not.
pub(super) fn mark(in_step: bool) -> [u8; 1] {
    [if in_step { IN_STEP } else { BEHIND }]
}

/// The two lines as they lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines([u8; LINES]);

impl Lines {
    pub(super) fn new(bytes: [u8; LINES]) -> Self {
        Self(bytes)
    }

    /// With another line for a place.
    pub(super) fn with(mut self, place: Place, line: &str) -> Self {
        self.0[place.line_at() as usize..][..line.len()].copy_from_slice(line.as_bytes());
        self
    }

    /// With another mark for a place.
    pub(super) fn marked(mut self, place: Place, in_step: bool) -> Self {
        self.0[place.mark_at() as usize] = mark(in_step)[0];
        self
    }

    /// The lines but for their marks, by which a reader knows them again.
    pub(super) fn unmarked(self) -> Self {
        self.marked(Place(0), true).marked(Place(1), true)
    }

    /// The place that holds the machine as it is, what its line says, and whether the files that show the machine do so.
    pub(super) fn newest(&self) -> Result<(Place, Head, bool), String> {
        let line = |place: Place| Head::parse(&self.0[place.line_at() as usize..][..LINE]).map(|head| (place, head));
        // Each must be one: to fall back on the other would undo a change that took effect.
        let (first, second) = (line(Place(0))?, line(Place(1))?);
        let (place, head) = if first.1.stamp.generation > second.1.stamp.generation { first } else { second };
        Ok((place, head, self.0[place.mark_at() as usize] == IN_STEP))
    }
}

impl Head {
    fn parse(line: &[u8]) -> Result<Self, String> {
        let parse = || {
            let line = std::str::from_utf8(line).ok()?;
            let mut words = line.strip_prefix(MAGIC)?.split_ascii_whitespace();
            let mut number = || u64::from_str_radix(words.next()?, 16).ok();
            let stamp = Stamp { incarnation: number()?, generation: number()? };
            let head = Self { stamp, room: number()?, origin: number()?, machine: number()?, checksum: number()? };
            [true, false].map(|in_step| head.line(in_step)).contains(&line.to_owned()).then_some(head)
        };
        let head = parse().ok_or("it does not begin as one")?;
        if head.room > LARGEST || head.origin.saturating_add(head.machine) > head.room {
            return Err("it claims to hold more than it can".to_owned());
        }
        Ok(head)
    }

    /// The line.
    pub(super) fn line(&self, in_step: bool) -> String {
        let Self { stamp: Stamp { incarnation, generation }, room, origin, machine, checksum } = self;
        let said = format!(
            "{MAGIC} {incarnation:016x} {generation:016x} {room:08x} {origin:08x} {machine:08x} {checksum:016x}"
        );
        format!("{said} {:016x} {}\n", sum(said.as_bytes()), char::from(mark(in_step)[0]))
    }

    /// How much of its place is used.
    pub(super) fn used(&self) -> usize {
        (self.origin + self.machine) as usize
    }
}

/// A checksum against accidents, not against intent: who may write the file may write a fitting one.
fn sum(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    // Multiplying by an odd number and rotating lose nothing, so that no change of a single word goes unnoticed.
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    bytes.chunks(8).map(word).fold(bytes.len() as u64, mix)
}

/// What a place holds: what the machine was made of, as text, and the machine.
pub(super) struct Content {
    pub(super) head: Head,
    pub(super) bytes: Vec<u8>,
}

impl Content {
    /// The content of a place with so much room, or with more if it takes more.
    pub(super) fn new(stamp: Stamp, origin: &Origin, machine: &Machine, room: u64) -> io::Result<Self> {
        let mut bytes = serde_json::to_vec(origin)?;
        bytes.push(b'\n');
        let origin = bytes.len() as u64;
        serde_json::to_writer(&mut bytes, machine)?;
        bytes.push(b'\n');
        let used = bytes.len() as u64;
        // A machine grows with its instances and processes: not each time it does is the file to be replaced.
        let room = if used > room { (2 * used).next_multiple_of(PLACES) } else { room };
        if room > LARGEST {
            return Err(io::Error::other(format!("the machine takes {used} bytes; {} are allowed", LARGEST / 2)));
        }
        let checksum = sum(&bytes);
        Ok(Self { head: Head { stamp, room, origin, machine: used - origin, checksum }, bytes })
    }

    /// The lines of a file with this content in the first place.
    pub(super) fn lines(&self, in_step: bool) -> Lines {
        let Head { stamp, room, .. } = self.head;
        let empty = Head { stamp: Stamp { generation: 0, ..stamp }, room, origin: 0, machine: 0, checksum: sum(&[]) };
        Lines([0; LINES]).with(Place(0), &self.head.line(in_step)).with(Place(1), &empty.line(true))
    }

    /// That file, as long as it will ever be, so that changes to come need no more of the disk.
    pub(super) fn file(&self, in_step: bool) -> Vec<u8> {
        let room = self.head.room;
        let mut file = vec![0; (PLACES + 2 * room) as usize];
        file[..LINES].copy_from_slice(&self.lines(in_step).0);
        file[Place(0).at(room) as usize..][..self.bytes.len()].copy_from_slice(&self.bytes);
        file
    }

    pub(super) fn check(head: Head, bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.len() != head.used() {
            return Err("it is cut short".to_owned());
        }
        if sum(&bytes) != head.checksum {
            return Err("its checksum does not fit".to_owned());
        }
        Ok(Self { head, bytes })
    }

    pub(super) fn machine(&self) -> Result<Machine, String> {
        let machine: Machine =
            serde_json::from_slice(&self.bytes[self.head.origin as usize..]).map_err(|error| foreign(&error))?;
        machine.check()?;
        Ok(machine)
    }

    pub(super) fn origin(&self) -> Result<Origin, String> {
        serde_json::from_slice(&self.bytes[..self.head.origin as usize]).map_err(|error| foreign(&error))
    }
}

/// A whole content that cannot be understood was written by a simulator that knows other things of a machine.
fn foreign(error: &serde_json::Error) -> String {
    format!("another version of the simulator wrote it: {error}")
}

/// A root in words.
pub(super) fn shown(root: Option<&Path>) -> String {
    root.map_or_else(|| "nowhere".to_owned(), |root| format!("below {}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Result<(Machine, Origin), String> {
        let lines = file.get(..LINES).ok_or("it is cut short")?;
        let (place, head, _) = Lines::new(lines.try_into().unwrap()).newest()?;
        let at = place.at(head.room) as usize;
        let content = Content::check(head, file.get(at..at + head.used()).unwrap_or_default().to_vec())?;
        Ok((content.machine()?, content.origin()?))
    }

    fn content(generation: u64) -> Content {
        let origin = Origin { config: "2xA30".parse().unwrap(), root: Some("/somewhere".into()) };
        let machine = Machine::new(&origin.config).unwrap();
        Content::new(Stamp { incarnation: u64::MAX, generation }, &origin, &machine, 0).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let file = content(1).file(true);
        let (machine, origin) = read(&file).unwrap();
        assert_eq!(origin.root.as_deref(), Some(Path::new("/somewhere")));
        assert_eq!(machine, Machine::new(&origin.config).unwrap());
    }

    #[test]
    fn a_change_takes_effect_with_its_line_alone() {
        let (content, next) = (content(7), content(8));
        let lines = content.lines(true);
        let place = Place(0).other();
        assert_eq!(lines.marked(place, false).newest().unwrap(), (Place(0), content.head, true));
        let lines = lines.with(place, &next.head.line(false));
        assert_eq!(lines.newest().unwrap(), (place, next.head, false));
        let mut file = content.file(true);
        file[..LINES].copy_from_slice(&lines.0);
        assert!(read(&file).is_err(), "the content is written first");
        file[place.at(next.head.room) as usize..][..next.bytes.len()].copy_from_slice(&next.bytes);
        assert!(read(&file).is_ok());
    }

    #[test]
    fn no_byte_that_is_read_can_change_unnoticed_but_the_marks() {
        let content = content(1);
        let file = content.file(true);
        let lines = [Place(0), Place(1)].map(|place| place.line_at() as usize..place.mark_at() as usize);
        let at = Place(0).at(content.head.room) as usize;
        for at in lines.into_iter().flatten().chain(at..at + content.bytes.len()) {
            for bit in [1, 0x20, 0x80] {
                let mut broken = file.clone();
                broken[at] ^= bit;
                assert!(read(&broken).is_err(), "byte {at}");
            }
        }
        for length in 0..at + content.bytes.len() {
            assert!(read(&file[..length]).is_err(), "length {length}");
        }
    }
}
