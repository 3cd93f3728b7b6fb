//! What a caller is not told is missing in a snapshot, with the reason, and all else is there.

use gpushare::{ErrorKind, GpuSnapshot, SnapshotFact};
use gpushare_sim::Fault;
use gpushare_sim::engine::{Access, ProcessKind};

use crate::stage::{Node, Outcome, divide};

fn unknown(gpu: &GpuSnapshot) -> Vec<(SnapshotFact, ErrorKind)> {
    gpu.unknown.iter().map(|unknown| (unknown.fact, unknown.kind)).collect()
}

/// A divided GPU with a process on one of its devices.
fn divided() -> Outcome<Node> {
    let node = Node::of("2xA100-SXM4-40GB")?;
    divide(&node.nvml.gpu(0)?, "3g.20gb@0, 2g.10gb@4[2x1c], 1g.5gb@6")?;
    node.run(0, 31, ProcessKind::Compute, Some((3, 1)))?;
    Ok(node)
}

#[test]
fn a_user_of_the_host_sees_all_but_the_instances_behind_the_devices() -> Outcome {
    let Node { machine, nvml, .. } = &divided()?;
    let all = nvml.snapshot()?;
    machine.set_access(Access::Monitor)?;
    let seen = nvml.snapshot()?;
    assert_eq!(unknown(&seen.gpus[0]), [(SnapshotFact::GpuInstances, ErrorKind::NoPermission)]);
    assert_eq!((&seen.gpus[0].gpu_instances, seen.gpus[0].layout()), (&None, None));
    assert_eq!(seen.gpus[0].mig_devices, all.gpus[0].mig_devices);
    assert_eq!(seen.gpus[0].processes, all.gpus[0].processes);
    assert_eq!(seen.gpus[1], all.gpus[1]);
    assert_eq!(all.changes_to(&seen), [], "what was not told has not changed");
    Ok(())
}

#[test]
fn a_container_sees_its_devices_and_their_processes() -> Outcome {
    let Node { machine, nvml, .. } = &divided()?;
    let all = nvml.snapshot()?;
    machine.set_access(Access::Unprivileged)?;
    let seen = nvml.snapshot()?;
    let no = ErrorKind::NoPermission;
    assert_eq!(
        unknown(&seen.gpus[0]),
        [(SnapshotFact::GpuInstances, no), (SnapshotFact::Memory, no), (SnapshotFact::Processes, no)]
    );
    assert_eq!(seen.gpus[0].memory, None);
    assert_eq!(seen.gpus[0].mig_devices, all.gpus[0].mig_devices);
    assert_eq!(seen.gpus[0].processes, all.gpus[0].processes);
    Ok(())
}

#[test]
fn a_lost_gpu_is_shown_as_lost_beside_the_others() -> Outcome {
    let Node { machine, nvml, .. } = &divided()?;
    let observer = nvml.observer()?;
    let before = observer.snapshot()?;
    machine.lose_gpu(0)?;
    for _ in 0..2 {
        let seen = observer.snapshot()?;
        assert!(unknown(&seen.gpus[0]).contains(&(SnapshotFact::Memory, ErrorKind::GpuLost)), "{:?}", seen.gpus[0]);
        assert!(seen.gpus[0].unknown.iter().all(|unknown| unknown.kind == ErrorKind::GpuLost));
        assert_eq!(seen.gpus[1], before.gpus[1]);
    }
    machine.reboot()?;
    let seen = observer.snapshot()?;
    assert_eq!((unknown(&seen.gpus[0]), seen.gpus[0].mig_devices.len()), (vec![], 0));
    Ok(())
}

#[test]
fn each_refusal_is_named_and_ends_with_its_cause() -> Outcome {
    let Node { machine, nvml, .. } = &divided()?;
    let observer = nvml.observer()?;
    let whole = observer.snapshot()?;
    for (function, fact) in [
        ("nvmlDeviceGetMemoryInfo*", SnapshotFact::Memory),
        ("nvmlDeviceGetComputeRunningProcesses*", SnapshotFact::Processes),
        ("nvmlDeviceGetGraphicsRunningProcesses*", SnapshotFact::Processes),
        ("nvmlDeviceGetUtilizationRates", SnapshotFact::Utilization),
        ("nvmlDeviceGetComputeMode", SnapshotFact::ComputeMode),
    ] {
        machine.set_faults(Fault::list(&format!("{function}#1+=UNKNOWN"))?)?;
        let seen = observer.snapshot()?;
        let facts: Vec<_> = seen.gpus.iter().flat_map(unknown).collect();
        assert!(
            !facts.is_empty() && facts.iter().all(|known| *known == (fact, ErrorKind::Driver)),
            "{function}: {facts:?}"
        );
        machine.clear_faults()?;
        assert_eq!(observer.snapshot()?, whole, "after {function}");
    }
    Ok(())
}

#[test]
fn a_closed_session_is_stale() -> Outcome {
    let Node { nvml, .. } = &divided()?;
    let observer = nvml.observer()?;
    observer.snapshot()?;
    nvml.close()?;
    assert_eq!(observer.snapshot().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(observer.layouts().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(nvml.snapshot().unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}
