//! Slurm: the lines of `gres.conf` and `slurm.conf` that let jobs have GPUs and MIG devices.

use std::ffi::c_char;

use core::{SlurmGres, SlurmOptions};

use crate::argument::{Given, Growing, In, Out, Place};
use crate::boundary::{Done, Fault};
use crate::cdi::text;
use crate::device_files::gpushare_device_files_t;
use crate::nvml::{gpushare_nvml_t, path};
use crate::text::owned;

/// What the lines for Slurm are to say. Zero every member but the size for the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_slurm_options_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// Not 0: each line has the number of its devices, which is 1.
    pub count: u32,
    /// The nodes that the lines are for, such as "tux[0-3]"; NULL for lines that hold for every node that reads them.
    pub node_name: *const c_char,
    /// The folder of the driver's files as `slurmd` sees it; NULL where that is the one in which they were found.
    pub host_root: *const c_char,
    /// The cores near each GPU, by its NVML index, as Slurm counts and writes them: "0-15"; NULL where that is not to be said.
    pub cores: *const *const c_char,
    /// How many they are; further GPUs have none.
    pub cores_count: usize,
}

impl Default for gpushare_slurm_options_t {
    fn default() -> Self {
        let none = std::ptr::null();
        Self { struct_size: 0, count: 0, node_name: none, host_root: none, cores: std::ptr::null(), cores_count: 0 }
    }
}

// SAFETY: as the trait asks.
unsafe impl Growing for gpushare_slurm_options_t {
    const FIRST_SIZE: usize = 40;
}

impl gpushare_slurm_options_t {
    /// # Safety
    ///
    /// The texts are NULL or end with NUL, there are as many as it says, and all live for the call.
    unsafe fn get(&self) -> Result<SlurmOptions, Fault> {
        let mut options = SlurmOptions::new();
        // SAFETY: the caller's promise.
        let (node_name, host_root, cores) = unsafe {
            let cores = match self.cores.is_null() {
                true => &[],
                false => std::slice::from_raw_parts(self.cores, self.cores_count),
            };
            (text(self.node_name)?, path(self.host_root), cores)
        };
        options.count = self.count != 0;
        options.node_name = node_name;
        options.host_root = host_root.map(Into::into);
        for (index, cores) in (0..).zip(cores) {
            // SAFETY: the caller's promise.
            if let Some(cores) = unsafe { text(*cores) }? {
                options = options.cores(index, cores);
            }
        }
        Ok(options)
    }
}

fn give(gres: &SlurmGres, gres_conf: Place<*mut c_char>, node_gres: Place<*mut c_char>) -> Done {
    gres_conf.set(owned(gres.to_string()))?;
    node_gres.set(owned(gres.node_gres()))
}

exports! {
    /// The lines by which Slurm lets jobs have these devices: those of `gres.conf`, and what the node's line of `slurm.conf` has to say, such as
    /// "Gres=gpu:nvidia_a100_4g.20gb:1"; it needs the line "GresTypes=gpu" as well. Both are empty where there is no device. `options` may be
    /// NULL. The error names a node name, cores or a path that Slurm could not read. Free both with `gpushare_string_free`.
    #[doc(alias = "DeviceFiles::slurm_gres", alias = "SlurmGres::node_gres", alias = "SlurmGres::gres_types")]
    #[doc(alias = "SlurmOptions::new", alias = "SlurmOptions::node_name", alias = "SlurmOptions::cores")]
    #[doc(alias = "SlurmOptions::count", alias = "SlurmOptions::host_root")]
    fn gpushare_device_files_slurm_gres(
        files: In<gpushare_device_files_t>,
        options: Given<gpushare_slurm_options_t>,
        gres_conf: Out<*mut c_char>,
        node_gres: Out<*mut c_char>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL, as many as it says.
        let wanted = unsafe { options.get() }?;
        give(&files.files.slurm_gres(&wanted)?, gres_conf, node_gres)
    }

    /// The same for all GPUs and MIG devices of this node, as they are now. Free both with `gpushare_string_free`.
    #[doc(alias = "Nvml::slurm_gres")]
    fn gpushare_nvml_slurm_gres(
        nvml: In<gpushare_nvml_t>,
        options: Given<gpushare_slurm_options_t>,
        gres_conf: Out<*mut c_char>,
        node_gres: Out<*mut c_char>,
    ) {
        // SAFETY: the caller passes NULL or texts that end with NUL, as many as it says.
        let wanted = unsafe { options.get() }?;
        give(&nvml.nvml.slurm_gres(&wanted)?, gres_conf, node_gres)
    }
}
