//! A handle whose thing is gone, or is no longer the same, says so on every use and never answers for another thing.

#![forbid(unsafe_code)]

use std::error::Error;

use gpushare::{ComputeInstance, ErrorKind, Gpu, GpuInstance, GpuInstancePlacement, MigDevice, Nvml};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn start() -> Outcome<(Machine, Nvml, Gpu)> {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let gpu = nvml.gpu(0)?;
    gpu.set_mig_mode(true)?;
    Ok((machine, nvml, gpu))
}

/// A GPU instance of `profile` at 0:2, with one compute instance in it, and all three handles.
fn occupy(gpu: &Gpu, profile: &str) -> Outcome<(GpuInstance, ComputeInstance, MigDevice)> {
    let at = GpuInstancePlacement::new(0, 2);
    let gi = gpu.create_gpu_instance_at(&gpu.gpu_instance_profile(profile)?, at)?;
    let ci = gi.create_default_compute_instance()?;
    let device = ci.mig_device()?;
    Ok((gi, ci, device))
}

fn clear(gpu: &Gpu) -> Outcome {
    for gi in gpu.gpu_instances()? {
        for ci in gi.compute_instances()? {
            ci.destroy()?;
        }
        gi.destroy()?;
    }
    Ok(())
}

fn is_stale<T>(outcome: gpushare::Result<T>, what: &str) {
    match outcome {
        Ok(_) => panic!("{what} answered"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Stale, "{what}: {error}"),
    }
}

/// Every use of the three handles that asks the driver.
fn all_are_stale((gi, ci, device): &(GpuInstance, ComputeInstance, MigDevice)) {
    is_stale(gi.compute_instances(), "compute_instances");
    is_stale(gi.compute_instance(ci.id()), "compute_instance");
    is_stale(gi.remaining_compute_capacity(ci.profile()), "remaining_compute_capacity");
    is_stale(gi.possible_compute_placements(ci.profile()), "possible_compute_placements");
    is_stale(gi.create_compute_instance(ci.profile()), "create_compute_instance");
    is_stale(gi.create_compute_instance_at(ci.profile(), ci.placement()), "create_compute_instance_at");
    is_stale(ci.mig_device(), "mig_device");
    is_stale(device.memory(), "memory");
    is_stale(device.bar1_memory(), "bar1_memory");
    is_stale(device.index(), "index");
    is_stale(device.name(), "name");
    is_stale(device.gpu_instance(), "gpu_instance");
    is_stale(device.compute_instance(), "compute_instance of the device");
    for (what, failed) in [
        ("destroy of the compute instance", ci.clone().destroy().map_err(|failed| failed.error)),
        ("destroy of the GPU instance", gi.clone().destroy().map_err(|failed| failed.error)),
    ] {
        is_stale(failed, what);
    }
}

#[test]
fn destroyed_elsewhere() -> Outcome {
    let (machine, _nvml, gpu) = start()?;
    let handles = occupy(&gpu, "2g.10gb")?;
    handles.0.compute_instance_profiles()?;
    // Another user of the same driver.
    let other = Nvml::builder().library(machine.library()?).init()?;
    clear(&other.gpu(0)?)?;
    all_are_stale(&handles);
    Ok(())
}

#[test]
fn a_compute_instance_alone_destroyed_elsewhere() -> Outcome {
    let (_machine, _nvml, gpu) = start()?;
    let (gi, ci, device) = occupy(&gpu, "2g.10gb")?;
    gi.compute_instance(ci.id())?.destroy()?;
    is_stale(ci.mig_device(), "mig_device");
    is_stale(device.memory(), "memory");
    assert!(gi.compute_instances()?.is_empty());
    // The same slices under the same id, divided otherwise.
    gi.create_compute_instance(&gi.compute_instance_profile("1c.2g.10gb")?)?;
    is_stale(ci.clone().destroy().map_err(|failed| failed.error), "destroy");
    is_stale(device.memory(), "memory");
    assert_eq!(gi.compute_instances()?.len(), 1);
    Ok(())
}

#[test]
fn recreated_with_another_profile_under_the_same_id() -> Outcome {
    let (_machine, _nvml, gpu) = start()?;
    let old = occupy(&gpu, "2g.10gb")?;
    clear(&gpu)?;
    let new = occupy(&gpu, "1g.10gb")?;
    assert_eq!(old.0.id(), new.0.id());
    assert_eq!(old.2.uuid(), new.2.uuid(), "the UUID follows the place");
    all_are_stale(&old);
    assert_eq!(gpu.gpu_instances()?, std::slice::from_ref(&new.0), "the new instance lives");
    assert_eq!(new.2.memory()?.total.to_mib(), new.0.profile().memory);
    Ok(())
}

#[test]
fn recreated_the_same_is_the_same() -> Outcome {
    let (_machine, _nvml, gpu) = start()?;
    let old = occupy(&gpu, "2g.10gb")?;
    clear(&gpu)?;
    let new = occupy(&gpu, "2g.10gb")?;
    assert_eq!((&old.0, &old.1, &old.2), (&new.0, &new.1, &new.2));
    assert_eq!(old.2.memory()?, new.2.memory()?);
    Ok(())
}

/// What a handle's user sees where others destroy the instance and make one like it, both during a single call.
#[test]
fn recreated_the_same_during_the_call() -> Outcome {
    let (machine, _nvml, gpu) = start()?;
    let (gi, ci, device) = occupy(&gpu, "2g.10gb")?;
    gi.compute_instances()?;
    let refused_once =
        |call: &str, code: &str| -> Outcome { Ok(machine.set_faults([format!("{call}#1={code}").parse()?])?) };
    for code in ["INVALID_ARGUMENT", "NOT_SUPPORTED"] {
        refused_once("nvmlGpuInstanceCreateComputeInstance", code)?;
        is_stale(gi.create_compute_instance(ci.profile()), "create_compute_instance");
        refused_once("nvmlGpuInstanceCreateComputeInstanceWithPlacement", code)?;
        is_stale(gi.create_compute_instance_at(ci.profile(), ci.placement()), "create_compute_instance_at");
        refused_once("nvmlGpuInstanceGetComputeInstances", code)?;
        is_stale(gi.compute_instances(), "compute_instances");
    }
    refused_once("nvmlGpuInstanceGetComputeInstanceRemainingCapacity", "INVALID_ARGUMENT")?;
    is_stale(gi.remaining_compute_capacity(ci.profile()), "remaining_compute_capacity");
    refused_once("nvmlDeviceGetBAR1MemoryInfo", "INVALID_ARGUMENT")?;
    is_stale(device.bar1_memory(), "bar1_memory");
    refused_once("nvmlComputeInstanceDestroy", "INVALID_ARGUMENT")?;
    is_stale(ci.clone().destroy().map_err(|failed| failed.error), "destroy of the compute instance");
    ci.destroy()?;
    refused_once("nvmlGpuInstanceDestroy", "INVALID_ARGUMENT")?;
    is_stale(gi.clone().destroy().map_err(|failed| failed.error), "destroy of the GPU instance");
    // A list that the instance's end cuts short is not taken for the whole.
    let other = gpu.gpu_instance(gi.id())?;
    machine.set_faults(["nvmlGpuInstanceGetComputeInstanceProfileInfoV#2=INVALID_ARGUMENT".parse()?])?;
    assert_eq!(other.compute_instance_profiles()?, gi.compute_instance_profiles()?);
    Ok(())
}

#[test]
fn mig_switched_off_and_on() -> Outcome {
    let (machine, _nvml, gpu) = start()?;
    let handles = occupy(&gpu, "2g.10gb")?;
    // What a reboot does to an A100: the mode stays, the instances go.
    machine.reboot()?;
    assert!(gpu.mig_mode()?.current);
    all_are_stale(&handles);
    let handles = occupy(&gpu, "2g.10gb")?;
    clear(&gpu)?;
    gpu.set_mig_mode(false)?;
    all_are_stale(&handles);
    gpu.set_mig_mode(true)?;
    all_are_stale(&handles);
    Ok(())
}

#[test]
fn closed_and_initialised_again() -> Outcome {
    let (machine, nvml, gpu) = start()?;
    let handles = occupy(&gpu, "2g.10gb")?;
    nvml.close()?;
    nvml.close()?;
    let again = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    assert_eq!(again.gpu(0)?.gpu_instances()?.len(), 1, "closing changes nothing on the machine");
    all_are_stale(&handles);
    is_stale(nvml.gpus(), "gpus");
    is_stale(nvml.driver_version(), "driver_version");
    is_stale(gpu.memory(), "memory of the GPU");
    is_stale(gpu.mig_mode(), "mig_mode");
    is_stale(gpu.set_mig_mode(false), "set_mig_mode");
    is_stale(gpu.gpu_instances(), "gpu_instances");
    is_stale(gpu.mig_devices(), "mig_devices");
    assert_eq!(gpu.name(), "NVIDIA A100-SXM4-40GB", "what the handle knows it still says");
    Ok(())
}

#[test]
fn shut_down_by_somebody_else_is_told_apart() -> Outcome {
    let (machine, _nvml, gpu) = start()?;
    let other = machine.library()?;
    gpushare_tests::shut_down(&other);
    assert_eq!(gpu.memory().unwrap_err().kind(), ErrorKind::Uninitialized);
    Ok(())
}
