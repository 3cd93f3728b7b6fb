//! Policies set and read by each `nvidia-smi` that there is: the simulated one, and NVIDIA's where `GPUSHARE_NVIDIA_TOOLS` has it.

use std::path::{Path, PathBuf};

use gpushare::{ErrorKind, NvidiaSmi, Nvml, NvmlReturn, TimeSlice, TimeSliceError};
use gpushare_sim::engine::{Access, TimeSlice as Kept};
use gpushare_sim::mps::Programs;
use gpushare_sim::{Machine, MachineConfig};

use crate::Outcome;

fn programs() -> Vec<PathBuf> {
    let mut programs =
        vec![Programs::find().expect("`cargo build --package gpushare-sim` builds the programs").nvidia_smi()];
    if let Some(folder) = std::env::var_os("GPUSHARE_NVIDIA_TOOLS").filter(|folder| !folder.is_empty()) {
        let named = |branch| Path::new(&folder).join(format!("nvidia-smi-{branch}"));
        programs.extend([535, 550].map(named).into_iter().filter(|program| program.is_file()));
        assert!(programs.len() > 1, "GPUSHARE_NVIDIA_TOOLS names a folder without nvidia-smi");
    }
    programs
}

/// A machine that processes share, its NVML, and each program in turn.
fn each(spec: &str, access: Access, work: impl Fn(&Machine, &Nvml, &NvidiaSmi, &Path) -> Outcome) -> Outcome {
    for program in programs() {
        let machine = Machine::with_config_shared(&MachineConfig { access: access.into(), ..spec.parse()? })?;
        let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
        let nvidia_smi = NvidiaSmi::new().program(&program);
        work(&machine, &nvml, &nvidia_smi, &program).map_err(|error| format!("{}: {error}", program.display()))?;
    }
    Ok(())
}

fn kept(machine: &Machine) -> Result<Vec<Kept>, gpushare_sim::ControlError> {
    Ok(machine.state()?.gpus().iter().map(|gpu| gpu.time_slice()).collect())
}

#[test]
fn each_policy_is_set_on_the_one_gpu_and_read_back() -> Outcome {
    each("2xA100-SXM4-40GB+1xT4", Access::Admin, |machine, nvml, nvidia_smi, _| {
        let gpu = nvml.gpu(1)?;
        assert_eq!(nvidia_smi.time_slice(&gpu)?, TimeSlice::Default);
        for (policy, expected) in [
            (TimeSlice::Short, Kept::Short),
            (TimeSlice::Medium, Kept::Medium),
            (TimeSlice::Long, Kept::Long),
            (TimeSlice::Default, Kept::Default),
            (TimeSlice::Long, Kept::Long),
        ] {
            nvidia_smi.set_time_slice(&gpu, policy)?;
            assert_eq!(nvidia_smi.time_slice(&gpu)?, policy);
            assert_eq!(kept(machine)?, [Kept::Default, expected, Kept::Default]);
        }
        nvidia_smi.set_time_slice(&nvml.gpu(2)?, TimeSlice::Short)?;
        assert_eq!(kept(machine)?, [Kept::Default, Kept::Long, Kept::Short], "a T4 has it, without having MIG");
        machine.reboot()?;
        assert_eq!(nvidia_smi.time_slice(&gpu)?, TimeSlice::Default);
        Ok(())
    })
}

#[test]
fn a_gpu_before_turing_has_none() -> Outcome {
    each("1xV100", Access::Admin, |_, nvml, nvidia_smi, program| {
        let gpu = nvml.gpu(0)?;
        let error = nvidia_smi.set_time_slice(&gpu, TimeSlice::Short).unwrap_err();
        assert_eq!((error.kind(), error.nvml_return()), (ErrorKind::NotSupported, Some(NvmlReturn::NOT_SUPPORTED)));
        assert_eq!(
            error.to_string(),
            format!(
                "{} for GPU 0 ({}) failed with exit status 3: \
                 Failed to set timeslice policy with value Short for GPU 0 : Not Supported\n\
                 Failed to set timeslice for requested devices : Not Supported",
                program.display(),
                gpu.uuid()
            )
        );
        Ok(())
    })
}

#[test]
fn who_is_not_root_may_read_alone() -> Outcome {
    each("1xH200", Access::Monitor, |machine, nvml, nvidia_smi, _| {
        let gpu = nvml.gpu(0)?;
        let error = nvidia_smi.set_time_slice(&gpu, TimeSlice::Long).unwrap_err();
        assert_eq!((error.kind(), error.nvml_return()), (ErrorKind::NoPermission, Some(NvmlReturn::NO_PERMISSION)));
        assert!(error.to_string().contains("exit status 4: Failed to set"), "{error}");
        assert_eq!(nvidia_smi.time_slice(&gpu)?, TimeSlice::Default);
        assert_eq!(kept(machine)?, [Kept::Default]);
        Ok(())
    })
}

#[test]
fn in_mig_mode_the_policy_is_read_and_not_set() -> Outcome {
    each("1xA100-SXM4-40GB", Access::Admin, |machine, nvml, nvidia_smi, _| {
        let gpu = nvml.gpu(0)?;
        nvidia_smi.set_time_slice(&gpu, TimeSlice::Medium)?;
        gpu.set_mig_mode(true)?;
        let error = nvidia_smi.set_time_slice(&gpu, TimeSlice::Short).unwrap_err();
        assert!(matches!(error, gpushare::Error::TimeSlice(TimeSliceError::MigEnabled { .. })), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::NotSupported);
        assert!(error.to_string().contains(&gpu.uuid().to_string()), "{error}");
        assert_eq!((nvidia_smi.time_slice(&gpu)?, kept(machine)?), (TimeSlice::Medium, vec![Kept::Medium]));
        Ok(())
    })
}

#[test]
fn another_driver_than_the_sessions_is_not_asked() -> Outcome {
    each("1xA100-SXM4-40GB", Access::Admin, |_, nvml, nvidia_smi, _| {
        let other = Machine::with_config_shared(&"1xH200".parse()?)?;
        let folder = other.library_path().parent().ok_or("a folder")?.to_owned();
        let led_astray = nvidia_smi.clone().env("LD_LIBRARY_PATH", folder);
        let error = led_astray.set_time_slice(&nvml.gpu(0)?, TimeSlice::Short).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().ends_with("exit status 6: No devices were found"), "{error}");
        assert_eq!(kept(&other)?, [Kept::Default]);
        Ok(())
    })
}

#[test]
fn a_closed_session_has_no_gpus_to_ask_about() -> Outcome {
    each("1xA100-SXM4-40GB", Access::Admin, |_, nvml, nvidia_smi, _| {
        let gpu = nvml.gpu(0)?;
        nvml.close()?;
        assert_eq!(nvidia_smi.time_slice(&gpu).unwrap_err().kind(), ErrorKind::Stale);
        assert_eq!(nvidia_smi.set_time_slice(&gpu, TimeSlice::Short).unwrap_err().kind(), ErrorKind::Stale);
        Ok(())
    })
}
