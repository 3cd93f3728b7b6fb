//! The example of snapshots, on its simulated node.

use std::process::Command;

#[test]
fn the_observer_tells_who_runs_where_and_what_changed() {
    let done = Command::new(env!("CARGO_BIN_EXE_who_uses_what")).output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    for line in [
        "MIG 0: 3g.20gb",
        "GPU instance 13: 1g.5gb at 2:1 without compute instances",
        "process 4711 (trainer) started",
        "process 4712 (trainer) started",
        "CUDA_VISIBLE_DEVICES=0:5/1 is MIG-",
        "GPU instance 13 1g.5gb at 2:1 destroyed",
    ] {
        assert!(said.contains(line), "{line:?} in {said}");
    }
}
