//! MIG from the user's side: what is refused, and what the refusal says.

#![forbid(unsafe_code)]

use std::error::Error;

use gpushare::{
    ComputeInstancePlacement, Destroy, ErrorKind, Gpu, GpuInstancePlacement, Holder, MigModeNeed, Nvml, NvmlReturn,
};
use gpushare_sim::Machine;
use gpushare_sim::engine::{Access, GpuConfig, MachineConfig, Process, ProcessKind};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn nvml(machine: &Machine) -> Outcome<Nvml> {
    Ok(Nvml::builder().library(machine.library()?).root(machine.root()).procfs(machine.root().join("proc")).init()?)
}

fn start() -> Outcome<(Machine, Gpu)> {
    let machine = Machine::start()?;
    let gpu = nvml(&machine)?.gpu(0)?;
    gpu.set_mig_mode(true)?;
    Ok((machine, gpu))
}

fn process(pid: u32, instance: Option<(u32, u32)>) -> Process {
    Process { pid, name: "worker".into(), kind: ProcessKind::Compute, used_memory: Some(64 << 20), instance }
}

#[test]
fn gpus_are_found_by_every_name() -> Outcome {
    let machine = Machine::start()?;
    let nvml = nvml(&machine)?;
    let gpus = nvml.gpus()?;
    assert_eq!(gpus.len(), 8);
    for gpu in &gpus {
        assert_eq!(nvml.gpu(gpu.index())?, *gpu);
        assert_eq!(nvml.gpu_by_uuid(gpu.uuid())?, *gpu);
        assert_eq!(nvml.gpu_by_pci_address(&gpu.pci_address()?)?, *gpu);
        assert_eq!(gpu.architecture()?, gpushare::Architecture::AMPERE);
    }
    assert_eq!(nvml.gpu(8).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let unknown = "GPU-00000000-0000-0000-0000-000000000000".parse()?;
    assert_eq!(nvml.gpu_by_uuid(&unknown).unwrap_err().kind(), ErrorKind::NotFound);
    let nowhere = "0000:ff:00.0".parse()?;
    assert_eq!(nvml.gpu_by_pci_address(&nowhere).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[test]
fn mig_devices_are_found_by_both_uuids() -> Outcome {
    let (machine, gpu) = start()?;
    let nvml = nvml(&machine)?;
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("3g.20gb")?)?;
    let device = gi.create_default_compute_instance()?.mig_device()?;
    assert_eq!(nvml.mig_device(device.uuid())?, device);
    let legacy = device.visible_device_forms()[1].to_string().parse()?;
    assert_eq!(nvml.mig_device(&legacy)?, device);
    assert_eq!(device.gpu(), &gpu);
    assert_eq!(device.gpu_instance()?, gi);
    let gone = *device.uuid();
    device.compute_instance()?.destroy()?;
    assert_eq!(nvml.mig_device(&gone).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[test]
fn a_taken_placement_names_who_is_there() -> Outcome {
    let (_machine, gpu) = start()?;
    let (three, one) = (gpu.gpu_instance_profile("3g.20gb")?, gpu.gpu_instance_profile("1g.5gb")?);
    gpu.create_gpu_instance_at(&three, GpuInstancePlacement::new(0, 4))?;
    let before = gpu.gpu_instances()?;
    let error = gpu.create_gpu_instance_at(&one, GpuInstancePlacement::new(3, 1)).unwrap_err();
    assert_eq!(error.to_string(), format!("placement 3:1 on GPU 0 ({}) overlaps GPU instance 2 at 0:4", gpu.uuid()));
    assert_eq!(error.kind(), ErrorKind::InsufficientResources);
    let error = gpu.create_gpu_instance_at(&one, GpuInstancePlacement::new(7, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "1g.5gb cannot be placed at 7:1 on GPU 0 ({}); possible: 0:1, 1:1, 2:1, 3:1, 4:1, 5:1, 6:1",
            gpu.uuid()
        )
    );
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(gpu.gpu_instances()?, before);
    Ok(())
}

#[test]
fn compute_placements_are_refused_in_the_same_words() -> Outcome {
    let (_machine, gpu) = start()?;
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
    let two = gi.compute_instance_profile("2c.4g.20gb")?;
    let ci = gi.create_compute_instance_at(&two, ComputeInstancePlacement::new(1, 2))?;
    assert_eq!(ci.placement(), ComputeInstancePlacement::new(1, 2));
    assert_eq!(ci.mig_device()?.attributes().compute_instance_slice_count, 2);
    let error = gi.create_compute_instance_at(&two, ComputeInstancePlacement::new(2, 2)).unwrap_err();
    assert_eq!(error.to_string(), "placement 2:2 in GPU instance 2 of GPU 0 overlaps compute instance 0 at 1:2");
    let error = gi.create_compute_instance_at(&two, ComputeInstancePlacement::new(3, 2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2c.4g.20gb cannot be placed at 3:2 on GPU instance 2 of GPU 0; possible: 0:2, 1:2, 2:2"
    );
    let error = gi.create_compute_instance(&two).unwrap_err();
    assert_eq!(error.to_string(), "no room for another 2c.4g.20gb on GPU instance 2 of GPU 0");
    Ok(())
}

#[test]
fn an_unknown_profile_lists_those_there_are() -> Outcome {
    let (_machine, gpu) = start()?;
    let error = gpu.gpu_instance_profile("1g.10gb+me").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.to_string().ends_with(
            "has no profile 1g.10gb+me; it has 1g.5gb, 2g.10gb, 3g.20gb, 4g.20gb, 7g.40gb, 1g.5gb+me, 1g.10gb"
        ),
        "{error}"
    );
    assert_eq!(gpu.gpu_instance_profile("big").unwrap_err().kind(), ErrorKind::InvalidArgument);
    Ok(())
}

#[test]
fn a_profile_of_another_model_is_refused_before_the_driver_takes_its_number() -> Outcome {
    let machine = Machine::from_spec("1xA100-SXM4-40GB+1xA30")?;
    let nvml = nvml(&machine)?;
    let (a100, a30) = (nvml.gpu(0)?, nvml.gpu(1)?);
    a100.set_mig_mode(true)?;
    a30.set_mig_mode(true)?;
    // 14 is 2g.10gb on the one and 1g.6gb on the other.
    let two = a100.gpu_instance_profile("2g.10gb")?;
    assert_eq!(two.id, a30.gpu_instance_profile("1g.6gb")?.id);
    assert_eq!(a30.create_gpu_instance(&two).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(a30.gpu_instances()?.is_empty());
    Ok(())
}

#[test]
fn what_is_in_use_names_its_users_and_gives_the_handle_back() -> Outcome {
    let (machine, gpu) = start()?;
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
    let half = gi.compute_instance_profile("1c.2g.10gb")?;
    let (first, second) = (gi.create_compute_instance(&half)?, gi.create_compute_instance(&half)?);
    machine.add_process(0, process(4242, Some((gi.id().0, second.id().0))))?;

    let failed = second.destroy().unwrap_err();
    assert_eq!(failed.to_string(), "compute instance 1 of GPU instance 3 of GPU 0 is in use by process 4242 (worker)");
    assert_eq!(failed.error.kind(), ErrorKind::InUse);
    let second = failed.handle;

    let failed = gi.destroy().unwrap_err();
    let gpushare::Error::InUse { by, .. } = &failed.error else { panic!("{}", failed.error) };
    assert_eq!(by[..2], [Holder::ComputeInstance(first.id()), Holder::ComputeInstance(second.id())]);
    assert_eq!(by[2..].iter().map(ToString::to_string).collect::<Vec<_>>(), ["process 4242 (worker)"]);
    let gi = failed.handle;

    machine.remove_process(0, 4242)?;
    first.destroy()?;
    second.destroy()?;
    gi.destroy()?;
    assert!(gpu.gpu_instances()?.is_empty());
    Ok(())
}

#[test]
fn instances_outlive_handles_and_end_with_a_scope_on_request() -> Outcome {
    let (_machine, gpu) = start()?;
    let profile = gpu.gpu_instance_profile("1g.5gb")?;
    drop(gpu.create_gpu_instance(&profile)?);
    assert_eq!(gpu.gpu_instances()?.len(), 1);
    {
        let _gone = gpu.create_gpu_instance(&profile)?.scoped();
        let kept = gpu.create_gpu_instance(&profile)?.scoped();
        assert_eq!(gpu.gpu_instances()?.len(), 3);
        let kept = kept.keep();
        assert_eq!(kept.profile(), &profile);
    }
    assert_eq!(gpu.gpu_instances()?.len(), 2);
    let busy = gpu.create_gpu_instance(&profile)?;
    busy.create_default_compute_instance()?;
    let failed = busy.scoped().close().unwrap_err();
    assert_eq!(failed.error.kind(), ErrorKind::InUse);
    drop(failed.handle.clone().scoped());
    assert_eq!(gpu.gpu_instances()?.len(), 3, "a failing guard leaves it, and does not panic");
    Ok(())
}

#[test]
fn without_mig_nothing_is_created_and_nothing_is_listed() -> Outcome {
    let machine = Machine::from_spec("1xA100-SXM4-40GB+1xT4+1xH200")?;
    let nvml = nvml(&machine)?;
    let (a100, t4, h200) = (nvml.gpu(0)?, nvml.gpu(1)?, nvml.gpu(2)?);
    for gpu in [&a100, &t4, &h200] {
        assert!(gpu.gpu_instances()?.is_empty());
        assert!(gpu.mig_devices()?.is_empty());
    }
    // The profiles are described before MIG is enabled, and nothing is made of them.
    for (gpu, whole) in [(&a100, "7g.40gb"), (&h200, "7g.141gb")] {
        let profile = gpu.gpu_instance_profile(whole)?;
        assert_eq!(gpu.create_gpu_instance(&profile).unwrap_err().kind(), ErrorKind::NotSupported);
    }
    assert_eq!(t4.mig_mode().unwrap_err().kind(), ErrorKind::NotSupported);
    assert_eq!(t4.set_mig_mode(true).unwrap_err().kind(), ErrorKind::NotSupported);
    assert_eq!(t4.gpu_instance_profiles().unwrap_err().kind(), ErrorKind::NotSupported);
    Ok(())
}

#[test]
fn a_mode_change_that_waits_is_no_success() -> Outcome {
    let machine = Machine::start()?;
    let gpu = nvml(&machine)?.gpu(0)?;
    machine.add_process(0, process(7, None))?;
    let error = gpu.set_mig_mode(true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResetRequired);
    assert_eq!(error.nvml_return(), Some(NvmlReturn::IN_USE));
    assert!(matches!(error, gpushare::Error::MigModePending { wanted: true, needs: MigModeNeed::NoClients, .. }));
    let mode = gpu.mig_mode()?;
    assert!(!mode.current && mode.pending && mode.is_pending());
    machine.remove_process(0, 7)?;
    machine.reset(0)?;
    assert!(gpu.mig_mode()?.current);
    Ok(())
}

#[test]
fn in_a_virtual_machine_an_a100_needs_a_reset_and_an_h100_does_not() -> Outcome {
    let in_vm = |model: &str| GpuConfig { passthrough: true, ..GpuConfig::new(model) };
    let machine =
        Machine::with_config(&MachineConfig::with_gpus(vec![in_vm("A100-SXM4-40GB"), in_vm("H100-SXM5-80GB")]))?;
    let nvml = nvml(&machine)?;
    let error = nvml.gpu(0)?.set_mig_mode(true).unwrap_err();
    assert!(matches!(error, gpushare::Error::MigModePending { needs: MigModeNeed::Reset, .. }), "{error}");
    machine.reset(0)?;
    assert!(nvml.gpu(0)?.mig_mode()?.current);
    nvml.gpu(1)?.set_mig_mode(true)?;
    machine.reboot()?;
    assert!(nvml.gpu(0)?.mig_mode()?.current, "an A100 keeps the mode");
    assert!(!nvml.gpu(1)?.mig_mode()?.current, "an H100 loses it");
    Ok(())
}

#[test]
fn on_hopper_the_whole_is_told_by_its_processors() -> Outcome {
    let machine = Machine::from_spec("1xH100-SXM5-80GB")?;
    let gpu = nvml(&machine)?.gpu(0)?;
    gpu.set_mig_mode(true)?;
    // Its only slice can be had with 16 SMs or with all 26; the name is the same.
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("1g.20gb")?)?;
    assert_eq!(gi.default_compute_instance_profile()?.id.0, 7);
    let ci = gi.create_default_compute_instance()?;
    assert_eq!((&*ci.profile().name, ci.profile().multiprocessor_count), ("1g.20gb", 26));
    assert_eq!(ci.mig_device()?.name()?, "1g.20gb");
    Ok(())
}

#[test]
fn without_permission_the_refusal_says_so() -> Outcome {
    let (machine, gpu) = start()?;
    let profile = gpu.gpu_instance_profile("1g.5gb")?;
    let gi = gpu.create_gpu_instance(&profile)?;
    let ci = gi.create_default_compute_instance()?;
    machine.set_access(Access::Unprivileged)?;
    let refused = [
        gpu.set_mig_mode(false).unwrap_err(),
        gpu.create_gpu_instance(&profile).unwrap_err(),
        gpu.gpu_instances().unwrap_err(),
        gpu.memory().unwrap_err(),
        ci.destroy().unwrap_err().error,
        gi.destroy().unwrap_err().error,
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::NoPermission, "{error}");
    }
    machine.set_access(Access::Admin)?;
    assert_eq!(gpu.gpu_instances()?.len(), 1);
    Ok(())
}

#[test]
fn capability_files_are_read_from_the_root_given() -> Outcome {
    let (machine, gpu) = start()?;
    let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("1g.5gb")?)?;
    let capability = gi.capability()?;
    assert_eq!(Some(capability.minor), gpushare::capability_minor(gpu.minor_number()?, gi.id(), None));
    assert_eq!(capability.mode, 0o444);
    std::fs::write(&capability.file, "DeviceFileMode: 292\n")?;
    let error = gi.capability().unwrap_err();
    assert!(error.to_string().contains("no line \"DeviceFileMinor: <number>\""), "{error}");
    let elsewhere = Nvml::builder().library(machine.library()?).root("/nonexistent").init()?;
    let error = elsewhere.gpu(0)?.gpu_instances()?[0].capability().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.to_string().starts_with("/nonexistent/proc/driver/nvidia/capabilities/gpu0/mig/gi9/access: "),
        "{error}"
    );
    Ok(())
}
