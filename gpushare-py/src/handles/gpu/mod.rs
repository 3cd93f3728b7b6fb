//! A physical GPU.

mod instances;
mod layouts;
mod time_slice;

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::convert::ToPython;
use crate::drawing;
use crate::enter::enter;
use crate::enums::Architecture;
use crate::handles::handle;
use crate::handles::text::Text;
use crate::mps::enums::ComputeMode;
use crate::values::device_files::DeviceFiles;
use crate::values::gpu_process::{GpuProcess, ProcessUtilization};
use crate::values::memory::{Bar1Memory, Memory};
use crate::values::pci::PciAddress;
use crate::values::target::Holder;
use crate::values::utilization::Utilization;
use crate::values::visible_devices::VisibleDevice;

handle! {
    /// A physical GPU; never a MIG device, which is `MigDevice`. Two handles are equal when they name the same GPU.
    ///
    /// >>> gpu.name, gpu.uuid
    /// ('NVIDIA A100-SXM4-40GB', 'GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9')
    /// >>> gpu.memory().total // 2**20
    /// 40960
    Gpu + Identity
}

/// What never changes of a GPU.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Identity {
    uuid: Text,
    name: Text,
}

#[pymethods]
impl Gpu {
    /// The NVML index of the GPU when the handle was made.
    #[getter]
    fn index(&self) -> u32 {
        self.0.index()
    }

    /// The UUID, which never changes: `GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9`.
    #[getter]
    fn uuid<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.1.uuid.get(py, || self.0.uuid().to_string())
    }

    /// The product name, such as `NVIDIA A100-SXM4-40GB`.
    #[getter]
    fn name<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.1.name.get(py, || self.0.name().into())
    }

    /// The number N of `/dev/nvidiaN` and of `gpuN` in the driver's files; not always the index.
    ///
    /// Raises:
    ///     GpuShareError: What the driver answers.
    fn minor_number(&self, py: Python<'_>) -> PyResult<u32> {
        enter(py, || self.0.minor_number())
    }

    /// The model as the PCI bus knows it: device in the upper 16 bits, vendor in the lower, such as 0x20B010DE.
    ///
    /// Raises:
    ///     GpuShareError: What the driver answers.
    fn pci_device_id(&self, py: Python<'_>) -> PyResult<u32> {
        enter(py, || self.0.pci_device_id())
    }

    /// Where the GPU sits on the PCI bus.
    ///
    /// Raises:
    ///     GpuShareError: What the driver answers.
    ///
    /// >>> str(gpu.pci_address())
    /// '00000000:10:1C.0'
    fn pci_address(&self, py: Python<'_>) -> PyResult<PciAddress> {
        enter(py, || self.0.pci_address())
    }

    /// The architecture.
    ///
    /// Raises:
    ///     NotSupportedError: The driver is older than R450.
    ///
    /// >>> gpu.architecture()
    /// Architecture.AMPERE
    fn architecture(&self, py: Python<'_>) -> PyResult<Architecture> {
        enter(py, || self.0.architecture())
    }

    /// The memory of the whole GPU, in bytes; with GPU instances on it, the sum over them.
    ///
    /// Raises:
    ///     NoPermissionError: The caller may not monitor the whole GPU while GPU instances exist.
    fn memory(&self, py: Python<'_>) -> PyResult<Memory> {
        enter(py, || self.0.memory())
    }

    /// The BAR1 memory of the whole GPU, in bytes.
    ///
    /// Raises:
    ///     NoPermissionError: As `memory`.
    fn bar1_memory(&self, py: Python<'_>) -> PyResult<Bar1Memory> {
        enter(py, || self.0.bar1_memory())
    }

    /// The processes that use the GPU or a part of it, by ascending id, each once for each instance on which it runs.
    ///
    /// Raises:
    ///     NoPermissionError: The caller may not monitor the whole GPU while GPU instances exist, as in a container;
    ///         `MigDevice.processes` answers there.
    fn processes(&self, py: Python<'_>) -> PyResult<Vec<GpuProcess>> {
        enter(py, || self.0.processes())
    }

    /// Who keeps the GPU from a reset or a change of its MIG mode: the processes on it, the MPS daemons behind them, the persistence daemon,
    /// and whoever else has its device file or that of one of its instances open.
    ///
    /// All processes of the node are looked at: ask this where something was refused. What this user may not look into is not found, and
    /// this process is not told.
    fn holders(&self, py: Python<'_>) -> PyResult<Vec<Holder>> {
        enter(py, || self.0.holders())
    }

    /// How busy the GPU was lately.
    ///
    /// Raises:
    ///     NotSupportedError: MIG is enabled.
    ///
    /// >>> gpu.utilization()
    /// Utilization(gpu=0, memory=0)
    fn utilization(&self, py: Python<'_>) -> PyResult<Utilization> {
        enter(py, || self.0.utilization())
    }

    /// How busy each process kept the GPU, by ascending id, as far as the driver sampled it after a moment, in microseconds since 1970; 0
    /// for all that it has. Empty where it has nothing newer.
    ///
    /// To miss nothing and count nothing twice, give the greatest `timestamp_us` of the last answer.
    ///
    /// Raises:
    ///     NotSupportedError: MIG is enabled, or the GPU is older than Maxwell.
    #[pyo3(signature = (since_us=0))]
    fn process_utilization(&self, py: Python<'_>, since_us: u64) -> PyResult<Vec<ProcessUtilization>> {
        enter(py, || self.0.process_utilization(since_us))
    }

    /// How many processes may have contexts on the GPU.
    ///
    /// Raises:
    ///     NotSupportedError: MIG is enabled.
    fn compute_mode(&self, py: Python<'_>) -> PyResult<ComputeMode> {
        enter(py, || self.0.compute_mode())
    }

    /// Sets how many processes may have contexts on the GPU. Needs root. It holds until it is set again or the machine reboots.
    ///
    /// Raises:
    ///     NoPermissionError: The caller is not root.
    ///     NotSupportedError: MIG is enabled.
    ///     InvalidArgumentError: The driver has no such mode.
    ///
    /// >>> gpu.set_compute_mode(gpushare.ComputeMode.EXCLUSIVE_PROCESS)
    /// >>> gpu.compute_mode()
    /// ComputeMode.EXCLUSIVE_PROCESS
    #[pyo3(signature = (mode: "gpushare.enums.ComputeMode | int"))]
    fn set_compute_mode(&self, py: Python<'_>, mode: u32) -> PyResult<()> {
        enter(py, || self.0.set_compute_mode(gpushare::ComputeMode(mode)))
    }

    /// The GPU as an entry of `CUDA_VISIBLE_DEVICES`.
    fn visible_device(&self) -> VisibleDevice {
        self.0.visible_device().to_python()
    }

    /// The driver's files for this GPU and its MIG devices.
    ///
    /// Raises:
    ///     GpuShareError: As `Nvml.device_files`.
    fn device_files(&self, py: Python<'_>) -> PyResult<DeviceFiles> {
        enter(py, || self.0.device_files())
    }

    /// A drawing of the GPU as it is now, as the text of an SVG file: its memory slices, the instances on them and the processes that
    /// run there. Notebooks show it.
    ///
    /// Raises:
    ///     GpuShareError: What the driver answers.
    ///
    /// >>> gpu.svg().startswith("<svg ")
    /// True
    fn svg(slf: &Bound<'_, Self>) -> PyResult<String> {
        drawing::svg(slf.py(), vec![slf.clone()])
    }

    fn _repr_svg_(slf: &Bound<'_, Self>) -> PyResult<String> {
        Self::svg(slf)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("<Gpu {} {} {}>", self.0.index(), self.0.name(), self.0.uuid())
    }
}
