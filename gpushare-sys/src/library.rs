//! Finding and opening libnvidia-ml at run time.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Symbol, Symbols};

/// The environment variable that names the NVML library to open instead of the driver's own.
pub const LIBRARY_VARIABLE: &str = "GPUSHARE_NVML_LIBRARY";

/// The name by which the dynamic loader knows NVML.
const SONAME: &str = "libnvidia-ml.so.1";

/// Where drivers put their libraries when the loader's own path does not lead there.
const DRIVER_FOLDERS: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib/nvidia",
    // Containers: mounted by GKE-style installers, or a driver container seen from its host.
    "/usr/local/nvidia/lib64",
    "/run/nvidia/driver/usr/lib/x86_64-linux-gnu",
    "/run/nvidia/driver/usr/lib/aarch64-linux-gnu",
    "/run/nvidia/driver/usr/lib64",
    // Windows Subsystem for Linux, NixOS.
    "/usr/lib/wsl/lib",
    "/run/opengl-driver/lib",
];

/// A loaded NVML library: its symbols, valid while the value lives.
///
/// Loading does not initialise NVML. Dropping the value unloads the library, so call `nvmlShutdown` first.
///
/// # Thread safety
///
/// `Send` and `Sync`: NVML itself is thread-safe.
#[derive(Debug)]
pub struct Library {
    symbols: Symbols,
    path: Option<PathBuf>,
    /// Keeps the code behind `symbols` mapped.
    _handle: Option<libloading::Library>,
}

impl Library {
    /// Opens the driver's NVML.
    ///
    /// Tries, in this order, `libnvidia-ml.so.1` by the loader's rules and the usual driver folders of distributions, containers and
    /// WSL. Where the environment variable [`GPUSHARE_NVML_LIBRARY`](LIBRARY_VARIABLE) is set, its value is the only thing tried: a
    /// mistyped path to a simulator must not end on the real driver.
    ///
    /// # Errors
    ///
    /// [`LoadError`] lists each thing tried with the loader's own words.
    pub fn open() -> Result<Self, LoadError> {
        if let Some(chosen) = env::var_os(LIBRARY_VARIABLE).filter(|value| !value.is_empty()) {
            return Self::open_first([PathBuf::from(chosen)]);
        }
        let folders = DRIVER_FOLDERS.iter().map(|folder| Path::new(folder).join(SONAME)).filter(|path| path.exists());
        Self::open_first(std::iter::once(PathBuf::from(SONAME)).chain(folders))
    }

    /// Opens the NVML library at `path`; a bare name is looked up by the loader's rules.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the one attempt.
    ///
    /// # Safety
    ///
    /// Loading runs the library's initialisers, and each symbol in it that bears an NVML name must be that NVML function.
    pub unsafe fn open_path(path: impl AsRef<OsStr>) -> Result<Self, LoadError> {
        Self::open_first([PathBuf::from(path.as_ref())])
    }

    /// A library made of functions that the caller has, without the loader: for tests and for programs that link NVML themselves.
    ///
    /// # Safety
    ///
    /// The functions must behave as NVML's of the same name and stay callable while the value lives.
    pub unsafe fn from_symbols(symbols: Symbols) -> Self {
        Self { symbols, path: None, _handle: None }
    }

    fn open_first(candidates: impl IntoIterator<Item = PathBuf>) -> Result<Self, LoadError> {
        let mut tried = Vec::new();
        for path in candidates {
            // SAFETY: the names tried are NVML's own, the user's choice in the environment, or the caller's promise to `open_path`.
            match unsafe { libloading::Library::new(&path) } {
                Err(error) => tried.push(Attempt { reason: loader_words(&error), path }),
                Ok(handle) => {
                    // SAFETY: the library is an NVML library, so a symbol of that name has the type the header declares.
                    let symbols = unsafe {
                        Symbols::resolve(|symbol: Symbol| {
                            handle
                                .get::<*const ()>(symbol.name())
                                .ok()
                                .map(|found| *found)
                                .filter(|address| !address.is_null())
                        })
                    };
                    return Ok(Self { symbols, path: Some(path), _handle: Some(handle) });
                }
            }
        }
        Err(LoadError { tried })
    }

    /// The functions of this library.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// Whether the library exports `symbol`: ask before a call that old drivers lack.
    pub fn supports(&self, symbol: Symbol) -> bool {
        self.symbols.supports(symbol)
    }

    /// The path or name that was opened; `None` for [`from_symbols`](Self::from_symbols).
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// What the loader said, which libloading keeps in the error's source.
fn loader_words(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| source.to_string())
}

/// One thing that [`Library::open`] tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The path or the bare name.
    pub path: PathBuf,
    /// The loader's own words.
    pub reason: String,
}

/// No NVML library could be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError {
    /// Each thing tried, in order.
    pub tried: Vec<Attempt>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no NVML library could be loaded; tried")?;
        for (index, attempt) in self.tried.iter().enumerate() {
            write!(f, "{} {} ({})", if index == 0 { "" } else { "," }, attempt.path.display(), attempt.reason)?;
        }
        Ok(())
    }
}
