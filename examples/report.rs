//! How the examples speak: headings, tables and errors, in colour on a terminal only.

use std::error::Error;
use std::fmt::{self, Debug, Display};

use anstream::println;
use anstyle::{AnsiColor, Style};
use comfy_table::{LineStyle, Table, TableStyle, presets};

const HEADING: Style = Style::new().bold();
const BY_HAND: Style = Style::new().dimmed();
const REFUSED: Style = AnsiColor::Yellow.on_default();

/// A rule under the column names alone.
const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::new(' ', '─', '─', ' '));
/// What the whole output stays within.
const WIDTH: usize = 100;

/// A step, and how it is done by hand.
pub fn heading(title: &str, by_hand: &str) {
    let by_hand = if by_hand.is_empty() { String::new() } else { format!("   $ {by_hand}") };
    println!("\n{HEADING}{title}{HEADING:#}{BY_HAND}{by_hand}{BY_HAND:#}");
}

/// A line of what came of it.
pub fn note(line: fmt::Arguments<'_>) {
    println!("  {line}");
}

/// Several lines of what came of it.
pub fn lines(text: &str) {
    for line in text.lines() {
        println!("  {line}");
    }
}

/// Rows under column names.
pub fn table<C: Display>(
    columns: impl IntoIterator<Item = C>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(columns.into_iter().map(|name| name.to_string()));
    table.add_rows(rows.into_iter().map(|row| row.into_iter().collect::<Vec<_>>()));
    for line in table.lines() {
        println!("{}", line.trim_end());
    }
}

/// The error of a step that must fail, as its user reads it.
///
/// # Errors
///
/// If the step did not fail.
pub fn failure<T: Debug, E: Display>(outcome: Result<T, E>) -> Result<(), Box<dyn Error>> {
    match outcome {
        Err(error) => {
            let options = textwrap::Options::new(WIDTH).initial_indent("  ").subsequent_indent("           ");
            for line in textwrap::wrap(&format!("refused: {error}"), options) {
                println!("{REFUSED}{line}{REFUSED:#}");
            }
            Ok(())
        }
        Ok(made) => Err(format!("this step should have been refused, but gave {made:?}").into()),
    }
}
