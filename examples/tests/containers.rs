//! The example of containers and schedulers, on its simulated node.

use std::fs;
use std::process::Command;

#[test]
fn what_runtimes_and_slurm_read_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = Command::new(env!("CARGO_BIN_EXE_containers")).arg(folder.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("MIG 1c.2g.10gb 0:2  c 195:0 rw, c 242:30 rw, c 242:32 rw\n"), "{said}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(read("nvidia.yaml").starts_with("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n"));
    assert_eq!(read("gres.conf").lines().count(), 4 + 1);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing else is left");
    let wrong = Command::new(env!("CARGO_BIN_EXE_containers")).output().expect("it runs");
    assert!(!wrong.status.success());
}
