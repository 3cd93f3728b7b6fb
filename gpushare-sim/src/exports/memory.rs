//! Memory and BAR1, of GPUs and of MIG devices.

use gpushare_sys::{NVML_ERROR_ARGUMENT_VERSION_MISMATCH, nvmlBAR1Memory_t, nvmlMemory_t, nvmlMemory_v2_t};

use super::argument::Out;
use super::door::{Code, exports};
use super::handle::Of;
use crate::engine::{Access, Device, Machine, Memory};

fn memory(machine: &Machine, access: Access, device: Device) -> Result<Memory, Code> {
    let gpu = device.gpu(machine)?;
    Ok(device.mig.map_or_else(|| gpu.memory(access), |mig| gpu.mig_memory(mig.gi))?)
}

exports! {
    read fn nvmlDeviceGetMemoryInfo(machine, access; device: Device, info: Out<nvmlMemory_t>) {
        let Memory { total, reserved, used, free } = memory(machine, access, device)?;
        info.put(nvmlMemory_t { total, free, used: used + reserved })
    }

    read fn nvmlDeviceGetMemoryInfo_v2(machine, access; device: Device, info: Out<nvmlMemory_v2_t>) {
        info.expect_version(2, Code(NVML_ERROR_ARGUMENT_VERSION_MISMATCH))?;
        let Memory { total, reserved, used, free } = memory(machine, access, device)?;
        info.put(nvmlMemory_v2_t { version: info.version(), total, reserved, free, used })
    }

    read fn nvmlDeviceGetBAR1MemoryInfo(machine, access; device: Device, info: Out<nvmlBAR1Memory_t>) {
        let gpu = device.gpu(machine)?;
        let found = device.mig.map_or_else(|| gpu.bar1(access), |mig| gpu.mig_bar1(mig.gi))?;
        info.put(nvmlBAR1Memory_t { bar1Total: found.total, bar1Free: found.free, bar1Used: found.used })
    }
}
