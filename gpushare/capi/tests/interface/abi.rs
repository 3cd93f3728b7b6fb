//! `abi.txt` is the binary interface: what programs that were built against this library depend on.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use quote::ToTokens;
use syn::Type;

use crate::surface::{Surface, is_current, package, raw, root};

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace("* const ", "*const ").replace("* mut ", "*mut ")
}

fn signatures(surface: &Surface) -> String {
    let mut lines: Vec<String> = Vec::new();
    for function in &surface.functions {
        let mut arguments: Vec<_> = function.arguments.iter().map(|(_, ty)| text(&raw(ty))).collect();
        let result = match &function.result {
            None => {
                arguments.push("*mut *mut gpushare_error_t".into());
                " -> gpushare_status_t".into()
            }
            Some(Type::Tuple(_)) => String::new(),
            Some(ty) => format!(" -> {}", text(ty)),
        };
        lines.push(format!("{}({}){result}", function.name, arguments.join(", ")));
    }
    lines.sort();
    lines.join("\n")
}

fn constants(surface: &Surface) -> String {
    let mut lines: Vec<_> =
        surface.constants.iter().map(|constant| format!("{} = {}", constant.ident, text(&constant.expr))).collect();
    lines.sort();
    lines.join("\n")
}

/// Sizes and offsets, as a C compiler finds them in the header.
fn layouts(surface: &Surface) -> String {
    let mut program = String::from("#include <stdio.h>\n#include \"gpushare.h\"\nint main(void) {\n");
    for item in &surface.structs {
        let name = &item.ident;
        writeln!(program, "    printf(\"{name}: %zu bytes\\n\", sizeof({name}));").expect("a String");
        for field in item.fields.iter().filter_map(|field| field.ident.as_ref()) {
            let size = format!("sizeof((({name} *)0)->{field})");
            writeln!(program, "    printf(\"  {field}: %zu at %zu\\n\", {size}, offsetof({name}, {field}));")
                .expect("a String");
        }
    }
    program.push_str("    return 0;\n}\n");
    let folder = tempfile::tempdir().expect("a folder");
    let (source, binary) = (folder.path().join("layouts.c"), folder.path().join("layouts"));
    fs::write(&source, program).expect("the program can be written");
    let mut compile = Command::new("cc");
    compile.arg("-I").arg(root().join("include")).arg("-o").arg(&binary).arg(&source);
    assert!(compile.status().expect("cc runs").success());
    String::from_utf8(Command::new(binary).output().expect("it runs").stdout).expect("text")
}

#[test]
fn the_abi_is_the_recorded_one() {
    let surface = Surface::read();
    let abi = format!(
        "# What programs built against the library depend on, on 64-bit Linux. A line that changes or goes is a break.\n\n\
         {}\n\n{}\n\n{}",
        signatures(&surface),
        constants(&surface),
        layouts(&surface)
    );
    is_current(&package().join("abi.txt"), &abi);
}
