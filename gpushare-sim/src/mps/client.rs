//! A client: does to MPS what a CUDA program does, step by step as it is told.

use std::process::ExitCode;
use std::{env, fs, io, thread};

use super::board::Board;
use super::packet::Packets;
use super::rules::{Attached, Share, code};
use super::settings::{LIMITS_VARIABLE, PERCENTAGE_VARIABLE, below, pipe_folder};
use super::wire::{Call, Hello, Welcome};

/// Makes each context read the percentage anew.
const PER_CONTEXT_VARIABLE: &str = "CUDA_MPS_ENABLE_PER_CTX_DEVICE_MULTIPROCESSOR_PARTITIONING";

pub(super) fn run() -> ExitCode {
    let mut client = Client { process: None, contexts: Vec::new(), percentage: env::var(PERCENTAGE_VARIABLE).ok() };
    let arguments = env::args().skip(1);
    let lines = io::stdin().lines().map_while(Result::ok);
    for command in arguments.chain(lines) {
        match client.carry_out(&command) {
            Step::Say(answer) => println!("{answer}"),
            Step::End(status) => return ExitCode::from(status),
        }
    }
    ExitCode::SUCCESS
}

enum Step {
    Say(String),
    End(u8),
}

struct Client {
    /// The process's own connection, after `init`.
    process: Option<Packets>,
    contexts: Vec<Packets>,
    percentage: Option<String>,
}

impl Client {
    fn carry_out(&mut self, command: &str) -> Step {
        let mut words = command.split_whitespace();
        let (name, value) = (words.next().unwrap_or_default(), words.next());
        let answer = match (name, value.map(str::parse::<u64>)) {
            ("init", None) => self.init(),
            ("context", None) => self.context(0),
            ("context", Some(Ok(device @ 0..=31))) => self.context(device as u8),
            ("work", None) => self.call(&Call::Work),
            ("fault", None) => self.call(&Call::Fault),
            ("allocate", Some(Ok(mib))) => self.call(&Call::Allocate(mib.saturating_mul(1 << 20))),
            ("pid", None) => std::process::id().to_string(),
            ("hang", None) => loop {
                thread::park();
            },
            ("exit", None) => return Step::End(0),
            ("exit", Some(Ok(status @ 0..=255))) => return Step::End(status as u8),
            _ => format!(
                "{command:?} is no command; allowed are init, context [0-31], work, allocate MIB, fault, hang, pid, exit [0-255]"
            ),
        };
        Step::Say(answer)
    }

    fn init(&mut self) -> String {
        let control = below(&pipe_folder(), "control");
        // CUDA connects once to see whether there is a daemon.
        if Packets::connect(&control).is_err() {
            return "no daemon".to_owned();
        }
        self.connect(None)
    }

    fn context(&mut self, device: u8) -> String {
        if self.process.is_none() {
            return refused(code::NO_DEVICE);
        }
        if env::var(PER_CONTEXT_VARIABLE).is_ok_and(|value| value == "1") {
            self.percentage = env::var(PERCENTAGE_VARIABLE).ok();
        }
        self.connect(Some(device))
    }

    /// Connects and waits for a server, for as long as it takes.
    fn connect(&mut self, device: Option<u8>) -> String {
        let attached = Attached {
            pid: 0,
            name: env::args().next().unwrap_or_default(),
            namespace: namespace(),
            device,
            percentage: self.percentage.clone(),
            limits: env::var(LIMITS_VARIABLE).ok(),
        };
        let connect = || -> io::Result<(Packets, Option<Welcome>)> {
            let connection = Packets::connect(&below(&pipe_folder(), "control"))?;
            connection.send(&Hello::Client(attached))?;
            let welcome = connection.receive()?;
            Ok((connection, welcome))
        };
        match connect() {
            Ok((connection, Some(Welcome::Served { server, share }))) => {
                match device {
                    None => self.process = Some(connection),
                    Some(_) => self.contexts.push(connection),
                }
                served(server, &share)
            }
            Ok((_, Some(Welcome::Refused(code)))) => refused(code),
            _ => refused(code::CONNECTION_FAILED),
        }
    }

    fn call(&mut self, call: &Call) -> String {
        let Some(connection) = self.contexts.last().or(self.process.as_ref()) else { return refused(code::NO_DEVICE) };
        let outcome = connection.send(call).and_then(|()| connection.receive());
        match outcome {
            Ok(Some(code::SUCCESS)) => "ok".to_owned(),
            Ok(Some(code)) => refused(code),
            Ok(None) | Err(_) => {
                leave_lists();
                refused(code::RPC_FAILURE)
            }
        }
    }
}

fn served(server: u32, share: &Share) -> String {
    let limit = share.limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
    format!("server {server} percentage {} multiprocessors {} limit {limit}", share.percentage, share.multiprocessors)
}

fn refused(code: u32) -> String {
    format!("error {code}")
}

/// Takes this process out of the lists, now that its server cannot.
fn leave_lists() {
    let board = Board::find();
    for device in board.devices() {
        board.remove(&device, std::process::id());
    }
}

/// The number of the PID namespace, which `ps` shows.
fn namespace() -> u64 {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let text = link.to_string_lossy();
    let number: String = text.chars().filter(char::is_ascii_digit).collect();
    number.parse().unwrap_or(0)
}
