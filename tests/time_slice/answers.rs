//! What becomes of answers that no driver should give: the program is a script that says what the test wants.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gpushare::{Error, ErrorKind, Gpu, NvidiaSmi, Nvml, NvmlReturn, TimeSlice, TimeSliceError};
use gpushare_sim::Machine;

use crate::Outcome;

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("time_slice/nvidia-smi")
}

fn listed(value: &str) -> String {
    format!(
        "+-------------------------------------+\n\
         | GPU compute policies:               |\n\
         | GPU     Name           Value        |\n\
         |=====================================|\n\
         |   0   Timeslice       {value:<14}|\n\
         +-------------------------------------+\n"
    )
}

/// The script, saying so where the policy is set and where it is listed.
fn says(set: &str, list: &str) -> NvidiaSmi {
    NvidiaSmi::new().program(program()).env("SET", set).env("LIST", list)
}

fn on_gpu(work: impl FnOnce(&Gpu) -> Outcome) -> Outcome {
    let machine = Machine::from_spec("1xA100-SXM4-40GB")?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    work(&nvml.gpu(0)?)
}

fn refused(error: Error) -> TimeSliceError {
    let Error::TimeSlice(refused) = error else { panic!("{error}") };
    refused
}

#[test]
fn each_wrong_answer_is_an_error_of_its_own() -> Outcome {
    on_gpu(|gpu| {
        let long = Duration::from_secs(600);
        for (set, list, kind, code, words) in [
            (
                "fail:3:old",
                "",
                ErrorKind::NotSupported,
                Some(NvmlReturn::NOT_SUPPORTED),
                "failed with exit status 3: old",
            ),
            (
                "fail:4:no",
                "",
                ErrorKind::NoPermission,
                Some(NvmlReturn::NO_PERMISSION),
                "failed with exit status 4: no",
            ),
            ("fail:9:bad", "", ErrorKind::NoDriver, Some(NvmlReturn::DRIVER_NOT_LOADED), "exit status 9: bad"),
            ("fail:15:off", "", ErrorKind::GpuLost, Some(NvmlReturn::GPU_IS_LOST), "failed with exit status 15: off"),
            ("fail:255:Mismatch", "", ErrorKind::Driver, None, "failed with exit status 255: Mismatch"),
            ("fail:1:\u{1b}[2J", "", ErrorKind::Uninitialized, Some(NvmlReturn::UNINITIALIZED), "1: \u{fffd}[2J"),
            ("signal", "", ErrorKind::Driver, None, "failed with a signal: "),
            ("done", "fail:4:no", ErrorKind::NoPermission, Some(NvmlReturn::NO_PERMISSION), "exit status 4: no"),
            ("done", "", ErrorKind::Driver, None, "printed \"\", which is not a table with one time-slice policy"),
            ("done", "Set.", ErrorKind::Driver, None, "printed \"Set.\", which is not a table"),
            ("done", &listed("Unknown"), ErrorKind::Driver, None, "Timeslice       Unknown"),
            ("done", &listed("Default"), ErrorKind::Driver, None, "to Short, and it is Default"),
            ("flood", "", ErrorKind::Driver, None, "it printed more than 16777216 bytes"),
        ] {
            let error = says(set, list).patience(long).set_time_slice(gpu, TimeSlice::Short).unwrap_err();
            let text = error.to_string();
            assert_eq!((error.kind(), error.nvml_return()), (kind, code), "{text}");
            assert!(text.contains(words), "{text}");
            assert!(text.contains("time_slice/nvidia-smi") && text.contains(&gpu.uuid().to_string()), "{text}");
            assert_eq!(error.target(), Some(gpushare::Target::Gpu { index: 0, uuid: *gpu.uuid() }));
        }
        Ok(())
    })
}

#[test]
fn success_is_what_the_table_confirms() -> Outcome {
    on_gpu(|gpu| {
        says("", &listed("Long")).set_time_slice(gpu, TimeSlice::Long)?;
        assert_eq!(says("", &listed("Medium")).time_slice(gpu)?, TimeSlice::Medium);
        let error = refused(says("", &listed("Medium")).set_time_slice(gpu, TimeSlice::Long).unwrap_err());
        let TimeSliceError::NotConfirmed { wanted, found, .. } = error else { panic!("{error}") };
        assert_eq!((wanted, found), (TimeSlice::Long, TimeSlice::Medium));
        Ok(())
    })
}

#[test]
fn a_program_that_hangs_is_killed_when_its_time_is_over() -> Outcome {
    on_gpu(|gpu| {
        let patience = Duration::from_millis(50);
        let error = says("hang", "hang").patience(patience).time_slice(gpu).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(matches!(refused(error), TimeSliceError::Late { after, .. } if after == patience));
        Ok(())
    })
}

#[test]
fn the_program_is_named_by_an_absolute_path_and_gets_words_and_no_shell() -> Outcome {
    on_gpu(|gpu| {
        for named in ["nvidia-smi", "./nvidia-smi", ""] {
            let error = NvidiaSmi::new().program(named).time_slice(gpu).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        }
        for (missing, kind) in [("no\n/$(such)", ErrorKind::NoDriver), ("policies.rs", ErrorKind::NoPermission)] {
            let path = program().with_file_name(missing);
            let error = NvidiaSmi::new().program(&path).time_slice(gpu).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(matches!(refused(error), TimeSliceError::Program { program, .. } if program == path));
        }
        let error = refused(says("", "arguments").time_slice(gpu).unwrap_err());
        let TimeSliceError::UnknownOutput { output, .. } = error else { panic!("{error}") };
        let words = [program().display().to_string(), "compute-policy".into(), "--list".into()];
        assert_eq!(output.lines().collect::<Vec<_>>(), [&words[..], &[format!("--id={}", gpu.uuid())]].concat());
        Ok(())
    })
}

#[test]
fn the_program_gets_what_it_needs_of_the_environment_and_no_more() -> Outcome {
    on_gpu(|gpu| {
        let error = refused(says("", "environment").env("CHOSEN", "yes").time_slice(gpu).unwrap_err());
        let TimeSliceError::UnknownOutput { output, .. } = error else { panic!("{error}") };
        let names: Vec<_> = output.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
        let expected = |name: &&str| {
            ["CHOSEN", "LIST", "SET", "LD_LIBRARY_PATH"].contains(name) || name.starts_with("GPUSHARE_SIM_")
        };
        // The shell's own.
        let added = |name: &&str| ["PWD", "OLDPWD", "SHLVL", "_"].contains(name);
        assert!(names.iter().all(|name| expected(name) || added(name)), "{output}");
        assert!(["CHOSEN", "LD_LIBRARY_PATH"].iter().all(|name| names.contains(name)), "{output}");
        Ok(())
    })
}
