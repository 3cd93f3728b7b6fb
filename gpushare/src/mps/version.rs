//! Versions. NVIDIA supports a daemon with the driver that it came with; another one starts all the same, and nothing says so.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::Result;
use crate::mps::advisory::Advisory;
use crate::mps::daemon::MpsDaemon;
use crate::nvml::{CudaVersion, Nvml};
use crate::procfs::Procfs;

/// The beginning of the line by which a daemon of driver 580 or later tells its version.
const BANNER: &str = "CUDA MPS Control binary version: ";
/// More than NVIDIA's program has; what is larger is not searched.
const LARGEST: u64 = 4 << 20;

impl MpsDaemon {
    /// Whether the daemon is of another driver than the one behind NVML, where that can be told: by the version that NVIDIA's program has in
    /// it, else by what the daemon logged, which since driver 580 names its CUDA version.
    ///
    /// # Errors
    ///
    /// As [`Nvml::driver_version`] and [`pid`](Self::pid).
    pub fn version_advisory(&self, nvml: &Nvml) -> Result<Option<Advisory>> {
        let of_daemon = self.pid()?.map(|pid| Procfs::own().program(pid));
        let programs = of_daemon.iter().chain([&self.program]);
        if let Some(daemon) = programs.filter_map(|path| version_in(path)).next() {
            return Ok(differing(daemon, nvml.driver_version()?));
        }
        match self.logged_version() {
            Some(version) => Ok(differing(format!("CUDA {version}"), format!("CUDA {}", nvml.cuda_driver_version()?))),
            None => Ok(None),
        }
    }

    /// The CUDA version in the last banner: the log may have those of earlier daemons.
    fn logged_version(&self) -> Option<CudaVersion> {
        let records = self.log()?.control().ok()?;
        let number: u32 = records.iter().rev().find_map(|record| record.text.strip_prefix(BANNER))?.parse().ok()?;
        Some(CudaVersion { major: number / 1000, minor: number % 1000 / 10 })
    }
}

fn differing(daemon: String, driver: String) -> Option<Advisory> {
    (daemon != driver).then_some(Advisory::OtherVersion { daemon, driver })
}

/// The driver version that a program has as a text of its own, if it has one alone.
fn version_in(program: &Path) -> Option<String> {
    let mut file = File::open(program).ok()?;
    if file.metadata().ok()?.len() > LARGEST {
        return None;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let mut found = bytes.split(|byte| *byte == 0).filter(|text| is_version(text)).collect::<Vec<_>>();
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [version] => String::from_utf8(version.to_vec()).ok(),
        _ => None,
    }
}

/// Three digits, then two or three, then perhaps two: `535.309.01`, `550.54`.
fn is_version(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b'.');
    let mut digits = |least: usize, most: usize| {
        parts.next().map(|part| (least..=most).contains(&part.len()) && part.iter().all(u8::is_ascii_digit))
    };
    let begun = digits(3, 3) == Some(true) && digits(2, 3) == Some(true);
    begun && digits(2, 2) != Some(false) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_tells_its_version_where_it_has_one_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (texts, version) in [
            (&["ELF", "535.309.01", "nvidia"][..], Some("535.309.01")),
            (&["x", "550.54", "550.54", ""], Some("550.54")),
            (&["x", "535.309.01", "550.163.01", ""], None),
            (&["GLIBC_2.2.5", "a535.309.01", "535.309.01b", "535", "535.309.01.2", "50.30.01", "535.309.1"], None),
        ] {
            std::fs::write(file.path(), texts.join("\0")).unwrap();
            assert_eq!(version_in(file.path()).as_deref(), version);
        }
        assert_eq!(version_in(Path::new("/nowhere")), None);
    }
}
