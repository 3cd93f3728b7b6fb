//! The Container Device Interface: how container runtimes are told what a device needs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::prelude::*;

use gpushare as rust;

use crate::enter::enter;
use crate::enums::enum_argument;
use crate::handles::nvml::Nvml;
use crate::value::value;
use crate::values::device_files::DeviceFiles;

enum_argument! {
    NameArgument(rust::CdiDeviceName) of "CdiDeviceName" {
        "index" => rust::CdiDeviceName::Index,
        "type_index" => rust::CdiDeviceName::TypeIndex,
        "uuid" => rust::CdiDeviceName::Uuid,
    }
}

value! {
    "gpushare",
    /// A specification of the Container Device Interface: devices that a container can be given by name, such as `nvidia.com/gpu=0:1`.
    ///
    /// Runtimes look for it in `/etc/cdi` and `/var/run/cdi`, in files whose names end in `.yaml` or `.json`; one that appears by a rename is
    /// never seen half.
    ///
    /// >>> gpu.apply_layout("4g.20gb", directory=folder).made[0].device_files().cdi_spec(host_root="/").devices[0].name
    /// '0:0'
    CdiSpec = gpushare::CdiSpec {
        /// The vendor and the class of the devices, such as `nvidia.com/gpu`.
        kind: String,
        /// Whatever readers may want to know.
        annotations: BTreeMap<String, String>,
        /// The devices: at least one, each with a name of its own.
        devices: Vec<CdiDevice>,
        /// What a container gets with whichever of the devices.
        container_edits: CdiContainerEdits,
    }

    /// The version of the format that it is written in: the oldest that has all that the specification uses, so that runtimes of every age
    /// read it.
    fn version(&self) -> &'static str {
        self.0.version()
    }

    /// The specification as JSON text.
    fn to_json(&self) -> String {
        format!("{:#}", self.0)
    }

    /// The specification as YAML text.
    fn to_yaml(&self) -> String {
        self.0.to_string()
    }
}

value! {
    "gpushare",
    /// A device of a `CdiSpec`.
    CdiDevice = gpushare::CdiDevice {
        /// The name, such as `0:1`.
        name: String,
        /// Whatever readers may want to know.
        annotations: BTreeMap<String, String>,
        /// What a container gets with the device.
        container_edits: CdiContainerEdits,
    }
}

value! {
    "gpushare",
    /// What a container gets.
    CdiContainerEdits = gpushare::CdiContainerEdits {
        /// Variables of the environment, as `NAME=value`.
        env: Vec<String>,
        /// Device nodes.
        device_nodes: Vec<CdiDeviceNode>,
        /// Files and folders of the host.
        mounts: Vec<CdiMount>,
        /// Programs that the runtime runs.
        hooks: Vec<CdiHook>,
    }
}

value! {
    "gpushare",
    /// A device node that a container gets.
    CdiDeviceNode = gpushare::CdiDeviceNode {
        /// The path in the container.
        path: String,
        /// The path on the host, where it is another.
        host_path: Option<String>,
        /// The kind of node, `c` for a character device. Where it and the numbers are `None`, the runtime takes them from the host's node.
        device_type: Option<String>,
        /// The major number.
        major: Option<u32>,
        /// The minor number.
        minor: Option<u32>,
    }
}

value! {
    "gpushare",
    /// A file or folder of the host that a container gets.
    CdiMount = gpushare::CdiMount {
        /// The path on the host.
        host_path: String,
        /// The path in the container.
        container_path: String,
        /// How it is mounted, such as `ro`.
        options: Vec<String>,
    }
}

value! {
    "gpushare",
    /// A program that the runtime runs.
    CdiHook = gpushare::CdiHook {
        /// When: `createContainer` is after the container's namespaces were made and before it has its own root.
        hook_name: String,
        /// The program, by an absolute path of the host.
        path: String,
        /// Its arguments, the first of which is its name.
        args: Vec<String>,
    }
}

/// What was given, as the library takes it.
#[expect(clippy::too_many_arguments, reason = "one for each keyword")]
fn options(
    vendor: String,
    device_class: String,
    names: Option<Vec<NameArgument>>,
    all: bool,
    host_root: Option<PathBuf>,
    device_numbers: bool,
    driver_files: bool,
    hook: Option<PathBuf>,
) -> rust::CdiOptions {
    let mut options = rust::CdiOptions::new().kind(vendor, device_class);
    if let Some(names) = names {
        options = options.names(names.into_iter().map(|name| name.0));
    }
    (options.all, options.host_root, options.device_numbers) = (all, host_root, device_numbers);
    if driver_files {
        options = options.driver_files();
    }
    match hook {
        Some(program) => options.hook(program),
        None => options,
    }
}

#[pymethods]
impl DeviceFiles {
    /// The CDI specification by which container runtimes give these devices to containers.
    ///
    /// A GPU with MIG enabled is no device, because nothing runs on the whole of it. Devices are called by index and by UUID unless `names`
    /// says otherwise; `all` is whether there is a device `all`, which is all the others. `host_root` is the folder of the driver's files as
    /// the runtime sees it, where that is not `root`. With `device_numbers`, a runtime needs no node on the host, but the specification is
    /// wrong after a reboot. With `driver_files`, containers get the driver's libraries, programs, firmware and sockets; `hook` is NVIDIA's
    /// program `nvidia-cdi-hook` or `nvidia-ctk` on the host, which makes the libraries known in a container, and stands for
    /// `driver_files` too.
    ///
    /// Raises:
    ///     NotFoundError: There is no device, or the driver's files are wanted and not found.
    ///     InvalidArgumentError: The format cannot have the vendor, class, name or path `text`.
    #[pyo3(signature = (
        *,
        vendor = "nvidia.com".into(),
        device_class = "gpu".into(),
        names: "typing.Sequence[gpushare.enums.CdiDeviceName] | None" = None,
        all = true,
        host_root: "str | os.PathLike[str] | None" = None,
        device_numbers = false,
        driver_files = false,
        hook: "str | os.PathLike[str] | None" = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "one for each keyword")]
    fn cdi_spec(
        &self,
        py: Python<'_>,
        vendor: String,
        device_class: String,
        names: Option<Vec<NameArgument>>,
        all: bool,
        host_root: Option<PathBuf>,
        device_numbers: bool,
        driver_files: bool,
        hook: Option<PathBuf>,
    ) -> PyResult<CdiSpec> {
        let options = options(vendor, device_class, names, all, host_root, device_numbers, driver_files, hook);
        enter(py, || self.0.cdi_spec(&options))
    }
}

#[pymethods]
impl Nvml {
    /// The CDI specification of all GPUs and MIG devices of this node: `DeviceFiles.cdi_spec` of `device_files()`.
    ///
    /// Raises:
    ///     GpuShareError: As there.
    #[pyo3(signature = (
        *,
        vendor = "nvidia.com".into(),
        device_class = "gpu".into(),
        names: "typing.Sequence[gpushare.enums.CdiDeviceName] | None" = None,
        all = true,
        host_root: "str | os.PathLike[str] | None" = None,
        device_numbers = false,
        driver_files = false,
        hook: "str | os.PathLike[str] | None" = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "one for each keyword")]
    fn cdi_spec(
        &self,
        py: Python<'_>,
        vendor: String,
        device_class: String,
        names: Option<Vec<NameArgument>>,
        all: bool,
        host_root: Option<PathBuf>,
        device_numbers: bool,
        driver_files: bool,
        hook: Option<PathBuf>,
    ) -> PyResult<CdiSpec> {
        let options = options(vendor, device_class, names, all, host_root, device_numbers, driver_files, hook);
        enter(py, || self.0.cdi_spec(&options))
    }
}
