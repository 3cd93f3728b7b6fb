//! Compute instances: the shares of a GPU instance on which programs run.

use std::fmt;
use std::sync::Arc;

use gpushare_sys as sys;

use crate::call::{Handle, call, call_versioned, divide, read_list, text};
use crate::error::{DestroyError, Error, NvmlReturn, Result, Target};
use crate::id::{ComputeInstanceId, ComputeInstanceProfileId};
use crate::mig::gpu_instance::{GpuInstance, MOST_PROFILE_KINDS, is_gone, stale_if_gone};
use crate::placement::ComputeInstancePlacement;
use crate::profile::{ComputeInstanceProfile, ComputeInstanceProfileKind, Engines, ProfileName};
use crate::scoped::Destroy;

/// The only way in which NVML divides a GPU instance's engines: all its compute instances share them.
const SHARED_ENGINES: u32 = sys::NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED;

/// A compute instance: SMs of a GPU instance, on which programs run as a [`MigDevice`](crate::MigDevice).
///
/// It outlives the process that made it. Every use of the handle asks the driver whether the instance is still the same, and answers
/// [`Stale`](crate::ErrorKind::Stale) where it is not.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let gpu = nvml.gpu(0)?;
/// # gpu.set_mig_mode(true)?;
/// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("2g.10gb")?)?;
/// let half = gi.compute_instance_profile("1c.2g.10gb")?;
/// let (first, second) = (gi.create_compute_instance(&half)?, gi.create_compute_instance(&half)?);
/// assert_eq!((first.id().0, second.id().0), (0, 1));
/// println!("CUDA_VISIBLE_DEVICES={}", second.mig_device()?.uuid());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ComputeInstance(Arc<Inner>);

struct Inner {
    gpu_instance: GpuInstance,
    raw: Handle<sys::nvmlComputeInstance_st>,
    id: ComputeInstanceId,
    profile: ComputeInstanceProfile,
    placement: ComputeInstancePlacement,
}

impl GpuInstance {
    /// The compute-instance profiles of this GPU instance, in NVML's order. Asked of the driver once; not at all where the GPU's
    /// [geometry](crate::Gpu::mig_geometry) has learned them from another instance of its profile.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale) where the instance no longer exists, else what the driver answers.
    #[doc(alias("nvmlGpuInstanceGetComputeInstanceProfileInfo", "nvmlGpuInstanceGetComputeInstanceProfileInfoV"))]
    pub fn compute_instance_profiles(&self) -> Result<Arc<[ComputeInstanceProfile]>> {
        let ask = || match self.known_compute_geometry() {
            Some(known) => {
                self.verify()?;
                Ok(known.iter().map(|geometry| geometry.profile.clone()).collect())
            }
            None => self.ask_compute_instance_profiles(),
        };
        self.0.compute_profiles.get_or_try_init(ask).cloned()
    }

    fn ask_compute_instance_profiles(&self) -> Result<Arc<[ComputeInstanceProfile]>> {
        let mut profiles = Vec::new();
        self.verify()?;
        for kind in (0..MOST_PROFILE_KINDS).map(ComputeInstanceProfileKind) {
            let asked = match self.compute_instance_profile_info(kind) {
                // The end of NVML's enumeration, or of the instance: the two look alike.
                Err(error) if is_gone(&error) => {
                    self.verify()?;
                    self.compute_instance_profile_info(kind)
                }
                asked => asked,
            };
            match asked.map_err(|error| (error.nvml_return(), error)) {
                Ok(info) => profiles.push(self.profile_from_info(kind, &info)),
                Err((Some(NvmlReturn::NOT_SUPPORTED), _)) => {}
                Err((Some(NvmlReturn::INVALID_ARGUMENT), _)) if kind.0 > 0 => break,
                Err((_, error)) => return Err(stale_if_gone(error, self.target())),
            }
        }
        self.verify()?;
        Ok(profiles.into())
    }

    fn compute_instance_profile_info(
        &self,
        kind: ComputeInstanceProfileKind,
    ) -> Result<sys::nvmlComputeInstanceProfileInfo_v2_t> {
        let mut info = sys::nvmlComputeInstanceProfileInfo_v2_t::default();
        call_versioned!(
            self.0.gpu.0.session,
            self.target(),
            nvmlGpuInstanceGetComputeInstanceProfileInfoV,
            compute_instance_profile_info(self.0.raw.0, kind.0, SHARED_ENGINES, &mut info)
        )?;
        Ok(info)
    }

    fn profile_from_info(
        &self,
        kind: ComputeInstanceProfileKind,
        info: &sys::nvmlComputeInstanceProfileInfo_v2_t,
    ) -> ComputeInstanceProfile {
        let whole = self.profile();
        let name = match text(&info.name) {
            Some(name) if !name.is_empty() => name.strip_prefix("MIG ").unwrap_or(name).into(),
            _ if info.sliceCount == whole.slice_count => Arc::clone(&whole.name),
            _ => format!("{}c.{}", info.sliceCount, whole.name).into(),
        };
        ComputeInstanceProfile {
            kind,
            id: ComputeInstanceProfileId(info.id),
            name,
            slice_count: info.sliceCount,
            max_instances: info.instanceCount,
            multiprocessor_count: info.multiprocessorCount,
            shared_engines: Engines {
                copy: info.sharedCopyEngineCount,
                decoder: info.sharedDecoderCount,
                encoder: info.sharedEncoderCount,
                jpeg: info.sharedJpegCount,
                optical_flow: info.sharedOfaCount,
            },
            // Hopper has two profiles of one slice, and only the SMs tell which of them is the whole.
            is_default: info.multiprocessorCount == whole.multiprocessor_count,
        }
    }

    /// The compute-instance profile with a name, such as `1c.2g.10gb`; where several bear it, the first in NVML's order.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProfile`] lists the names that there are; [`Error::InvalidProfileName`] where the text is no profile name.
    pub fn compute_instance_profile(&self, name: &str) -> Result<ComputeInstanceProfile> {
        let name = name.parse::<ProfileName>()?.to_string();
        self.find_profile(&name, |profile| *profile.name == *name)
    }

    /// The profile that takes the whole GPU instance: what nvidia-smi marks with `*`.
    ///
    /// # Errors
    ///
    /// As [`compute_instance_profiles`](GpuInstance::compute_instance_profiles).
    pub fn default_compute_instance_profile(&self) -> Result<ComputeInstanceProfile> {
        self.find_profile("for the whole of it", |profile| profile.is_default)
    }

    fn find_profile(
        &self,
        wanted: &str,
        matches: impl Fn(&ComputeInstanceProfile) -> bool,
    ) -> Result<ComputeInstanceProfile> {
        let profiles = self.compute_instance_profiles()?;
        profiles.iter().find(|profile| matches(profile)).cloned().ok_or_else(|| Error::UnknownProfile {
            target: self.target(),
            profile: wanted.into(),
            available: profiles.iter().map(|profile| profile.name.to_string()).collect(),
        })
    }

    /// Refuses a profile of another kind of GPU instance.
    fn own_profile(&self, profile: &ComputeInstanceProfile) -> Result<()> {
        self.find_profile(&profile.name, |own| own == profile).map(drop)
    }

    /// Every placement that a profile can have in this GPU instance, free or not.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), [`Error::UnknownProfile`];
    /// [`NotSupported`](crate::ErrorKind::NotSupported) on drivers before R525.
    #[doc(alias = "nvmlGpuInstanceGetComputeInstancePossiblePlacements")]
    pub fn possible_compute_placements(
        &self,
        profile: &ComputeInstanceProfile,
    ) -> Result<Vec<ComputeInstancePlacement>> {
        self.own_profile(profile)?;
        let ask = |placements: *mut sys::nvmlComputeInstancePlacement_t, count: &mut u32| {
            call!(
                self.0.gpu.0.session,
                self.target(),
                nvmlGpuInstanceGetComputeInstancePossiblePlacements(self.0.raw.0, profile.id.0, placements, count)
            )
        };
        let placements = self.fresh(|| {
            let mut count = 0;
            ask(std::ptr::null_mut(), &mut count)?;
            read_list(count as usize, sys::nvmlComputeInstancePlacement_t::default(), ask)
        })?;
        Ok(placements
            .into_iter()
            .map(|placement| ComputeInstancePlacement::new(placement.start, placement.size))
            .collect())
    }

    /// How many further compute instances of a profile the GPU instance has room for.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), [`Error::UnknownProfile`].
    #[doc(alias = "nvmlGpuInstanceGetComputeInstanceRemainingCapacity")]
    pub fn remaining_compute_capacity(&self, profile: &ComputeInstanceProfile) -> Result<u32> {
        self.own_profile(profile)?;
        self.fresh(|| {
            let mut count = 0;
            call!(
                self.0.gpu.0.session,
                self.target(),
                nvmlGpuInstanceGetComputeInstanceRemainingCapacity(self.0.raw.0, profile.id.0, &mut count)
            )?;
            Ok(count)
        })
    }

    /// Creates a compute instance in the first free slices. Needs root, or the MIG `config` capability.
    ///
    /// # Errors
    ///
    /// [`InsufficientResources`](crate::ErrorKind::InsufficientResources) where there is no room,
    /// [`Stale`](crate::ErrorKind::Stale), [`NotFound`](crate::ErrorKind::NotFound) where the profile is not one of this GPU instance,
    /// [`NoPermission`](crate::ErrorKind::NoPermission).
    #[doc(alias = "nvmlGpuInstanceCreateComputeInstance")]
    pub fn create_compute_instance(&self, profile: &ComputeInstanceProfile) -> Result<ComputeInstance> {
        self.own_profile(profile)?;
        let made = self.fresh(|| {
            let mut raw = std::ptr::null_mut();
            divide!(
                self.0.gpu,
                self.target(),
                nvmlGpuInstanceCreateComputeInstance(self.0.raw.0, profile.id.0, &mut raw)
            )?;
            Ok(Handle(raw))
        });
        let raw = made.map_err(|error| match error.nvml_return() {
            Some(NvmlReturn::INSUFFICIENT_RESOURCES) => {
                Error::NoRoom { target: self.target(), profile: profile.name.to_string() }
            }
            _ => self.stale_if_refused(error),
        })?;
        self.created_compute_instance(raw, profile)
    }

    /// A refusal of a profile that the driver has described for this instance: what is there is not this instance.
    fn stale_if_refused(&self, error: Error) -> Error {
        match error.nvml_return() {
            Some(NvmlReturn::INVALID_ARGUMENT | NvmlReturn::NOT_SUPPORTED) => Error::Stale { target: self.target() },
            _ => error,
        }
    }

    /// The handle of an instance that was just made, unless somebody has put another in its place already.
    fn created_compute_instance(
        &self,
        raw: Handle<sys::nvmlComputeInstance_st>,
        profile: &ComputeInstanceProfile,
    ) -> Result<ComputeInstance> {
        let made = self.compute_instance_from_raw(raw)?;
        if made.profile() == profile { Ok(made) } else { Err(Error::Stale { target: made.target() }) }
    }

    /// Creates the compute instance that takes the whole GPU instance: what `nvidia-smi mig -cci` does without a profile.
    ///
    /// # Errors
    ///
    /// As [`create_compute_instance`](GpuInstance::create_compute_instance).
    pub fn create_default_compute_instance(&self) -> Result<ComputeInstance> {
        self.create_compute_instance(&self.default_compute_instance_profile()?)
    }

    /// Creates a compute instance at a placement. Needs root, or the MIG `config` capability.
    ///
    /// # Errors
    ///
    /// [`Error::ComputePlacementTaken`] names the instance that is in the way, [`Error::ImpossiblePlacement`] lists the placements that
    /// the profile can have; else as [`create_compute_instance`](GpuInstance::create_compute_instance).
    #[doc(alias = "nvmlGpuInstanceCreateComputeInstanceWithPlacement")]
    pub fn create_compute_instance_at(
        &self,
        profile: &ComputeInstanceProfile,
        placement: ComputeInstancePlacement,
    ) -> Result<ComputeInstance> {
        self.own_profile(profile)?;
        let at = sys::nvmlComputeInstancePlacement_t { start: placement.start, size: placement.size };
        self.verify()?;
        let mut raw = std::ptr::null_mut();
        let made = divide!(
            self.0.gpu,
            self.target(),
            nvmlGpuInstanceCreateComputeInstanceWithPlacement(self.0.raw.0, profile.id.0, &at, &mut raw)
        );
        made.map_err(|error| self.explain_refused_placement(error, profile, placement))?;
        self.created_compute_instance(Handle(raw), profile)
    }

    /// Says why a placement was refused, where the driver's answers to two more questions tell.
    fn explain_refused_placement(
        &self,
        error: Error,
        profile: &ComputeInstanceProfile,
        placement: ComputeInstancePlacement,
    ) -> Error {
        let target = self.target();
        match error.nvml_return() {
            Some(NvmlReturn::INVALID_ARGUMENT) => match self.possible_compute_placements(profile) {
                Ok(possible) if !possible.contains(&placement) => Error::ImpossiblePlacement {
                    target,
                    profile: profile.name.to_string(),
                    placement: placement.to_string(),
                    possible: possible.iter().map(ComputeInstancePlacement::to_string).collect(),
                },
                Ok(_) => self.stale_if_refused(error),
                Err(stale @ Error::Stale { .. }) => stale,
                Err(_) => error,
            },
            Some(NvmlReturn::NOT_SUPPORTED) => self.stale_if_refused(error),
            Some(NvmlReturn::INSUFFICIENT_RESOURCES | NvmlReturn::IN_USE) => {
                let inside = self.compute_instances().unwrap_or_default();
                match inside.iter().find(|instance| instance.placement().overlaps(&placement)) {
                    Some(instance) => Error::ComputePlacementTaken {
                        target,
                        placement,
                        with: instance.id(),
                        taken: instance.placement(),
                    },
                    None => Error::NoRoom { target, profile: profile.name.to_string() },
                }
            }
            _ => error,
        }
    }

    /// The compute instances that exist in it, by ascending id.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::ErrorKind::Stale), [`NoPermission`](crate::ErrorKind::NoPermission).
    #[doc(alias = "nvmlGpuInstanceGetComputeInstances")]
    pub fn compute_instances(&self) -> Result<Vec<ComputeInstance>> {
        let mut instances = Vec::new();
        for profile in self.compute_instance_profiles()?.iter() {
            self.verify()?;
            let listed = read_list(profile.max_instances as usize, std::ptr::null_mut(), |list, count| {
                call!(
                    self.0.gpu.0.session,
                    self.target(),
                    nvmlGpuInstanceGetComputeInstances(self.0.raw.0, profile.id.0, list, count)
                )
            })
            .map_err(|error| self.stale_if_refused(error))?;
            for raw in listed {
                match self.compute_instance_from_raw(Handle(raw)) {
                    Ok(instance) => instances.push(instance),
                    // Destroyed since it was listed.
                    Err(Error::Stale { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        instances.sort_by_key(ComputeInstance::id);
        Ok(instances)
    }

    /// The compute instance with an id.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) where none has it; [`Stale`](crate::ErrorKind::Stale).
    #[doc(alias = "nvmlGpuInstanceGetComputeInstanceById")]
    pub fn compute_instance(&self, id: ComputeInstanceId) -> Result<ComputeInstance> {
        let target = self.compute_target(id);
        self.verify()?;
        let mut raw = std::ptr::null_mut();
        call!(self.0.gpu.0.session, target, nvmlGpuInstanceGetComputeInstanceById(self.0.raw.0, id.0, &mut raw))
            // No such id, or the GPU instance is gone: the driver knows.
            .map_err(|error| if is_gone(&error) { self.verify().err().unwrap_or(error) } else { error })?;
        self.compute_instance_from_raw(Handle(raw))
    }

    /// The profile's id and the place of a compute instance, for who sees to it that this handle is fresh. What the profile is costs
    /// a query for each that there may be.
    pub(crate) fn compute_instance_place(
        &self,
        id: ComputeInstanceId,
    ) -> Result<(ComputeInstanceProfileId, ComputeInstancePlacement)> {
        let target = self.compute_target(id);
        let mut raw = std::ptr::null_mut();
        call!(self.0.gpu.0.session, target, nvmlGpuInstanceGetComputeInstanceById(self.0.raw.0, id.0, &mut raw))
            .and_then(|()| self.compute_instance_info(Handle(raw), target))
            .map_err(|error| stale_if_gone(error, target))
            .map(|info| {
                let place = ComputeInstancePlacement::new(info.placement.start, info.placement.size);
                (ComputeInstanceProfileId(info.profileId), place)
            })
    }

    /// Asks a raw compute-instance handle for its identity.
    fn compute_instance_from_raw(&self, raw: Handle<sys::nvmlComputeInstance_st>) -> Result<ComputeInstance> {
        // The handle is fresh, so an instance that is not there was destroyed in between.
        let asked = self.compute_instance_info(raw, self.target());
        let info = asked.map_err(|error| stale_if_gone(error, self.target()))?;
        let profile_id = ComputeInstanceProfileId(info.profileId);
        let profile = self
            .find_profile(&format!("with id {profile_id}"), |profile| profile.id == profile_id)
            // Profiles of another GPU instance are another's.
            .map_err(|error| self.verify().err().unwrap_or(error))?;
        Ok(ComputeInstance(Arc::new(Inner {
            gpu_instance: self.clone(),
            raw,
            id: ComputeInstanceId(info.id),
            profile,
            placement: ComputeInstancePlacement::new(info.placement.start, info.placement.size),
        })))
    }

    fn compute_instance_info(
        &self,
        raw: Handle<sys::nvmlComputeInstance_st>,
        target: Target,
    ) -> Result<sys::nvmlComputeInstanceInfo_t> {
        let mut info = sys::nvmlComputeInstanceInfo_t::default();
        call_versioned!(
            self.0.gpu.0.session,
            target,
            nvmlComputeInstanceGetInfo_v2,
            compute_instance_info(raw.0, &mut info)
        )?;
        Ok(info)
    }

    fn compute_target(&self, id: ComputeInstanceId) -> Target {
        Target::ComputeInstance { gpu: self.0.gpu.index(), gpu_instance: self.id(), id }
    }
}

impl ComputeInstance {
    /// The GPU instance it is part of.
    pub fn gpu_instance(&self) -> &GpuInstance {
        &self.0.gpu_instance
    }

    /// Its id in that GPU instance.
    pub fn id(&self) -> ComputeInstanceId {
        self.0.id
    }

    /// The profile it was created with.
    pub fn profile(&self) -> &ComputeInstanceProfile {
        &self.0.profile
    }

    /// Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
    pub fn placement(&self) -> ComputeInstancePlacement {
        self.0.placement
    }

    /// Destroys the instance. Needs root, or the MIG `config` capability.
    ///
    /// # Errors
    ///
    /// Each gives the handle back. [`Error::InUse`] names the processes that run on it, as far as NVML tells;
    /// [`Stale`](crate::ErrorKind::Stale) where the instance no longer exists; [`NoPermission`](crate::ErrorKind::NoPermission).
    #[doc(alias = "nvmlComputeInstanceDestroy")]
    pub fn destroy(self) -> Result<(), DestroyError<Self>> {
        let gpu = self.gpu_instance().gpu();
        let done = self.fresh(|| divide!(gpu, self.target(), nvmlComputeInstanceDestroy(self.0.raw.0)));
        done.map_err(|error| self.explain_in_use(error)).map_err(|error| DestroyError { handle: self, error })
    }

    fn explain_in_use(&self, error: Error) -> Error {
        if error.nvml_return() != Some(NvmlReturn::IN_USE) {
            return error;
        }
        let by = self.mig_device().and_then(|device| device.holders()).unwrap_or_default();
        Error::InUse { target: self.target(), by }
    }

    /// Does something with the instance, once the driver has said that the handle still names it.
    pub(crate) fn fresh<T>(&self, use_it: impl FnOnce() -> Result<T>) -> Result<T> {
        self.verify()?;
        // As for a GPU instance, what is refused can only be the handle.
        use_it().map_err(|error| stale_if_gone(error, self.target()))
    }

    fn verify(&self) -> Result<()> {
        let asked = self.0.gpu_instance.fresh(|| self.0.gpu_instance.compute_instance_info(self.0.raw, self.target()));
        let info = asked.map_err(|error| match error {
            Error::Stale { .. } => Error::Stale { target: self.target() },
            error => stale_if_gone(error, self.target()),
        })?;
        let same = info.id == self.0.id.0
            && info.profileId == self.0.profile.id.0
            && info.placement.start == self.0.placement.start
            && info.placement.size == self.0.placement.size;
        if same { Ok(()) } else { Err(Error::Stale { target: self.target() }) }
    }

    /// The instance as errors name it.
    pub(crate) fn target(&self) -> Target {
        self.0.gpu_instance.compute_target(self.0.id)
    }
}

impl Destroy for ComputeInstance {
    fn destroy(self) -> Result<(), DestroyError<Self>> {
        Self::destroy(self)
    }
}

impl PartialEq for ComputeInstance {
    /// Whether the two name the same instance: same GPU instance, id, profile and placement.
    fn eq(&self, other: &Self) -> bool {
        (&self.0.gpu_instance, self.0.id, self.0.profile.id, self.0.placement)
            == (&other.0.gpu_instance, other.0.id, other.0.profile.id, other.0.placement)
    }
}

impl Eq for ComputeInstance {}

impl fmt::Debug for ComputeInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComputeInstance")
            .field("gpu_instance", &self.0.gpu_instance)
            .field("id", &self.0.id.0)
            .field("profile", &self.0.profile.name)
            .field("placement", &format_args!("{}", self.0.placement))
            .finish()
    }
}
