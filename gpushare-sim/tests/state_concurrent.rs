//! Shared state under processes that change it at the same time, and under fork.

use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io, thread};

use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;
use state_support::{Client, ONE_SLICE, Talking, own_role, role, said, say, told_to_go_on};
use support::call;

mod state_support;
mod support;

const PROCESSES: usize = 12;
const ROUNDS: usize = 8;

fn shared(spec: &str) -> Machine {
    Machine::with_config_shared(&spec.parse::<MachineConfig>().unwrap()).unwrap()
}

/// Asks for one slice of the first GPU; what came of it, in words.
fn ask(client: &Client) -> String {
    match client.create(0, ONE_SLICE) {
        Ok(gi) => format!("{:?}", client.place(gi).unwrap()),
        Err(code) => format!("refused {code}"),
    }
}

/// Seven of twelve have an instance each, at the seven places that A100 has for it; five were refused for want of resources.
fn assert_shared_out(mut answers: Vec<String>) {
    answers.sort();
    let ids = [11, 12, 13, 14, 7, 8, 9];
    let places = ids.iter().enumerate().map(|(slice, id)| format!("[{id}, {slice}, 1]"));
    let refusals = vec![format!("refused {NVML_ERROR_INSUFFICIENT_RESOURCES}"); PROCESSES - 7];
    let mut expected: Vec<_> = places.chain(refusals).collect();
    expected.sort();
    assert_eq!(answers, expected);
}

fn destroy_all(client: &Client) {
    for gi in client.list(0, ONE_SLICE).unwrap() {
        client.destroy(gi).unwrap();
    }
}

#[test]
fn twelve_processes_share_seven_slices() {
    let machine = shared("1xA100-SXM4-40GB");
    let client = Client::of(machine.library_path());
    assert_eq!(call!(client.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(client.set_mig(0, 1), (NVML_SUCCESS, NVML_SUCCESS));
    let mut children: Vec<_> = (0..PROCESSES).map(|_| Talking::start(role(&machine, "ask"))).collect();
    for child in &mut children {
        assert_eq!(child.hear().as_deref(), Some("ready"));
    }
    for _ in 0..ROUNDS {
        children.iter_mut().for_each(Talking::go_on);
        assert_shared_out(children.iter_mut().map(|child| child.hear().unwrap()).collect());
        destroy_all(&client);
    }
    children.into_iter().for_each(Talking::end);
}

#[test]
fn twelve_forked_children_share_seven_slices() {
    let output = role(&shared("1xA100-SXM4-40GB"), "fork").output().unwrap();
    let answers = said(&output);
    assert_eq!(answers.len(), ROUNDS * PROCESSES, "{output:?}");
    for round in answers.chunks(PROCESSES) {
        assert_shared_out(round.to_vec());
    }
}

#[test]
fn a_fork_amid_calls_of_other_threads_leaves_a_child_that_can_call() {
    let shared = role(&shared("2xA100-SXM4-40GB"), "fork amid calls").output().unwrap();
    assert_eq!(said(&shared), ["all ended well"], "{shared:?}");
    let own = role(&Machine::from_spec("2xA100-SXM4-40GB").unwrap(), "fork amid calls").output().unwrap();
    assert_eq!(said(&own), ["all ended well"], "{own:?}");
}

#[test]
fn a_fork_after_the_library_was_unloaded_calls_nothing_of_it() {
    let output = role(&shared("1xA30"), "fork after unloading").output().unwrap();
    assert_eq!(said(&output), ["unloaded", "ended well"], "{output:?}");
}

/// Not a test but what the tests above run in processes of their own.
#[test]
fn child() {
    match own_role().as_deref() {
        Some("ask") => {
            let client = Client::start();
            say!("ready");
            while told_to_go_on() {
                say!("{}", ask(&client));
            }
        }
        Some("fork") => {
            let client = Client::start();
            assert_eq!(client.set_mig(0, 1), (NVML_SUCCESS, NVML_SUCCESS));
            for _ in 0..ROUNDS {
                let (start, open) = io::pipe().unwrap();
                let children: Vec<_> = (0..PROCESSES)
                    .map(|_| {
                        let (answer, mut mine) = io::pipe().unwrap();
                        let pid = fork(|| {
                            // SAFETY: the child has descriptors of its own, and this one is not used in it.
                            unsafe { libc::close(open.as_raw_fd()) };
                            let _ = io::read_to_string(&start);
                            io::Write::write_all(&mut mine, ask(&client).as_bytes()).is_ok()
                        });
                        (pid, answer)
                    })
                    .collect();
                drop(open);
                for (pid, answer) in children {
                    assert!(ended_well(pid));
                    say!("{}", io::read_to_string(answer).unwrap());
                }
                destroy_all(&client);
            }
        }
        Some("fork amid calls") => fork_amid_calls(),
        Some("fork after unloading") => {
            let client = Client::start();
            assert_eq!(call!(client.nvmlShutdown()), NVML_SUCCESS);
            drop(client);
            let loaded = fs::read_to_string("/proc/self/maps").unwrap();
            say!("{}", if loaded.contains("libnvidia-ml") { "still loaded" } else { "unloaded" });
            say!("{}", if ended_well(fork(|| true)) { "ended well" } else { "crashed" });
        }
        _ => {}
    }
}

fn fork_amid_calls() {
    let client = Client::start();
    for gpu in [0, 1] {
        assert_eq!(client.set_mig(gpu, 1), (NVML_SUCCESS, NVML_SUCCESS));
    }
    let stop = AtomicBool::new(false);
    let again = |work: &dyn Fn()| {
        while !stop.load(Ordering::Relaxed) {
            work();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| again(&|| client.destroy(client.create(1, ONE_SLICE).unwrap()).unwrap()));
        scope.spawn(|| again(&|| assert_eq!(client.count(), Ok(2))));
        scope.spawn(|| {
            again(&|| {
                assert_eq!(call!(client.nvmlInit_v2()), NVML_SUCCESS);
                let mut set = std::ptr::null_mut();
                assert_eq!(call!(client.nvmlEventSetCreate(&mut set)), NVML_SUCCESS);
                let mut data = nvmlEventData_t::default();
                assert_eq!(call!(client.nvmlEventSetWait_v2(set, &mut data, 3)), NVML_ERROR_TIMEOUT);
                assert_eq!(call!(client.nvmlEventSetFree(set)), NVML_SUCCESS);
                assert_eq!(call!(client.nvmlShutdown()), NVML_SUCCESS);
            });
        });
        let well = (0..150).all(|_| {
            let pid = fork(|| {
                // A call that hangs ends the child, and with it the test.
                // SAFETY: no memory is touched.
                unsafe { libc::alarm(20) };
                let gi = client.create(0, ONE_SLICE);
                gi.is_ok_and(|gi| client.destroy(gi).is_ok()) && call!(client.nvmlInit_v2()) == NVML_SUCCESS
            });
            ended_well(pid)
        });
        stop.store(true, Ordering::Relaxed);
        say!("{}", if well { "all ended well" } else { "a child crashed or hung" });
    });
}

/// Runs something in a child that is made by `fork`, whose exit code tells whether it went well.
fn fork(work: impl FnOnce() -> bool) -> libc::pid_t {
    // SAFETY: the child calls the library, which is what is tested, and otherwise only what glibc makes safe after a fork.
    unsafe {
        let pid = libc::fork();
        assert!(pid >= 0);
        if pid == 0 {
            libc::_exit(if work() { 0 } else { 1 });
        }
        pid
    }
}

fn ended_well(pid: libc::pid_t) -> bool {
    let mut status = 0;
    // SAFETY: `status` is valid for writing.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    waited == pid && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}
