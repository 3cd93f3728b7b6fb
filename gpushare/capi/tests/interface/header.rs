//! `include/gpushare.h` is what the sources say.

use std::fmt::Write;

use crate::surface::{Surface, is_current, package, root};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The macros of the version, all from the package's.
fn version() -> String {
    format!(
        "/** The version of this header. */\n#define GPUSHARE_VERSION \"{VERSION}\"\n#define GPUSHARE_VERSION_MAJOR {}\n\
         #define GPUSHARE_VERSION_MINOR {}\n#define GPUSHARE_VERSION_PATCH {}\n",
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH")
    )
}

/// The macros by which growing structs begin.
fn beginnings(surface: &Surface) -> String {
    let mut c = String::new();
    let mut cpp = String::new();
    for item in surface.growing() {
        let name = item.ident.to_string();
        let macro_name = format!("{}_INIT", name.trim_end_matches("_t").to_uppercase());
        writeln!(c, "#define {macro_name} {{ .struct_size = sizeof({name}) }}").expect("a String");
        writeln!(cpp, "#define {macro_name} gpushare_sized<{name}>()").expect("a String");
    }
    format!(
        "\n/* How structs with a struct_size begin: gpushare_memory_t memory = GPUSHARE_MEMORY_INIT; */\n#ifdef __cplusplus\n\
         template <typename T> inline T gpushare_sized() noexcept {{\n    T value{{}};\n    \
         value.struct_size = static_cast<uint32_t>(sizeof(T));\n    return value;\n}}\n{cpp}#else\n{c}#endif\n"
    )
}

#[test]
fn the_header_is_what_the_sources_give() {
    let surface = Surface::read();
    let folder = tempfile::tempdir().expect("a folder");
    let plain = folder.path().join("surface.rs");
    std::fs::write(&plain, surface.plain()).expect("the sources can be written");
    let mut config = cbindgen::Config::from_file(package().join("cbindgen.toml")).expect("cbindgen.toml is understood");
    config.after_includes = Some(version() + &beginnings(&surface));
    config.export.include = surface.structs.iter().map(|item| item.ident.to_string()).collect();
    let mut header = Vec::new();
    cbindgen::Builder::new().with_config(config).with_src(&plain).generate().expect("a header").write(&mut header);
    is_current(&root().join("include/gpushare.h"), &String::from_utf8(header).expect("text"));
}
