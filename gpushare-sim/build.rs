//! Gives the library the driver's soname, and a stub to every driver symbol that `src/exports` has no behaviour for.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

/// The names that the driver's library exports, one a line.
const SYMBOLS: &str = "symbols/580.txt";
/// Where the symbols with behaviour are written.
const EXPORTS: &str = "src/exports";

fn main() {
    println!("cargo::rerun-if-changed={SYMBOLS}");
    println!("cargo::rerun-if-changed={EXPORTS}");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnvidia-ml.so.1");

    let symbols = fs::read_to_string(SYMBOLS).expect("the symbol list is part of the package");
    let symbols: BTreeSet<&str> = symbols.lines().collect();
    let mut behaviour = BTreeSet::new();
    for entry in fs::read_dir(EXPORTS).expect("the exports are part of the package") {
        let source = fs::read_to_string(entry.expect("a folder entry").path()).expect("a source file is text");
        behaviour.extend(source.lines().filter_map(exported).map(str::to_owned));
    }
    let unknown: Vec<_> = behaviour.iter().filter(|name| !symbols.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "{EXPORTS} has functions that {SYMBOLS} does not name: {unknown:?}");

    let stubs: Vec<_> = symbols.into_iter().filter(|name| !behaviour.contains(*name)).collect();
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("stubs.rs"), format!("stubs! {{\n{}\n}}\n", stubs.join("\n")))
        .expect("OUT_DIR is writable");
}

/// The NVML function that a source line begins to define.
fn exported(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn nvml")?;
    let end = rest.find('(')?;
    Some(&line[line.len() - rest.len() - "nvml".len()..][..end + "nvml".len()])
}
