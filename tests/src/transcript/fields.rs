//! Lines, and the words in them.

use super::{ParseError, Result};

#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn error(&self, expected: &str) -> ParseError {
        ParseError { line: self.number, message: format!("expected {expected} at {:?}", self.text) }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The command that starts here.
    pub(super) fn command(&self) -> Option<&'a str> {
        self.text.strip_prefix("$ ").or_else(|| {
            ["CUDA_VISIBLE_DEVICES=", "ls ", "find "]
                .iter()
                .any(|start| self.text.starts_with(start))
                .then_some(self.text)
        })
    }

    pub(super) fn fields(self) -> Fields<'a> {
        self.fields_of(self.text)
    }

    pub(super) fn fields_of(self, part: &'a str) -> Fields<'a> {
        let words: Vec<&str> =
            part.split(|c: char| c.is_whitespace() || "|()".contains(c)).filter(|word| !word.is_empty()).collect();
        Fields { line: self, words: words.into_iter() }
    }
}

/// The words of a line, taken one after the other; frames and parentheses count as space.
pub(super) struct Fields<'a> {
    line: Line<'a>,
    pub(super) words: std::vec::IntoIter<&'a str>,
}

impl<'a> Fields<'a> {
    pub(super) fn word(&mut self) -> Result<&'a str> {
        self.words.next().ok_or_else(|| self.line.error("one more word"))
    }

    pub(super) fn text(&mut self) -> Result<String> {
        self.word().map(str::to_owned)
    }

    pub(super) fn literal(&mut self, words: &str) -> Result<()> {
        for expected in words.split(' ') {
            if self.word()? != expected {
                return Err(self.line.error(&format!("`{words}`")));
            }
        }
        Ok(())
    }

    /// A number; a colon or comma behind it is punctuation.
    pub(super) fn number(&mut self) -> Result<u32> {
        let word = self.word()?;
        self.parse(word.trim_end_matches([':', ',']))
    }

    pub(super) fn parse(&self, digits: &str) -> Result<u32> {
        digits.parse().map_err(|_| self.line.error("a number"))
    }

    pub(super) fn pair(&mut self, between: char) -> Result<(u32, u32)> {
        let (first, second) = self
            .word()?
            .split_once(between)
            .ok_or_else(|| self.line.error(&format!("two numbers around `{between}`")))?;
        Ok((self.parse(first)?, self.parse(second)?))
    }

    pub(super) fn mib(&mut self) -> Result<u32> {
        let word = self.word()?;
        self.parse(word.strip_suffix("MiB").ok_or_else(|| self.line.error("MiB"))?)
    }

    /// `used / total`.
    pub(super) fn used_of_total_mib(&mut self) -> Result<(u32, u32)> {
        let used = self.mib()?;
        self.literal("/")?;
        Ok((used, self.mib()?))
    }

    pub(super) fn one_of<T: Copy>(&mut self, values: &[(&str, T)]) -> Result<T> {
        let word = self.word()?;
        values
            .iter()
            .find_map(|(text, value)| (*text == word).then_some(*value))
            .ok_or_else(|| self.line.error("a word that the column knows"))
    }

    /// Words up to the last `left`, joined as a name.
    pub(super) fn name_before(&mut self, left: usize) -> Result<String> {
        let count = self.words.len().saturating_sub(left);
        let words: Vec<&str> = self.words.by_ref().take(count).collect();
        if words.is_empty() {
            return Err(self.line.error("a name"));
        }
        Ok(words.join(" "))
    }

    pub(super) fn end(mut self) -> Result<()> {
        match self.words.next() {
            None => Ok(()),
            Some(word) => Err(self.line.error(&format!("the line to end before {word:?}"))),
        }
    }
}
