//! Who runs on a GPU and on its MIG devices.

use crate::error::{ErrorKind, Result};
use crate::gpu::Gpu;
use crate::mig::{MigDevice, stale_if_gone};
use crate::process::GpuProcess;
use crate::process::book::ProcessBook;
use crate::process::list::{list_all, lists_have_instances, merged, with_instances};

impl Gpu {
    /// The processes that use the GPU or a part of it, by ascending id, each once for each instance on which it runs.
    ///
    /// # Errors
    ///
    /// [`NoPermission`](ErrorKind::NoPermission) for a caller that may not monitor the whole GPU while GPU instances exist, as in a
    /// container; [`MigDevice::processes`] answers there.
    ///
    /// ```
    /// use gpushare_sim::engine::{Process, ProcessKind};
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// gpu.set_mig_mode(true)?;
    /// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
    /// gi.create_default_compute_instance()?;
    /// let (kind, used_memory, instance) = (ProcessKind::Compute, Some(1 << 30), Some((gi.id().0, 0)));
    /// machine.add_process(0, Process { pid: 4711, name: "trainer".into(), kind, used_memory, instance })?;
    /// for process in gpu.processes()? {
    ///     println!("{process} of user {:?} on GPU instance {:?}", process.uid, process.gpu_instance);
    /// }
    /// # let process = &gpu.processes()?[0];
    /// # assert_eq!((process.pid, process.gpu_instance), (4711, Some(gi.id())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"))]
    #[doc(alias("nvmlDeviceGetMPSComputeRunningProcesses", "nvmlSystemGetProcessName"))]
    pub fn processes(&self) -> Result<Vec<GpuProcess>> {
        let (session, mut book) = (&self.0.session, ProcessBook::default());
        let mut processes = list_all(session, self.0.raw, self.target(), &mut book)?;
        if !lists_have_instances(session) {
            processes = with_instances(processes, self.processes_by_device(&mut book)?);
        }
        book.describe(session, &mut processes);
        Ok(processes)
    }

    /// What the MIG devices say, of drivers that do not say it of the whole GPU.
    fn processes_by_device(&self, book: &mut ProcessBook) -> Result<Vec<GpuProcess>> {
        let mut all = Vec::new();
        let devices = match self.mig_devices() {
            // Without MIG there are none.
            Err(error) if error.kind() == ErrorKind::NotSupported => Vec::new(),
            devices => devices?,
        };
        for device in devices {
            match device.listed_processes(book) {
                Ok(listed) => all.extend(listed),
                // Destroyed since it was listed, and with it what ran there.
                Err(error) if error.kind() == ErrorKind::Stale && !self.is_closed() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

impl MigDevice {
    /// The processes that run on it, by ascending id.
    ///
    /// # Errors
    ///
    /// [`Stale`](ErrorKind::Stale), [`NoPermission`](ErrorKind::NoPermission).
    #[doc(alias("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"))]
    #[doc(alias = "nvmlDeviceGetMPSComputeRunningProcesses")]
    pub fn processes(&self) -> Result<Vec<GpuProcess>> {
        let mut book = ProcessBook::default();
        let mut processes = self.listed_processes(&mut book)?;
        book.describe(&self.gpu().0.session, &mut processes);
        Ok(processes)
    }

    /// What the driver lists of this device, whether or not it says that it is this one.
    fn listed_processes(&self, book: &mut ProcessBook) -> Result<Vec<GpuProcess>> {
        self.fresh(|_| self.listed_processes_unverified(book))
    }

    /// As [`listed_processes`](Self::listed_processes), for who sees to it that the handle is fresh.
    pub(crate) fn listed_processes_unverified(&self, book: &mut ProcessBook) -> Result<Vec<GpuProcess>> {
        let listed = list_all(&self.gpu().0.session, self.raw(), self.target(), book);
        let mut processes = listed.map_err(|error| stale_if_gone(error, self.target()))?;
        for process in &mut processes {
            process.gpu_instance = Some(self.gpu_instance_id());
            process.compute_instance = Some(self.compute_instance_id());
        }
        Ok(merged(processes))
    }
}
