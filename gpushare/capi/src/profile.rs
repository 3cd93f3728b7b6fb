//! Profiles: the sizes and contents of instances.

use std::ffi::{CString, c_char};

use core::{ComputeInstanceProfile, Engines, GpuInstanceProfile, ProfileAttributes, ProfileName};

use crate::argument::{Fill, Growing, In, Out, Own, Text};
use crate::boundary::Fault;
use crate::list::{List, cloned};
use crate::text::{c_string, owned};

/// A GPU-instance profile of one GPU. Threads may use one at the same time.
#[derive(Clone)]
pub struct gpushare_gpu_instance_profile_t {
    pub(crate) profile: GpuInstanceProfile,
    name: CString,
}

/// A compute-instance profile of one GPU instance. Threads may use one at the same time.
#[derive(Clone)]
pub struct gpushare_compute_instance_profile_t {
    pub(crate) profile: ComputeInstanceProfile,
    name: CString,
}

/// GPU-instance profiles, in NVML's order.
pub type gpushare_gpu_instance_profile_list_t = List<gpushare_gpu_instance_profile_t>;

/// Compute-instance profiles, in NVML's order.
pub type gpushare_compute_instance_profile_list_t = List<gpushare_compute_instance_profile_t>;

impl From<GpuInstanceProfile> for gpushare_gpu_instance_profile_t {
    fn from(profile: GpuInstanceProfile) -> Self {
        Self { name: c_string(&profile.name), profile }
    }
}

impl From<ComputeInstanceProfile> for gpushare_compute_instance_profile_t {
    fn from(profile: ComputeInstanceProfile) -> Self {
        Self { name: c_string(&profile.name), profile }
    }
}

/// Engines beside the SMs, as counts.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_engines_t {
    /// Copy engines (CE).
    pub copy: u32,
    /// Video decoders (NVDEC).
    pub decoder: u32,
    /// Video encoders (NVENC).
    pub encoder: u32,
    /// JPEG decoders (NVJPG).
    pub jpeg: u32,
    /// Optical-flow accelerators (OFA).
    pub optical_flow: u32,
}

impl From<Engines> for gpushare_engines_t {
    fn from(engines: Engines) -> Self {
        let Engines { copy, decoder, encoder, jpeg, optical_flow } = engines;
        Self { copy, decoder, encoder, jpeg, optical_flow }
    }
}

/// What a GPU says of a GPU-instance profile.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_gpu_instance_profile_info_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// The index under which NVML enumerates it, the same on every GPU model.
    pub kind: u32,
    /// The number by which this GPU knows it, such as 19 for 1g.5gb.
    pub id: u32,
    /// GPU slices: the number before the `g`.
    pub slice_count: u32,
    /// How many instances an empty GPU has room for.
    pub max_instances: u32,
    /// Streaming multiprocessors.
    pub multiprocessor_count: u32,
    /// Memory of one instance, in MiB.
    pub memory_mib: u64,
    /// Other engines.
    pub engines: gpushare_engines_t,
    /// Whether peer-to-peer access works between such instances.
    pub p2p_supported: bool,
}

// SAFETY: as the trait asks; the bool is only written.
unsafe impl Growing for gpushare_gpu_instance_profile_info_t {
    const FIRST_SIZE: usize = 56;
}

/// What a GPU instance says of a compute-instance profile.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_compute_instance_profile_info_t {
    /// The size of this struct as the caller knows it: `sizeof`.
    pub struct_size: u32,
    /// The index under which NVML enumerates it.
    pub kind: u32,
    /// The number by which the GPU instance knows it.
    pub id: u32,
    /// Compute slices: the number before the `c`.
    pub slice_count: u32,
    /// How many instances an empty GPU instance has room for.
    pub max_instances: u32,
    /// Streaming multiprocessors, for this compute instance alone.
    pub multiprocessor_count: u32,
    /// Other engines, shared by all compute instances of the GPU instance.
    pub shared_engines: gpushare_engines_t,
    /// Whether it takes the whole GPU instance.
    pub is_default: bool,
}

// SAFETY: as the trait asks; the bool is only written.
unsafe impl Growing for gpushare_compute_instance_profile_info_t {
    const FIRST_SIZE: usize = 48;
}

/// The parts of a profile's name.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct gpushare_profile_name_t {
    /// The compute slices of a compute instance that is smaller than its GPU instance; 0 in the name of a whole GPU instance.
    pub compute_slices: u32,
    /// GPU slices: the number before the `g`.
    pub gpu_slices: u32,
    /// The nominal memory, in NVIDIA's rounded GB.
    pub memory_gb: u32,
    /// `GPUSHARE_PROFILE_...` bits.
    pub attributes: u32,
}

/// `+me`: with media extensions (decoders, JPEG, optical flow); one such instance per GPU.
pub const GPUSHARE_PROFILE_MEDIA_EXTENSIONS: u32 = 1;
/// `+me.all`: with all media engines of the GPU.
pub const GPUSHARE_PROFILE_ALL_MEDIA_ENGINES: u32 = 2;
/// `-me`: without media engines.
pub const GPUSHARE_PROFILE_NO_MEDIA_ENGINES: u32 = 4;
/// `+gfx`: able to run graphics.
pub const GPUSHARE_PROFILE_GRAPHICS: u32 = 8;

const _: () = {
    assert!(GPUSHARE_PROFILE_MEDIA_EXTENSIONS == ProfileAttributes::MEDIA_EXTENSIONS.bits());
    assert!(GPUSHARE_PROFILE_ALL_MEDIA_ENGINES == ProfileAttributes::ALL_MEDIA_ENGINES.bits());
    assert!(GPUSHARE_PROFILE_NO_MEDIA_ENGINES == ProfileAttributes::NO_MEDIA_ENGINES.bits());
    assert!(GPUSHARE_PROFILE_GRAPHICS == ProfileAttributes::GRAPHICS.bits());
};

impl From<ProfileName> for gpushare_profile_name_t {
    fn from(name: ProfileName) -> Self {
        Self {
            compute_slices: name.compute_slices.unwrap_or(0),
            gpu_slices: name.gpu_slices,
            memory_gb: name.memory_gb,
            attributes: name.attributes.bits(),
        }
    }
}

exports! {
    /// Reads the name of a profile: "1g.5gb", "1g.5gb+me", "1c.2g.10gb", also with "MIG " in front.
    fn gpushare_profile_name_parse(text: Text, name: Out<gpushare_profile_name_t>) {
        name.set(text.parse::<ProfileName>()?.into())
    }

    /// Writes the name of a profile. Free it with `gpushare_string_free`.
    fn gpushare_profile_name_format(name: In<gpushare_profile_name_t>, text: Out<*mut c_char>) {
        let attributes = ProfileAttributes::from_bits(name.attributes).ok_or_else(|| Fault::Argument {
            name: "name",
            reason: format!("has attributes {:#x}; there are 0x1, 0x2, 0x4 and 0x8", name.attributes),
        })?;
        let compute_slices = (name.compute_slices > 0).then_some(name.compute_slices);
        let (gpu_slices, memory_gb) = (name.gpu_slices, name.memory_gb);
        text.set(owned(ProfileName { compute_slices, gpu_slices, memory_gb, attributes }.to_string()))
    }

    /// What the kind of a GPU-instance profile adds to or takes from the plain profile of its size: `GPUSHARE_PROFILE_...` bits.
    #[doc(alias = "GpuInstanceProfileKind::attributes")]
    fn gpushare_gpu_instance_profile_kind_attributes(kind: u32) -> u32 {
        core::GpuInstanceProfileKind(kind).attributes().bits()
    }

    /// The name as the driver gives it, without "MIG ": "1g.5gb+me". It lives as long as the handle.
    fn gpushare_gpu_instance_profile_name(profile: In<gpushare_gpu_instance_profile_t>) -> *const c_char {
        profile.name.as_ptr()
    }

    /// What the GPU says of it.
    fn gpushare_gpu_instance_profile_info(
        profile: In<gpushare_gpu_instance_profile_t>,
        info: Fill<gpushare_gpu_instance_profile_info_t>,
    ) {
        let profile = &profile.profile;
        info.fill(gpushare_gpu_instance_profile_info_t {
            struct_size: 0,
            kind: profile.kind.0,
            id: profile.id.0,
            slice_count: profile.slice_count,
            max_instances: profile.max_instances,
            multiprocessor_count: profile.multiprocessor_count,
            memory_mib: profile.memory.0,
            engines: profile.engines.into(),
            p2p_supported: profile.p2p_supported,
        })
    }

    /// Another handle of the same profile.
    fn gpushare_gpu_instance_profile_clone(
        profile: In<gpushare_gpu_instance_profile_t>,
    ) -> *mut gpushare_gpu_instance_profile_t {
        cloned(profile)
    }

    /// Frees a handle. NULL is none.
    fn gpushare_gpu_instance_profile_free(profile: Own<gpushare_gpu_instance_profile_t>) -> () {
        drop(profile)
    }

    /// The number of profiles.
    fn gpushare_gpu_instance_profile_list_len(list: In<gpushare_gpu_instance_profile_list_t>) -> usize {
        list.len()
    }

    /// The profile at an index, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_gpu_instance_profile_list_get(
        list: In<gpushare_gpu_instance_profile_list_t>,
        index: usize,
    ) -> *const gpushare_gpu_instance_profile_t {
        list.at(index)
    }

    /// Frees a list and the handles in it. NULL is none.
    fn gpushare_gpu_instance_profile_list_free(list: Own<gpushare_gpu_instance_profile_list_t>) -> () {
        drop(list)
    }
}

exports! {
    /// The name as the driver gives it, without "MIG ": "1c.2g.10gb", or the GPU instance's own for the whole of it. It lives as long as
    /// the handle.
    fn gpushare_compute_instance_profile_name(profile: In<gpushare_compute_instance_profile_t>) -> *const c_char {
        profile.name.as_ptr()
    }

    /// What the GPU instance says of it.
    fn gpushare_compute_instance_profile_info(
        profile: In<gpushare_compute_instance_profile_t>,
        info: Fill<gpushare_compute_instance_profile_info_t>,
    ) {
        let profile = &profile.profile;
        info.fill(gpushare_compute_instance_profile_info_t {
            struct_size: 0,
            kind: profile.kind.0,
            id: profile.id.0,
            slice_count: profile.slice_count,
            max_instances: profile.max_instances,
            multiprocessor_count: profile.multiprocessor_count,
            shared_engines: profile.shared_engines.into(),
            is_default: profile.is_default,
        })
    }

    /// Another handle of the same profile.
    fn gpushare_compute_instance_profile_clone(
        profile: In<gpushare_compute_instance_profile_t>,
    ) -> *mut gpushare_compute_instance_profile_t {
        cloned(profile)
    }

    /// Frees a handle. NULL is none.
    fn gpushare_compute_instance_profile_free(profile: Own<gpushare_compute_instance_profile_t>) -> () {
        drop(profile)
    }

    /// The number of profiles.
    fn gpushare_compute_instance_profile_list_len(list: In<gpushare_compute_instance_profile_list_t>) -> usize {
        list.len()
    }

    /// The profile at an index, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
    fn gpushare_compute_instance_profile_list_get(
        list: In<gpushare_compute_instance_profile_list_t>,
        index: usize,
    ) -> *const gpushare_compute_instance_profile_t {
        list.at(index)
    }

    /// Frees a list and the handles in it. NULL is none.
    fn gpushare_compute_instance_profile_list_free(list: Own<gpushare_compute_instance_profile_list_t>) -> () {
        drop(list)
    }
}
