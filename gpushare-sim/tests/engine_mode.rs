//! MIG mode on every model: how it is switched, what holds it, what survives a reset.

#![allow(missing_docs)]

use gpushare_sim::catalog::{Architecture, Mig, Model};
use gpushare_sim::engine::{
    Access, Activation, Gpu, GpuConfig, Machine, MachineConfig, MigMode, Process, ProcessKind, Refusal,
};

fn machine(model: &Model, passthrough: bool) -> Machine {
    let config = GpuConfig { passthrough, ..GpuConfig::new(model.key) };
    Machine::new(&MachineConfig::with_gpus(vec![config])).unwrap()
}

fn with_mig() -> impl Iterator<Item = (&'static Model, &'static Mig)> {
    Model::all().iter().filter_map(|model| Some((model, model.mig.as_ref()?)))
}

fn client() -> Process {
    Process { pid: 1, name: "client".into(), kind: ProcessKind::Graphics, used_memory: Some(0), instance: None }
}

fn mode(gpu: &Gpu) -> (bool, bool) {
    let MigMode { current, pending } = gpu.mig_mode().unwrap();
    (current, pending)
}

/// A reset changes the mode on Ampere alone, where the board also stores it.
#[test]
fn ampere_alone_needs_a_reset() {
    for (model, mig) in with_mig() {
        assert_eq!(mig.resetless, model.architecture > Architecture::Ampere, "{}", model.key);
    }
    let without = |model: &&Model| model.mig.is_none();
    assert!(Model::all().iter().filter(without).all(|model| matches!(model.key, "T4" | "L40S" | "V100")));
}

#[test]
fn an_idle_gpu_changes_at_once_and_back() {
    for (model, mig) in with_mig() {
        let mut machine = machine(model, false);
        let gpu = machine.gpu_mut(0).unwrap();
        assert_eq!((mode(gpu), gpu.max_mig_devices()), ((false, false), 0), "{}", model.key);
        for _ in 0..2 {
            assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(Activation::Done), "{}", model.key);
            assert_eq!((mode(gpu), gpu.max_mig_devices()), ((true, true), mig.compute_slices), "{}", model.key);
        }
        assert_eq!(gpu.set_mig_mode(Access::Admin, 0), Ok(Activation::Done), "{}", model.key);
        assert_eq!(mode(gpu), (false, false), "{}", model.key);
    }
}

#[test]
fn clients_and_instances_hold_the_mode() {
    for (model, mig) in with_mig() {
        let key = model.key;
        let mut machine = machine(model, false);
        let gpu = machine.gpu_mut(0).unwrap();
        gpu.start_process(client()).unwrap();
        assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(Activation::InUse), "{key}");
        assert_eq!(mode(gpu), (false, true), "{key}");
        assert_eq!(gpu.create_gpu_instance(Access::Admin, 0, None), Err(Refusal::NotSupported), "{key}: not yet on");
        assert_eq!(gpu.reset(Access::Admin), Err(Refusal::InUse), "{key}");
        gpu.end_process(1);
        assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(Activation::Done), "{key}: asked again without clients");

        let gi = gpu.create_gpu_instance(Access::Admin, mig.whole().id, None).unwrap();
        assert_eq!(gpu.set_mig_mode(Access::Admin, 0), Ok(Activation::InUse), "{key}");
        assert_eq!(mode(gpu), (true, false), "{key}: the instances stay");
        assert!(gpu.live_gpu_instance(gi).is_ok(), "{key}");
        gpu.destroy_gpu_instance(Access::Admin, gi).unwrap();
        assert!(!gpu.mig_in_use(), "{key}");
        assert_eq!(mode(gpu), (true, false), "{key}: the mode waits for the reset even so");
        gpu.reset(Access::Admin).unwrap();
        assert_eq!(mode(gpu), (false, false), "{key}");
    }
}

#[test]
fn a_reset_ends_the_instances_and_only_a_stored_mode_survives_it() {
    for (model, mig) in with_mig() {
        let key = model.key;
        let stored = (!mig.resetless, !mig.resetless);
        let mut machine = machine(model, false);
        for reboot in [false, true] {
            let gpu = machine.gpu_mut(0).unwrap();
            gpu.set_mig_mode(Access::Admin, 1).unwrap();
            let gi = gpu.create_gpu_instance(Access::Admin, mig.whole().id, None).unwrap();
            let profiles = gpu.compute_instance_profiles(gi).unwrap();
            let whole = profiles.iter().find(|profile| profile.whole).unwrap();
            gpu.create_compute_instance(Access::Admin, gi, whole.id, None).unwrap();
            if reboot {
                machine.reboot()
            } else {
                gpu.reset(Access::Admin).unwrap()
            }
            let gpu = machine.gpu(0).unwrap();
            assert_eq!((mode(gpu), gpu.mig_in_use()), (stored, false), "{key}");
            assert_eq!(gpu.live_gpu_instance(gi).err(), Some(Refusal::InvalidArgument), "{key}");
        }
    }
}

/// As recorded in virtual machines: the mode is pending, and the activation status says that it is not supported.
#[test]
fn a_virtual_machine_cannot_make_ampere_change() {
    for (model, mig) in with_mig() {
        let mut machine = machine(model, true);
        let gpu = machine.gpu_mut(0).unwrap();
        let expected = if mig.resetless { Activation::Done } else { Activation::NotSupported };
        assert_eq!(gpu.set_mig_mode(Access::Admin, 1), Ok(expected), "{}", model.key);
        assert_eq!(mode(gpu), (mig.resetless, true), "{}", model.key);
        gpu.reset(Access::Admin).unwrap();
        assert_eq!(mode(gpu), (!mig.resetless, !mig.resetless), "{}: the host resets it", model.key);
    }
}
