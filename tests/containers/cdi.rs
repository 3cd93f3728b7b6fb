//! CDI specifications: the devices of the walkthrough, by each way to name them, and what cannot be specified.

use gpushare::{CdiDeviceName, CdiOptions, CdiSpec, DeviceFiles, Error, ErrorKind};
use gpushare_sim::Machine;
use serde_json::{Value, json};

use crate::stage::{Outcome, made_up, open, walkthrough};

/// The specification as runtimes read it, which is the same in both forms and has nothing that the format has not.
pub(crate) fn read(spec: &CdiSpec) -> Outcome<Value> {
    let json: Value = serde_json::from_str(&format!("{spec:#}"))?;
    assert_eq!(serde_yaml_ng::from_str::<Value>(&spec.to_string())?, json);
    has_only(&json, &["cdiVersion", "kind", "devices", "containerEdits"]);
    let devices = list(&json["devices"]);
    devices.iter().for_each(|device| has_only(device, &["name", "containerEdits"]));
    for edits in devices.iter().chain([&json]).map(|holder| &holder["containerEdits"]) {
        has_only(edits, &["env", "deviceNodes", "mounts", "hooks"]);
        let each = |name: &str, members: &[&str]| list(&edits[name]).iter().for_each(|one| has_only(one, members));
        each("deviceNodes", &["path", "hostPath", "type", "major", "minor"]);
        each("mounts", &["hostPath", "containerPath", "options"]);
        each("hooks", &["hookName", "path", "args"]);
    }
    Ok(json)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn has_only(value: &Value, members: &[&str]) {
    let own = value.as_object().into_iter().flatten().map(|(name, _)| name);
    own.for_each(|name| assert!(members.contains(&name.as_str()), "{name} in {value}"));
}

fn names(spec: &CdiSpec) -> Vec<&str> {
    spec.devices.iter().map(|device| &*device.name).collect()
}

/// The paths of a device's nodes.
fn nodes(spec: &CdiSpec, name: &str) -> Vec<String> {
    let device = spec.devices.iter().find(|device| device.name == name);
    device
        .map(|device| device.container_edits.device_nodes.iter().map(|node| node.path.clone()).collect())
        .unwrap_or_default()
}

/// Options for a runtime that sees the driver's files where programs do.
fn plain() -> CdiOptions {
    CdiOptions::new().host_root("/")
}

#[test]
fn the_walkthroughs_mig_devices_as_a_whole() -> Outcome {
    let (_machine, nvml) = walkthrough()?;
    let options = plain().names([CdiDeviceName::Index]);
    let spec = nvml.gpu(0)?.device_files()?.cdi_spec(&options)?;
    let paths = |minors: &[u32]| {
        let caps = minors.iter().map(|minor| json!({ "path": format!("/dev/nvidia-caps/nvidia-cap{minor}") }));
        let nodes: Vec<_> = [json!({ "path": "/dev/nvidia0" })].into_iter().chain(caps).collect();
        json!({ "deviceNodes": nodes })
    };
    let device = |name: &str, minors: &[u32]| json!({ "name": name, "containerEdits": paths(minors) });
    assert_eq!(
        read(&spec)?,
        json!({
            "cdiVersion": "0.5.0",
            "kind": "nvidia.com/gpu",
            "devices": [
                device("0:0", &[21, 22]),
                device("0:1", &[30, 31]),
                device("0:2", &[30, 32]),
                device("0:3", &[84, 85]),
                device("all", &[21, 22, 30, 31, 32, 84, 85]),
            ],
            "containerEdits": {
                "env": ["NVIDIA_VISIBLE_DEVICES=void"],
                "deviceNodes": [
                    { "path": "/dev/nvidiactl" },
                    { "path": "/dev/nvidia-uvm" },
                    { "path": "/dev/nvidia-uvm-tools" },
                ],
            },
        })
    );
    // Of one device there is that one alone.
    let third = nvml.gpu(0)?.mig_devices()?[2].device_files()?.cdi_spec(&options.without_all())?;
    assert_eq!(names(&third), ["0:2"]);
    let expected = ["/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap32"];
    assert_eq!(nodes(&third, "0:2"), expected);
    Ok(())
}

#[test]
fn devices_are_named_as_wished() -> Outcome {
    let (_machine, nvml) = walkthrough()?;
    let gpus = ["1", "2", "3", "4", "5", "6", "7"];
    let by_index: Vec<_> = ["0:0", "0:1", "0:2", "0:3"].into_iter().chain(gpus).collect();
    let only = |name| nvml.cdi_spec(&plain().names([name]).without_all());
    assert_eq!(names(&only(CdiDeviceName::Index)?), by_index);
    let mig: Vec<_> = nvml.gpu(0)?.mig_devices()?.iter().map(|device| device.uuid().to_string()).collect();
    let mut by_uuid = mig.clone();
    by_uuid
        .extend((1..8).map(|index| nvml.gpu(index).map(|gpu| gpu.uuid().to_string())).collect::<Result<Vec<_>, _>>()?);
    assert_eq!(names(&only(CdiDeviceName::Uuid)?), by_uuid);
    let by_type = only(CdiDeviceName::TypeIndex)?;
    assert_eq!(names(&by_type)[..5], ["mig0:0", "mig0:1", "mig0:2", "mig0:3", "gpu1"]);

    // Both names of a device stand for the same, and `all` is all of it.
    let both = nvml.cdi_spec(&plain())?;
    assert_eq!(names(&both)[..3], ["0:0", &*mig[0], "0:1"]);
    assert_eq!(names(&both).len(), 2 * 11 + 1);
    assert_eq!(nodes(&both, &mig[3]), nodes(&both, "0:3"));
    assert_eq!(nodes(&both, "1"), ["/dev/nvidia1"]);
    assert_eq!(nodes(&both, "all").len(), 8 + 7);
    assert_eq!(nodes(&both, "0"), [""; 0], "no device is the whole of a GPU with MIG");

    // An old runtime can read what has no name that begins with a digit.
    assert_eq!(both.version(), "0.5.0");
    assert_eq!(by_type.version(), "0.3.0");
    Ok(())
}

#[test]
fn a_driver_root_is_where_the_runtime_finds_the_nodes() -> Outcome {
    let files = made_up("/run/nvidia/driver")?;
    let host = |options: &CdiOptions| -> Outcome<Vec<(String, Option<String>)>> {
        let spec = files.cdi_spec(options)?;
        read(&spec)?;
        let all = spec.devices.iter().map(|device| &device.container_edits).chain([&spec.container_edits]);
        let nodes = all.flat_map(|edits| &edits.device_nodes);
        Ok(nodes.map(|node| (node.path.clone(), node.host_path.clone())).collect())
    };
    let options = CdiOptions::new().names([CdiDeviceName::TypeIndex]).without_all();
    let at = |node: &str, root: Option<&str>| (node.to_owned(), root.map(|root| format!("{root}{node}")));
    let expected = |root| ["/dev/nvidia0", "/dev/nvidia1", "/dev/nvidiactl"].map(|node| at(node, root));
    assert_eq!(host(&options)?, expected(Some("/run/nvidia/driver")));
    assert_eq!(host(&options.clone().host_root("/opt/driver/"))?, expected(Some("/opt/driver")));
    assert_eq!(host(&options.clone().host_root("/"))?, expected(None));
    assert_eq!(files.cdi_spec(&options)?.version(), "0.5.0");
    Ok(())
}

#[test]
fn nodes_have_their_numbers_if_wished() -> Outcome {
    let spec = made_up("/")?.cdi_spec(&CdiOptions::new().device_numbers())?;
    let json = read(&spec)?;
    let shared = json!([{ "path": "/dev/nvidiactl", "type": "c", "major": 195, "minor": 255 }]);
    assert_eq!(json["containerEdits"]["deviceNodes"], shared);
    let own = json!([{ "path": "/dev/nvidia1", "type": "c", "major": 195, "minor": 1 }]);
    assert_eq!(json["devices"][2]["containerEdits"]["deviceNodes"], own);
    assert_eq!(json["devices"][2]["name"], "1");
    Ok(())
}

#[test]
fn where_there_is_no_device_there_is_no_specification() -> Outcome {
    let machine = Machine::from_spec("2xA100-SXM4-40GB")?;
    let nvml = open(&machine)?;
    let gpus = nvml.gpus()?;
    gpus.iter().try_for_each(|gpu| gpu.set_mig_mode(true))?;
    gpus[0].create_gpu_instance(&gpus[0].gpu_instance_profile("7g.40gb")?)?;
    let error = nvml.cdi_spec(&CdiOptions::new()).unwrap_err();
    assert_eq!((error.kind(), error.clone()), (ErrorKind::NotFound, Error::NoCdiDevice { gpus: 2 }));
    let expected = "a CDI specification names at least one device, and there is none: 2 GPUs, each with MIG enabled and without MIG devices";
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[test]
fn what_the_format_cannot_have_is_named() -> Outcome {
    let files = made_up("/")?;
    let refused = |files: &DeviceFiles, options: &CdiOptions| match files.cdi_spec(options).unwrap_err() {
        Error::InvalidText { what, text, .. } => (what, text),
        other => ("another error", other.to_string()),
    };
    let vendor = CdiOptions::new().kind("nvidia_", "gpu");
    assert_eq!(refused(&files, &vendor), ("CDI vendor", "nvidia_".into()));
    assert_eq!(files.cdi_spec(&vendor).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(refused(&files, &CdiOptions::new().kind("nvidia.com", "0")), ("CDI class", "0".into()));

    let name = "name for a device of a CDI specification";
    assert_eq!(refused(&files, &CdiOptions::new().names([])), ("choice of names for a CDI specification", "".into()));
    let twice = CdiOptions::new().names([CdiDeviceName::Index; 2]);
    assert_eq!(refused(&files, &twice), (name, "0".into()));
    // Drivers before R470 have names for MIG devices that runtimes do not take.
    let node = |path: &str| json!({ "path": path, "major": 242, "minor": 21 });
    let mut old = serde_json::to_value(&files)?;
    let uuid = "MIG-GPU-00000000-0000-0000-0000-000000000000/2/0";
    old["gpus"][0]["mig_devices"] = json!([{
        "index": 0, "uuid": uuid, "name": "4g.20gb", "gpu_instance_id": 2, "compute_instance_id": 0,
        "gpu_instance": node("/dev/nvidia-caps/nvidia-cap21"), "compute_instance": node("/dev/nvidia-caps/nvidia-cap22"),
    }]);
    let old: DeviceFiles = serde_json::from_value(old)?;
    assert_eq!(refused(&old, &CdiOptions::new()), (name, uuid.into()));
    assert!(old.cdi_spec(&CdiOptions::new().names([CdiDeviceName::Index])).is_ok());

    use std::os::unix::ffi::OsStrExt;
    let root = std::ffi::OsStr::from_bytes(b"/\xff");
    assert_eq!(refused(&files, &CdiOptions::new().host_root(root)).0, "path for a CDI specification");
    Ok(())
}
