//! The example of time-slicing, on its simulated GPU.

use std::process::Command;

#[test]
fn the_workers_share_the_gpu_and_the_policy_is_put_back() {
    let done = Command::new(env!("CARGO_BIN_EXE_time_slicing")).output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.first(), Some(&"GPU 0 (NVIDIA H200): the policy is Default"));
    assert_eq!(lines.get(1), Some(&"GPU 0: the policy is Short for programs that start from here on"));
    assert_eq!(lines.iter().filter(|line| line.starts_with("worker on GPU-")).count(), 3, "{said}");
    assert_eq!(lines.last(), Some(&"GPU 0: the policy is Default again"));
}
