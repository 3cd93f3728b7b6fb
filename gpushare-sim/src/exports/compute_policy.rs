//! The functions behind `nvidia-smi compute-policy`, which NVML has for that program alone. Their structs are those that `nvidia-smi` of
//! 535 and of 550 pass.

use std::ffi::c_uint;

use gpushare_sys::{nvmlDevice_t, nvmlReturn_t};

use super::argument::{Argument, Given, INVALID, Out};
use super::door;
use super::handle::{Of, Whole};

/// The kind of policy that time-slicing is. There is no other.
const TIME_SLICE: c_uint = 0;

/// One policy of a GPU.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Policy {
    kind: c_uint,
    pub(crate) value: c_uint,
}

impl Policy {
    pub(crate) fn time_slice(value: c_uint) -> Self {
        Self { kind: TIME_SLICE, value }
    }
}

/// All policies of a GPU.
#[derive(Default)]
#[repr(C)]
pub(crate) struct Policies {
    count: c_uint,
    list: [Policy; 32],
}

impl Policies {
    /// Those that there are.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.list.iter().take(self.count as usize)
    }
}

const _: () = assert!(size_of::<Policies>() == 260);

/// # Safety
///
/// `policy` is NULL or valid for reading.
pub(super) unsafe extern "C" fn set(device: nvmlDevice_t, policy: *const Policy) -> nvmlReturn_t {
    door::change(
        // SAFETY: the caller's promise.
        |machine| unsafe { Ok((Whole::accept(device, machine)?, Given::accept(policy, machine)?)) },
        |machine, access, (device, Given(policy))| {
            if policy.kind != TIME_SLICE {
                return Err(INVALID);
            }
            Ok(machine.gpu_mut(device.0)?.set_time_slice(access, policy.value)?)
        },
    )
}

/// # Safety
///
/// `policies` is NULL or valid for writing.
pub(super) unsafe extern "C" fn get(device: nvmlDevice_t, policies: *mut Policies) -> nvmlReturn_t {
    door::read(
        // SAFETY: the caller's promise.
        |machine| unsafe { Ok((Whole::accept(device, machine)?, Out::accept(policies, machine)?)) },
        |machine, _, (device, policies)| {
            let mut list = [Policy::default(); 32];
            list[0] = Policy::time_slice(device.gpu(machine)?.time_slice() as c_uint);
            policies.put(Policies { count: 1, list })
        },
    )
}
