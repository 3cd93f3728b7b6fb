//! Memory errors and what the driver does about them. No error happens to a simulated GPU.

use std::ffi::{c_uint, c_ulonglong};

use gpushare_sys::*;

use super::argument::{Array, INVALID, NOT_SUPPORTED, Out, WRONG_VERSION};
use super::door::{Answer, Code, exports};
use super::handle::{Board, Of};
use crate::engine::{Device, Machine, MemoryErrors};

/// Whether the counter is that since the last reset.
fn is_volatile(kind: nvmlMemoryErrorType_t, counter: nvmlEccCounterType_t) -> Result<bool, Code> {
    let known = kind < NVML_MEMORY_ERROR_TYPE_COUNT && counter < NVML_ECC_COUNTER_TYPE_COUNT;
    if known { Ok(counter == NVML_VOLATILE_ECC) } else { Err(INVALID) }
}

fn place(location: nvmlMemoryLocation_t) -> Result<MemoryErrors, Code> {
    match location {
        NVML_MEMORY_LOCATION_DRAM => Ok(MemoryErrors::Dram),
        NVML_MEMORY_LOCATION_SRAM => Ok(MemoryErrors::Sram),
        _ if location < NVML_MEMORY_LOCATION_COUNT => Ok(MemoryErrors::Part),
        _ => Err(INVALID),
    }
}

/// The addresses of the pages that are no longer used: there are none.
fn retired(machine: &Machine, device: &Board, cause: nvmlPageRetirementCause_t, count: &Out<c_uint>) -> Answer {
    if cause >= NVML_PAGE_RETIREMENT_CAUSE_COUNT {
        return Err(INVALID);
    }
    count.put(device.gpu(machine)?.retired_pages()?)
}

exports! {
    read fn nvmlDeviceGetEccMode(_, _; _device: Board, current: Out<nvmlEnableState_t>, pending: Out<nvmlEnableState_t>) {
        current.put(NVML_FEATURE_ENABLED)?;
        pending.put(NVML_FEATURE_ENABLED)
    }

    read fn nvmlDeviceGetDefaultEccMode(_, _; _device: Board, mode: Out<nvmlEnableState_t>) { mode.put(NVML_FEATURE_ENABLED) }

    read fn nvmlDeviceGetTotalEccErrors(machine, _;
        device: Board, kind: nvmlMemoryErrorType_t, counter: nvmlEccCounterType_t, count: Out<c_ulonglong>,
    ) {
        count.put(device.gpu(machine)?.total_errors(is_volatile(kind, counter)?)?)
    }

    read fn nvmlDeviceGetDetailedEccErrors(machine, _;
        device: Board, kind: nvmlMemoryErrorType_t, counter: nvmlEccCounterType_t, counts: Out<nvmlEccErrorCounts_t>,
    ) {
        let count = device.gpu(machine)?.errors(is_volatile(kind, counter)?, MemoryErrors::Part)?;
        counts.put(nvmlEccErrorCounts_t { l1Cache: count, l2Cache: count, deviceMemory: count, registerFile: count })
    }

    read fn nvmlDeviceGetMemoryErrorCounter(machine, _;
        device: Device, kind: nvmlMemoryErrorType_t, counter: nvmlEccCounterType_t, location: nvmlMemoryLocation_t, count: Out<c_ulonglong>,
    ) {
        let (gpu, volatile, place) = (device.gpu(machine)?, is_volatile(kind, counter)?, place(location)?);
        count.put(match device.mig {
            None => gpu.errors(volatile, place)?,
            Some(_) => gpu.mig_errors(kind == NVML_MEMORY_ERROR_TYPE_UNCORRECTED, volatile, place)?,
        })
    }

    read fn nvmlDeviceGetSramEccErrorStatus(machine, _; device: Board, status: Out<nvmlEccSramErrorStatus_t>) {
        status.expect_version(1, WRONG_VERSION)?;
        device.gpu(machine)?.errors(true, MemoryErrors::Sram)?;
        status.put(nvmlEccSramErrorStatus_t { version: status.version(), ..Default::default() })
    }

    read fn nvmlDeviceGetRetiredPages(machine, _;
        device: Board, cause: nvmlPageRetirementCause_t, count: Out<c_uint>, _addresses: Array<c_ulonglong>,
    ) {
        retired(machine, &device, cause, &count)
    }

    read fn nvmlDeviceGetRetiredPages_v2(machine, _;
        device: Board, cause: nvmlPageRetirementCause_t, count: Out<c_uint>, _addresses: Array<c_ulonglong>, _times: Array<c_ulonglong>,
    ) {
        retired(machine, &device, cause, &count)
    }

    read fn nvmlDeviceGetRetiredPagesPendingStatus(machine, _; device: Board, pending: Out<nvmlEnableState_t>) {
        pending.put(device.gpu(machine)?.retired_pages().map(|_| NVML_FEATURE_DISABLED)?)
    }

    read fn nvmlDeviceGetRemappedRows(machine, _;
        device: Board, corrected: Out<c_uint>, uncorrected: Out<c_uint>, pending: Out<c_uint>, failed: Out<c_uint>,
    ) {
        let rows = device.gpu(machine)?.remapped_rows()?;
        [corrected, uncorrected, pending, failed].iter().try_for_each(|out| out.put(rows))
    }

    read fn nvmlDeviceValidateInforom(_, _; _device: Board) { Ok(()) }

    read fn nvmlDeviceGetRepairStatus(machine, _; device: Board, status: Out<nvmlRepairStatus_t>) {
        status.expect_version(1, WRONG_VERSION)?;
        device.gpu(machine)?.remapped_rows().map_err(|_| NOT_SUPPORTED)?;
        status.put(nvmlRepairStatus_t { version: status.version(), ..Default::default() })
    }
}
