//! Snapshots for people: a paragraph per GPU.

use std::fmt;

use super::gpu::{GpuSnapshot, UnknownFact};
use super::mps::MpsDaemonSnapshot;
use super::node::Snapshot;
use crate::units::Memory;

fn in_use(memory: Option<Memory>) -> String {
    let text = |memory: Memory| format!("{} of {} MiB in use", memory.used.to_mib().0, memory.total.to_mib().0);
    memory.map_or_else(|| "memory unknown".into(), text)
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "driver {}, GPUs: {}", self.driver_version, self.gpus.len())?;
        for gpu in &self.gpus {
            write!(f, "\n{gpu}")?;
        }
        self.mps_daemons.iter().try_for_each(|daemon| write!(f, "\n{daemon}"))
    }
}

impl fmt::Display for GpuSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GPU {} {} ({}): {}", self.index, self.name, self.uuid, in_use(self.memory))?;
        if let Some(utilization) = self.utilization {
            write!(f, ", {}% busy", utilization.gpu)?;
        }
        match self.mig_enabled {
            Some(true) => write!(f, ", MIG enabled")?,
            Some(false) => write!(f, ", MIG disabled")?,
            None => {}
        }
        for device in &self.mig_devices {
            let (gi, ci, memory) = (device.gpu_instance, device.compute_instance, in_use(device.memory));
            write!(f, "\n  MIG {}: {} {} (GI {gi}, CI {ci}): {memory}", device.index, device.name, device.uuid)?;
            self.processes_on(device).try_for_each(|process| write!(f, "\n    {process}"))?;
        }
        let on_none = self.processes.iter().filter(|process| process.compute_instance.is_none());
        on_none.into_iter().try_for_each(|process| write!(f, "\n  {process}"))?;
        let empty =
            self.gpu_instances.iter().flat_map(|all| &**all).filter(|instance| instance.compute_instances.is_empty());
        for instance in empty {
            let (id, profile, placement) = (instance.id, &instance.profile, instance.placement);
            write!(f, "\n  GPU instance {id}: {profile} at {placement} without compute instances")?;
        }
        let room = self.capacity.iter().filter(|profile| profile.free > 0);
        let room: Vec<_> = room.map(|profile| format!("{} {}", profile.free, profile.profile)).collect();
        if !room.is_empty() {
            write!(f, "\n  room for {}", room.join(" or "))?;
        }
        self.unknown.iter().try_for_each(|unknown| write!(f, "\n  {unknown}"))
    }
}

impl fmt::Display for UnknownFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not known: {}", self.message)
    }
}

impl fmt::Display for MpsDaemonSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MPS daemon")?;
        self.pid.map_or(Ok(()), |pid| write!(f, " {pid}"))?;
        self.pipe_directory.as_ref().map_or(Ok(()), |path| write!(f, " in {}", path.display()))?;
        for server in &self.servers {
            let clients: Vec<_> = server.clients.iter().map(u32::to_string).collect();
            write!(
                f,
                "\n  server {}: clients {}",
                server.pid,
                if clients.is_empty() { "none".into() } else { clients.join(", ") }
            )?;
        }
        Ok(())
    }
}
