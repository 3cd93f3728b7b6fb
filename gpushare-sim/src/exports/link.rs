//! What lies around a GPU: its PCIe link, its CPUs, its neighbours, its fabric.

use std::ffi::{c_int, c_uint, c_ulong};

use gpushare_sys::*;

use super::argument::{Array, INVALID, NOT_SUPPORTED, Out, TOO_SHORT, WRONG_VERSION};
use super::door::{Answer, Code, exports};
use super::handle::{Board, Of, gpu_handle};
use crate::catalog::Architecture;
use crate::engine::{Gpu, Machine};

/// Lanes of the recorded boards.
const LANES: c_uint = 16;
/// What an idle H200 sent and received, in KB a second.
const SENT: c_uint = 1037;
const RECEIVED: c_uint = 580;

/// Megatransfers a second of a lane, by PCIe generation.
fn lane_speed(gpu: &Gpu) -> c_uint {
    match gpu.model().pcie_generation {
        3 => 8_000,
        4 => 16_000,
        _ => 32_000,
    }
}

/// Sets the first `bits` bits of a set of `words` words.
fn set_bits(set: &Array<c_ulong>, words: c_uint, bits: usize) -> Answer {
    const WORD: usize = c_ulong::BITS as usize;
    let words = words as usize;
    if words == 0 {
        return Err(INVALID);
    }
    if bits > words * WORD {
        return Err(TOO_SHORT);
    }
    let word = |index: usize| match bits.saturating_sub(index * WORD) {
        0 => 0,
        left => c_ulong::MAX >> WORD.saturating_sub(left),
    };
    set.put((0..words).map(word))
}

/// Every CPU of the computer is near every GPU: the simulated machine is one node.
fn cpus(words: c_uint, set: &Array<c_ulong>) -> Answer {
    // SAFETY: the function takes a number and gives one.
    let count = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    set_bits(set, words, usize::try_from(count).unwrap_or(1))
}

/// Where the ways of two GPUs meet.
fn common_ancestor(machine: &Machine, first: &Board, second: &Board) -> Result<nvmlGpuTopologyLevel_t, Code> {
    let [one, other] = [first.gpu(machine)?, second.gpu(machine)?].map(|gpu| gpu.identity().pci);
    Ok(match (first.0 == second.0, (one.domain, one.bus) == (other.domain, other.bus)) {
        (true, _) => NVML_TOPOLOGY_INTERNAL,
        (_, true) => NVML_TOPOLOGY_HOSTBRIDGE,
        _ => NVML_TOPOLOGY_NODE,
    })
}

/// Writes as many handles as there is room for, or only counts them where there is no array.
fn handles(gpus: impl Iterator<Item = usize>, count: &Out<c_uint>, array: &Array<nvmlDevice_t>) -> Answer {
    let found: Vec<_> = gpus.map(gpu_handle).collect();
    if array.is_null() {
        return count.put(found.len() as c_uint);
    }
    let room = found.len().min(count.get() as usize);
    count.put(room as c_uint)?;
    array.put(found.into_iter().take(room))
}

/// Boards that NVSwitches join tell how far that has come; it is done at once here.
fn fabric_state(gpu: &Gpu) -> nvmlGpuFabricState_t {
    let model = gpu.model();
    let joined = model.nvlink && !model.c2c && model.architecture >= Architecture::Hopper;
    if joined { NVML_GPU_FABRIC_STATE_COMPLETED as _ } else { NVML_GPU_FABRIC_STATE_NOT_SUPPORTED as _ }
}

exports! {
    read fn nvmlDeviceGetMaxPcieLinkGeneration(machine, _; device: Board, generation: Out<c_uint>) {
        generation.put(device.gpu(machine)?.model().pcie_generation)
    }

    read fn nvmlDeviceGetGpuMaxPcieLinkGeneration(machine, _; device: Board, generation: Out<c_uint>) {
        generation.put(device.gpu(machine)?.model().pcie_generation)
    }

    read fn nvmlDeviceGetCurrPcieLinkGeneration(machine, _; device: Board, generation: Out<c_uint>) {
        generation.put(device.gpu(machine)?.model().pcie_generation)
    }

    read fn nvmlDeviceGetMaxPcieLinkWidth(_, _; _device: Board, width: Out<c_uint>) { width.put(LANES) }

    read fn nvmlDeviceGetCurrPcieLinkWidth(_, _; _device: Board, width: Out<c_uint>) { width.put(LANES) }

    read fn nvmlDeviceGetPcieSpeed(machine, _; device: Board, speed: Out<c_uint>) { speed.put(lane_speed(device.gpu(machine)?)) }

    read fn nvmlDeviceGetPcieLinkMaxSpeed(machine, _; device: Board, speed: Out<c_uint>) {
        // NVML_PCIE_LINK_MAX_SPEED_* are numbered as the generations are.
        speed.put(device.gpu(machine)?.model().pcie_generation)
    }

    read fn nvmlDeviceGetPcieReplayCounter(_, _; _device: Board, count: Out<c_uint>) { count.put(0) }

    read fn nvmlDeviceGetPcieThroughput(_, _; _device: Board, counter: nvmlPcieUtilCounter_t, value: Out<c_uint>) {
        match counter {
            NVML_PCIE_UTIL_TX_BYTES => value.put(SENT),
            NVML_PCIE_UTIL_RX_BYTES => value.put(RECEIVED),
            _ => Err(INVALID),
        }
    }

    read fn nvmlDeviceGetBusType(_, _; _device: Board, kind: Out<nvmlBusType_t>) { kind.put(NVML_BUS_TYPE_PCIE) }

    read fn nvmlDeviceGetC2cModeInfoV(machine, _; device: Board, info: Out<nvmlC2cModeInfo_v1_t>) {
        let model = device.gpu(machine)?.model();
        if model.architecture < Architecture::Hopper {
            return Err(NOT_SUPPORTED);
        }
        info.put(nvmlC2cModeInfo_v1_t { isC2cEnabled: model.c2c.into() })
    }

    read fn nvmlDeviceGetCpuAffinity(_, _; _device: Board, words: c_uint, set: Array<c_ulong>) { cpus(words, &set) }

    read fn nvmlDeviceGetCpuAffinityWithinScope(_, _; _device: Board, words: c_uint, set: Array<c_ulong>, scope: nvmlAffinityScope_t) {
        if scope > NVML_AFFINITY_SCOPE_SOCKET { Err(INVALID) } else { cpus(words, &set) }
    }

    read fn nvmlDeviceGetMemoryAffinity(_, _; _device: Board, words: c_uint, set: Array<c_ulong>, scope: nvmlAffinityScope_t) {
        if scope > NVML_AFFINITY_SCOPE_SOCKET { Err(INVALID) } else { set_bits(&set, words, 1) }
    }

    read fn nvmlDeviceGetTopologyCommonAncestor(machine, _; first: Board, second: Board, level: Out<nvmlGpuTopologyLevel_t>) {
        level.put(common_ancestor(machine, &first, &second)?)
    }

    read fn nvmlDeviceGetTopologyNearestGpus(machine, _;
        device: Board, level: nvmlGpuTopologyLevel_t, count: Out<c_uint>, array: Array<nvmlDevice_t>,
    ) {
        let others = (0..machine.gpus().len()).filter(|other| *other != device.0);
        handles(others.filter(|other| common_ancestor(machine, &device, &Board(*other)) == Ok(level)), &count, &array)
    }

    read fn nvmlSystemGetTopologyGpuSet(machine, _; _cpu: c_uint, count: Out<c_uint>, array: Array<nvmlDevice_t>) {
        handles(0..machine.gpus().len(), &count, &array)
    }

    read fn nvmlDeviceOnSameBoard(_, _; first: Board, second: Board, same: Out<c_int>) { same.put((first.0 == second.0).into()) }

    // Peer-to-peer access needs NVLink here, and MIG mode ends it.
    read fn nvmlDeviceGetP2PStatus(machine, _; first: Board, second: Board, index: nvmlGpuP2PCapsIndex_t, status: Out<nvmlGpuP2PStatus_t>) {
        if index >= NVML_P2P_CAPS_INDEX_UNKNOWN || first.0 == second.0 {
            return Err(INVALID);
        }
        let [one, other] = [first.gpu(machine)?, second.gpu(machine)?];
        let joined = |gpu: &Gpu| gpu.model().nvlink && !gpu.mig_mode().is_ok_and(|mode| mode.current);
        let able = joined(one) && joined(other);
        status.put(if able { NVML_P2P_STATUS_OK } else { NVML_P2P_STATUS_GPU_NOT_SUPPORTED })
    }

    read fn nvmlDeviceGetGpuFabricInfo(machine, _; device: Board, info: Out<nvmlGpuFabricInfo_t>) {
        info.put(nvmlGpuFabricInfo_t { state: fabric_state(device.gpu(machine)?), ..Default::default() })
    }

    read fn nvmlDeviceGetGpuFabricInfoV(machine, _; device: Board, info: Out<nvmlGpuFabricInfoV_t>) {
        const V2: c_uint = struct_version::<nvmlGpuFabricInfo_v2_t>(2);
        const V3: c_uint = struct_version::<nvmlGpuFabricInfo_v3_t>(3);
        let state = fabric_state(device.gpu(machine)?);
        match info.version() {
            version @ V2 => info.put_as(nvmlGpuFabricInfo_v2_t { version, state, ..Default::default() }),
            version @ V3 => info.put_as(nvmlGpuFabricInfo_v3_t { version, state, ..Default::default() }),
            _ => Err(WRONG_VERSION),
        }
    }
}
