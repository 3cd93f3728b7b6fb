//! What a snapshot holds, what it says of changes, and its JSON.

use gpushare::{Change, Snapshot};
use gpushare_sim::engine::ProcessKind;

use crate::stage::{Node, Outcome, divide};

/// The layout of the recorded A100 session.
const RECORDED: &str = "4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6";

fn lines(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    before.changes_to(after).iter().map(ToString::to_string).collect()
}

#[test]
fn a_snapshot_of_the_recorded_session() -> Outcome {
    let node = Node::of("2xA100-SXM4-40GB")?;
    let nvml = &node.nvml;
    let gpu = nvml.gpu(0)?;
    divide(&gpu, RECORDED)?;
    node.run(0, 4711, ProcessKind::Compute, Some((3, 1)))?;
    let snapshot = nvml.snapshot()?;

    let gpu = &snapshot.gpus[0];
    assert_eq!(gpu.layout().ok_or("a layout")?.to_string(), "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]");
    let devices: Vec<_> = gpu
        .mig_devices
        .iter()
        .map(|device| {
            let memory = device.memory.map(|memory| (memory.used.to_mib().0, memory.total.to_mib().0));
            let (gi, ci) = (device.gpu_instance.0, device.compute_instance.0);
            (device.index, device.name.as_ref(), gi, ci, memory, gpu.processes_on(device).count())
        })
        .collect();
    // Index, name, ids and memory as nvidia-smi printed them there; then the process.
    assert_eq!(
        devices,
        [
            (0, "4g.20gb", 2, 0, Some((142, 20_096)), 0),
            (1, "1c.2g.10gb", 3, 0, Some((71 + 512, 9_984)), 0),
            (2, "1c.2g.10gb", 3, 1, Some((71 + 512, 9_984)), 1),
            (3, "1g.5gb", 9, 0, Some((36, 4_864)), 0),
        ]
    );
    assert!(gpu.capacity.iter().all(|profile| profile.free == 0));
    assert_eq!((gpu.mig_enabled, gpu.compute_mode, gpu.utilization), (Some(true), None, None));
    let other = &snapshot.gpus[1];
    assert_eq!((other.mig_enabled, other.mig_devices.len(), other.processes.len()), (Some(false), 0, 0));
    assert_eq!(other.layout().ok_or("a layout")?.to_string(), "off");
    assert_eq!(other.compute_mode, Some(gpushare::ComputeMode::DEFAULT));
    assert_eq!(other.utilization.ok_or("a use")?.gpu, 0);

    let seen = snapshot.visible_node().resolve(Some("0:3/1"), &nvml.cuda_rules()?)?;
    assert_eq!(seen.devices[0].uuid().to_string(), gpu.mig_devices[2].uuid.to_string());
    assert_eq!(snapshot.visible_node(), nvml.visible_node()?);
    let text = snapshot.to_string();
    let device = format!("MIG 2: 1c.2g.10gb {} (GI 3, CI 1): 583 of 9984 MiB in use", gpu.mig_devices[2].uuid);
    assert!(text.contains(&device), "{text}");
    Ok(())
}

#[test]
fn differences_are_told_in_the_order_of_their_happening() -> Outcome {
    let node = Node::of("1xA100-SXM4-40GB")?;
    let nvml = &node.nvml;
    let (gpu, observer) = (nvml.gpu(0)?, nvml.observer()?);
    let off = observer.snapshot()?;
    divide(&gpu, "3g.20gb@4, 1g.5gb@0[]")?;
    node.run(0, 31, ProcessKind::Compute, Some((1, 0)))?;
    let divided = observer.snapshot()?;
    node.end(0, 31)?;
    divide(&gpu, "1g.5gb@0")?;
    let other = observer.snapshot()?;

    let uuid = gpu.uuid();
    let three = divided.gpus[0].mig_devices[0].uuid;
    let one = other.gpus[0].mig_devices[0].uuid;
    assert_eq!(
        lines(&off, &divided),
        [
            format!("{uuid}: MIG enabled, was disabled"),
            format!("{uuid}: compute mode unknown, was default"),
            format!("{uuid}: GPU instance 1 3g.20gb at 4:4 created"),
            format!("{uuid}: GPU instance 11 1g.5gb at 0:1 created"),
            format!("{uuid}: MIG device 3g.20gb {three} created"),
            format!("{uuid}: process 31 (python3) started"),
            format!("{uuid}: 655 MiB of memory in use, was 0 MiB"),
        ]
    );
    assert_eq!(
        lines(&divided, &other)[..4],
        [
            format!("{uuid}: process 31 (python3) ended"),
            format!("{uuid}: MIG device 3g.20gb {three} destroyed"),
            format!("{uuid}: GPU instance 1 3g.20gb at 4:4 destroyed"),
            format!("{uuid}: MIG device 1g.5gb {one} created"),
        ]
    );
    assert_eq!(other.changes_to(&other), []);
    let back = divided.changes_to(&off);
    assert!(matches!(back[0], Change::MigMode { before: Some(true), after: Some(false), .. }), "{back:?}");
    Ok(())
}

#[test]
fn json_reads_back_and_another_form_is_refused_by_its_number() -> Outcome {
    let node = Node::of("1xA100-SXM4-40GB+1xT4")?;
    let nvml = &node.nvml;
    divide(&nvml.gpu(0)?, RECORDED)?;
    node.run(1, 7, ProcessKind::Graphics, None)?;
    let snapshot = nvml.snapshot()?;
    let text = serde_json::to_string(&snapshot)?;
    assert_eq!(serde_json::from_str::<Snapshot>(&text)?, snapshot);
    let refused = serde_json::from_str::<Snapshot>(&text.replacen("\"schema\":1", "\"schema\":2", 1)).unwrap_err();
    assert!(refused.to_string().contains("a snapshot of form 2; this version of gpushare reads form 1"), "{refused}");
    // Names that programs in other languages read.
    let value = serde_json::to_value(&snapshot)?;
    assert_eq!(value["gpus"][0]["mig_devices"][1]["name"], "1c.2g.10gb");
    assert_eq!(value["gpus"][0]["mig_devices"][1]["attributes"]["multiprocessor_count"], 14);
    assert_eq!(value["gpus"][0]["gpu_instances"][0]["placement"]["size"], 4);
    assert_eq!(value["gpus"][1]["processes"][0]["pid"], 7);
    assert_eq!(value["gpus"][1]["mig_enabled"], serde_json::Value::Null);
    Ok(())
}
