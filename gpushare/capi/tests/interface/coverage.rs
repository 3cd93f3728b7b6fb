//! Every public operation of the Rust library has its C function, or a reason why it has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use syn::punctuated::Punctuated;
use syn::{Attribute, ImplItem, Item, Meta, Token, UseTree, Visibility};

use crate::surface::{Surface, is_current, package, root, string};

/// What macros make, which a reader of the sources does not see as functions.
const MADE_BY_MACROS: [&str; 8] = [
    "ComputeInstancePlacement::new",
    "ComputeInstancePlacement::overlaps",
    "ComputeInstancePlacement::slices",
    "GpuInstancePlacement::new",
    "GpuInstancePlacement::overlaps",
    "GpuInstancePlacement::slices",
    "NvmlReturn::description",
    "NvmlReturn::name",
];

/// What has no function of its own in C, and why.
const WITHOUT: [(&str, &str); 17] = [
    ("Bytes::to_mib", "the header names the unit of each number"),
    ("ComputeInstancePlacement::new", "members of a struct"),
    ("ComputeInstancePlacement::slices", "members of a struct"),
    ("GpuInstancePlacement::new", "members of a struct"),
    ("GpuInstancePlacement::slices", "members of a struct"),
    ("GpuUuid::as_bytes", "UUIDs are texts"),
    ("MigUuid::is_legacy", "UUIDs are texts"),
    ("MigUuid::legacy", "UUIDs are texts: `GPUSHARE_VISIBLE_BY_GPU_UUID`"),
    ("MpsCommand::is_repeatable", "each command has a function"),
    ("MpsCommand::word", "each command has a function"),
    ("MpsDaemon::control", "each command has a function"),
    ("MpsDaemonBuilder::env", "the daemon has the environment of the process that starts it"),
    ("MpsSessionBuilder::env", "the daemon has the environment of the process that starts it"),
    ("NvidiaSmi::env", "the program has of the environment what it needs"),
    ("Scoped::…", "`gpushare.hpp` has scopes"),
    ("UuidPrefix::digits", "UUIDs are texts"),
    ("UuidPrefix::matches", "UUIDs are texts"),
];

fn names(tree: &UseTree, into: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => names(&path.tree, into),
        UseTree::Group(group) => group.items.iter().for_each(|item| names(item, into)),
        UseTree::Name(name) => drop(into.insert(name.ident.to_string())),
        UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The public operations in a folder of sources, of the types and functions that the crate shows.
fn operations(folder: &Path, shown: &BTreeSet<String>, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            operations(&path, shown, into);
            continue;
        }
        for item in syn::parse_file(&fs::read_to_string(&path).expect("text")).expect("Rust").items {
            match item {
                Item::Fn(function) if is_public(&function.vis) && shown.contains(&function.sig.ident.to_string()) => {
                    into.insert(function.sig.ident.to_string());
                }
                Item::Impl(block) if block.trait_.is_none() => {
                    let syn::Type::Path(ty) = &*block.self_ty else { continue };
                    let name = ty.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
                    let methods = block.items.iter().filter_map(|item| match item {
                        ImplItem::Fn(method) if is_public(&method.vis) => Some(method.sig.ident.to_string()),
                        _ => None,
                    });
                    if name == "Scoped" {
                        into.insert("Scoped::…".into());
                    } else if shown.contains(&name) {
                        into.extend(methods.map(|method| format!("{name}::{method}")));
                    }
                }
                _ => {}
            }
        }
    }
}

fn public_operations() -> BTreeSet<String> {
    let sources = root().join("gpushare/src");
    let main = syn::parse_file(&fs::read_to_string(sources.join("lib.rs")).expect("text")).expect("Rust");
    let mut shown = BTreeSet::new();
    for item in main.items {
        if let Item::Use(item) = item
            && is_public(&item.vis)
        {
            names(&item.tree, &mut shown);
        }
    }
    let mut found = BTreeSet::from_iter(MADE_BY_MACROS.map(str::to_owned));
    operations(&sources, &shown, &mut found);
    found
}

/// The Rust operations that a function stands for, as its attributes say.
fn aliases(attributes: &[Attribute]) -> Vec<String> {
    let lists = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("doc") => {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
        }
        _ => None,
    });
    lists.flatten().filter_map(|meta| string(&meta, "alias")).collect()
}

#[test]
fn every_public_operation_has_its_c_function() {
    let operations = public_operations();
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for function in Surface::read().functions {
        for alias in aliases(&function.attributes) {
            assert!(operations.contains(&alias), "{} stands for {alias}, which there is not", function.name);
            covered.entry(alias).or_default().push(format!("`{}`", function.name));
        }
    }
    let without = BTreeMap::from(WITHOUT);
    let mut table = String::from(
        "# The Rust library in C\n\nEach public operation of the crate `gpushare` and its function in `gpushare.h`. Generated and checked.\n\n\
         | Rust | C |\n| --- | --- |\n",
    );
    for operation in &operations {
        let by = match (covered.get(operation), without.get(operation.as_str())) {
            (Some(by), None) => by.join(", "),
            (None, Some(why)) => format!("none: {why}"),
            (Some(_), Some(_)) => panic!("{operation} has a C function and a reason to have none"),
            (None, None) => {
                panic!("{operation} has no C function: give one the attribute #[doc(alias = \"{operation}\")]")
            }
        };
        writeln!(table, "| `{operation}` | {by} |").expect("a String");
    }
    assert!(without.keys().all(|operation| operations.contains(*operation)), "a reason for what there is not");
    is_current(&package().join("COVERAGE.md"), &table);
}
