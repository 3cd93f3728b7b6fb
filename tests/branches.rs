//! The safe layer on every branch of the driver: what each version lacks is made up for, or fails alone.
//!
//! Needs the libraries that `make sim` builds.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::error::Error;

use gpushare::{Bytes, ErrorKind, GpuInstancePlacement, Nvml, ProcessKinds};
use gpushare_sim::catalog::Branch;
use gpushare_sim::engine::{Process, ProcessKind};
use gpushare_sim::{Machine, MachineConfig};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn each_branch(spec: &str, check: impl Fn(&'static Branch, &Machine, &Nvml) -> Outcome) -> Outcome {
    for branch in Branch::all() {
        let machine = Machine::with_config(&spec.parse::<MachineConfig>()?.under(branch.number)?)?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
        check(branch, &machine, &nvml).map_err(|error| format!("branch {}: {error}", branch.number))?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn a_gpu_is_split_and_made_whole_again() -> Outcome {
    each_branch("2xA100-SXM4-40GB", |branch, machine, nvml| {
        assert_eq!(nvml.driver_version()?, branch.driver_version);
        let gpu = nvml.gpu(0)?;
        gpu.set_mig_mode(true)?;
        let profiles = gpu.gpu_instance_profiles()?;
        let names: Vec<_> = profiles.iter().map(|profile| profile.name.to_string()).collect();
        let mut expected = vec!["1g.5gb", "1g.5gb+me", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"];
        if branch.number == 470 {
            expected.retain(|name| *name != "1g.10gb");
        }
        assert_eq!(BTreeSet::from_iter(names.iter().map(String::as_str)), BTreeSet::from_iter(expected));

        let four = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
        let two = gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("2g.10gb")?, GpuInstancePlacement::new(4, 2))?;
        assert_eq!(four.placement(), GpuInstancePlacement::new(0, 4));
        assert_eq!(gpu.remaining_capacity(&gpu.gpu_instance_profile("1g.5gb")?)?, 1);
        four.create_default_compute_instance()?;
        let half = two.compute_instance_profile("1c.2g.10gb")?;
        two.create_compute_instance(&half)?;
        two.create_compute_instance(&half)?;
        assert_eq!(two.remaining_compute_capacity(&half)?, 0);

        let devices = gpu.mig_devices()?;
        assert_eq!(devices.len(), 3);
        for device in &devices {
            assert_eq!(nvml.mig_device(device.uuid())?, *device);
            assert!(device.memory()?.total > Bytes(0));
            assert!(device.processes()?.is_empty());
        }
        assert_eq!(gpu.gpu_instances()?.len(), 2);

        let error = gpu.create_gpu_instance(&gpu.gpu_instance_profile("3g.20gb")?).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InsufficientResources);
        for gi in gpu.gpu_instances()? {
            for ci in gi.compute_instances()? {
                ci.destroy()?;
            }
            gi.destroy()?;
        }
        gpu.set_mig_mode(false)?;
        assert_eq!(machine.state()?.gpus()[0].all_gpu_instances().count(), 0);
        assert!(!gpu.mig_mode()?.current);
        Ok(())
    })
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn processes_are_found_on_their_mig_device() -> Outcome {
    each_branch("1xA100-SXM4-40GB", |_, machine, nvml| {
        let gpu = nvml.gpu(0)?;
        gpu.set_mig_mode(true)?;
        for profile in ["2g.10gb", "1g.5gb", "3g.20gb"] {
            gpu.create_gpu_instance(&gpu.gpu_instance_profile(profile)?)?.create_default_compute_instance()?;
        }
        let mut expected = Vec::new();
        for (device, pid) in gpu.mig_devices()?.iter().zip(4_200_001..) {
            let at = (device.gpu_instance_id(), device.compute_instance_id());
            let (name, kind, instance) = ("worker".into(), ProcessKind::MpsClient, Some((at.0.0, at.1.0)));
            machine.add_process(0, Process { pid, name, kind, used_memory: Some(1 << 20), instance })?;
            let [process] = &device.processes()?[..] else { return Err("one process on each".into()) };
            assert_eq!(process.kinds, ProcessKinds::COMPUTE | ProcessKinds::MPS_CLIENT);
            assert_eq!((process.pid, process.gpu_instance, process.compute_instance), (pid, Some(at.0), Some(at.1)));
            expected.push(process.clone());
        }
        assert_eq!(expected.len(), 3);
        assert_eq!(gpu.processes()?, expected);
        assert_eq!(nvml.snapshot()?.gpus[0].processes, expected);
        Ok(())
    })
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn the_oldest_branch_refuses_three_slices_beside_four() -> Outcome {
    each_branch("1xA100-SXM4-40GB", |branch, _, nvml| {
        let gpu = nvml.gpu(0)?;
        gpu.set_mig_mode(true)?;
        gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
        for capacity in &*nvml.snapshot()?.gpus[0].capacity {
            let told = gpu.remaining_capacity(&gpu.gpu_instance_profile(&capacity.profile)?)?;
            assert_eq!(capacity.free, told, "{}", capacity.profile);
        }
        let second = gpu.create_gpu_instance(&gpu.gpu_instance_profile("3g.20gb")?);
        let refused = second.err().map(|error| error.kind());
        assert_eq!(refused, (branch.number == 470).then_some(ErrorKind::InsufficientResources));
        Ok(())
    })
}
