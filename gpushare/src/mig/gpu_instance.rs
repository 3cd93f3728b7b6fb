//! GPU instances: the parts into which MIG splits a GPU.

use std::fmt;
use std::sync::Arc;

use gpushare_sys as sys;
use once_cell::sync::OnceCell;

use crate::call::{Handle, call, call_versioned, divide, read_list, text};
use crate::error::{DestroyError, Error, NvmlReturn, Result, Target};
use crate::gpu::Gpu;
use crate::id::{GpuInstanceId, GpuInstanceProfileId};
use crate::placement::GpuInstancePlacement;
use crate::profile::{ComputeInstanceProfile, Engines, GpuInstanceProfile, GpuInstanceProfileKind, ProfileName};
use crate::scoped::Destroy;
use crate::units::Mib;

/// NVML tells where its enumeration of profiles ends; this ends it on a driver that does not.
pub(super) const MOST_PROFILE_KINDS: u32 = 64;

/// A profile has at most one placement per memory slice; the largest GPUs have 12 slices, and a layout here has room for 64.
const MOST_PLACEMENTS: usize = 64;

/// A GPU instance: memory slices and engines of a GPU, apart from all others.
///
/// It outlives the process that made it. Programs run on the [compute instances](crate::ComputeInstance) in it.
///
/// The handle names one instance: its GPU, id, profile and placement. Every use asks the driver whether that is still what is there, and
/// answers [`Stale`](crate::ErrorKind::Stale) where it is not.
///
/// ```
/// # let machine = gpushare_sim::Machine::start()?;
/// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
/// # let gpu = nvml.gpu(0)?;
/// # gpu.set_mig_mode(true)?;
/// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
/// assert_eq!(gi.placement().to_string(), "0:4");
/// assert_eq!(gi.profile().multiprocessor_count, 56);
/// gi.destroy()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct GpuInstance(pub(crate) Arc<GpuInstanceInner>);

pub(crate) struct GpuInstanceInner {
    pub(crate) gpu: Gpu,
    pub(crate) raw: Handle<sys::nvmlGpuInstance_st>,
    id: GpuInstanceId,
    profile: GpuInstanceProfile,
    placement: GpuInstancePlacement,
    /// What a GPU instance can be divided into does not change while it lives.
    pub(crate) compute_profiles: OnceCell<Arc<[ComputeInstanceProfile]>>,
}

impl Gpu {
    /// The GPU-instance profiles of this GPU, in NVML's order. Asked of the driver once.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](crate::ErrorKind::NotSupported) on a GPU without MIG, and on some GPUs and drivers while MIG is disabled.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// let gpu = nvml.gpu(0)?;
    /// gpu.set_mig_mode(true)?;
    /// let names: Vec<_> = gpu.gpu_instance_profiles()?.iter().map(|profile| profile.name.to_string()).collect();
    /// assert_eq!(names, ["1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb", "1g.5gb+me", "1g.10gb"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("nvmlDeviceGetGpuInstanceProfileInfo", "nvmlDeviceGetGpuInstanceProfileInfoV"))]
    pub fn gpu_instance_profiles(&self) -> Result<Arc<[GpuInstanceProfile]>> {
        self.0.profiles.get_or_try_init(|| self.ask_gpu_instance_profiles()).cloned()
    }

    fn ask_gpu_instance_profiles(&self) -> Result<Arc<[GpuInstanceProfile]>> {
        let mut profiles = Vec::new();
        for kind in (0..MOST_PROFILE_KINDS).map(GpuInstanceProfileKind) {
            let mut info = sys::nvmlGpuInstanceProfileInfo_v2_t::default();
            let asked = call_versioned!(
                self.0.session,
                self.target(),
                nvmlDeviceGetGpuInstanceProfileInfoV,
                gpu_instance_profile_info(self.0.raw.0, kind.0, &mut info)
            );
            match asked.map_err(|error| (error.nvml_return(), error)) {
                Ok(()) => profiles.push(self.profile_from_info(kind, &info)?),
                Err((Some(NvmlReturn::NOT_SUPPORTED), _)) => {}
                Err((Some(NvmlReturn::INVALID_ARGUMENT), _)) => break,
                Err((_, error)) => return Err(error),
            }
        }
        if profiles.is_empty() {
            return Err(Error::Nvml {
                call: sys::Symbol::nvmlDeviceGetGpuInstanceProfileInfoV,
                target: self.target(),
                code: NvmlReturn::NOT_SUPPORTED,
            });
        }
        Ok(profiles.into())
    }

    fn profile_from_info(
        &self,
        kind: GpuInstanceProfileKind,
        info: &sys::nvmlGpuInstanceProfileInfo_v2_t,
    ) -> Result<GpuInstanceProfile> {
        let memory = Mib(info.memorySizeMB);
        let name = match text(&info.name) {
            Some(name) if !name.is_empty() => name.strip_prefix("MIG ").unwrap_or(name).into(),
            _ => ProfileName::from_sizes(info.sliceCount, memory, self.memory()?.total.to_mib(), kind.attributes())
                .to_string()
                .into(),
        };
        Ok(GpuInstanceProfile {
            kind,
            id: GpuInstanceProfileId(info.id),
            name,
            slice_count: info.sliceCount,
            max_instances: info.instanceCount,
            memory,
            multiprocessor_count: info.multiprocessorCount,
            engines: Engines {
                copy: info.copyEngineCount,
                decoder: info.decoderCount,
                encoder: info.encoderCount,
                jpeg: info.jpegCount,
                optical_flow: info.ofaCount,
            },
            p2p_supported: info.isP2pSupported != 0,
        })
    }

    /// The profile with a name, such as `4g.20gb` or `MIG 1g.5gb+me`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProfile`] lists the names that this GPU has; [`Error::InvalidProfileName`] where the text is no profile name.
    pub fn gpu_instance_profile(&self, name: &str) -> Result<GpuInstanceProfile> {
        let name = name.parse::<ProfileName>()?.to_string();
        self.find_profile(&name, |profile| *profile.name == *name)
    }

    fn find_profile(&self, wanted: &str, matches: impl Fn(&GpuInstanceProfile) -> bool) -> Result<GpuInstanceProfile> {
        let profiles = self.gpu_instance_profiles()?;
        profiles.iter().find(|profile| matches(profile)).cloned().ok_or_else(|| Error::UnknownProfile {
            target: self.target(),
            profile: wanted.into(),
            available: profiles.iter().map(|profile| profile.name.to_string()).collect(),
        })
    }

    /// Refuses a profile that another GPU model gave: its id may mean something else here.
    fn own_profile(&self, profile: &GpuInstanceProfile) -> Result<()> {
        self.find_profile(&profile.name, |own| own == profile).map(drop)
    }

    /// Every placement that a profile can have on this GPU, free or not. Empty where the GPU knows the profile but has no place for it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProfile`] where the profile is not one of this GPU.
    #[doc(alias = "nvmlDeviceGetGpuInstancePossiblePlacements")]
    pub fn possible_placements(&self, profile: &GpuInstanceProfile) -> Result<Vec<GpuInstancePlacement>> {
        self.own_profile(profile)?;
        let ask = |placements: *mut sys::nvmlGpuInstancePlacement_t, count: &mut u32| {
            call_versioned!(
                self.0.session,
                self.target(),
                nvmlDeviceGetGpuInstancePossiblePlacements_v2,
                gpu_instance_possible_placements(self.0.raw.0, profile.id.0, placements, count)
            )
        };
        // Asking for their number first would double a fifth of a millisecond.
        let placements = read_list(MOST_PLACEMENTS, sys::nvmlGpuInstancePlacement_t::default(), ask)?;
        Ok(placements.into_iter().map(|placement| GpuInstancePlacement::new(placement.start, placement.size)).collect())
    }

    /// How many further instances of a profile the GPU has room for.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProfile`] where the profile is not one of this GPU; [`NoPermission`](crate::ErrorKind::NoPermission).
    #[doc(alias = "nvmlDeviceGetGpuInstanceRemainingCapacity")]
    pub fn remaining_capacity(&self, profile: &GpuInstanceProfile) -> Result<u32> {
        self.own_profile(profile)?;
        let mut count = 0;
        call!(
            self.0.session,
            self.target(),
            nvmlDeviceGetGpuInstanceRemainingCapacity(self.0.raw.0, profile.id.0, &mut count)
        )?;
        Ok(count)
    }

    /// Creates a GPU instance where the driver chooses. Needs root, or the MIG `config` capability.
    ///
    /// The driver's choice can leave holes that no later instance fits; [`create_gpu_instance_at`](Gpu::create_gpu_instance_at) does
    /// not leave it to chance.
    ///
    /// # Errors
    ///
    /// [`InsufficientResources`](crate::ErrorKind::InsufficientResources) where there is no room,
    /// [`NotSupported`](crate::ErrorKind::NotSupported) while MIG is disabled, [`NotFound`](crate::ErrorKind::NotFound) where the
    /// profile is not one of this GPU, [`InUse`](crate::ErrorKind::InUse) where clients keep an undivided GPU busy,
    /// [`NoPermission`](crate::ErrorKind::NoPermission).
    #[doc(alias = "nvmlDeviceCreateGpuInstance")]
    pub fn create_gpu_instance(&self, profile: &GpuInstanceProfile) -> Result<GpuInstance> {
        self.own_profile(profile)?;
        let mut raw = std::ptr::null_mut();
        let made = divide!(self, self.target(), nvmlDeviceCreateGpuInstance(self.0.raw.0, profile.id.0, &mut raw));
        made.map_err(|error| match error.nvml_return() {
            Some(NvmlReturn::INSUFFICIENT_RESOURCES) => {
                Error::NoRoom { target: self.target(), profile: profile.name.to_string() }
            }
            _ => error,
        })?;
        self.created_gpu_instance(Handle(raw), profile)
    }

    /// The handle of an instance that was just made, unless somebody has put another in its place already.
    fn created_gpu_instance(
        &self,
        raw: Handle<sys::nvmlGpuInstance_st>,
        profile: &GpuInstanceProfile,
    ) -> Result<GpuInstance> {
        let made = self.gpu_instance_from_raw(raw)?;
        if made.profile() == profile { Ok(made) } else { Err(Error::Stale { target: made.target() }) }
    }

    /// Creates a GPU instance at a placement. Needs root, or the MIG `config` capability.
    ///
    /// # Errors
    ///
    /// [`Error::PlacementTaken`] names the instance that is in the way, [`Error::ImpossiblePlacement`] lists the placements that the
    /// profile can have; else as [`create_gpu_instance`](Gpu::create_gpu_instance).
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// use gpushare::GpuInstancePlacement;
    /// let (three, two) = (gpu.gpu_instance_profile("3g.20gb")?, gpu.gpu_instance_profile("2g.10gb")?);
    /// gpu.create_gpu_instance_at(&three, GpuInstancePlacement::new(0, 4))?;
    /// let taken = gpu.create_gpu_instance_at(&two, GpuInstancePlacement::new(2, 2)).unwrap_err();
    /// assert!(taken.to_string().contains("overlaps GPU instance 2 at 0:4"), "{taken}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "nvmlDeviceCreateGpuInstanceWithPlacement")]
    pub fn create_gpu_instance_at(
        &self,
        profile: &GpuInstanceProfile,
        placement: GpuInstancePlacement,
    ) -> Result<GpuInstance> {
        self.own_profile(profile)?;
        let at = sys::nvmlGpuInstancePlacement_t { start: placement.start, size: placement.size };
        let mut raw = std::ptr::null_mut();
        let made = divide!(
            self,
            self.target(),
            nvmlDeviceCreateGpuInstanceWithPlacement(self.0.raw.0, profile.id.0, &at, &mut raw)
        );
        made.map_err(|error| self.explain_refused_placement(error, profile, placement))?;
        self.created_gpu_instance(Handle(raw), profile)
    }

    /// Says why a placement was refused, where the driver's answers to two more questions tell.
    fn explain_refused_placement(
        &self,
        error: Error,
        profile: &GpuInstanceProfile,
        placement: GpuInstancePlacement,
    ) -> Error {
        let target = self.target();
        match error.nvml_return() {
            Some(NvmlReturn::INVALID_ARGUMENT) => match self.possible_placements(profile) {
                Ok(possible) if !possible.contains(&placement) => Error::ImpossiblePlacement {
                    target,
                    profile: profile.name.to_string(),
                    placement: placement.to_string(),
                    possible: possible.iter().map(GpuInstancePlacement::to_string).collect(),
                },
                _ => error,
            },
            Some(NvmlReturn::INSUFFICIENT_RESOURCES) => {
                let taken = self.gpu_instances().unwrap_or_default();
                match taken.iter().find(|instance| instance.placement().overlaps(&placement)) {
                    Some(instance) => {
                        Error::PlacementTaken { target, placement, with: instance.id(), taken: instance.placement() }
                    }
                    None => Error::NoRoom { target, profile: profile.name.to_string() },
                }
            }
            _ => error,
        }
    }

    /// The GPU instances that exist, by ascending id. Empty while MIG is disabled and on a GPU without it.
    ///
    /// # Errors
    ///
    /// [`NoPermission`](crate::ErrorKind::NoPermission) for a caller that may not manage MIG while GPU instances exist.
    #[doc(alias = "nvmlDeviceGetGpuInstances")]
    pub fn gpu_instances(&self) -> Result<Vec<GpuInstance>> {
        let mut instances = Vec::new();
        let profiles = match self.gpu_instance_profiles() {
            // How drivers say that MIG is disabled, or that the GPU has none.
            Err(error) if error.nvml_return() == Some(NvmlReturn::NOT_SUPPORTED) => return Ok(instances),
            profiles => profiles?,
        };
        for profile in profiles.iter() {
            match self.gpu_instances_of(profile)? {
                Some(found) => instances.extend(found),
                None => return Ok(Vec::new()),
            }
        }
        instances.sort_by_key(GpuInstance::id);
        Ok(instances)
    }

    /// Those of one profile; `None` while MIG is disabled, as some drivers say it.
    pub(crate) fn gpu_instances_of(&self, profile: &GpuInstanceProfile) -> Result<Option<Vec<GpuInstance>>> {
        let listed = read_list(profile.max_instances as usize, std::ptr::null_mut(), |list, count| {
            call!(self.0.session, self.target(), nvmlDeviceGetGpuInstances(self.0.raw.0, profile.id.0, list, count))
        });
        let raws = match listed {
            Err(error) if error.nvml_return() == Some(NvmlReturn::NOT_SUPPORTED) => return Ok(None),
            listed => listed?,
        };
        let found = raws.into_iter().map(|raw| self.gpu_instance_from_raw(Handle(raw)));
        // One may be destroyed since it was listed.
        found.filter(|instance| !matches!(instance, Err(Error::Stale { .. }))).collect::<Result<_>>().map(Some)
    }

    /// The GPU instance with an id.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) where none has it.
    #[doc(alias = "nvmlDeviceGetGpuInstanceById")]
    pub fn gpu_instance(&self, id: GpuInstanceId) -> Result<GpuInstance> {
        let target = Target::GpuInstance { gpu: self.index(), id };
        let mut raw = std::ptr::null_mut();
        call!(self.0.session, target, nvmlDeviceGetGpuInstanceById(self.0.raw.0, id.0, &mut raw))?;
        self.gpu_instance_from_raw(Handle(raw))
    }

    /// Asks a raw GPU-instance handle for its identity.
    fn gpu_instance_from_raw(&self, raw: Handle<sys::nvmlGpuInstance_st>) -> Result<GpuInstance> {
        // The handle is fresh, so an instance that is not there was destroyed in between.
        let info = self.gpu_instance_info(raw, self.target()).map_err(|error| stale_if_gone(error, self.target()))?;
        let profile_id = GpuInstanceProfileId(info.profileId);
        let profile = self.find_profile(&format!("with id {profile_id}"), |profile| profile.id == profile_id)?;
        Ok(GpuInstance(Arc::new(GpuInstanceInner {
            gpu: self.clone(),
            raw,
            id: GpuInstanceId(info.id),
            profile,
            placement: GpuInstancePlacement::new(info.placement.start, info.placement.size),
            compute_profiles: OnceCell::new(),
        })))
    }

    fn gpu_instance_info(
        &self,
        raw: Handle<sys::nvmlGpuInstance_st>,
        target: Target,
    ) -> Result<sys::nvmlGpuInstanceInfo_t> {
        let mut info = sys::nvmlGpuInstanceInfo_t::default();
        call!(self.0.session, target, nvmlGpuInstanceGetInfo(raw.0, &mut info))?;
        Ok(info)
    }
}

/// An error about a handle whose thing is not there, as what it means.
pub(crate) fn stale_if_gone(error: Error, target: Target) -> Error {
    if is_gone(&error) { Error::Stale { target } } else { error }
}

/// Whether a call was refused because what its handle named is not there.
pub(crate) fn is_gone(error: &Error) -> bool {
    matches!(error.nvml_return(), Some(NvmlReturn::INVALID_ARGUMENT | NvmlReturn::NOT_FOUND))
}

impl GpuInstance {
    /// The GPU it is part of.
    pub fn gpu(&self) -> &Gpu {
        &self.0.gpu
    }

    /// Its id on that GPU.
    pub fn id(&self) -> GpuInstanceId {
        self.0.id
    }

    /// The profile it was created with.
    pub fn profile(&self) -> &GpuInstanceProfile {
        &self.0.profile
    }

    /// Where it lies, in memory slices.
    pub fn placement(&self) -> GpuInstancePlacement {
        self.0.placement
    }

    /// Destroys the instance. Its compute instances must be destroyed before. Needs root, or the MIG `config` capability.
    ///
    /// # Errors
    ///
    /// Each gives the handle back. [`Error::InUse`] names the compute instances that are left;
    /// [`Stale`](crate::ErrorKind::Stale) where the instance no longer exists; [`NoPermission`](crate::ErrorKind::NoPermission).
    #[doc(alias = "nvmlGpuInstanceDestroy")]
    pub fn destroy(self) -> Result<(), DestroyError<Self>> {
        self.fresh(|| divide!(self.0.gpu, self.target(), nvmlGpuInstanceDestroy(self.0.raw.0)))
            .map_err(|error| self.explain_in_use(error))
            .map_err(|error| DestroyError { handle: self, error })
    }

    fn explain_in_use(&self, error: Error) -> Error {
        if error.nvml_return() != Some(NvmlReturn::IN_USE) {
            return error;
        }
        Error::InUse { target: self.target(), by: self.holders().unwrap_or_default() }
    }

    /// Does something with the instance, once the driver has said that the handle still names it.
    ///
    /// All that `use_it` passes is known to be right, so an argument that the driver refuses is the handle: the instance was destroyed in
    /// between. Asking again would not tell, for another may have made one like it since.
    pub(crate) fn fresh<T>(&self, use_it: impl FnOnce() -> Result<T>) -> Result<T> {
        self.verify()?;
        use_it().map_err(|error| stale_if_gone(error, self.target()))
    }

    pub(crate) fn verify(&self) -> Result<()> {
        let info = self
            .0
            .gpu
            .gpu_instance_info(self.0.raw, self.target())
            .map_err(|error| stale_if_gone(error, self.target()))?;
        let same = info.id == self.0.id.0
            && info.profileId == self.0.profile.id.0
            && info.placement.start == self.0.placement.start
            && info.placement.size == self.0.placement.size;
        if same { Ok(()) } else { Err(Error::Stale { target: self.target() }) }
    }

    /// The instance as errors name it.
    pub(crate) fn target(&self) -> Target {
        Target::GpuInstance { gpu: self.0.gpu.index(), id: self.0.id }
    }
}

impl Destroy for GpuInstance {
    fn destroy(self) -> Result<(), DestroyError<Self>> {
        Self::destroy(self)
    }
}

impl PartialEq for GpuInstance {
    /// Whether the two name the same instance: same GPU, id, profile and placement.
    fn eq(&self, other: &Self) -> bool {
        (&self.0.gpu, self.0.id, self.0.profile.id, self.0.placement)
            == (&other.0.gpu, other.0.id, other.0.profile.id, other.0.placement)
    }
}

impl Eq for GpuInstance {}

impl fmt::Debug for GpuInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuInstance")
            .field("gpu", &self.0.gpu.index())
            .field("id", &self.0.id.0)
            .field("profile", &self.0.profile.name)
            .field("placement", &format_args!("{}", self.0.placement))
            .finish()
    }
}
