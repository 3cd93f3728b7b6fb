//! What another process changed is in the next snapshot, whether or not the driver tells of changes.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use gpushare::{Gpu, GpuSnapshot, Layout, Nvml, Observer, Snapshot};
use gpushare_sim::{Fault, Machine, MachineConfig};

use crate::stage::{Node, Numbers, Outcome, change, divide};

const TRIALS: usize = 10_000;
/// Where the changing process is told which it is.
const ROLE: &str = "GPUSHARE_TEST_CHANGES_GPUS";

/// The process that changes GPUs: for each line, one change, and what the driver says of the GPUs then.
#[test]
#[ignore = "a part of the tests below"]
fn changer() -> Outcome {
    if env::var_os(ROLE).is_none() {
        return Ok(());
    }
    let nvml = Nvml::load()?;
    let gpus = nvml.gpus()?;
    for line in std::io::stdin().lines() {
        let mut numbers = Numbers(line?.parse()?);
        for _ in 0..=numbers.below(3) {
            // A change may be refused: a half-divided GPU cannot be disabled.
            let _ = change(&gpus[numbers.below(gpus.len())], &mut numbers);
        }
        println!("done");
    }
    Ok(())
}

struct Changer {
    child: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Changer {
    fn start(machine: &Machine) -> Outcome<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["--exact", "freshness::changer", "--ignored", "--nocapture"]).env(ROLE, "1");
        let mut child = command.envs(machine.environment()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("its input")?;
        let output = BufReader::new(child.stdout.take().ok_or("its output")?);
        Ok(Self { child, input, output })
    }

    fn change(&mut self, seed: usize) -> Outcome {
        writeln!(self.input, "{seed}")?;
        let mut line = String::new();
        // The test harness of the child says a word or two before.
        while !line.trim_end().ends_with("done") {
            line.clear();
            if self.output.read_line(&mut line)? == 0 {
                return Err("the changing process ended".into());
            }
        }
        Ok(())
    }
}

impl Drop for Changer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How each GPU is divided, asked of the driver as if nothing were known.
fn asked(gpus: &[Gpu]) -> Outcome<Vec<String>> {
    gpus.iter().map(|gpu| Ok(gpu.layout()?.to_string())).collect()
}

fn seen(snapshot: &Snapshot) -> Outcome<Vec<String>> {
    let layout = |gpu: &GpuSnapshot| -> Outcome<String> {
        assert_eq!(gpu.unknown, []);
        Ok(gpu.layout().ok_or("a layout")?.to_string())
    };
    snapshot.gpus.iter().map(layout).collect()
}

fn remembered(observer: &Observer) -> Outcome<Vec<String>> {
    let layout = |(_, layout): (_, Option<Layout>)| Ok(layout.ok_or("a layout")?.to_string());
    observer.layouts()?.into_iter().map(layout).collect()
}

/// Each trial is one to three changes by another process, sometimes one by this one too, and a snapshot or its layouts.
fn nothing_is_stale(faults: &str) -> Outcome {
    let Node { machine, nvml, .. } =
        &Node::with(Machine::with_config_shared(&"2xA100-SXM4-40GB".parse::<MachineConfig>()?)?)?;
    machine.set_faults(Fault::list(faults)?)?;
    divide(&nvml.gpu(0)?, "3g.20gb, 2g.10gb[2x1c]")?;
    let own = nvml.gpus()?;
    let observer = nvml.observer()?;
    let mut changer = Changer::start(machine)?;
    let mut numbers = Numbers(11);
    let (mut before, mut changes) = (asked(&own)?, 0);
    for trial in 0..TRIALS {
        changer.change(trial)?;
        if numbers.below(4) == 0 {
            // It may be refused, as those of the other process.
            let _ = change(&own[numbers.below(own.len())], &mut numbers);
        }
        let found = if numbers.below(4) == 0 { remembered(&observer)? } else { seen(&observer.snapshot()?)? };
        let now = asked(&own)?;
        assert_eq!(found, now, "trial {trial}");
        changes += usize::from(now != before);
        before = now;
    }
    assert!(changes > TRIALS / 2, "only {changes} trials changed anything");
    Ok(())
}

#[test]
fn another_process_changes_gpus_and_the_driver_tells() -> Outcome {
    nothing_is_stale("")
}

#[test]
fn another_process_changes_gpus_and_the_driver_has_no_events() -> Outcome {
    nothing_is_stale("nvmlEventSetCreate#1+=NOT_SUPPORTED")
}

#[test]
fn own_changes_are_seen_before_the_driver_tells_of_them() -> Outcome {
    let Node { machine, nvml, .. } = &Node::of("2xA100-SXM4-40GB")?;
    let own = nvml.gpus()?;
    divide(&own[0], "3g.20gb, 2g.10gb[2x1c]")?;
    let observer = nvml.observer()?;
    observer.snapshot()?;
    machine.set_faults(Fault::list("nvmlEventSetWait*#1+=TIMEOUT")?)?;
    let mut numbers = Numbers(5);
    for _ in 0..100 {
        let gpu = nvml.gpu(numbers.below(2) as u32)?;
        let _ = change(&gpu, &mut numbers);
        assert_eq!(seen(&observer.snapshot()?)?, asked(&own)?);
    }
    Ok(())
}
