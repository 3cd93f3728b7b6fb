//! Events, GPUs that fall off the bus, and what the administrator sets on a board.

#![allow(missing_docs)]

use gpushare_sim::engine::{
    Access, EVENTS_KEPT, Event, EventKind, Gpu, Machine, MigDevice, Process, ProcessKind, Refusal,
};

fn machine(spec: &str) -> Machine {
    let mut machine = Machine::new(&spec.parse().unwrap()).unwrap();
    for index in 0..machine.gpus().len() {
        machine.gpu_mut(index).unwrap().set_mig_mode(Access::Admin, 1).unwrap();
    }
    machine
}

fn create(machine: &mut Machine, gpu: usize, profile: u32) -> u32 {
    machine.gpu_mut(gpu).unwrap().create_gpu_instance(Access::Admin, profile, None).unwrap()
}

fn kinds(gpu: &Gpu) -> Vec<EventKind> {
    gpu.events().after(0).map(|event| event.kind).collect()
}

const WHOLE: EventKind = EventKind::Xid { xid: 43, gi: None, ci: None };

#[test]
fn each_change_of_instances_and_each_xid_is_an_event() {
    let mut machine = machine("1xA100-SXM4-40GB");
    let gpu = machine.gpu_mut(0).unwrap();
    assert_eq!(kinds(gpu), [], "a change of the mode is none");
    let gi = gpu.create_gpu_instance(Access::Admin, 9, None).unwrap();
    let ci = gpu.create_compute_instance(Access::Admin, gi, 2, None).unwrap();
    gpu.inject_xid(43, None, None).unwrap();
    gpu.inject_xid(31, Some(gi), None).unwrap();
    gpu.inject_xid(13, Some(gi), Some(ci)).unwrap();
    for (gi, ci) in [(Some(13), None), (Some(gi), Some(1)), (None, Some(0))] {
        assert_eq!(gpu.inject_xid(13, gi, ci), Err(Refusal::InvalidArgument));
    }
    assert_eq!(gpu.create_gpu_instance(Access::Admin, 0, None), Err(Refusal::InsufficientResources));
    gpu.destroy_compute_instance(Access::Admin, gi, ci).unwrap();
    gpu.destroy_gpu_instance(Access::Admin, gi).unwrap();
    let xid = |xid, gi, ci| EventKind::Xid { xid, gi, ci };
    let change = EventKind::MigConfigChange;
    let between = [WHOLE, xid(31, Some(gi), None), xid(13, Some(gi), Some(ci))];
    assert_eq!(kinds(gpu), [[change; 2].as_slice(), &between, &[change; 2]].concat());
}

#[test]
fn the_oldest_events_are_forgotten_first() {
    let mut machine = machine("1xA30");
    let gpu = machine.gpu_mut(0).unwrap();
    for xid in 0..EVENTS_KEPT as u64 + 3 {
        gpu.inject_xid(xid, None, None).unwrap();
    }
    let kept: Vec<_> = gpu.events().after(0).collect();
    assert_eq!(kept.len(), EVENTS_KEPT);
    let expected =
        |number: u64| Event { sequence: number + 1, kind: EventKind::Xid { xid: number, gi: None, ci: None } };
    assert_eq!((kept[0], kept[EVENTS_KEPT - 1]), (expected(3), expected(EVENTS_KEPT as u64 + 2)));
    assert_eq!(gpu.events().after(EVENTS_KEPT as u64 + 2).count(), 1);
}

#[test]
fn events_of_different_gpus_have_an_order() {
    let mut machine = machine("3xA100-SXM4-40GB");
    let order = [2, 0, 0, 1, 2, 1];
    for gpu in order {
        machine.gpu_mut(gpu).unwrap().inject_xid(gpu as u64, None, None).unwrap();
    }
    let events = machine.gpus().iter().enumerate();
    let mut all: Vec<_> =
        events.flat_map(|(gpu, state)| state.events().after(0).map(move |event| (event.sequence, gpu))).collect();
    all.sort();
    assert_eq!(all.iter().map(|(_, gpu)| *gpu).collect::<Vec<_>>(), order);
    assert_eq!(all.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(machine.latest_event(), 6);
    create(&mut machine, 1, 19);
    machine.reboot();
    assert_eq!(machine.latest_event(), 8, "the instance comes, and goes with the reboot");
    assert_eq!(machine.gpus()[1].events().after(6).count(), 2);
}

#[test]
fn a_lost_gpu_refuses_everything_until_the_reboot() {
    let mut machine = machine("2xA100-SXM4-40GB");
    let gi = create(&mut machine, 0, 19);
    let gpu = machine.gpu_mut(0).unwrap();
    gpu.create_compute_instance(Access::Admin, gi, 0, None).unwrap();
    let worker =
        Process { pid: 1, name: "w".into(), kind: ProcessKind::Compute, used_memory: Some(0), instance: Some((gi, 0)) };
    gpu.start_process(worker).unwrap();
    let identity = gpu.identity().clone();
    let mig = gpu.mig_uuid(MigDevice { gi, ci: 0 }).unwrap();
    gpu.set_power_limit(Access::Admin, 200_000).unwrap();
    gpu.set_persistence(Access::Admin, 0).unwrap();
    gpu.lose();
    gpu.lose();
    assert!(gpu.is_lost());
    let off_the_bus = EventKind::Xid { xid: 79, gi: None, ci: None };
    assert_eq!(kinds(&machine.gpus()[0]), [EventKind::MigConfigChange, EventKind::MigConfigChange, off_the_bus]);

    let lost = Refusal::GpuIsLost;
    assert_eq!((machine.gpu(0).err(), machine.gpu_mut(0).err()), (Some(lost), Some(lost)));
    for uuid in [&identity.uuid, &mig, &format!("MIG-{}/{gi}/0", identity.uuid)] {
        assert_eq!(machine.find_uuid(uuid), Err(lost), "{uuid}");
    }
    assert_eq!(machine.find_pci(&identity.pci.to_string()), Err(lost));
    assert_eq!(machine.find_serial(&identity.serial), Err(lost));
    assert!(machine.gpu(1).is_ok(), "the other is well");
    assert_eq!(machine.gpu(2).err(), Some(Refusal::InvalidArgument));

    machine.reboot();
    let gpu = machine.gpu(0).unwrap();
    assert!(!gpu.is_lost() && gpu.persistence() && !gpu.mig_in_use());
    assert_eq!(gpu.power_limit(), 400_000);
    assert_eq!(gpu.processes(Access::Admin, None), Ok(vec![]));
}

#[test]
fn the_administrator_sets_power_limit_and_persistence() {
    let mut machine = machine("1xA100-SXM4-40GB");
    let gpu = machine.gpu_mut(0).unwrap();
    assert_eq!((gpu.power_limit(), gpu.power_limits(), gpu.persistence()), (400_000, (100_000, 400_000), true));
    let before = gpu.clone();
    for access in [Access::Monitor, Access::Unprivileged] {
        assert_eq!(gpu.set_power_limit(access, 300_000), Err(Refusal::NoPermission));
        assert_eq!(gpu.set_persistence(access, 0), Err(Refusal::NoPermission));
    }
    for milliwatts in [0, 99_999, 400_001, u32::MAX] {
        assert_eq!(gpu.set_power_limit(Access::Admin, milliwatts), Err(Refusal::InvalidArgument), "{milliwatts}");
    }
    assert_eq!(gpu.set_persistence(Access::Admin, 2), Err(Refusal::InvalidArgument));
    assert_eq!(*gpu, before);
    gpu.set_power_limit(Access::Admin, 100_000).unwrap();
    gpu.set_persistence(Access::Admin, 0).unwrap();
    gpu.reset(Access::Admin).unwrap();
    assert_eq!(
        (gpu.power_limit(), gpu.persistence()),
        (100_000, false),
        "a reset of the GPU keeps what the driver was told"
    );
}
