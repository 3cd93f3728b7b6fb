//! Applying layouts: what is kept, what others do meanwhile, who may, and what is left behind.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::error::Error;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::Arc;
use std::thread;

use gpushare::{ApplyOptions, ErrorKind, Gpu, GpuInstancePlacement, Layout, Nvml, PlanOptions, Recovery, Reset};
use gpushare_sim::Machine;
use gpushare_sim::engine::{GpuConfig, MachineConfig, Process, ProcessKind};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn start(machine: &Machine) -> Outcome<(Gpu, TempDir)> {
    let gpu = Nvml::builder().library(machine.library()?).procfs(machine.root().join("proc")).init()?.gpu(0)?;
    Ok((gpu, TempDir::new()?))
}

fn options(folder: &TempDir) -> ApplyOptions {
    ApplyOptions::new().directory(folder.path())
}

fn worker(pid: u32, instance: Option<(u32, u32)>) -> Process {
    Process { pid, name: "worker".into(), kind: ProcessKind::Compute, used_memory: Some(1 << 20), instance }
}

#[test]
fn an_instance_in_use_stays_and_one_that_would_have_to_go_is_named() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    gpu.apply_layout(&"3g.20gb@4, 2x1g.5gb".parse()?, &options(&folder))?;
    let busy = gpu.gpu_instances()?.into_iter().find(|gi| gi.placement().start == 4).ok_or("the 3g")?;
    machine.add_process(0, worker(9, Some((busy.id().0, 0))))?;
    // There is a 3g at 0 as well, and the cheapest plan would not care which of them stays.
    let plan = gpu.plan(&"3g.20gb".parse()?)?;
    assert_eq!(plan.gpu_instances[0].existing, Some(busy.id()));
    let error = gpu.plan(&"4g.20gb, 2g.10gb, 1g.5gb".parse()?).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("in use, and in the way or not wanted: GPU instance 1 at 4:4; used by process 9 (worker)"),
        "{error}"
    );
    let error = gpu.plan(&"3g.20gb@4[2c,1c]".parse()?).unwrap_err();
    assert!(error.to_string().contains("GPU instance 1 holds in use"), "{error}");
    // With permission it is planned, and the driver still refuses: nothing is lost.
    let mut forced = PlanOptions::default();
    forced.destroy_in_use = true;
    let before = gpu.mig_state()?;
    let plan = gpu.plan_with(&"7g.40gb".parse()?, &forced)?;
    let error = gpu.apply(&plan, &options(&folder)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    assert!(error.to_string().ends_with("the layout that it had is there again"), "{error}");
    assert_eq!(gpu.mig_state()?, before);
    Ok(())
}

#[test]
fn a_change_between_plan_and_apply_is_refused_or_planned_anew() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    gpu.set_mig_mode(true)?;
    let plan = gpu.plan(&"4g.20gb, 3g.20gb".parse()?)?;
    // Somebody else takes the lower half meanwhile.
    gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("2g.10gb")?, GpuInstancePlacement::new(0, 2))?;
    let error = gpu.apply(&plan, &options(&folder)).unwrap_err();
    assert_eq!(error.to_string(), format!("GPU 0 ({}) is not as the plan has it, but: 2g.10gb@0[]", gpu.uuid()));
    assert_eq!(gpu.layout()?.to_string(), "2g.10gb@0[]");
    let applied = gpu.apply(&plan, &options(&folder).replan())?;
    assert_eq!(applied.made.len(), 2);
    assert_eq!(gpu.layout()?.to_string(), "3g.20gb@4[*@0], 4g.20gb@0[*@0]");
    // A process that has started on what is to go.
    let plan = gpu.plan(&"4g.20gb".parse()?)?;
    machine.add_process(0, worker(5, Some((1, 0))))?;
    assert_eq!(gpu.apply(&plan, &options(&folder)).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(gpu.gpu_instances()?.len(), 2);
    Ok(())
}

#[test]
fn a_second_look_at_a_gpu_asks_for_nothing_that_does_not_change() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    gpu.apply_layout(&"3g.20gb[2c,1c], 4x1g.5gb".parse()?, &options(&folder))?;
    let before = gpu.mig_state()?;
    let (now, calls) = machine.trace(|| gpu.mig_state())?;
    assert_eq!(now?, before);
    let asked = |word: &str| calls.iter().filter(|call| call.symbol.contains(word)).count();
    assert_eq!((asked("ProfileInfo"), asked("Placements"), asked("MigMode"), asked("GetGpuInstances")), (0, 0, 1, 7));
    Ok(())
}

#[test]
fn the_last_step_that_fails_takes_all_others_back() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    gpu.apply_layout(&"2g.10gb@0, 1g.5gb@6".parse()?, &options(&folder))?;
    let before = gpu.mig_state()?;
    let plan = gpu.plan(&"3g.20gb@4, 1g.5gb@0".parse()?)?;
    machine.set_faults([format!("mutation#{}=UNKNOWN", plan.mutations()).parse()?])?;
    let failed = gpu.apply(&plan, &options(&folder)).unwrap_err();
    machine.clear_faults()?;
    assert!(matches!(failed, gpushare::Error::ApplyFailed { restored: Ok(()), .. }), "{failed}");
    assert_eq!(gpu.mig_state()?, before);
    Ok(())
}

#[test]
fn an_orphan_that_is_wanted_gets_what_it_lacks() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    gpu.set_mig_mode(true)?;
    gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("1g.5gb")?, GpuInstancePlacement::new(2, 1))?;
    let plan = gpu.plan(&"1g.5gb".parse()?)?;
    assert_eq!(plan.mutations(), 1);
    assert_eq!(gpu.apply(&plan, &options(&folder))?.made.len(), 1);
    Ok(())
}

#[test]
fn a_folder_of_another_user_is_refused_if_root_runs_this() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    if fs::metadata("/proc/self")?.uid() != 0 {
        println!("only root can give a folder away");
        return Ok(());
    }
    std::os::unix::fs::chown(folder.path(), Some(65534), None)?;
    let error = gpu.apply_layout(&"7g.40gb".parse()?, &options(&folder)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoPermission);
    assert!(error.to_string().contains("belongs to user 65534"), "{error}");
    assert_eq!(gpu.layout()?, Layout::disabled());
    Ok(())
}

#[test]
fn mig_is_enabled_and_disabled_as_part_of_a_layout_and_told_who_hinders_it() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    machine.add_process(0, worker(31, None))?;
    let plan = gpu.plan(&"7g.40gb".parse()?)?;
    assert!(plan.to_string().contains("blocked  by process 31 (worker)"), "{plan}");
    let error = gpu.apply(&plan, &options(&folder)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResetRequired);
    let mode = gpu.mig_mode()?;
    assert!(!mode.current && !mode.pending, "the pending change is taken back");
    machine.remove_process(0, 31)?;
    gpu.apply_layout(&"7g.40gb".parse()?, &options(&folder))?;
    assert_eq!(gpu.layout()?.to_string(), "7g.40gb@0[*@0]");
    let applied = gpu.apply_layout(&Layout::disabled(), &options(&folder))?;
    assert_eq!((applied.destroyed.len(), gpu.layout()?), (1, Layout::disabled()));
    Ok(())
}

#[test]
fn a_reset_is_made_only_when_asked_for() -> Outcome {
    let config = MachineConfig::with_gpus(vec![GpuConfig { passthrough: true, ..GpuConfig::new("A100-SXM4-40GB") }]);
    let machine = Arc::new(Machine::with_config(&config)?);
    let (gpu, folder) = start(&machine)?;
    let error = gpu.apply_layout(&"2x3g.20gb".parse()?, &options(&folder)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResetRequired);
    assert!(!gpu.mig_mode()?.pending);
    let by = Arc::clone(&machine);
    let reset = Reset::By(Arc::new(move |gpu: &Gpu| Ok(by.reset(gpu.index() as usize)?)));
    let applied = gpu.apply_layout(&"2x3g.20gb".parse()?, &options(&folder).reset(reset))?;
    assert_eq!(applied.made.len(), 2);
    Ok(())
}

#[test]
fn threads_that_apply_different_layouts_leave_one_of_them() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    let layouts = ["4g.20gb, 3g.20gb", "7x1g.5gb", "3x2g.10gb, 1g.5gb", "2x3g.20gb[2c,1c]"];
    thread::scope(|scope| {
        for text in layouts {
            let (gpu, folder) = (&gpu, &folder);
            scope.spawn(move || {
                for _ in 0..3 {
                    let layout: Layout = text.parse().unwrap_or_else(|error| panic!("{error}"));
                    gpu.apply_layout(&layout, &options(folder)).unwrap_or_else(|error| panic!("{text}: {error}"));
                }
            });
        }
    });
    let now = gpu.layout()?;
    let is = |text: &str| Ok::<_, Box<dyn Error>>(gpu.plan(&text.parse()?)?.is_empty());
    assert!(layouts.iter().any(|text| is(text).unwrap_or(false)), "{now}");
    Ok(())
}

#[test]
fn a_folder_that_others_could_have_made_or_can_write_to_is_refused() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    let wanted: Layout = "7g.40gb".parse()?;
    let (open, link, file) = (folder.path().join("open"), folder.path().join("link"), folder.path().join("file"));
    fs::create_dir(&open)?;
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777))?;
    symlink(folder.path(), &link)?;
    fs::write(&file, "")?;
    for (path, reason) in
        [(&open, "its permissions 777 let others write to it"), (&link, "not a folder"), (&file, "not a folder")]
    {
        let error = gpu.apply_layout(&wanted, &ApplyOptions::new().directory(path)).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {reason}", path.display()));
        assert_eq!(error.kind(), ErrorKind::NoPermission);
    }
    let error = gpu.apply_layout(&wanted, &ApplyOptions::new().directory("/nonexistent/gpushare")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // A link where the journal is to be is not followed.
    let target = folder.path().join("precious");
    fs::write(&target, "precious")?;
    symlink(&target, folder.path().join(format!("{}.journal.new", gpu.uuid())))?;
    assert!(gpu.apply_layout(&wanted, &options(&folder)).is_err());
    assert_eq!(fs::read_to_string(&target)?, "precious");
    assert_eq!(gpu.layout()?, Layout::disabled(), "nothing was begun");
    Ok(())
}

#[test]
fn a_journal_that_cannot_be_read_stops_everything_and_is_named() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    assert_eq!(gpu.recover(&options(&folder))?, Recovery::Nothing);
    let journal = folder.path().join(format!("{}.journal", gpu.uuid()));
    for text in ["", "{}", "{\"version\":99}"] {
        fs::write(&journal, text)?;
        let error = gpu.recover(&options(&folder)).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{}: not a journal", journal.display())), "{error}");
        assert!(gpu.apply_layout(&"7g.40gb".parse()?, &options(&folder)).is_err());
        assert!(journal.exists());
    }
    Ok(())
}

#[test]
fn drift_names_what_is_missing_unwanted_orphaned_and_divided_otherwise() -> Outcome {
    let machine = Machine::start()?;
    let (gpu, folder) = start(&machine)?;
    let wanted: Layout = "3g.20gb@4, 1g.5gb@0, 1g.5gb@1".parse()?;
    gpu.apply_layout(&wanted, &options(&folder))?;
    assert!(gpu.drift(&wanted)?.is_empty());
    assert_eq!(gpu.drift(&wanted)?.to_string(), "none");
    let find = |start| gpu.gpu_instances().map(|all| all.into_iter().find(|gi| gi.placement().start == start));
    let first = find(0)?.ok_or("1g at 0")?;
    first.compute_instances()?.remove(0).destroy()?;
    first.destroy()?;
    let half = find(4)?.ok_or("3g")?;
    half.compute_instances()?.remove(0).destroy()?;
    gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("1g.5gb")?, GpuInstancePlacement::new(3, 1))?;
    let drift = gpu.drift(&wanted)?;
    assert_eq!(
        drift.to_string(),
        "missing: 1g.5gb at 0:1\n\
         not wanted: GPU instance 14, 1g.5gb at 3:1, without compute instances\n\
         divided otherwise: GPU instance 1, 3g.20gb at 4:4"
    );
    assert_eq!(drift.orphans().count(), 1);
    assert_eq!(drift.plan.mutations(), 4);
    gpu.apply(&drift.plan, &options(&folder))?;
    assert!(gpu.drift(&wanted)?.is_empty());
    // Orphans alone, whatever else is there.
    gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("2g.10gb")?, GpuInstancePlacement::new(2, 2))?;
    let plan = gpu.plan(&gpu.mig_state()?.without_orphans()?)?;
    assert_eq!(plan.mutations(), 1);
    gpu.apply(&plan, &options(&folder))?;
    assert!(gpu.drift(&wanted)?.is_empty());
    Ok(())
}

/// A random layout that mostly fits: some instances, some of them divided, some with a place.
fn layouts(names: Vec<(String, u32)>) -> impl Strategy<Value = String> {
    let instance = (0..names.len(), 0..4_u32, 0..8_u32).prop_map(move |(which, division, start)| {
        let (name, slices) = &names[which];
        let inside = match division {
            0 => "[]".to_owned(),
            1 if *slices > 1 => "[1c]".to_owned(),
            2 if *slices > 2 => "[1c,2c]".to_owned(),
            _ => String::new(),
        };
        let place = if start == 0 { "@0".to_owned() } else { String::new() };
        format!("{name}{place}{inside}")
    });
    proptest::collection::vec(instance, 0..5).prop_map(|instances| instances.join(", "))
}

#[test]
fn a_random_layout_on_a_random_state_is_there_after_it_was_applied() -> Outcome {
    for (model, rounds) in [("A100-SXM4-40GB", 150), ("H100-SXM5-80GB", 150), ("A30", 100), ("RTX-PRO-6000", 100)] {
        let machine = Machine::from_spec(&format!("1x{model}"))?;
        let (gpu, folder) = start(&machine)?;
        gpu.set_mig_mode(true)?;
        let profiles = gpu.gpu_instance_profiles()?;
        let names = profiles.iter().map(|profile| (profile.name.to_string(), profile.slice_count)).collect();
        let mut runner = TestRunner::new_with_rng(
            Config { cases: rounds, failure_persistence: None, ..Config::default() },
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let feasible = Cell::new(0);
        runner.run(&layouts(names), |text| {
            let wanted: Layout = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            let before = gpu.mig_state().map_err(|error| TestCaseError::fail(error.to_string()))?;
            match gpu.apply_layout(&wanted, &options(&folder)) {
                Ok(_) => feasible.set(feasible.get() + 1),
                Err(error) if error.kind() == ErrorKind::Infeasible => {
                    prop_assert_eq!(gpu.mig_state().map_err(|error| TestCaseError::fail(error.to_string()))?, before);
                    return Ok(());
                }
                Err(error) => return Err(TestCaseError::fail(format!("{text}: {error}"))),
            }
            let now = gpu.layout().map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(now.gpu_instances.len(), wanted.gpu_instances.len());
            for instance in wanted.gpu_instances.iter() {
                let same = |other: &&gpushare::GpuInstanceLayout| {
                    other.profile == instance.profile
                        && instance.start.is_none_or(|start| other.start == Some(start))
                        && other.compute_instances.len() == instance.compute_instances.len()
                };
                let (here, wanted) = (now.gpu_instances.iter().filter(same), wanted.gpu_instances.iter().filter(same));
                prop_assert!(here.count() >= wanted.count().min(1), "{} not in {}", instance, now);
            }
            // The plan of what is there is empty, in the words that were used and in its own.
            for layout in [&wanted, &now] {
                let again = gpu.plan(layout).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert!(again.is_empty(), "{}: {}", layout, again);
            }
            Ok(())
        })?;
        assert!(feasible.get() > rounds / 4, "{model}: only {feasible:?} of {rounds} were feasible");
    }
    Ok(())
}
