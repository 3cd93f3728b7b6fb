//! What calls cost on a real machine, as recorded.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use gpushare_sys::nvmlReturn_t;
use serde::Deserialize;

use super::error_string;

const FILE: &str = include_str!("../../data/h200-call-costs.toml");

/// A row of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    symbols: Vec<String>,
    /// The first number among the arguments, where the row is of one alone.
    number: Option<i64>,
    #[serde(default = "success")]
    result: String,
    p50_us: f64,
}

fn success() -> String {
    "SUCCESS".to_owned()
}

/// By function and code, the costs by number.
type Table = BTreeMap<(String, nvmlReturn_t), Vec<(Option<i64>, Duration)>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| read(FILE).unwrap_or_default());

fn read(text: &str) -> Result<Table, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        call: Vec<Row>,
    }
    let mut table = Table::new();
    let File { call: rows } = toml::from_str(text).map_err(|error| error.to_string())?;
    for Row { symbols, number, result, p50_us } in rows {
        let code = error_string::named(&result).ok_or_else(|| format!("{result} is no code"))?;
        let cost = Duration::from_nanos((p50_us * 1000.0).round() as u64);
        for symbol in symbols {
            table.entry((symbol, code)).or_default().push((number, cost));
        }
    }
    Ok(table)
}

/// What a call costs that has `number` as the first number among its arguments and returns `code`, if a call of the function that
/// returned this code was recorded: with the same number, else without regard to it, else the middle of what was recorded with others.
pub(super) fn of(symbol: &str, number: Option<i128>, code: nvmlReturn_t) -> Option<Duration> {
    let rows = TABLE.get(&(symbol.to_owned(), code))?;
    let with = |wanted: Option<i128>| rows.iter().find(|(number, _)| number.map(i128::from) == wanted).map(|row| row.1);
    with(number).or_else(|| with(None)).or_else(|| {
        let mut costs: Vec<_> = rows.iter().map(|row| row.1).collect();
        costs.sort();
        costs.get(costs.len() / 2).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_costs_of_functions_of_the_driver() {
        let table = read(FILE).unwrap();
        let driver: Vec<_> = include_str!("../../symbols/580.txt").lines().collect();
        for (symbol, _) in table.keys() {
            assert!(driver.contains(&symbol.as_str()), "{symbol}");
        }
        assert!(table.values().flatten().all(|(_, cost)| !cost.is_zero()));
    }

    #[test]
    fn the_nearest_recorded_call_is_taken() {
        let of = |symbol, number, code| of(symbol, number, code).map(|cost| cost.as_nanos());
        assert_eq!(of("nvmlDeviceGetMigMode", None, 0), Some(161_170));
        assert_eq!(of("nvmlDeviceGetMigMode", None, 3), None, "no refusal was recorded");
        assert_eq!(of("nvmlDeviceGetGpuInstanceProfileInfo", Some(3), 0), Some(439_680));
        assert_eq!(of("nvmlDeviceGetGpuInstanceProfileInfo", Some(17), 2), Some(210));
        assert_eq!(of("nvmlDeviceGetGpuInstances", Some(99), 0), Some(282_840), "the middle of seven");
        assert_eq!(of("nvmlDeviceGetGpuInstanceById", Some(9), 6), Some(6_449_490));
        assert_eq!(of("nvmlInit_v2", Some(0), 0), Some(2_146_900), "the library was shut down");
        assert_eq!(of("nvmlInit_v2", Some(4), 0), Some(350), "it was in use");
        assert_eq!(of("nvmlDeviceGetFanSpeed", None, 0), None);
    }
}
