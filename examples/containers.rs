//! What containers and schedulers need to hand out the GPUs and MIG devices of a node, written to a folder: a CDI specification for
//! container runtimes, the lines for Slurm, and the rules for control groups.
//!
//! `containers FOLDER` does it for a simulated node; `containers --driver FOLDER` for this one.
//!
//! What can go wrong is told before it is written:
//!
//! - A node with nothing to hand out has no specification: MIG is enabled everywhere, and there is no MIG device.
//! - What is written holds until the layout changes. Write it anew after each change, and restart Slurm's daemons.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use gpushare::{ApplyOptions, CdiOptions, Nvml, SlurmOptions};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Writes a file so that whoever looks at the folder sees it whole or not at all.
fn write(folder: &Path, name: &str, content: &str) -> Outcome {
    let (next, file) = (folder.join(format!(".{name}.next")), folder.join(name));
    fs::write(&next, content)?;
    fs::rename(next, &file)?;
    println!("{}", file.display());
    Ok(())
}

fn hand_out(nvml: &Nvml, folder: &Path) -> Outcome {
    // Asked once: all of what follows is made of it.
    let files = nvml.device_files()?;
    let spec = files.cdi_spec(&CdiOptions::new())?;
    let gres = files.slurm_gres(&SlurmOptions::new())?;
    fs::create_dir_all(folder)?;
    // podman run --device nvidia.com/gpu=0:1, once it is in /etc/cdi.
    write(folder, "nvidia.yaml", &spec.to_string())?;
    write(folder, "gres.conf", &gres.to_string())?;
    println!("slurm.conf: {}, and for the node {}", gres.gres_types(), gres.node_gres());
    for gpu in &files.gpus {
        for device in &gpu.mig_devices {
            let nodes = [&gpu.node, &device.gpu_instance, &device.compute_instance];
            let rules: Vec<_> = nodes.iter().map(|node| node.cgroup_rule()).collect();
            println!("MIG {:<10} {}:{}  {}", device.name, gpu.index, device.index, rules.join(", "));
        }
    }
    Ok(())
}

/// A node of two GPUs, one of them divided.
fn simulated() -> Outcome<(Machine, Nvml)> {
    let machine = Machine::from_spec("2xA100-SXM4-40GB")?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let journal = tempfile::tempdir()?;
    let options = ApplyOptions::new().directory(journal.path());
    nvml.gpu(0)?.apply_layout(&"4g.20gb, 2g.10gb[1c,1c], 1g.5gb".parse()?, &options)?;
    Ok((machine, nvml))
}

fn main() -> Outcome {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [driver, folder] if driver == "--driver" => hand_out(&Nvml::load()?, &PathBuf::from(folder)),
        [folder] if folder != "--driver" => {
            let (_machine, nvml) = simulated()?;
            hand_out(&nvml, &PathBuf::from(folder))
        }
        _ => Err("usage: containers [--driver] FOLDER".into()),
    }
}
