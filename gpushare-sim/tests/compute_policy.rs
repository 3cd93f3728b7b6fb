//! `nvidia-smi compute-policy`: by the simulated program and by NVIDIA's own where `GPUSHARE_NVIDIA_TOOLS` names a folder with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use gpushare_sim::engine::{Access, TimeSlice};
use gpushare_sim::{Machine, MachineConfig};

/// Every program that is there.
fn programs() -> Vec<PathBuf> {
    let mut programs = vec![PathBuf::from(env!("CARGO_BIN_EXE_gpushare-sim-nvidia-smi"))];
    if let Some(folder) = std::env::var_os("GPUSHARE_NVIDIA_TOOLS").filter(|folder| !folder.is_empty()) {
        let named = |branch| Path::new(&folder).join(format!("nvidia-smi-{branch}"));
        programs.extend([535, 550].map(named).into_iter().filter(|program| program.is_file()));
        assert!(programs.len() > 1, "GPUSHARE_NVIDIA_TOOLS names a folder without nvidia-smi");
    }
    programs
}

/// A shared machine, and each program as a process that finds it.
fn each(spec: &str, access: Access, work: impl Fn(&Machine, &dyn Fn(&str) -> (String, Option<i32>))) {
    for program in programs() {
        let config = MachineConfig { access: access.into(), ..spec.parse().unwrap() };
        let machine = Machine::with_config_shared(&config).unwrap();
        let run = |arguments: &str| {
            let mut command = Command::new(&program);
            command.arg("compute-policy").args(arguments.split_whitespace()).envs(machine.environment());
            let done = command.output().unwrap();
            assert!(done.stderr.is_empty(), "{program:?} {arguments}: {}", String::from_utf8_lossy(&done.stderr));
            (String::from_utf8(done.stdout).unwrap(), done.status.code())
        };
        work(&machine, &run);
    }
}

/// The table as recorded on an H200.
fn table(rows: &[&str]) -> String {
    let mut table = String::from(
        "+-------------------------------------+\n\
         | GPU compute policies:               |\n\
         | GPU     Name           Value        |\n\
         |=====================================|\n",
    );
    for row in rows {
        table += &format!("{row}\n+-------------------------------------+\n");
    }
    table
}

#[test]
fn what_was_recorded_on_an_h200() {
    each("1xH200", Access::Admin, |_, run| {
        assert_eq!(run("-l"), (table(&["|   0   Timeslice       Default       |"]), Some(0)));
    });
}

#[test]
fn policies_are_set_and_listed() {
    each("12xA100-SXM4-40GB", Access::Admin, |machine, run| {
        for (number, name) in ["Default", "Short", "Medium", "Long"].iter().enumerate() {
            let said = format!("Successfully set timeslice policy with value {name} for GPU 11\n");
            assert_eq!(run(&format!("-i 11 --set-timeslice={number}")), (said, Some(0)));
            let row = format!("|  11   Timeslice       {name:<14}|");
            assert_eq!(run("--list --id=11"), (table(&[&row]), Some(0)));
        }
        let uuid = machine.state().unwrap().gpus()[3].identity().uuid.clone();
        let said = "Successfully set timeslice policy with value Short for GPU 3\n";
        assert_eq!(run(&format!("--set-timeslice 1 -i {uuid}")), (said.to_owned(), Some(0)));
        let set: Vec<_> = machine.state().unwrap().gpus().iter().map(|gpu| gpu.time_slice()).collect();
        let mut expected = [TimeSlice::Default; 12];
        (expected[3], expected[11]) = (TimeSlice::Short, TimeSlice::Long);
        assert_eq!(set, expected);
        let (said, code) = run("--set-timeslice=2");
        assert_eq!((said.lines().count(), code), (12, Some(0)), "all GPUs where none is named");
        machine.reboot().unwrap();
        assert_eq!(run("-l -i 3,4").0.matches("Default").count(), 2);
    });
}

#[test]
fn what_cannot_be_is_refused() {
    each("1xA100-SXM4-40GB+1xV100", Access::Admin, |machine, run| {
        let refused = |value: &str, gpu: u32, words: &str, code| {
            let said = format!(
                "Failed to set timeslice policy with value {value} for GPU {gpu} : {words}\n\
                 Failed to set timeslice for requested devices : {words}\n"
            );
            (said, Some(code))
        };
        assert_eq!(run("-i 1 --set-timeslice=1"), refused("Short", 1, "Not Supported", 3));
        assert_eq!(run("-i 0 --set-timeslice=4"), refused("Unknown", 0, "Invalid Argument", 2));
        assert_eq!(run("-i 0 --set-timeslice=-1"), refused("Unknown", 0, "Invalid Argument", 2));
        machine.lose_gpu(0).unwrap();
        assert_eq!(run("-i 1 -l"), (table(&["|   1   Timeslice       Default       |"]), Some(0)));
    });
    each("1xA100-SXM4-40GB", Access::Monitor, |_, run| {
        let said = "Failed to set timeslice policy with value Long for GPU 0 : Insufficient Permissions\n\
                    Failed to set timeslice for requested devices : Insufficient Permissions\n";
        assert_eq!(run("--set-timeslice=3"), (said.to_owned(), Some(4)));
        assert_eq!(run("-l"), (table(&["|   0   Timeslice       Default       |"]), Some(0)));
    });
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    each("1xA100-SXM4-40GB", Access::Admin, |_, run| {
        for (arguments, said, code) in [
            ("-l -i 7", "No devices were found", 6),
            ("-l -i GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a0", "No devices were found", 6),
            ("--bogus", "Option \"--bogus\" is not recognized.", 2),
            ("-l --set-timeslice=1", "One, and only one, compute-policy command allowed at a time", 2),
            ("--set-timeslice=LONG", "Option \"LONG\" is invalid for \"--set-timeslice=LONG\".", 2),
        ] {
            assert_eq!(run(arguments), (format!("{said}\n"), Some(code)), "{arguments}");
        }
        assert!(run("").0.contains("Compute Policy -- Control and list compute policies."));
    });
}
