//! Many who speak with one daemon: four processes of eight threads, each with a device of its own whose limit it sets and reads.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use gpushare::{FrontEnd, Mib, MpsDaemon, MpsDeviceOrdinal, PinnedDeviceMemoryLimit, PipeDirectory};

use crate::stage::{MINUTE, Outcome, Program, SECOND, Stage};

const PROCESSES: u32 = 4;
const THREADS: u32 = 8;

/// The limit of a round: below a GiB, so that it is shown as it is.
fn limit(round: u64) -> u64 {
    1 + round % 1000
}

/// Sets and reads limits until the time is over, and leaves how many rounds each thread made.
#[test]
#[ignore = "a child process of the tests below"]
fn hammer_in_a_child() -> Outcome {
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let (pipes, program) = (variable("MPS_PIPES")?, variable("MPS_PROGRAM")?);
    let process: u32 = variable("MPS_PROCESS")?.parse()?;
    let until = Instant::now() + Duration::from_millis(variable("MPS_MILLISECONDS")?.parse()?);
    let front_end = FrontEnd::new(PipeDirectory::at(pipes)?).program(program).patience(10 * MINUTE);
    let daemon = MpsDaemon::attach_by(front_end)?;
    let work = |device: u32| {
        let ordinal = MpsDeviceOrdinal::new(device).expect("an ordinal");
        let mut rounds = 0;
        // A round each at the least, however slow the machine is.
        while rounds == 0 || Instant::now() < until {
            let mib = limit(rounds);
            let limit = PinnedDeviceMemoryLimit::new(Mib(mib)).expect("a limit");
            daemon.set_default_pinned_device_memory_limit(ordinal, limit).expect("it is set");
            let found = daemon.default_pinned_device_memory_limit(ordinal).expect("it is shown");
            assert_eq!(found, Some(format!("{mib}M")), "what was confirmed is true");
            rounds += 1;
        }
        (device, rounds)
    };
    let rounds: Vec<(u32, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (process * THREADS..(process + 1) * THREADS).map(|device| scope.spawn(move || work(device))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    let lines: String = rounds.iter().map(|(device, rounds)| format!("{device} {rounds}\n")).collect();
    Ok(fs::write(variable("MPS_TALLY")?, lines)?)
}

/// What was executed stands in the daemon's log.
fn hammer(program: Program, time: Duration) -> Outcome {
    let stage = Stage::set(program, "2xA100-SXM4-40GB")?;
    let daemon = stage.builder().start()?;
    let tally = |process: u32| stage.path(&format!("tally-{process}"));
    let children: Vec<_> = (0..PROCESSES)
        .map(|process| {
            let mut child = Command::new(env::current_exe()?);
            child.args(["--exact", "hammer::hammer_in_a_child", "--ignored"]).stdout(Stdio::null());
            child.env("MPS_PIPES", daemon.pipe_directory().path()).env("MPS_PROGRAM", stage.control());
            child.env("MPS_PROCESS", process.to_string()).env("MPS_TALLY", tally(process));
            child.env("MPS_MILLISECONDS", time.as_millis().to_string()).spawn()
        })
        .collect::<Result<_, _>>()?;
    for mut child in children {
        assert!(child.wait()?.success());
    }
    let mut expected = HashMap::new();
    for process in 0..PROCESSES {
        for line in fs::read_to_string(tally(process))?.lines() {
            let (device, rounds) = line.split_once(' ').ok_or("a tally")?;
            for round in 0..rounds.parse()? {
                let set = format!("Cmd:set_default_device_pinned_mem_limit {device} {}M", limit(round));
                *expected.entry(set).or_insert(0) += 1;
            }
            let get = format!("Cmd:get_default_device_pinned_mem_limit {device}");
            expected.insert(get, 2 * rounds.parse::<usize>()?);
        }
    }
    assert!(expected.len() >= 2 * (PROCESSES * THREADS) as usize, "every thread had a turn");
    // The daemon may write what it did after it has answered.
    let all: usize = expected.values().sum();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut executed = HashMap::new();
    while executed.values().sum::<usize>() < all && Instant::now() < deadline {
        executed.clear();
        for record in daemon.log().ok_or("a log")?.control()? {
            if record.text.contains("default_device_pinned_mem_limit") && record.text.starts_with("Cmd:") {
                *executed.entry(record.text).or_insert(0) += 1;
            }
        }
    }
    assert!(executed == expected, "of {all} commands, {} were executed", executed.values().sum::<usize>());
    println!("{all} commands on {:?}", stage.program);
    daemon.quit(SECOND)?;
    Ok(())
}

#[test]
fn pitfall_02_many_speakers_lose_no_command_and_none_is_executed_twice() -> Outcome {
    // NVIDIA's own where there is one.
    hammer(Program::all().pop().ok_or("a program")?, Duration::from_millis(500))
}

#[test]
#[ignore = "takes ten seconds for each of NVIDIA's programs in GPUSHARE_NVIDIA_TOOLS"]
fn pitfall_02_for_ten_seconds_on_nvidias_daemon() -> Outcome {
    let programs: Vec<_> = Program::nvidias().into_iter().filter(Program::has_limits).collect();
    assert!(!programs.is_empty(), "GPUSHARE_NVIDIA_TOOLS is not set");
    programs.into_iter().try_for_each(|program| hammer(program, Duration::from_secs(10)))
}
