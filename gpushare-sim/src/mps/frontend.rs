//! The front-end: lines in, answers out.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

use super::packet::Packets;
use super::settings::{below, pipe_folder};
use super::wire::{Answer, Greeting, Hello, Text};

/// As long as a line may be, without its end; what is longer is two lines.
const LINE: u64 = 4095;
/// What collects before it is written, where nobody watches.
const BUFFER: usize = 4096;

const NOT_FOUND: &str = "Cannot find MPS control daemon process";
const NOT_CONNECTED: &str = "Cannot authenticate or connect to MPS control daemon process";
const NOT_SENT: &str = "Cannot send command to MPS control daemon process";

pub(super) fn run() -> ExitCode {
    let mut output = Output::new();
    let outcome = converse(&mut io::stdin().lock(), &mut output);
    output.flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            if !words.is_empty() {
                eprintln!("{words}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Who may write to the privileged socket uses it.
fn connect() -> io::Result<Packets> {
    let folder = pipe_folder();
    Packets::connect(&below(&folder, "control_privileged")).or_else(|_| Packets::connect(&below(&folder, "control")))
}

fn converse(input: &mut dyn BufRead, output: &mut Output) -> Result<(), &'static str> {
    let daemon = connect().map_err(|_| NOT_FOUND)?;
    daemon.send(&Hello::FrontEnd).map_err(|_| NOT_CONNECTED)?;
    match daemon.receive().map_err(|_| NOT_CONNECTED)? {
        Some(Greeting::Served) => {}
        Some(Greeting::Dropped { silent: true }) => return Ok(()),
        // Until there is a command to send, nothing tells.
        Some(Greeting::Dropped { silent: false }) => return Err(line(input).map_or("", |_| NOT_SENT)),
        None => return Err(NOT_CONNECTED),
    }
    while let Some(line) = line(input) {
        daemon.send(&line).map_err(|_| NOT_SENT)?;
        match daemon.receive() {
            Ok(Some(Answer::Text(text))) => output.write(&text),
            Ok(Some(Answer::Lost)) => {
                output.collected.clear();
                break;
            }
            // The daemon is gone, as it should be after `quit`.
            Ok(None) => return Ok(()),
            Err(_) => return Err(""),
        }
    }
    daemon.end();
    // A daemon that is ending lets go of its front-ends last.
    let _ = daemon.receive::<Answer>();
    Ok(())
}

/// The next line, as `fgets` and a C string have it: up to a NUL, and cut in two where it is too long.
fn line(input: &mut dyn BufRead) -> Option<Text> {
    let mut line = Vec::new();
    let read = input.take(LINE).read_until(b'\n', &mut line).unwrap_or(0);
    if read == 0 {
        return None;
    }
    let end = line.iter().position(|byte| matches!(byte, 0 | b'\n')).unwrap_or(line.len());
    line.truncate(end);
    Some(line)
}

/// Standard output, which collects as C's does: lines for a terminal, blocks for all else. `stdbuf` has its say.
struct Output {
    collected: Vec<u8>,
    at_once: bool,
}

impl Output {
    fn new() -> Self {
        let chosen = std::env::var("_STDBUF_O").ok();
        let at_once = match chosen.as_deref() {
            Some(mode @ ("L" | "0")) => !mode.is_empty(),
            _ => io::stdout().is_terminal(),
        };
        Self { collected: Vec::new(), at_once }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.collected.extend_from_slice(bytes);
        if self.at_once {
            self.flush();
        }
        while self.collected.len() >= BUFFER {
            let block: Vec<_> = self.collected.drain(..BUFFER).collect();
            put(&block);
        }
    }

    fn flush(&mut self) {
        put(&std::mem::take(&mut self.collected));
    }
}

fn put(bytes: &[u8]) {
    let mut output = io::stdout().lock();
    // Who does not listen misses it.
    let _ = output.write_all(bytes).and_then(|()| output.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_as_c_cuts_them() {
        let long = [b"a".repeat(4095), b"b\n".to_vec()].concat();
        let mut input = io::Cursor::new([b"one\r\ntwo\0three\n\n".to_vec(), long, b"last".to_vec()].concat());
        let lines: Vec<_> = std::iter::from_fn(|| line(&mut input)).collect();
        let expected = [b"one\r".to_vec(), b"two".to_vec(), vec![], b"a".repeat(4095), b"b".to_vec(), b"last".to_vec()];
        assert_eq!(lines, expected);
    }
}
