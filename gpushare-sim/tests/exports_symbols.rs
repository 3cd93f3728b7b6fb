//! The library exports what the driver's does, and nothing else of ours exports any of it.

use std::collections::BTreeSet;
use std::path::Path;

use object::{Object, ObjectSymbol};

mod support;

/// The names that an ELF file lets others link to.
fn exported(file: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(file).expect("the file can be read");
    let elf = object::File::parse(&*bytes).expect("the file is ELF");
    let defined = elf.dynamic_symbols().filter(|symbol| symbol.is_definition());
    defined.map(|symbol| symbol.name().expect("names are UTF-8").to_owned()).collect()
}

#[test]
fn the_library_exports_the_drivers_symbols_and_no_others() {
    let machine = gpushare_sim::Machine::start().expect("the simulator starts");
    let list = include_str!("../symbols/580.txt").lines().filter(|line| !line.starts_with('#'));
    let driver: BTreeSet<String> = list.map(str::to_owned).collect();
    assert_eq!(driver.len(), 404);
    assert_eq!(exported(&machine.library_path()), driver);
}

#[test]
fn a_program_that_links_the_simulators_crate_exports_none_of_them() {
    let program = std::env::current_exe().expect("the test program has a path");
    let nvml: Vec<_> = exported(&program).into_iter().filter(|name| name.starts_with("nvml")).collect();
    assert!(nvml.is_empty(), "{nvml:?}");
}

#[test]
fn the_library_bears_the_drivers_soname() {
    let machine = gpushare_sim::Machine::start().expect("the simulator starts");
    let bytes = std::fs::read(machine.library_path()).expect("the file can be read");
    let name = b"\0libnvidia-ml.so.1\0";
    assert!(bytes.windows(name.len()).any(|window| window == name));
}
