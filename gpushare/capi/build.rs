//! Gives the shared library its soname: major and minor while the major version is 0, else the major alone.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let part = |name| std::env::var(format!("CARGO_PKG_VERSION_{name}")).expect("cargo sets it");
    let version = match part("MAJOR").as_str() {
        "0" => format!("0.{}", part("MINOR")),
        major => major.to_owned(),
    };
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libgpushare.so.{version}");
}
