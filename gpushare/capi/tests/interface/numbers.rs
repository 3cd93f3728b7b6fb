//! Each variant of an enum that C knows by number has its number.

use std::collections::BTreeSet;
use std::fs;

use syn::Item;

use crate::surface::{Surface, root};

/// A file of the Rust library, an enum in it, and how its numbers begin in C.
const ENUMS: [(&str, &str, &str); 3] = [
    ("error.rs", "ErrorKind", "GPUSHARE_ERROR_"),
    ("snapshot/change.rs", "Change", "GPUSHARE_CHANGE_"),
    ("snapshot/gpu.rs", "SnapshotFact", "GPUSHARE_FACT_"),
];

fn variants(file: &str, name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("gpushare/src").join(file)).expect("text");
    let items = syn::parse_file(&text).expect("Rust").items;
    let found = items.into_iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item),
        _ => None,
    });
    found.expect(name).variants.into_iter().map(|variant| variant.ident.to_string()).collect()
}

/// `MigDevice` as `MIG_DEVICE`.
fn upper(camel: &str) -> String {
    let mut upper = String::new();
    for (index, letter) in camel.char_indices() {
        if index > 0 && letter.is_uppercase() {
            upper.push('_');
        }
        upper.push(letter.to_ascii_uppercase());
    }
    upper
}

#[test]
fn what_c_knows_by_number_has_a_number() {
    let constants: BTreeSet<_> = Surface::read().constants.iter().map(|constant| constant.ident.to_string()).collect();
    for (file, name, prefix) in ENUMS {
        for variant in variants(file, name) {
            let constant = format!("{prefix}{}", upper(&variant));
            assert!(constants.contains(&constant), "{name}::{variant} has no {constant}");
        }
    }
}
