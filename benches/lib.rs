//! What the benchmarks share: what a comparison found, as the programs that measure keep it in files, and the numbers that follow from it.
//! `make bench` runs everything.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The name under which gpushare stands among the contenders.
pub const OURS: &str = "gpushare";

/// What one comparison found: samples of each contender, taken in turn, so that those with one index stand beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The part of the results that it belongs to.
    pub stage: String,
    /// What was compared.
    pub case: String,
    /// What a sample counts: `ns`, `us`, `ms`, `KiB`, `calls`, `mutations`.
    pub unit: String,
    /// The contenders, in the order in which they are shown.
    pub contenders: Vec<Contender>,
}

/// One of those compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contender {
    /// Its name.
    pub name: String,
    /// One number for each round.
    pub samples: Vec<f64>,
}

impl Contender {
    /// A contender with its samples.
    pub fn new(name: &str, samples: Vec<f64>) -> Self {
        Self { name: name.into(), samples }
    }
}

impl Record {
    /// Reads a file of records, one a line.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or a line is no record.
    pub fn read(path: &Path) -> io::Result<Vec<Self>> {
        let named = |error: &dyn fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
        let lines = BufReader::new(File::open(path).map_err(|error| named(&error))?).lines();
        lines.map(|line| serde_json::from_str(&line?).map_err(|error| named(&error))).collect()
    }

    /// The samples of a contender; none where it did not take part.
    pub fn samples(&self, name: &str) -> &[f64] {
        self.contenders.iter().find(|contender| contender.name == name).map_or(&[], |contender| &contender.samples)
    }

    /// How many times as much one contender took as another, round by round. `None` where one did not take part, or took nothing.
    pub fn times(&self, one: &str, other: &str) -> Option<Spread> {
        let pairs = self.samples(one).iter().zip(self.samples(other));
        Spread::of(pairs.map(|(one, other)| one / other).collect()).filter(|times| times.high.is_finite())
    }

    /// The median of a contender's samples. `None` where it did not take part.
    pub fn median(&self, name: &str) -> Option<f64> {
        Spread::of(self.samples(name).to_vec()).map(|spread| spread.middle)
    }

    /// How much more one contender took than another, where nothing disturbed them: by the sample of each that a twentieth are below.
    /// What shares the core with a few instructions can double their time, and then the difference too. `None` where one did not take part.
    pub fn added(&self, one: &str, other: &str) -> Option<f64> {
        let undisturbed = |name| {
            let mut samples = self.samples(name).to_vec();
            samples.sort_by(f64::total_cmp);
            quantile(&samples, 0.05)
        };
        Some(undisturbed(one)? - undisturbed(other)?)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} [{}]:", self.stage, self.case, self.unit)?;
        for contender in &self.contenders {
            let Some(spread) = Spread::of(contender.samples.clone()) else { continue };
            write!(f, "  {} {}", contender.name, number(spread.middle))?;
            if let Some(times) = self.times(&contender.name, OURS).filter(|_| contender.name != OURS) {
                write!(f, " = {times}x")?;
            }
        }
        Ok(())
    }
}

/// The middle of some numbers, and the middle half of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// A quarter is below.
    pub low: f64,
    /// The median.
    pub middle: f64,
    /// A quarter is above.
    pub high: f64,
}

impl Spread {
    /// Of some numbers; `None` of none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self { low: quantile(&values, 0.25)?, middle: quantile(&values, 0.5)?, high: quantile(&values, 0.75)? })
    }
}

impl fmt::Display for Spread {
    /// `4.1 (3.9–4.4)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, middle, high] = [self.low, self.middle, self.high].map(number);
        if low == high { f.write_str(&middle) } else { write!(f, "{middle} ({low}–{high})") }
    }
}

/// The value below which this part of ascending values lies, from 0 to 1; `None` of none.
pub fn quantile(ascending: &[f64], part: f64) -> Option<f64> {
    let at = part * ascending.len().checked_sub(1)? as f64;
    let (below, above) = (ascending[at.floor() as usize], ascending[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// A number with three digits that count, at the least, where it is no whole one.
pub fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 99.95 || large.fract() == 0.0 => format!("{value:.0}"),
        middle if middle >= 9.95 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_samples_that_were_taken_side_by_side() {
        let contenders = vec![Contender::new(OURS, vec![1.0, 2.0, 4.0]), Contender::new("other", vec![3.0, 4.0, 20.0])];
        let record = Record { stage: "calls".into(), case: "count".into(), unit: "ns".into(), contenders };
        assert_eq!(record.times("other", OURS), Some(Spread { low: 2.5, middle: 3.0, high: 4.0 }));
        assert_eq!(record.added("other", OURS).map(|ns| (ns * 10.0).round()), Some(20.0), "3.1 and 1.1");
        assert_eq!(record.times("nobody", OURS), None);
        assert_eq!(record.to_string(), "calls, count [ns]:  gpushare 2  other 4 = 3 (2.50–4)x");
    }

    #[test]
    fn numbers_show_what_counts() {
        assert_eq!([7.0, 1.2345, 9.96, 99.94, 1234.5].map(number), ["7", "1.23", "10.0", "99.9", "1234"]);
        assert_eq!(quantile(&[], 0.5), None);
    }
}
