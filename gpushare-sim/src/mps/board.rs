//! The simulated machine behind the programs: its driver, its devices, and its lists of processes.

use std::env;
use std::path::{Path, PathBuf};

use gpushare_sys::LIBRARY_VARIABLE;

use super::rules::DeviceRow;
use crate::Command;
use crate::engine::{Device, Gpu, Machine, MachineConfig, Process, ProcessKind};
use crate::library::SONAME;
use crate::machine::Loaded;

/// Memory of a server, as recorded on an H200.
const SERVER_MEMORY: u64 = 69_206_016;
/// Memory of a client's context before it allocates any; inferred.
const CLIENT_MEMORY: u64 = 512 << 20;

/// The machine, if a simulated one is loaded where NVML is looked for.
pub(super) struct Board {
    loaded: Option<Loaded>,
}

impl Board {
    pub(super) fn find() -> Self {
        let chosen = env::var_os(LIBRARY_VARIABLE).filter(|value| !value.is_empty());
        let library = chosen.map_or_else(|| PathBuf::from(SONAME), PathBuf::from);
        Self { loaded: Loaded::open(Path::new(&library)).ok() }
    }

    /// The machine as it is now; one as the simulator has it unasked, where none is loaded.
    fn machine(&self) -> Option<Machine> {
        let Some(loaded) = &self.loaded else { return Machine::new(&MachineConfig::default()).ok() };
        let mut state = loaded.control(&Command::State).ok()?;
        serde_json::from_value(state.get_mut("machine")?.take()).ok()
    }

    pub(super) fn driver(&self) -> Option<String> {
        self.machine().map(|machine| machine.driver_version().to_owned())
    }

    /// The devices of `CUDA_VISIBLE_DEVICES`, or all. A GPU in MIG mode stands for its first MIG device.
    pub(super) fn devices(&self) -> Vec<DeviceRow> {
        let Some(machine) = self.machine() else { return Vec::new() };
        let all = || (0..machine.gpus().len()).map(|gpu| Device { gpu, mig: None });
        let devices: Vec<_> = match env::var("CUDA_VISIBLE_DEVICES") {
            Err(_) => all().collect(),
            // As CUDA reads it, the list ends before the first name of nothing.
            Ok(list) => list.split(',').map_while(|name| named(&machine, name.trim())).collect(),
        };
        devices.into_iter().filter_map(|device| row(&machine, device)).collect()
    }

    /// Puts a server in the lists of its devices.
    pub(super) fn add_server(&self, pid: u32, name: &str, devices: &[DeviceRow]) {
        for device in devices {
            self.add(device, pid, name, ProcessKind::MpsServer, SERVER_MEMORY);
        }
    }

    /// Puts a client in the lists of a device, in the place of what it was there.
    pub(super) fn add_client(&self, pid: u32, name: &str, device: &DeviceRow, allocated: u64) -> bool {
        self.remove(device, pid);
        self.add(device, pid, name, ProcessKind::MpsClient, CLIENT_MEMORY.saturating_add(allocated))
    }

    fn add(&self, device: &DeviceRow, pid: u32, name: &str, kind: ProcessKind, used_memory: u64) -> bool {
        let process =
            Process { pid, name: name.to_owned(), kind, used_memory: Some(used_memory), instance: device.instance };
        self.act(&Command::AddProcess { gpu: device.gpu, process })
    }

    pub(super) fn remove(&self, device: &DeviceRow, pid: u32) {
        self.act(&Command::RemoveProcess { gpu: device.gpu, pid });
    }

    /// Without a machine there is nothing to refuse.
    fn act(&self, command: &Command) -> bool {
        self.loaded.as_ref().is_none_or(|loaded| loaded.control(command).is_ok())
    }
}

fn named(machine: &Machine, name: &str) -> Option<Device> {
    match name.parse() {
        Ok(gpu) => machine.gpus().get(gpu).map(|_| Device { gpu, mig: None }),
        Err(_) => machine.find_uuid(name).ok(),
    }
}

fn row(machine: &Machine, device: Device) -> Option<DeviceRow> {
    let gpu: &Gpu = machine.gpus().get(device.gpu)?;
    let in_mig_mode = gpu.mig_mode().is_ok_and(|mode| mode.current);
    let mig = device.mig.or_else(|| gpu.mig_devices().next().filter(|_| in_mig_mode));
    if in_mig_mode && mig.is_none() {
        return None;
    }
    let pci = gpu.identity().pci;
    let (mut uuid, mut name) = (gpu.identity().uuid.clone(), gpu.model().name.clone());
    let mut multiprocessors = gpu.model().multiprocessors;
    if let Some(mig) = mig {
        (uuid, name) = (gpu.mig_uuid(mig).ok()?, gpu.mig_name(mig).ok()?);
        multiprocessors = gpu.mig_attributes(mig).ok()?.multiprocessors;
    }
    let pci = [pci.domain, pci.bus.into(), pci.device.into(), pci.function.into()];
    Some(DeviceRow { uuid, name, pci, multiprocessors, gpu: device.gpu, instance: mig.map(|mig| (mig.gi, mig.ci)) })
}
