//! Looks for values of `CUDA_VISIBLE_DEVICES` and `NVIDIA_VISIBLE_DEVICES` that break their readers. `tests/visible_devices` holds the
//! same properties against generated values, always the same.
#![no_main]

use std::sync::OnceLock;

use gpushare::{CudaRules, ListEnd, MigEnumeration, NvidiaVisibleDevices, VisibleDevices, VisibleNode};
use libfuzzer_sys::fuzz_target;

/// A GPU with MIG devices, in two GPU instances, and one without.
const NODE: &str = r#"{"gpus": [
    {"index": 0, "uuid": "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "pci_address": "0000:10:1c.0", "name": "A", "mig_enabled": true,
     "mig_devices": [
        {"uuid": "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "gpu_instance": 2, "compute_instance": 0},
        {"uuid": "MIG-8970491e-16e0-5140-9f8f-d561baa3c186", "gpu_instance": 3, "compute_instance": 0},
        {"uuid": "MIG-239565ce-30e3-52d7-8197-5630d3ce21fa", "gpu_instance": 3, "compute_instance": 1}]},
    {"index": 1, "uuid": "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e", "pci_address": "0000:20:1c.0", "name": "A", "mig_enabled": false,
     "mig_devices": []}]}"#;

/// What a list says apart from the text of an entry.
fn plain(end: &ListEnd) -> String {
    match end {
        ListEnd::At { position, fault, .. } => format!("{position} {fault:?}"),
        ListEnd::Ignored { .. } => "ignored".into(),
        other => format!("{other:?}"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    static HERE: OnceLock<VisibleNode> = OnceLock::new();
    let node = HERE.get_or_init(|| serde_json::from_str(NODE).expect("a node"));
    let text = String::from_utf8_lossy(bytes);
    for rules in [CudaRules::default(), CudaRules::default().mig(MigEnumeration::OnePerGpuInstance)] {
        let seen = node.resolve(Some(&text), &rules).expect("one model");
        assert!(seen.devices.len() <= 3);
        let Ok(value) = text.parse::<VisibleDevices>() else { continue };
        let printed = value.to_string();
        let _ = value.value(&rules);
        // Digits of a UUID are printed with dashes, which may make a value longer than CUDA reads.
        if printed.len() > text.len() {
            continue;
        }
        assert_eq!(printed.parse::<VisibleDevices>().expect("what was printed"), value);
        let again = value.resolve(node, &rules).expect("one model");
        assert_eq!((&again.devices, &again.hidden, plain(&again.end)), (&seen.devices, &seen.hidden, plain(&seen.end)));
    }
    if let Ok(value) = text.parse::<NvidiaVisibleDevices>() {
        assert_eq!(value.to_string().parse::<NvidiaVisibleDevices>().expect("what was printed"), value);
        let _ = value.resolve(node);
    }
});
