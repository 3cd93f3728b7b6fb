//! Who holds a GPU, a GPU instance or a MIG device.

use std::path::Path;

use crate::capabilities::capability_minor;
use crate::error::{ErrorKind, Result};
use crate::gpu::Gpu;
use crate::holder::{Holder, holders};
use crate::id::{ComputeInstanceId, GpuInstanceId};
use crate::mig::{GpuInstance, MigDevice};
use crate::process::GpuProcess;

/// The minor of a capability's node, by its path.
fn capability(path: &Path) -> Option<u32> {
    let folder = path.parent()?.file_name()?;
    let number = path.file_name()?.to_str()?.strip_prefix("nvidia-cap")?;
    (folder == "nvidia-caps").then(|| crate::id::parse_decimal(number)).flatten()
}

/// The processes, as far as this caller may know of them.
fn listed(asked: Result<Vec<GpuProcess>>) -> Result<Vec<GpuProcess>> {
    match asked {
        Err(error) if error.kind() == ErrorKind::NoPermission => Ok(Vec::new()),
        asked => asked,
    }
}

impl Gpu {
    /// Who keeps the GPU from a reset or a change of its MIG mode: the processes on it, the MPS daemons behind them, the persistence
    /// daemon, and whoever else has its device file or that of one of its instances open.
    ///
    /// Files and daemons are looked for in [procfs](crate::NvmlBuilder::procfs), among all processes of the node: ask this where something
    /// was refused, not all the time. What this user may not look into is not found, and this process is not told.
    ///
    /// # Errors
    ///
    /// What the driver answers.
    ///
    /// ```
    /// use gpushare_sim::engine::{Process, ProcessKind};
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).procfs(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// let (kind, used_memory, instance) = (ProcessKind::Compute, Some(1 << 30), None);
    /// machine.add_process(0, Process { pid: 4711, name: "trainer".into(), kind, used_memory, instance })?;
    /// let refused = gpu.set_mig_mode(true).unwrap_err();
    /// assert!(refused.to_string().ends_with("held by process 4711 (trainer)"), "{refused}");
    /// assert_eq!(gpu.holders()?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn holders(&self) -> Result<Vec<Holder>> {
        let minor = self.minor_number()?;
        let (node, first, next) = (
            format!("nvidia{minor}"),
            capability_minor(minor, GpuInstanceId(0), None),
            capability_minor(minor.saturating_add(1), GpuInstanceId(0), None),
        );
        let belongs = |path: &Path| {
            let own = path.file_name().is_some_and(|name| name == node.as_str());
            let of_instance = |cap| first.is_some_and(|first| cap >= first) && next.is_some_and(|next| cap < next);
            own || capability(path).is_some_and(of_instance)
        };
        Ok(holders(&self.0.session, listed(self.processes())?, belongs))
    }
}

impl GpuInstance {
    /// Who keeps the GPU instance from being destroyed: its compute instances, the processes on them, and whoever has its device file or
    /// theirs open.
    ///
    /// # Errors
    ///
    /// [`Stale`](ErrorKind::Stale), else what the driver answers.
    pub fn holders(&self) -> Result<Vec<Holder>> {
        let inside = self.compute_instances()?;
        let mut found: Vec<_> = inside.iter().map(|instance| Holder::ComputeInstance(instance.id())).collect();
        let mut processes = listed(self.gpu().processes())?;
        processes.retain(|process| process.gpu_instance == Some(self.id()));
        let minor = self.gpu().minor_number()?;
        let ids = (0..).map(ComputeInstanceId).map_while(|id| capability_minor(minor, self.id(), Some(id)));
        let own: Vec<_> = capability_minor(minor, self.id(), None).into_iter().chain(ids).collect();
        let belongs = |path: &Path| capability(path).is_some_and(|cap| own.contains(&cap));
        found.extend(holders(&self.gpu().0.session, processes, belongs));
        Ok(found)
    }
}

impl MigDevice {
    /// Who keeps the compute instance that this device is from being destroyed: the processes on it, and whoever has its device file open.
    ///
    /// # Errors
    ///
    /// [`Stale`](ErrorKind::Stale), else what the driver answers.
    pub fn holders(&self) -> Result<Vec<Holder>> {
        let processes = listed(self.processes())?;
        let own =
            capability_minor(self.gpu().minor_number()?, self.gpu_instance_id(), Some(self.compute_instance_id()));
        let belongs = |path: &Path| own.is_some() && capability(path) == own;
        Ok(holders(&self.gpu().0.session, processes, belongs))
    }
}
