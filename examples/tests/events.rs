//! The example of events, on its simulated GPUs.

use std::process::Command;

#[test]
fn each_event_is_told_with_the_devices_that_it_concerns() {
    let done = Command::new(env!("CARGO_BIN_EXE_events")).output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let lines: Vec<_> = said.lines().collect();
    let devices = |line: usize| lines[line].split_once(": MIG-").map_or(0, |(_, uuids)| uuids.split(", ").count());
    assert_eq!(lines[0], "GPU 0 (NVIDIA A100-SXM4-40GB) is watched for XID | MIG_CONFIG_CHANGE");
    assert_eq!(lines[1], "GPU 1 (NVIDIA L40S) is watched for XID");
    assert!(lines[2].starts_with("XID 13 on compute instance 0 of GPU instance 3 of GPU 0: MIG-"), "{said}");
    assert!(lines[3].starts_with("XID 31 on GPU instance 3 of GPU 0: MIG-"), "{said}");
    assert_eq!((devices(2), devices(3)), (1, 2));
    assert!(lines[4].starts_with("MIG configuration change on GPU 0 (GPU-"), "{said}");
    assert!(lines[4].ends_with("there are now 2 MIG devices"), "{said}");
    assert!(lines[5].starts_with("XID 31 on GPU 1 (GPU-"), "{said}");
    assert!(
        lines[6].starts_with("XID 79 on GPU 1 (GPU-") && lines[6].contains("the GPU has fallen off the bus"),
        "{said}"
    );
    assert_eq!(lines.len(), 7, "{said}");
}
