//! Refusals, modes, permissions, processes, identities.

#![allow(missing_docs)]

mod engine_support;

use engine_support::{create, create_compute, gpu};
use gpushare_sim::catalog::{IdLayout, Model, Placement};
use gpushare_sim::engine::{
    Access, Activation, ComputeMode, ConfigError, Device, Gpu, GpuConfig, Machine, MachineConfig, MigDevice, MigMode,
    PciAddress, Process, ProcessKind, Refusal, TimeSlice, compute_instance_minor, gpu_instance_minor,
};
use std::collections::BTreeSet;

const A100: &str = "A100-SXM4-40GB";
const PDI: u64 = 0x6f8f396cff31e89b;
const UUID: &str = "MIG-25c40622-af92-5f3b-a672-ccc6e8af0dd4";

fn off(model: &str) -> Gpu {
    Machine::new(&MachineConfig::with_gpus(vec![GpuConfig::new(model)])).unwrap().gpus()[0].clone()
}

fn process(pid: u32, kind: ProcessKind, instance: Option<(u32, u32)>) -> Process {
    Process { pid, name: "python3".to_owned(), kind, used_memory: Some(1 << 30), instance }
}

#[test]
fn refusals_are_nvml_codes() {
    use gpushare_sys::*;
    let codes = [
        (Refusal::InvalidArgument, NVML_ERROR_INVALID_ARGUMENT),
        (Refusal::NotSupported, NVML_ERROR_NOT_SUPPORTED),
        (Refusal::NoPermission, NVML_ERROR_NO_PERMISSION),
        (Refusal::NotFound, NVML_ERROR_NOT_FOUND),
        (Refusal::GpuIsLost, NVML_ERROR_GPU_IS_LOST),
        (Refusal::InUse, NVML_ERROR_IN_USE),
        (Refusal::Memory, NVML_ERROR_MEMORY),
        (Refusal::InsufficientResources, NVML_ERROR_INSUFFICIENT_RESOURCES),
    ];
    assert!(codes.into_iter().all(|(refusal, code)| refusal.code() == code));
}

/// As an H200 under 580.159.04 answered with MIG mode off.
#[test]
fn profiles_on_the_recorded_h200() {
    let gpu = off("H200");
    let present = [0, 1, 2, 3, 4, 7, 9];
    for kind in 0..20 {
        let id = gpu.gpu_instance_profile(kind).map(|profile| profile.id);
        let expected = match present.iter().position(|other| *other == kind) {
            Some(at) => Ok([19, 14, 9, 5, 0, 20, 15][at]),
            None if kind < 17 => Err(Refusal::NotSupported),
            None => Err(Refusal::InvalidArgument),
        };
        assert_eq!(id, expected, "{kind}");
    }
    let capacity = |id| gpu.gpu_instance_capacity(id);
    assert_eq!([19, 20, 15, 14, 9, 5, 0].map(|id| capacity(id).unwrap()), [7, 1, 4, 3, 2, 1, 1]);
    for id in [32, 35, 64, 65, 66, 67] {
        assert_eq!((gpu.gpu_instance_placements(id), capacity(id)), (Ok(vec![]), Ok(0)), "{id}");
        assert_eq!(gpu.gpu_instance_profile_by_id(id).map(|p| p.id), Err(Refusal::NotSupported));
    }
    for id in [1, 33, 34] {
        assert_eq!(
            (gpu.gpu_instance_placements(id), capacity(id)),
            (Err(Refusal::InvalidArgument), Err(Refusal::InvalidArgument))
        );
    }
    assert_eq!(gpu.gpu_instances(Access::Admin, 19), Ok(vec![]));
    assert_eq!(gpu.gpu_instance(Access::Admin, 1), Err(Refusal::NotFound));
    assert_eq!(gpu.mig_device(0), Err(Refusal::NotFound));
    assert_eq!(gpu.max_mig_devices(), 0);
    let memory = gpu.memory(Access::Admin).unwrap();
    assert_eq!((memory.total, memory.free), (150_754_820_096, 150_109_880_320));
    let bar1 = gpu.bar1(Access::Admin).unwrap();
    assert_eq!((bar1.total, bar1.free, bar1.used), (274_877_906_944, 274_876_203_008, 1_703_936));
}

#[test]
fn mig_off_refuses_creation_but_no_question() {
    for model in [A100, "H200"] {
        let mut gpu = off(model);
        assert_eq!(create(&mut gpu, 19), Err(Refusal::NotSupported));
        assert!(gpu.gpu_instance_profile(0).is_ok());
        assert_eq!(gpu.gpu_instance_profile(17), Err(Refusal::InvalidArgument));
        assert_eq!(gpu.gpu_instances(Access::Admin, 19), Ok(vec![]));
    }
}

#[test]
fn without_mig_everything_is_not_supported() {
    for model in ["T4", "L40S", "V100"] {
        let mut gpu = off(model);
        let before = gpu.clone();
        assert_eq!(gpu.mig_mode(), Err(Refusal::NotSupported));
        assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Err(Refusal::NotSupported));
        assert_eq!(gpu.gpu_instance_profile(0), Err(Refusal::NotSupported));
        assert_eq!(gpu.gpu_instance_capacity(19), Err(Refusal::NotSupported));
        assert_eq!(gpu.gpu_instances(Access::Admin, 19), Err(Refusal::NotSupported));
        assert_eq!(create(&mut gpu, 19), Err(Refusal::NotSupported));
        assert_eq!(gpu.mig_device(0), Err(Refusal::NotSupported));
        assert_eq!(gpu.max_mig_devices(), 0);
        assert_eq!(gpu, before);
    }
}

#[test]
fn placements_refused_and_taken() {
    let mut gpu = gpu(A100, IdLayout::B);
    let mut at =
        |profile, start, size| gpu.create_gpu_instance(Access::Admin, profile, Some(Placement::new(start, size)));
    assert_eq!(at(9, 4, 4), Ok(1));
    assert_eq!(at(9, 4, 4), Err(Refusal::InsufficientResources), "listed but taken");
    assert_eq!(at(14, 6, 2), Err(Refusal::InvalidArgument), "not listed, though as free or taken as others");
    assert_eq!(at(9, 0, 3), Err(Refusal::InvalidArgument));
    assert_eq!(at(64, 0, 1), Err(Refusal::NotSupported), "a profile of other boards");
    assert_eq!(at(9, 0, 4), Ok(2));
}

#[test]
fn one_media_instance() {
    let mut a100 = gpu(A100, IdLayout::B);
    let media = create(&mut a100, 20).unwrap();
    assert_eq!(a100.gpu_instance_capacity(20), Ok(0));
    assert_eq!(create(&mut a100, 20), Err(Refusal::InsufficientResources));
    assert_eq!(a100.gpu_instance_capacity(19), Ok(6));
    a100.destroy_gpu_instance(Access::Admin, media).unwrap();
    assert_eq!(a100.gpu_instance_capacity(20), Ok(1));
    // One OFA for two kinds of media profile.
    let mut a30 = gpu("A30", IdLayout::B);
    create(&mut a30, 21).unwrap();
    assert_eq!((a30.gpu_instance_capacity(6), a30.gpu_instance_capacity(5)), (Ok(0), Ok(1)));
    assert_eq!(create(&mut a30, 6), Err(Refusal::InsufficientResources));
}

/// All media engines in one instance leave room only for instances without any.
#[test]
fn all_media_engines() {
    let mut gpu = gpu("RTX-PRO-6000", IdLayout::B);
    create(&mut gpu, 65).unwrap();
    for (profile, capacity) in [(14, 0), (47, 0), (21, 0), (65, 0), (67, 3), (5, 0), (66, 1), (64, 0), (0, 0)] {
        assert_eq!(gpu.gpu_instance_capacity(profile), Ok(capacity), "{profile}");
    }
    assert_eq!(create(&mut gpu, 14), Err(Refusal::InsufficientResources));
    assert_eq!(create(&mut gpu, 67), Ok(4));
}

#[test]
fn creation_and_destruction_meet_users() {
    let mut gpu = gpu(A100, IdLayout::B);
    gpu.start_process(process(7, ProcessKind::Graphics, None)).unwrap();
    assert_eq!(create(&mut gpu, 19), Err(Refusal::InUse), "the first instance while someone uses the GPU");
    assert!(gpu.end_process(7) && !gpu.end_process(7));
    let gi = create(&mut gpu, 5).unwrap();
    let ci = create_compute(&mut gpu, gi, 0).unwrap();
    assert_eq!(gpu.start_process(process(8, ProcessKind::Compute, None)), Err(Refusal::NotSupported));
    assert_eq!(gpu.start_process(process(8, ProcessKind::Compute, Some((gi, 5)))), Err(Refusal::InvalidArgument));
    gpu.start_process(process(8, ProcessKind::Compute, Some((gi, ci)))).unwrap();
    assert!(create(&mut gpu, 19).is_ok(), "later instances beside running work");
    let idle = create_compute(&mut gpu, gi, 0).unwrap();
    gpu.destroy_compute_instance(Access::Admin, gi, idle).unwrap();
    let before = gpu.clone();
    assert_eq!(gpu.destroy_gpu_instance(Access::Admin, gi), Err(Refusal::InUse));
    assert_eq!(gpu.destroy_compute_instance(Access::Admin, gi, ci), Err(Refusal::InUse));
    assert_eq!(gpu.reset(Access::Admin), Err(Refusal::InUse));
    assert_eq!(gpu, before);
    gpu.end_process(8);
    assert_eq!(gpu.destroy_gpu_instance(Access::Admin, gi), Err(Refusal::InUse), "its compute instance");
    gpu.destroy_compute_instance(Access::Admin, gi, ci).unwrap();
    gpu.destroy_gpu_instance(Access::Admin, gi).unwrap();
    assert_eq!(gpu.destroy_gpu_instance(Access::Admin, gi), Err(Refusal::InvalidArgument), "a stale handle");
    assert_eq!(gpu.compute_instance_capacity(gi, 0), Err(Refusal::InvalidArgument));
}

#[test]
fn compute_instances_refused() {
    let mut a100 = gpu(A100, IdLayout::B);
    let gi = create(&mut a100, 5).unwrap();
    assert_eq!(a100.compute_instance_profile(gi, 0, 1), Err(Refusal::InvalidArgument));
    assert_eq!(a100.compute_instance_profile(gi, 8, 0), Err(Refusal::InvalidArgument));
    assert_eq!(a100.compute_instance_profile(gi, 2, 0), Err(Refusal::NotSupported), "no 3c in a 4g");
    assert_eq!(create_compute(&mut a100, gi, 2), Err(Refusal::NotSupported));
    assert_eq!(create_compute(&mut a100, gi, 8), Err(Refusal::InvalidArgument));
    let mut at = |profile, start, size| {
        a100.create_compute_instance(Access::Admin, gi, profile, Some(Placement::new(start, size)))
    };
    assert_eq!(at(1, 1, 2), Ok(0), "any start on this board");
    assert_eq!(at(0, 1, 1), Err(Refusal::InsufficientResources));
    assert_eq!(at(0, 4, 1), Err(Refusal::InvalidArgument));
    assert_eq!(at(0, 0, 2), Err(Refusal::InvalidArgument));
    assert_eq!(at(0, 3, 1), Ok(1));
    a100.destroy_compute_instance(Access::Admin, gi, 0).unwrap();
    let mut at = |start| a100.create_compute_instance(Access::Admin, gi, 0, start);
    at(Some(Placement::new(2, 1))).unwrap();
    a100.destroy_compute_instance(Access::Admin, gi, 1).unwrap();
    create_compute(&mut a100, gi, 0).unwrap();
    assert_eq!(a100.live_compute_instance(gi, 1).unwrap().placement.start, 0, "the first that fits, not the last hole");
    let mut h100 = gpu("H100-SXM5-80GB", IdLayout::B);
    let gi = create(&mut h100, 5).unwrap();
    let mut at = |profile, start, size| {
        h100.create_compute_instance(Access::Admin, gi, profile, Some(Placement::new(start, size)))
    };
    assert_eq!(at(1, 1, 2), Err(Refusal::InvalidArgument), "aligned on this board");
    assert_eq!(at(1, 2, 2), Ok(0));
    // The half of a whole goes where no aligned pair or half suffers.
    let mut whole = gpu("H200", IdLayout::A);
    let gi = create(&mut whole, 0).unwrap();
    create_compute(&mut whole, gi, 0).unwrap();
    assert_eq!(whole.live_compute_instance(gi, 0).unwrap().placement, Placement::new(6, 1));
}

#[test]
fn permissions() {
    let mut gpu = gpu(A100, IdLayout::B);
    for access in [Access::Monitor, Access::Unprivileged] {
        let before = gpu.clone();
        assert_eq!(gpu.create_gpu_instance(access, 19, None), Err(Refusal::NoPermission));
        assert_eq!(gpu.set_mig_mode(access, 0), Err(Refusal::NoPermission));
        assert_eq!(gpu.set_compute_mode(access, None, 0), Err(Refusal::NotSupported));
        assert_eq!(gpu.reset(access), Err(Refusal::NoPermission));
        assert_eq!(gpu.gpu_instances(access, 19), Ok(vec![]), "there is nothing to hide");
        assert!(gpu.memory(access).is_ok() && gpu.bar1(access).is_ok() && gpu.processes(access, None).is_ok());
        assert_eq!(gpu, before);
    }
    let gi = create(&mut gpu, 19).unwrap();
    let ci = create_compute(&mut gpu, gi, 0).unwrap();
    for access in [Access::Monitor, Access::Unprivileged] {
        assert_eq!(gpu.gpu_instances(access, 19), Err(Refusal::NoPermission));
        assert_eq!(gpu.gpu_instance(access, gi), Err(Refusal::NoPermission));
        assert_eq!(gpu.compute_instances(access, gi, 0), Err(Refusal::NoPermission));
        assert_eq!(gpu.compute_instance(access, gi, ci), Err(Refusal::NoPermission));
        assert_eq!(gpu.create_compute_instance(access, gi, 0, None), Err(Refusal::NoPermission));
        assert_eq!(gpu.destroy_compute_instance(access, gi, ci), Err(Refusal::NoPermission));
        assert_eq!(gpu.destroy_gpu_instance(access, gi), Err(Refusal::NoPermission));
        assert_eq!(gpu.set_compute_mode(access, Some((gi, ci)), 3), Err(Refusal::NoPermission));
        let whole = [gpu.memory(access).is_ok(), gpu.bar1(access).is_ok(), gpu.processes(access, None).is_ok()];
        assert_eq!(whole, [access == Access::Monitor; 3]);
        assert!(gpu.mig_memory(gi).is_ok() && gpu.processes(access, Some((gi, ci))).is_ok());
    }
}

fn mode(current: bool, pending: bool) -> MigMode {
    MigMode { current, pending }
}

#[test]
fn ampere_stores_the_mode() {
    let mut machine = Machine::new(&"1xA100-SXM4-40GB".parse().unwrap()).unwrap();
    let gpu = machine.gpu_mut(0).unwrap();
    assert_eq!(gpu.set_mig_mode(Access::Admin, 2), Err(Refusal::InvalidArgument));
    gpu.start_process(process(7, ProcessKind::Compute, None)).unwrap();
    assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(Activation::InUse));
    assert_eq!(gpu.mig_mode(), Ok(mode(false, true)));
    gpu.end_process(7);
    gpu.reset(Access::Admin).unwrap();
    assert_eq!(gpu.mig_mode(), Ok(mode(true, true)));
    let gi = create(gpu, 5).unwrap();
    create_compute(gpu, gi, 3).unwrap();
    assert_eq!(gpu.set_mig_mode(Access::Admin, 0), Ok(Activation::InUse));
    assert_eq!(gpu.mig_mode(), Ok(mode(true, false)));
    assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(Activation::Done));
    let generation = gpu.config_generation();
    machine.reboot();
    let gpu = machine.gpu_mut(0).unwrap();
    assert_eq!(gpu.mig_mode(), Ok(mode(true, true)), "stored on the board");
    assert!(!gpu.mig_in_use() && gpu.config_generation() > generation);
    assert_eq!(gpu.set_mig_mode(Access::Admin, 0), Ok(Activation::Done));
    assert_eq!(gpu.mig_mode(), Ok(mode(false, false)));
}

#[test]
fn hopper_forgets_the_mode() {
    let mut machine = Machine::new(&"1xH200".parse().unwrap()).unwrap();
    let gpu = machine.gpu_mut(0).unwrap();
    assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(Activation::Done));
    create(gpu, 9).unwrap();
    assert_eq!(gpu.set_mig_mode(Access::Admin, 0), Ok(Activation::InUse));
    gpu.set_mig_mode(Access::Admin, 1).unwrap();
    gpu.reset(Access::Admin).unwrap();
    assert_eq!((gpu.mig_mode(), gpu.mig_in_use()), (Ok(mode(false, false)), false));
    gpu.set_mig_mode(Access::Admin, 1).unwrap();
    machine.reboot();
    assert_eq!(machine.gpus()[0].mig_mode(), Ok(mode(false, false)));
}

#[test]
fn time_slices_last_until_the_driver_goes() {
    let mut machine = Machine::new(&"1xA100-SXM4-40GB+1xT4+1xV100".parse().unwrap()).unwrap();
    let policies = |machine: &Machine| machine.gpus().iter().map(Gpu::time_slice).collect::<Vec<_>>();
    assert_eq!(policies(&machine), [TimeSlice::Default; 3]);
    let gpu = machine.gpu_mut(0).unwrap();
    assert_eq!(gpu.set_time_slice(Access::Monitor, 1), Err(Refusal::NoPermission));
    assert_eq!(gpu.set_time_slice(Access::Admin, 4), Err(Refusal::InvalidArgument));
    for (code, policy) in
        [TimeSlice::Default, TimeSlice::Short, TimeSlice::Medium, TimeSlice::Long].into_iter().enumerate()
    {
        gpu.set_time_slice(Access::Admin, code as u32).unwrap();
        assert_eq!(gpu.time_slice(), policy);
    }
    gpu.set_mig_mode(Access::Admin, 1).unwrap();
    gpu.reset(Access::Admin).unwrap();
    machine.gpu_mut(1).unwrap().set_time_slice(Access::Admin, 2).unwrap();
    let volta = machine.gpu_mut(2).unwrap();
    assert_eq!(volta.set_time_slice(Access::Admin, 1), Err(Refusal::NotSupported), "Turing is the first");
    assert_eq!(volta.set_time_slice(Access::Monitor, 1), Err(Refusal::NoPermission));
    assert_eq!(policies(&machine), [TimeSlice::Long, TimeSlice::Medium, TimeSlice::Default]);
    machine.gpu_mut(1).unwrap().set_compute_mode(Access::Admin, None, 3).unwrap();
    machine.reboot();
    assert_eq!(policies(&machine), [TimeSlice::Default; 3]);
    assert_eq!(machine.gpus()[1].compute_mode(None), Ok(ComputeMode::Default));
}

#[test]
fn a_virtual_machine_cannot_reset_ampere() {
    let passthrough = |model| {
        let config = GpuConfig { passthrough: true, ..GpuConfig::new(model) };
        Machine::new(&MachineConfig::with_gpus(vec![config])).unwrap().gpus()[0].clone()
    };
    let mut a100 = passthrough(A100);
    assert_eq!(a100.set_mig_mode(Access::Admin, 1), Ok(Activation::NotSupported));
    assert_eq!(a100.mig_mode(), Ok(mode(false, true)));
    assert_eq!(a100.set_mig_mode(Access::Admin, 0), Ok(Activation::Done));
    assert_eq!(passthrough("H200").set_mig_mode(Access::Admin, 1), Ok(Activation::Done));
}

#[test]
fn processes_and_memory() {
    let mut gpu = gpu(A100, IdLayout::B);
    let (gi, other) = (create(&mut gpu, 14).unwrap(), create(&mut gpu, 19).unwrap());
    let (ci, second) = (create_compute(&mut gpu, gi, 0).unwrap(), create_compute(&mut gpu, gi, 0).unwrap());
    create_compute(&mut gpu, other, 0).unwrap();
    gpu.start_process(process(1, ProcessKind::Compute, Some((gi, ci)))).unwrap();
    gpu.start_process(process(2, ProcessKind::MpsServer, Some((gi, second)))).unwrap();
    gpu.start_process(process(3, ProcessKind::MpsClient, Some((gi, second)))).unwrap();
    assert_eq!(gpu.start_process(process(3, ProcessKind::MpsClient, Some((gi, ci)))), Err(Refusal::InvalidArgument));
    let pids = |access, instance| {
        let processes = gpu.processes(access, instance).unwrap();
        processes.into_iter().map(|process| process.pid).collect::<Vec<_>>()
    };
    assert_eq!(pids(Access::Monitor, None), [1, 2, 3]);
    assert_eq!(pids(Access::Unprivileged, Some((gi, second))), [2, 3]);
    assert_eq!(pids(Access::Unprivileged, Some((other, 0))), [0_u32; 0]);
    let used = |memory: gpushare_sim::engine::Memory| memory.used >> 20;
    assert_eq!(used(gpu.mig_memory(gi).unwrap()), 71 + 3 * 1024, "shared by both compute instances");
    assert_eq!(used(gpu.memory(Access::Admin).unwrap()), 71 + 36 + 3 * 1024);
    let large = Process { used_memory: Some(7 << 30), ..process(4, ProcessKind::Compute, Some((gi, ci))) };
    assert_eq!(gpu.start_process(large), Err(Refusal::Memory));
}

#[test]
fn compute_modes() {
    let mut whole = off(A100);
    assert_eq!(whole.set_compute_mode(Access::Monitor, None, 3), Err(Refusal::NoPermission));
    assert_eq!(whole.set_compute_mode(Access::Admin, None, 4), Err(Refusal::InvalidArgument));
    assert_eq!(whole.set_compute_mode(Access::Admin, None, 1), Err(Refusal::NotSupported));
    whole.set_compute_mode(Access::Admin, None, 3).unwrap();
    whole.start_process(process(1, ProcessKind::MpsServer, None)).unwrap();
    whole.start_process(process(2, ProcessKind::MpsClient, None)).unwrap();
    whole.start_process(process(3, ProcessKind::Graphics, None)).unwrap();
    assert_eq!(whole.start_process(process(4, ProcessKind::Compute, None)), Err(Refusal::InUse));
    whole.set_compute_mode(Access::Admin, None, 2).unwrap();
    assert_eq!(whole.start_process(process(5, ProcessKind::MpsClient, None)), Err(Refusal::NotSupported));
    let mut gpu = gpu(A100, IdLayout::B);
    let gi = create(&mut gpu, 14).unwrap();
    let (ci, other) = (create_compute(&mut gpu, gi, 0).unwrap(), create_compute(&mut gpu, gi, 0).unwrap());
    gpu.set_compute_mode(Access::Admin, Some((gi, ci)), 3).unwrap();
    gpu.start_process(process(1, ProcessKind::Compute, Some((gi, ci)))).unwrap();
    assert_eq!(gpu.start_process(process(2, ProcessKind::Compute, Some((gi, ci)))), Err(Refusal::InUse));
    gpu.start_process(process(2, ProcessKind::Compute, Some((gi, other)))).unwrap();
}

#[test]
fn uuids() {
    let mut machine = Machine::new(&MachineConfig::default()).unwrap();
    let mut seen = BTreeSet::new();
    for index in 0..8 {
        let gpu = machine.gpu_mut(index).unwrap();
        gpu.set_mig_mode(Access::Admin, 1).unwrap();
        for _ in 0..7 {
            let gi = create(gpu, 19).unwrap();
            create_compute(gpu, gi, 0).unwrap();
        }
        let gpu = &machine.gpus()[index];
        seen.extend(gpu.mig_devices().map(|device| gpu.mig_uuid(device).unwrap()));
    }
    assert_eq!(seen.len(), 56);
    for uuid in &seen {
        assert_eq!((&uuid[..4], uuid.len(), &uuid[18..19]), ("MIG-", 40, "5"), "{uuid}");
        assert!("89ab".contains(&uuid[23..24]), "{uuid}");
    }
    let device = Device { gpu: 3, mig: Some(MigDevice { gi: 9, ci: 0 }) };
    let gpu = &machine.gpus()[3];
    let uuid = gpu.mig_uuid(device.mig.unwrap()).unwrap();
    let legacy = format!("MIG-{}/9/0", gpu.identity().uuid);
    assert_eq!([machine.find_uuid(&uuid), machine.find_uuid(&legacy)], [Ok(device); 2]);
    assert_eq!(machine.find_uuid(&gpu.identity().uuid), Ok(Device { gpu: 3, mig: None }));
    for unknown in [
        "",
        "GPU-1",
        "MIG-00000000-0000-5000-8000-000000000000",
        &format!("{legacy}/0"),
        &legacy.replace("/9/0", "/9/1"),
        &legacy[..43],
    ] {
        assert_eq!(machine.find_uuid(unknown), Err(Refusal::NotFound), "{unknown}");
    }
    // The same instance in the same place is the same device.
    let gpu = machine.gpu_mut(3).unwrap();
    let generation = gpu.live_gpu_instance(9).unwrap().generation;
    gpu.destroy_compute_instance(Access::Admin, 9, 0).unwrap();
    gpu.destroy_gpu_instance(Access::Admin, 9).unwrap();
    assert_eq!(create(gpu, 20), Ok(9));
    create_compute(gpu, 9, 0).unwrap();
    assert_eq!(gpu.mig_uuid(device.mig.unwrap()).unwrap(), uuid);
    assert!(gpu.live_gpu_instance(9).unwrap().generation > generation, "but not the same instance");
}

/// The kernel's recipe, computed apart from this code.
#[test]
fn uuid_of_a_known_device() {
    let mut machine = Machine::new(&MachineConfig::default()).unwrap();
    let gpu = machine.gpu_mut(0).unwrap();
    gpu.set_mig_mode(Access::Admin, 1).unwrap();
    let gi = create(gpu, 19).unwrap();
    create_compute(gpu, gi, 0).unwrap();
    assert_eq!(gpu.identity().pdi, PDI);
    assert_eq!(gpu.mig_uuid(MigDevice { gi: 9, ci: 0 }).unwrap(), UUID);
}

#[test]
fn mig_indices() {
    let mut gpu = gpu(A100, IdLayout::B);
    for _ in 0..3 {
        let gi = create(&mut gpu, 14).unwrap();
        create_compute(&mut gpu, gi, 1).unwrap();
    }
    let devices: Vec<_> = (0..3).map(|index| gpu.mig_device(index).unwrap().gi).collect();
    assert_eq!(devices, [3, 5, 6], "by instance ID");
    assert_eq!((gpu.mig_device(3), gpu.mig_device(7)), (Err(Refusal::NotFound), Err(Refusal::InvalidArgument)));
    gpu.destroy_compute_instance(Access::Admin, 3, 0).unwrap();
    assert_eq!(gpu.mig_device(0).map(|device| device.gi), Ok(5), "without holes");
    assert_eq!(gpu.mig_index(MigDevice { gi: 6, ci: 0 }), Ok(1));
    assert_eq!(gpu.max_mig_devices(), 7);
}

#[test]
fn capability_minors() {
    assert_eq!((gpu_instance_minor(0, 0), gpu_instance_minor(1, 0)), (3, 138));
    assert_eq!(compute_instance_minor(31, 14, 7), 4322);
    let config = GpuConfig { minor: Some(5), mig: true, ..GpuConfig::new(A100) };
    let mut machine = Machine::new(&MachineConfig::with_gpus(vec![config])).unwrap();
    create(machine.gpu_mut(0).unwrap(), 5).unwrap();
    let minors: Vec<_> = machine.capability_nodes().iter().map(|node| node.minor).collect();
    assert_eq!(minors, [0, 1, 2, 3 + 135 * 5 + 9 * 2], "by the device's minor number");
    let minor = |minor| GpuConfig { minor: Some(minor), mig: true, ..GpuConfig::new(A100) };
    let mut machine = Machine::new(&MachineConfig::with_gpus(vec![minor(1), minor(0)])).unwrap();
    (0..2).for_each(|index| assert!(create(machine.gpu_mut(index).unwrap(), 5).is_ok()));
    assert!(machine.capability_nodes().iter().map(|node| node.minor).is_sorted());
    let old = MachineConfig { driver_version: "535.183.01".to_owned(), ..MachineConfig::default() };
    let entries = Machine::new(&old).unwrap().capability_entries();
    assert!(!entries.iter().any(|entry| entry.path.contains("imex") || entry.path.contains("sys-minors")));
}

#[test]
fn device_nodes() {
    let config = GpuConfig { minor: Some(5), ..GpuConfig::new(A100) };
    let machine = Machine::new(&MachineConfig::with_gpus(vec![config])).unwrap();
    let nodes: Vec<_> = machine.device_nodes().into_iter().map(|node| (node.path, node.major, node.minor)).collect();
    let node = |path: &str, major, minor| (path.to_owned(), major, minor);
    assert_eq!(nodes[..2], [node("/dev/nvidia5", 195, 5), node("/dev/nvidiactl", 195, 255)], "by its minor number");
    let old = MachineConfig { driver_version: "535.183.01".to_owned(), ..MachineConfig::default() };
    let names = |machine: &Machine| machine.proc_devices().contents.unwrap().matches("\n195 ").count();
    let old = Machine::new(&old).unwrap();
    assert_eq!((names(&old), names(&machine)), (1, 2));
    assert!(old.proc_devices().contents.unwrap().contains("\n195 nvidia-frontend\n"));
}

#[test]
fn configurations() {
    let machine = |spec: &str| spec.parse::<MachineConfig>().and_then(|config| Machine::new(&config));
    let mixed = machine("4xH100-SXM5-80GB+2xt4").unwrap();
    let models: Vec<_> = mixed.gpus().iter().map(|gpu| gpu.model().key).collect();
    assert_eq!(models, [["H100-SXM5-80GB"; 4].as_slice(), &["T4"; 2]].concat());
    assert_eq!(mixed, machine("4xH100-SXM5-80GB+2xT4").unwrap(), "made up, but the same each time");
    assert_eq!(machine("32xA30").unwrap().gpus().len(), 32);
    let text = r#"
        access = "monitor"
        [[gpu]]
        model = "A100-SXM4-40GB"
        layout = "A"
        pci_bus_id = "0000:36:00.0"
        mig = true
        [[gpu]]
        model = "T4"
    "#;
    let config = MachineConfig::from_toml(text).unwrap();
    assert_eq!(config.access, Access::Monitor.into());
    let configured = Machine::new(&config).unwrap();
    assert_eq!(configured.gpus()[0].identity().layout, IdLayout::A);
    assert_eq!([configured.find_pci("0:36:00.0"), configured.find_pci("00000000:36:0.0")], [Ok(0); 2]);
    assert_eq!([configured.find_pci("36:00.1"), configured.find_pci("x")], [Err(Refusal::NotFound); 2]);
    assert!(["10:20.0", "10:1C.8", "1:2:3:4", "100:1"].iter().all(|text| text.parse::<PciAddress>().is_err()));
    assert_eq!(configured.find_serial(&configured.gpus()[1].identity().serial), Ok(1));

    for (spec, says) in [
        ("8xA100", "no GPU model \"A100\""),
        ("A100-SXM4-40GB", "\"A100-SXM4-40GB\" is not <count>x<model>"),
        ("T4", "\"T4\" is not <count>x<model>"),
        ("0xT4", "0 GPUs; a machine has 1 to 32"),
        ("20xT4+13xA30", "33 GPUs"),
        ("18446744073709551615xT4+2xT4", "18446744073709551615 GPUs"),
    ] {
        assert!(machine(spec).unwrap_err().to_string().contains(says), "{spec}: {}", machine(spec).unwrap_err());
    }
    let build = |change: fn(&mut GpuConfig)| {
        let mut gpus = vec![GpuConfig::new("T4"), GpuConfig::new("T4")];
        gpus.iter_mut().for_each(change);
        Machine::new(&MachineConfig::with_gpus(gpus)).unwrap_err()
    };
    assert!(matches!(build(|gpu| gpu.mig = true), ConfigError::NoMig { model: "T4" }));
    assert!(matches!(build(|gpu| gpu.minor = Some(32)), ConfigError::Minor { given: 32 }));
    assert!(matches!(build(|gpu| gpu.minor = Some(3)), ConfigError::Twice { what: "minor number", .. }));
    assert!(matches!(build(|gpu| gpu.pci_bus_id = Some("1:2".into())), ConfigError::Twice { what: "PCI address", .. }));
    assert!(matches!(build(|gpu| gpu.pci_bus_id = Some("+1:2".into())), ConfigError::Pci { .. }));
    assert!(matches!(build(|gpu| gpu.uuid = Some("GPU-1".into())), ConfigError::Uuid { .. }));
    assert!(matches!(MachineConfig::from_toml("gpus = 1"), Err(ConfigError::Toml(_))));
}

#[test]
fn machines_survive_serialisation() {
    let mut machine = Machine::new(&"2xH200+1xT4".parse().unwrap()).unwrap();
    let gpu = machine.gpu_mut(1).unwrap();
    gpu.set_mig_mode(Access::Admin, 1).unwrap();
    let gi = create(gpu, 9).unwrap();
    let ci = create_compute(gpu, gi, 0).unwrap();
    gpu.start_process(process(1, ProcessKind::Compute, Some((gi, ci)))).unwrap();
    let text = serde_json::to_string(&machine).unwrap();
    assert_eq!(serde_json::from_str::<Machine>(&text).unwrap(), machine);
    assert!(std::ptr::eq(machine.gpus()[2].model(), Model::by_key("T4").unwrap()));
}
