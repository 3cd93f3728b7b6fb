//! What the tests of the C functions share.
#![allow(dead_code)] // Each test program uses a part.

use std::ffi::{c_char, c_uint};
use std::ptr;

use gpushare_sim::Machine;
use gpushare_sys::*;

pub(crate) mod board;

/// A machine and the functions of its library.
pub(crate) struct Nvml {
    pub(crate) machine: Machine,
    functions: libloading::Library,
}

impl Nvml {
    /// A machine by its short text, before `nvmlInit`.
    pub(crate) fn cold(spec: &str) -> Self {
        let machine = Machine::from_spec(spec).expect("the simulator starts");
        Self::of(machine)
    }

    pub(crate) fn of(machine: Machine) -> Self {
        // SAFETY: the library is the simulator's.
        let functions = unsafe { libloading::Library::new(machine.library_path()) }.expect("the library loads");
        Self { machine, functions }
    }

    pub(crate) fn start(spec: &str) -> Self {
        let nvml = Self::cold(spec);
        assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
        nvml
    }

    /// A machine whose first GPU is in MIG mode.
    pub(crate) fn mig(spec: &str) -> Self {
        let nvml = Self::start(spec);
        nvml.set_mig(nvml.gpu(0), 1);
        nvml
    }

    /// The address of a function, as the type that the caller names.
    ///
    /// # Safety
    ///
    /// `F` is the function's type.
    pub(crate) unsafe fn function<F: Copy>(&self, name: &str) -> F {
        // SAFETY: the caller's promise.
        *unsafe { self.functions.get::<F>(name) }.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn gpu(&self, index: c_uint) -> nvmlDevice_t {
        let mut gpu = ptr::null_mut();
        assert_eq!(call!(self.nvmlDeviceGetHandleByIndex_v2(index, &mut gpu)), NVML_SUCCESS);
        gpu
    }

    pub(crate) fn set_mig(&self, gpu: nvmlDevice_t, mode: c_uint) {
        let mut activation = NVML_ERROR_UNKNOWN;
        assert_eq!(call!(self.nvmlDeviceSetMigMode(gpu, mode, &mut activation)), NVML_SUCCESS);
        assert_eq!(activation, NVML_SUCCESS);
    }

    pub(crate) fn create_gi(&self, gpu: nvmlDevice_t, profile: c_uint) -> Result<nvmlGpuInstance_t, nvmlReturn_t> {
        let mut gi = ptr::null_mut();
        answer(call!(self.nvmlDeviceCreateGpuInstance(gpu, profile, &mut gi)), gi)
    }

    pub(crate) fn create_ci(
        &self,
        gi: nvmlGpuInstance_t,
        profile: c_uint,
    ) -> Result<nvmlComputeInstance_t, nvmlReturn_t> {
        let mut ci = ptr::null_mut();
        answer(call!(self.nvmlGpuInstanceCreateComputeInstance(gi, profile, &mut ci)), ci)
    }

    pub(crate) fn gi_info(&self, gi: nvmlGpuInstance_t) -> Result<nvmlGpuInstanceInfo_t, nvmlReturn_t> {
        let mut info = nvmlGpuInstanceInfo_t::default();
        answer(call!(self.nvmlGpuInstanceGetInfo(gi, &mut info)), info)
    }

    pub(crate) fn ci_info(&self, ci: nvmlComputeInstance_t) -> Result<nvmlComputeInstanceInfo_t, nvmlReturn_t> {
        let mut info = nvmlComputeInstanceInfo_t::default();
        answer(call!(self.nvmlComputeInstanceGetInfo_v2(ci, &mut info)), info)
    }

    pub(crate) fn mig_device(&self, gpu: nvmlDevice_t, index: c_uint) -> Result<nvmlDevice_t, nvmlReturn_t> {
        let mut device = ptr::null_mut();
        answer(call!(self.nvmlDeviceGetMigDeviceHandleByIndex(gpu, index, &mut device)), device)
    }

    pub(crate) fn uuid(&self, device: nvmlDevice_t) -> Result<String, nvmlReturn_t> {
        text(|buffer, length| call!(self.nvmlDeviceGetUUID(device, buffer, length)))
    }

    pub(crate) fn name(&self, device: nvmlDevice_t) -> Result<String, nvmlReturn_t> {
        text(|buffer, length| call!(self.nvmlDeviceGetName(device, buffer, length)))
    }
}

/// The value, or the code where it is none of success.
pub(crate) fn answer<T>(code: nvmlReturn_t, value: T) -> Result<T, nvmlReturn_t> {
    if code == NVML_SUCCESS { Ok(value) } else { Err(code) }
}

/// One number that a function writes.
pub(crate) fn number<T: Default>(fill: impl FnOnce(*mut T) -> nvmlReturn_t) -> Result<T, nvmlReturn_t> {
    let mut value = T::default();
    answer(fill(&mut value), value)
}

/// A text that a function writes.
pub(crate) fn text(fill: impl FnOnce(*mut c_char, c_uint) -> nvmlReturn_t) -> Result<String, nvmlReturn_t> {
    let mut buffer = [0 as c_char; 128];
    answer(fill(buffer.as_mut_ptr(), 128), chars(&buffer))
}

/// The text in an array of characters.
pub(crate) fn chars(array: &[c_char]) -> String {
    array.iter().take_while(|c| **c != 0).map(|c| *c as u8 as char).collect()
}

/// Calls a function of the library by its name, with the type that NVIDIA's header gives it.
macro_rules! call {
    ($nvml:ident.$name:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: the type is the header's; pointers are NULL or of live locals with the room that the function asks for.
        unsafe {
            let function = $nvml.function::<gpushare_sys::signatures::$name>(stringify!($name));
            function($($argument),*)
        }
    }};
}
pub(crate) use call;

pub(crate) fn null<T>() -> *mut T {
    ptr::null_mut()
}

/// Room for the answer of any function.
pub(crate) fn room<T>() -> *mut T {
    Box::leak(Box::new([0_u64; 1024])).as_mut_ptr().cast()
}

pub(crate) fn versioned<T>(version: u32) -> *mut T {
    let room: *mut T = room();
    // SAFETY: the room is larger than the version word with which a versioned struct begins.
    unsafe { room.cast::<u32>().write(struct_version::<T>(version)) };
    room
}

/// Makes calls that must all return `$expected`, and gives the names of the functions called.
macro_rules! all_return {
    ($nvml:ident, $expected:ident; $($name:ident($($argument:expr),*);)*) => {
        BTreeSet::from([$({
            let call = concat!(stringify!($name), stringify!(($($argument),*)));
            assert_eq!(call!($nvml.$name($($argument),*)), $expected, "{call}");
            stringify!($name)
        }),*])
    };
}
pub(crate) use all_return;
