//! NVML's functions as a C program calls them, for those who are compared. No call is spared and nothing is remembered.

use std::ffi::{CStr, c_char};
use std::ptr::null_mut;

use gpushare::NvmlReturn;
use gpushare::sys::{
    self, Library, nvmlComputeInstance_t, nvmlComputeInstanceProfileInfo_t, nvmlDevice_t, nvmlDeviceAttributes_t,
    nvmlGpuInstance_t, nvmlGpuInstanceProfileInfo_t, nvmlMemory_t, nvmlProcessInfo_t,
};

/// The room for a text: the largest that NVML asks for.
pub(crate) const TEXT: usize = 96;

/// What NVML answers.
pub(crate) type Answer<T = ()> = Result<T, Refusal>;

/// An answer that is not what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{function} answers {code:?}")]
pub(crate) struct Refusal {
    function: &'static str,
    pub(crate) code: NvmlReturn,
}

/// Calls a function of the library by its name, and takes a code for the answer.
macro_rules! nvml {
    ($driver:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        let refusal = |code| Refusal { function: stringify!($function), code: NvmlReturn(code) };
        let function = $driver.library.symbols().$function.ok_or_else(|| refusal(sys::NVML_ERROR_FUNCTION_NOT_FOUND))?;
        // SAFETY: handles are those that this library gave, pointers are to locals with the room that is stated, and NVML is safe to call
        // with both while it is initialised or not.
        match unsafe { function($($argument),*) } {
            sys::NVML_SUCCESS => Ok(()),
            code => Err(refusal(code)),
        }
    }};
}

/// Makes getters that take a handle and fill one value.
macro_rules! getters {
    ($($(#[$meta:meta])* fn $name:ident($handle:ty) -> $value:ty = $function:ident;)*) => {
        $(
            $(#[$meta])*
            pub(crate) fn $name(&self, handle: $handle) -> Answer<$value> {
                let mut value = <$value>::default();
                nvml!(self, $function(handle, &mut value))?;
                Ok(value)
            }
        )*
    };
}

/// A driver's library.
pub(crate) struct Driver {
    library: Library,
}

impl Driver {
    pub(crate) fn new(library: Library) -> Self {
        Self { library }
    }

    pub(crate) fn init(&self) -> Answer {
        nvml!(self, nvmlInit_v2())
    }

    pub(crate) fn shutdown(&self) -> Answer {
        nvml!(self, nvmlShutdown())
    }

    pub(crate) fn count(&self) -> Answer<u32> {
        let mut count = 0;
        nvml!(self, nvmlDeviceGetCount_v2(&mut count))?;
        Ok(count)
    }

    pub(crate) fn gpu(&self, index: u32) -> Answer<nvmlDevice_t> {
        let mut gpu = null_mut();
        nvml!(self, nvmlDeviceGetHandleByIndex_v2(index, &mut gpu))?;
        Ok(gpu)
    }

    getters! {
        fn memory(nvmlDevice_t) -> nvmlMemory_t = nvmlDeviceGetMemoryInfo;
        fn attributes(nvmlDevice_t) -> nvmlDeviceAttributes_t = nvmlDeviceGetAttributes_v2;
        fn most_mig_devices(nvmlDevice_t) -> u32 = nvmlDeviceGetMaxMigDeviceCount;
        fn gpu_instance_id(nvmlDevice_t) -> u32 = nvmlDeviceGetGpuInstanceId;
        fn compute_instance_id(nvmlDevice_t) -> u32 = nvmlDeviceGetComputeInstanceId;
    }

    /// Whether MIG is enabled now, and whether it will be.
    pub(crate) fn mig_mode(&self, gpu: nvmlDevice_t) -> Answer<(bool, bool)> {
        let (mut current, mut pending) = (0, 0);
        nvml!(self, nvmlDeviceGetMigMode(gpu, &mut current, &mut pending))?;
        Ok((current == 1, pending == 1))
    }

    pub(crate) fn mig_device(&self, gpu: nvmlDevice_t, index: u32) -> Answer<nvmlDevice_t> {
        let mut device = null_mut();
        nvml!(self, nvmlDeviceGetMigDeviceHandleByIndex(gpu, index, &mut device))?;
        Ok(device)
    }

    pub(crate) fn name(&self, device: nvmlDevice_t) -> Answer<String> {
        let mut buffer = [0; TEXT];
        nvml!(self, nvmlDeviceGetName(device, buffer.as_mut_ptr(), TEXT as u32))?;
        Ok(text(buffer))
    }

    pub(crate) fn uuid(&self, device: nvmlDevice_t) -> Answer<String> {
        let mut buffer = [0; TEXT];
        nvml!(self, nvmlDeviceGetUUID(device, buffer.as_mut_ptr(), TEXT as u32))?;
        Ok(text(buffer))
    }

    /// The processes that compute on a device, by two calls where there are some: how many, then which.
    pub(crate) fn processes(&self, device: nvmlDevice_t) -> Answer<Vec<nvmlProcessInfo_t>> {
        let mut count = 0;
        match nvml!(self, nvmlDeviceGetComputeRunningProcesses_v3(device, &mut count, null_mut())) {
            Ok(()) => return Ok(Vec::new()),
            Err(refusal) if refusal.code.0 == sys::NVML_ERROR_INSUFFICIENT_SIZE => {}
            Err(refusal) => return Err(refusal),
        }
        let mut processes = vec![nvmlProcessInfo_t::default(); count as usize];
        nvml!(self, nvmlDeviceGetComputeRunningProcesses_v3(device, &mut count, processes.as_mut_ptr()))?;
        processes.truncate(count as usize);
        Ok(processes)
    }

    pub(crate) fn gpu_instance_profile(&self, gpu: nvmlDevice_t, kind: u32) -> Answer<nvmlGpuInstanceProfileInfo_t> {
        let mut profile = nvmlGpuInstanceProfileInfo_t::default();
        nvml!(self, nvmlDeviceGetGpuInstanceProfileInfo(gpu, kind, &mut profile))?;
        Ok(profile)
    }

    pub(crate) fn gpu_instances(
        &self,
        gpu: nvmlDevice_t,
        profile: &nvmlGpuInstanceProfileInfo_t,
    ) -> Answer<Vec<nvmlGpuInstance_t>> {
        let mut instances = vec![null_mut(); profile.instanceCount as usize];
        let mut count = 0;
        nvml!(self, nvmlDeviceGetGpuInstances(gpu, profile.id, instances.as_mut_ptr(), &mut count))?;
        instances.truncate(count as usize);
        Ok(instances)
    }

    pub(crate) fn create_gpu_instance(&self, gpu: nvmlDevice_t, profile: u32) -> Answer<nvmlGpuInstance_t> {
        let mut instance = null_mut();
        nvml!(self, nvmlDeviceCreateGpuInstance(gpu, profile, &mut instance))?;
        Ok(instance)
    }

    pub(crate) fn destroy_gpu_instance(&self, instance: nvmlGpuInstance_t) -> Answer {
        nvml!(self, nvmlGpuInstanceDestroy(instance))
    }

    pub(crate) fn compute_instance_profile(
        &self,
        instance: nvmlGpuInstance_t,
        kind: u32,
    ) -> Answer<nvmlComputeInstanceProfileInfo_t> {
        let mut profile = nvmlComputeInstanceProfileInfo_t::default();
        let shared = sys::NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED;
        nvml!(self, nvmlGpuInstanceGetComputeInstanceProfileInfo(instance, kind, shared, &mut profile))?;
        Ok(profile)
    }

    pub(crate) fn compute_instances(
        &self,
        instance: nvmlGpuInstance_t,
        profile: &nvmlComputeInstanceProfileInfo_t,
    ) -> Answer<Vec<nvmlComputeInstance_t>> {
        let mut instances = vec![null_mut(); profile.instanceCount as usize];
        let mut count = 0;
        nvml!(self, nvmlGpuInstanceGetComputeInstances(instance, profile.id, instances.as_mut_ptr(), &mut count))?;
        instances.truncate(count as usize);
        Ok(instances)
    }

    pub(crate) fn create_compute_instance(&self, instance: nvmlGpuInstance_t, profile: u32) -> Answer {
        let mut made = null_mut();
        nvml!(self, nvmlGpuInstanceCreateComputeInstance(instance, profile, &mut made))
    }

    pub(crate) fn destroy_compute_instance(&self, instance: nvmlComputeInstance_t) -> Answer {
        nvml!(self, nvmlComputeInstanceDestroy(instance))
    }
}

fn text(buffer: [c_char; TEXT]) -> String {
    let bytes = buffer.map(|byte| byte as u8);
    CStr::from_bytes_until_nul(&bytes).unwrap_or_default().to_string_lossy().into_owned()
}
