//! The simulated driver's library is loaded at run time and instrumented as the fuzzer is: it finds the instrumentation in the program.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for names in ["__asan_*", "__sanitizer_*", "__sancov_*"] {
        println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={names}");
    }
}
