//! The functions that `nvidia-smi` calls through its private table, by their places in it.
//!
//! NVIDIA publishes nothing about the table. What is answered here is what makes a visible difference in `nvidia-smi` of 535 and of 550:
//! without it, that program shows no process, no part number, no topology and no compute policy. All else says that it is not supported.

use std::ffi::{c_char, c_uint};

use gpushare_sys::{NO_INSTANCE, NVML_ERROR_NOT_SUPPORTED, nvmlDevice_t, nvmlReturn_t};

use super::argument::{Argument, Array, Out, Text, chars};
use super::compute_policy;
use super::door::{self, Code};
use super::handle::{Board, Of};
use super::process::{is_compute, is_graphics, is_mps, used_memory};
use crate::catalog::Architecture;
use crate::engine::{Device, Gpu, Process, ProcessKind};

/// Places of the table after its size, up to the last that any release asks for.
const PLACES: usize = 511;

/// The place of the function that sets a compute policy.
pub(crate) const SET_COMPUTE_POLICY: usize = 192;
/// The place of the function that lists the compute policies of a GPU.
pub(crate) const GET_COMPUTE_POLICIES: usize = 193;

/// A function of the table: of whichever type belongs to its place.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Place(*const ());

// SAFETY: the address of a function, at which nothing is ever written.
unsafe impl Sync for Place {}

/// The table's functions in order. The first comes after the word that holds the size, which counts as place 0.
pub(super) const fn places() -> [Place; PLACES] {
    let mut places = [Place(not_supported as *const ()); PLACES];
    places[23 - 1] = Place(topology_level as *const ());
    places[SET_COMPUTE_POLICY - 1] = Place(compute_policy::set as *const ());
    places[GET_COMPUTE_POLICIES - 1] = Place(compute_policy::get as *const ());
    places[213 - 1] = Place(compute_processes as *const ());
    places[214 - 1] = Place(mps_processes as *const ());
    places[215 - 1] = Place(graphics_processes as *const ());
    places[231 - 1] = Place(gpu_part_number as *const ());
    places
}

/// The caller's arguments stay untouched.
extern "C" fn not_supported() -> nvmlReturn_t {
    NVML_ERROR_NOT_SUPPORTED
}

/// A process of the private lists, which hold its name as well.
#[repr(C)]
struct Entry {
    pid: c_uint,
    used_memory: u64,
    gpu_instance: c_uint,
    compute_instance: c_uint,
    protected_memory: u64,
    name: [c_char; 4096],
}

const _: () = assert!(size_of::<Entry>() == 4128);

impl Entry {
    fn of(process: &Process) -> Self {
        let (gpu_instance, compute_instance) = process.instance.unwrap_or((NO_INSTANCE, NO_INSTANCE));
        let (used_memory, name) = (used_memory(process), chars(&process.name));
        Self { pid: process.pid, used_memory, gpu_instance, compute_instance, protected_memory: 0, name }
    }
}

/// The processes of a GPU or of a MIG device.
///
/// # Safety
///
/// `count` is NULL or valid for reading and writing, `entries` NULL or valid for writing as many as `count` says.
unsafe fn processes(
    device: nvmlDevice_t,
    count: *mut c_uint,
    entries: *mut Entry,
    belongs: fn(ProcessKind) -> bool,
) -> nvmlReturn_t {
    door::read(
        // SAFETY: the caller's promise.
        |machine| unsafe {
            Ok((Device::accept(device, machine)?, Out::accept(count, machine)?, Array::accept(entries, machine)?))
        },
        |machine, access, (device, count, entries)| {
            let all = device.gpu(machine)?.processes(access, device.mig.map(|mig| (mig.gi, mig.ci)))?.into_iter();
            entries.fill(&count, all.filter(|process| belongs(process.kind)).map(Entry::of).collect())
        },
    )
}

macro_rules! process_lists {
    ($($name:ident: $belongs:ident;)*) => {$(
        /// # Safety
        ///
        /// As for [`processes`].
        unsafe extern "C" fn $name(device: nvmlDevice_t, count: *mut c_uint, entries: *mut Entry) -> nvmlReturn_t {
            // SAFETY: the caller's promise.
            unsafe { processes(device, count, entries, $belongs) }
        }
    )*};
}
process_lists! {
    compute_processes: is_compute;
    mps_processes: is_mps;
    graphics_processes: is_graphics;
}

/// # Safety
///
/// `number` is NULL or valid for writing `length` bytes.
unsafe extern "C" fn gpu_part_number(device: nvmlDevice_t, number: *mut c_char, length: c_uint) -> nvmlReturn_t {
    door::read(
        // SAFETY: the caller's promise.
        |machine| unsafe { Ok((Board::accept(device, machine)?, Out::accept(number, machine)?)) },
        |machine, _, (board, number)| number.text(length, &board.gpu(machine)?.model().gpu_part_number),
    )
}

/// NVLinks of a GPU.
fn links(gpu: &Gpu) -> c_uint {
    match gpu.model().architecture {
        Architecture::Volta => 6,
        Architecture::Ampere => 12,
        _ => 18,
    }
}

/// How near two GPUs are: at one host bridge, at one node, or joined by NVLinks, which MIG mode ends.
fn nearness(one: &Gpu, other: &Gpu) -> c_uint {
    const HOST_BRIDGE: c_uint = 2;
    const NODE: c_uint = 3;
    const BEFORE_ONE_LINK: c_uint = 4;
    let joined = |gpu: &Gpu| gpu.model().nvlink && !gpu.mig_mode().is_ok_and(|mode| mode.current);
    let [here, there] = [one.identity().pci, other.identity().pci];
    if joined(one) && joined(other) {
        BEFORE_ONE_LINK + links(one).min(links(other))
    } else if (here.domain, here.bus) == (there.domain, there.bus) {
        HOST_BRIDGE
    } else {
        NODE
    }
}

/// # Safety
///
/// `one` and `other` are NULL or PCI addresses as text, `level` is NULL or valid for writing.
unsafe extern "C" fn topology_level(one: *const c_char, other: *const c_char, level: *mut c_uint) -> nvmlReturn_t {
    door::read(
        // SAFETY: the caller's promise.
        |machine| unsafe {
            Ok((Text::accept(one, machine)?, Text::accept(other, machine)?, Out::accept(level, machine)?))
        },
        |machine, _, (one, other, level)| {
            let found = |address: &str| Ok::<_, Code>(machine.gpu(machine.find_pci(address)?)?);
            level.put(nearness(found(&one)?, found(&other)?))
        },
    )
}
