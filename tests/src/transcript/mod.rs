//! A session of `nvidia-smi` and the commands around it, read as typed steps.
//!
//! The reader knows the tables as driver 580 prints them. It takes each heading word by word and refuses what it does not know, so that a
//! column which moved is an error and never a wrong number. Profile names come without the `MIG ` that `nvidia-smi` puts before them.

mod fields;
mod reader;
mod rows;

use fields::Line;
use reader::Reader;
pub use rows::*;

/// MIG set up by hand on an A100-SXM4-40GB: the text, with two slips that its header names.
pub const A100_WALKTHROUGH: &str = include_str!("../../data/a100-walkthrough.txt");

/// A line that the reader does not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ParseError {
    /// The line's number, from 1.
    pub line: usize,
    /// What was expected.
    pub message: String,
}

type Result<T> = std::result::Result<T, ParseError>;

/// Reads a transcript.
///
/// A command starts with `$ `, `CUDA_VISIBLE_DEVICES=`, `ls ` or `find `; the last is a loop that ends with `done`. A line that starts
/// with `#` is a comment and ends an answer.
///
/// # Errors
///
/// [`ParseError`] at the first line that is not what its command answers.
pub fn parse(text: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut lines = text.lines().enumerate().map(|(index, text)| Line { number: index + 1, text }).peekable();
    while let Some(line) = lines.next() {
        if line.is_blank() || line.text.starts_with('#') {
            continue;
        }
        let Some(first) = line.command() else {
            return Err(line.error("a command"));
        };
        let mut command = first.to_owned();
        if first.starts_with("find ") {
            while !command.ends_with("\ndone") {
                let next = lines.next().ok_or_else(|| line.error("`done` after it"))?;
                command = command + "\n" + next.text;
            }
        }
        let mut answer = Vec::new();
        while let Some(next) = lines.next_if(|next| next.command().is_none() && !next.text.starts_with('#')) {
            if !next.is_blank() {
                answer.push(next);
            }
        }
        let mut reader = Reader::new(&answer, line.number);
        let answer = reader.answer(line, &command)?;
        reader.finish()?;
        steps.push(Step { command, answer });
    }
    Ok(steps)
}
