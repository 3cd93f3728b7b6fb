//! Keeps the simulator's NVML functions, which come with its Rust library, out of the names that the extension module exports.

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
}
