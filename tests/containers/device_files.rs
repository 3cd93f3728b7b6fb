//! Which nodes there are for a node, a GPU and a MIG device, with their numbers.

use std::fs;

use gpushare::{DeviceFiles, Error, ErrorKind, Nvml};
use gpushare_sim::Machine;
use gpushare_sim::engine::{GpuConfig, MachineConfig};

use crate::stage::{Outcome, divided, open, paths, walkthrough};

const SHARED: [&str; 3] = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"];

fn caps<const N: usize>(minors: [u32; N]) -> Vec<String> {
    minors.iter().map(|minor| format!("/dev/nvidia-caps/nvidia-cap{minor}")).collect()
}

#[test]
fn each_mig_device_has_the_recorded_nodes() -> Outcome {
    let (_machine, nvml) = walkthrough()?;
    let devices = nvml.gpu(0)?.mig_devices()?;
    for (device, minors) in devices.iter().zip([[21, 22], [30, 31], [30, 32], [84, 85]]) {
        let files = device.device_files()?;
        assert_eq!(paths(&files)[..3], SHARED);
        assert_eq!(paths(&files)[3..], ["/dev/nvidia0", &*caps(minors)[0], &*caps(minors)[1]]);
        let numbers: Vec<_> = files.nodes()[3..].iter().map(|node| (node.major, node.minor)).collect();
        assert_eq!(numbers, [(195, 0), (242, minors[0]), (242, minors[1])]);
        // The driver's files on the instances themselves say the same.
        let needed = device.capabilities()?;
        assert_eq!(files.gpus[0].mig_devices[0].gpu_instance.path, needed.gpu_instance.node);
        assert_eq!(files.gpus[0].mig_devices[0].compute_instance.path, needed.compute_instance.node);
    }
    let index = |device: &gpushare::MigDevice| device.device_files().map(|files| files.gpus[0].mig_devices[0].index);
    assert_eq!(devices.iter().map(index).collect::<Result<Vec<_>, _>>()?, [0, 1, 2, 3]);
    devices[3].compute_instance()?.destroy()?;
    assert_eq!(devices[3].device_files().unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}

#[test]
fn a_node_has_each_file_once() -> Outcome {
    let (machine, nvml) = walkthrough()?;
    let files = nvml.device_files()?;
    let mut expected: Vec<String> = SHARED.map(String::from).to_vec();
    expected.push("/dev/nvidia0".into());
    expected.extend(caps([21, 22, 30, 31, 32, 84, 85]));
    expected.extend((1..8).map(|index| format!("/dev/nvidia{index}")));
    assert_eq!(paths(&files), expected);
    assert_eq!((&files.root, &*files.driver_version), (&machine.root(), "580.126.09"));
    let first = &files.gpus[0];
    let names: Vec<_> = first.mig_devices.iter().map(|device| (device.index, &*device.name)).collect();
    assert_eq!(names, [(0, "4g.20gb"), (1, "1c.2g.10gb"), (2, "1c.2g.10gb"), (3, "1g.5gb")]);
    assert!(first.mig_enabled && !files.gpus[1].mig_enabled);
    let own = nvml.gpu(0)?.device_files()?;
    assert_eq!(own, DeviceFiles { gpus: vec![first.clone()], ..files.clone() });
    let rules: Vec<_> = own.nodes().iter().map(|node| node.cgroup_rule()).collect();
    assert_eq!(rules[..5], ["c 195:255 rw", "c 511:0 rw", "c 511:1 rw", "c 195:0 rw", "c 242:21 rw"]);

    // It is data: it comes back as it was.
    assert_eq!(serde_json::from_str::<DeviceFiles>(&serde_json::to_string(&files)?)?, files);
    Ok(())
}

#[test]
fn nodes_go_by_minor_number_and_names_by_index() -> Outcome {
    let gpu = |minor| GpuConfig { minor: Some(minor), ..GpuConfig::new("A100-SXM4-40GB") };
    let (_machine, nvml) = divided(&MachineConfig::with_gpus(vec![gpu(5), gpu(0)]))?;
    let files = nvml.device_files()?;
    assert_eq!(files.gpus.iter().map(|gpu| gpu.index).collect::<Vec<_>>(), [0, 1]);
    let nodes: Vec<_> = paths(&files)[3..].iter().map(|path| (*path).to_owned()).collect();
    // By NVIDIA's numbering: 3, then 135 for each GPU before, and 9 for each GPU instance.
    let mut expected = vec!["/dev/nvidia5".to_owned()];
    expected.extend(caps([696, 697, 705, 706, 707, 759, 760]));
    expected.push("/dev/nvidia0".into());
    assert_eq!(nodes, expected);
    Ok(())
}

#[test]
fn shared_nodes_are_those_that_exist() -> Outcome {
    let machine = Machine::from_spec("1xT4")?;
    let nvml = open(&machine)?;
    fs::remove_file(machine.root().join("dev/nvidia-uvm-tools"))?;
    fs::write(machine.root().join("dev/nvidia-modeset"), "195:254\n")?;
    let shared = nvml.device_files()?.shared;
    let found: Vec<_> = shared.iter().map(|node| (node.path.to_str().unwrap_or(""), node.major, node.minor)).collect();
    assert_eq!(found, [("/dev/nvidiactl", 195, 255), ("/dev/nvidia-uvm", 511, 0), ("/dev/nvidia-modeset", 195, 254)]);
    Ok(())
}

/// A session of a machine whose files are others.
fn elsewhere(machine: &Machine, files: &[(&str, &str)]) -> Outcome<(Nvml, tempfile::TempDir)> {
    let root = tempfile::tempdir()?;
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().ok_or("a folder")?)?;
        fs::write(path, content)?;
    }
    Ok((Nvml::builder().library(machine.library()?).root(root.path()).init()?, root))
}

#[test]
fn a_gpu_without_mig_devices_needs_no_table_of_them() -> Outcome {
    let machine = Machine::from_spec("1xT4")?;
    let old = "Character devices:\n  1 mem\n195 nvidia-frontend\n234 nvidia-uvm\n\nBlock devices:\n  8 sd\n";
    let (nvml, _root) = elsewhere(&machine, &[("proc/devices", old)])?;
    assert_eq!(paths(&nvml.device_files()?), ["/dev/nvidiactl", "/dev/nvidia0"]);
    Ok(())
}

#[test]
fn files_that_are_missing_or_wrong_are_named() -> Outcome {
    let (machine, _nvml) = walkthrough()?;
    let fault = |files: &[(&str, &str)]| -> Outcome<(ErrorKind, String)> {
        let (nvml, root) = elsewhere(&machine, files)?;
        let error = nvml.device_files().unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error}");
        Ok((error.kind(), error.to_string().replace(root.path().to_str().ok_or("text")?, "ROOT")))
    };
    let (kind, text) = fault(&[])?;
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(text.starts_with("ROOT/proc/devices: "), "{text}");

    let none = ("proc/devices", "Character devices:\n  1 mem\n");
    let lacks = |name| format!("ROOT/proc/devices: there is no character device {name:?}; is the driver loaded?");
    assert_eq!(fault(&[none])?, (ErrorKind::Driver, lacks("nvidia")));

    let devices = "Character devices:\n195 nvidia\n";
    let (kind, text) = fault(&[("proc/devices", devices)])?;
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(text.starts_with("ROOT/proc/driver/nvidia-caps/mig-minors: "), "{text}");

    let table = "proc/driver/nvidia-caps/mig-minors";
    let (_, text) = fault(&[("proc/devices", devices), (table, "config 1\nmonitor 2\ngpu0/gi2/access 21 22\n")])?;
    assert!(text.starts_with("ROOT/proc/driver/nvidia-caps/mig-minors: line 3: \"gpu0/gi2/access 21 22\""), "{text}");

    let whole = "config 1\nmonitor 2\ngpu0/gi2/access 21\ngpu0/gi2/ci0/access 22\n";
    assert_eq!(fault(&[("proc/devices", devices), (table, whole)])?.1, lacks("nvidia-caps"));
    let devices = "Character devices:\n195 nvidia\n242 nvidia-caps\n";
    let (_, text) = fault(&[("proc/devices", devices), (table, whole)])?;
    assert_eq!(text, "ROOT/proc/driver/nvidia-caps/mig-minors: there is no line for gpu0/gi3/access");
    Ok(())
}

#[test]
fn the_drivers_table_is_the_documented_numbering() -> Outcome {
    let machine = Machine::start()?;
    let minors = open(&machine)?.mig_minors()?;
    assert_eq!((minors.config(), minors.monitor()), (1, 2));
    for gpu in 0..33 {
        for instance in (0..16).map(gpushare::GpuInstanceId) {
            let inside = (0..9).map(|id| Some(gpushare::ComputeInstanceId(id)));
            for inside in inside.chain([None]) {
                // Of this numbering the driver's table has 32 GPUs.
                let numbered = gpushare::capability_minor(gpu, instance, inside).filter(|_| gpu < 32);
                assert_eq!(minors.minor(gpu, instance, inside), numbered, "{gpu}/{instance}/{inside:?}");
            }
        }
    }
    Ok(())
}
