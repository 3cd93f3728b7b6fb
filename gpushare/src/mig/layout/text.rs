//! Layouts as people write them.

use std::fmt;
use std::str::FromStr;

use super::{ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout};
use crate::error::{Error, Result};
use crate::id::{ComputeInstanceProfileId, parse_decimal};

/// More than any GPU holds; a larger count is a slip of the pen, and would be a long list.
const MOST: u32 = 64;

/// What stands for disabled MIG.
const OFF: &str = "off";

/// Why a part of a text is no layout.
struct Wrong {
    part: String,
    expected: &'static str,
}

fn wrong<T>(part: &str, expected: &'static str) -> Result<T, Wrong> {
    Err(Wrong { part: part.trim().to_owned(), expected })
}

/// The parts of a text between commas that no bracket encloses.
fn parts(text: &str) -> Result<Vec<&str>, Wrong> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_u32);
    for (at, c) in text.char_indices() {
        match c {
            '[' if depth == 0 => depth = 1,
            ']' if depth == 1 => depth = 0,
            '[' | ']' => return wrong(&text[at..], "brackets that match"),
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return wrong(text, "a closing bracket");
    }
    parts.push(&text[from..]);
    Ok(parts)
}

/// A count before an `x`, and what follows it.
fn count(text: &str) -> Result<(u32, &str), Wrong> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &text[..text.len() - rest.len()];
    match rest.strip_prefix('x') {
        Some(rest) if !number.is_empty() => match parse_decimal(number).filter(|number| (1..=MOST).contains(number)) {
            Some(number) => Ok((number, rest.trim())),
            None => wrong(text, "a count from 1 to 64 before the x"),
        },
        _ => Ok((1, text)),
    }
}

/// What stands before an `@`, and the slice behind it.
fn start(text: &str) -> Result<(&str, Option<u32>), Wrong> {
    match text.split_once('@') {
        None => Ok((text.trim(), None)),
        Some((rest, slice)) => match parse_decimal(slice.trim()) {
            Some(slice) => Ok((rest.trim(), Some(slice))),
            None => wrong(text, "the number of a slice behind the @"),
        },
    }
}

fn gpu_instances(text: &str, into: &mut Vec<GpuInstanceLayout>) -> Result<(), Wrong> {
    let (head, inside, tail) = match text.split_once('[') {
        None => (text, None, ""),
        Some((head, rest)) => match rest.split_once(']') {
            Some((inside, tail)) => (head, Some(inside), tail),
            None => return wrong(text, "a closing bracket"),
        },
    };
    let (number, head) = count(head.trim())?;
    let (name, before) = start(head)?;
    let (nothing, behind) = start(tail)?;
    if !nothing.is_empty() || (before.is_some() && behind.is_some()) {
        return wrong(tail, "a comma behind the bracket");
    }
    let start = before.or(behind);
    if start.is_some() && number > 1 {
        return wrong(text, "one instance where a slice is named");
    }
    let Ok(profile) = name.parse() else { return wrong(name, "a profile name such as 1g.5gb") };
    let mut instance = GpuInstanceLayout { start, ..GpuInstanceLayout::new(profile) };
    if instance.profile.compute_slices.is_some() {
        return wrong(name, "the profile of a GPU instance, with its compute instances in brackets");
    }
    if let Some(inside) = inside {
        instance.compute_instances.clear();
        for part in inside.split(',').filter(|_| !inside.trim().is_empty()) {
            compute_instances(part.trim(), &mut instance.compute_instances)?;
        }
    }
    into.extend(std::iter::repeat_n(instance, number as usize));
    Ok(())
}

fn compute_instances(text: &str, into: &mut Vec<ComputeInstanceLayout>) -> Result<(), Wrong> {
    let (number, rest) = count(text)?;
    let (size, start) = start(rest)?;
    if start.is_some() && number > 1 {
        return wrong(text, "one instance where a slice is named");
    }
    let slices = size.strip_suffix('c').and_then(parse_decimal).filter(|slices| *slices > 0);
    let profile = size.strip_prefix('#').and_then(parse_decimal);
    let size = match (size, slices, profile) {
        ("*", ..) => ComputeInstanceSize::Whole,
        (_, Some(slices), _) => ComputeInstanceSize::Slices(slices),
        (.., Some(id)) => ComputeInstanceSize::Profile(ComputeInstanceProfileId(id)),
        _ => return wrong(text, "a compute instance: * or 1c or #7"),
    };
    into.extend(std::iter::repeat_n(ComputeInstanceLayout { size, start }, number as usize));
    Ok(())
}

impl FromStr for Layout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let trimmed = text.trim();
            if trimmed == OFF {
                return Ok(Self::disabled());
            }
            let mut instances = Vec::new();
            if !trimmed.is_empty() {
                for part in parts(trimmed)? {
                    gpu_instances(part, &mut instances)?;
                }
            }
            Ok(Self::new(instances))
        };
        parse().map_err(|Wrong { part, expected }| Error::InvalidLayout { text: text.into(), part, expected })
    }
}

/// Prints items separated, equal neighbours as one with a count. An item that names its place is equal to none.
fn runs<T: PartialEq>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
    placed: impl Fn(&T) -> bool,
    mut print: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    let mut at = 0;
    while let Some(item) = items.get(at) {
        let equal = items[at..].iter().take_while(|other| *other == item).count();
        let run = if placed(item) { 1 } else { equal.min(MOST as usize) };
        if at > 0 {
            f.write_str(separator)?;
        }
        if run > 1 {
            write!(f, "{run}x")?;
        }
        print(f, item)?;
        at += run;
    }
    Ok(())
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.mig_enabled && self.gpu_instances.is_empty() {
            return f.write_str(OFF);
        }
        runs(f, &self.gpu_instances, ", ", |instance| instance.start.is_some(), |f, instance| instance.fmt(f))
    }
}

impl fmt::Display for GpuInstanceLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.profile.fmt(f)?;
        if let Some(start) = self.start {
            write!(f, "@{start}")?;
        }
        let whole = [ComputeInstanceLayout::new(ComputeInstanceSize::Whole)];
        if self.compute_instances != whole {
            f.write_str("[")?;
            runs(f, &self.compute_instances, ",", |inside| inside.start.is_some(), |f, inside| inside.fmt(f))?;
            f.write_str("]")?;
        }
        Ok(())
    }
}

impl fmt::Display for ComputeInstanceLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            ComputeInstanceSize::Whole => f.write_str("*")?,
            ComputeInstanceSize::Slices(slices) => write!(f, "{slices}c")?,
            ComputeInstanceSize::Profile(id) => write!(f, "#{id}")?,
        }
        self.start.map_or(Ok(()), |start| write!(f, "@{start}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_print_in_one_form_and_read_back_the_same() {
        for (text, printed) in [
            ("4g.20gb, 2g.10gb[1c,1c], 1g.5gb@6", "4g.20gb, 2g.10gb[2x1c], 1g.5gb@6"),
            ("7x1g.5gb", "7x1g.5gb"),
            ("1g.5gb,1g.5gb , 1g.5gb", "3x1g.5gb"),
            (" MIG 3g.20gb [ 2c@0 , 1c@2 ] @4 ", "3g.20gb@4[2c@0,1c@2]"),
            ("4g.20gb[]", "4g.20gb[]"),
            ("4g.20gb[*]", "4g.20gb"),
            ("1g.20gb[#7], 2x1g.20gb[#0@1]", "1g.20gb[#7], 2x1g.20gb[#0@1]"),
            ("1g.5gb+me, 1g.5gb", "1g.5gb+me, 1g.5gb"),
            ("1g.24gb-me,1g.24gb+me.all,4g.96gb+gfx", "1g.24gb-me, 1g.24gb+me.all, 4g.96gb+gfx"),
            ("", ""),
            ("off", "off"),
        ] {
            let layout: Layout = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(layout.to_string(), printed, "{text:?}");
            assert_eq!(printed.parse::<Layout>().unwrap(), layout, "{printed:?}");
            let json = serde_json::to_string(&layout).unwrap();
            assert_eq!(serde_json::from_str::<Layout>(&json).unwrap(), layout, "{json}");
        }
    }

    #[test]
    fn what_is_no_layout_is_named_with_what_was_expected() {
        for (text, part) in [
            (",", "\"\""),
            ("1g.5gb,", "\"\""),
            ("1g.5gb 2g.10gb", "1g.5gb 2g.10gb"),
            ("1g.5gb@", "1g.5gb@"),
            ("1g.5gb@-1", "1g.5gb@-1"),
            ("1g.5gb@1@2", "1g.5gb@1@2"),
            ("0x1g.5gb", "0x1g.5gb"),
            ("65x1g.5gb", "65x1g.5gb"),
            ("99999999999x1g.5gb", "99999999999x1g.5gb"),
            ("2x1g.5gb@1", "2x1g.5gb@1"),
            ("1c.2g.10gb", "1c.2g.10gb"),
            ("2g.10gb[", "2g.10gb["),
            ("2g.10gb]", "]"),
            ("2g.10gb[[1c]]", "[1c]]"),
            ("2g.10gb[1c]x", "x"),
            ("2g.10gb@0[1c]@0", "@0"),
            ("2g.10gb[1c,]", "\"\""),
            ("2g.10gb[0c]", "0c"),
            ("2g.10gb[1]", "\"1\""),
            ("2g.10gb[2x1c@0]", "2x1c@0"),
            ("2g.10gb[#]", "\"#\""),
            ("on", "on"),
        ] {
            let error = text.parse::<Layout>().unwrap_err();
            assert!(error.to_string().contains(part), "{text:?}: {error}");
        }
    }
}
