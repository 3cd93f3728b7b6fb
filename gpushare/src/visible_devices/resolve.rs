//! Walks a value of `CUDA_VISIBLE_DEVICES` as CUDA does.

use super::cuda_devices::{CudaDevice, CudaDevices, HiddenDevice, ListEnd};
use super::entry::VisibleDevice;
use super::fault::EntryFault;
use super::list::MOST_BYTES;
use super::node::{VisibleGpu, VisibleMigDevice, VisibleNode};
use super::rules::{CudaRules, DeviceOrder, MOST_MIG_DEVICES, MigEnumeration};
use crate::error::{Error, Result};
use crate::id::{ComputeInstanceId, GpuInstanceId};

/// A device, or why an entry names none.
type Named = Result<CudaDevice, EntryFault>;

pub(super) fn resolve(node: &VisibleNode, value: Option<&str>, rules: &CudaRules) -> Result<CudaDevices> {
    match value {
        None => all(node, rules, ListEnd::Unset),
        Some(value) if value.len() > MOST_BYTES => {
            all(node, rules, ListEnd::Ignored { length: value.len(), most: MOST_BYTES })
        }
        Some(value) => listed(node, value, rules),
    }
}

/// What a process sees without a list.
fn all(node: &VisibleNode, rules: &CudaRules, end: ListEnd) -> Result<CudaDevices> {
    let there = ordered(node, rules.order)?.into_iter().flat_map(|gpu| match gpu.mig_enabled {
        true => gpu.mig_devices.iter().map(|mig| part(gpu, mig)).collect(),
        false => vec![whole(gpu)],
    });
    let (devices, _) = given(there.collect(), rules.mig);
    Ok(CudaDevices { devices, hidden: Vec::new(), end })
}

fn listed(node: &VisibleNode, value: &str, rules: &CudaRules) -> Result<CudaDevices> {
    let mut walk = Walk { node, order: rules.order, by_index: None, found: Vec::new() };
    let mut end = ListEnd::Complete;
    for (position, entry) in value.split(',').enumerate() {
        match walk.step(entry)? {
            Ok(device) => walk.found.push(CudaDevice { entry: Some(position), ..device }),
            Err(fault) => {
                if let EntryFault::Duplicate { .. } = fault {
                    walk.found.clear();
                }
                end = ListEnd::At { position, entry: entry.into(), fault };
                break;
            }
        }
    }
    let (devices, hidden) = given(walk.found, rules.mig);
    Ok(CudaDevices { devices, hidden, end })
}

/// The GPUs in the order in which CUDA numbers them.
fn ordered(node: &VisibleNode, order: DeviceOrder) -> Result<Vec<&VisibleGpu>> {
    let mut models: Vec<_> = node.gpus.iter().map(|gpu| gpu.name.clone()).collect();
    models.sort_unstable();
    models.dedup();
    if order == DeviceOrder::FastestFirst && models.len() > 1 {
        return Err(Error::UnknownDeviceOrder { models });
    }
    let mut gpus: Vec<_> = node.gpus.iter().collect();
    gpus.sort_by_key(|gpu| gpu.pci_address);
    Ok(gpus)
}

fn whole(gpu: &VisibleGpu) -> CudaDevice {
    CudaDevice { entry: None, gpu: gpu.index, gpu_uuid: gpu.uuid, mig: None }
}

fn part(gpu: &VisibleGpu, mig: &VisibleMigDevice) -> CudaDevice {
    CudaDevice { mig: Some(*mig), ..whole(gpu) }
}

/// What a GPU stands for: in MIG mode, its first MIG device.
fn stands_for(gpu: &VisibleGpu) -> Named {
    match (gpu.mig_enabled, gpu.mig_devices.first()) {
        (false, _) => Ok(whole(gpu)),
        (true, Some(mig)) => Ok(part(gpu, mig)),
        (true, None) => Err(EntryFault::NoMigDevices),
    }
}

fn at_path(gpu: &VisibleGpu, path: (GpuInstanceId, ComputeInstanceId)) -> Named {
    let mig = gpu.mig_devices.iter().find(|mig| (mig.gpu_instance, mig.compute_instance) == path);
    mig.map(|mig| part(gpu, mig)).ok_or(EntryFault::NoSuchMigDevice)
}

fn only(candidates: Vec<CudaDevice>) -> Named {
    match candidates.as_slice() {
        [] => Err(EntryFault::NoSuchUuid),
        [one] => Ok(*one),
        several => Err(EntryFault::Ambiguous { candidates: several.iter().map(CudaDevice::uuid).collect() }),
    }
}

struct Walk<'a> {
    node: &'a VisibleNode,
    order: DeviceOrder,
    /// Whether the list is one of indices, once an entry has said so.
    by_index: Option<bool>,
    found: Vec<CudaDevice>,
}

impl Walk<'_> {
    fn step(&mut self, text: &str) -> Result<Named> {
        let entry = match VisibleDevice::read(text) {
            Ok(entry) => entry,
            Err(fault) => return Ok(Err(fault)),
        };
        if *self.by_index.get_or_insert(entry.is_by_index()) != entry.is_by_index() {
            return Ok(Err(EntryFault::OtherKind));
        }
        let named = self.named(&entry)?;
        Ok(named.and_then(|device| match self.found.iter().position(|earlier| earlier.is(&device)) {
            Some(of) => Err(EntryFault::Duplicate { of }),
            None => Ok(device),
        }))
    }

    fn named(&self, entry: &VisibleDevice) -> Result<Named> {
        Ok(match *entry {
            VisibleDevice::NoDevice => Err(EntryFault::Negative),
            VisibleDevice::Index(index) => self.at_index(index)?.and_then(stands_for),
            VisibleDevice::MigOfIndex { gpu, gpu_instance, compute_instance } => {
                self.at_index(gpu)?.and_then(|gpu| match gpu.mig_enabled {
                    true => at_path(gpu, (gpu_instance, compute_instance)),
                    false => Ok(whole(gpu)),
                })
            }
            VisibleDevice::Gpu(uuid) => self.gpu(|bytes| bytes == uuid.as_bytes()),
            VisibleDevice::GpuPrefix(prefix) => self.gpu(|bytes| prefix.matches(bytes)),
            VisibleDevice::MigPrefix(prefix) => self.mig(|bytes| prefix.matches(bytes)),
            VisibleDevice::Mig(uuid) => self.mig(|bytes| uuid.own() == Some(bytes)),
            VisibleDevice::MigOfGpu { gpu, gpu_instance, compute_instance } => {
                let gpu = self.node.gpus.iter().find(|there| there.uuid == gpu);
                gpu.ok_or(EntryFault::NoSuchUuid).and_then(|gpu| at_path(gpu, (gpu_instance, compute_instance)))
            }
        })
    }

    fn at_index(&self, index: u32) -> Result<Result<&VisibleGpu, EntryFault>> {
        let gpus = self.node.gpus.len();
        if index as usize >= gpus {
            return Ok(Err(EntryFault::NoSuchGpu { gpus }));
        }
        let there = ordered(self.node, self.order)?.get(index as usize).copied();
        Ok(there.ok_or(EntryFault::NoSuchGpu { gpus }))
    }

    fn gpu(&self, is_it: impl Fn(&[u8; 16]) -> bool) -> Named {
        let mut gpus = self.node.gpus.iter().filter(|gpu| is_it(gpu.uuid.as_bytes()));
        match (gpus.next(), gpus.next()) {
            (Some(gpu), None) => stands_for(gpu),
            (first, second) => only(first.into_iter().chain(second).chain(gpus).map(whole).collect()),
        }
    }

    /// A MIG device by its UUID, which may also be that of a GPU that is not in MIG mode.
    fn mig(&self, is_it: impl Fn(&[u8; 16]) -> bool) -> Named {
        let parts = self.node.gpus.iter().flat_map(|gpu| gpu.mig_devices.iter().map(move |mig| (gpu, mig)));
        let parts = parts.filter(|(_, mig)| mig.uuid.own().is_some_and(&is_it)).map(|(gpu, mig)| part(gpu, mig));
        let gpus = self.node.gpus.iter().filter(|gpu| !gpu.mig_enabled && is_it(gpu.uuid.as_bytes()));
        only(parts.chain(gpus.map(whole)).collect())
    }
}

/// Which of the devices the process is given, and which it is not.
fn given(found: Vec<CudaDevice>, rule: MigEnumeration) -> (Vec<CudaDevice>, Vec<HiddenDevice>) {
    let first_mig = found.iter().position(|device| device.mig.is_some());
    let (mut devices, mut hidden): (Vec<CudaDevice>, Vec<HiddenDevice>) = Default::default();
    for (at, device) in found.iter().enumerate() {
        let fault = match (rule, device.mig, first_mig) {
            (MigEnumeration::OnePerProcess, Some(_), Some(first)) => {
                (at != first).then_some(EntryFault::SecondMigDevice { first })
            }
            (MigEnumeration::OnePerProcess, None, Some(mig)) => Some(EntryFault::BesideMigDevice { mig }),
            (MigEnumeration::OnePerGpuInstance, Some(mig), _) => {
                neighbour(&found, at, device, &mig).map(|first| EntryFault::SameGpuInstance { first }).or_else(|| {
                    let so_far = devices.iter().filter(|device| device.mig.is_some()).count();
                    let most = MOST_MIG_DEVICES;
                    (so_far >= most).then_some(EntryFault::TooManyMigDevices { most })
                })
            }
            _ => None,
        };
        match fault {
            Some(fault) => hidden.push(HiddenDevice { device: *device, fault }),
            None => devices.push(*device),
        }
    }
    (devices, hidden)
}

/// The place of an earlier device in the same GPU instance.
fn neighbour(found: &[CudaDevice], at: usize, device: &CudaDevice, mig: &VisibleMigDevice) -> Option<usize> {
    let same = |other: &CudaDevice| {
        other.gpu_uuid == device.gpu_uuid && other.mig.is_some_and(|other| other.gpu_instance == mig.gpu_instance)
    };
    found.iter().take(at).position(same)
}
