//! What the kernel knows of the processes that the driver lists.

use gpushare_sim::engine::ProcessKind;
use gpushare_tests::procfs::Entry;

use crate::stage::{Outcome, Stage};

#[test]
fn a_process_has_its_name_user_and_container() -> Outcome {
    let stage = Stage::set()?;
    let id = "ab".repeat(32);
    let scope = format!("/system.slice/docker-{id}.scope");
    stage.procfs.add(11, Entry { name: "python3", uid: 1000, control_group: &scope, ..Default::default() })?;
    stage.procfs.add(
        12,
        Entry { name: "trainer", uid: 0, control_group: "/lxc.payload.web/init.scope", ..Default::default() },
    )?;
    for pid in 11..=13 {
        stage.run(pid, ProcessKind::Compute, None)?;
    }
    let all = stage.gpu.processes()?;
    let known: Vec<_> = all
        .iter()
        .map(|process| (process.name.as_deref(), process.uid, process.container.as_ref().map(|id| id.as_str())))
        .collect();
    let expected = [
        (Some("python3"), Some(1000), Some(id.as_str())),
        (Some("trainer"), Some(0), Some("web")),
        // Of another PID namespace: the driver alone knows it.
        (Some("driver's-13"), None, None),
    ];
    assert_eq!(known, expected);
    Ok(())
}

#[test]
fn a_long_name_is_whole_where_the_process_was_started_by_it() -> Outcome {
    let stage = Stage::set()?;
    let long = "a-program-with-a-long-name";
    stage.procfs.add(
        1,
        Entry { name: long, arguments: &["/opt/bin/a-program-with-a-long-name", "-v"], ..Default::default() },
    )?;
    // One that gave itself another name later.
    stage.procfs.add(2, Entry { name: long, arguments: &["worker: 3 of 8"], ..Default::default() })?;
    stage.procfs.add(3, Entry { name: "short", arguments: &["shorter"], ..Default::default() })?;
    for pid in 1..=3 {
        stage.run(pid, ProcessKind::Compute, None)?;
    }
    let names: Vec<_> = stage.gpu.processes()?.into_iter().map(|process| process.name).collect();
    assert_eq!(names, [Some(long.into()), Some(long[..15].into()), Some("short".into())]);
    Ok(())
}

#[test]
fn a_folder_that_is_no_process_is_none() -> Outcome {
    let stage = Stage::set()?;
    for pid in [1, 2] {
        stage.procfs.add(pid, Entry::default())?;
        stage.run(pid, ProcessKind::Compute, None)?;
    }
    std::fs::write(stage.procfs.of(1).join("stat"), "1 (no")?;
    std::fs::remove_file(stage.procfs.of(2).join("status"))?;
    std::fs::remove_file(stage.procfs.of(2).join("cgroup"))?;
    let all = stage.gpu.processes()?;
    assert_eq!((all[0].name.as_deref(), all[0].uid), (Some("driver's-1"), None));
    assert_eq!((all[1].name.as_deref(), all[1].uid, &all[1].container), (Some("init"), None, &None));
    Ok(())
}
