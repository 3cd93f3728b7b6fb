//! What the driver lists.

use gpushare::{Bytes, ErrorKind, ProcessKinds};
use gpushare_sim::engine::{Access, Process, ProcessKind};

use crate::stage::{Outcome, Stage, on, place};

#[test]
fn each_process_is_listed_once_for_each_instance_on_which_it_runs() -> Outcome {
    let (stage, devices) = Stage::split()?;
    stage.run(30, ProcessKind::Compute, Some(&devices[2]))?;
    stage.run(10, ProcessKind::Compute, Some(&devices[0]))?;
    // The same one with a graphics context there, and as a client on another device.
    stage.run(10, ProcessKind::Graphics, Some(&devices[0]))?;
    stage.run(10, ProcessKind::MpsClient, Some(&devices[1]))?;
    let all = stage.gpu.processes()?;
    let places: Vec<_> = all.iter().map(place).collect();
    assert_eq!(places, [on(&devices[0], 10), on(&devices[1], 10), on(&devices[2], 30)]);
    let kinds: Vec<_> = all.iter().map(|process| process.kinds).collect();
    let (compute, client) = (ProcessKinds::COMPUTE, ProcessKinds::COMPUTE | ProcessKinds::MPS_CLIENT);
    assert_eq!(kinds, [compute | ProcessKinds::GRAPHICS, client, compute]);
    assert!(all.iter().all(|process| process.used_memory == Some(Bytes(u64::from(process.pid) << 20))), "{all:?}");
    for (device, process) in devices.iter().zip(&all) {
        assert_eq!(device.processes()?, std::slice::from_ref(process));
    }
    Ok(())
}

#[test]
fn outside_of_mig_there_is_no_instance() -> Outcome {
    let stage = Stage::set()?;
    assert_eq!(stage.gpu.processes()?, []);
    stage.run(7, ProcessKind::Compute, None)?;
    let all = stage.gpu.processes()?;
    assert_eq!(all.iter().map(place).collect::<Vec<_>>(), [(7, None, None)]);
    assert_eq!((all[0].name.as_deref(), all[0].to_string()), (Some("driver's-7"), "process 7 (driver's-7)".into()));
    assert_eq!((all[0].uid, &all[0].container, &all[0].mps), (None, &None, &None));
    Ok(())
}

#[test]
fn memory_that_the_driver_does_not_tell_is_none() -> Outcome {
    let stage = Stage::set()?;
    let (name, kind) = ("hidden".into(), ProcessKind::Compute);
    stage.machine.add_process(0, Process { pid: 5, name, kind, used_memory: None, instance: None })?;
    let [process] = &stage.gpu.processes()?[..] else { return Err("one process".into()) };
    assert_eq!(process.used_memory, None);
    let json = serde_json::to_string(process)?;
    assert!(json.contains(r#""used_memory":null"#), "{json}");
    assert_eq!(serde_json::from_str::<gpushare::GpuProcess>(&json)?, *process);
    Ok(())
}

#[test]
fn each_list_costs_one_call_until_it_is_long() -> Outcome {
    let stage = Stage::set()?;
    let lists = |calls: &[gpushare_sim::TracedCall]| {
        calls.iter().filter(|call| call.symbol.contains("RunningProcesses")).count()
    };
    for pid in 1..=64 {
        stage.run(pid, ProcessKind::Compute, None)?;
    }
    let (listed, calls) = stage.machine.trace(|| stage.gpu.processes())?;
    assert_eq!((listed?.len(), lists(&calls)), (64, 3));
    for pid in 65..=200 {
        stage.run(pid, ProcessKind::Compute, None)?;
    }
    let (listed, calls) = stage.machine.trace(|| stage.gpu.processes())?;
    assert_eq!((listed?.len(), lists(&calls)), (200, 4));
    Ok(())
}

#[test]
fn who_may_not_see_the_whole_gpu_sees_each_mig_device() -> Outcome {
    let (stage, devices) = Stage::split()?;
    stage.run(9, ProcessKind::Compute, Some(&devices[1]))?;
    stage.machine.set_access(Access::Unprivileged)?;
    let refused = stage.gpu.processes().unwrap_err();
    assert_eq!(
        (refused.kind(), refused.target().map(|at| at.to_string().contains("GPU 0"))),
        (ErrorKind::NoPermission, Some(true))
    );
    assert_eq!(devices[1].processes()?.iter().map(place).collect::<Vec<_>>(), [on(&devices[1], 9)]);
    assert!(devices[0].processes()?.is_empty());
    Ok(())
}

#[test]
fn a_device_that_is_gone_has_no_processes_of_another() -> Outcome {
    let (_stage, devices) = Stage::split()?;
    devices[2].compute_instance()?.destroy()?;
    assert_eq!(devices[2].processes().unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}
