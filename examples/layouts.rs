//! Layouts: what you want, the plan, what cannot be, and a crash in the middle that is repaired.

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::process::Command;

use gpushare::{ApplyOptions, Gpu, Layout, Nvml};
use gpushare_examples::drawing;
use gpushare_examples::report::{failure, heading, lines, note};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Makes this program the one that crashes, with the folder of the journal.
const CRASHING: &str = "GPUSHARE_EXAMPLE_FOLDER";

fn main() -> Outcome {
    if let Some(folder) = env::var_os(CRASHING) {
        let gpu = Nvml::load()?.gpu(0)?;
        gpu.apply_layout(&"7x1g.5gb".parse()?, &ApplyOptions::new().directory(folder))?;
        return Ok(());
    }
    // Its state is shared, so that the process that crashes works on the same GPUs.
    let machine = Machine::start_shared()?;
    let gpu = Nvml::builder().library(machine.library()?).root(machine.root()).init()?.gpu(0)?;
    let folder = tempfile::tempdir()?;
    let options = ApplyOptions::new().directory(folder.path());

    heading("What is wanted", "");
    let wanted: Layout = "4g.20gb[2x1c,2c], 2g.10gb, 1g.5gb".parse()?;
    note(format_args!("{wanted}"));

    heading("The plan, before anything is done", "");
    let plan = gpu.plan(&wanted)?;
    lines(&plan.to_string());

    heading("Applied", "");
    for device in gpu.apply(&plan, &options)?.made {
        note(format_args!("{:<11} {}", device.name()?, device.uuid()));
    }
    drawing::print(&gpu)?;

    heading("A small change touches nothing else", "");
    let plan = gpu.plan(&"4g.20gb[2x1c,2c], 1g.5gb@6, 2x1g.5gb".parse()?)?;
    lines(&plan.to_string());
    gpu.apply(&plan, &options)?;

    heading("What cannot be is refused with the reason, before the driver is asked", "");
    for layout in ["2x4g.20gb", "3g.20gb, 3g.20gb, 1g.5gb", "4g.20gb, 1g.5gb@2", "2g.10gb[3x1c]"] {
        failure(gpu.plan(&layout.parse()?))?;
    }

    heading("A process that dies in the middle", "kill -9");
    let before = gpu.layout()?;
    crash(&machine, &gpu, &options)?;
    note(format_args!("left behind:      {}", gpu.layout()?));
    note(format_args!("recovery says:    {:?}", gpu.recover(&options)?));
    note(format_args!("and there is now: {}", gpu.layout()?));
    if gpu.layout()? != before {
        return Err(format!("the layout before was {before}").into());
    }
    Ok(())
}

/// Starts this program again, to be killed at the tenth change that it makes.
fn crash(machine: &Machine, gpu: &Gpu, options: &ApplyOptions) -> Outcome {
    note(format_args!("there is:         {}", gpu.layout()?));
    let mut child = Command::new(env::current_exe()?);
    child.envs(machine.environment()).env(CRASHING, &options.directory).env("GPUSHARE_SIM_FAULTS", "mutation#10=kill");
    let status = child.status()?;
    note(format_args!("the process:      {status}"));
    if status.success() { Err("it should have been killed".into()) } else { Ok(()) }
}
