//! The fault campaign: whatever driver call fails or kills the process, the GPU ends at the old layout or at the new one.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use gpushare::{
    ApplyOptions, ComputeInstancePlacement, Gpu, GpuInstancePlacement, Layout, MigState, Nvml, PlanOptions, Recovery,
};
use gpushare_sim::engine::{Process, ProcessKind};
use gpushare_sim::{Fault, Machine};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// From a layout to another, with a process on the GPU instance that begins at a slice.
struct Transition {
    from: &'static str,
    to: &'static str,
    busy: Option<u32>,
}

/// Creating, destroying, keeping what is in use, changing compute instances alone, and both changes of the MIG mode.
const TRANSITIONS: [Transition; 6] = [
    Transition { from: "", to: "4g.20gb, 2g.10gb[1c,1c], 1g.5gb", busy: None },
    Transition { from: "2x2g.10gb, 2x1g.5gb", to: "3g.20gb[2c,1c], 4g.20gb", busy: None },
    Transition { from: "3g.20gb@4, 2g.10gb@0, 1g.5gb@2", to: "3g.20gb, 1g.10gb, 1g.5gb[]", busy: Some(4) },
    Transition { from: "4g.20gb[4x1c], 3g.20gb@4", to: "4g.20gb[2c,1c,1c], 3g.20gb[1c,2c]", busy: None },
    Transition { from: "off", to: "3g.20gb, 1g.5gb", busy: None },
    Transition { from: "3g.20gb, 2g.10gb[2x1c]", to: "off", busy: None },
];

/// Codes that a driver may answer to a question.
const TO_A_QUESTION: [&str; 7] =
    ["INVALID_ARGUMENT", "NOT_SUPPORTED", "NO_PERMISSION", "NOT_FOUND", "GPU_IS_LOST", "TIMEOUT", "UNKNOWN"];
/// Codes that a driver may answer to a change, and those that come after the change was made all the same.
const TO_A_CHANGE: [&str; 12] = [
    "INVALID_ARGUMENT",
    "NOT_SUPPORTED",
    "NO_PERMISSION",
    "IN_USE",
    "INSUFFICIENT_RESOURCES",
    "MEMORY",
    "RESET_REQUIRED",
    "GPU_IS_LOST",
    "UNKNOWN",
    "done-then:UNKNOWN",
    "done-then:TIMEOUT",
    "done-then:GPU_IS_LOST",
];

fn is_change(symbol: &str) -> bool {
    ["Create", "Destroy", "SetMigMode"].iter().any(|verb| symbol.contains(verb))
}

/// A machine whose GPU has the layout that a transition starts from.
struct Stage {
    machine: Machine,
    gpu: Gpu,
    folder: TempDir,
    before: MigState,
}

impl Stage {
    fn set(machine: Machine, transition: &Transition) -> Outcome<Self> {
        let gpu = Nvml::builder().library(machine.library()?).procfs(machine.root().join("proc")).init()?.gpu(0)?;
        // Memory, where there is some: the journal is written some thousand times.
        let folder = if Path::new("/dev/shm").is_dir() { TempDir::new_in("/dev/shm")? } else { TempDir::new()? };
        let mut stage = Self { before: gpu.mig_state()?, machine, gpu, folder };
        stage.reset(transition)?;
        Ok(stage)
    }

    /// Brings the GPU back to where the transition starts.
    fn reset(&mut self, transition: &Transition) -> Outcome {
        for process in self.gpu.processes()? {
            self.machine.remove_process(0, process.pid)?;
        }
        let from: Layout = transition.from.parse()?;
        let plan = self.gpu.plan_with(&from, &PlanOptions::default())?;
        self.gpu.apply(&plan, &self.options().without_journal())?;
        self.before = self.gpu.mig_state()?;
        if let Some(start) = transition.busy {
            let busy =
                self.before.gpu_instances.iter().find(|gi| gi.placement.start == start).ok_or("a busy instance")?;
            let instance = Some((busy.id.0, busy.compute_instances[0].id.0));
            let name = "worker".into();
            let process = Process { pid: 77, name, kind: ProcessKind::Compute, used_memory: Some(1 << 20), instance };
            self.machine.add_process(0, process)?;
            self.before = self.gpu.mig_state()?;
        }
        Ok(())
    }

    fn options(&self) -> ApplyOptions {
        ApplyOptions::new().directory(self.folder.path())
    }

    /// Where the GPU is: `old`, `new`, or in between, which is what must never be.
    fn end(&self, transition: &Transition) -> Outcome<&'static str> {
        let now = self.gpu.mig_state()?;
        let left: Vec<_> = std::fs::read_dir(self.folder.path())?.flatten().map(|entry| entry.file_name()).collect();
        if left.iter().any(|name| name.to_string_lossy().contains("journal")) {
            return Err(format!("a journal is left: {left:?}").into());
        }
        if let Some(start) = transition.busy {
            let find = |state: &MigState| state.gpu_instances.iter().find(|gi| gi.placement.start == start).cloned();
            assert_eq!(find(&now), find(&self.before), "the instance in use");
        }
        if now == self.before {
            return Ok("old");
        }
        let wanted: Layout = transition.to.parse()?;
        if self.gpu.plan(&wanted)?.is_empty() {
            return Ok("new");
        }
        Err(format!("neither {} nor {wanted}, but {now}", self.before).into())
    }
}

fn apply(gpu: &Gpu, to: &str, options: &ApplyOptions) -> gpushare::Result<()> {
    let plan = gpu.plan(&to.parse()?)?;
    gpu.apply(&plan, options).map(drop)
}

/// The driver calls of a transition that nothing disturbs.
fn calls(transition: &Transition) -> Outcome<Vec<String>> {
    let stage = Stage::set(Machine::start()?, transition)?;
    let (done, calls) = stage.machine.trace(|| apply(&stage.gpu, transition.to, &stage.options()))?;
    done?;
    Ok(calls.into_iter().map(|call| call.symbol).collect())
}

#[test]
fn each_call_fails_with_each_code() -> Outcome {
    let mut ends: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for transition in &TRANSITIONS {
        let calls = calls(transition)?;
        let mut stage = Stage::set(Machine::start()?, transition)?;
        for (number, symbol) in calls.iter().enumerate() {
            let codes: &[_] = if is_change(symbol) { &TO_A_CHANGE } else { &TO_A_QUESTION };
            for code in codes {
                let fault: Fault = format!("*#{}={code}", number + 1).parse()?;
                stage.machine.set_faults([fault.clone()])?;
                let done = apply(&stage.gpu, transition.to, &stage.options());
                stage.machine.clear_faults()?;
                let context = || format!("{} -> {}: {symbol}, {fault}: {done:?}", transition.from, transition.to);
                let end = stage.end(transition).map_err(|error| format!("{}: {error}", context()))?;
                let said = match &done {
                    Ok(()) => "new",
                    Err(gpushare::Error::ApplyFailed { restored: Err(_), .. }) => return Err(context().into()),
                    Err(_) => "old",
                };
                assert_eq!(end, said, "{}", context());
                *ends.entry((if is_change(symbol) { "change" } else { "question" }, end)).or_default() += 1;
                stage.reset(transition)?;
            }
        }
    }
    println!("faults by call and by the layout in which the GPU ended: {ends:?}");
    assert!(ends[&("change", "old")] > 100, "{ends:?}");
    Ok(())
}

/// What a child process does until it is killed.
#[test]
#[ignore = "a child process of the test below"]
fn apply_in_a_child() -> Outcome {
    let Some(to) = env::var_os("GPUSHARE_TEST_TO") else { return Ok(()) };
    let folder = env::var_os("GPUSHARE_TEST_FOLDER").ok_or("a folder")?;
    let gpu = Nvml::load()?.gpu(0)?;
    apply(&gpu, &to.to_string_lossy(), &ApplyOptions::new().directory(folder))?;
    Ok(())
}

impl Stage {
    /// Has a process of its own apply a layout under a fault.
    fn apply_elsewhere(&self, to: &str, fault: &str) -> Outcome<std::process::Output> {
        let mut child = Command::new(env::current_exe()?);
        child.args(["--exact", "apply_in_a_child", "--include-ignored", "--quiet"]).envs(self.machine.environment());
        child.env("GPUSHARE_TEST_TO", to).env("GPUSHARE_TEST_FOLDER", self.folder.path());
        Ok(child.env("GPUSHARE_SIM_FAULTS", fault).output()?)
    }
}

#[test]
fn each_call_kills_the_process() -> Outcome {
    let mut ends: BTreeMap<(String, &str), u32> = BTreeMap::new();
    for transition in &TRANSITIONS {
        let calls = calls(transition)?;
        let mut stage = Stage::set(Machine::start_shared()?, transition)?;
        // The child makes a few calls of its own before the plan, so a few more are tried than the plan makes.
        let mut at = 0;
        loop {
            at += 1;
            let symbol = calls.get(at - 1).map_or("", String::as_str);
            let when = if is_change(symbol) && at % 2 == 0 { "done-then:kill" } else { "kill" };
            let output = stage.apply_elsewhere(transition.to, &format!("*#{at}={when}"))?;
            if output.status.success() {
                break;
            }
            assert_eq!(
                output.status.code(),
                None,
                "the child was not killed: {}",
                String::from_utf8_lossy(&output.stdout)
            );
            let recovery = stage.gpu.recover(&stage.options())?;
            assert_eq!(stage.gpu.recover(&stage.options())?, Recovery::Nothing, "a second time");
            let context = format!("{} -> {}, killed at call {at}", transition.from, transition.to);
            let end = stage.end(transition).map_err(|error| format!("{context}: {error}"))?;
            *ends.entry((format!("{recovery:?}"), end)).or_default() += 1;
            stage.reset(transition)?;
        }
        assert!(at >= calls.len(), "{at} of {}", calls.len());
    }
    println!("kills by what recovery did and by the layout in which the GPU ended: {ends:?}");
    assert!(ends[&("RolledBack".to_owned(), "old")] > 20, "{ends:?}");
    Ok(())
}

#[test]
fn what_others_made_before_the_recovery_is_left_to_them() -> Outcome {
    // Killed in the middle of its changes, with one slice free that neither layout needs.
    let transition =
        Transition { from: "3g.20gb@4, 2g.10gb@0, 1g.5gb@2", to: "3g.20gb@4, 1g.5gb@0, 1g.5gb@2", busy: None };
    let stage = Stage::set(Machine::start_shared()?, &transition)?;
    let output = stage.apply_elsewhere(transition.to, "mutation#3=kill")?;
    assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stdout));
    let one = stage.gpu.gpu_instance_profile("1g.5gb")?;
    let foreign = stage.gpu.create_gpu_instance_at(&one, GpuInstancePlacement::new(3, 1))?;
    let inside = foreign.create_default_compute_instance()?;
    assert_eq!(stage.gpu.recover(&stage.options())?, Recovery::RolledBack);
    assert_eq!(foreign.compute_instances()?, [inside], "what others made");
    let mut now = stage.gpu.mig_state()?;
    now.gpu_instances = now.gpu_instances.iter().filter(|instance| instance.id != foreign.id()).cloned().collect();
    assert_eq!(now, stage.before, "what was there before");
    Ok(())
}

#[test]
fn compute_instances_that_others_made_before_the_recovery_are_left_to_them() -> Outcome {
    let transition = Transition { from: "4g.20gb[1c@0]", to: "4g.20gb[1c@0], 3g.20gb", busy: None };
    let stage = Stage::set(Machine::start_shared()?, &transition)?;
    let output = stage.apply_elsewhere(transition.to, "mutation#2=kill")?;
    assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stdout));
    let four = stage.gpu.gpu_instances()?.into_iter().find(|gi| gi.placement().start == 0).ok_or("the 4g")?;
    let one = four.compute_instance_profile("1c.4g.20gb")?;
    let foreign = four.create_compute_instance_at(&one, ComputeInstancePlacement::new(2, 1))?;
    assert_eq!(stage.gpu.recover(&stage.options())?, Recovery::RolledBack);
    assert_eq!(four.compute_instances()?.last(), Some(&foreign), "what others made");
    assert_eq!(stage.gpu.layout()?.to_string(), "4g.20gb@0[#0@0,#0@2]");
    Ok(())
}

impl Stage {
    /// Destroys the compute instances with these ids in the GPU instance at slice 0, so that ids above them have free ones below.
    fn make_gaps(&mut self, ids: &[u32]) -> Outcome {
        let holder = self.gpu.gpu_instances()?.into_iter().find(|gi| gi.placement().start == 0).ok_or("one at 0")?;
        for inside in holder.compute_instances()?.into_iter().filter(|inside| ids.contains(&inside.id().0)) {
            inside.destroy()?;
        }
        self.before = self.gpu.mig_state()?;
        Ok(())
    }
}

#[test]
fn compute_instances_get_their_ids_back_also_where_lower_ones_are_free() -> Outcome {
    for (from, gaps) in
        [("4g.20gb[4x1c]@0", vec![0]), ("4g.20gb[4x1c]@0", vec![0, 2]), ("4g.20gb[4x1c]@0", vec![0, 1, 2])]
    {
        let transition = Transition { from, to: "4g.20gb[2x2c], 3g.20gb", busy: None };
        let mut stage = Stage::set(Machine::start()?, &transition)?;
        stage.make_gaps(&gaps)?;
        let mutations = stage.gpu.plan(&transition.to.parse()?)?.mutations();
        for at in 1..=mutations {
            stage.machine.set_faults([format!("mutation#{at}=UNKNOWN").parse()?])?;
            let failed = apply(&stage.gpu, transition.to, &stage.options()).unwrap_err();
            stage.machine.clear_faults()?;
            assert!(matches!(failed, gpushare::Error::ApplyFailed { restored: Ok(()), .. }), "{failed}");
            assert_eq!(stage.end(&transition)?, "old", "{from} without {gaps:?}, change {at}");
        }
    }
    Ok(())
}

#[test]
fn a_kill_while_ids_are_given_back_is_recovered_from_as_well() -> Outcome {
    let transition = Transition { from: "4g.20gb[4x1c]@0", to: "4g.20gb[2x2c], 3g.20gb", busy: None };
    let mut stage = Stage::set(Machine::start_shared()?, &transition)?;
    stage.make_gaps(&[0, 1])?;
    let last = stage.gpu.plan(&transition.to.parse()?)?.mutations();
    let mut killed = 0;
    for at in last + 1.. {
        let output = stage.apply_elsewhere(transition.to, &format!("mutation#{last}=UNKNOWN; mutation#{at}=kill"))?;
        if output.status.code().is_some() {
            break;
        }
        killed += 1;
        stage.gpu.recover(&stage.options())?;
        assert_eq!(stage.end(&transition)?, "old", "killed at change {at}");
    }
    assert_eq!(stage.end(&transition)?, "old");
    // Four to take the change back, and more than as many for the ids.
    assert!(killed > 10, "{killed}");
    Ok(())
}

#[test]
fn ids_come_back_where_there_is_no_room_to_spare_and_where_the_first_slice_is_the_last_id() -> Outcome {
    // What is made as (slices, start), which of it is destroyed, and what is made then.
    let full: (&[_], &[u32], &[_]) = (&[(1, 0), (1, 1), (1, 2), (1, 3)], &[0, 1], &[(2, 0)]);
    let backwards: (&[_], &[u32], &[_]) = (&[(1, 1), (1, 0)], &[0], &[]);
    for (made, destroyed, then) in [full, backwards] {
        let transition = Transition { from: "4g.20gb[]@0", to: "3g.20gb", busy: None };
        let mut stage = Stage::set(Machine::start()?, &transition)?;
        let four = stage.gpu.gpu_instances()?.remove(0);
        let make = |(slices, start)| {
            let profile = four.compute_instance_profile(&format!("{slices}c.4g.20gb"))?;
            four.create_compute_instance_at(&profile, ComputeInstancePlacement::new(start, slices))
        };
        made.iter().try_for_each(|one| make(*one).map(drop))?;
        stage.make_gaps(destroyed)?;
        then.iter().try_for_each(|one| make(*one).map(drop))?;
        stage.before = stage.gpu.mig_state()?;
        let last = stage.gpu.plan(&transition.to.parse()?)?.mutations();
        stage.machine.set_faults([format!("mutation#{last}=UNKNOWN").parse()?])?;
        let failed = apply(&stage.gpu, transition.to, &stage.options()).unwrap_err();
        stage.machine.clear_faults()?;
        assert_eq!(stage.end(&transition)?, "old", "{failed}");
    }
    Ok(())
}
