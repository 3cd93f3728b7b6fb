//! gpushare and nvidia-smi say the same of the GPU.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use gpushare::ErrorKind;

use crate::stage::{Outcome, real_gpu};

fn nvidia_smi(arguments: &[&str]) -> Outcome<String> {
    let output = Command::new("nvidia-smi").args(arguments).output()?;
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn identity_and_modes() -> Outcome {
    let (nvml, gpu) = real_gpu()?;
    let asked = "driver_version,name,uuid,pci.bus_id,memory.total,compute_mode,mig.mode.current,mig.mode.pending";
    let told = nvidia_smi(&["-i", "0", &format!("--query-gpu={asked}"), "--format=csv,noheader,nounits"])?;
    let mode = gpu.mig_mode()?;
    let word = |enabled| if enabled { "Enabled" } else { "Disabled" };
    let compute_mode = match gpu.compute_mode()? {
        gpushare::ComputeMode::DEFAULT => "Default",
        gpushare::ComputeMode::PROHIBITED => "Prohibited",
        _ => "Exclusive_Process",
    };
    let ours = [
        nvml.driver_version()?,
        gpu.name().to_owned(),
        gpu.uuid().to_string(),
        gpu.pci_address()?.to_string(),
        gpu.memory()?.total.to_mib().0.to_string(),
        compute_mode.to_owned(),
        word(mode.current).to_owned(),
        word(mode.pending).to_owned(),
    ];
    assert_eq!(ours.join(", ").to_lowercase(), told.trim().to_lowercase());
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn profiles_capacity_and_placements() -> Outcome {
    let (_nvml, gpu) = real_gpu()?;
    let table = nvidia_smi(&["mig", "-i", "0", "-lgip"])?;
    // `|   0  MIG 1g.18gb         19     7/7        16.00      No     16     1     0   |`
    let mut told: Vec<_> = table
        .lines()
        .filter_map(|line| {
            let words: Vec<_> = line.split_once("MIG ")?.1.split_whitespace().collect();
            Some(format!("{} {} {} {} SMs", words[0], words[1], words[2], words[5]))
        })
        .collect();
    let mut ours = Vec::new();
    let mut places = Vec::new();
    for profile in gpu.gpu_instance_profiles()?.iter() {
        let free = gpu.remaining_capacity(profile)?;
        let counts = format!("{free}/{}", profile.max_instances);
        ours.push(format!("{} {} {counts} {} SMs", profile.name, profile.id, profile.multiprocessor_count));
        let placements = gpu.possible_placements(profile)?;
        let mut starts: Vec<_> = placements.iter().map(|place| place.start).collect();
        starts.sort_unstable();
        let starts: Vec<_> = starts.iter().map(u32::to_string).collect();
        places.push(format!("{} {{{}}}:{}", profile.id, starts.join(","), placements[0].size));
    }
    told.sort();
    ours.sort();
    assert_eq!(ours, told);
    // `GPU  0 Profile ID 19 Placements: {0,1,2,3,4,5,6}:1`
    let list = nvidia_smi(&["mig", "-i", "0", "-lgipp"])?;
    let mut told: Vec<_> = list
        .lines()
        .filter_map(|line| {
            let (id, rest) = line.split_once("Profile ID")?.1.split_once("Placement")?;
            Some(format!("{} {}", id.trim(), rest.trim_start_matches(['s', ' ', ':']).trim_end()))
        })
        .collect();
    told.sort();
    places.sort();
    assert_eq!(places, told);
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn a_gpu_without_mig_has_no_instances() -> Outcome {
    let (nvml, gpu) = real_gpu()?;
    if gpu.mig_mode()?.current {
        return Ok(());
    }
    assert!(gpu.gpu_instances()?.is_empty() && gpu.mig_devices()?.is_empty());
    let nobody = nvml.mig_device(&"MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd".parse()?);
    assert_eq!(nobody.map_err(|error| error.kind()).err(), Some(ErrorKind::NotFound));
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn a_snapshot_is_what_the_getters_say() -> Outcome {
    let (nvml, gpu) = real_gpu()?;
    let observer = nvml.observer()?;
    for _ in 0..2 {
        let snapshot = observer.snapshot()?;
        let seen = snapshot.gpu(gpu.uuid()).ok_or("the GPU")?;
        assert_eq!(seen.unknown, []);
        assert_eq!(seen.mig_enabled, Some(gpu.mig_mode()?.current));
        assert_eq!(seen.compute_mode, Some(gpu.compute_mode()?));
        assert_eq!((seen.minor_number, seen.pci_address), (Some(gpu.minor_number()?), Some(gpu.pci_address()?)));
        assert_eq!(seen.memory.map(|memory| memory.total), Some(gpu.memory()?.total));
        assert_eq!(seen.processes.len(), gpu.processes()?.len());
    }
    let seen: Vec<_> = observer.layouts()?.into_iter().map(|(_, layout)| layout).collect();
    assert_eq!(seen, nvml.gpus()?.iter().map(|gpu| gpu.layout().ok()).collect::<Vec<_>>());
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn device_nodes_are_those_of_the_machine() -> Outcome {
    let (nvml, _) = real_gpu()?;
    let files = nvml.device_files()?;
    for node in files.nodes() {
        // A container may have been given some of them.
        let Ok(found) = fs::metadata(&node.path) else { continue };
        let (major, minor) = (rustix::fs::major(found.rdev()), rustix::fs::minor(found.rdev()));
        assert_eq!((node.major, node.minor), (major, minor), "{}", node.path.display());
    }
    assert!(files.gpus.iter().all(|gpu| gpu.node.path.exists()));
    Ok(())
}
