//! The table that `nvidia-smi compute-policy -l` prints, as recorded of driver 580 and of `nvidia-smi` 535 and 550.

use crate::time_slice::TimeSlice;

/// What an answer has to be.
pub(super) const EXPECTED: &str = "a table with one time-slice policy, of Default, Short, Medium or Long";

/// The name of the policy that is looked for.
const NAME: &str = "Timeslice";

/// A line between two rules, or a rule.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Rule,
    Words(Vec<&'a str>),
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let within = |ends: &str, fill: char| {
            let inner = line.strip_prefix(ends)?.strip_suffix(ends)?;
            (!inner.is_empty() && inner.chars().all(|one| one == fill)).then_some(Self::Rule)
        };
        within("+", '-').or_else(|| within("|", '=')).or_else(|| {
            let inner = line.strip_prefix('|')?.strip_suffix('|')?;
            Some(Self::Words(inner.split_ascii_whitespace().collect()))
        })
    }
}

/// The policy that the table tells of the one GPU that was asked about; `None` for what is no such table. Policies of other names are left
/// to those who know them.
pub(super) fn time_slice(text: &str) -> Option<TimeSlice> {
    let lines: Vec<_> = text.lines().map(|line| Line::read(line.trim_end())).collect::<Option<_>>()?;
    let [Line::Rule, Line::Words(title), Line::Words(heads), Line::Rule, rows @ ..] = lines.as_slice() else {
        return None;
    };
    if title[..] != ["GPU", "compute", "policies:"] || heads[..] != ["GPU", "Name", "Value"] {
        return None;
    }
    let mut gpu = None;
    let mut found = None;
    for pair in rows.chunks(2) {
        let [Line::Words(row), Line::Rule] = pair else { return None };
        let [of, name, value @ ..] = row.as_slice() else { return None };
        of.parse::<u32>().ok()?;
        if gpu.replace(of).is_some_and(|before| before != of) {
            return None;
        }
        if *name != NAME {
            continue;
        }
        let policy = TimeSlice::ALL.into_iter().find(|policy| *value == [policy.to_string()])?;
        if found.replace(policy).is_some() {
            return None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As recorded on an H200 with driver 580.
    const RECORDED: &str = "\
+-------------------------------------+
| GPU compute policies:               |
| GPU     Name           Value        |
|=====================================|
|   0   Timeslice       Default       |
+-------------------------------------+
";

    #[test]
    fn the_recorded_table_and_each_policy_are_read() {
        assert_eq!(time_slice(RECORDED), Some(TimeSlice::Default));
        for policy in TimeSlice::ALL {
            assert_eq!(time_slice(&RECORDED.replace("Default", &policy.to_string())), Some(policy));
        }
        let another = "|   0   Patience        Very Long     |\n+-------------------------------------+\n";
        assert_eq!(time_slice(&format!("{RECORDED}{another}")), Some(TimeSlice::Default));
    }

    #[test]
    fn what_is_not_the_table_is_nothing() {
        let rows = RECORDED.lines().skip(4).map(|line| format!("{line}\n")).collect::<String>();
        for text in [
            "".to_owned(),
            "\n".to_owned(),
            "No devices were found\n".to_owned(),
            format!("WARNING: infoROM is corrupted\n{RECORDED}"),
            format!("{RECORDED}\n"),
            format!("{RECORDED}{rows}"),
            format!("{RECORDED}{}", rows.replace('0', "1")),
            RECORDED.replace("Default", "Unknown"),
            RECORDED.replace("Default", "default"),
            RECORDED.replace("Default", "Short Long"),
            RECORDED.replace("Default", ""),
            RECORDED.replace("Timeslice", "Patience"),
            RECORDED.replace("  0  ", "  x  "),
            RECORDED.replace("Name", "Nom"),
            RECORDED.replace("policies", "modes"),
            RECORDED.replace("|=", "|=-"),
            RECORDED[..RECORDED.len() - 40].to_owned(),
            RECORDED.lines().take(4).collect::<Vec<_>>().join("\n"),
        ] {
            assert_eq!(time_slice(&text), None, "{text}");
        }
    }
}
