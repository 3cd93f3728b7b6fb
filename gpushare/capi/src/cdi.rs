//! The Container Device Interface: how container runtimes are told what a device needs.

use std::ffi::c_char;

use core::{CdiDeviceName, CdiOptions, CdiSpec};

use crate::argument::{Given, Growing, In, Out};
use crate::boundary::Fault;
use crate::device_files::gpushare_device_files_t;
use crate::nvml::{gpushare_nvml_t, path};
use crate::text::owned;

/// Devices by index: "0" a GPU, "0:1" a MIG device.
pub const GPUSHARE_CDI_NAME_INDEX: u32 = 1;
/// Devices by kind and index: "gpu0", "mig0:1". Runtimes that know no newer version of the format than 0.4.0 need it.
pub const GPUSHARE_CDI_NAME_TYPE_INDEX: u32 = 2;
/// Devices by UUID: "GPU-9e4aeb94-...", "MIG-c42101f0-...".
pub const GPUSHARE_CDI_NAME_UUID: u32 = 4;

/// Make no device "all".
pub const GPUSHARE_CDI_WITHOUT_ALL: u32 = 1;
/// Give nodes their numbers, instead of those that the host's node has when a container starts.
pub const GPUSHARE_CDI_DEVICE_NUMBERS: u32 = 2;
/// Give containers the driver's libraries, programs, firmware and sockets.
pub const GPUSHARE_CDI_DRIVER_FILES: u32 = 4;

/// The text is YAML.
pub const GPUSHARE_CDI_YAML: u32 = 0;
/// The text is JSON.
pub const GPUSHARE_CDI_JSON: u32 = 1;

/// What a CDI specification is to say. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_cdi_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// The names that each device has: `GPUSHARE_CDI_NAME_...`, or several of them added; 0 for those by index and by UUID.
    pub names: u32,
    /// `GPUSHARE_CDI_WITHOUT_ALL`, `GPUSHARE_CDI_DEVICE_NUMBERS` and `GPUSHARE_CDI_DRIVER_FILES`, added; or 0.
    pub flags: u32,
    /// `GPUSHARE_CDI_YAML` or `GPUSHARE_CDI_JSON`.
    pub form: u32,
    /// The vendor of the devices; NULL for "nvidia.com".
    pub vendor: *const c_char,
    /// The class of the devices; NULL for "gpu".
    pub device_class: *const c_char,
    /// The folder of the driver's files as the container runtime sees it; NULL where that is the one in which they were found.
    pub host_root: *const c_char,
    /// NVIDIA's program `nvidia-cdi-hook` or `nvidia-ctk` on the host, which makes the driver's libraries known in a container; NULL for none.
    /// With it, containers get the driver's files.
    pub hook: *const c_char,
}

impl Default for gpushare_cdi_options_t {
    fn default() -> Self {
        let none = std::ptr::null();
        Self {
            struct_size: 0,
            names: 0,
            flags: 0,
            form: 0,
            vendor: none,
            device_class: none,
            host_root: none,
            hook: none,
        }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_cdi_options_t {
    const FIRST_SIZE: usize = 48;
}

impl gpushare_cdi_options_t {
    /// # Safety
    ///
    /// The texts are NULL or end with NUL and live for the call.
    unsafe fn get(&self) -> Result<CdiOptions, Fault> {
        const NAMES: [(u32, CdiDeviceName); 3] = [
            (GPUSHARE_CDI_NAME_INDEX, CdiDeviceName::Index),
            (GPUSHARE_CDI_NAME_TYPE_INDEX, CdiDeviceName::TypeIndex),
            (GPUSHARE_CDI_NAME_UUID, CdiDeviceName::Uuid),
        ];
        let has = |flag: u32| self.flags & flag != 0;
        for (name, value) in [("names", self.names), ("flags", self.flags)] {
            if value > 7 {
                let reason = format!("has {name} {value}; there are 0 to 7");
                return Err(Fault::Argument { name: "options", reason });
            }
        }
        let mut options = CdiOptions::new();
        if self.names != 0 {
            options = options.names(NAMES.into_iter().filter(|(bit, _)| self.names & bit != 0).map(|(_, name)| name));
        }
        // SAFETY: the caller's promise.
        let (vendor, class, host_root, hook) =
            unsafe { (text(self.vendor)?, text(self.device_class)?, path(self.host_root), path(self.hook)) };
        let (vendor, class) = (vendor.unwrap_or(options.vendor.clone()), class.unwrap_or(options.class.clone()));
        options = options.kind(vendor, class);
        options.all = !has(GPUSHARE_CDI_WITHOUT_ALL);
        options.device_numbers = has(GPUSHARE_CDI_DEVICE_NUMBERS);
        options.driver_files = has(GPUSHARE_CDI_DRIVER_FILES);
        options.host_root = host_root.map(Into::into);
        Ok(match hook {
            Some(program) => options.hook(program),
            None => options,
        })
    }

    fn print(&self, spec: &CdiSpec) -> Result<*mut c_char, Fault> {
        match self.form {
            GPUSHARE_CDI_YAML => Ok(owned(spec.to_string())),
            GPUSHARE_CDI_JSON => Ok(owned(format!("{spec:#}"))),
            form => Err(Fault::Argument { name: "options", reason: format!("has form {form}; there are 0 and 1") }),
        }
    }
}

/// A text in options.
///
/// # Safety
///
/// It is NULL or ends with NUL and lives for the call.
pub(crate) unsafe fn text(raw: *const c_char) -> Result<Option<String>, Fault> {
    // SAFETY: the caller's promise.
    let Some(text) = (unsafe { path(raw) }) else { return Ok(None) };
    let reason = || format!("has {text:?}, which is not UTF-8");
    let text = text.to_str().ok_or_else(|| Fault::Argument { name: "options", reason: reason() })?;
    Ok(Some(text.to_owned()))
}

exports! {
    /// The CDI specification by which container runtimes give these devices to containers, of the oldest version that has all that it uses.
    /// `options` may be NULL. `GPUSHARE_ERROR_NOT_FOUND` where there is no device; the error names a vendor, class, name or path that the format
    /// cannot have. Free it with `gpushare_string_free`.
    #[doc(alias = "DeviceFiles::cdi_spec", alias = "CdiSpec::version", alias = "CdiOptions::new", alias = "CdiOptions::kind")]
    #[doc(alias = "CdiOptions::names", alias = "CdiOptions::without_all", alias = "CdiOptions::host_root")]
    #[doc(alias = "CdiOptions::device_numbers", alias = "CdiOptions::driver_files", alias = "CdiOptions::hook")]
    fn gpushare_device_files_cdi_spec(
        files: In<gpushare_device_files_t>,
        options: Given<gpushare_cdi_options_t>,
        spec: Out<*mut c_char>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL.
        let wanted = unsafe { options.get() }?;
        spec.set(options.print(&files.files.cdi_spec(&wanted)?)?)
    }

    /// The CDI specification of all GPUs and MIG devices of this node, as they are now: `gpushare_device_files_cdi_spec` of
    /// `gpushare_nvml_device_files`. Free it with `gpushare_string_free`.
    #[doc(alias = "Nvml::cdi_spec")]
    fn gpushare_nvml_cdi_spec(nvml: In<gpushare_nvml_t>, options: Given<gpushare_cdi_options_t>, spec: Out<*mut c_char>) {
        // SAFETY: the caller passes NULL or texts that end with NUL.
        let wanted = unsafe { options.get() }?;
        spec.set(options.print(&nvml.nvml.cdi_spec(&wanted)?)?)
    }
}
