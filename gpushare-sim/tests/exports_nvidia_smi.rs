//! The private table through which `nvidia-smi` lists processes, names parts and draws the topology.

use std::ffi::{CString, c_char, c_uint};
use std::ptr;

use gpushare_sim::engine::{Access, Process, ProcessKind};
use gpushare_sys::*;
use support::{Nvml, answer, call, text};

mod support;

/// An entry of the process lists, as `nvidia-smi` reads it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry {
    pid: c_uint,
    used_memory: u64,
    gpu_instance: c_uint,
    compute_instance: c_uint,
    protected_memory: u64,
    name: [c_char; 4096],
}

/// The function at a place of the table.
///
/// # Safety
///
/// `F` is the function's type.
unsafe fn place<F: Copy>(nvml: &Nvml, place: usize) -> F {
    let name = [0xc4, 0xfe, 0x3e, 0x6c, 0xc9, 0x8f, 0x6c, 0x4e, 0xa3, 0x27, 0xee, 0x69, 0x6e, 0x12, 0xf7, 0xc4];
    type Get<F> = unsafe extern "C" fn(*mut *const F, *const [u8; 16]) -> nvmlReturn_t;
    let mut table = ptr::null();
    // SAFETY: the function's type; the table has more places than are asked for, each as wide as a pointer to a function.
    unsafe {
        assert_eq!(nvml.function::<Get<F>>("nvmlInternalGetExportTable")(&mut table, &name), NVML_SUCCESS);
        *table.add(place)
    }
}

/// PIDs, instances and names; or the code of a refusal and the count that came with it.
type Listed = Result<Vec<(c_uint, c_uint, c_uint, String)>, (nvmlReturn_t, c_uint)>;

/// The PIDs, instances and names of the first GPU's list, with room for `room` entries.
fn list(nvml: &Nvml, at: usize, room: c_uint) -> Listed {
    list_of(nvml, nvml.gpu(0), at, room)
}

fn list_of(nvml: &Nvml, device: nvmlDevice_t, at: usize, room: c_uint) -> Listed {
    type List = unsafe extern "C" fn(nvmlDevice_t, *mut c_uint, *mut Entry) -> nvmlReturn_t;
    let untouched =
        Entry { pid: 7, used_memory: 7, gpu_instance: 7, compute_instance: 7, protected_memory: 7, name: [7; 4096] };
    let (mut count, mut entries) = (room, vec![untouched; room as usize + 1]);
    // SAFETY: the place's type, and as much room as `count` says.
    let code = unsafe { place::<List>(nvml, at)(device, &mut count, entries.as_mut_ptr()) };
    answer(code, ()).map_err(|code| (code, count))?;
    assert_eq!(entries[count as usize].pid, 7, "nothing is written beyond the entries");
    let found = &entries[..count as usize];
    assert!(found.iter().all(|entry| entry.used_memory == 1 << 20 && entry.protected_memory == 0));
    Ok(found.iter().map(|one| (one.pid, one.gpu_instance, one.compute_instance, support::chars(&one.name))).collect())
}

#[test]
fn processes_are_listed_with_their_names() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gi = nvml.create_gi(nvml.gpu(0), 9).unwrap();
    nvml.create_ci(gi, 2).unwrap();
    let id = nvml.gi_info(gi).unwrap().id;
    assert_eq!(list(&nvml, 213, 500), Ok(vec![]));
    for (pid, kind, instance) in [
        (1, ProcessKind::Compute, Some((id, 0))),
        (2, ProcessKind::Graphics, None),
        (3, ProcessKind::MpsServer, Some((id, 0))),
        (4, ProcessKind::MpsClient, Some((id, 0))),
    ] {
        let process = Process { pid, name: format!("/bin/p{pid}"), kind, used_memory: Some(1 << 20), instance };
        nvml.machine.add_process(0, process).unwrap();
    }
    let inside = |pid| (pid, id, 0, format!("/bin/p{pid}"));
    assert_eq!(list(&nvml, 213, 500), Ok(vec![inside(1), inside(3), inside(4)]), "compute");
    assert_eq!(list(&nvml, 214, 500), Ok(vec![inside(4)]), "MPS clients");
    assert_eq!(list(&nvml, 215, 500), Ok(vec![(2, NO_INSTANCE, NO_INSTANCE, "/bin/p2".to_owned())]), "graphics");
    let mig = nvml.mig_device(nvml.gpu(0), 0).unwrap();
    assert_eq!(list_of(&nvml, mig, 213, 500), list(&nvml, 213, 500), "a MIG device's own");
    assert_eq!(list_of(&nvml, mig, 215, 500), Ok(vec![]));
    assert_eq!(list(&nvml, 213, 2), Err((NVML_ERROR_INSUFFICIENT_SIZE, 3)));
    nvml.machine.set_access(Access::Unprivileged).unwrap();
    assert_eq!(list(&nvml, 213, 500), Err((NVML_ERROR_NO_PERMISSION, 500)));
}

#[test]
fn parts_have_a_number() {
    type Number = unsafe extern "C" fn(nvmlDevice_t, *mut c_char, c_uint) -> nvmlReturn_t;
    let nvml = Nvml::start("1xH200");
    // SAFETY: the place's type, and a buffer as long as it says.
    let number = text(|buffer, length| unsafe { place::<Number>(&nvml, 231)(nvml.gpu(0), buffer, length) });
    assert_eq!(number.unwrap(), "2335-895-A1");
}

/// 2 is a common host bridge, 3 a common node, and 4 + n are n NVLinks.
#[test]
fn the_topology_has_a_level_for_each_pair() {
    let nvml = Nvml::start("3xA100-SXM4-40GB+3xT4");
    let address = |gpu| {
        let mut pci = nvmlPciInfo_t::default();
        assert_eq!(call!(nvml.nvmlDeviceGetPciInfo_v3(nvml.gpu(gpu), &mut pci)), NVML_SUCCESS);
        support::chars(&pci.busId)
    };
    let level = |one: &str, other: &str| {
        type Level = unsafe extern "C" fn(*const c_char, *const c_char, *mut c_uint) -> nvmlReturn_t;
        let (one, other, mut level) = (CString::new(one).unwrap(), CString::new(other).unwrap(), 99);
        // SAFETY: the place's type, two texts and a live local.
        answer(unsafe { place::<Level>(&nvml, 23)(one.as_ptr(), other.as_ptr(), &mut level) }, level)
    };
    let between = |one, other| level(&address(one), &address(other));
    assert_eq!((between(0, 1), between(2, 0)), (Ok(16), Ok(16)), "12 NVLinks");
    assert_eq!((between(4, 5), between(3, 4), between(2, 3)), (Ok(2), Ok(3), Ok(2)));
    nvml.set_mig(nvml.gpu(1), 1);
    assert_eq!((between(0, 1), between(1, 2), between(0, 2)), (Ok(2), Ok(3), Ok(16)), "MIG mode ends NVLink");
    assert_eq!(level(&address(0), "0000:FF:00.0"), Err(NVML_ERROR_NOT_FOUND));
}
