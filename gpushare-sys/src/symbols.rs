//! The one table of NVML symbols that gpushare may call.

use crate::bindings::signatures;

/// Makes, from one list of names: the [`Symbol`] enumeration and the [`Symbols`] table, whose field types come from the header.
macro_rules! symbols {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        /// The name of an NVML function that this crate can call, spelled as the library exports it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(non_camel_case_types, missing_docs)]
        #[non_exhaustive]
        pub enum Symbol {
            $($name),*
        }

        impl Symbol {
            /// Every symbol of the table, in its order.
            pub const ALL: &'static [Symbol] = &[$(Symbol::$name),*];

            /// The exported name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Symbol::$name => stringify!($name)),*
                }
            }

            /// The symbol with an exported name, if it is in the table.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|symbol| symbol.name() == name)
            }
        }

        /// The functions of one NVML library: `None` where that library has no such symbol.
        ///
        /// Each field has the C name of its function and the type that NVIDIA's header declares.
        #[derive(Debug, Clone, Copy, Default)]
        #[allow(non_snake_case, missing_docs)]
        pub struct Symbols {
            $(pub $name: Option<signatures::$name>),*
        }

        impl Symbols {
            /// Fills the table through `find`, which returns the address of a symbol or `None`.
            ///
            /// # Safety
            ///
            /// Each address that `find` returns must be that of a function with the type that NVIDIA's header declares for the name.
            pub unsafe fn resolve(mut find: impl FnMut(Symbol) -> Option<*const ()>) -> Self {
                Self {
                    $($name: find(Symbol::$name).map(|address| {
                        // SAFETY: the caller promises that the address is a function of this type.
                        unsafe { core::mem::transmute::<*const (), signatures::$name>(address) }
                    })),*
                }
            }

            /// Whether the table has the function.
            pub fn supports(&self, symbol: Symbol) -> bool {
                match symbol {
                    $(Symbol::$name => self.$name.is_some()),*
                }
            }
        }
    };
}

symbols! {
    // Library and system.
    nvmlInit,
    nvmlInit_v2,
    nvmlInitWithFlags,
    nvmlShutdown,
    nvmlErrorString,
    nvmlSystemGetDriverVersion,
    nvmlSystemGetNVMLVersion,
    nvmlSystemGetCudaDriverVersion,
    nvmlSystemGetCudaDriverVersion_v2,
    nvmlSystemGetProcessName,
    // Device handles and identity.
    nvmlDeviceGetCount,
    nvmlDeviceGetCount_v2,
    nvmlDeviceGetHandleByIndex,
    nvmlDeviceGetHandleByIndex_v2,
    nvmlDeviceGetHandleByUUID,
    nvmlDeviceGetHandleByPciBusId,
    nvmlDeviceGetHandleByPciBusId_v2,
    nvmlDeviceGetHandleBySerial,
    nvmlDeviceGetName,
    nvmlDeviceGetUUID,
    nvmlDeviceGetIndex,
    nvmlDeviceGetMinorNumber,
    nvmlDeviceGetPciInfo,
    nvmlDeviceGetPciInfo_v2,
    nvmlDeviceGetPciInfo_v3,
    nvmlDeviceGetSerial,
    nvmlDeviceGetBrand,
    nvmlDeviceGetBoardId,
    nvmlDeviceGetBoardPartNumber,
    nvmlDeviceGetArchitecture,
    nvmlDeviceGetCudaComputeCapability,
    nvmlDeviceGetNumGpuCores,
    nvmlDeviceGetPersistenceMode,
    nvmlDeviceGetVirtualizationMode,
    nvmlDeviceGetAttributes,
    nvmlDeviceGetAttributes_v2,
    nvmlDeviceGetFieldValues,
    // Memory and utilisation.
    nvmlDeviceGetMemoryInfo,
    nvmlDeviceGetMemoryInfo_v2,
    nvmlDeviceGetBAR1MemoryInfo,
    nvmlDeviceGetUtilizationRates,
    nvmlDeviceGetProcessUtilization,
    nvmlDeviceGetProcessesUtilizationInfo,
    // Compute mode.
    nvmlDeviceGetComputeMode,
    nvmlDeviceSetComputeMode,
    // Processes: the unversioned name is version 1.
    nvmlDeviceGetComputeRunningProcesses,
    nvmlDeviceGetComputeRunningProcesses_v2,
    nvmlDeviceGetComputeRunningProcesses_v3,
    nvmlDeviceGetGraphicsRunningProcesses,
    nvmlDeviceGetGraphicsRunningProcesses_v2,
    nvmlDeviceGetGraphicsRunningProcesses_v3,
    nvmlDeviceGetMPSComputeRunningProcesses,
    nvmlDeviceGetMPSComputeRunningProcesses_v2,
    nvmlDeviceGetMPSComputeRunningProcesses_v3,
    // MIG mode and MIG devices.
    nvmlDeviceGetMigMode,
    nvmlDeviceSetMigMode,
    nvmlDeviceIsMigDeviceHandle,
    nvmlDeviceGetMaxMigDeviceCount,
    nvmlDeviceGetMigDeviceHandleByIndex,
    nvmlDeviceGetDeviceHandleFromMigDeviceHandle,
    nvmlDeviceGetGpuInstanceId,
    nvmlDeviceGetComputeInstanceId,
    // GPU instances.
    nvmlDeviceGetGpuInstanceProfileInfo,
    nvmlDeviceGetGpuInstanceProfileInfoV,
    nvmlDeviceGetGpuInstanceProfileInfoByIdV,
    nvmlDeviceGetGpuInstancePossiblePlacements,
    nvmlDeviceGetGpuInstancePossiblePlacements_v2,
    nvmlDeviceGetGpuInstanceRemainingCapacity,
    nvmlDeviceCreateGpuInstance,
    nvmlDeviceCreateGpuInstanceWithPlacement,
    nvmlDeviceGetGpuInstances,
    nvmlDeviceGetGpuInstanceById,
    nvmlGpuInstanceGetInfo,
    nvmlGpuInstanceDestroy,
    // Compute instances.
    nvmlGpuInstanceGetComputeInstanceProfileInfo,
    nvmlGpuInstanceGetComputeInstanceProfileInfoV,
    nvmlGpuInstanceGetComputeInstanceRemainingCapacity,
    nvmlGpuInstanceGetComputeInstancePossiblePlacements,
    nvmlGpuInstanceCreateComputeInstance,
    nvmlGpuInstanceCreateComputeInstanceWithPlacement,
    nvmlGpuInstanceGetComputeInstances,
    nvmlGpuInstanceGetComputeInstanceById,
    nvmlComputeInstanceGetInfo,
    nvmlComputeInstanceGetInfo_v2,
    nvmlComputeInstanceDestroy,
    // Events.
    nvmlDeviceGetSupportedEventTypes,
    nvmlDeviceRegisterEvents,
    nvmlEventSetCreate,
    nvmlEventSetWait,
    nvmlEventSetWait_v2,
    nvmlEventSetFree,
    nvmlSystemEventSetCreate,
    nvmlSystemEventSetFree,
    nvmlSystemEventSetWait,
    nvmlSystemRegisterEvents,
}
