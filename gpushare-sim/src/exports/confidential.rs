//! Confidential computing, which is off, and what a simulated machine has none of.

use std::ffi::c_uint;

use gpushare_sys::*;

use super::argument::{Array, INVALID, Out, WRONG_VERSION};
use super::door::exports;
use super::handle::{Board, Of};

exports! {
    read fn nvmlSystemGetConfComputeState(_, _; state: Out<nvmlConfComputeSystemState_t>) {
        state.put(nvmlConfComputeSystemState_t::default())
    }

    read fn nvmlSystemGetConfComputeCapabilities(_, _; capabilities: Out<nvmlConfComputeSystemCaps_t>) {
        capabilities.put(nvmlConfComputeSystemCaps_t::default())
    }

    read fn nvmlSystemGetConfComputeSettings(_, _; settings: Out<nvmlSystemConfComputeSettings_t>) {
        settings.expect_version(1, WRONG_VERSION)?;
        settings.put(nvmlSystemConfComputeSettings_t { version: settings.version(), ..Default::default() })
    }

    read fn nvmlSystemGetConfComputeGpusReadyState(_, _; ready: Out<c_uint>) { ready.put(0) }

    read fn nvmlDeviceGetConfComputeMemSizeInfo(machine, access; device: Board, info: Out<nvmlConfComputeMemSizeInfo_t>) {
        let unprotectedMemSizeKib = device.gpu(machine)?.unprotected_memory(access)? >> 10;
        info.put(nvmlConfComputeMemSizeInfo_t { protectedMemSizeKib: 0, unprotectedMemSizeKib })
    }

    read fn nvmlDeviceGetConfComputeProtectedMemoryUsage(_, _; _device: Board, memory: Out<nvmlMemory_t>) {
        memory.put(nvmlMemory_t::default())
    }

    // Enclosures of several boards, which were last sold with Fermi.
    read fn nvmlUnitGetCount(_, _; count: Out<c_uint>) { count.put(0) }

    read fn nvmlUnitGetHandleByIndex(_, _; _index: c_uint, _unit: Out<nvmlUnit_t>) { Err(INVALID) }

    // Cards in the host that connect to such enclosures.
    read fn nvmlSystemGetHicVersion(_, _; count: Out<c_uint>, _cards: Array<nvmlHwbcEntry_t>) { count.put(0) }

    // GPUs that an option of the kernel module hides.
    read fn nvmlGetExcludedDeviceCount(_, _; count: Out<c_uint>) { count.put(0) }

    read fn nvmlGetExcludedDeviceInfoByIndex(_, _; _index: c_uint, _info: Out<nvmlExcludedDeviceInfo_t>) { Err(INVALID) }
}
