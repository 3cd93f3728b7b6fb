//! One observer for a node: what is free, who runs where, and what changed since the last look.

#![forbid(unsafe_code)]

use std::error::Error;

use gpushare::{ApplyOptions, CUDA_VISIBLE_DEVICES, Nvml, Snapshot};
use gpushare_examples::report::{heading, lines, note};
use gpushare_sim::Machine;
use gpushare_sim::engine::{Process, ProcessKind};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let machine = Machine::from_spec("2xA100-SXM4-40GB")?;
    // The kernel knows nothing of the simulated programs, and may have others of their ids.
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).procfs(machine.root()).init()?;
    let observer = nvml.observer()?;
    let journal = tempfile::tempdir()?;
    let options = ApplyOptions::new().directory(journal.path());

    heading("A node with one divided GPU", "");
    nvml.gpu(0)?.apply_layout(&"3g.20gb, 2g.10gb[2x1c], 1g.5gb[]".parse()?, &options)?;
    let before = observer.snapshot()?;
    lines(&before.to_string());

    heading("Two programs begin", "");
    let [first, second] = [0, 2].map(|at| &before.gpus[0].mig_devices[at]);
    for (pid, device) in [(4711, first), (4712, second)] {
        let instance = Some((device.gpu_instance.0, device.compute_instance.0));
        let (kind, used_memory) = (ProcessKind::Compute, Some(1 << 30));
        machine.add_process(0, Process { pid, name: "trainer".into(), kind, used_memory, instance })?;
        note(format_args!("{CUDA_VISIBLE_DEVICES}={} ./trainer", device.uuid));
    }
    let busy = observer.snapshot()?;
    changes(&before, &busy);

    heading("A device that nobody uses", "");
    let free = busy.gpus[0].mig_devices.iter().find(|device| busy.gpus[0].processes_on(device).next().is_none());
    let free = free.ok_or("one of three is free")?;
    note(format_args!("{} {}", free.name, free.uuid));

    heading("What a program would see, by the snapshot alone", "");
    let value = format!("0:{}/{}", second.gpu_instance, second.compute_instance);
    let seen = busy.visible_node().resolve(Some(&value), &nvml.cuda_rules()?)?;
    note(format_args!("{CUDA_VISIBLE_DEVICES}={value} is {}", seen.devices[0].uuid()));

    heading("The instance in which nothing can run gives way", "");
    nvml.gpu(0)?.apply_layout(&nvml.gpu(0)?.mig_state()?.without_orphans()?, &options)?;
    changes(&busy, &observer.snapshot()?);
    Ok(())
}

fn changes(before: &Snapshot, after: &Snapshot) {
    for change in before.changes_to(after) {
        lines(&change.to_string());
    }
}
