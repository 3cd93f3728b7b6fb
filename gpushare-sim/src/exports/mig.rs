//! MIG mode and MIG devices.

use std::ffi::c_uint;

use gpushare_sys::{nvmlDevice_t, nvmlReturn_t};

use super::argument::{INVALID, Out};
use super::door::{Code, exports, told};
use super::handle::{Of, Whole, device_handle, gpu_handle};
use crate::engine::Device;

exports! {
    read fn nvmlDeviceGetMigMode(machine, _; device: Whole, current: Out<c_uint>, pending: Out<c_uint>) {
        let mode = device.gpu(machine)?.mig_mode()?;
        current.put(mode.current.into())?;
        pending.put(mode.pending.into())
    }

    // Clients look at the activation status first: it is written whatever the call itself returns.
    commit fn nvmlDeviceSetMigMode(store, _; device: Result<Whole, Code>, mode: c_uint, activation: Out<nvmlReturn_t>) {
        let outcome = told(store.mutate(|machine, access| Ok(machine.gpu_mut(device?.0)?.set_mig_mode(access, mode)?)));
        activation.put(outcome.map_or_else(|Code(code)| code, |activation| activation as nvmlReturn_t))?;
        outcome.map(|_| ())
    }

    read fn nvmlDeviceIsMigDeviceHandle(_, _; device: Device, answer: Out<c_uint>) {
        answer.put(device.mig.is_some().into())
    }

    read fn nvmlDeviceGetMaxMigDeviceCount(machine, _; device: Whole, count: Out<c_uint>) {
        count.put(device.gpu(machine)?.max_mig_devices())
    }

    read fn nvmlDeviceGetMigDeviceHandleByIndex(machine, _; device: Whole, index: c_uint, mig_device: Out<nvmlDevice_t>) {
        let mig = device.gpu(machine)?.mig_device(index)?;
        mig_device.put(device_handle(Device { gpu: device.0, mig: Some(mig) }))
    }

    read fn nvmlDeviceGetDeviceHandleFromMigDeviceHandle(_, _; mig_device: Device, device: Out<nvmlDevice_t>) {
        mig_device.mig.ok_or(INVALID)?;
        device.put(gpu_handle(mig_device.gpu))
    }

    read fn nvmlDeviceGetGpuInstanceId(_, _; device: Device, id: Out<c_uint>) { id.put(device.mig.ok_or(INVALID)?.gi) }

    read fn nvmlDeviceGetComputeInstanceId(_, _; device: Device, id: Out<c_uint>) { id.put(device.mig.ok_or(INVALID)?.ci) }
}
