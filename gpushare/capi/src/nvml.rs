//! The library, loaded and initialised.

use std::ffi::{CStr, CString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use core::sys::{Library, Symbol};
use core::{InitFlags, Nvml};

use crate::argument::{Given, Growing, In, Out, Own, Text};
use crate::boundary::Fault;
use crate::list::cloned;
use crate::text::owned;

/// NVML, loaded and initialised: the way to every GPU of the node. Threads may use one at the same time.
#[derive(Clone)]
pub struct gpushare_nvml_t {
    pub(crate) nvml: Nvml,
    library_path: Option<CString>,
    root: CString,
    procfs: CString,
}

/// How to load NVML. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_nvml_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// `GPUSHARE_INIT_...`, or 0.
    pub init_flags: u32,
    /// The NVML library, such as a simulated one; a bare name is looked up by the loader's rules. NULL for the driver's own.
    pub library_path: *const c_char,
    /// The folder under which the driver's files of `/proc` and `/dev` are read; NULL for `/`.
    pub root: *const c_char,
    /// The folder in which processes are looked up, such as the host's `/proc`, mounted in a container; NULL for `/proc`.
    pub procfs: *const c_char,
}

/// Do not fail when there is no GPU.
pub const GPUSHARE_INIT_NO_GPUS: u32 = 1;
/// Do not attach the GPUs.
pub const GPUSHARE_INIT_NO_ATTACH: u32 = 2;

const _: () = {
    assert!(GPUSHARE_INIT_NO_GPUS == InitFlags::NO_GPUS.bits());
    assert!(GPUSHARE_INIT_NO_ATTACH == InitFlags::NO_ATTACH.bits());
};

impl Default for gpushare_nvml_options_t {
    fn default() -> Self {
        Self {
            struct_size: 0,
            init_flags: 0,
            library_path: std::ptr::null(),
            root: std::ptr::null(),
            procfs: std::ptr::null(),
        }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_nvml_options_t {
    const FIRST_SIZE: usize = 32;
}

/// A path of a caller's, as bytes.
///
/// # Safety
///
/// It is NULL or a text that ends with NUL and lives for the call.
pub(crate) unsafe fn path<'a>(text: *const c_char) -> Option<&'a Path> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| Path::new(std::ffi::OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes())))
}

/// A path for C.
pub(crate) fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

impl From<Nvml> for gpushare_nvml_t {
    fn from(nvml: Nvml) -> Self {
        Self {
            library_path: nvml.library().path().map(c_path),
            root: c_path(nvml.root()),
            procfs: c_path(nvml.procfs()),
            nvml,
        }
    }
}

/// The version of CUDA that a driver supports.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_cuda_version_t {
    /// Major version: 13 of 13.0.
    pub major: u32,
    /// Minor version.
    pub minor: u32,
}

exports! {
    /// Loads the driver's NVML and initialises it. The environment variable `GPUSHARE_NVML_LIBRARY` names another library, such as a
    /// simulated one.
    #[doc(alias = "Nvml::load")]
    fn gpushare_nvml_load(nvml: Out<*mut gpushare_nvml_t>) {
        nvml.give(Nvml::load()?.into())
    }

    /// Loads and initialises NVML as the options say; NULL is `gpushare_nvml_load`.
    #[doc(alias = "Nvml::builder", alias = "NvmlBuilder::library", alias = "NvmlBuilder::root", alias = "NvmlBuilder::flags")]
    #[doc(alias = "NvmlBuilder::procfs", alias = "NvmlBuilder::init")]
    fn gpushare_nvml_open(options: Given<gpushare_nvml_options_t>, nvml: Out<*mut gpushare_nvml_t>) {
        let mut builder = Nvml::builder().flags(InitFlags::from_bits_retain(options.init_flags));
        // SAFETY: the caller passes NULL or texts that end with NUL.
        let (library, root, procfs) =
            unsafe { (path(options.library_path), path(options.root), path(options.procfs)) };
        if let Some(library) = library {
            // SAFETY: the caller says that the file is an NVML library.
            builder = builder.library(unsafe { Library::open_path(library) }.map_err(core::Error::from)?);
        }
        if let Some(root) = root {
            builder = builder.root(root);
        }
        if let Some(procfs) = procfs {
            builder = builder.procfs(procfs);
        }
        nvml.give(builder.init()?.into())
    }

    /// One instance for the whole process, loaded at the first call that succeeds. The handle is one of its clones.
    #[doc(alias = "Nvml::default_instance")]
    fn gpushare_nvml_default(nvml: Out<*mut gpushare_nvml_t>) {
        nvml.give(Nvml::default_instance()?.clone().into())
    }

    /// Another handle of the same session.
    fn gpushare_nvml_clone(nvml: In<gpushare_nvml_t>) -> *mut gpushare_nvml_t {
        cloned(nvml)
    }

    /// Frees a handle. The session ends with the last handle of it or of its GPUs. NULL is none.
    fn gpushare_nvml_free(nvml: Own<gpushare_nvml_t>) -> () {
        drop(nvml)
    }

    /// Ends the session for all its handles, each of which answers `GPUSHARE_ERROR_STALE` from here on. They are to be freed all the
    /// same. Closing twice is no error.
    #[doc(alias = "Nvml::close")]
    fn gpushare_nvml_close(nvml: In<gpushare_nvml_t>) {
        Ok(nvml.nvml.close()?)
    }

    /// The driver's version, such as "580.126.09". Free it with `gpushare_string_free`.
    #[doc(alias = "Nvml::driver_version")]
    fn gpushare_nvml_driver_version(nvml: In<gpushare_nvml_t>, version: Out<*mut c_char>) {
        version.set(owned(nvml.nvml.driver_version()?))
    }

    /// The version of the NVML library, such as "13.580.126.09". Free it with `gpushare_string_free`.
    #[doc(alias = "Nvml::nvml_version")]
    fn gpushare_nvml_nvml_version(nvml: In<gpushare_nvml_t>, version: Out<*mut c_char>) {
        version.set(owned(nvml.nvml.nvml_version()?))
    }

    /// The newest CUDA version that the driver supports.
    #[doc(alias = "Nvml::cuda_driver_version")]
    fn gpushare_nvml_cuda_driver_version(nvml: In<gpushare_nvml_t>, version: Out<gpushare_cuda_version_t>) {
        let found = nvml.nvml.cuda_driver_version()?;
        version.set(gpushare_cuda_version_t { major: found.major, minor: found.minor })
    }

    /// Whether the loaded library has an NVML function, such as "nvmlDeviceGetMemoryInfo_v2".
    #[doc(alias = "Nvml::supports")]
    fn gpushare_nvml_supports(nvml: In<gpushare_nvml_t>, symbol: Text, supported: Out<bool>) {
        let unknown = || Fault::Argument { name: "symbol", reason: format!("is {symbol:?}, which gpushare does not call") };
        supported.set(nvml.nvml.supports(Symbol::from_name(symbol).ok_or_else(unknown)?))
    }

    /// The path or name by which the library was opened; NULL where it was given as functions. It lives as long as the handle.
    #[doc(alias = "Nvml::library")]
    fn gpushare_nvml_library_path(nvml: In<gpushare_nvml_t>) -> *const c_char {
        nvml.library_path.as_ref().map_or(std::ptr::null(), |path| path.as_ptr())
    }

    /// The folder under which the driver's files of `/proc` and `/dev` are read. It lives as long as the handle.
    #[doc(alias = "Nvml::root")]
    fn gpushare_nvml_root(nvml: In<gpushare_nvml_t>) -> *const c_char {
        nvml.root.as_ptr()
    }

    /// The folder in which processes are looked up. It lives as long as the handle.
    #[doc(alias = "Nvml::procfs")]
    fn gpushare_nvml_procfs(nvml: In<gpushare_nvml_t>) -> *const c_char {
        nvml.procfs.as_ptr()
    }
}
