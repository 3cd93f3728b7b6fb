//! Events from C: what is registered is delivered, to each set once, in the order it happened.

use std::ptr;
use std::time::Duration;

use gpushare_sim::Command;
use gpushare_sys::*;
use support::{Nvml, answer, call, number};

mod support;

const XID: u64 = 0x8;
const MIG: u64 = 0x100;

fn set(nvml: &Nvml, types: u64, gpus: &[nvmlDevice_t]) -> nvmlEventSet_t {
    let mut set = ptr::null_mut();
    assert_eq!(call!(nvml.nvmlEventSetCreate(&mut set)), NVML_SUCCESS);
    for gpu in gpus {
        assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(*gpu, types, set)), NVML_SUCCESS);
    }
    set
}

fn next(nvml: &Nvml, set: nvmlEventSet_t) -> Result<nvmlEventData_t, nvmlReturn_t> {
    let mut data = nvmlEventData_t::default();
    answer(call!(nvml.nvmlEventSetWait_v2(set, &mut data, 0)), data)
}

/// Every event that the set holds, as GPU, type, data and instances.
fn drain(nvml: &Nvml, set: nvmlEventSet_t) -> Vec<(nvmlDevice_t, u64, u64, u32, u32)> {
    let events = std::iter::from_fn(|| match next(nvml, set) {
        Ok(data) => Some(data),
        Err(code) => {
            assert_eq!(code, NVML_ERROR_TIMEOUT);
            None
        }
    });
    events
        .map(|data| (data.device, data.eventType, data.eventData, data.gpuInstanceId, data.computeInstanceId))
        .collect()
}

fn inject(nvml: &Nvml, gpu: usize, xid: u64, gi: Option<u32>, ci: Option<u32>) {
    nvml.machine.control(&Command::InjectXid { gpu, xid, gi, ci }).unwrap();
}

const NONE: u32 = u32::MAX;

#[test]
fn each_change_of_the_mig_configuration_is_told_once() {
    let nvml = Nvml::mig("2xA100-SXM4-40GB");
    let [first, second] = [nvml.gpu(0), nvml.gpu(1)];
    nvml.set_mig(second, 1);
    nvml.create_gi(second, 19).unwrap();
    let set = set(&nvml, MIG, &[first, second]);
    assert_eq!(drain(&nvml, set), [], "what was before does not count");
    let gi = nvml.create_gi(second, 19).unwrap();
    nvml.create_ci(gi, 0).unwrap();
    nvml.create_gi(first, 19).unwrap();
    assert_eq!(nvml.create_gi(first, 0), Err(NVML_ERROR_INSUFFICIENT_RESOURCES));
    let change = |gpu| (gpu, MIG, 0, NONE, NONE);
    assert_eq!(drain(&nvml, set), [change(second), change(second), change(first)]);
    assert_eq!(drain(&nvml, set), []);
}

#[test]
fn xids_carry_the_instance_they_are_attributed_to() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let gi = nvml.create_gi(gpu, 9).unwrap();
    nvml.create_ci(gi, 2).unwrap();
    let id = nvml.gi_info(gi).unwrap().id;
    let set = set(&nvml, XID, &[gpu]);
    inject(&nvml, 0, 48, None, None);
    inject(&nvml, 0, 31, Some(id), None);
    inject(&nvml, 0, 13, Some(id), Some(0));
    for (gi, ci) in [(Some(14), None), (Some(id), Some(5)), (None, Some(0))] {
        let refused = nvml.machine.control(&Command::InjectXid { gpu: 0, xid: 13, gi, ci });
        assert!(refused.unwrap_err().to_string().contains("invalid argument"));
    }
    let xid = |xid, gi, ci| (gpu, XID, xid, gi, ci);
    assert_eq!(drain(&nvml, set), [xid(48, NONE, NONE), xid(31, id, NONE), xid(13, id, 0)]);
}

#[test]
fn each_set_has_its_own_types_and_its_own_place() {
    let nvml = Nvml::mig("2xA100-SXM4-40GB");
    let [first, second] = [nvml.gpu(0), nvml.gpu(1)];
    let xids = set(&nvml, XID, &[first, second]);
    let changes = set(&nvml, MIG, &[first]);
    let both = set(&nvml, XID | MIG, &[first]);
    let nothing = set(&nvml, XID | MIG, &[]);
    inject(&nvml, 1, 1, None, None);
    nvml.create_gi(first, 19).unwrap();
    inject(&nvml, 0, 2, None, None);
    let types = |set| drain(&nvml, set).into_iter().map(|event| (event.0, event.1)).collect::<Vec<_>>();
    assert_eq!(types(xids), [(second, XID), (first, XID)]);
    assert_eq!(types(changes), [(first, MIG)]);
    assert_eq!(types(both), [(first, MIG), (first, XID)]);
    assert_eq!(types(nothing), []);

    // A type that is added later is told from there on; the types from before stay.
    inject(&nvml, 0, 3, None, None);
    assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(first, XID, changes)), NVML_SUCCESS);
    nvml.create_gi(first, 19).unwrap();
    inject(&nvml, 0, 4, None, None);
    assert_eq!(types(changes), [(first, MIG), (first, XID)]);
}

#[test]
fn what_can_be_registered() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB+1xT4");
    let [a100, t4] = [nvml.gpu(0), nvml.gpu(1)];
    let supported = |gpu| number::<u64>(|types| call!(nvml.nvmlDeviceGetSupportedEventTypes(gpu, types))).unwrap();
    assert_eq!((supported(a100), supported(t4)), (0xff9f, 0xfe9f), "MIG only where there is MIG");
    let set = set(&nvml, 0, &[a100]);
    for (gpu, types) in [(a100, 1 << 40), (a100, 0x20 | XID), (t4, MIG)] {
        assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(gpu, types, set)), NVML_ERROR_NOT_SUPPORTED);
    }
    inject(&nvml, 0, 1, None, None);
    assert_eq!(drain(&nvml, set), [], "nothing of a refused request is registered");
    let gi = nvml.create_gi(a100, 19).unwrap();
    nvml.create_ci(gi, 0).unwrap();
    let mig = nvml.mig_device(a100, 0).unwrap();
    assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(mig, XID, set)), NVML_ERROR_NOT_SUPPORTED);
    assert_eq!(
        number::<u64>(|types| call!(nvml.nvmlDeviceGetSupportedEventTypes(mig, types))),
        Err(NVML_ERROR_NOT_SUPPORTED)
    );
}

#[test]
fn a_set_that_falls_behind_loses_the_oldest() {
    let nvml = Nvml::start("1xT4");
    let set = set(&nvml, XID, &[nvml.gpu(0)]);
    (0..300).for_each(|xid| inject(&nvml, 0, xid, None, None));
    let xids: Vec<_> = drain(&nvml, set).into_iter().map(|event| event.2).collect();
    assert_eq!(xids, (300 - 256..300).collect::<Vec<_>>());
}

/// The first version of the call does not write the instances.
#[test]
fn a_waiting_call_ends_with_the_event() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let set = set(&nvml, MIG, &[gpu]);
    let expected =
        nvmlEventData_t { device: gpu, eventType: MIG, eventData: 0, gpuInstanceId: 7, computeInstanceId: 7 };
    let mut data = nvmlEventData_t { gpuInstanceId: 7, computeInstanceId: 7, ..Default::default() };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(30));
            nvml.create_gi(nvml.gpu(0), 19).unwrap();
        });
        assert_eq!(call!(nvml.nvmlEventSetWait(set, &mut data, 60_000)), NVML_SUCCESS);
    });
    assert_eq!(data, expected);
}

#[test]
fn a_set_can_be_freed_while_a_call_waits_on_it() {
    let nvml = Nvml::start("1xT4");
    let set = set(&nvml, XID, &[nvml.gpu(0)]);
    let address = set.addr();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut data = nvmlEventData_t::default();
            call!(nvml.nvmlEventSetWait_v2(ptr::without_provenance_mut(address), &mut data, u32::MAX))
        });
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(call!(nvml.nvmlEventSetFree(set)), NVML_SUCCESS);
        assert_eq!(waiting.join().unwrap(), NVML_ERROR_INVALID_ARGUMENT);
    });
    assert_eq!(call!(nvml.nvmlEventSetFree(set)), NVML_ERROR_INVALID_ARGUMENT);
    assert_eq!(next(&nvml, set).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT);
    assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(nvml.gpu(0), XID, set)), NVML_ERROR_INVALID_ARGUMENT);
}

#[test]
fn sets_end_with_the_library() {
    let nvml = Nvml::start("1xT4");
    let set = set(&nvml, XID, &[nvml.gpu(0)]);
    assert_eq!(call!(nvml.nvmlShutdown()), NVML_SUCCESS);
    assert_eq!(next(&nvml, set).unwrap_err(), NVML_ERROR_UNINITIALIZED);
    assert_eq!(call!(nvml.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(next(&nvml, set).unwrap_err(), NVML_ERROR_INVALID_ARGUMENT);
}

#[test]
fn a_lost_gpu_tells_it_and_then_refuses() {
    let nvml = Nvml::mig("2xA100-SXM4-40GB");
    let [lost, other] = [nvml.gpu(0), nvml.gpu(1)];
    let gi = nvml.create_gi(lost, 19).unwrap();
    nvml.create_ci(gi, 0).unwrap();
    let mig = nvml.mig_device(lost, 0).unwrap();
    let set = set(&nvml, XID | MIG, &[lost, other]);
    nvml.machine.control(&Command::LoseGpu { gpu: 0 }).unwrap();
    assert_eq!(drain(&nvml, set), [(lost, XID, 79, NONE, NONE)]);

    let mut device = ptr::null_mut();
    assert_eq!(call!(nvml.nvmlDeviceGetHandleByIndex_v2(0, &mut device)), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(number::<u32>(|count| call!(nvml.nvmlDeviceGetCount_v2(count))), Ok(2));
    for device in [lost, mig] {
        assert_eq!(nvml.uuid(device), Err(NVML_ERROR_GPU_IS_LOST));
        assert_eq!(nvml.name(device), Err(NVML_ERROR_GPU_IS_LOST));
    }
    assert_eq!(number::<u32>(|power| call!(nvml.nvmlDeviceGetPowerUsage(lost, power))), Err(NVML_ERROR_GPU_IS_LOST));
    assert_eq!(nvml.gi_info(gi).unwrap_err(), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(nvml.create_gi(lost, 19), Err(NVML_ERROR_GPU_IS_LOST));
    assert_eq!(call!(nvml.nvmlGpuInstanceDestroy(gi)), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(call!(nvml.nvmlDeviceRegisterEvents(lost, XID, set)), NVML_ERROR_GPU_IS_LOST);
    let mut activation = NVML_SUCCESS;
    assert_eq!(call!(nvml.nvmlDeviceSetMigMode(lost, 0, &mut activation)), NVML_ERROR_GPU_IS_LOST);
    assert_eq!(activation, NVML_ERROR_GPU_IS_LOST);
    assert!(nvml.uuid(other).is_ok());
    assert!(nvml.machine.reset(0).is_err(), "a lost GPU cannot be reset");
    nvml.machine.reboot().unwrap();
    assert!(nvml.uuid(lost).is_ok());
}
