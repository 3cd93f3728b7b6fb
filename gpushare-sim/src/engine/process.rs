//! Processes that use a GPU, and who may.

use super::{Access, Gpu, Refusal, Result};
use serde::{Deserialize, Serialize};

/// How a process uses the GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessKind {
    /// A CUDA program.
    Compute,
    /// A graphics program.
    Graphics,
    /// A CUDA program through MPS: a compute process, and listed as an MPS one too.
    MpsClient,
    /// `nvidia-cuda-mps-server`.
    MpsServer,
}

/// A process that uses a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process ID.
    pub pid: u32,
    /// Name.
    pub name: String,
    /// How it uses the GPU.
    pub kind: ProcessKind,
    /// Memory in use, in bytes; `None` where the driver does not tell, and then it counts as none.
    pub used_memory: Option<u64>,
    /// GPU instance and compute instance, in MIG mode.
    pub instance: Option<(u32, u32)>,
}

/// Compute mode; the discriminant is `NVML_COMPUTEMODE_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComputeMode {
    /// Any number of processes.
    #[default]
    Default = 0,
    /// No process.
    Prohibited = 2,
    /// One process.
    ExclusiveProcess = 3,
}

impl ComputeMode {
    /// The mode of that number; `ExclusiveThread` (1) is gone from the driver.
    pub fn from_code(code: u32) -> Result<Self> {
        match code {
            0 => Ok(Self::Default),
            1 => Err(Refusal::NotSupported),
            2 => Ok(Self::Prohibited),
            3 => Ok(Self::ExclusiveProcess),
            _ => Err(Refusal::InvalidArgument),
        }
    }
}

impl Gpu {
    /// Compute mode of the GPU, or of the MIG device `instance`.
    pub fn compute_mode(&self, instance: Option<(u32, u32)>) -> Result<ComputeMode> {
        match instance {
            Some((gi, ci)) => Ok(self.live_compute_instance(gi, ci)?.compute_mode),
            None => Ok(self.compute_mode),
        }
    }

    /// Sets the compute mode of the GPU, or of the MIG device `instance`. In MIG mode the GPU itself keeps its own.
    pub fn set_compute_mode(&mut self, access: Access, instance: Option<(u32, u32)>, mode: u32) -> Result<()> {
        let mode = ComputeMode::from_code(mode)?;
        let Some((gi, ci)) = instance else {
            if self.mode.current {
                return Err(Refusal::NotSupported);
            }
            access.require_admin()?;
            self.compute_mode = mode;
            return Ok(());
        };
        self.live_compute_instance(gi, ci)?;
        access.require_admin()?;
        let found = self.gpu_instances.get_mut(&gi).and_then(|instance| instance.compute_instances.get_mut(&ci));
        found.ok_or(Refusal::InvalidArgument)?.compute_mode = mode;
        Ok(())
    }

    /// A process begins to use the GPU, or the MIG device it names. In MIG mode, only graphics can do without one.
    pub fn start_process(&mut self, process: Process) -> Result<()> {
        let compute = process.kind != ProcessKind::Graphics;
        if process.instance.is_none() && compute && self.mode.current {
            return Err(Refusal::NotSupported);
        }
        let mode = self.compute_mode(process.instance)?;
        let mut neighbours = self.processes.iter().filter(|other| other.instance == process.instance);
        if self.processes.iter().any(|other| (other.pid, other.kind) == (process.pid, process.kind)) {
            return Err(Refusal::InvalidArgument);
        }
        // MPS clients run in the server's context: exclusive mode counts the server alone.
        let counted = |kind| matches!(kind, ProcessKind::Compute | ProcessKind::MpsServer);
        match mode {
            ComputeMode::Prohibited if compute => return Err(Refusal::NotSupported),
            ComputeMode::ExclusiveProcess if counted(process.kind) && neighbours.any(|other| counted(other.kind)) => {
                return Err(Refusal::InUse);
            }
            _ => {}
        }
        if process.used_memory.unwrap_or(0) > self.free_memory(process.instance.map(|(gi, _)| gi))? {
            return Err(Refusal::Memory);
        }
        self.processes.push(process);
        Ok(())
    }

    /// A process ends, on every instance of the GPU. Whether it was there.
    pub fn end_process(&mut self, pid: u32) -> bool {
        let before = self.processes.len();
        self.processes.retain(|process| process.pid != pid);
        self.processes.len() < before
    }

    /// The processes of the GPU, or of the MIG device `instance`, in the order they began.
    ///
    /// Once a GPU instance exists, the whole GPU's are shown to those who may see the whole GPU.
    pub fn processes(&self, access: Access, instance: Option<(u32, u32)>) -> Result<Vec<&Process>> {
        if let Some((gi, ci)) = instance {
            self.live_compute_instance(gi, ci)?;
        } else {
            self.may_see_whole(access)?;
        }
        Ok(self.processes.iter().filter(|process| instance.is_none() || process.instance == instance).collect())
    }

    /// Aggregates over GPU instances are for the administrator and the monitor.
    pub(super) fn may_see_whole(&self, access: Access) -> Result<()> {
        let hidden = self.mig_in_use() && access == Access::Unprivileged;
        if hidden { Err(Refusal::NoPermission) } else { Ok(()) }
    }

    pub(super) fn has_process(&self, gi: u32, ci: u32) -> bool {
        self.processes.iter().any(|process| process.instance == Some((gi, ci)))
    }
}
