//! What the calls pass: drawn from bytes, valid for what the contract of the called function says, and else anything.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong};
use std::ptr;

use gpushare_sim::Machine;
use gpushare_sys::*;

use super::guarded::Guarded;

/// Numbers at which something begins or ends.
const BOUNDS: [c_uint; 14] =
    [0, 1, 7, 8, 15, 16, 0x7f, 0xff, 0x100, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
/// The profile IDs of all models, those that most have several times.
const PROFILES: [c_uint; 24] = [19, 19, 14, 14, 14, 9, 5, 5, 0, 15, 20, 21, 6, 1, 2, 3, 7, 32, 35, 47, 64, 65, 66, 67];
/// Handles kept of each kind.
const KEPT: usize = 24;

/// Bytes that are used up one by one, and then are 0.
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    /// Rarely. Never once the bytes are used up.
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(super) fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    pub(super) fn number(&mut self) -> c_uint {
        match self.below(4) {
            0 | 1 => self.below(16) as c_uint % (1 + self.below(16) as c_uint),
            2 => self.of(&BOUNDS),
            _ => self.word() as c_uint,
        }
    }
}

/// The kinds of handles, each an index of the pools.
#[derive(Clone, Copy)]
enum Kind {
    Device,
    GpuInstance,
    ComputeInstance,
    EventSet,
}

/// What a sequence has collected: handles and texts that were given out, whether or not they still name something.
pub(super) struct Arguments {
    handles: [Vec<usize>; 4],
    texts: Vec<Vec<u8>>,
    rooms: Vec<Guarded>,
    /// How many of the rooms the present call has.
    used: usize,
    /// Where the present call may write handles, and of which kind.
    outputs: Vec<(*mut usize, Kind)>,
    /// Where the present call may write a text.
    text: Option<(*const u8, usize)>,
}

/// [`Arguments`] while they are drawn for one call.
pub(super) struct Draw<'a, 'b> {
    pub(super) bytes: &'a mut Bytes<'b>,
    all: &'a mut Arguments,
    /// How many values the last array has, which another argument says or does not.
    room: c_uint,
}

impl Arguments {
    /// With the handles and the identities of the GPUs.
    pub(super) fn new(symbols: &Symbols, machine: &Machine) -> Self {
        let state = machine.state().expect("the machine answers");
        let identity = |gpu: &gpushare_sim::engine::Gpu| gpu.identity().clone();
        let texts = state.gpus().iter().map(identity).flat_map(|id| {
            [id.uuid.clone(), id.serial, id.pci.to_string(), format!("MIG-{}/1/0", id.uuid)].map(String::into_bytes)
        });
        let mut all = Self {
            handles: Default::default(),
            texts: texts.collect(),
            rooms: Vec::new(),
            used: 0,
            outputs: Vec::new(),
            text: None,
        };
        let by_index = symbols.nvmlDeviceGetHandleByIndex_v2.expect("the library has it");
        for index in 0..state.gpus().len() {
            let mut device: nvmlDevice_t = ptr::null_mut();
            // SAFETY: the pointer is of a live local.
            if unsafe { by_index(index as c_uint, &mut device) } == NVML_SUCCESS {
                all.handles[Kind::Device as usize].push(device.addr());
            }
        }
        all
    }

    pub(super) fn with<'a, 'b>(&'a mut self, bytes: &'a mut Bytes<'b>) -> Draw<'a, 'b> {
        self.used = 0;
        self.outputs.clear();
        self.text = None;
        Draw { bytes, all: self, room: 0 }
    }

    /// Looks at what a call has written.
    pub(super) fn finish(&mut self, name: &str, success: bool) {
        assert!(self.rooms[..self.used].iter().all(Guarded::intact), "{name} wrote before its room");
        if !success {
            return;
        }
        for (place, kind) in self.outputs.drain(..) {
            // SAFETY: the place is a room of this call, as large as a pointer, and nothing has taken the room since.
            let handle = unsafe { place.read_unaligned() };
            let pool = &mut self.handles[kind as usize];
            if handle != 0 && !pool.contains(&handle) && pool.len() < KEPT {
                pool.push(handle);
            }
        }
        if let Some((start, size)) = self.text {
            // SAFETY: the text is in a room of this call of that size.
            let text = unsafe { std::slice::from_raw_parts(start, size) };
            let end = text.iter().position(|byte| *byte == 0);
            let text = &text[..end.unwrap_or_else(|| panic!("{name} wrote a text without its end"))];
            if self.texts.len() < KEPT {
                self.texts.push(text.to_vec());
            }
        }
    }

    fn take(&mut self, size: usize, fill: u8) -> *mut u8 {
        if self.rooms.len() == self.used {
            self.rooms.push(Guarded::new());
        }
        self.used += 1;
        self.rooms[self.used - 1].take(size, fill)
    }
}

impl Draw<'_, '_> {
    fn handle<T>(&mut self, kind: Kind) -> *mut T {
        let pool = &self.all.handles[kind as usize];
        let word = match self.bytes.below(32) {
            0 => 0,
            1 => self.bytes.word() as usize,
            // Of any kind, perhaps changed a little.
            2 => {
                let kind = self.bytes.below(4);
                let known = self.all.handles[kind].last().copied().unwrap_or(1);
                known ^ (usize::from(self.bytes.byte()) << (8 * self.bytes.below(8)))
            }
            // The first GPU, which has MIG where any has it, and what was made last.
            3..8 if matches!(kind, Kind::Device) => pool.first().copied().unwrap_or(0),
            3..14 => pool.last().copied().unwrap_or(0),
            _ if pool.is_empty() => 0,
            _ => self.bytes.of(pool),
        };
        ptr::without_provenance_mut(word)
    }

    pub(super) fn device(&mut self) -> nvmlDevice_t {
        self.handle(Kind::Device)
    }

    pub(super) fn gi(&mut self) -> nvmlGpuInstance_t {
        self.handle(Kind::GpuInstance)
    }

    pub(super) fn ci(&mut self) -> nvmlComputeInstance_t {
        self.handle(Kind::ComputeInstance)
    }

    pub(super) fn set(&mut self) -> nvmlEventSet_t {
        self.handle(Kind::EventSet)
    }

    pub(super) fn number(&mut self) -> c_uint {
        self.bytes.number()
    }

    pub(super) fn wide(&mut self) -> c_ulonglong {
        let number = self.bytes.number().into();
        if self.bytes.one_in(8) { self.bytes.word() } else { number }
    }

    /// The index or the ID of one of a few things, more often than not.
    pub(super) fn index(&mut self) -> c_uint {
        if self.bytes.one_in(8) { self.number() } else { self.bytes.of(&[0, 0, 0, 1, 1, 2, 3, 9]) }
    }

    /// The ID of a profile, more often than not.
    pub(super) fn profile(&mut self) -> c_uint {
        if self.bytes.one_in(8) { self.number() } else { self.bytes.of(&PROFILES) }
    }

    /// A compute profile, more often than not.
    pub(super) fn kind(&mut self) -> c_uint {
        if self.bytes.one_in(8) { self.number() } else { self.bytes.of(&[0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]) }
    }

    /// 0, more often than not.
    pub(super) fn engine(&mut self) -> c_uint {
        if self.bytes.one_in(8) { self.number() } else { 0 }
    }

    /// A mode to set: on and off, more often than not.
    pub(super) fn mode(&mut self) -> c_uint {
        if self.bytes.one_in(8) { self.number() } else { self.bytes.of(&[1, 1, 0]) }
    }

    /// Kinds of events: those that happen here, more often than not.
    pub(super) fn events(&mut self) -> c_ulonglong {
        let xid = c_ulonglong::from(nvmlEventTypeXidCriticalError);
        let mig = c_ulonglong::from(nvmlEventMigConfigChange);
        if self.bytes.one_in(4) { self.wide() } else { self.bytes.of(&[xid, xid | mig, 0, mig]) }
    }

    /// The number of a process: one of those that [`outside`](super::outside) begins, more often than not.
    pub(super) fn pid(&mut self) -> c_uint {
        if self.bytes.one_in(4) { self.number() } else { self.bytes.below(4) as c_uint }
    }

    /// How long to wait. A sequence shall end.
    pub(super) fn timeout(&mut self) -> c_uint {
        c_uint::from(self.bytes.one_in(16))
    }

    /// Room for bytes of a number, or NULL.
    fn bytes_or_null<T>(&mut self, size: usize, fill: u8) -> *mut T {
        if self.bytes.one_in(32) { ptr::null_mut() } else { self.all.take(size, fill).cast() }
    }

    /// Room for one value.
    pub(super) fn out<T>(&mut self) -> *mut T {
        self.bytes_or_null(size_of::<T>(), 0xee)
    }

    /// Room for the struct that the function knew when its symbol was new, of which the header has only a later one.
    pub(super) fn old<T>(&mut self, size: usize) -> *mut T {
        assert!(size < size_of::<T>());
        self.bytes_or_null(size, 0xee)
    }

    fn out_handle<T>(&mut self, kind: Kind) -> *mut *mut T {
        let place: *mut *mut T = self.bytes_or_null(size_of::<usize>(), 0);
        if !place.is_null() {
            self.all.outputs.push((place.cast(), kind));
        }
        place
    }

    pub(super) fn out_device(&mut self) -> *mut nvmlDevice_t {
        self.out_handle(Kind::Device)
    }

    pub(super) fn out_gi(&mut self) -> *mut nvmlGpuInstance_t {
        self.out_handle(Kind::GpuInstance)
    }

    pub(super) fn out_ci(&mut self) -> *mut nvmlComputeInstance_t {
        self.out_handle(Kind::ComputeInstance)
    }

    pub(super) fn out_set(&mut self) -> *mut nvmlEventSet_t {
        self.out_handle(Kind::EventSet)
    }

    /// Room for a text, whose size [`room`](Self::room) says next.
    pub(super) fn buffer(&mut self) -> *mut c_char {
        let size = self.bytes.of(&[96_usize, 96, 96, 96, 80, 32, 14, 1, 0]);
        self.room = size as c_uint;
        let buffer: *mut c_char = self.bytes_or_null(size, 0xee);
        self.all.text = (!buffer.is_null()).then_some((buffer.cast_const().cast(), size));
        buffer
    }

    /// How many values the array before this has.
    pub(super) fn room(&mut self) -> c_uint {
        self.room
    }

    /// A number of values, for an array that comes next.
    pub(super) fn counted(&mut self) -> *mut c_uint {
        self.room = self.bytes.of(&[8, 8, 2, 1, 0]);
        let room = self.room;
        self.given(room)
    }

    /// An array of as many values as an argument has said, or NULL where it has none.
    pub(super) fn array<T>(&mut self) -> *mut T {
        let size = self.room as usize * size_of::<T>();
        if size == 0 && self.bytes.one_in(2) { ptr::null_mut() } else { self.all.take(size, 0xee).cast() }
    }

    /// As [`array`](Self::array), of a size that a query has told.
    pub(super) fn told<T>(&mut self, count: c_uint) -> *mut T {
        self.room = count;
        if self.bytes.one_in(16) { ptr::null_mut() } else { self.array() }
    }

    /// Room with a value in it.
    pub(super) fn given<T>(&mut self, value: T) -> *mut T {
        let place: *mut T = self.out();
        if !place.is_null() {
            // SAFETY: the room has the size of the value.
            unsafe { place.write_unaligned(value) };
        }
        place
    }

    /// How many fields to ask for, in the array that comes next.
    pub(super) fn field_count(&mut self) -> c_int {
        self.room = self.bytes.below(4) as c_uint;
        // A caller without an array may claim what it likes.
        if self.room == 0 {
            self.number() as c_int
        } else if self.bytes.one_in(8) {
            self.bytes.of(&[0, -1, c_int::MIN])
        } else {
            self.room as c_int
        }
    }

    #[allow(non_snake_case)]
    pub(super) fn fields(&mut self) -> *mut nvmlFieldValue_t {
        if self.room == 0 {
            return ptr::null_mut();
        }
        let place: *mut nvmlFieldValue_t = self.array();
        for index in 0..self.room as usize {
            let (fieldId, scopeId) = (self.bytes.byte().into(), self.number());
            // SAFETY: the array has room for as many values.
            unsafe { place.add(index).write_unaligned(nvmlFieldValue_t { fieldId, scopeId, ..Default::default() }) };
        }
        place
    }

    /// One of the places that are possible, more often than not.
    fn span(&mut self, possible: &[(c_uint, c_uint)]) -> (c_uint, c_uint) {
        match self.bytes.below(8) {
            0 => (self.number(), self.number()),
            1 => (self.bytes.below(13) as c_uint, self.bytes.of(&[1, 2, 3, 4, 6, 8, 12])),
            _ if possible.is_empty() => (0, 1),
            _ => self.bytes.of(possible),
        }
    }

    pub(super) fn placement(&mut self, possible: &[nvmlGpuInstancePlacement_t]) -> *const nvmlGpuInstancePlacement_t {
        let possible: Vec<_> = possible.iter().map(|at| (at.start, at.size)).collect();
        let (start, size) = self.span(&possible);
        self.given(nvmlGpuInstancePlacement_t { start, size })
    }

    pub(super) fn compute_placement(
        &mut self,
        possible: &[nvmlComputeInstancePlacement_t],
    ) -> *const nvmlComputeInstancePlacement_t {
        let possible: Vec<_> = possible.iter().map(|at| (at.start, at.size)).collect();
        let (start, size) = self.span(&possible);
        self.given(nvmlComputeInstancePlacement_t { start, size })
    }

    /// A text that ends with its room.
    pub(super) fn text(&mut self) -> *const c_char {
        let mut text = match self.bytes.below(8) {
            0 => Vec::new(),
            1 => vec![b'x'; 300],
            2 => (0..self.bytes.below(24)).map(|_| self.bytes.byte()).filter(|byte| *byte != 0).collect(),
            _ => match self.all.texts.len() {
                0 => Vec::new(),
                count => self.all.texts[self.bytes.below(count)].clone(),
            },
        };
        if self.bytes.one_in(8) && !text.is_empty() {
            let place = self.bytes.below(text.len());
            text[place] = self.bytes.byte().max(1);
        }
        text.push(0);
        let place = self.bytes_or_null::<u8>(text.len(), 0);
        if !place.is_null() {
            // SAFETY: the room has the size of the text.
            unsafe { place.copy_from_nonoverlapping(text.as_ptr(), text.len()) };
        }
        place.cast_const().cast()
    }

    /// A struct that says which version it is of, and is as large as it says.
    pub(super) fn versioned<T>(&mut self, words: &[c_uint]) -> *mut T {
        let word = match self.bytes.below(8) {
            0 => self.number(),
            1 => self.bytes.of(words) ^ 1 << (24 + self.bytes.below(4)),
            _ => self.bytes.of(words),
        };
        let size = (word as usize & 0xff_ffff).clamp(size_of::<c_uint>(), 4096);
        let place: *mut T = self.bytes_or_null(size, 0);
        if !place.is_null() {
            // SAFETY: the room is not smaller than the word.
            unsafe { place.cast::<c_uint>().write_unaligned(word) };
        }
        place
    }
}
