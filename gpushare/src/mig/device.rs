//! MIG devices: a compute instance as CUDA and NVML's device calls see it.

use std::fmt;
use std::sync::Arc;

use gpushare_sys::{self as sys, Symbol};
use serde::{Deserialize, Serialize};

use crate::call::{Handle, call, read_text};
use crate::error::{Error, Result, Target};
use crate::gpu::{Gpu, device_bar1, device_memory, device_uuid};
use crate::id::{ComputeInstanceId, GpuInstanceId, MigUuid};
use crate::mig::compute_instance::ComputeInstance;
use crate::mig::gpu_instance::{GpuInstance, is_gone, stale_if_gone};
use crate::nvml::Nvml;
use crate::profile::{Engines, GpuInstanceProfile, ProfileName};
use crate::units::{Bar1Memory, Memory, Mib};

/// What a MIG device consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MigDeviceAttributes {
    /// Streaming multiprocessors, for this device alone.
    pub multiprocessor_count: u32,
    /// Other engines, shared with the other compute instances of the GPU instance.
    pub shared_engines: Engines,
    /// GPU slices of its GPU instance.
    pub gpu_instance_slice_count: u32,
    /// Compute slices of its compute instance.
    pub compute_instance_slice_count: u32,
    /// Memory of its GPU instance, which all its compute instances share.
    pub memory: Mib,
}

/// A MIG device: the compute instance in a GPU instance that a program is given.
///
/// The handle names one device: its GPU, UUID, both instance ids and attributes. Every use asks the driver whether that is still what is
/// there, and answers [`Stale`](crate::ErrorKind::Stale) where it is not.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let gpu = nvml.gpu(0)?;
/// # gpu.set_mig_mode(true)?;
/// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("1g.5gb")?)?;
/// gi.create_default_compute_instance()?;
/// for device in gpu.mig_devices()? {
///     println!("MIG {} {}: {}", device.name()?, device.uuid(), device.memory()?.total.to_mib());
/// }
/// # assert_eq!(gpu.mig_devices()?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MigDevice(Arc<Inner>);

struct Inner {
    gpu: Gpu,
    raw: Handle<sys::nvmlDevice_st>,
    identity: Identity,
}

/// What makes a MIG device the one that it is. The UUID alone does not: it depends on where the device lies, not on its size.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    uuid: MigUuid,
    gpu_instance: GpuInstanceId,
    compute_instance: ComputeInstanceId,
    attributes: MigDeviceAttributes,
}

impl Identity {
    fn ask(gpu: &Gpu, raw: Handle<sys::nvmlDevice_st>, target: Target) -> Result<Self> {
        let session = &gpu.0.session;
        let (mut gpu_instance, mut compute_instance) = (0, 0);
        call!(session, target, nvmlDeviceGetGpuInstanceId(raw.0, &mut gpu_instance))?;
        call!(session, target, nvmlDeviceGetComputeInstanceId(raw.0, &mut compute_instance))?;
        let mut attributes = sys::nvmlDeviceAttributes_t::default();
        call!(session, target, nvmlDeviceGetAttributes_v2(raw.0, &mut attributes))?;
        Ok(Self {
            uuid: device_uuid(session, raw, target)?,
            gpu_instance: GpuInstanceId(gpu_instance),
            compute_instance: ComputeInstanceId(compute_instance),
            attributes: MigDeviceAttributes {
                multiprocessor_count: attributes.multiprocessorCount,
                shared_engines: Engines {
                    copy: attributes.sharedCopyEngineCount,
                    decoder: attributes.sharedDecoderCount,
                    encoder: attributes.sharedEncoderCount,
                    jpeg: attributes.sharedJpegCount,
                    optical_flow: attributes.sharedOfaCount,
                },
                gpu_instance_slice_count: attributes.gpuInstanceSliceCount,
                compute_instance_slice_count: attributes.computeInstanceSliceCount,
                memory: Mib(attributes.memorySizeMB),
            },
        })
    }
}

impl Nvml {
    /// The MIG device with a UUID, in either form.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) where no MIG device of the node has it.
    #[doc(alias("nvmlDeviceGetHandleByUUID", "nvmlDeviceGetDeviceHandleFromMigDeviceHandle"))]
    pub fn mig_device(&self, uuid: &MigUuid) -> Result<MigDevice> {
        let target = Target::MigDevice(*uuid);
        let raw = self.device_by_uuid(&uuid.to_string())?;
        let mut parent = std::ptr::null_mut();
        call!(self.0, target, nvmlDeviceGetDeviceHandleFromMigDeviceHandle(raw.0, &mut parent))?;
        let gpu = self.gpu_from_raw(Handle(parent), target, None)?;
        gpu.mig_device_from_raw(raw, target)
    }
}

impl Gpu {
    /// The MIG devices of this GPU, in NVML's order: by GPU-instance id, then by compute-instance id. Empty while MIG is disabled.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) on drivers before R450, else what the driver answers.
    #[doc(alias("nvmlDeviceGetMaxMigDeviceCount", "nvmlDeviceGetMigDeviceHandleByIndex"))]
    pub fn mig_devices(&self) -> Result<Vec<MigDevice>> {
        let devices = self.indexed_mig_devices(self.max_mig_device_count()?)?;
        Ok(devices.into_iter().map(|(_, device)| device).collect())
    }

    /// How many MIG devices there can be; 0 while MIG is disabled.
    pub(crate) fn max_mig_device_count(&self) -> Result<u32> {
        let mut most = 0;
        call!(self.0.session, self.target(), nvmlDeviceGetMaxMigDeviceCount(self.0.raw.0, &mut most))?;
        Ok(most)
    }

    /// The MIG devices below an index, each with its own.
    pub(crate) fn indexed_mig_devices(&self, most: u32) -> Result<Vec<(u32, MigDevice)>> {
        let devices = (0..most).map(|index| self.mig_device(index).map(|device| (index, device)));
        // An index may name nothing, and a device may vanish while it is looked at.
        devices.filter(|device| !matches!(device, Err(error) if is_gone(error))).collect()
    }

    /// The MIG device at an index, from 0.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) where there is none, [`InvalidArgument`](crate::ErrorKind::InvalidArgument) where
    /// there can be none.
    #[doc(alias = "nvmlDeviceGetMigDeviceHandleByIndex")]
    pub fn mig_device(&self, index: u32) -> Result<MigDevice> {
        let mut raw = std::ptr::null_mut();
        call!(self.0.session, self.target(), nvmlDeviceGetMigDeviceHandleByIndex(self.0.raw.0, index, &mut raw))?;
        self.mig_device_from_raw(Handle(raw), self.target())
    }

    fn mig_device_from_raw(&self, raw: Handle<sys::nvmlDevice_st>, target: Target) -> Result<MigDevice> {
        let identity = Identity::ask(self, raw, target)?;
        Ok(MigDevice(Arc::new(Inner { gpu: self.clone(), raw, identity })))
    }
}

impl ComputeInstance {
    /// The MIG device that this compute instance is.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale) where the instance no longer exists, else what the driver answers.
    pub fn mig_device(&self) -> Result<MigDevice> {
        let gpu = self.gpu_instance().gpu();
        let (gi, ci) = (self.gpu_instance().id(), self.id());
        self.fresh(|| {
            // Drivers take this form of the name whatever form they give.
            let by_path = gpu.nvml().device_by_uuid(&MigUuid::legacy(*gpu.uuid(), gi, ci).to_string());
            match by_path.and_then(|raw| gpu.mig_device_from_raw(raw, self.target())) {
                Err(error) if is_gone(&error) => {}
                found => return found,
            }
            let mut devices = gpu.mig_devices()?.into_iter();
            devices
                .find(|device| (device.gpu_instance_id(), device.compute_instance_id()) == (gi, ci))
                .ok_or_else(|| Error::Stale { target: self.target() })
        })
    }
}

impl MigDevice {
    /// The physical GPU that it is part of.
    pub fn gpu(&self) -> &Gpu {
        &self.0.gpu
    }

    /// The UUID: what `CUDA_VISIBLE_DEVICES` takes. It depends on where the device lies, so a later device at the same place has it
    /// again.
    #[doc(alias = "nvmlDeviceGetUUID")]
    pub fn uuid(&self) -> &MigUuid {
        &self.0.identity.uuid
    }

    /// The id of its GPU instance.
    #[doc(alias = "nvmlDeviceGetGpuInstanceId")]
    pub fn gpu_instance_id(&self) -> GpuInstanceId {
        self.0.identity.gpu_instance
    }

    /// The id of its compute instance.
    #[doc(alias = "nvmlDeviceGetComputeInstanceId")]
    pub fn compute_instance_id(&self) -> ComputeInstanceId {
        self.0.identity.compute_instance
    }

    /// What it consists of.
    #[doc(alias = "nvmlDeviceGetAttributes_v2")]
    pub fn attributes(&self) -> &MigDeviceAttributes {
        &self.0.identity.attributes
    }

    /// Its GPU instance.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale); [`NoPermission`](crate::ErrorKind::NoPermission) for a caller that may not manage MIG.
    pub fn gpu_instance(&self) -> Result<GpuInstance> {
        self.fresh(|_| self.0.gpu.gpu_instance(self.gpu_instance_id()))
    }

    /// Its compute instance.
    ///
    /// # Errors
    ///
    /// As [`gpu_instance`](MigDevice::gpu_instance).
    pub fn compute_instance(&self) -> Result<ComputeInstance> {
        self.gpu_instance()?.compute_instance(self.compute_instance_id())
    }

    /// Its name as `nvidia-smi -L` prints it, without `MIG `: `4g.20gb`, or `1c.2g.10gb` for a part of a GPU instance.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), else what the driver answers.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
    /// let ci = gi.create_compute_instance(&gi.compute_instance_profile("1c.2g.10gb")?)?;
    /// assert_eq!(ci.mig_device()?.name()?, "1c.2g.10gb");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(&self) -> Result<String> {
        self.name_by(self.fresh(|_| self.0.gpu.gpu_instance_profiles()))
    }

    /// As [`name`](Self::name), for who sees to it that the handle is fresh.
    pub(crate) fn name_unverified(&self) -> Result<String> {
        self.name_by(self.0.gpu.gpu_instance_profiles())
    }

    fn name_by(&self, profiles: Result<Arc<[GpuInstanceProfile]>>) -> Result<String> {
        let attributes = self.attributes();
        let known = profiles.as_ref().ok().and_then(|profiles| {
            let size = (attributes.gpu_instance_slice_count, attributes.memory);
            let profile = profiles.iter().find(|profile| (profile.slice_count, profile.memory) == size)?;
            profile.name.parse::<ProfileName>().ok()
        });
        match (known, profiles) {
            (Some(whole), _) => {
                let part = attributes.compute_instance_slice_count < attributes.gpu_instance_slice_count;
                let compute_slices = part.then_some(attributes.compute_instance_slice_count);
                // The engines of a GPU instance are no part of the names of what runs on it.
                Ok(ProfileName { compute_slices, attributes: Default::default(), ..whole }.to_string())
            }
            (None, Err(error @ Error::Stale { .. })) => Err(error),
            // A caller who may not see the profiles still learns the name from the product name.
            (None, _) => self.product_name().map(|name| match name.rsplit_once(" MIG ") {
                Some((_, own)) => own.to_owned(),
                None => name,
            }),
        }
    }

    fn product_name(&self) -> Result<String> {
        read_text::<{ sys::NVML_DEVICE_NAME_V2_BUFFER_SIZE as usize }>(
            Symbol::nvmlDeviceGetName,
            self.target(),
            |buffer, size| call!(self.0.gpu.0.session, self.target(), nvmlDeviceGetName(self.0.raw.0, buffer, size)),
        )
    }

    /// Its index among the MIG devices of its GPU, which changes when others come and go.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), else what the driver answers.
    #[doc(alias = "nvmlDeviceGetIndex")]
    pub fn index(&self) -> Result<u32> {
        self.fresh(|raw| {
            let mut index = 0;
            call!(self.0.gpu.0.session, self.target(), nvmlDeviceGetIndex(raw.0, &mut index))?;
            Ok(index)
        })
    }

    /// Its memory, which it shares with the other compute instances of its GPU instance.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), else what the driver answers.
    #[doc(alias("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2"))]
    pub fn memory(&self) -> Result<Memory> {
        self.fresh(|raw| device_memory(&self.0.gpu.0.session, raw, self.target()))
    }

    /// Its BAR1 memory, which it shares with the other compute instances of its GPU instance.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), else what the driver answers.
    #[doc(alias = "nvmlDeviceGetBAR1MemoryInfo")]
    pub fn bar1_memory(&self) -> Result<Bar1Memory> {
        self.fresh(|raw| device_bar1(&self.0.gpu.0.session, raw, self.target()))
    }

    pub(crate) fn raw(&self) -> Handle<sys::nvmlDevice_st> {
        self.0.raw
    }

    /// Its memory, for who sees to it that the handle is fresh.
    pub(crate) fn memory_unverified(&self) -> Result<Memory> {
        device_memory(&self.0.gpu.0.session, self.0.raw, self.target())
            .map_err(|error| stale_if_gone(error, self.target()))
    }

    /// Does something with the device, once the driver has said that the handle still names it.
    pub(crate) fn fresh<T>(&self, use_it: impl FnOnce(Handle<sys::nvmlDevice_st>) -> Result<T>) -> Result<T> {
        self.verify()?;
        // As for a GPU instance, what is refused can only be the handle.
        use_it(self.0.raw).map_err(|error| stale_if_gone(error, self.target()))
    }

    fn verify(&self) -> Result<()> {
        match Identity::ask(&self.0.gpu, self.0.raw, self.target()) {
            Ok(now) if now == self.0.identity => Ok(()),
            Ok(_) => Err(Error::Stale { target: self.target() }),
            Err(error) => Err(stale_if_gone(error, self.target())),
        }
    }

    /// The device as errors name it.
    pub(crate) fn target(&self) -> Target {
        Target::MigDevice(self.0.identity.uuid)
    }
}

impl PartialEq for MigDevice {
    /// Whether the two name the same device: same GPU, UUID, ids and attributes.
    fn eq(&self, other: &Self) -> bool {
        self.0.gpu == other.0.gpu && self.0.identity == other.0.identity
    }
}

impl Eq for MigDevice {}

impl fmt::Debug for MigDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigDevice")
            .field("gpu", &self.0.gpu.index())
            .field("uuid", &self.0.identity.uuid)
            .field("gpu_instance", &self.0.identity.gpu_instance.0)
            .field("compute_instance", &self.0.identity.compute_instance.0)
            .finish()
    }
}
