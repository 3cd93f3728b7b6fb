//! MIG devices: a compute instance as CUDA and NVML's device calls see it.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::convert::ToPython;
use crate::enter::enter;
use crate::handles::compute_instance::ComputeInstance;
use crate::handles::gpu::Gpu;
use crate::handles::gpu_instance::GpuInstance;
use crate::handles::handle;
use crate::handles::text::Text;
use crate::value::hash_of;
use crate::values::capability::MigDeviceCapabilities;
use crate::values::device_files::DeviceFiles;
use crate::values::gpu_process::GpuProcess;
use crate::values::memory::{Bar1Memory, Memory};
use crate::values::profile::MigDeviceAttributes;
use crate::values::target::Holder;
use crate::values::visible_devices::VisibleDevice;

handle! {
    /// A MIG device: the compute instance in a GPU instance that a program is given.
    ///
    /// The handle names one device: its GPU, UUID, both instance ids and attributes. Every use asks the driver whether that is still what
    /// is there, and raises `StaleError` where it is not.
    ///
    /// >>> device = gpu.apply_layout("1g.5gb", directory=folder).made[0]
    /// >>> device.name(), device.memory().total // 2**20, device.uuid
    /// ('1g.5gb', 4864, 'MIG-…')
    MigDevice + Text
}

#[pymethods]
impl MigDevice {
    /// The physical GPU that it is part of.
    #[getter]
    fn gpu(&self) -> Gpu {
        self.0.gpu().to_python()
    }

    /// The UUID: what `CUDA_VISIBLE_DEVICES` takes. It depends on where the device lies, so a later device at the same place has it again.
    #[getter]
    fn uuid<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.1.get(py, || self.0.uuid().to_string())
    }

    /// The id of its GPU instance.
    #[getter]
    fn gpu_instance_id(&self) -> u32 {
        self.0.gpu_instance_id().0
    }

    /// The id of its compute instance.
    #[getter]
    fn compute_instance_id(&self) -> u32 {
        self.0.compute_instance_id().0
    }

    /// What it consists of.
    #[getter]
    fn attributes(&self) -> MigDeviceAttributes {
        self.0.attributes().to_python()
    }

    /// Its GPU instance.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    ///     NoPermissionError: The caller may not manage MIG.
    fn gpu_instance(&self, py: Python<'_>) -> PyResult<GpuInstance> {
        enter(py, || self.0.gpu_instance())
    }

    /// Its compute instance.
    ///
    /// Raises:
    ///     GpuShareError: As `gpu_instance`.
    fn compute_instance(&self, py: Python<'_>) -> PyResult<ComputeInstance> {
        enter(py, || self.0.compute_instance())
    }

    /// Its name as `nvidia-smi -L` prints it, without `MIG `: `4g.20gb`, or `1c.2g.10gb` for a part of a GPU instance.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    fn name(&self, py: Python<'_>) -> PyResult<String> {
        enter(py, || self.0.name())
    }

    /// Its index among the MIG devices of its GPU, which changes when others come and go.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    fn index(&self, py: Python<'_>) -> PyResult<u32> {
        enter(py, || self.0.index())
    }

    /// Its memory, in bytes, which it shares with the other compute instances of its GPU instance.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    fn memory(&self, py: Python<'_>) -> PyResult<Memory> {
        enter(py, || self.0.memory())
    }

    /// Its BAR1 memory, in bytes, which it shares with the other compute instances of its GPU instance.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    fn bar1_memory(&self, py: Python<'_>) -> PyResult<Bar1Memory> {
        enter(py, || self.0.bar1_memory())
    }

    /// The processes that run on it, each once, by ascending id.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    ///     NoPermissionError: The caller may not see them.
    fn processes(&self, py: Python<'_>) -> PyResult<Vec<GpuProcess>> {
        enter(py, || self.0.processes())
    }

    /// Who keeps the compute instance that this device is from being destroyed: the processes on it, and whoever has its device file open.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    fn holders(&self, py: Python<'_>) -> PyResult<Vec<Holder>> {
        enter(py, || self.0.holders())
    }

    /// The device as an entry of `CUDA_VISIBLE_DEVICES`, by UUID.
    fn visible_device(&self) -> VisibleDevice {
        self.0.visible_device().to_python()
    }

    /// All forms in which `CUDA_VISIBLE_DEVICES` can name the device: by its UUID, by its GPU's UUID, by its GPU's index.
    fn visible_device_forms(&self) -> (VisibleDevice, VisibleDevice, VisibleDevice) {
        let [uuid, of_gpu, of_index] = self.0.visible_device_forms();
        (uuid.to_python(), of_gpu.to_python(), of_index.to_python())
    }

    /// Both capabilities that a process needs for this device, read from the driver's files.
    ///
    /// Raises:
    ///     NotFoundError: The device no longer exists, or the driver's files are not below the session's root; `path` is the file.
    fn capabilities(&self, py: Python<'_>) -> PyResult<MigDeviceCapabilities> {
        enter(py, || self.0.capabilities())
    }

    /// The driver's files for this device alone, among them those of its GPU.
    ///
    /// Raises:
    ///     StaleError: The device no longer exists.
    ///     GpuShareError: As `Nvml.device_files`.
    fn device_files(&self, py: Python<'_>) -> PyResult<DeviceFiles> {
        enter(py, || self.0.device_files())
    }

    fn __hash__(&self) -> u64 {
        hash_of(&format!("{} {:?}", self.0.gpu().uuid(), self.0))
    }

    fn __repr__(&self) -> String {
        format!(
            "<MigDevice {} (GPU {}, GPU instance {}, compute instance {})>",
            self.0.uuid(),
            self.0.gpu().index(),
            self.gpu_instance_id(),
            self.compute_instance_id()
        )
    }
}
