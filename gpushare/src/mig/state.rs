//! How a GPU is divided at the moment, and who uses what, as plain data.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::gpu::Gpu;
use crate::id::{ComputeInstanceId, GpuInstanceId, MigUuid};
use crate::mig::layout::{ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Layout};
use crate::mig::{ComputeInstance, GpuInstance, MigMode};
use crate::placement::{ComputeInstancePlacement, GpuInstancePlacement};
use crate::process::GpuProcess;
use crate::profile::{ComputeInstanceProfile, GpuInstanceProfile, ProfileName};

/// Other processes change a GPU while it is looked at; this often a look is begun anew.
const LOOKS: u32 = 8;

/// How a GPU is divided at the moment, and who uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MigState {
    /// The MIG mode.
    pub mode: MigMode,
    /// The GPU instances, by ascending id. Shared by copies of the state, such as each plan keeps one.
    pub gpu_instances: Arc<[GpuInstanceState]>,
    /// The processes that use the GPU as a whole, which keep its MIG mode from changing.
    pub processes: Vec<GpuProcess>,
}

/// A GPU instance that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GpuInstanceState {
    /// Its id.
    pub id: GpuInstanceId,
    /// Its profile.
    pub profile: GpuInstanceProfile,
    /// Where it lies.
    pub placement: GpuInstancePlacement,
    /// The compute instances in it, by ascending id.
    pub compute_instances: Arc<[ComputeInstanceState]>,
}

/// A compute instance that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComputeInstanceState {
    /// Its id.
    pub id: ComputeInstanceId,
    /// Its profile.
    pub profile: ComputeInstanceProfile,
    /// Where it lies.
    pub placement: ComputeInstancePlacement,
    /// The UUID of the MIG device that it is.
    pub uuid: MigUuid,
    /// The processes that run on it.
    pub processes: Vec<GpuProcess>,
}

impl Gpu {
    /// How the GPU is divided at the moment, and who uses it.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](ErrorKind::NotSupported) on a GPU without MIG, [`NoPermission`](ErrorKind::NoPermission) for a caller that may not
    /// manage MIG while GPU instances exist.
    pub fn mig_state(&self) -> Result<MigState> {
        for _ in 1..LOOKS {
            match self.look() {
                // Somebody changed the GPU meanwhile.
                Err(error) if error.kind() == ErrorKind::Stale && !self.is_closed() => {}
                state => return state,
            }
        }
        self.look()
    }

    fn look(&self) -> Result<MigState> {
        let mode = self.mig_mode()?;
        let instances = if mode.current { self.gpu_instances()? } else { Vec::new() };
        let gpu_instances = instances.iter().map(GpuInstanceState::of).collect::<Result<Arc<[_]>>>()?;
        // With GPU instances, every process is on one of theirs.
        let processes = if gpu_instances.is_empty() { self.processes()? } else { Vec::new() };
        Ok(MigState { mode, gpu_instances, processes })
    }

    /// The layout that the GPU has, with every place named. Applied to an equal GPU it gives the same.
    ///
    /// # Errors
    ///
    /// As [`mig_state`](Gpu::mig_state).
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// assert_eq!(gpu.layout()?.to_string(), "off");
    /// gpu.set_mig_mode(true)?;
    /// gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?.create_default_compute_instance()?;
    /// assert_eq!(gpu.layout()?.to_string(), "2g.10gb@4[*@0]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn layout(&self) -> Result<Layout> {
        self.mig_state()?.layout()
    }
}

impl GpuInstanceState {
    fn of(instance: &GpuInstance) -> Result<Self> {
        instance.compute_geometry()?;
        let inside = instance.compute_instances()?;
        Ok(Self {
            id: instance.id(),
            profile: instance.profile().clone(),
            placement: instance.placement(),
            compute_instances: inside.iter().map(ComputeInstanceState::of).collect::<Result<_>>()?,
        })
    }

    /// Whether a process runs on it.
    pub fn in_use(&self) -> bool {
        self.compute_instances.iter().any(ComputeInstanceState::in_use)
    }
}

impl ComputeInstanceState {
    fn of(instance: &ComputeInstance) -> Result<Self> {
        let device = instance.mig_device()?;
        Ok(Self {
            id: instance.id(),
            profile: instance.profile().clone(),
            placement: instance.placement(),
            uuid: *device.uuid(),
            processes: device.processes()?,
        })
    }

    /// Whether a process runs on it.
    pub fn in_use(&self) -> bool {
        !self.processes.is_empty()
    }
}

impl MigState {
    /// The layout of this state, with every place named.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidProfileName`] where the driver's name of a profile is none that this crate can read.
    pub fn layout(&self) -> Result<Layout> {
        let instances = self.gpu_instances.iter().map(|instance| {
            let compute_instances = instance.compute_instances.iter().map(|inside| ComputeInstanceLayout {
                size: match inside.profile.is_default {
                    true => ComputeInstanceSize::Whole,
                    false => ComputeInstanceSize::Profile(inside.profile.id),
                },
                start: Some(inside.placement.start),
            });
            Ok(GpuInstanceLayout {
                profile: instance.profile.name.parse::<ProfileName>()?,
                start: Some(instance.placement.start),
                compute_instances: compute_instances.collect(),
            })
        });
        let instances = instances.collect::<Result<Vec<_>>>()?;
        Ok(if self.mode.current { Layout::new(instances) } else { Layout::disabled() })
    }

    /// Whether the two are the same division, whoever uses it.
    pub fn same_division(&self, other: &Self) -> bool {
        let parts = |state: &Self| {
            let instances = state.gpu_instances.iter();
            let parts = instances.map(|gi| {
                let inside = gi.compute_instances.iter().map(|ci| (ci.id, ci.profile.id, ci.placement));
                (gi.id, gi.profile.id, gi.placement, inside.collect::<Vec<_>>())
            });
            (state.mode, parts.collect::<Vec<_>>())
        };
        parts(self) == parts(other)
    }
}

impl fmt::Display for MigState {
    /// As the text of its layout.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout() {
            Ok(layout) if layout.mig_enabled && layout.gpu_instances.is_empty() => f.write_str("nothing"),
            Ok(layout) => layout.fmt(f),
            Err(Error::InvalidProfileName { text }) => write!(f, "a layout with the profile {text}"),
            Err(error) => error.fmt(f),
        }
    }
}
