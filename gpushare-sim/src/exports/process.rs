//! The lists of running processes. The unversioned name is version 1, whose struct knows no instances.

use std::ffi::c_uint;

use gpushare_sys::{NO_INSTANCE, NVML_VALUE_NOT_AVAILABLE, nvmlProcessInfo_v1_t, nvmlProcessInfo_v2_t};

use super::argument::{Array, Out};
use super::door::{Answer, exports};
use super::handle::Of;
use crate::engine::{Access, Device, Machine, Process, ProcessKind};

/// The MPS server is a compute process, and its clients are in both lists.
pub(super) fn is_compute(kind: ProcessKind) -> bool {
    kind != ProcessKind::Graphics
}

pub(super) fn is_graphics(kind: ProcessKind) -> bool {
    kind == ProcessKind::Graphics
}

pub(super) fn is_mps(kind: ProcessKind) -> bool {
    kind == ProcessKind::MpsClient
}

/// What the lists say of a process's memory.
pub(super) fn used_memory(process: &Process) -> u64 {
    process.used_memory.unwrap_or(NVML_VALUE_NOT_AVAILABLE as u64)
}

trait Entry {
    fn of(process: &Process) -> Self;
}

impl Entry for nvmlProcessInfo_v1_t {
    fn of(process: &Process) -> Self {
        Self { pid: process.pid, usedGpuMemory: used_memory(process) }
    }
}

impl Entry for nvmlProcessInfo_v2_t {
    fn of(process: &Process) -> Self {
        let (gi, ci) = process.instance.unwrap_or((NO_INSTANCE, NO_INSTANCE));
        Self { pid: process.pid, usedGpuMemory: used_memory(process), gpuInstanceId: gi, computeInstanceId: ci }
    }
}

fn list<T: Entry>(
    machine: &Machine,
    access: Access,
    device: Device,
    count: &Out<c_uint>,
    array: &Array<T>,
    belongs: fn(ProcessKind) -> bool,
) -> Answer {
    let instance = device.mig.map(|mig| (mig.gi, mig.ci));
    let all = device.gpu(machine)?.processes(access, instance)?;
    array.fill(count, all.into_iter().filter(|process| belongs(process.kind)).map(T::of).collect())
}

macro_rules! lists {
    ($(fn $name:ident($entry:ty, $belongs:ident);)*) => {
        exports! {$(
            read fn $name(machine, access; device: Device, count: Out<c_uint>, array: Array<$entry>) {
                list(machine, access, device, &count, &array, $belongs)
            }
        )*}
    };
}

lists! {
    fn nvmlDeviceGetComputeRunningProcesses(nvmlProcessInfo_v1_t, is_compute);
    fn nvmlDeviceGetComputeRunningProcesses_v2(nvmlProcessInfo_v2_t, is_compute);
    fn nvmlDeviceGetComputeRunningProcesses_v3(nvmlProcessInfo_v2_t, is_compute);
    fn nvmlDeviceGetGraphicsRunningProcesses(nvmlProcessInfo_v1_t, is_graphics);
    fn nvmlDeviceGetGraphicsRunningProcesses_v2(nvmlProcessInfo_v2_t, is_graphics);
    fn nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlProcessInfo_v2_t, is_graphics);
    fn nvmlDeviceGetMPSComputeRunningProcesses(nvmlProcessInfo_v1_t, is_mps);
    fn nvmlDeviceGetMPSComputeRunningProcesses_v2(nvmlProcessInfo_v2_t, is_mps);
    fn nvmlDeviceGetMPSComputeRunningProcesses_v3(nvmlProcessInfo_v2_t, is_mps);
}
