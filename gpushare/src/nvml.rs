//! The library, loaded and initialised: where every handle comes from.

use std::ffi::c_int;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bitflags::bitflags;
use gpushare_sys::{self as sys, Library, Symbol, Symbols};
use once_cell::sync::OnceCell;

use crate::call::{call, call_versioned, check, read_text};
use crate::error::{Result, Target};
use crate::event::DriverSet;

bitflags! {
    /// How to initialise NVML.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct InitFlags: u32 {
        /// Do not fail when there is no GPU.
        const NO_GPUS = sys::NVML_INIT_FLAG_NO_GPUS;
        /// Do not attach the GPUs.
        const NO_ATTACH = sys::NVML_INIT_FLAG_NO_ATTACH;
        // Flags of newer drivers pass through.
        const _ = !0;
    }
}

/// On nodes with more GPUs, some share a counter of divisions, and what is remembered of one is forgotten with the other.
const COUNTERS: usize = 64;

/// A loaded library between its initialisation and its shutdown. Every handle holds one.
#[derive(Debug)]
pub(crate) struct Session {
    library: Library,
    closed: AtomicBool,
    /// Counts, per GPU, the times that it may have been divided anew through the session.
    divisions: [AtomicU64; COUNTERS],
    /// The folder under which the driver's files of `/proc` and `/dev` are read.
    pub(crate) root: PathBuf,
    /// The event sets that it must free before it shuts down.
    event_sets: Mutex<Vec<Arc<DriverSet>>>,
    /// The folder in which processes are looked up.
    pub(crate) procfs: PathBuf,
}

impl Session {
    /// The functions, while the session is open.
    #[inline]
    pub(crate) fn symbols(&self) -> Option<&Symbols> {
        (!self.closed.load(Ordering::Acquire)).then(|| self.library.symbols())
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// The GPU with an index may have been divided anew.
    pub(crate) fn divided(&self, index: u32) {
        self.divisions[index as usize % COUNTERS].fetch_add(1, Ordering::AcqRel);
    }

    /// A number that is another each time the GPU may have been divided anew through the session.
    pub(crate) fn divisions(&self, index: u32) -> u64 {
        self.divisions[index as usize % COUNTERS].load(Ordering::Acquire)
    }

    /// The place of an event set that is still to be made.
    pub(crate) fn new_event_set(&self) -> Arc<DriverSet> {
        let set = Arc::new(DriverSet::empty());
        self.event_sets().push(Arc::clone(&set));
        set
    }

    pub(crate) fn free_event_set(&self, set: &Arc<DriverSet>) {
        // Freed first: a session that is closed meanwhile waits for it.
        set.free(self.library.symbols());
        self.event_sets().retain(|known| !Arc::ptr_eq(known, set));
    }

    fn event_sets(&self) -> MutexGuard<'_, Vec<Arc<DriverSet>>> {
        self.event_sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back the one initialisation that was made for it; the first call alone does something.
    fn shut_down(&self) -> Result<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        // From here on no call begins. Those that wait for an event end soon, and their sets are freed as long as NVML knows them.
        for set in std::mem::take(&mut *self.event_sets()) {
            set.free(self.library.symbols());
        }
        match self.library.symbols().nvmlShutdown {
            // SAFETY: the session initialised NVML once and gives that back once, as the flag sees to.
            Some(shutdown) => check(unsafe { shutdown() }, Symbol::nvmlShutdown, || Target::Nvml),
            None => Ok(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.shut_down();
    }
}

/// NVML, initialised: the way to every GPU of the node.
///
/// Clones and all handles made from it share one session; NVML is shut down when the last of them is dropped. NVML counts
/// initialisations, so several sessions of one process do not disturb each other.
///
/// # Thread safety
///
/// `Send` and `Sync`, as every handle of this crate: NVML is thread-safe.
///
/// ```
/// // The driver's own library would be `gpushare::Nvml::load()?`; this is the simulated machine.
/// let machine = gpushare_sim::Machine::start()?;
/// let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// for gpu in nvml.gpus()? {
///     println!("GPU {}: {} ({})", gpu.index(), gpu.name(), gpu.uuid());
/// }
/// assert_eq!(nvml.driver_version()?, "580.126.09");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Nvml(pub(crate) Arc<Session>);

/// The version of CUDA that the driver supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CudaVersion {
    /// Major version: 13 of 13.0.
    pub major: u32,
    /// Minor version.
    pub minor: u32,
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Nvml {
    /// Loads the driver's NVML and initialises it: [`builder`](Nvml::builder) with nothing set.
    ///
    /// # Errors
    ///
    /// [`NoDriver`](crate::ErrorKind::NoDriver) where there is no library, or no kernel driver behind it.
    #[doc(alias = "nvmlInit")]
    pub fn load() -> Result<Self> {
        Self::builder().init()
    }

    /// Chooses the library, the initialisation flags or the root of the driver's files before initialising.
    pub fn builder() -> NvmlBuilder {
        NvmlBuilder::default()
    }

    /// One instance for the whole process, loaded at the first call that succeeds.
    ///
    /// # Errors
    ///
    /// As [`load`](Nvml::load); the next call tries again.
    pub fn default_instance() -> Result<&'static Self> {
        static DEFAULT: OnceCell<Nvml> = OnceCell::new();
        DEFAULT.get_or_try_init(Self::load)
    }

    /// The driver's version, such as `580.126.09`.
    ///
    /// # Errors
    ///
    /// Those of any call: [`Stale`](crate::ErrorKind::Stale) after [`close`](Nvml::close), [`Driver`](crate::ErrorKind::Driver).
    #[doc(alias = "nvmlSystemGetDriverVersion")]
    pub fn driver_version(&self) -> Result<String> {
        read_text::<{ sys::NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE as usize }>(
            Symbol::nvmlSystemGetDriverVersion,
            Target::Nvml,
            |buffer, size| call!(self.0, Target::Nvml, nvmlSystemGetDriverVersion(buffer, size)),
        )
    }

    /// The version of the NVML library, such as `13.580.126.09`.
    ///
    /// # Errors
    ///
    /// As [`driver_version`](Nvml::driver_version).
    #[doc(alias = "nvmlSystemGetNVMLVersion")]
    pub fn nvml_version(&self) -> Result<String> {
        read_text::<{ sys::NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE as usize }>(
            Symbol::nvmlSystemGetNVMLVersion,
            Target::Nvml,
            |buffer, size| call!(self.0, Target::Nvml, nvmlSystemGetNVMLVersion(buffer, size)),
        )
    }

    /// The newest CUDA version that the driver supports.
    ///
    /// # Errors
    ///
    /// As [`driver_version`](Nvml::driver_version).
    #[doc(alias = "nvmlSystemGetCudaDriverVersion")]
    pub fn cuda_driver_version(&self) -> Result<CudaVersion> {
        let mut version: c_int = 0;
        call_versioned!(self.0, Target::Nvml, nvmlSystemGetCudaDriverVersion_v2, cuda_driver_version(&mut version))?;
        let version = version.max(0) as u32;
        Ok(CudaVersion { major: version / 1000, minor: version % 1000 / 10 })
    }

    /// Whether the loaded library has a function: ask before an operation that old drivers lack.
    pub fn supports(&self, symbol: Symbol) -> bool {
        self.0.library.supports(symbol)
    }

    /// The loaded library, for calls that this crate does not wrap.
    pub fn library(&self) -> &Library {
        &self.0.library
    }

    /// The folder under which the driver's files of `/proc` and `/dev` are read: `/` unless [chosen](NvmlBuilder::root).
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// The folder in which processes are looked up: `/proc` unless [chosen](NvmlBuilder::procfs).
    pub fn procfs(&self) -> &Path {
        &self.0.procfs
    }

    /// Shuts the session down now, for all its clones and handles: each of them answers
    /// [`Stale`](crate::ErrorKind::Stale) from here on.
    ///
    /// Without it the session ends with its last handle. Closing twice is no error.
    ///
    /// # Errors
    ///
    /// What NVML answers to its shutdown; the session is closed all the same.
    #[doc(alias = "nvmlShutdown")]
    pub fn close(&self) -> Result<()> {
        self.0.shut_down()
    }
}

impl fmt::Debug for Nvml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nvml").field("library", &self.0.library.path()).field("root", &self.0.root).finish()
    }
}

/// How to load and initialise NVML; made by [`Nvml::builder`].
#[derive(Debug, Default)]
#[must_use = "nothing happens before `init`"]
pub struct NvmlBuilder {
    library: Option<Library>,
    flags: InitFlags,
    root: Option<PathBuf>,
    procfs: Option<PathBuf>,
}

impl NvmlBuilder {
    /// Uses an opened library instead of the driver's: a simulated machine, or one from a path.
    pub fn library(mut self, library: Library) -> Self {
        self.library = Some(library);
        self
    }

    /// Reads the driver's files (`/proc/driver/nvidia`, `/dev/nvidia-caps`) under this folder instead of `/`, such as a driver
    /// container's `/run/nvidia/driver` or a simulated machine's root.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Looks processes up in this folder instead of `/proc`, such as that of the host, mounted in a container. Their ids must be those
    /// that the driver tells.
    pub fn procfs(mut self, procfs: impl Into<PathBuf>) -> Self {
        self.procfs = Some(procfs.into());
        self
    }

    /// Initialises with these flags.
    pub fn flags(mut self, flags: InitFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Loads the library where none was given, and initialises NVML.
    ///
    /// # Errors
    ///
    /// [`NoDriver`](crate::ErrorKind::NoDriver) where no library can be loaded or no kernel driver answers,
    /// [`NotSupported`](crate::ErrorKind::NotSupported) where the library cannot initialise with the flags, else what NVML answers.
    #[doc(alias("nvmlInit", "nvmlInit_v2", "nvmlInitWithFlags"))]
    pub fn init(self) -> Result<Nvml> {
        let library = match self.library {
            Some(library) => library,
            None => Library::open()?,
        };
        // SAFETY: initialising needs nothing of the caller.
        let code = unsafe { library.init(self.flags.bits()) }?;
        check(code, Symbol::nvmlInitWithFlags, || Target::Nvml)?;
        let root = self.root.unwrap_or_else(|| PathBuf::from("/"));
        let procfs = self.procfs.unwrap_or_else(|| PathBuf::from("/proc"));
        let (closed, event_sets) = (AtomicBool::new(false), Mutex::default());
        let divisions = [const { AtomicU64::new(0) }; COUNTERS];
        Ok(Nvml(Arc::new(Session { library, closed, root, procfs, divisions, event_sets })))
    }
}
