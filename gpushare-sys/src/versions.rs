//! Calls that NVML has under several names: the newest that the library exports is taken, and its answer brought to one struct.
//!
//! Each function is as unsafe as the C call that it makes: pointers must be valid for what NVML writes through them, and handles must
//! come from the same library, initialised.

use core::ffi::{c_char, c_uint};

use crate::{Library, Symbol, bindings::*};

/// The library lacks a symbol, under every name that would have served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the loaded NVML library has no {}", .0.name())]
pub struct MissingSymbol(pub Symbol);

/// The code that NVML returned, or the symbol that is not there. A missing symbol is named by its newest version.
pub type Called = Result<nvmlReturn_t, MissingSymbol>;

/// The value of a GPU- or compute-instance id where there is none.
pub const NO_INSTANCE: c_uint = 0xFFFF_FFFF;

/// Which list of running processes to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcessList {
    /// Processes with a compute context.
    Compute,
    /// Processes with a graphics context.
    Graphics,
    /// Compute processes that are MPS clients.
    Mps,
}

/// NVML's struct version word: size and version in one.
pub const fn struct_version<T>(version: u32) -> c_uint {
    size_of::<T>() as c_uint | version << 24
}

/// Calls the first of the named symbols that the library has; all have one type.
macro_rules! first {
    ($library:expr, [$newest:ident $(, $older:ident)*], $($argument:expr),*) => {{
        let symbols = $library.symbols();
        match symbols.$newest$(.or(symbols.$older))* {
            // SAFETY: the caller of the enclosing function keeps this call's contract.
            Some(call) => Ok(unsafe { call($($argument),*) }),
            None => Err(MissingSymbol(Symbol::$newest)),
        }
    }};
}

#[allow(clippy::missing_safety_doc)] // The module says it once for all.
impl Library {
    /// Initialises NVML: `nvmlInitWithFlags`, else `nvmlInit_v2` or `nvmlInit`, which know no flags.
    pub unsafe fn init(&self, flags: c_uint) -> Called {
        match self.symbols().nvmlInitWithFlags {
            // SAFETY: no pointer is passed.
            Some(call) => Ok(unsafe { call(flags) }),
            None if flags == 0 => first!(self, [nvmlInit_v2, nvmlInit],),
            None => Err(MissingSymbol(Symbol::nvmlInitWithFlags)),
        }
    }

    /// `nvmlSystemGetCudaDriverVersion_v2`, or the first version.
    pub unsafe fn cuda_driver_version(&self, version: &mut core::ffi::c_int) -> Called {
        first!(self, [nvmlSystemGetCudaDriverVersion_v2, nvmlSystemGetCudaDriverVersion], version)
    }

    /// `nvmlDeviceGetCount_v2`, or the first version, which leaves out GPUs that the caller may not open.
    pub unsafe fn device_count(&self, count: &mut c_uint) -> Called {
        first!(self, [nvmlDeviceGetCount_v2, nvmlDeviceGetCount], count)
    }

    /// `nvmlDeviceGetHandleByIndex_v2`, or the first version.
    pub unsafe fn device_by_index(&self, index: c_uint, device: &mut nvmlDevice_t) -> Called {
        first!(self, [nvmlDeviceGetHandleByIndex_v2, nvmlDeviceGetHandleByIndex], index, device)
    }

    /// `nvmlDeviceGetHandleByPciBusId_v2`, or the first version.
    pub unsafe fn device_by_pci_bus_id(&self, bus_id: *const c_char, device: &mut nvmlDevice_t) -> Called {
        first!(self, [nvmlDeviceGetHandleByPciBusId_v2, nvmlDeviceGetHandleByPciBusId], bus_id, device)
    }

    /// `nvmlDeviceGetPciInfo_v3`, or an older version with `busId` completed from the legacy form.
    pub unsafe fn pci_info(&self, device: nvmlDevice_t, info: &mut nvmlPciInfo_t) -> Called {
        *info = nvmlPciInfo_t::default();
        // The older versions write 52 and 32 bytes of the same beginning, whatever the header declares.
        let code =
            first!(self, [nvmlDeviceGetPciInfo_v3, nvmlDeviceGetPciInfo_v2, nvmlDeviceGetPciInfo], device, info)?;
        if self.symbols().nvmlDeviceGetPciInfo_v3.is_none() {
            info.busId = [0; 32];
            for (to, from) in info.busId.iter_mut().zip([b'0' as c_char; 4].iter().chain(&info.busIdLegacy[..15])) {
                *to = *from;
            }
            if self.symbols().nvmlDeviceGetPciInfo_v2.is_none() {
                info.pciSubSystemId = 0;
            }
        }
        Ok(code)
    }

    /// `nvmlDeviceGetMemoryInfo_v2`, or the first version: then `version` is 1, and `used` holds what the driver reserves, too.
    pub unsafe fn memory_info(&self, device: nvmlDevice_t, info: &mut nvmlMemory_v2_t) -> Called {
        if let Some(call) = self.symbols().nvmlDeviceGetMemoryInfo_v2 {
            info.version = struct_version::<nvmlMemory_v2_t>(2);
            // SAFETY: `info` is a struct of the version it names.
            return Ok(unsafe { call(device, info) });
        }
        let call = self.symbols().nvmlDeviceGetMemoryInfo.ok_or(MissingSymbol(Symbol::nvmlDeviceGetMemoryInfo))?;
        let mut first = nvmlMemory_t::default();
        // SAFETY: `first` is the struct that the first version writes.
        let code = unsafe { call(device, &mut first) };
        *info = nvmlMemory_v2_t { version: 1, total: first.total, reserved: 0, free: first.free, used: first.used };
        Ok(code)
    }

    /// `nvmlDeviceGetGpuInstanceProfileInfoV` (struct version 2), or the first version, which gives no name.
    pub unsafe fn gpu_instance_profile_info(
        &self,
        device: nvmlDevice_t,
        profile: c_uint,
        info: &mut nvmlGpuInstanceProfileInfo_v2_t,
    ) -> Called {
        *info = nvmlGpuInstanceProfileInfo_v2_t::default();
        if let Some(call) = self.symbols().nvmlDeviceGetGpuInstanceProfileInfoV {
            info.version = struct_version::<nvmlGpuInstanceProfileInfo_v2_t>(2);
            // SAFETY: `info` is a struct of the version it names.
            return Ok(unsafe { call(device, profile, info) });
        }
        let mut first = nvmlGpuInstanceProfileInfo_t::default();
        let code = first!(self, [nvmlDeviceGetGpuInstanceProfileInfo], device, profile, &mut first)?;
        *info = nvmlGpuInstanceProfileInfo_v2_t {
            id: first.id,
            isP2pSupported: first.isP2pSupported,
            sliceCount: first.sliceCount,
            instanceCount: first.instanceCount,
            multiprocessorCount: first.multiprocessorCount,
            copyEngineCount: first.copyEngineCount,
            decoderCount: first.decoderCount,
            encoderCount: first.encoderCount,
            jpegCount: first.jpegCount,
            ofaCount: first.ofaCount,
            memorySizeMB: first.memorySizeMB,
            ..Default::default()
        };
        Ok(code)
    }

    /// `nvmlDeviceGetGpuInstancePossiblePlacements_v2`, or the first version.
    pub unsafe fn gpu_instance_possible_placements(
        &self,
        device: nvmlDevice_t,
        profile_id: c_uint,
        placements: *mut nvmlGpuInstancePlacement_t,
        count: &mut c_uint,
    ) -> Called {
        first!(
            self,
            [nvmlDeviceGetGpuInstancePossiblePlacements_v2, nvmlDeviceGetGpuInstancePossiblePlacements],
            device,
            profile_id,
            placements,
            count
        )
    }

    /// `nvmlGpuInstanceGetComputeInstanceProfileInfoV` (struct version 2), or the first version, which gives no name.
    pub unsafe fn compute_instance_profile_info(
        &self,
        gpu_instance: nvmlGpuInstance_t,
        profile: c_uint,
        engine_profile: c_uint,
        info: &mut nvmlComputeInstanceProfileInfo_v2_t,
    ) -> Called {
        *info = nvmlComputeInstanceProfileInfo_v2_t::default();
        if let Some(call) = self.symbols().nvmlGpuInstanceGetComputeInstanceProfileInfoV {
            info.version = struct_version::<nvmlComputeInstanceProfileInfo_v2_t>(2);
            // SAFETY: `info` is a struct of the version it names.
            return Ok(unsafe { call(gpu_instance, profile, engine_profile, info) });
        }
        let mut first = nvmlComputeInstanceProfileInfo_t::default();
        let code = first!(
            self,
            [nvmlGpuInstanceGetComputeInstanceProfileInfo],
            gpu_instance,
            profile,
            engine_profile,
            &mut first
        )?;
        *info = nvmlComputeInstanceProfileInfo_v2_t {
            id: first.id,
            sliceCount: first.sliceCount,
            instanceCount: first.instanceCount,
            multiprocessorCount: first.multiprocessorCount,
            sharedCopyEngineCount: first.sharedCopyEngineCount,
            sharedDecoderCount: first.sharedDecoderCount,
            sharedEncoderCount: first.sharedEncoderCount,
            sharedJpegCount: first.sharedJpegCount,
            sharedOfaCount: first.sharedOfaCount,
            ..Default::default()
        };
        Ok(code)
    }

    /// `nvmlComputeInstanceGetInfo_v2`, or the first version, which knows no placement: its size is then 0.
    pub unsafe fn compute_instance_info(
        &self,
        compute_instance: nvmlComputeInstance_t,
        info: &mut nvmlComputeInstanceInfo_t,
    ) -> Called {
        // The first version writes the 24 bytes before the placement, whatever the header declares.
        *info = nvmlComputeInstanceInfo_t::default();
        first!(self, [nvmlComputeInstanceGetInfo_v2, nvmlComputeInstanceGetInfo], compute_instance, info)
    }

    /// The running processes of `list`: version 3, 2 or 1, whose entries belong to no instance ([`NO_INSTANCE`]).
    ///
    /// `count` goes in as the room at `processes` and comes out as the number of processes, as in C.
    pub unsafe fn running_processes(
        &self,
        list: ProcessList,
        device: nvmlDevice_t,
        count: &mut c_uint,
        processes: *mut nvmlProcessInfo_v2_t,
    ) -> Called {
        let symbols = self.symbols();
        let (v3, v2, v1, newest) = match list {
            ProcessList::Compute => (
                symbols.nvmlDeviceGetComputeRunningProcesses_v3,
                symbols.nvmlDeviceGetComputeRunningProcesses_v2,
                symbols.nvmlDeviceGetComputeRunningProcesses,
                Symbol::nvmlDeviceGetComputeRunningProcesses_v3,
            ),
            ProcessList::Graphics => (
                symbols.nvmlDeviceGetGraphicsRunningProcesses_v3,
                symbols.nvmlDeviceGetGraphicsRunningProcesses_v2,
                symbols.nvmlDeviceGetGraphicsRunningProcesses,
                Symbol::nvmlDeviceGetGraphicsRunningProcesses_v3,
            ),
            ProcessList::Mps => (
                symbols.nvmlDeviceGetMPSComputeRunningProcesses_v3,
                symbols.nvmlDeviceGetMPSComputeRunningProcesses_v2,
                symbols.nvmlDeviceGetMPSComputeRunningProcesses,
                Symbol::nvmlDeviceGetMPSComputeRunningProcesses_v3,
            ),
        };
        if let Some(call) = v3.or(v2) {
            // SAFETY: versions 2 and 3 write the same struct; the caller gives room for `count` of them.
            return Ok(unsafe { call(device, count, processes) });
        }
        let call = v1.ok_or(MissingSymbol(newest))?;
        let room = *count;
        // SAFETY: a struct of version 1 is smaller, so the caller's room holds as many.
        let code = unsafe { call(device, count, processes.cast()) };
        if code == NVML_SUCCESS && !processes.is_null() {
            // From the last entry back, because the larger entries overwrite the smaller ones behind them.
            for index in (0..room.min(*count) as usize).rev() {
                // SAFETY: NVML wrote `count` entries of version 1, and the room holds as many of version 2.
                unsafe {
                    let old = processes.cast::<nvmlProcessInfo_v1_t>().add(index).read();
                    processes.add(index).write(nvmlProcessInfo_v2_t {
                        pid: old.pid,
                        usedGpuMemory: old.usedGpuMemory,
                        gpuInstanceId: NO_INSTANCE,
                        computeInstanceId: NO_INSTANCE,
                    });
                }
            }
        }
        Ok(code)
    }

    /// `nvmlEventSetWait_v2`, or the first version, whose events name no instance ([`NO_INSTANCE`]).
    pub unsafe fn event_set_wait(&self, set: nvmlEventSet_t, data: &mut nvmlEventData_t, timeout_ms: c_uint) -> Called {
        // The first version writes the 24 bytes before the instance ids, whatever the header declares.
        *data = nvmlEventData_t { gpuInstanceId: NO_INSTANCE, computeInstanceId: NO_INSTANCE, ..Default::default() };
        first!(self, [nvmlEventSetWait_v2, nvmlEventSetWait], set, data, timeout_ms)
    }
}
