//! What a folder with a shared state may be like: read-only, full, another user's, broken.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;
use std::{env, fs};

use gpushare_sys::*;
use state_support::{Client, Installed, ONE_SLICE, Talking, complaints, own_role, said, say, told_to_go_on};
use support::call;

mod state_support;
mod support;

const MACHINE: &str = "root = \"root\"\nstate = \"state\"\n[[gpu]]\nmodel = \"A100-SXM4-40GB\"\nmig = true\n";
/// Names the user that a child becomes if it is root.
const USER: &str = "GPUSHARE_SIM_TEST_USER";
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    // SAFETY: no memory is touched.
    unsafe { libc::geteuid() == 0 }
}

/// Runs a role as a user without privileges: root may write in folders that nobody may write in.
fn run(installed: &Installed, role: &str) -> Output {
    run_as(installed, role, NOBODY)
}

fn run_as(installed: &Installed, role: &str, user: u32) -> Output {
    installed.role(role).env(USER, user.to_string()).output().unwrap()
}

/// Everything in the state's folder.
fn names(installed: &Installed) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(installed.path("state"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// One line, from the library, with these words.
fn assert_one_complaint(output: &Output, words: &[&str]) {
    let complaints = complaints(output);
    assert_eq!(complaints.len(), 1, "{output:?}");
    assert!(words.iter().all(|word| complaints[0].contains(word)), "{complaints:?} without {words:?}");
}

#[test]
fn a_folder_that_may_not_be_written_can_be_read_and_refuses_changes() {
    let installed = Installed::described(&MACHINE.replace("\"root\"", "\"\""));
    installed.allow("state", 0o777);
    assert_eq!(said(&run(&installed, "create")), ["init 0", "created 1 1"]);
    let before = fs::read(installed.path("state/state")).unwrap();
    // The file itself is the user's own and may be written.
    installed.allow("state", 0o555);
    let output = run(&installed, "create");
    assert_eq!(said(&output), ["init 0", "refused 17 1"]);
    assert_one_complaint(&output, &[&installed.path("state").display().to_string(), "Permission denied"]);
    assert_eq!(fs::read(installed.path("state/state")).unwrap(), before);
    installed.allow("state", 0o755);
}

#[test]
fn a_state_that_cannot_be_begun_is_no_driver() {
    let installed = Installed::described(MACHINE);
    installed.allow("state", 0o555);
    let output = run(&installed, "create");
    assert_eq!(said(&output), ["init 9"]);
    assert_one_complaint(&output, &[&installed.path("").display().to_string(), "Permission denied"]);
    assert_eq!(names(&installed), [""; 0]);
    installed.allow("state", 0o755);
}

#[test]
fn a_full_disk_refuses_changes_and_leaves_all_as_it_was() {
    for text in [MACHINE.to_owned(), MACHINE.replace("\"state\"", "\"\""), MACHINE.replace("\"root\"", "\"\"")] {
        let installed = Installed::described(&text);
        let output = installed.role("fill the disk").output().unwrap();
        assert_eq!(said(&output), ["refused 17", "the same", "created", "destroyed"], "{text} {output:?}");
        assert_one_complaint(&output, &[installed.path("").to_str().unwrap(), "File too large"]);
        let state: &[&str] = if text.contains("state = \"state\"") { &["state"] } else { &[] };
        assert_eq!(names(&installed), state);
    }
}

#[test]
fn a_full_disk_refuses_a_mode_change_in_both_answers() {
    let installed = Installed::described(&MACHINE.replace("mig = true", "mig = false"));
    let output = installed.role("change the mode on a full disk").output().unwrap();
    assert_eq!(said(&output), ["17 17", "0 0"], "{output:?}");
}

#[test]
fn another_users_state_can_be_changed_where_its_folder_may_be_written_if_root_runs_this() {
    if !is_root() {
        println!("this test needs root");
        return;
    }
    let installed = Installed::described(MACHINE);
    fs::create_dir(installed.path("root")).unwrap();
    installed.allow("state", 0o777);
    installed.allow("root", 0o777);
    for (user, listed) in [(0, 1), (NOBODY, 2), (1, 3), (NOBODY, 4), (0, 5)] {
        let output = run_as(&installed, "create with a narrow umask", user);
        assert_eq!(said(&output), ["init 0".to_owned(), format!("created {listed} {listed}")], "{output:?}");
        let shown = installed.path("root/proc/driver/nvidia/capabilities/gpu0/mig");
        assert_eq!(fs::read_dir(shown).unwrap().count(), listed);
    }
}

#[test]
fn whoever_begins_anew_after_the_state_was_removed_finds_a_new_machine() {
    let installed = Installed::described(MACHINE);
    let mut client = Talking::start(installed.role("begin anew when told"));
    assert_eq!(client.hear().as_deref(), Some("created 1 1"));
    client.go_on();
    assert_eq!(client.hear().as_deref(), Some("created 2 2"));
    fs::remove_dir_all(installed.path("state")).unwrap();
    client.go_on();
    assert_eq!(client.hear().as_deref(), Some("created 1 1"));
    client.end();
}

#[test]
fn who_may_do_what_depends_on_the_user_if_root_runs_this() {
    if !is_root() {
        println!("this test needs root");
        return;
    }
    let by_user = |access: &str| {
        let installed = Installed::described(&format!("access = {access}\n{}", MACHINE.replace("\"root\"", "\"\"")));
        installed.allow("state", 0o777);
        let outcomes = [0, NOBODY, 1000].map(|user| said(&run_as(&installed, "create", user)).pop().unwrap());
        outcomes.map(|outcome| outcome.split(' ').take(2).collect::<Vec<_>>().join(" "))
    };
    // Who may not create may not list either.
    assert_eq!(by_user("\"by-user\""), ["created 1", "refused 4", "refused 4"]);
    assert_eq!(by_user("{ admins = [1000] }"), ["refused 4", "refused 4", "created 1"]);
    assert_eq!(by_user("\"admin\""), ["created 1", "created 2", "created 3"]);
}

#[test]
fn a_process_is_judged_by_its_present_user_if_root_runs_this() {
    if !is_root() {
        println!("this test needs root");
        return;
    }
    let installed = Installed::described(&format!("access = \"by-user\"\n{MACHINE}"));
    let output = installed.role("become another user").output().unwrap();
    assert_eq!(said(&output), ["created", "refused 4"], "{output:?}");
}

/// Puts something in the place of the state's file, and gives what a client finds.
fn with_state(put: impl FnOnce(&Path, Vec<u8>)) -> (Installed, Output) {
    let installed = Installed::described(MACHINE);
    assert_eq!(said(&installed.role("create").output().unwrap()), ["init 0", "created 1 1"]);
    let state = installed.path("state/state");
    let content = fs::read(&state).unwrap();
    fs::remove_file(&state).unwrap();
    put(&state, content);
    let output = installed.role("create").output().unwrap();
    (installed, output)
}

fn assert_no_driver((installed, output): &(Installed, Output), words: &[&str]) {
    assert_eq!(said(output), ["init 9"], "{output:?}");
    assert!(output.status.success(), "{output:?}");
    let state = installed.path("state/state").display().to_string();
    assert_one_complaint(output, &[&[state.as_str()], words].concat());
}

#[test]
fn what_is_no_state_is_refused_by_name() {
    assert_no_driver(&with_state(|path, _| fs::write(path, "").unwrap()), &["cut short"]);
    assert_no_driver(&with_state(|path, _| fs::write(path, [b'x'; 9999]).unwrap()), &["does not begin"]);
    assert_no_driver(&with_state(|path, content| fs::write(path, &content[..4200]).unwrap()), &["cut short"]);
    let flipped = |path: &Path, content: Vec<u8>| {
        // Somewhere in the middle of the machine.
        let content = String::from_utf8(content).unwrap().replace("gpu_instances", "gpu_instanceS");
        fs::write(path, content).unwrap();
    };
    assert_no_driver(&with_state(flipped), &["checksum"]);
    assert_no_driver(&with_state(|path, _| fs::create_dir(path).unwrap()), &["no plain file"]);
    let pipe = |path: &Path, _: Vec<u8>| {
        let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: the path ends with NUL.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    };
    assert_no_driver(&with_state(pipe), &[]);
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("state");
    let linked = with_state(|path, content| {
        fs::write(&target, content).unwrap();
        symlink(&target, path).unwrap();
    });
    assert_no_driver(&linked, &["symbolic link"]);

    // Nor is one under the name by which a file becomes the state.
    let installed = Installed::described(MACHINE);
    fs::write(&target, "mine").unwrap();
    symlink(&target, installed.path("state/state.next")).unwrap();
    assert_eq!(said(&installed.role("create").output().unwrap()), ["init 0", "created 1 1"]);
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert_eq!(names(&installed), ["state"]);
}

#[test]
fn a_state_that_breaks_or_vanishes_meanwhile_is_refused_until_it_is_there_again() {
    let installed = Installed::described(MACHINE);
    let mut client = Talking::start(installed.role("create when told"));
    let state = installed.path("state/state");
    assert_eq!(client.hear().as_deref(), Some("created 1 1"));
    let content = fs::read(&state).unwrap();
    fs::remove_file(&state).unwrap();
    client.go_on();
    assert_eq!(client.hear().as_deref(), Some("refused 17 refused 17"));
    fs::write(&state, "nonsense").unwrap();
    client.go_on();
    assert_eq!(client.hear().as_deref(), Some("refused 17 refused 17"));
    fs::write(&state, content).unwrap();
    client.go_on();
    assert_eq!(client.hear().as_deref(), Some("created 2 2"));
    client.end();
}

/// Creates an instance; what came of it, and how many a list shows then.
fn create(client: &Client) -> String {
    let mut gpu = std::ptr::null_mut();
    let code = call!(client.nvmlDeviceGetHandleByIndex_v2(0, &mut gpu));
    if code != NVML_SUCCESS {
        return format!("refused {code} refused {code}");
    }
    let created = client.create(0, ONE_SLICE);
    let listed = client.list(0, ONE_SLICE).map_or_else(|code| format!("refused {code}"), |all| all.len().to_string());
    created.map_or_else(|code| format!("refused {code} {listed}"), |_| format!("created {listed} {listed}"))
}

/// Makes files of more than a few bytes impossible to write, or possible again, as on a full disk.
fn fill_the_disk(full: bool) {
    let limit = if full { 8 } else { libc::RLIM_INFINITY };
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the struct is valid for reading, and the signal's disposition is no function.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
}

fn become_user(user: u32) {
    // SAFETY: no memory is touched.
    unsafe {
        assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
        assert_eq!(libc::setgid(user), 0);
        assert_eq!(libc::setuid(user), 0);
    }
}

/// Not a test but what the tests above run in processes of their own.
#[test]
fn child() {
    let Some(role) = own_role() else { return };
    let user: Option<u32> = env::var(USER).ok().map(|user| user.parse().unwrap());
    if let Some(user) = user.filter(|user| *user != 0 && is_root()) {
        become_user(user);
    }
    let client = Client::cold();
    if role == "create with a narrow umask" {
        // SAFETY: no memory is touched.
        unsafe { libc::umask(0o077) };
    }
    let code = call!(client.nvmlInit_v2());
    match role.as_str() {
        "create" | "create with a narrow umask" => {
            say!("init {code}");
            if code == NVML_SUCCESS {
                say!("{}", create(&client));
            }
        }
        "create when told" => {
            say!("{}", create(&client));
            while told_to_go_on() {
                say!("{}", create(&client));
            }
        }
        "begin anew when told" => {
            say!("{}", create(&client));
            while told_to_go_on() {
                assert_eq!(call!(client.nvmlShutdown()), NVML_SUCCESS);
                assert_eq!(call!(client.nvmlInit_v2()), NVML_SUCCESS);
                say!("{}", create(&client));
            }
        }
        "fill the disk" => {
            let own = client.create(0, 14).unwrap();
            let before = client.place(own);
            fill_the_disk(true);
            say!("{}", client.create(0, ONE_SLICE).map_or_else(|code| format!("refused {code}"), |_| "created".into()));
            let same = client.list(0, ONE_SLICE) == Ok(Vec::new()) && client.place(own) == before;
            fill_the_disk(false);
            let files = Path::new(&env::var_os("GPUSHARE_SIM_TEST_LIBRARY").unwrap())
                .with_file_name("root/proc/driver/nvidia/capabilities/gpu0/mig");
            let shown = fs::read_dir(files).map_or(1, Iterator::count);
            say!("{}", if same && shown == 1 { "the same" } else { "another" });
            let created = client.create(0, ONE_SLICE);
            say!("{}", if created.is_ok() { "created" } else { "refused" });
            say!("{}", if created.and_then(|gi| client.destroy(gi)).is_ok() { "destroyed" } else { "refused" });
        }
        "change the mode on a full disk" => {
            for full in [true, false] {
                fill_the_disk(full);
                let (code, activation) = client.set_mig(0, 1);
                say!("{code} {activation}");
            }
        }
        "become another user" => {
            say!("{}", if client.create(0, ONE_SLICE).is_ok() { "created" } else { "refused" });
            become_user(NOBODY);
            say!("{}", client.create(0, ONE_SLICE).map_or_else(|code| format!("refused {code}"), |_| "created".into()));
        }
        _ => {}
    }
}
