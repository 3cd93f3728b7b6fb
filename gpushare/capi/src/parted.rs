//! Configuration files of NVIDIA's `nvidia-mig-parted`.

use std::ffi::{CString, c_char};

use core::MigPartedConfig;

use crate::argument::{In, Out, Own, Text};
use crate::gpu::gpushare_gpu_t;
use crate::layout::gpushare_layout_t;
use crate::text::{c_string, owned};

/// A configuration of `nvidia-mig-parted`: named layouts for the GPUs of a node. Threads may use one at the same time.
pub struct gpushare_mig_parted_config_t {
    config: MigPartedConfig,
    names: Vec<CString>,
}

impl From<MigPartedConfig> for gpushare_mig_parted_config_t {
    fn from(config: MigPartedConfig) -> Self {
        Self { names: config.configs.keys().map(c_string).collect(), config }
    }
}

exports! {
    /// Reads the YAML of a file. The error names the line of what could not be honoured. Free it with
    /// `gpushare_mig_parted_config_free`.
    fn gpushare_mig_parted_config_parse(yaml: Text, config: Out<*mut gpushare_mig_parted_config_t>) {
        config.give(yaml.parse::<MigPartedConfig>()?.into())
    }

    /// The same configurations as YAML. Free it with `gpushare_string_free`.
    fn gpushare_mig_parted_config_to_string(config: In<gpushare_mig_parted_config_t>, yaml: Out<*mut c_char>) {
        yaml.set(owned(config.config.to_string()))
    }

    /// The number of configurations.
    fn gpushare_mig_parted_config_count(config: In<gpushare_mig_parted_config_t>) -> usize {
        config.names.len()
    }

    /// The name of the configuration at an index, from 0; NULL beyond the last. It lives as long as the configuration.
    fn gpushare_mig_parted_config_name(config: In<gpushare_mig_parted_config_t>, index: usize) -> *const c_char {
        config.names.get(index).map_or(std::ptr::null(), |name| name.as_ptr())
    }

    /// The layout that the configuration of this name wants of a GPU; NULL where it does not speak of that GPU. Free it with
    /// `gpushare_layout_free`.
    #[doc(alias = "MigPartedConfig::layout", alias = "MigPartedEntry::layout", alias = "MigPartedEntry::is_for")]
    fn gpushare_mig_parted_config_layout(
        config: In<gpushare_mig_parted_config_t>,
        name: Text,
        gpu: In<gpushare_gpu_t>,
        layout: Out<*mut gpushare_layout_t>,
    ) {
        match config.config.layout(name, &gpu.gpu)? {
            Some(found) => layout.give(found.into()),
            None => layout.set(std::ptr::null_mut()),
        }
    }

    /// Frees a configuration. NULL is none.
    fn gpushare_mig_parted_config_free(config: Own<gpushare_mig_parted_config_t>) -> () {
        drop(config)
    }
}
