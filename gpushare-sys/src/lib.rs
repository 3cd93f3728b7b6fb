#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    unreachable_pub
)]
#[rustfmt::skip]
mod bindings;
mod library;
mod symbols;
mod versions;

pub use bindings::*;
pub use library::{Attempt, LIBRARY_VARIABLE, Library, LoadError};
pub use symbols::{Symbol, Symbols};
pub use versions::{Called, MissingSymbol, NO_INSTANCE, ProcessList, struct_version};
