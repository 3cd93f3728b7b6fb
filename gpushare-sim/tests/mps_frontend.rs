//! How a front-end reads, writes and ends: simulated, and NVIDIA's own where it is there.

use std::os::unix::fs::FileTypeExt;
use std::{fs, thread};

use mps_support::{Daemon, NOT_FOUND, Program, REFUSED, Said, Site};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

mod mps_support;

const GET: &str = "get_default_active_thread_percentage\n";

fn unknown(word: &str) -> String {
    format!("Unknown command \"{word}\"\n")
}

#[test]
fn lines_are_cut_as_c_cuts_them() {
    let words = |words: &[&str]| words.iter().copied().map(unknown).collect::<String>();
    let rows: [(&[u8], String); 9] = [
        (b"", String::new()),
        (b"foo", words(&["foo"])),
        (b"foo\r\nbar\r\n", words(&["foo", "bar"])),
        (b"x\0y\nfoo\n", words(&["x", "foo"])),
        (b"\n\n", words(&["", ""])),
        (b"   \n\tfoo bar\n", words(&["", "foo"])),
        (b"get_client_list 7\0 8\n", "Server 7 not found\n".to_owned()),
        (b" get_default_active_thread_percentage extra\twords\r\n", "100.0\n".to_owned()),
        (b"get_default_active_thread_percentage\tx", "100.0\n".to_owned()),
    ];
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        for (input, output) in &rows {
            assert_eq!(daemon.talk(input), Said::ok(output), "{:?} on {program:?}", String::from_utf8_lossy(input));
        }
    }
}

#[test]
fn pitfall_05_a_line_that_is_too_long_is_a_second_command() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let filler = "a".repeat(4095);
        let said = daemon.talk(format!("{filler}set_default_active_thread_percentage 7\n{GET}"));
        let cut: String = unknown(&filler).chars().take(4096).collect();
        assert_eq!(said, Said::ok(&format!("{cut}\n7.0\n7.0\n")), "{program:?}");
        let longest = "b".repeat(4094);
        let cut: String = unknown(&longest).chars().take(4096).collect();
        assert_eq!(daemon.talk(format!("{longest}\n")), Said::ok(&format!("{cut}\n")), "{program:?}");
    }
}

#[test]
fn answers_carry_no_end_so_an_unknown_word_frames_them() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let said = daemon.talk(format!("get_server_list\n#1\n{GET}#2\n"));
        assert_eq!(said, Said::ok(&format!("{}100.0\n{}", unknown("#1"), unknown("#2"))), "{program:?}");
    }
}

#[test]
fn output_is_kept_until_a_block_is_full_or_the_input_ends() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let mut front_end = daemon.front_end();
        for _ in 0..600 {
            front_end.say(GET.trim());
        }
        daemon.logs("100.0");
        let first: Vec<_> = (0..682).map(|_| ()).collect();
        for _ in 0..100 {
            front_end.say(GET.trim());
        }
        // 682 answers of 6 bytes, and 4 bytes of the next: one block.
        for () in first {
            assert_eq!(front_end.hear(), "100.0", "{program:?}");
        }
        let rest = front_end.end();
        assert_eq!(rest, Said::ok(&"100.0\n".repeat(18)), "{program:?}");
    }
}

#[test]
fn without_a_daemon_a_front_end_says_so() {
    for program in Program::all() {
        let site = Site::new(&program);
        assert_eq!(site.run(site.control(&[]), b"x\n"), Said::failed(NOT_FOUND), "{program:?}");
        fs::create_dir(site.path("pipe")).unwrap();
        assert_eq!(site.run(site.control(&[]), b""), Said::failed(NOT_FOUND), "{program:?}");
    }
}

#[test]
fn commands_as_arguments_are_not_carried_out() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let said = daemon.site.run(daemon.site.control(&["set_default_active_thread_percentage", "7"]), b"");
        if program.branch == 555 {
            assert_eq!((said.code, said.error.as_str()), (Some(1), ""));
            assert!(said.output.starts_with("CUDA MPS Control for Linux/Unix.\n"), "{said:?}");
        } else {
            assert_eq!(said, Said::ok(""), "{program:?}");
        }
        assert_eq!(daemon.ask(GET.trim()), "100.0\n");
    }
}

#[test]
fn pitfall_15_options_differ_by_branch() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        for words in [&["-v"][..], &["-S"], &["-x"]] {
            let said = daemon.site.run(daemon.site.control(words), GET.as_bytes());
            if program.branch >= 555 {
                assert_eq!(said.code, Some(1), "{words:?} on {program:?}");
                assert!(said.output.starts_with("CUDA MPS Control for "), "{said:?}");
            } else {
                assert_eq!(said, Said::ok("100.0\n"), "{words:?} on {program:?} makes a front-end");
            }
        }
        let help = daemon.site.run(daemon.site.control(&["-h"]), b"");
        assert_eq!((help.code, help.error.as_str()), (Some(0), ""));
        assert!(help.output.starts_with("CUDA MPS Control for Linux/Unix"), "{help:?}");
        assert_eq!(help.output.contains("\n  -M,--multiuser-server "), program.branch >= 580);
        assert_eq!(help.output.contains("\n  device_query "), program.branch >= 580);
        assert_eq!(daemon.site.run(daemon.site.control(&["--help"]), b""), help);
    }
}

#[test]
fn pitfall_02_while_one_front_end_is_served_all_others_are_dropped() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let mut first = daemon.front_end();
        first.say(GET.trim());
        daemon.logs("NEW UI");
        let mut outcomes = [0, 0, 0];
        for value in 10..30 {
            let said = daemon.talk(format!("set_default_active_thread_percentage {value}\n"));
            // NVIDIA's may fail without a word, too.
            let known = [Said::failed(REFUSED), Said::ok(""), Said::failed("")];
            let which = known.iter().position(|outcome| *outcome == said);
            outcomes[which.unwrap_or_else(|| panic!("{said:?} on {program:?}"))] += 1;
        }
        if program.simulated {
            assert_eq!(outcomes, [10, 10, 0], "in turn");
        }
        first.say(GET.trim());
        assert_eq!(first.end(), Said::ok("100.0\n100.0\n"), "none of the others was carried out");
        assert_eq!(daemon.ask(GET.trim()), "100.0\n", "{program:?}");
    }
}

#[test]
fn a_front_end_is_lost_when_a_test_says_so() {
    let site = Site::new(&Program::simulated(580));
    let daemon =
        site.with("GPUSHARE_SIM_MPS_FAULTS", "ui#2=silent;ui#3=refuse;command#3=silent;command#4=kill").start();
    assert_eq!(daemon.talk("set_default_active_thread_percentage 10\n"), Said::ok("10.0\n"));
    assert_eq!(daemon.talk("set_default_active_thread_percentage 20\n"), Said::ok(""));
    assert_eq!(daemon.talk("set_default_active_thread_percentage 30\n"), Said::failed(REFUSED));
    assert_eq!(daemon.talk(GET), Said::ok("10.0\n"));
    assert_eq!(daemon.talk(GET), Said::ok(""), "the third command");
    let server = daemon.pid();
    assert_eq!(daemon.talk(GET), Said::ok(""), "which killed the daemon");
    mps_support::until("the daemon's end", || (!mps_support::runs(server)).then_some(()));
    assert_eq!(daemon.talk(GET), Said::failed(NOT_FOUND));
}

#[test]
fn quit_can_lose_the_output_of_what_came_before() {
    let site = Site::new(&Program::simulated(580)).with("GPUSHARE_SIM_MPS_FAULTS", "quit#1=silent");
    let daemon = site.start();
    assert_eq!(daemon.talk(format!("{GET}quit\n")), Said::ok(""));
    assert_eq!(daemon.site.holder(), None);
}

#[test]
fn a_fault_that_is_none_is_refused_with_what_is_allowed() {
    let site = Site::new(&Program::simulated(580)).with("GPUSHARE_SIM_MPS_FAULTS", "ui#0=silent");
    let said = site.run(site.control(&["-d"]), b"");
    assert_eq!(said.code, Some(1));
    assert!(said.error.contains("\"ui#0=silent\"") && said.error.contains("server#N=exit"), "{said:?}");
}

#[test]
fn pitfall_03_one_who_connects_and_says_nothing_wedges_the_daemon() {
    for program in Program::all() {
        let daemon = Daemon::of(&program);
        let silent = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        connect(&silent, &SocketAddrUnix::new(daemon.site.pipe("control")).unwrap()).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| daemon.talk(GET));
            // The daemon took the silent one: the front-end waits behind it.
            mps_support::until("a front-end that waits", || {
                let asleep = |log: Vec<String>| log.last().is_some_and(|line| line == "Accepting connection...");
                asleep(daemon.site.log("control.log")).then_some(())
            });
            assert!(!waiting.is_finished(), "{program:?}");
            drop(silent);
            assert_eq!(waiting.join().unwrap(), Said::ok("100.0\n"), "{program:?}");
        });
        // NVIDIA's says the second where it did not wait for the credentials yet when the silent one left.
        let words = ["User did not send valid credentials", "Unable to accept connection"];
        mps_support::until("a word about the silent one", || {
            daemon.site.log("control.log").iter().any(|line| words.contains(&line.as_str())).then_some(())
        });
        assert!(fs::metadata(daemon.site.pipe("control")).unwrap().file_type().is_socket());
    }
}
