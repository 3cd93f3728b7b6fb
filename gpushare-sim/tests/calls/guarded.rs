//! Memory that ends where a page begins which nobody may touch, after bytes that must stay as they are.

use std::ptr;

/// What stands before the room.
const CANARY: u8 = 0xa5;
/// A page, or several where pages are smaller.
const PAGE: usize = 1 << 16;

/// Room of a certain size. To read or write behind it ends the process; what is written before it [`intact`](Self::intact) sees.
pub(super) struct Guarded {
    base: *mut u8,
    size: usize,
}

impl Guarded {
    /// Memory without room as yet.
    pub(super) fn new() -> Self {
        // SAFETY: new memory, at no certain place.
        let base = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let base = libc::mmap(ptr::null_mut(), 2 * PAGE, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            assert_ne!(base, libc::MAP_FAILED, "there is memory");
            assert_eq!(libc::mprotect(base.add(PAGE), PAGE, libc::PROT_NONE), 0);
            base.cast::<u8>()
        };
        let mut guarded = Self { base, size: 0 };
        guarded.take(PAGE, CANARY);
        guarded
    }

    /// Makes room of `size` bytes, each of them `fill`, in the place of the room there was.
    pub(super) fn take(&mut self, size: usize, fill: u8) -> *mut u8 {
        assert!(size <= PAGE, "{size} bytes");
        // SAFETY: the page has as many bytes; those of the last room become canaries again.
        unsafe {
            self.start().write_bytes(CANARY, self.size);
            self.size = size;
            self.start().write_bytes(fill, size);
        }
        self.start()
    }

    /// Whether nobody wrote before the room.
    pub(super) fn intact(&self) -> bool {
        // What is far away nobody overruns by mistake.
        let near = 256.min(PAGE - self.size);
        // SAFETY: the bytes lie before the room in the same page.
        let before = unsafe { std::slice::from_raw_parts(self.start().sub(near), near) };
        before.iter().all(|byte| *byte == CANARY)
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: the room is a part of the page.
        unsafe { self.base.add(PAGE - self.size) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the memory is this value's own, of this size.
        unsafe { libc::munmap(self.base.cast(), 2 * PAGE) };
    }
}
