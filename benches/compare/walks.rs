//! How others learn what is on a node: who is there, who is on it, what is free.

use gpushare::Snapshot;
use gpushare::sys::{self, NVML_GPU_INSTANCE_PROFILE_COUNT};
use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

use crate::driver::{Answer, Driver};

/// What a walk saw of the node, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) gpus: usize,
    pub(crate) mig_devices: Vec<String>,
    pub(crate) used_memory: u64,
    pub(crate) processes: usize,
}

/// What a snapshot of gpushare's holds of it.
pub(crate) fn ours(snapshot: &Snapshot) -> Seen {
    let mut seen = Seen { gpus: snapshot.gpus.len(), ..Seen::default() };
    for gpu in &snapshot.gpus {
        seen.mig_devices.extend(gpu.mig_devices.iter().map(|device| device.uuid.to_string()));
        let memory = gpu.mig_devices.iter().filter_map(|device| device.memory);
        seen.used_memory += memory.map(|memory| memory.used.0).sum::<u64>();
        seen.processes += gpu.processes.len();
    }
    seen
}

/// The walk of one who asks for everything each time: the profiles of each GPU as well, and the attributes of each MIG device.
pub(crate) fn naive(driver: &Driver) -> Answer<Seen> {
    walk(driver, true)
}

/// The calls that a loop with nvidia-ml-py makes for the same facts, without Python.
pub(crate) fn plain(driver: &Driver) -> Answer<Seen> {
    walk(driver, false)
}

fn walk(driver: &Driver, naive: bool) -> Answer<Seen> {
    let mut seen = Seen::default();
    for index in 0..driver.count()? {
        let gpu = driver.gpu(index)?;
        driver.name(gpu)?;
        driver.uuid(gpu)?;
        driver.mig_mode(gpu)?;
        if naive {
            for kind in 0..NVML_GPU_INSTANCE_PROFILE_COUNT {
                // A refusal is an answer as well.
                driver.gpu_instance_profile(gpu, kind).ok();
            }
        } else {
            driver.memory(gpu)?;
            driver.processes(gpu)?;
        }
        for index in 0..driver.most_mig_devices(gpu)? {
            let device = match driver.mig_device(gpu, index) {
                Err(refusal) if refusal.code.0 == sys::NVML_ERROR_NOT_FOUND => continue,
                device => device?,
            };
            seen.mig_devices.push(driver.uuid(device)?);
            driver.name(device)?;
            driver.gpu_instance_id(device)?;
            driver.compute_instance_id(device)?;
            if naive {
                driver.attributes(device)?;
            }
            seen.used_memory += driver.memory(device)?.used;
            seen.processes += driver.processes(device)?.len();
        }
        seen.gpus += 1;
    }
    Ok(seen)
}

/// What nvml-wrapper can tell of it: it knows MIG devices by index, and neither their GPU instance nor their compute instance.
pub(crate) fn wrapper(nvml: &Nvml) -> Result<Seen, NvmlError> {
    let mut seen = Seen::default();
    for index in 0..nvml.device_count()? {
        let gpu = nvml.device_by_index(index)?;
        gpu.name()?;
        gpu.uuid()?;
        gpu.mig_mode()?;
        gpu.memory_info()?;
        for index in 0..gpu.mig_device_count()? {
            let device = match gpu.mig_device_by_index(index) {
                Err(NvmlError::NotFound) => continue,
                device => device?,
            };
            seen.mig_devices.push(device.uuid()?);
            device.name()?;
            seen.used_memory += device.memory_info()?.used;
            seen.processes += device.running_compute_processes()?.len();
        }
        seen.gpus += 1;
    }
    Ok(seen)
}
