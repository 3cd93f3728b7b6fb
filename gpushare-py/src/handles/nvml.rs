//! The library, loaded and initialised.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use gpushare::InitFlags;
use gpushare::sys::{Library, Symbol};

use crate::convert::ToPython;
use crate::drawing;
use crate::enter::enter;
use crate::errors::Raise;
use crate::handles::gpu::Gpu;
use crate::handles::mig_device::MigDevice;
use crate::handles::observer::Observer;
use crate::sim::machine::Machine;
use crate::values::cuda_rules::CudaRules;
use crate::values::device_files::{DeviceFiles, MigMinors};
use crate::values::pci::PciAddress;
use crate::values::snapshot::node::Snapshot;
use crate::values::visible_node::VisibleNode;

/// NVML, initialised: the way to every GPU of the node.
///
/// Without arguments it is the driver's own library. `library` is the path of another one, or a simulated machine; `root` the folder under
/// which the driver's files of `/proc` and `/dev` are read, such as a driver container's `/run/nvidia/driver`; `procfs` the folder in
/// which processes are looked up, such as the host's `/proc`, mounted in a container; `flags` says how to initialise. The session ends with its last handle, or at `close()`, or at the end of a `with`. Sessions do not disturb each other.
///
/// Every method may be called from every thread; other threads run while the driver works.
///
/// Raises:
///     NoDriverError: There is no library, or no kernel driver behind it; `tried` lists the paths.
///     NotSupportedError: The library cannot initialise with the flags.
///
/// >>> with gpushare.Nvml(library=machine) as nvml:
/// ...     print(nvml.driver_version())
/// 580.126.09
#[pyclass(frozen, module = "gpushare")]
pub(crate) struct Nvml(pub(crate) gpushare::Nvml);

/// Where NVML is.
#[derive(FromPyObject)]
enum Source<'py> {
    Machine(Bound<'py, Machine>),
    Path(PathBuf),
}

/// The folders of the driver's files and of processes, where they are not the system's.
pub(crate) struct Folders {
    pub(crate) root: Option<PathBuf>,
    pub(crate) procfs: Option<PathBuf>,
}

impl Nvml {
    /// The NVML of a simulated machine, whose driver's files lie below its root.
    pub(crate) fn of_machine(py: Python<'_>, machine: &Machine, files: Folders, flags: u32) -> PyResult<Self> {
        let machine = machine.open()?;
        let files = Folders { root: Some(files.root.unwrap_or_else(|| machine.root())), ..files };
        enter(py, || Self::init(Some(machine.library()?), files, flags))
    }

    fn init(library: Option<Library>, files: Folders, flags: u32) -> gpushare::Result<gpushare::Nvml> {
        let mut builder = gpushare::Nvml::builder().flags(InitFlags::from_bits_retain(flags));
        if let Some(library) = library {
            builder = builder.library(library);
        }
        if let Some(root) = files.root {
            builder = builder.root(root);
        }
        if let Some(procfs) = files.procfs {
            builder = builder.procfs(procfs);
        }
        builder.init()
    }
}

impl ToPython<Nvml> for gpushare::Nvml {
    fn to_python(&self) -> Nvml {
        Nvml(self.clone())
    }
}

#[pymethods]
impl Nvml {
    #[new]
    #[pyo3(signature = (
        *,
        library: "str | os.PathLike[str] | Machine | None" = None,
        root: "str | os.PathLike[str] | None" = None,
        procfs: "str | os.PathLike[str] | None" = None,
        flags: "gpushare.enums.InitFlags | int" = 0
    ))]
    fn new(
        py: Python<'_>,
        library: Option<Source<'_>>,
        root: Option<PathBuf>,
        procfs: Option<PathBuf>,
        flags: u32,
    ) -> PyResult<Self> {
        let files = Folders { root, procfs };
        match library {
            Some(Source::Machine(machine)) => Self::of_machine(py, machine.get(), files, flags),
            Some(Source::Path(path)) => enter(py, || {
                // SAFETY: whoever names a library in the place of NVML's promises that its NVML names are NVML's functions.
                let library = unsafe { Library::open_path(path) }?;
                Self::init(Some(library), files, flags)
            }),
            None => enter(py, || Self::init(None, files, flags)),
        }
    }

    /// One instance for the whole process, loaded at the first call that succeeds.
    ///
    /// Raises:
    ///     NoDriverError: There is no library, or no kernel driver behind it; the next call tries again.
    #[staticmethod]
    fn default_instance(py: Python<'_>) -> PyResult<Self> {
        enter(py, || gpushare::Nvml::default_instance().cloned())
    }

    /// The number of GPUs that NVML sees.
    ///
    /// Raises:
    ///     StaleError: The session was closed.
    fn gpu_count(&self, py: Python<'_>) -> PyResult<u32> {
        // NVML counted when it was initialised, and tells that in less time than other threads would have.
        self.0.gpu_count().map_err(|error| error.raise(py))
    }

    /// All GPUs, in NVML's order, which is that of the PCI bus.
    ///
    /// Raises:
    ///     NoPermissionError: The caller may not open one of them.
    ///     GpuLostError: One of them no longer answers.
    ///
    /// >>> [gpu.name for gpu in nvml.gpus()][:2]
    /// ['NVIDIA A100-SXM4-40GB', 'NVIDIA A100-SXM4-40GB']
    fn gpus(&self, py: Python<'_>) -> PyResult<Vec<Gpu>> {
        enter(py, || self.0.gpus())
    }

    /// The GPU at an index, from 0.
    ///
    /// Raises:
    ///     InvalidArgumentError: The index is beyond the last GPU.
    ///     NoPermissionError: The caller may not open it.
    ///     GpuLostError: It no longer answers.
    fn gpu(&self, py: Python<'_>, index: u32) -> PyResult<Gpu> {
        enter(py, || self.0.gpu(index))
    }

    /// The GPU with a UUID, `GPU-…`.
    ///
    /// Raises:
    ///     NotFoundError: No GPU has it.
    ///     InvalidArgumentError: The text is not the UUID of a GPU.
    fn gpu_by_uuid(&self, py: Python<'_>, uuid: &str) -> PyResult<Gpu> {
        enter(py, || self.0.gpu_by_uuid(&uuid.parse()?))
    }

    /// The GPU at a PCI address.
    ///
    /// Raises:
    ///     NotFoundError: None is there.
    ///     InvalidArgumentError: The text is not a PCI address.
    #[pyo3(signature = (address: "PciAddress | str"))]
    fn gpu_by_pci_address(&self, py: Python<'_>, address: AddressArgument) -> PyResult<Gpu> {
        enter(py, || self.0.gpu_by_pci_address(&address.read()?))
    }

    /// The MIG device with a UUID, in either form.
    ///
    /// Raises:
    ///     NotFoundError: No MIG device of the node has it.
    ///     InvalidArgumentError: The text is not the UUID of a MIG device.
    fn mig_device(&self, py: Python<'_>, uuid: &str) -> PyResult<MigDevice> {
        enter(py, || self.0.mig_device(&uuid.parse()?))
    }

    /// The driver's version, such as `580.126.09`.
    ///
    /// Raises:
    ///     StaleError: The session was closed.
    fn driver_version(&self, py: Python<'_>) -> PyResult<String> {
        enter(py, || self.0.driver_version())
    }

    /// The version of the NVML library, such as `13.580.126.09`.
    ///
    /// Raises:
    ///     StaleError: The session was closed.
    fn nvml_version(&self, py: Python<'_>) -> PyResult<String> {
        enter(py, || self.0.nvml_version())
    }

    /// The newest CUDA version that the driver supports, as major and minor number: `(13, 0)`.
    ///
    /// Raises:
    ///     StaleError: The session was closed.
    fn cuda_driver_version(&self, py: Python<'_>) -> PyResult<(u32, u32)> {
        enter(py, || self.0.cuda_driver_version())
    }

    /// The rules by which this node's driver reads `CUDA_VISIBLE_DEVICES`, where `CUDA_DEVICE_ORDER` is not set.
    ///
    /// Raises:
    ///     StaleError: The session was closed.
    fn cuda_rules(&self, py: Python<'_>) -> PyResult<CudaRules> {
        enter(py, || self.0.cuda_rules())
    }

    /// The GPUs and MIG devices of this node as they are now, as far as lists of devices depend on them.
    ///
    /// Raises:
    ///     GpuShareError: As `gpus` and `Gpu.mig_devices`.
    fn visible_node(&self, py: Python<'_>) -> PyResult<VisibleNode> {
        enter(py, || self.0.visible_node())
    }

    /// The driver's files for all GPUs and MIG devices of this node, as they are now.
    ///
    /// Raises:
    ///     NotFoundError: `/proc/devices` or `mig-minors` is not below the session's root; `path` is the file.
    ///     DriverError: It does not have the driver's devices.
    fn device_files(&self, py: Python<'_>) -> PyResult<DeviceFiles> {
        enter(py, || self.0.device_files())
    }

    /// The driver's table of the minor numbers of MIG capabilities, read from its file `mig-minors`.
    ///
    /// Raises:
    ///     NotFoundError: The file is not below the session's root; `path` is the file.
    ///     DriverError: A line of it is not as documented.
    fn mig_minors(&self, py: Python<'_>) -> PyResult<MigMinors> {
        enter(py, || self.0.mig_minors())
    }

    /// What is on the node, who is on it and what is free, as it is now. What the driver refuses for one GPU is part of the answer:
    /// `GpuSnapshot.unknown`.
    ///
    /// Raises:
    ///     StaleError: The session was closed, or others divide the GPUs anew all the time.
    ///
    /// >>> [(gpu.name, gpu.mig_enabled) for gpu in nvml.snapshot().gpus][:1]
    /// [('NVIDIA A100-SXM4-40GB', False)]
    fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        enter(py, || self.0.snapshot().map(Arc::new))
    }

    /// What takes snapshots one after the other, for the least that they can cost.
    ///
    /// Raises:
    ///     StaleError: The session was closed.
    fn observer(&self, py: Python<'_>) -> PyResult<Observer> {
        enter(py, || self.0.observer().map(Arc::new))
    }

    /// Whether the loaded library has a function, by NVML's name: ask before an operation that old drivers lack.
    ///
    /// Raises:
    ///     ValueError: gpushare calls no function of this name.
    ///
    /// >>> nvml.supports("nvmlDeviceGetMigMode")
    /// True
    fn supports(&self, symbol: &str) -> PyResult<bool> {
        let known = Symbol::from_name(symbol);
        let known = known.ok_or_else(|| PyValueError::new_err(format!("gpushare calls no function {symbol:?}")))?;
        Ok(self.0.supports(known))
    }

    /// A drawing of the node as it is now, as the text of an SVG file: `Gpu.svg` for each GPU, one below the other. Notebooks show it.
    ///
    /// Raises:
    ///     GpuShareError: As `gpus` and `Gpu.svg`.
    fn svg(&self, py: Python<'_>) -> PyResult<String> {
        let gpus = self.gpus(py)?.into_iter().map(|gpu| Bound::new(py, gpu));
        drawing::svg(py, gpus.collect::<PyResult<_>>()?)
    }

    fn _repr_svg_(&self, py: Python<'_>) -> PyResult<String> {
        self.svg(py)
    }

    /// The path or name of the loaded library.
    #[getter]
    fn library(&self) -> Option<PathBuf> {
        self.0.library().path().map(Into::into)
    }

    /// The folder under which the driver's files of `/proc` and `/dev` are read.
    #[getter]
    fn root(&self) -> PathBuf {
        self.0.root().into()
    }

    /// The folder in which processes are looked up.
    #[getter]
    fn procfs(&self) -> PathBuf {
        self.0.procfs().into()
    }

    /// Shuts the session down now, for all its handles: each of them raises `StaleError` from here on. Closing twice is no error.
    ///
    /// Raises:
    ///     GpuShareError: What NVML answers to its shutdown; the session is closed all the same.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        enter(py, || self.0.close())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        let path = self.library().map(|path| path.display().to_string()).unwrap_or_default();
        format!("<Nvml {path}>")
    }
}

/// A PCI address or its text.
#[derive(FromPyObject)]
enum AddressArgument {
    Address(PciAddress),
    Text(String),
}

impl AddressArgument {
    fn read(self) -> gpushare::Result<gpushare::PciAddress> {
        match self {
            Self::Address(address) => Ok(address.0),
            Self::Text(text) => text.parse(),
        }
    }
}

impl ToPython<(u32, u32)> for gpushare::CudaVersion {
    fn to_python(&self) -> (u32, u32) {
        (self.major, self.minor)
    }
}
