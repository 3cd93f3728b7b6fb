//! Makes the library that of one driver branch: gives it the driver's soname, exports of its symbols those that `src/exports` has a
//! behaviour for, and a stub for each other.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

/// Names the branch where it is not the default.
const VARIABLE: &str = "GPUSHARE_SIM_BRANCH";
const DEFAULT: &str = "580";
/// Per branch, the names that the driver's library exports, one a line after lines that begin with `#`.
const SYMBOLS: &str = "symbols";
/// Where the symbols with behaviour are written.
const EXPORTS: &str = "src/exports";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed={SYMBOLS}");
    println!("cargo::rerun-if-changed={EXPORTS}");
    let exports = env::var_os("CARGO_FEATURE_DRIVER").is_some();
    if exports {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnvidia-ml.so.1");
    }

    let branches = branches();
    let branch = env::var(VARIABLE).ok().filter(|branch| !branch.is_empty()).unwrap_or_else(|| DEFAULT.to_owned());
    assert!(branches.contains(&branch), "{VARIABLE} is {branch:?}; allowed are {}", branches.join(", "));
    let symbols = symbols(&branch);
    let behaviour = behaviour();
    let known: BTreeSet<String> = branches.iter().flat_map(|branch| self::symbols(branch)).collect();
    let unknown: Vec<_> = behaviour.difference(&known).collect();
    assert!(unknown.is_empty(), "{EXPORTS} has functions that no list in {SYMBOLS} names: {unknown:?}");

    // Each function with a behaviour is exported where the configuration has its name: see `exports!`.
    for name in &behaviour {
        println!("cargo::rustc-check-cfg=cfg({name})");
    }
    for name in behaviour.intersection(&symbols).filter(|_| exports) {
        println!("cargo::rustc-cfg={name}");
    }
    println!("cargo::rustc-env=GPUSHARE_SIM_BUILT_BRANCH={branch}");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name, source| fs::write(Path::new(&out).join(name), source).expect("OUT_DIR is writable");
    let stubs: Vec<_> = symbols.difference(&behaviour).map(String::as_str).collect();
    write("stubs.rs", format!("stubs! {{\n{}\n}}\n", stubs.join("\n")));
    write("symbols.rs", format!("&{:?}", Vec::from_iter(&symbols)));
}

/// The branches there are lists for, the oldest first.
fn branches() -> Vec<String> {
    let entries = fs::read_dir(SYMBOLS).expect("the symbol lists are part of the package");
    let names = entries.map(|entry| entry.expect("a folder entry").file_name().into_string().expect("a plain name"));
    let mut branches: Vec<_> = names.filter_map(|name| name.strip_suffix(".txt").map(str::to_owned)).collect();
    branches.sort();
    branches
}

fn symbols(branch: &str) -> BTreeSet<String> {
    let list = fs::read_to_string(format!("{SYMBOLS}/{branch}.txt")).expect("the symbol list is part of the package");
    list.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The NVML functions that the sources define.
fn behaviour() -> BTreeSet<String> {
    let mut behaviour = BTreeSet::new();
    for entry in fs::read_dir(EXPORTS).expect("the exports are part of the package") {
        let path = entry.expect("a folder entry").path();
        // The folders hold what stands behind the functions.
        if path.is_dir() {
            continue;
        }
        let source = fs::read_to_string(path).expect("a source file is text");
        behaviour.extend(source.lines().filter_map(exported).map(str::to_owned));
    }
    behaviour
}

/// The NVML function that a source line begins to define.
fn exported(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn nvml")?;
    let end = rest.find('(')?;
    Some(&line[line.len() - rest.len() - "nvml".len()..][..end + "nvml".len()])
}
