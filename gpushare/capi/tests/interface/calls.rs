//! Every function with NULL in each of its pointers, and with numbers and texts that mean nothing: an answer, never a crash.
//!
//! The calls are a C program that is written here from the sources and run on a simulated machine, and again under valgrind where there
//! is one.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use quote::ToTokens;
use syn::Type;

use crate::surface::{Function, Surface, generic, root};

/// What an argument of a call can be.
struct Argument {
    name: String,
    /// C that is a sound value of it.
    sound: String,
    pointer: bool,
    /// Whether NULL is a value of it.
    optional: bool,
    /// C that is no sound value of it, and may be passed all the same.
    nonsense: Vec<String>,
    /// Whether NULL would mean a folder of the system's.
    folder: bool,
}

/// The options that name a folder, by default one of the system's.
const WITH_FOLDER: [&str; 2] = ["gpushare_apply_options_t", "gpushare_mps_session_options_t"];

/// How C writes a type of the sources.
fn c_type(ty: &Type) -> String {
    match ty {
        Type::Ptr(pointer) => format!("{} *", c_type(&pointer.elem)),
        _ => match ty.to_token_stream().to_string().as_str() {
            "u32" => "uint32_t".into(),
            "i32" => "int32_t".into(),
            "usize" => "size_t".into(),
            "u64" => "uint64_t".into(),
            "i64" => "int64_t".into(),
            "f64" => "double".into(),
            "c_char" => "char".into(),
            name => name.into(),
        },
    }
}

fn init(ty: &str) -> String {
    format!("{}_INIT", ty.trim_end_matches("_t").to_uppercase())
}

/// An argument, with the C that makes what it needs.
fn argument(name: &str, ty: &Type, surface: &Surface, before: &mut String) -> Argument {
    let optional = matches!(generic(ty), Some((kind, _)) if kind == "Option" || kind == "Given" || kind == "Own");
    let inner = match generic(ty) {
        Some((kind, inner)) if kind == "Option" => inner,
        _ => ty,
    };
    let mut made = |declaration: String| writeln!(before, "        {declaration}").expect("a String");
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let (sound, pointer, nonsense) = match (generic(inner), inner.to_token_stream().to_string().as_str()) {
        (Some((kind, inner)), _) => {
            let c = c_type(inner);
            match kind.as_str() {
                "In" if surface.structs.iter().any(|item| item.ident == c.as_str()) => {
                    made(format!("{c} {name}; memset(&{name}, 0, sizeof {name});"));
                    (format!("&{name}"), true, vec![])
                }
                "In" => (format!("a_{c}"), true, vec![]),
                "Own" => ("NULL".into(), true, vec![]),
                "Given" | "Fill" => {
                    made(format!("{c} {name} = {};", init(&c)));
                    if WITH_FOLDER.contains(&c.as_str()) {
                        made(format!("{name}.directory = folder;"));
                    }
                    (format!("&{name}"), true, vec![])
                }
                _ => {
                    made(format!("{c} {name}; memset(&{name}, 0, sizeof {name});"));
                    (format!("&{name}"), true, vec![])
                }
            }
        }
        (None, "Text") => ("\"nothing\"".into(), true, texts(&["\"\"", "\"\\xff\\n;\"", "long_text"])),
        (None, "OwnText") => ("NULL".into(), true, vec![]),
        // Not for as long as that.
        (None, "u32") if name.ends_with("_ms") => ("0".into(), false, texts(&["1"])),
        (None, "f64") => ("0".into(), false, texts(&["1", "-1", "1e300", "0.0 / 0.0"])),
        (None, "u32" | "i32" | "usize" | "u64") => {
            ("0".into(), false, vec!["0x7eadbeef".into(), "1".into(), format!("({})-1", c_type(inner))])
        }
        (None, "bool") => ("true".into(), false, vec![]),
        (None, _) => {
            for (name, byte) in [(name.to_owned(), 0), (format!("odd_{name}"), 0xff)] {
                made(format!("{} {name}; memset(&{name}, {byte}, sizeof {name});", c_type(inner)));
            }
            (name.into(), false, vec![format!("odd_{name}")])
        }
    };
    let optional = optional || inner.to_token_stream().to_string() == "OwnText";
    let folder = matches!(generic(inner), Some((_, inner)) if WITH_FOLDER.contains(&c_type(inner).as_str()));
    Argument { name: name.into(), sound, pointer, optional, nonsense, folder }
}

/// The calls of one function.
fn calls(function: &Function, surface: &Surface) -> (String, usize) {
    let mut body = String::new();
    let arguments: Vec<_> =
        function.arguments.iter().map(|(name, ty)| argument(name, ty, surface, &mut body)).collect();
    let call = |odd: Option<usize>, value: &str, error: &str| {
        let mut given: Vec<_> = arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| if odd == Some(index) { value.to_owned() } else { argument.sound.clone() })
            .collect();
        if function.result.is_none() {
            given.push(error.to_owned());
        }
        format!("{}({})", function.name, given.join(", "))
    };
    let mut count = 0;
    for (index, argument) in arguments.iter().enumerate() {
        let null = (argument.pointer && !argument.folder).then_some("NULL");
        for value in null.into_iter().chain(argument.nonsense.iter().map(String::as_str)) {
            count += 1;
            let is_null = value == "NULL";
            let call = call(Some(index), value, "&error");
            match &function.result {
                None if is_null && !argument.optional => {
                    writeln!(body, "        refused({call}, &error, \"{}\", \"{}\");", function.name, argument.name)
                }
                None => writeln!(body, "        answered({call}, &error, \"{}\");", function.name),
                Some(Type::Tuple(_)) => writeln!(body, "        {call};"),
                Some(ty) if is_null => {
                    let absent = if ty.to_token_stream().to_string() == "gpushare_status_t"
                        || matches!(ty.to_token_stream().to_string().as_str(), "i32" | "i64")
                    {
                        "-1"
                    } else {
                        "0"
                    };
                    writeln!(body, "        absent({call} == ({}){absent}, \"{}\");", c_type(ty), function.name)
                }
                Some(_) => writeln!(body, "        (void){call};"),
            }
            .expect("a String");
        }
    }
    if function.result.is_none() {
        count += 1;
        writeln!(body, "        (void){};", call(None, "", "NULL")).expect("a String");
    }
    (format!("    {{\n{body}    }}\n"), count)
}

/// What every call works on: a GPU that is divided, and one of each thing that there is.
const STAGE: &str = include_str!("stage.c");

fn library() -> PathBuf {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "gpushare-capi"]).status();
    assert!(built.expect("cargo runs").success());
    let test = std::env::current_exe().expect("a path");
    test.ancestors().map(|folder| folder.join("libgpushare.so")).find(|path| path.exists()).expect("libgpushare.so")
}

#[test]
fn every_function_answers_null_and_numbers_that_mean_nothing() {
    let surface = Surface::read();
    let (mut body, mut count) = (String::new(), 0);
    // What ends things comes last, so that all else is asked of things that live.
    let ends = |function: &&Function| {
        ["_destroy", "_close", "_recover", "_quit", "_shut_down"].iter().any(|end| function.name.ends_with(end))
    };
    let (last, first): (Vec<_>, Vec<_>) = surface.functions.iter().partition(ends);
    for function in first.into_iter().chain(last) {
        let (calls, number) = calls(function, &surface);
        body.push_str(&calls);
        count += number;
    }
    let handles: String =
        surface.opaque.iter().map(|opaque| format!("static const {name} *a_{name};\n", name = opaque.name)).collect();
    let program = format!("{}\n{handles}\n{STAGE}\nstatic void calls(void) {{\n{body}}}\n", "#include \"gpushare.h\"");
    let folder = tempfile::tempdir().expect("a folder");
    let (source, binary) = (folder.path().join("calls.c"), folder.path().join("calls"));
    fs::write(&source, program).expect("the program can be written");
    let library = library();
    let mut compile = Command::new("cc");
    compile.args(["-Wall", "-Wextra", "-Werror", "-Wno-unused-variable", "-fsanitize=undefined", "-I"]);
    compile.arg(root().join("include")).arg(&source).arg(&library).arg("-o").arg(&binary);
    assert!(compile.status().expect("cc runs").success());
    let soname = format!("libgpushare.so.{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    std::os::unix::fs::symlink(&library, folder.path().join(soname)).expect("a link");
    let machine = gpushare_sim::Machine::start().expect("a machine");
    let programs = gpushare_sim::mps::Programs::find().expect("the simulated programs of MPS");
    let run = |mut run: Command, journals: &str| {
        run.env("LD_LIBRARY_PATH", folder.path()).env("GPUSHARE_NVML_LIBRARY", machine.library_path());
        run.env("GPUSHARE_TEST_ROOT", machine.root());
        run.env("GPUSHARE_MPS_CONTROL", programs.control()).env("GPUSHARE_NVIDIA_SMI", programs.nvidia_smi());
        let output = run.arg(folder.path().join(journals)).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.ends_with("done\n"), "{said}");
    };
    run(Command::new(&binary), "journals");
    println!("{count} calls of {} functions", surface.functions.len());
    if Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()) {
        // What the calls give away is not freed here: nothing is to be read or written that is not theirs.
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=no"]).arg(&binary);
        run(valgrind, "again");
    }
}
