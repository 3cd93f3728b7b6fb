//! The driver branches that can be simulated, and everything in which they differ besides the symbols that they export.

use std::fmt::{self, Formatter};

/// A branch of the driver.
///
/// What the symbols decide is no field: `symbols/` lists those of each branch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// The first part of the versions of its drivers.
    pub number: u32,
    /// A driver of the branch.
    pub driver_version: &'static str,
    /// CUDA version of its drivers: 13000 for 13.0.
    pub cuda_version: u32,
    /// `NVML_GPU_INSTANCE_PROFILE_COUNT`: the kinds that it knows, whether or not a board has them.
    pub gpu_instance_profile_kinds: u32,
    /// `NVML_COMPUTE_INSTANCE_PROFILE_COUNT`.
    pub compute_instance_profile_kinds: u32,
    /// The newest version of the structs that the profile queries of the names with V fill.
    pub profile_struct_version: u32,
    /// Whether profiles, placements and capacities are answered while MIG mode is off.
    pub answers_while_mig_is_off: bool,
    /// Whether a GPU instance of three slices can lie beside one of four.
    pub three_slices_beside_four: bool,
    /// Whether there is a capability to manage IMEX.
    pub imex_capability: bool,
    /// The names of the driver's own major in `/proc/devices`: 545 gave the GPUs and `nvidiactl` each their own.
    pub device_names: &'static [&'static str],
}

/// The branches, the oldest first.
///
/// Kinds, struct versions and CUDA versions are those of the headers and Python bindings that NVIDIA published with each branch.
/// Queries with MIG mode off were seen refused by 535, answered by 550 and 580. That 3g and 4g exclude each other before 510, and the
/// capability from 550 on, NVIDIA documents.
static BRANCHES: [Branch; 6] = [
    Branch {
        number: 470,
        driver_version: "470.256.02",
        cuda_version: 11040,
        gpu_instance_profile_kinds: 8,
        compute_instance_profile_kinds: 7,
        profile_struct_version: 1,
        answers_while_mig_is_off: false,
        three_slices_beside_four: false,
        imex_capability: false,
        device_names: &["nvidia-frontend"],
    },
    Branch {
        number: 525,
        driver_version: "525.147.05",
        cuda_version: 12000,
        gpu_instance_profile_kinds: 10,
        compute_instance_profile_kinds: 8,
        profile_struct_version: 2,
        answers_while_mig_is_off: false,
        three_slices_beside_four: true,
        imex_capability: false,
        device_names: &["nvidia-frontend"],
    },
    Branch {
        number: 535,
        driver_version: "535.309.01",
        cuda_version: 12020,
        gpu_instance_profile_kinds: 10,
        compute_instance_profile_kinds: 8,
        profile_struct_version: 2,
        answers_while_mig_is_off: false,
        three_slices_beside_four: true,
        imex_capability: false,
        device_names: &["nvidia-frontend"],
    },
    Branch {
        number: 550,
        driver_version: "550.163.01",
        cuda_version: 12040,
        gpu_instance_profile_kinds: 10,
        compute_instance_profile_kinds: 8,
        profile_struct_version: 3,
        answers_while_mig_is_off: true,
        three_slices_beside_four: true,
        imex_capability: true,
        device_names: &["nvidia", "nvidiactl"],
    },
    Branch {
        number: 580,
        driver_version: "580.126.09",
        cuda_version: 13000,
        gpu_instance_profile_kinds: 17,
        compute_instance_profile_kinds: 8,
        profile_struct_version: 3,
        answers_while_mig_is_off: true,
        three_slices_beside_four: true,
        imex_capability: true,
        device_names: &["nvidia", "nvidiactl"],
    },
    Branch {
        number: 595,
        driver_version: "595.45.04",
        cuda_version: 13020,
        gpu_instance_profile_kinds: 18,
        compute_instance_profile_kinds: 8,
        profile_struct_version: 3,
        answers_while_mig_is_off: true,
        three_slices_beside_four: true,
        imex_capability: true,
        device_names: &["nvidia", "nvidiactl"],
    },
];

/// The branch that this library was built as, as a number.
const BUILT: &str = env!("GPUSHARE_SIM_BUILT_BRANCH");

impl Branch {
    /// Every branch that can be simulated, the oldest first.
    pub fn all() -> &'static [Branch] {
        &BRANCHES
    }

    /// The branch that this crate was built as: 580, unless the build said otherwise.
    pub fn built() -> &'static Branch {
        let built = BRANCHES.iter().find(|branch| BUILT == branch.number.to_string());
        // The build script allows only branches that have a list of symbols, and a test compares those with the table.
        built.unwrap_or(&BRANCHES[BRANCHES.len() - 1])
    }

    /// The branch of that number.
    ///
    /// # Errors
    ///
    /// [`UnknownBranch`] where it cannot be simulated.
    pub fn by_number(number: u32) -> Result<&'static Branch, UnknownBranch> {
        let found = BRANCHES.iter().find(|branch| branch.number == number);
        found.ok_or_else(|| UnknownBranch { given: number.to_string() })
    }

    /// The branch of a driver version, such as `580.126.09`.
    ///
    /// # Errors
    ///
    /// [`UnknownBranch`] where it cannot be simulated.
    pub fn of_version(version: &str) -> Result<&'static Branch, UnknownBranch> {
        let unknown = || UnknownBranch { given: version.to_owned() };
        let (number, _) = version.split_once('.').ok_or_else(unknown)?;
        BRANCHES.iter().find(|branch| branch.number.to_string() == number).ok_or_else(unknown)
    }

    /// Whether it knows a profile ID, on whatever board.
    pub(crate) fn knows_profile(&self, id: u32) -> bool {
        PROFILE_IDS.iter().any(|(known, kind)| *known == id && *kind < self.gpu_instance_profile_kinds)
    }

    /// Where it stands among [`all`](Self::all).
    pub(super) fn index(&self) -> usize {
        BRANCHES.iter().filter(|branch| branch.number < self.number).count()
    }
}

/// The profile IDs of all boards, each with the kind of which it is the ID.
const PROFILE_IDS: [(u32, u32); 16] = [
    (0, 4),
    (5, 3),
    (6, 8),
    (9, 2),
    (14, 1),
    (15, 9),
    (19, 0),
    (20, 7),
    (21, 7),
    (32, 12),
    (35, 11),
    (47, 10),
    (64, 16),
    (65, 15),
    (66, 14),
    (67, 13),
];

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Branch({})", self.number)
    }
}

/// A driver of a branch that cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "driver {given:?} cannot be simulated: allowed are versions of the branches {}, such as {}",
    Branch::all().iter().map(|branch| branch.number.to_string()).collect::<Vec<_>>().join(", "), Branch::built().driver_version
)]
pub struct UnknownBranch {
    /// The version or the branch that was asked for.
    pub given: String,
}
