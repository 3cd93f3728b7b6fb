//! Slurm: the lines of `gres.conf` and `slurm.conf` that let jobs have GPUs and MIG devices.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::prelude::*;

use crate::enter::enter;
use crate::handles::nvml::Nvml;
use crate::value::value;
use crate::values::device_files::DeviceFiles;

value! {
    "gpushare",
    /// GPUs and MIG devices as Slurm's generic resource `gpu`. `str` gives the lines of `gres.conf`.
    ///
    /// Types have the names that Slurm's `AutoDetect=nvml` would give them; with these lines, `AutoDetect` must be off for the node. Slurm
    /// keeps a job to its devices where `cgroup.conf` has `ConstrainDevices=yes`, and only then is the `CUDA_VISIBLE_DEVICES` right that it
    /// sets for MIG devices. Make the lines anew, and restart `slurmd` and `slurmctld`, after the layout of a node has changed.
    ///
    /// >>> gres = gpu.apply_layout("4g.20gb", directory=folder).made[0].device_files().slurm_gres(host_root="/")
    /// >>> str(gres)
    /// 'Name=gpu Type=nvidia_a100_4g.20gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap21,/dev/nvidia-caps/nvidia-cap22\n'
    /// >>> gres.gres_types(), gres.node_gres()
    /// ('GresTypes=gpu', 'Gres=gpu:nvidia_a100_4g.20gb:1')
    SlurmGres = gpushare::SlurmGres {
        /// A line for each device, in NVML's order.
        lines: Vec<SlurmGresLine>,
    }

    /// The line of `slurm.conf` that names the resource.
    fn gres_types(&self) -> &'static str {
        self.0.gres_types()
    }

    /// What the node's line of `slurm.conf` has to say; empty where there is no device.
    ///
    /// Slurm counts a node's devices by type in this order, and those of a type in the order of `gres.conf`.
    fn node_gres(&self) -> String {
        self.0.node_gres()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare",
    /// A line of `gres.conf`: one device. `str` gives it.
    SlurmGresLine = gpushare::SlurmGresLine {
        /// The nodes that it is for.
        node_name: Option<String>,
        /// The type.
        type_name: String,
        /// The device's nodes on the host. A MIG device has three, which are allowed together.
        files: Vec<String>,
        /// The cores near it.
        cores: Option<String>,
        /// The number of devices, where it is said.
        count: Option<u32>,
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

/// What was given, as the library takes it.
fn options(
    node_name: Option<String>,
    cores: Option<BTreeMap<u32, String>>,
    count: bool,
    host_root: Option<PathBuf>,
) -> gpushare::SlurmOptions {
    let mut options = gpushare::SlurmOptions::new();
    (options.node_name, options.count, options.host_root) = (node_name, count, host_root);
    options.cores = cores.unwrap_or_default();
    options
}

#[pymethods]
impl DeviceFiles {
    /// The lines by which Slurm lets jobs have these devices. A GPU with MIG enabled is no device of its own; its MIG devices are.
    ///
    /// `node_name` says for which nodes they are, `cores` which cores are near a GPU, by its NVML index, as Slurm counts and writes them. With
    /// `count`, each line has the number of its devices. `host_root` is the folder of the driver's files as `slurmd` sees it, where that is
    /// not `root`.
    ///
    /// Raises:
    ///     InvalidArgumentError: Slurm could not read the node name, cores or path `text`.
    #[pyo3(signature = (
        *,
        node_name=None,
        cores: "dict[int, str] | None" = None,
        count=false,
        host_root: "str | os.PathLike[str] | None" = None
    ))]
    fn slurm_gres(
        &self,
        py: Python<'_>,
        node_name: Option<String>,
        cores: Option<BTreeMap<u32, String>>,
        count: bool,
        host_root: Option<PathBuf>,
    ) -> PyResult<SlurmGres> {
        let options = options(node_name, cores, count, host_root);
        enter(py, || self.0.slurm_gres(&options))
    }
}

#[pymethods]
impl Nvml {
    /// The lines by which Slurm lets jobs have the GPUs and MIG devices of this node: `DeviceFiles.slurm_gres` of `device_files()`.
    ///
    /// Raises:
    ///     GpuShareError: As there.
    #[pyo3(signature = (
        *,
        node_name=None,
        cores: "dict[int, str] | None" = None,
        count=false,
        host_root: "str | os.PathLike[str] | None" = None
    ))]
    fn slurm_gres(
        &self,
        py: Python<'_>,
        node_name: Option<String>,
        cores: Option<BTreeMap<u32, String>>,
        count: bool,
        host_root: Option<PathBuf>,
    ) -> PyResult<SlurmGres> {
        let options = options(node_name, cores, count, host_root);
        enter(py, || self.0.slurm_gres(&options))
    }
}
