//! The machine on which it was measured, in words.

use std::process::Command;
use std::{fs, thread};

/// A sentence: processors, memory, system, compilers.
pub(super) fn text() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
    };
    let processor = field(&read("/proc/cpuinfo"), "model name");
    let kib: u64 = field(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let system = field(&read("/etc/os-release"), "PRETTY_NAME=").replace('"', "");
    let kernel = read("/proc/sys/kernel/osrelease");
    let said = |program: &str| {
        let output = Command::new(program).arg("--version").output().map(|done| done.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
    };
    format!(
        "{threads} threads of an {processor}, {} GiB of memory, {system}, Linux {}; {}, {}, {}",
        kib.div_ceil(1 << 20),
        // What a distribution adds tells nothing to others.
        kernel.split('-').next().unwrap_or_default().trim(),
        said("rustc"),
        said("cc"),
        said("python3"),
    )
}
