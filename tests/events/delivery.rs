//! What a set is told, and which devices it concerns.

use std::env;
use std::process::Command;
use std::time::Duration;

use gpushare::{ComputeInstanceId, ErrorKind, EventKind, EventKinds, EventSet, GpuInstanceId, MigDevice, Nvml};
use gpushare_sim::{Machine, TracedCall};

use crate::{BOTH, Outcome, drain, split, start, told};

#[test]
fn each_gpu_is_watched_for_what_it_supports() -> Outcome {
    let (_machine, nvml) = start("1xA100-SXM4-40GB+1xT4")?;
    let [a100, t4] = [nvml.gpu(0)?, nvml.gpu(1)?];
    let registered =
        |events: EventSet| events.registered().map(|(gpu, kinds)| (gpu.clone(), kinds)).collect::<Vec<_>>();
    assert_eq!(registered(nvml.watch(BOTH)?), [(a100.clone(), BOTH), (t4.clone(), EventKinds::XID)]);
    assert_eq!(registered(nvml.watch(EventKinds::MIG_CONFIG_CHANGE)?), [(a100.clone(), EventKinds::MIG_CONFIG_CHANGE)]);
    // All kinds that NVML has a name for, which the simulated driver tells of a GPU with MIG.
    assert_eq!(registered(nvml.watch(EventKinds::all())?)[0].1.bits(), 0xff9f);
    assert_eq!(registered(EventSet::new(&[t4.clone(), a100.clone(), t4.clone()], EventKinds::XID)?).len(), 2);

    let nothing = EventSet::new(&[t4], EventKinds::MIG_CONFIG_CHANGE)?;
    assert_eq!(nothing.registered().len(), 0);
    split(&a100, &["1g.5gb"])?;
    assert_eq!((nothing.poll()?, nothing.wait(Duration::from_millis(1))?), (None, None));
    Ok(())
}

#[test]
fn what_cannot_be_watched_in_one_set() -> Outcome {
    let (_machine, nvml) = start("2xT4")?;
    let (_another, other) = start("1xT4")?;
    let error = EventSet::new(&[], EventKinds::XID).unwrap_err();
    assert_eq!(error.to_string(), "not a set of GPUs to watch: it needs at least one GPU");
    let error = EventSet::new(&[nvml.gpu(1)?, other.gpu(0)?], EventKinds::XID).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let text = error.to_string();
    assert!(text.contains(&format!("({}) is of another NVML session than GPU 1", other.gpu(0)?.uuid())), "{text}");
    Ok(())
}

#[test]
fn an_event_names_the_devices_that_it_concerns() -> Outcome {
    let (machine, nvml) = start("2xA100-SXM4-40GB")?;
    let gpu = nvml.gpu(1)?;
    let ids = split(&gpu, &["2g.10gb", "3g.20gb"])?;
    let two = gpu.gpu_instance(GpuInstanceId(ids[0]))?;
    two.compute_instances()?.remove(0).destroy()?;
    let half = two.compute_instance_profile("1c.2g.10gb")?;
    let halves = [two.create_compute_instance(&half)?.mig_device()?, two.create_compute_instance(&half)?.mig_device()?];
    let all = gpu.mig_devices()?;
    assert_eq!(all.len(), 3);

    let events = nvml.watch(BOTH)?;
    for (xid, gi, ci) in
        [(48, None, None), (31, Some(ids[0]), None), (13, Some(ids[0]), Some(1)), (43, Some(ids[1]), None)]
    {
        machine.inject_xid(1, xid, gi, ci)?;
    }
    let told = drain(&events)?;
    let devices: Vec<Vec<MigDevice>> = told.iter().map(|event| event.mig_devices()).collect::<gpushare::Result<_>>()?;
    let three = all.iter().filter(|device| device.gpu_instance_id().0 == ids[1]).cloned().collect::<Vec<_>>();
    assert_eq!(devices, [all.clone(), halves.to_vec(), vec![halves[1].clone()], three]);
    assert!(told.iter().all(|event| event.gpu == gpu));
    assert_eq!(told[2].kind, EventKind::Xid(13));
    let ids = (told[2].gpu_instance, told[2].compute_instance);
    assert_eq!(ids, (Some(GpuInstanceId(ids_of(&halves[1]).0)), Some(ComputeInstanceId(1))));
    let texts: Vec<_> = told.iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], format!("XID 48 on GPU 1 ({})", gpu.uuid()));
    assert_eq!(texts[1], format!("XID 31 on GPU instance {} of GPU 1", ids_of(&halves[0]).0));
    assert_eq!(texts[2], format!("XID 13 on compute instance 1 of GPU instance {} of GPU 1", ids_of(&halves[1]).0));

    // What is destroyed since then concerns nobody.
    two.compute_instance(ComputeInstanceId(1))?.destroy()?;
    assert_eq!(told[2].mig_devices()?, []);
    assert_eq!(told[1].mig_devices()?, halves[..1]);
    let change = events.poll()?.ok_or("an event")?;
    assert_eq!((change.kind, change.gpu_instance, change.compute_instance), (EventKind::MigConfigChange, None, None));
    assert_eq!(change.mig_devices()?, gpu.mig_devices()?);
    Ok(())
}

fn ids_of(device: &MigDevice) -> (u32, u32) {
    (device.gpu_instance_id().0, device.compute_instance_id().0)
}

#[test]
fn a_gpu_without_mig_devices_concerns_none() -> Outcome {
    let (machine, nvml) = start("1xT4")?;
    let events = nvml.watch(EventKinds::XID)?;
    machine.inject_xid(0, 62, None, None)?;
    let event = events.wait(Duration::from_secs(60))?.ok_or("an event")?;
    assert_eq!((event.kind, event.mig_devices()?), (EventKind::Xid(62), vec![]));
    Ok(())
}

#[test]
fn each_set_is_told_everything_and_each_event_once() -> Outcome {
    let (machine, nvml) = start("2xA100-SXM4-40GB")?;
    let (first, second) = (nvml.watch(BOTH)?, nvml.watch(EventKinds::XID)?);
    let clone = first.clone();
    machine.inject_xid(1, 1, None, None)?;
    split(&nvml.gpu(0)?, &["7g.40gb"])?;
    machine.inject_xid(0, 2, None, None)?;
    let uuids = [*nvml.gpu(0)?.uuid(), *nvml.gpu(1)?.uuid()];
    let [xid_1, xid_2] = [format!("XID 1 on GPU 1 ({})", uuids[1]), format!("XID 2 on GPU 0 ({})", uuids[0])];
    let change = format!("MIG configuration change on GPU 0 ({})", uuids[0]);
    assert_eq!(first.poll()?.map(|event| event.to_string()), Some(xid_1.clone()));
    assert_eq!(told(&clone)?, [change.clone(), change, xid_2.clone()], "a clone is the same set");
    assert_eq!(told(&second)?, [xid_1, xid_2]);
    assert_eq!((told(&first)?, told(&second)?), (vec![], vec![]));
    Ok(())
}

/// A process of its own, which divides GPU 0 of the shared machine.
#[test]
#[ignore = "a child process of the test below"]
fn split_in_a_child() -> Outcome {
    if env::var_os("GPUSHARE_TEST_CHILD").is_some() {
        split(&Nvml::load()?.gpu(0)?, &["3g.20gb"])?;
    }
    Ok(())
}

#[test]
fn what_another_process_does_is_told() -> Outcome {
    let machine = Machine::with_config_shared(&"2xA100-SXM4-40GB".parse()?)?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let events = nvml.watch(BOTH)?;
    let mut child = Command::new(env::current_exe()?);
    child.args(["--exact", "delivery::split_in_a_child", "--include-ignored", "--quiet"]);
    child.envs(machine.environment()).env("GPUSHARE_TEST_CHILD", "1");
    let output = child.output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let changes = drain(&events)?;
    assert_eq!(changes.len(), 2, "a GPU instance and a compute instance: {changes:?}");
    let devices = changes[1].mig_devices()?;
    assert_eq!(devices.iter().map(MigDevice::name).collect::<gpushare::Result<Vec<_>>>()?, ["3g.20gb"]);
    Ok(())
}

fn symbols(calls: &[TracedCall]) -> Vec<&str> {
    calls.iter().map(|call| call.symbol.as_str()).collect()
}

#[test]
fn a_poll_is_one_call_and_takes_no_memory() -> Outcome {
    let (machine, nvml) = start("8xA100-SXM4-40GB")?;
    let events = nvml.watch(BOTH)?;
    events.poll()?;
    let mut polled = None;
    let (allocated, calls) = machine.trace(|| allocation_counter::measure(|| polled = Some(events.poll())))?;
    assert_eq!(polled.ok_or("an answer")??, None);
    assert_eq!(allocated.count_total, 0);
    assert_eq!(symbols(&calls), ["nvmlEventSetWait_v2"]);
    assert_eq!(calls[0].arguments.last().map(String::as_str), Some("0"));

    machine.inject_xid(7, 31, None, None)?;
    let (event, calls) = machine.trace(|| events.poll())?;
    assert_eq!(event?.map(|event| event.gpu.index()), Some(7));
    assert_eq!(symbols(&calls), ["nvmlEventSetWait_v2"], "the GPU is known");
    Ok(())
}
