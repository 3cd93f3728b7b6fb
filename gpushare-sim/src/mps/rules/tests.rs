//! The rules with a world of paper: who may do what, without needing to be him.

use super::*;

/// Servers that are ready as soon as they start, with one device each.
#[derive(Default)]
struct Paper {
    log: Vec<String>,
    servers: Vec<(i32, Served)>,
    handed_over: Vec<(u64, i32)>,
    refused: Vec<(u64, u32)>,
    interrupted: Vec<i32>,
}

fn device() -> DeviceRow {
    let uuid = "GPU-00000000-0000-0000-0000-000000000000".to_owned();
    DeviceRow { uuid, name: "NVIDIA H200".into(), pci: [0; 4], multiprocessors: 132, gpu: 0, instance: None }
}

impl World for Paper {
    fn log(&mut self, text: &str) {
        self.log.push(text.to_owned());
    }

    fn spawn(&mut self, _: u32, config: &Config) -> Option<i32> {
        let pid = 100 + self.servers.len() as i32;
        let version = Version::new(config.branch)?;
        self.servers.push((pid, Served::new(version, config.clone(), vec![device()])));
        Some(pid)
    }

    fn ask(&mut self, server: i32, request: &Request) -> Option<Reply> {
        let (_, served) = self.servers.iter_mut().find(|(pid, _)| *pid == server)?;
        Some(served.answer(request.clone()))
    }

    fn interrupt(&mut self, server: i32) {
        self.interrupted.push(server);
    }

    fn hand_over(&mut self, client: u64, server: i32) {
        self.handed_over.push((client, server));
    }

    fn refuse(&mut self, client: u64, code: u32) {
        self.refused.push((client, code));
    }

    fn devices(&self) -> Vec<DeviceRow> {
        vec![device()]
    }
}

const OWNER: u32 = 1000;
const STRANGER: u32 = 2000;

fn answer(control: &mut Control, world: &mut Paper, uid: u32, line: &str) -> String {
    match control.command(line.as_bytes(), Caller { uid }, world) {
        Outcome::Answer(answer) => String::from_utf8(answer).unwrap(),
        Outcome::Quit(seconds) => format!("quits after {seconds:?}"),
    }
}

fn daemon(branch: u32) -> (Control, Paper) {
    (Control::new(Version::new(branch).unwrap(), OWNER, false), Paper::default())
}

#[test]
fn strangers_change_defaults_before_550_alone() {
    for (branch, expected) in [(535, "33.0\n"), (550, "Insufficient"), (580, "Insufficient")] {
        let (mut control, mut world) = daemon(branch);
        let said = answer(&mut control, &mut world, STRANGER, "set_default_active_thread_percentage 33");
        assert!(said.starts_with(expected), "{said} on {branch}");
        for uid in [OWNER, 0] {
            assert_eq!(answer(&mut control, &mut world, uid, "set_default_active_thread_percentage 50"), "50.0\n");
        }
    }
}

#[test]
fn quit_is_for_the_owner_and_root() {
    let (mut control, mut world) = daemon(580);
    let refusal = "Not enough privilege to execute quit command\n";
    assert_eq!(answer(&mut control, &mut world, STRANGER, "quit -t 3"), refusal);
    assert_eq!(answer(&mut control, &mut world, OWNER, "quit -t 3"), "quits after Some(3)");
    let said = answer(&mut control, &mut world, OWNER, &format!("start_server -uid {OWNER}"));
    assert_eq!(said, "The MPS control daemon is shutting down\n");
}

#[test]
fn clients_wait_for_a_server_of_their_own_user() {
    let (mut control, mut world) = daemon(580);
    control.connect(1, 11, OWNER, &mut world);
    control.connect(2, 12, STRANGER, &mut world);
    assert!(control.ready(100, &mut world));
    assert!(!control.ready(999, &mut world), "a server that nobody started");
    assert_eq!(world.handed_over, [(1, 100)]);
    control.exited(100, 0, &mut world);
    assert!(control.ready(101, &mut world));
    assert_eq!(world.handed_over, [(1, 100), (2, 101)]);
}

#[test]
fn a_client_is_refused_when_its_server_failed_six_times() {
    let (mut control, mut world) = daemon(580);
    control.connect(1, 11, OWNER, &mut world);
    for pid in 100..106 {
        assert_eq!(world.refused, []);
        control.exited(pid, 1, &mut world);
    }
    assert_eq!(world.refused, [(1, code::CONNECTION_FAILED)]);
    assert!(!control.has_servers() && !control.is_clean());
}
