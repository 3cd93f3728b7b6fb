/*
 * gpushare: share NVIDIA GPUs. This header is generated; the library's version is GPUSHARE_VERSION.
 *
 * Ownership. A function that gives a handle, a list or a text through an out-parameter gives it away: free it with the function that
 * its description names. What a function returns as a pointer to const lives as long as the thing it was asked of. A handle names a
 * thing of the machine and is not the thing: freeing or cloning a handle changes nothing on the machine, only functions named
 * ..._create_..., ..._destroy, ..._apply..., ..._recover and ..._set_... do. A handle whose thing is gone answers GPUSHARE_ERROR_STALE;
 * an instance that was made again with the same id, profile and placement is the same thing.
 *
 * Errors. A function that can fail returns a gpushare_status_t and takes, last, the place for an error object, which may be NULL. The
 * place is written only on failure, every other out-parameter only on success. Free the error with gpushare_error_free.
 *
 * NULL. A pointer that may be NULL says so. Elsewhere NULL is GPUSHARE_ERROR_INVALID_ARGUMENT from a function that can fail, and 0,
 * false or NULL (-1 where the result is signed) from one that cannot. Every ..._free takes NULL. Freeing twice, using what was freed
 * and pointers to something else are undefined, as everywhere in C.
 *
 * Threads. Every function may be called on any thread, and one object by several threads at the same time, as long as none frees it.
 * Errors are objects and not kept per thread. After fork(), a child may use and free what it has inherited; on a real driver it should
 * begin with gpushare_nvml_load of its own.
 *
 * Texts are UTF-8 and end with NUL.
 *
 * Versions. A status, a constant and the members of a struct never change their meaning, and numbers are not used again. A struct with a
 * struct_size grows at its end: begin with its ..._INIT, and the library writes no more than you know, and refuses options that it does
 * not know. A bug of the library is caught at its border and answered with GPUSHARE_ERROR_PANIC.
 */


#ifndef GPUSHARE_H
#define GPUSHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/** The version of this header. */
#define GPUSHARE_VERSION "0.1.0"
#define GPUSHARE_VERSION_MAJOR 0
#define GPUSHARE_VERSION_MINOR 1
#define GPUSHARE_VERSION_PATCH 0

/* How structs with a struct_size begin: gpushare_memory_t memory = GPUSHARE_MEMORY_INIT; */
#ifdef __cplusplus
template <typename T> inline T gpushare_sized() noexcept {
    T value{};
    value.struct_size = static_cast<uint32_t>(sizeof(T));
    return value;
}
#define GPUSHARE_NVML_OPTIONS_INIT gpushare_sized<gpushare_nvml_options_t>()
#define GPUSHARE_MEMORY_INIT gpushare_sized<gpushare_memory_t>()
#define GPUSHARE_BAR1_MEMORY_INIT gpushare_sized<gpushare_bar1_memory_t>()
#define GPUSHARE_GPU_INSTANCE_PROFILE_INFO_INIT gpushare_sized<gpushare_gpu_instance_profile_info_t>()
#define GPUSHARE_COMPUTE_INSTANCE_PROFILE_INFO_INIT gpushare_sized<gpushare_compute_instance_profile_info_t>()
#define GPUSHARE_MIG_DEVICE_ATTRIBUTES_INIT gpushare_sized<gpushare_mig_device_attributes_t>()
#define GPUSHARE_PLAN_OPTIONS_INIT gpushare_sized<gpushare_plan_options_t>()
#define GPUSHARE_APPLY_OPTIONS_INIT gpushare_sized<gpushare_apply_options_t>()
#define GPUSHARE_MPS_DAEMON_OPTIONS_INIT gpushare_sized<gpushare_mps_daemon_options_t>()
#define GPUSHARE_MPS_QUIT_INIT gpushare_sized<gpushare_mps_quit_t>()
#define GPUSHARE_MPS_SESSION_OPTIONS_INIT gpushare_sized<gpushare_mps_session_options_t>()
#define GPUSHARE_NVIDIA_SMI_OPTIONS_INIT gpushare_sized<gpushare_nvidia_smi_options_t>()
#define GPUSHARE_EVENT_SET_OPTIONS_INIT gpushare_sized<gpushare_event_set_options_t>()
#define GPUSHARE_CDI_OPTIONS_INIT gpushare_sized<gpushare_cdi_options_t>()
#define GPUSHARE_SLURM_OPTIONS_INIT gpushare_sized<gpushare_slurm_options_t>()
#else
#define GPUSHARE_NVML_OPTIONS_INIT { .struct_size = sizeof(gpushare_nvml_options_t) }
#define GPUSHARE_MEMORY_INIT { .struct_size = sizeof(gpushare_memory_t) }
#define GPUSHARE_BAR1_MEMORY_INIT { .struct_size = sizeof(gpushare_bar1_memory_t) }
#define GPUSHARE_GPU_INSTANCE_PROFILE_INFO_INIT { .struct_size = sizeof(gpushare_gpu_instance_profile_info_t) }
#define GPUSHARE_COMPUTE_INSTANCE_PROFILE_INFO_INIT { .struct_size = sizeof(gpushare_compute_instance_profile_info_t) }
#define GPUSHARE_MIG_DEVICE_ATTRIBUTES_INIT { .struct_size = sizeof(gpushare_mig_device_attributes_t) }
#define GPUSHARE_PLAN_OPTIONS_INIT { .struct_size = sizeof(gpushare_plan_options_t) }
#define GPUSHARE_APPLY_OPTIONS_INIT { .struct_size = sizeof(gpushare_apply_options_t) }
#define GPUSHARE_MPS_DAEMON_OPTIONS_INIT { .struct_size = sizeof(gpushare_mps_daemon_options_t) }
#define GPUSHARE_MPS_QUIT_INIT { .struct_size = sizeof(gpushare_mps_quit_t) }
#define GPUSHARE_MPS_SESSION_OPTIONS_INIT { .struct_size = sizeof(gpushare_mps_session_options_t) }
#define GPUSHARE_NVIDIA_SMI_OPTIONS_INIT { .struct_size = sizeof(gpushare_nvidia_smi_options_t) }
#define GPUSHARE_EVENT_SET_OPTIONS_INIT { .struct_size = sizeof(gpushare_event_set_options_t) }
#define GPUSHARE_CDI_OPTIONS_INIT { .struct_size = sizeof(gpushare_cdi_options_t) }
#define GPUSHARE_SLURM_OPTIONS_INIT { .struct_size = sizeof(gpushare_slurm_options_t) }
#endif


/**
 * Do not fail when there is no GPU.
 */
#define GPUSHARE_INIT_NO_GPUS 1

/**
 * Do not attach the GPUs.
 */
#define GPUSHARE_INIT_NO_ATTACH 2

/**
 * Volta: V100.
 */
#define GPUSHARE_ARCHITECTURE_VOLTA 5

/**
 * Turing: T4.
 */
#define GPUSHARE_ARCHITECTURE_TURING 6

/**
 * Ampere: A100, A30; the first with MIG, whose mode changes with a reset of the GPU.
 */
#define GPUSHARE_ARCHITECTURE_AMPERE 7

/**
 * Ada Lovelace: L40S.
 */
#define GPUSHARE_ARCHITECTURE_ADA 8

/**
 * Hopper: H100, H200; its MIG mode changes at once.
 */
#define GPUSHARE_ARCHITECTURE_HOPPER 9

/**
 * Blackwell: B200, RTX PRO 6000.
 */
#define GPUSHARE_ARCHITECTURE_BLACKWELL 10

/**
 * It computes; a client of MPS and its server do, too.
 */
#define GPUSHARE_PROCESS_COMPUTE 1

/**
 * It draws.
 */
#define GPUSHARE_PROCESS_GRAPHICS 2

/**
 * It computes through MPS.
 */
#define GPUSHARE_PROCESS_MPS_CLIENT 4

/**
 * It has nothing to do with MPS.
 */
#define GPUSHARE_MPS_ROLE_NONE 0

/**
 * It is a server.
 */
#define GPUSHARE_MPS_ROLE_SERVER 1

/**
 * It is a client of a server.
 */
#define GPUSHARE_MPS_ROLE_CLIENT 2

/**
 * Any number of processes may have contexts on the GPU.
 */
#define GPUSHARE_COMPUTE_MODE_DEFAULT 0

/**
 * No process may.
 */
#define GPUSHARE_COMPUTE_MODE_PROHIBITED 2

/**
 * One process may; an MPS server is one for all its clients.
 */
#define GPUSHARE_COMPUTE_MODE_EXCLUSIVE_PROCESS 3

/**
 * `+me`: with media extensions (decoders, JPEG, optical flow); one such instance per GPU.
 */
#define GPUSHARE_PROFILE_MEDIA_EXTENSIONS 1

/**
 * `+me.all`: with all media engines of the GPU.
 */
#define GPUSHARE_PROFILE_ALL_MEDIA_ENGINES 2

/**
 * `-me`: without media engines.
 */
#define GPUSHARE_PROFILE_NO_MEDIA_ENGINES 4

/**
 * `+gfx`: able to run graphics.
 */
#define GPUSHARE_PROFILE_GRAPHICS 8

/**
 * A compute instance that lives in the GPU instance; `id` is its id.
 */
#define GPUSHARE_HOLDER_COMPUTE_INSTANCE 0

/**
 * A process that runs on it; `id` is its process id.
 */
#define GPUSHARE_HOLDER_PROCESS 1

/**
 * An MPS daemon, which starts another server for the next client; `id` is its process id, and `path` its pipe directory.
 */
#define GPUSHARE_HOLDER_MPS_DAEMON 2

/**
 * `nvidia-persistenced`, which keeps GPUs initialised; `id` is its process id.
 */
#define GPUSHARE_HOLDER_PERSISTENCE_DAEMON 3

/**
 * A process that has the device file `path` open and does not run on it; `id` is its process id.
 */
#define GPUSHARE_HOLDER_OPEN_FILE 4

/**
 * No compute instance: the GPU instance's own.
 */
#define GPUSHARE_NO_COMPUTE_INSTANCE 4294967295

/**
 * A process has one MIG device, and no whole GPU beside it: drivers before R570. It holds for every driver.
 */
#define GPUSHARE_MIG_ONE_PER_PROCESS 0

/**
 * A process has one compute instance of each GPU instance, 64 in all, and whole GPUs beside them: drivers from R570 on.
 */
#define GPUSHARE_MIG_ONE_PER_GPU_INSTANCE 1

/**
 * A MIG device by its UUID: "MIG-c42101f0-...".
 */
#define GPUSHARE_VISIBLE_BY_UUID 0

/**
 * A MIG device by its GPU's UUID and its ids: "MIG-GPU-9e4aeb94-.../2/0".
 */
#define GPUSHARE_VISIBLE_BY_GPU_UUID 1

/**
 * A MIG device by its GPU's index and its ids: "0:2/0". Short, but indices depend on what a process sees.
 */
#define GPUSHARE_VISIBLE_BY_GPU_INDEX 2

/**
 * `CUDA_VISIBLE_DEVICES` is not set: all devices are visible.
 */
#define GPUSHARE_LIST_UNSET 0

/**
 * The list is longer than CUDA reads, which shows all devices.
 */
#define GPUSHARE_LIST_IGNORED 1

/**
 * Every entry counts.
 */
#define GPUSHARE_LIST_COMPLETE 2

/**
 * An entry ended the list; it and those behind it do not count.
 */
#define GPUSHARE_LIST_ENDED 3

/**
 * Enable MIG.
 */
#define GPUSHARE_STEP_ENABLE_MIG 0

/**
 * Disable MIG.
 */
#define GPUSHARE_STEP_DISABLE_MIG 1

/**
 * Destroy the compute instance `id` of the GPU instance `gpu_instance`.
 */
#define GPUSHARE_STEP_DESTROY_COMPUTE_INSTANCE 2

/**
 * Destroy the GPU instance `id`.
 */
#define GPUSHARE_STEP_DESTROY_GPU_INSTANCE 3

/**
 * Create a GPU instance at the memory slice `start`.
 */
#define GPUSHARE_STEP_CREATE_GPU_INSTANCE 4

/**
 * Create a compute instance at the compute slice `start` of the GPU instance that lies at the memory slice `gpu_instance_start`.
 */
#define GPUSHARE_STEP_CREATE_COMPUTE_INSTANCE 5

/**
 * There is no such number in this step.
 */
#define GPUSHARE_STEP_NONE 4294967295

/**
 * Keep no journal, without which a crash half-way cannot be repaired.
 */
#define GPUSHARE_APPLY_WITHOUT_JOURNAL 1

/**
 * Plan anew where the GPU has changed since the plan was made, instead of refusing it.
 */
#define GPUSHARE_APPLY_REPLAN 2

/**
 * Not at all: a change of the MIG mode that needs it fails, and is taken back.
 */
#define GPUSHARE_RESET_NEVER 0

/**
 * By `nvidia-smi --gpu-reset` for this GPU alone, which must be on the path.
 */
#define GPUSHARE_RESET_BY_NVIDIA_SMI 1

/**
 * By a function.
 */
#define GPUSHARE_RESET_BY_FUNCTION 2

/**
 * No change was left half-done.
 */
#define GPUSHARE_RECOVERY_NOTHING 0

/**
 * The change had reached its end, and only the journal was left.
 */
#define GPUSHARE_RECOVERY_FINISHED 1

/**
 * The layout before the change is there again.
 */
#define GPUSHARE_RECOVERY_ROLLED_BACK 2

/**
 * The layout before could not be had again, so the change was completed.
 */
#define GPUSHARE_RECOVERY_ROLLED_FORWARD 3

/**
 * As urgent as work without MPS.
 */
#define GPUSHARE_MPS_PRIORITY_NORMAL 0

/**
 * After that of normal priority.
 */
#define GPUSHARE_MPS_PRIORITY_BELOW_NORMAL 1

/**
 * Let clients of every user reach the daemon, which serves one user at a time; else only those of this user can where its directories are
 * made. Before driver 550, whoever reaches a daemon can change its defaults too.
 */
#define GPUSHARE_MPS_ALL_USERS 4

/**
 * Serve the clients of several users at the same time, and let every user reach the daemon. Needs root, driver 555 or later, and a GPU of
 * Volta or later.
 */
#define GPUSHARE_MPS_MULTI_USER 8

/**
 * The control daemon wrote it.
 */
#define GPUSHARE_MPS_LOG_CONTROL 0

/**
 * A server wrote it.
 */
#define GPUSHARE_MPS_LOG_SERVER 1

/**
 * A process that was about to become one of these wrote it.
 */
#define GPUSHARE_MPS_LOG_OTHER 2

/**
 * It starts, and its clients wait.
 */
#define GPUSHARE_MPS_SERVER_INITIALIZING 0

/**
 * It serves.
 */
#define GPUSHARE_MPS_SERVER_ACTIVE 1

/**
 * A client met a fatal fault: new clients are refused until those that it touched have left.
 */
#define GPUSHARE_MPS_SERVER_FAULT 2

/**
 * It does something that this library does not know.
 */
#define GPUSHARE_MPS_SERVER_OTHER 3

/**
 * Set the compute mode to EXCLUSIVE_PROCESS while the session lives, so that a program that misses the daemon fails. Needs root.
 */
#define GPUSHARE_MPS_EXCLUSIVE_PROCESS 1

/**
 * Refuse limits with which something is known to go wrong on this GPU, and a daemon of another driver than NVML's.
 */
#define GPUSHARE_MPS_DENY_ADVISORIES 2

/**
 * What the driver has unasked.
 */
#define GPUSHARE_TIME_SLICE_DEFAULT 0

/**
 * The shortest turns.
 */
#define GPUSHARE_TIME_SLICE_SHORT 1

/**
 * Turns between the two.
 */
#define GPUSHARE_TIME_SLICE_MEDIUM 2

/**
 * The longest turns.
 */
#define GPUSHARE_TIME_SLICE_LONG 3

/**
 * An ECC error of one bit, which was corrected.
 */
#define GPUSHARE_EVENT_SINGLE_BIT_ECC 1

/**
 * An ECC error of two bits, which could not be corrected.
 */
#define GPUSHARE_EVENT_DOUBLE_BIT_ECC 2

/**
 * Another performance state.
 */
#define GPUSHARE_EVENT_PSTATE 4

/**
 * An error that the driver also writes into the kernel's log, with a number that says which.
 */
#define GPUSHARE_EVENT_XID 8

/**
 * Other clocks; Kepler only.
 */
#define GPUSHARE_EVENT_CLOCK 16

/**
 * Another source of power, mains or battery.
 */
#define GPUSHARE_EVENT_POWER_SOURCE 128

/**
 * A GPU instance or compute instance was created or destroyed.
 */
#define GPUSHARE_EVENT_MIG_CONFIG_CHANGE 256

/**
 * Many ECC errors of one bit in a short time.
 */
#define GPUSHARE_EVENT_SINGLE_BIT_ECC_STORM 512

/**
 * A part of the memory was taken out of use.
 */
#define GPUSHARE_EVENT_DRAM_RETIREMENT 1024

/**
 * A part of the memory could not be taken out of use.
 */
#define GPUSHARE_EVENT_DRAM_RETIREMENT_FAILURE 2048

/**
 * Poisoned data were met, which harm no more than the program that uses them.
 */
#define GPUSHARE_EVENT_NON_FATAL_POISON 4096

/**
 * Poisoned data were met, which the GPU does not survive.
 */
#define GPUSHARE_EVENT_FATAL_POISON 8192

/**
 * The GPU cannot be used.
 */
#define GPUSHARE_EVENT_GPU_UNAVAILABLE 16384

/**
 * Another step is needed for the GPU to recover, such as a reset.
 */
#define GPUSHARE_EVENT_GPU_RECOVERY_ACTION 32768

/**
 * An event is attributed to no instance of this kind.
 */
#define GPUSHARE_EVENT_NO_INSTANCE 4294967295

/**
 * The time of a wait that ends with an event or a stop alone.
 */
#define GPUSHARE_WAIT_FOREVER 4294967295

/**
 * The minor number of a GPU.
 */
#define GPUSHARE_FACT_MINOR_NUMBER 0

/**
 * Its PCI address.
 */
#define GPUSHARE_FACT_PCI_ADDRESS 1

/**
 * Its memory, or that of a MIG device.
 */
#define GPUSHARE_FACT_MEMORY 2

/**
 * How busy it is.
 */
#define GPUSHARE_FACT_UTILIZATION 3

/**
 * Its compute mode.
 */
#define GPUSHARE_FACT_COMPUTE_MODE 4

/**
 * Whether MIG is enabled, and with it everything of MIG.
 */
#define GPUSHARE_FACT_MIG_MODE 5

/**
 * Its GPU instances, and with them the capacity.
 */
#define GPUSHARE_FACT_GPU_INSTANCES 6

/**
 * Its MIG devices.
 */
#define GPUSHARE_FACT_MIG_DEVICES 7

/**
 * Its processes, all or some.
 */
#define GPUSHARE_FACT_PROCESSES 8

/**
 * A GPU that was not there before.
 */
#define GPUSHARE_CHANGE_GPU_APPEARED 0

/**
 * A GPU that is no longer there.
 */
#define GPUSHARE_CHANGE_GPU_VANISHED 1

/**
 * MIG was enabled or disabled, or whether it is became known or unknown.
 */
#define GPUSHARE_CHANGE_MIG_MODE 2

/**
 * Another compute mode.
 */
#define GPUSHARE_CHANGE_COMPUTE_MODE 3

/**
 * A GPU instance that is no longer there, or no longer the same.
 */
#define GPUSHARE_CHANGE_GPU_INSTANCE_DESTROYED 4

/**
 * A GPU instance that was not there before. Its compute instances are told as MIG devices.
 */
#define GPUSHARE_CHANGE_GPU_INSTANCE_CREATED 5

/**
 * A MIG device that is no longer there, or no longer the same.
 */
#define GPUSHARE_CHANGE_MIG_DEVICE_DESTROYED 6

/**
 * A MIG device that was not there before.
 */
#define GPUSHARE_CHANGE_MIG_DEVICE_CREATED 7

/**
 * More or less memory in use on a GPU.
 */
#define GPUSHARE_CHANGE_MEMORY 8

/**
 * A process that no longer uses the GPU.
 */
#define GPUSHARE_CHANGE_PROCESS_ENDED 9

/**
 * A process that did not use the GPU before.
 */
#define GPUSHARE_CHANGE_PROCESS_STARTED 10

/**
 * An MPS daemon that no longer has servers on the node's GPUs.
 */
#define GPUSHARE_CHANGE_MPS_DAEMON_ENDED 11

/**
 * An MPS daemon that had none before.
 */
#define GPUSHARE_CHANGE_MPS_DAEMON_STARTED 12

/**
 * Devices by index: "0" a GPU, "0:1" a MIG device.
 */
#define GPUSHARE_CDI_NAME_INDEX 1

/**
 * Devices by kind and index: "gpu0", "mig0:1". Runtimes that know no newer version of the format than 0.4.0 need it.
 */
#define GPUSHARE_CDI_NAME_TYPE_INDEX 2

/**
 * Devices by UUID: "GPU-9e4aeb94-...", "MIG-c42101f0-...".
 */
#define GPUSHARE_CDI_NAME_UUID 4

/**
 * Make no device "all".
 */
#define GPUSHARE_CDI_WITHOUT_ALL 1

/**
 * Give nodes their numbers, instead of those that the host's node has when a container starts.
 */
#define GPUSHARE_CDI_DEVICE_NUMBERS 2

/**
 * Give containers the driver's libraries, programs, firmware and sockets.
 */
#define GPUSHARE_CDI_DRIVER_FILES 4

/**
 * The text is YAML.
 */
#define GPUSHARE_CDI_YAML 0

/**
 * The text is JSON.
 */
#define GPUSHARE_CDI_JSON 1

/**
 * What came of a plan that was carried out. Threads may use one at the same time.
 */
typedef struct gpushare_applied_t gpushare_applied_t;

/**
 * A capability of the driver: a file that describes it, and the device node that grants it to whoever may open it. Threads may use one
 * at the same time.
 */
typedef struct gpushare_capability_t gpushare_capability_t;

/**
 * What changed, per GPU and there what is gone before what is new. Threads may use one at the same time.
 */
typedef struct gpushare_change_list_t gpushare_change_list_t;

/**
 * Compute instances, by ascending id.
 */
typedef struct gpushare_compute_instance_list_t gpushare_compute_instance_list_t;

/**
 * Placements of compute instances.
 */
typedef struct gpushare_compute_instance_placement_list_t gpushare_compute_instance_placement_list_t;

/**
 * Compute-instance profiles, in NVML's order.
 */
typedef struct gpushare_compute_instance_profile_list_t gpushare_compute_instance_profile_list_t;

/**
 * A compute-instance profile of one GPU instance. Threads may use one at the same time.
 */
typedef struct gpushare_compute_instance_profile_t gpushare_compute_instance_profile_t;

/**
 * The compute instances of a GPU instance, by ascending id.
 */
typedef struct gpushare_compute_instance_snapshot_list_t gpushare_compute_instance_snapshot_list_t;

/**
 * A compute instance: a share of the SMs of a GPU instance, on which programs run. It outlives the process that made it. Threads may
 * use one at the same time.
 */
typedef struct gpushare_compute_instance_t gpushare_compute_instance_t;

/**
 * Devices, in the order of the list that names them.
 */
typedef struct gpushare_cuda_device_list_t gpushare_cuda_device_list_t;

/**
 * A GPU or a MIG device that a list of devices names.
 */
typedef struct gpushare_cuda_device_t gpushare_cuda_device_t;

/**
 * What a program sees with a value of `CUDA_VISIBLE_DEVICES`. Threads may use one at the same time.
 */
typedef struct gpushare_cuda_devices_t gpushare_cuda_devices_t;

/**
 * The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`. Threads may use one at the same time.
 */
typedef struct gpushare_cuda_rules_t gpushare_cuda_rules_t;

/**
 * The files of the driver that a container or a job needs for a node, a GPU or a MIG device. Threads may use one at the same time.
 */
typedef struct gpushare_device_files_t gpushare_device_files_t;

/**
 * In what a GPU differs from a layout, with the plan that repairs it. Threads may use one at the same time.
 */
typedef struct gpushare_drift_t gpushare_drift_t;

/**
 * What went wrong. Threads may read one at the same time.
 */
typedef struct gpushare_error_t gpushare_error_t;

/**
 * GPUs that are watched. What happens to them from the making of the set on is kept by the driver until it is asked for; how much it keeps,
 * NVIDIA does not document. Threads may ask one at the same time, and each event is given to one of them. After `fork` it is stale in the
 * child, whatever else may be used there: its events are the parent's.
 */
typedef struct gpushare_event_set_t gpushare_event_set_t;

/**
 * Something that happened to a GPU.
 */
typedef struct gpushare_gpu_event_t gpushare_gpu_event_t;

/**
 * GPU instances, by ascending id.
 */
typedef struct gpushare_gpu_instance_list_t gpushare_gpu_instance_list_t;

/**
 * Placements of GPU instances.
 */
typedef struct gpushare_gpu_instance_placement_list_t gpushare_gpu_instance_placement_list_t;

/**
 * GPU-instance profiles, in NVML's order.
 */
typedef struct gpushare_gpu_instance_profile_list_t gpushare_gpu_instance_profile_list_t;

/**
 * A GPU-instance profile of one GPU. Threads may use one at the same time.
 */
typedef struct gpushare_gpu_instance_profile_t gpushare_gpu_instance_profile_t;

/**
 * The GPU instances of a GPU, by ascending id.
 */
typedef struct gpushare_gpu_instance_snapshot_list_t gpushare_gpu_instance_snapshot_list_t;

/**
 * A GPU instance: memory slices and engines of a GPU, apart from all others. It outlives the process that made it. Threads may use one
 * at the same time.
 */
typedef struct gpushare_gpu_instance_t gpushare_gpu_instance_t;

/**
 * How each GPU of a node is divided, in NVML's order. Threads may use one at the same time.
 */
typedef struct gpushare_gpu_layout_list_t gpushare_gpu_layout_list_t;

/**
 * GPUs, in NVML's order.
 */
typedef struct gpushare_gpu_list_t gpushare_gpu_list_t;

/**
 * Processes, by ascending id.
 */
typedef struct gpushare_gpu_process_list_t gpushare_gpu_process_list_t;

/**
 * A process that uses a GPU or MIG device: data that does not change. Threads may use one at the same time.
 */
typedef struct gpushare_gpu_process_t gpushare_gpu_process_t;

/**
 * The GPUs of a node, in NVML's order.
 */
typedef struct gpushare_gpu_snapshot_list_t gpushare_gpu_snapshot_list_t;

/**
 * A physical GPU. Threads may use one at the same time.
 */
typedef struct gpushare_gpu_t gpushare_gpu_t;

/**
 * Who keeps a GPU or an instance from being changed. Threads may use one at the same time.
 */
typedef struct gpushare_holder_list_t gpushare_holder_list_t;

/**
 * How one GPU is to be divided, or is divided: a wish without a GPU. Threads may use one at the same time.
 */
typedef struct gpushare_layout_t gpushare_layout_t;

/**
 * MIG devices, in NVML's order.
 */
typedef struct gpushare_mig_device_list_t gpushare_mig_device_list_t;

/**
 * The MIG devices of a GPU, in NVML's order.
 */
typedef struct gpushare_mig_device_snapshot_list_t gpushare_mig_device_snapshot_list_t;

/**
 * A compute instance as CUDA sees it. Threads may use one at the same time.
 */
typedef struct gpushare_mig_device_t gpushare_mig_device_t;

/**
 * How one GPU can be divided: its profiles and their placements. Threads may use one at the same time.
 */
typedef struct gpushare_mig_geometry_t gpushare_mig_geometry_t;

/**
 * The driver's table of the minor numbers of MIG capabilities: of every instance that could be. Threads may use one at the same time.
 */
typedef struct gpushare_mig_minors_t gpushare_mig_minors_t;

/**
 * A configuration of `nvidia-mig-parted`: named layouts for the GPUs of a node. Threads may use one at the same time.
 */
typedef struct gpushare_mig_parted_config_t gpushare_mig_parted_config_t;

/**
 * How a GPU is divided at one moment, and who uses it: data that does not change. Threads may use one at the same time.
 */
typedef struct gpushare_mig_state_t gpushare_mig_state_t;

/**
 * Clients, as the daemon lists them.
 */
typedef struct gpushare_mps_client_list_t gpushare_mps_client_list_t;

/**
 * A client as the daemon lists it.
 */
typedef struct gpushare_mps_client_t gpushare_mps_client_t;

/**
 * MPS daemons.
 */
typedef struct gpushare_mps_daemon_snapshot_list_t gpushare_mps_daemon_snapshot_list_t;

/**
 * An MPS control daemon; freeing the handle leaves it running. Its defaults hold for servers that start later. Threads may use one at the
 * same time.
 */
typedef struct gpushare_mps_daemon_t gpushare_mps_daemon_t;

/**
 * The records of a log, in their order.
 */
typedef struct gpushare_mps_log_record_list_t gpushare_mps_log_record_list_t;

/**
 * A line of a log.
 */
typedef struct gpushare_mps_log_record_t gpushare_mps_log_record_t;

/**
 * Servers.
 */
typedef struct gpushare_mps_server_list_t gpushare_mps_server_list_t;

/**
 * Servers, by ascending process id.
 */
typedef struct gpushare_mps_server_snapshot_list_t gpushare_mps_server_snapshot_list_t;

/**
 * A server of an MPS daemon. What is set on it holds for clients that come later. Threads may use one at the same time.
 */
typedef struct gpushare_mps_server_t gpushare_mps_server_t;

/**
 * One GPU or MIG device shared by MPS: a control daemon of its own with its limits confirmed. Freeing it ends it. Threads may use one at
 * the same time.
 */
typedef struct gpushare_mps_session_t gpushare_mps_session_t;

/**
 * NVML, loaded and initialised: the way to every GPU of the node. Threads may use one at the same time.
 */
typedef struct gpushare_nvml_t gpushare_nvml_t;

/**
 * Takes snapshots of a node, and asks the driver only for what may have changed since the last one: what never changes is asked once, how
 * the GPUs are divided where the driver told of a change or one was made through the same session, and memory, use and processes each
 * time. Threads may use one at the same time, and take turns.
 */
typedef struct gpushare_observer_t gpushare_observer_t;

/**
 * Process ids.
 */
typedef struct gpushare_pid_list_t gpushare_pid_list_t;

/**
 * The way from the layout that a GPU has to the one that is wanted. Threads may use one at the same time.
 */
typedef struct gpushare_plan_t gpushare_plan_t;

/**
 * Samples, by ascending process id.
 */
typedef struct gpushare_process_utilization_list_t gpushare_process_utilization_list_t;

/**
 * What a GPU has room for, per GPU-instance profile.
 */
typedef struct gpushare_profile_capacity_list_t gpushare_profile_capacity_list_t;

/**
 * What is on a node, who is on it and what is free, at one moment: data that does not change. All that is reached from it lives as long as
 * it. It is consistent: while it was taken, no GPU was divided anew. Threads may use one at the same time.
 */
typedef struct gpushare_snapshot_t gpushare_snapshot_t;

/**
 * What the driver refused to tell.
 */
typedef struct gpushare_unknown_fact_list_t gpushare_unknown_fact_list_t;

/**
 * The GPUs and MIG devices of a node at one moment, as far as lists of devices depend on them. Threads may use one at the same time.
 */
typedef struct gpushare_visible_node_t gpushare_visible_node_t;

/**
 * What a call came to: `GPUSHARE_OK`, or what the caller can do about it. A number never changes its meaning.
 */
typedef int32_t gpushare_status_t;

/**
 * Who keeps a GPU or an instance from being changed, destroyed or reset. A later version may add members at the end, so it is only used
 * through the pointer that the library gives.
 */
typedef struct gpushare_holder_t {
    /**
     * One of `GPUSHARE_HOLDER_...`; a later version may have more.
     */
    uint32_t kind;
    /**
     * The number of the compute instance or process.
     */
    uint32_t id;
    /**
     * The process's name; NULL where there is none.
     */
    const char *name;
    /**
     * The pipe directory or device file; NULL where there is none.
     */
    const char *path;
} gpushare_holder_t;

/**
 * How to load NVML. Zero every member but the size for the defaults.
 */
typedef struct gpushare_nvml_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * `GPUSHARE_INIT_...`, or 0.
     */
    uint32_t init_flags;
    /**
     * The NVML library, such as a simulated one; a bare name is looked up by the loader's rules. NULL for the driver's own.
     */
    const char *library_path;
    /**
     * The folder under which the driver's files of `/proc` and `/dev` are read; NULL for `/`.
     */
    const char *root;
    /**
     * The folder in which processes are looked up, such as the host's `/proc`, mounted in a container; NULL for `/proc`.
     */
    const char *procfs;
} gpushare_nvml_options_t;

/**
 * The version of CUDA that a driver supports.
 */
typedef struct gpushare_cuda_version_t {
    /**
     * Major version: 13 of 13.0.
     */
    uint32_t major;
    /**
     * Minor version.
     */
    uint32_t minor;
} gpushare_cuda_version_t;

/**
 * Where a GPU sits on the PCI bus.
 */
typedef struct gpushare_pci_address_t {
    /**
     * PCI domain.
     */
    uint32_t domain;
    /**
     * Bus in the domain, 0 to 255.
     */
    uint32_t bus;
    /**
     * Device on the bus, 0 to 31.
     */
    uint32_t device;
    /**
     * Function of the device, 0 to 7.
     */
    uint32_t function;
} gpushare_pci_address_t;

/**
 * The memory of a GPU or MIG device, in bytes.
 */
typedef struct gpushare_memory_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * Whether the driver tells what it keeps for itself; else it counts that as used.
     */
    bool has_reserved;
    /**
     * All of it.
     */
    uint64_t total;
    /**
     * What is not in use.
     */
    uint64_t free;
    /**
     * What is in use.
     */
    uint64_t used;
    /**
     * What the driver keeps for itself; 0 where it does not tell.
     */
    uint64_t reserved;
} gpushare_memory_t;

/**
 * The BAR1 memory of a GPU or MIG device, in bytes: the window through which the processor and other devices reach its memory.
 */
typedef struct gpushare_bar1_memory_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * All of it.
     */
    uint64_t total;
    /**
     * What is not mapped.
     */
    uint64_t free;
    /**
     * What is mapped.
     */
    uint64_t used;
} gpushare_bar1_memory_t;

/**
 * How busy a GPU was over NVML's last sample period, which is between a sixth of a second and a second.
 */
typedef struct gpushare_utilization_t {
    /**
     * Percentage of the time in which a kernel ran, 0 to 100. One small kernel counts as much as one that fills the GPU.
     */
    uint32_t gpu;
    /**
     * Percentage of the time in which memory was read or written, 0 to 100.
     */
    uint32_t memory;
} gpushare_utilization_t;

/**
 * How busy a process kept a GPU over the driver's last sample period, which is between a sixth of a second and a second. A later version
 * may add members at the end, so it is only used through the pointer that the library gives.
 */
typedef struct gpushare_process_utilization_t {
    /**
     * The process id, as the driver sees it.
     */
    uint32_t pid;
    /**
     * Percentage of the multiprocessors' time that was its, 0 to 100.
     */
    uint32_t multiprocessors;
    /**
     * Percentage of the time in which it had memory read or written, 0 to 100.
     */
    uint32_t memory;
    /**
     * Percentage of the encoders' time that was its, 0 to 100.
     */
    uint32_t encoder;
    /**
     * Percentage of the decoders' time that was its, 0 to 100.
     */
    uint32_t decoder;
    /**
     * When the driver sampled it, in microseconds since 1970.
     */
    uint64_t timestamp_us;
} gpushare_process_utilization_t;

/**
 * The MIG mode of a GPU: what it is, and what it will be after the next reset.
 */
typedef struct gpushare_mig_mode_t {
    /**
     * Whether MIG is enabled.
     */
    bool current;
    /**
     * Whether it will be after a reset.
     */
    bool pending;
} gpushare_mig_mode_t;

/**
 * Where a GPU instance lies: memory slices.
 */
typedef struct gpushare_gpu_instance_placement_t {
    /**
     * The first memory slice, from 0.
     */
    uint32_t start;
    /**
     * The number of memory slices.
     */
    uint32_t size;
} gpushare_gpu_instance_placement_t;

/**
 * Where a compute instance lies in its GPU instance: compute slices.
 */
typedef struct gpushare_compute_instance_placement_t {
    /**
     * The first compute slice, from 0.
     */
    uint32_t start;
    /**
     * The number of compute slices.
     */
    uint32_t size;
} gpushare_compute_instance_placement_t;

/**
 * The parts of a profile's name.
 */
typedef struct gpushare_profile_name_t {
    /**
     * The compute slices of a compute instance that is smaller than its GPU instance; 0 in the name of a whole GPU instance.
     */
    uint32_t compute_slices;
    /**
     * GPU slices: the number before the `g`.
     */
    uint32_t gpu_slices;
    /**
     * The nominal memory, in NVIDIA's rounded GB.
     */
    uint32_t memory_gb;
    /**
     * `GPUSHARE_PROFILE_...` bits.
     */
    uint32_t attributes;
} gpushare_profile_name_t;

/**
 * Engines beside the SMs, as counts.
 */
typedef struct gpushare_engines_t {
    /**
     * Copy engines (CE).
     */
    uint32_t copy;
    /**
     * Video decoders (NVDEC).
     */
    uint32_t decoder;
    /**
     * Video encoders (NVENC).
     */
    uint32_t encoder;
    /**
     * JPEG decoders (NVJPG).
     */
    uint32_t jpeg;
    /**
     * Optical-flow accelerators (OFA).
     */
    uint32_t optical_flow;
} gpushare_engines_t;

/**
 * What a GPU says of a GPU-instance profile.
 */
typedef struct gpushare_gpu_instance_profile_info_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * The index under which NVML enumerates it, the same on every GPU model.
     */
    uint32_t kind;
    /**
     * The number by which this GPU knows it, such as 19 for 1g.5gb.
     */
    uint32_t id;
    /**
     * GPU slices: the number before the `g`.
     */
    uint32_t slice_count;
    /**
     * How many instances an empty GPU has room for.
     */
    uint32_t max_instances;
    /**
     * Streaming multiprocessors.
     */
    uint32_t multiprocessor_count;
    /**
     * Memory of one instance, in MiB.
     */
    uint64_t memory_mib;
    /**
     * Other engines.
     */
    struct gpushare_engines_t engines;
    /**
     * Whether peer-to-peer access works between such instances.
     */
    bool p2p_supported;
} gpushare_gpu_instance_profile_info_t;

/**
 * What a GPU instance says of a compute-instance profile.
 */
typedef struct gpushare_compute_instance_profile_info_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * The index under which NVML enumerates it.
     */
    uint32_t kind;
    /**
     * The number by which the GPU instance knows it.
     */
    uint32_t id;
    /**
     * Compute slices: the number before the `c`.
     */
    uint32_t slice_count;
    /**
     * How many instances an empty GPU instance has room for.
     */
    uint32_t max_instances;
    /**
     * Streaming multiprocessors, for this compute instance alone.
     */
    uint32_t multiprocessor_count;
    /**
     * Other engines, shared by all compute instances of the GPU instance.
     */
    struct gpushare_engines_t shared_engines;
    /**
     * Whether it takes the whole GPU instance.
     */
    bool is_default;
} gpushare_compute_instance_profile_info_t;

/**
 * What a MIG device has.
 */
typedef struct gpushare_mig_device_attributes_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * Streaming multiprocessors.
     */
    uint32_t multiprocessor_count;
    /**
     * The GPU slices of its GPU instance.
     */
    uint32_t gpu_instance_slice_count;
    /**
     * The compute slices of its compute instance.
     */
    uint32_t compute_instance_slice_count;
    /**
     * Memory, in MiB, shared by all compute instances of the GPU instance.
     */
    uint64_t memory_mib;
    /**
     * Other engines, shared by all compute instances of the GPU instance.
     */
    struct gpushare_engines_t shared_engines;
} gpushare_mig_device_attributes_t;

/**
 * A GPU instance that exists. A later version may add members at the end, so it is only used through the pointer that the library gives.
 */
typedef struct gpushare_gpu_instance_state_t {
    /**
     * The id.
     */
    uint32_t id;
    /**
     * Where it lies.
     */
    struct gpushare_gpu_instance_placement_t placement;
    /**
     * The name of its profile.
     */
    const char *profile;
    /**
     * The number of compute instances in it; where there is none, nothing can run on it.
     */
    size_t compute_instance_count;
    /**
     * Whether processes run on it.
     */
    bool in_use;
} gpushare_gpu_instance_state_t;

/**
 * A compute instance that exists. A later version may add members at the end, so it is only used through the pointer that the library
 * gives.
 */
typedef struct gpushare_compute_instance_state_t {
    /**
     * The id.
     */
    uint32_t id;
    /**
     * Where it lies.
     */
    struct gpushare_compute_instance_placement_t placement;
    /**
     * The name of its profile.
     */
    const char *profile;
    /**
     * The UUID of the MIG device that it is.
     */
    const char *uuid;
    /**
     * The number of processes that run on it.
     */
    size_t process_count;
    /**
     * Whether processes run on it.
     */
    bool in_use;
} gpushare_compute_instance_state_t;

/**
 * What a plan may do. Zero every member but the size for the defaults.
 */
typedef struct gpushare_plan_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * Not 0: instances on which processes run may be destroyed. The driver still refuses it while they run.
     */
    uint32_t destroy_in_use;
} gpushare_plan_options_t;

/**
 * One change of a plan. A later version may add members at the end, so it is only used through the pointer that the library gives.
 */
typedef struct gpushare_plan_step_t {
    /**
     * `GPUSHARE_STEP_...`.
     */
    uint32_t kind;
    /**
     * The id of the GPU instance that holds a compute instance to destroy.
     */
    uint32_t gpu_instance;
    /**
     * The id of the instance to destroy.
     */
    uint32_t id;
    /**
     * The memory slice where the GPU instance begins that a compute instance is created in.
     */
    uint32_t gpu_instance_start;
    /**
     * The slice where the instance to create begins; `GPUSHARE_STEP_NONE` also where that is known only once its GPU instance exists.
     */
    uint32_t start;
} gpushare_plan_step_t;

/**
 * Resets a GPU, which is lent for the call; called on the thread that applies. Returns 0, or writes why it could not, as a text that
 * ends with NUL, into the `reason_size` bytes at `reason` and returns something else.
 */
typedef int32_t (*gpushare_reset_function_t)(const struct gpushare_gpu_t *gpu,
                                             void *context,
                                             char *reason,
                                             size_t reason_size);

/**
 * How to carry out a plan. Zero every member but the size for the defaults.
 */
typedef struct gpushare_apply_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * `GPUSHARE_APPLY_...` bits.
     */
    uint32_t flags;
    /**
     * The folder of the locks and journals, on which the processes that change a GPU must agree; NULL for `/run/gpushare`. It is made if
     * it does not exist; only its owner may be able to write to it.
     */
    const char *directory;
    /**
     * How to reset the GPU where a change of the MIG mode needs it: `GPUSHARE_RESET_...`.
     */
    uint32_t reset;
    /**
     * What resets it, for `GPUSHARE_RESET_BY_FUNCTION`.
     */
    gpushare_reset_function_t reset_function;
    /**
     * What the function is given.
     */
    void *reset_context;
} gpushare_apply_options_t;

/**
 * How to start or reach a daemon. Zero every member but the size for the defaults.
 */
typedef struct gpushare_mps_daemon_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * How long the start and each exchange may take, in ms; 0 for 10 s.
     */
    uint32_t patience_ms;
    /**
     * The `nvidia-cuda-mps-control` to use; NULL for the one on the path.
     */
    const char *program;
    /**
     * Where a daemon that is started logs; NULL for a directory beside the pipe directory.
     */
    const char *log_directory;
    /**
     * The GPUs that a daemon is started for; NULL, with no MIG device either, for all.
     */
    const struct gpushare_gpu_t *const *gpus;
    /**
     * How many they are.
     */
    size_t gpu_count;
    /**
     * The MIG device that a daemon is started for, or NULL.
     */
    const struct gpushare_mig_device_t *mig_device;
    /**
     * `GPUSHARE_MPS_ALL_USERS`, `GPUSHARE_MPS_MULTI_USER`, or both.
     */
    uint32_t flags;
} gpushare_mps_daemon_options_t;

/**
 * How a daemon ended.
 */
typedef struct gpushare_mps_quit_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * The servers that it had.
     */
    uint32_t server_count;
    /**
     * Those of them that had to be killed.
     */
    uint32_t killed_count;
    /**
     * Whether the daemon itself had to be killed.
     */
    bool daemon_killed;
    /**
     * The clients that did not leave by themselves, and whose work the daemon ended.
     */
    uint32_t terminated_count;
} gpushare_mps_quit_t;

/**
 * How to share a device. Zero every member but the size for the defaults.
 */
typedef struct gpushare_mps_session_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * `GPUSHARE_MPS_...` bits.
     */
    uint32_t flags;
    /**
     * Where the session has its directories; NULL for `/run/gpushare-mps`. It is made if it does not exist, and only its owner may be able
     * to write to it.
     */
    const char *directory;
    /**
     * The `nvidia-cuda-mps-control` to use; NULL for the one on the path.
     */
    const char *program;
    /**
     * The share of the SMs of each client at most, in percent; 0 for all.
     */
    double active_thread_percentage;
    /**
     * The memory that each client may allocate at most, in MiB; 0 for all.
     */
    uint64_t pinned_device_memory_limit_mib;
    /**
     * The priority of clients that ask for none: `GPUSHARE_MPS_PRIORITY_...`.
     */
    uint32_t client_priority;
    /**
     * How long the start and each exchange may take, in ms; 0 for 10 s.
     */
    uint32_t patience_ms;
} gpushare_mps_session_options_t;

/**
 * How `nvidia-smi` is run, which alone knows the policy. Zero every member but the size for the defaults.
 */
typedef struct gpushare_nvidia_smi_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * How long each run may take, in ms; 0 for 10 s.
     */
    uint32_t patience_ms;
    /**
     * The `nvidia-smi` to use, by an absolute path; NULL for the one that `GPUSHARE_NVIDIA_SMI` names, or the one on the path.
     */
    const char *program;
} gpushare_nvidia_smi_options_t;

/**
 * Which GPUs to watch, and for what.
 */
typedef struct gpushare_event_set_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * How many GPUs they are, 1 at the least.
     */
    uint32_t gpu_count;
    /**
     * The GPUs, all of one session.
     */
    const struct gpushare_gpu_t *const *gpus;
    /**
     * `GPUSHARE_EVENT_...` bits.
     */
    uint64_t kinds;
} gpushare_event_set_options_t;

/**
 * A compute instance of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library
 * gives.
 */
typedef struct gpushare_compute_instance_snapshot_t {
    /**
     * The id.
     */
    uint32_t id;
    /**
     * The id of its profile.
     */
    uint32_t profile_id;
    /**
     * Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
     */
    struct gpushare_compute_instance_placement_t placement;
    /**
     * Whether it takes all processors of its GPU instance.
     */
    bool is_whole;
} gpushare_compute_instance_snapshot_t;

/**
 * A GPU instance of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library
 * gives.
 */
typedef struct gpushare_gpu_instance_snapshot_t {
    /**
     * The id.
     */
    uint32_t id;
    /**
     * The id of its profile.
     */
    uint32_t profile_id;
    /**
     * Where it lies, in memory slices.
     */
    struct gpushare_gpu_instance_placement_t placement;
    /**
     * The name of its profile, such as "4g.20gb".
     */
    const char *profile;
    /**
     * The compute instances in it; where there is none, nothing can run on it.
     */
    const struct gpushare_compute_instance_snapshot_list_t *compute_instances;
} gpushare_gpu_instance_snapshot_t;

/**
 * A MIG device of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library gives.
 */
typedef struct gpushare_mig_device_snapshot_t {
    /**
     * The index among the MIG devices of its GPU.
     */
    uint32_t index;
    /**
     * The id of its GPU instance.
     */
    uint32_t gpu_instance;
    /**
     * The id of its compute instance.
     */
    uint32_t compute_instance;
    /**
     * The UUID, "MIG-...", which is what `CUDA_VISIBLE_DEVICES` takes.
     */
    const char *uuid;
    /**
     * The UUID of its GPU.
     */
    const char *gpu_uuid;
    /**
     * The name, such as "4g.20gb" or "1c.2g.10gb".
     */
    const char *name;
    /**
     * What it has.
     */
    const struct gpushare_mig_device_attributes_t *attributes;
    /**
     * Its memory, which it shares with the other compute instances of its GPU instance; NULL where that is not told.
     */
    const struct gpushare_memory_t *memory;
    /**
     * The processes on it, as far as they are told; none in a change, which tells of processes by themselves.
     */
    const struct gpushare_gpu_process_list_t *processes;
} gpushare_mig_device_snapshot_t;

/**
 * How many further instances of a profile a GPU has room for. A later version may add members at the end, so it is only used through the
 * pointer that the library gives.
 */
typedef struct gpushare_profile_capacity_t {
    /**
     * The profile's id.
     */
    uint32_t profile_id;
    /**
     * How many more instances the GPU has room for, if nothing else is created.
     */
    uint32_t free;
    /**
     * How many instances an empty GPU has room for.
     */
    uint32_t total;
    /**
     * The profile's name, such as "1g.5gb".
     */
    const char *profile;
} gpushare_profile_capacity_t;

/**
 * What the driver refused to tell, and why. A later version may add members at the end, so it is only used through the pointer that the
 * library gives.
 */
typedef struct gpushare_unknown_fact_t {
    /**
     * What is not known: `GPUSHARE_FACT_...`.
     */
    uint32_t fact;
    /**
     * What kind of refusal it was: `GPUSHARE_ERROR_NO_PERMISSION` above all, as in containers.
     */
    gpushare_status_t status;
    /**
     * The refusal in words.
     */
    const char *message;
    /**
     * The UUID of the MIG device of which it is not known; NULL where it is not known of the GPU as a whole.
     */
    const char *mig_device;
} gpushare_unknown_fact_t;

/**
 * A GPU of a snapshot. What a GPU, driver or mode does not have is missing as each member says. What it has and this caller was not told
 * is missing, too, and is listed in `unknown` with the reason. A later version may add members at the end, so it is only used through the
 * pointer that the library gives.
 */
typedef struct gpushare_gpu_snapshot_t {
    /**
     * The NVML index.
     */
    uint32_t index;
    /**
     * Whether MIG is enabled; false where that is missing, too.
     */
    bool mig_enabled;
    /**
     * Whether the GPU has MIG and the mode is told.
     */
    bool has_mig_mode;
    /**
     * The UUID, "GPU-...".
     */
    const char *uuid;
    /**
     * The product name, such as "NVIDIA A100-SXM4-40GB".
     */
    const char *name;
    /**
     * The number N of `/dev/nvidiaN`; -1 where it is missing.
     */
    int64_t minor_number;
    /**
     * How many processes may use it: `GPUSHARE_COMPUTE_MODE_...`; -1 where it is missing, as while MIG is enabled.
     */
    int64_t compute_mode;
    /**
     * Where it sits on the PCI bus; NULL where it is missing.
     */
    const struct gpushare_pci_address_t *pci_address;
    /**
     * Its memory, with GPU instances the sum over them; NULL where it is missing.
     */
    const struct gpushare_memory_t *memory;
    /**
     * How busy it is; NULL where it is missing, as while MIG is enabled.
     */
    const struct gpushare_utilization_t *utilization;
    /**
     * How it is divided, with every place named; NULL on a GPU without MIG and where it is not known.
     */
    const struct gpushare_layout_t *layout;
    /**
     * The GPU instances, none unless MIG is enabled; NULL for a caller that may not list them.
     */
    const struct gpushare_gpu_instance_snapshot_list_t *gpu_instances;
    /**
     * The MIG devices.
     */
    const struct gpushare_mig_device_snapshot_list_t *mig_devices;
    /**
     * What there is room for. Empty unless MIG is enabled and the GPU instances are known.
     */
    const struct gpushare_profile_capacity_list_t *capacity;
    /**
     * The processes that use it or a part of it, by ascending id. With `GPUSHARE_FACT_PROCESSES` among the unknown, some are missing.
     */
    const struct gpushare_gpu_process_list_t *processes;
    /**
     * What the driver refused to tell.
     */
    const struct gpushare_unknown_fact_list_t *unknown;
} gpushare_gpu_snapshot_t;

/**
 * A server of a daemon of a snapshot. A later version may add members at the end, so it is only used through the pointer that the library
 * gives.
 */
typedef struct gpushare_mps_server_snapshot_t {
    /**
     * Its process id.
     */
    uint32_t pid;
    /**
     * The user whose clients it serves; -1 where that is not known.
     */
    int64_t uid;
    /**
     * The process ids of its clients on the node's GPUs, ascending.
     */
    const struct gpushare_pid_list_t *clients;
} gpushare_mps_server_snapshot_t;

/**
 * An MPS control daemon that has servers on the node's GPUs. A later version may add members at the end, so it is only used through the
 * pointer that the library gives.
 */
typedef struct gpushare_mps_daemon_snapshot_t {
    /**
     * Its process id; -1 where the servers' parents are not seen here, as in another container.
     */
    int64_t pid;
    /**
     * Its pipe directory: the `CUDA_MPS_PIPE_DIRECTORY` of its clients. NULL where its environment may not be read.
     */
    const char *pipe_directory;
    /**
     * Its servers.
     */
    const struct gpushare_mps_server_snapshot_list_t *servers;
} gpushare_mps_daemon_snapshot_t;

/**
 * One difference between two snapshots. A later version may add members at the end, so it is only used through the pointer that the
 * library gives.
 */
typedef struct gpushare_change_t {
    /**
     * What changed: `GPUSHARE_CHANGE_...`.
     */
    uint32_t kind;
    /**
     * The UUID of the GPU; NULL for MPS daemons, which may serve several.
     */
    const char *gpu_uuid;
    /**
     * The change for a person.
     */
    const char *text;
    /**
     * The change as JSON, with what was before and what is after.
     */
    const char *json;
    /**
     * The GPU instance that was created or destroyed; else NULL.
     */
    const struct gpushare_gpu_instance_snapshot_t *gpu_instance;
    /**
     * The MIG device that was created or destroyed; else NULL.
     */
    const struct gpushare_mig_device_snapshot_t *mig_device;
    /**
     * The process that started or ended; else NULL.
     */
    const struct gpushare_gpu_process_t *process;
    /**
     * The MPS daemon that started or ended; else NULL.
     */
    const struct gpushare_mps_daemon_snapshot_t *mps_daemon;
} gpushare_change_t;

/**
 * How a GPU is divided. A later version may add members at the end, so it is only used through the pointer that the library gives.
 */
typedef struct gpushare_gpu_layout_t {
    /**
     * The UUID of the GPU.
     */
    const char *gpu_uuid;
    /**
     * Its layout, with every place named; NULL on a GPU without MIG and where it is not known.
     */
    const struct gpushare_layout_t *layout;
} gpushare_gpu_layout_t;

/**
 * A character device of the driver. A later version may add members at the end, so it is only used through the pointer that the library
 * gives.
 */
typedef struct gpushare_device_node_t {
    /**
     * The node, as programs name it: "/dev/nvidia0".
     */
    const char *path;
    /**
     * Where it is below the folder of the driver's files: "/run/nvidia/driver/dev/nvidia0".
     */
    const char *host_path;
    /**
     * The rule that lets a control group read and write the device: "c 195:0 rw".
     */
    const char *cgroup_rule;
    /**
     * The major number. But for 195 the kernel gives it out anew at each boot.
     */
    uint32_t major;
    /**
     * The minor number.
     */
    uint32_t minor;
} gpushare_device_node_t;

/**
 * What a CDI specification is to say. Zero every member but the size for the defaults.
 */
typedef struct gpushare_cdi_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * The names that each device has: `GPUSHARE_CDI_NAME_...`, or several of them added; 0 for those by index and by UUID.
     */
    uint32_t names;
    /**
     * `GPUSHARE_CDI_WITHOUT_ALL`, `GPUSHARE_CDI_DEVICE_NUMBERS` and `GPUSHARE_CDI_DRIVER_FILES`, added; or 0.
     */
    uint32_t flags;
    /**
     * `GPUSHARE_CDI_YAML` or `GPUSHARE_CDI_JSON`.
     */
    uint32_t form;
    /**
     * The vendor of the devices; NULL for "nvidia.com".
     */
    const char *vendor;
    /**
     * The class of the devices; NULL for "gpu".
     */
    const char *device_class;
    /**
     * The folder of the driver's files as the container runtime sees it; NULL where that is the one in which they were found.
     */
    const char *host_root;
    /**
     * NVIDIA's program `nvidia-cdi-hook` or `nvidia-ctk` on the host, which makes the driver's libraries known in a container; NULL for none.
     * With it, containers get the driver's files.
     */
    const char *hook;
} gpushare_cdi_options_t;

/**
 * What the lines for Slurm are to say. Zero every member but the size for the defaults.
 */
typedef struct gpushare_slurm_options_t {
    /**
     * The size of this struct as the caller knows it: `sizeof`.
     */
    uint32_t struct_size;
    /**
     * Not 0: each line has the number of its devices, which is 1.
     */
    uint32_t count;
    /**
     * The nodes that the lines are for, such as "tux[0-3]"; NULL for lines that hold for every node that reads them.
     */
    const char *node_name;
    /**
     * The folder of the driver's files as `slurmd` sees it; NULL where that is the one in which they were found.
     */
    const char *host_root;
    /**
     * The cores near each GPU, by its NVML index, as Slurm counts and writes them: "0-15"; NULL where that is not to be said.
     */
    const char *const *cores;
    /**
     * How many they are; further GPUs have none.
     */
    size_t cores_count;
} gpushare_slurm_options_t;

/**
 * The call did what it was asked for.
 */
#define GPUSHARE_OK 0

/**
 * No NVML library, or no driver behind it: install or load one.
 */
#define GPUSHARE_ERROR_NO_DRIVER 1

/**
 * NVML is not initialised: something else shut it down.
 */
#define GPUSHARE_ERROR_UNINITIALIZED 2

/**
 * The GPU, the driver or the mode cannot do this: do without.
 */
#define GPUSHARE_ERROR_NOT_SUPPORTED 3

/**
 * The caller may not do this: ask an administrator.
 */
#define GPUSHARE_ERROR_NO_PERMISSION 4

/**
 * A value given is wrong, or a pointer is NULL: correct it.
 */
#define GPUSHARE_ERROR_INVALID_ARGUMENT 5

/**
 * There is no such thing.
 */
#define GPUSHARE_ERROR_NOT_FOUND 6

/**
 * The handle's thing is gone or changed: look it up again.
 */
#define GPUSHARE_ERROR_STALE 7

/**
 * Somebody uses it: wait, or end them.
 */
#define GPUSHARE_ERROR_IN_USE 8

/**
 * There is no room: free some.
 */
#define GPUSHARE_ERROR_INSUFFICIENT_RESOURCES 9

/**
 * The GPU cannot have the layout: ask for another.
 */
#define GPUSHARE_ERROR_INFEASIBLE 10

/**
 * The change waits for a reset of the GPU or for its clients to end.
 */
#define GPUSHARE_ERROR_RESET_REQUIRED 11

/**
 * The GPU no longer answers.
 */
#define GPUSHARE_ERROR_GPU_LOST 12

/**
 * The time ran out.
 */
#define GPUSHARE_ERROR_TIMEOUT 13

/**
 * The driver failed, or answered nonsense.
 */
#define GPUSHARE_ERROR_DRIVER 14

/**
 * A bug of this library, which it survived. The thing that was worked on may be half-done.
 */
#define GPUSHARE_ERROR_PANIC 100

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a status, such as "GPUSHARE_ERROR_IN_USE"; NULL for a number that is none. Never freed.
 */
const char *gpushare_status_name(int32_t status);

/**
 * NVML's name of a code, such as "NVML_ERROR_IN_USE"; NULL for one that this library does not know. Free it with
 * `gpushare_string_free`.
 */
char *gpushare_nvml_return_name(uint32_t nvml_return);

/**
 * What a code of NVML means. Free it with `gpushare_string_free`.
 */
char *gpushare_nvml_return_description(uint32_t nvml_return);

/**
 * What the caller can do about it: what the failed function returned.
 */
gpushare_status_t gpushare_error_status(const struct gpushare_error_t *error);

/**
 * What went wrong, for a person. It lives as long as the error.
 */
const char *gpushare_error_message(const struct gpushare_error_t *error);

/**
 * The NVML function that failed or is missing, where the message names one; else NULL. It lives as long as the error.
 */
const char *gpushare_error_call(const struct gpushare_error_t *error);

/**
 * What it was about, such as "GPU instance 2 of GPU 0"; NULL where it was about no part of the machine. It lives as long as the
 * error.
 */
const char *gpushare_error_target(const struct gpushare_error_t *error);

/**
 * The code that NVML returned; -1 where it returned none.
 */
int32_t gpushare_error_nvml_return(const struct gpushare_error_t *error);

/**
 * Whether a plan failed and the layout that the GPU had is there again. False where nothing was begun, too.
 */
bool gpushare_error_restored(const struct gpushare_error_t *error);

/**
 * How many hold what could not be destroyed, changed or reset.
 */
size_t gpushare_error_holder_count(const struct gpushare_error_t *error);

/**
 * One of those who hold what could not be destroyed, changed or reset, from 0; NULL beyond the last. It lives as long as the error.
 */
const struct gpushare_holder_t *gpushare_error_holder(const struct gpushare_error_t *error,
                                                      size_t index);

/**
 * Frees an error. NULL is none.
 */
void gpushare_error_free(struct gpushare_error_t *error);

/**
 * Frees a text that a function gave. NULL is none.
 */
void gpushare_string_free(char *text);

/**
 * The version of the loaded library, such as "0.1.0"; that of the header is `GPUSHARE_VERSION`. Never freed.
 */
const char *gpushare_version(void);

/**
 * Loads the driver's NVML and initialises it. The environment variable `GPUSHARE_NVML_LIBRARY` names another library, such as a
 * simulated one.
 */
gpushare_status_t gpushare_nvml_load(struct gpushare_nvml_t **nvml,
                                     struct gpushare_error_t **error);

/**
 * Loads and initialises NVML as the options say; NULL is `gpushare_nvml_load`.
 */
gpushare_status_t gpushare_nvml_open(const struct gpushare_nvml_options_t *options,
                                     struct gpushare_nvml_t **nvml,
                                     struct gpushare_error_t **error);

/**
 * One instance for the whole process, loaded at the first call that succeeds. The handle is one of its clones.
 */
gpushare_status_t gpushare_nvml_default(struct gpushare_nvml_t **nvml, struct gpushare_error_t **error);

/**
 * Another handle of the same session.
 */
struct gpushare_nvml_t *gpushare_nvml_clone(const struct gpushare_nvml_t *nvml);

/**
 * Frees a handle. The session ends with the last handle of it or of its GPUs. NULL is none.
 */
void gpushare_nvml_free(struct gpushare_nvml_t *nvml);

/**
 * Ends the session for all its handles, each of which answers `GPUSHARE_ERROR_STALE` from here on. They are to be freed all the
 * same. Closing twice is no error.
 */
gpushare_status_t gpushare_nvml_close(const struct gpushare_nvml_t *nvml,
                                      struct gpushare_error_t **error);

/**
 * The driver's version, such as "580.126.09". Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_nvml_driver_version(const struct gpushare_nvml_t *nvml,
                                               char **version,
                                               struct gpushare_error_t **error);

/**
 * The version of the NVML library, such as "13.580.126.09". Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_nvml_nvml_version(const struct gpushare_nvml_t *nvml,
                                             char **version,
                                             struct gpushare_error_t **error);

/**
 * The newest CUDA version that the driver supports.
 */
gpushare_status_t gpushare_nvml_cuda_driver_version(const struct gpushare_nvml_t *nvml,
                                                    struct gpushare_cuda_version_t *version,
                                                    struct gpushare_error_t **error);

/**
 * Whether the loaded library has an NVML function, such as "nvmlDeviceGetMemoryInfo_v2".
 */
gpushare_status_t gpushare_nvml_supports(const struct gpushare_nvml_t *nvml,
                                         const char *symbol,
                                         bool *supported,
                                         struct gpushare_error_t **error);

/**
 * The path or name by which the library was opened; NULL where it was given as functions. It lives as long as the handle.
 */
const char *gpushare_nvml_library_path(const struct gpushare_nvml_t *nvml);

/**
 * The folder under which the driver's files of `/proc` and `/dev` are read. It lives as long as the handle.
 */
const char *gpushare_nvml_root(const struct gpushare_nvml_t *nvml);

/**
 * The folder in which processes are looked up. It lives as long as the handle.
 */
const char *gpushare_nvml_procfs(const struct gpushare_nvml_t *nvml);

/**
 * The number of GPUs that NVML sees.
 */
gpushare_status_t gpushare_nvml_gpu_count(const struct gpushare_nvml_t *nvml,
                                          uint32_t *count,
                                          struct gpushare_error_t **error);

/**
 * All GPUs, in NVML's order, which is that of the PCI bus. Free the list with `gpushare_gpu_list_free`.
 */
gpushare_status_t gpushare_nvml_gpus(const struct gpushare_nvml_t *nvml,
                                     struct gpushare_gpu_list_t **gpus,
                                     struct gpushare_error_t **error);

/**
 * The GPU at an index, from 0. `GPUSHARE_ERROR_INVALID_ARGUMENT` beyond the last. Free it with `gpushare_gpu_free`.
 */
gpushare_status_t gpushare_nvml_gpu(const struct gpushare_nvml_t *nvml,
                                    uint32_t index,
                                    struct gpushare_gpu_t **gpu,
                                    struct gpushare_error_t **error);

/**
 * The GPU with a UUID, "GPU-...". `GPUSHARE_ERROR_NOT_FOUND` where none has it.
 */
gpushare_status_t gpushare_nvml_gpu_by_uuid(const struct gpushare_nvml_t *nvml,
                                            const char *uuid,
                                            struct gpushare_gpu_t **gpu,
                                            struct gpushare_error_t **error);

/**
 * The GPU at a PCI address, such as "0000:10:1c.0". `GPUSHARE_ERROR_NOT_FOUND` where none is there.
 */
gpushare_status_t gpushare_nvml_gpu_by_pci_address(const struct gpushare_nvml_t *nvml,
                                                   const char *address,
                                                   struct gpushare_gpu_t **gpu,
                                                   struct gpushare_error_t **error);

/**
 * The number of GPUs in the list.
 */
size_t gpushare_gpu_list_len(const struct gpushare_gpu_list_t *list);

/**
 * The GPU at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_gpu_t *gpushare_gpu_list_get(const struct gpushare_gpu_list_t *list, size_t index);

/**
 * Frees a list and the handles in it. NULL is none.
 */
void gpushare_gpu_list_free(struct gpushare_gpu_list_t *list);

/**
 * Another handle of the same GPU.
 */
struct gpushare_gpu_t *gpushare_gpu_clone(const struct gpushare_gpu_t *gpu);

/**
 * Frees a handle; the GPU stays as it is. NULL is none.
 */
void gpushare_gpu_free(struct gpushare_gpu_t *gpu);

/**
 * The NVML index.
 */
uint32_t gpushare_gpu_index(const struct gpushare_gpu_t *gpu);

/**
 * The UUID, "GPU-...", which is what `CUDA_VISIBLE_DEVICES` takes. It lives as long as the handle.
 */
const char *gpushare_gpu_uuid(const struct gpushare_gpu_t *gpu);

/**
 * The product name, such as "NVIDIA A100-SXM4-40GB". It lives as long as the handle.
 */
const char *gpushare_gpu_name(const struct gpushare_gpu_t *gpu);

/**
 * The minor number of the device node, `/dev/nvidia0`.
 */
gpushare_status_t gpushare_gpu_minor_number(const struct gpushare_gpu_t *gpu,
                                            uint32_t *minor,
                                            struct gpushare_error_t **error);

/**
 * The 32 bits of PCI device and vendor, such as 0x20B010DE.
 */
gpushare_status_t gpushare_gpu_pci_device_id(const struct gpushare_gpu_t *gpu,
                                             uint32_t *id,
                                             struct gpushare_error_t **error);

/**
 * Where the GPU sits on the PCI bus.
 */
gpushare_status_t gpushare_gpu_pci_address(const struct gpushare_gpu_t *gpu,
                                           struct gpushare_pci_address_t *address,
                                           struct gpushare_error_t **error);

/**
 * The architecture: `GPUSHARE_ARCHITECTURE_...`, or the number of one that this library does not know.
 */
gpushare_status_t gpushare_gpu_architecture(const struct gpushare_gpu_t *gpu,
                                            uint32_t *architecture,
                                            struct gpushare_error_t **error);

/**
 * The memory.
 */
gpushare_status_t gpushare_gpu_memory(const struct gpushare_gpu_t *gpu,
                                      struct gpushare_memory_t *memory,
                                      struct gpushare_error_t **error);

/**
 * The BAR1 memory.
 */
gpushare_status_t gpushare_gpu_bar1_memory(const struct gpushare_gpu_t *gpu,
                                           struct gpushare_bar1_memory_t *memory,
                                           struct gpushare_error_t **error);

/**
 * How busy the GPU is. `GPUSHARE_ERROR_NOT_SUPPORTED` while MIG is enabled.
 */
gpushare_status_t gpushare_gpu_utilization(const struct gpushare_gpu_t *gpu,
                                           struct gpushare_utilization_t *utilization,
                                           struct gpushare_error_t **error);

/**
 * The processes that use the GPU or a part of it, by ascending id, each once for each instance on which it runs.
 * `GPUSHARE_ERROR_NO_PERMISSION` for a caller that may not monitor the whole GPU while GPU instances exist, as in a container, where
 * `gpushare_mig_device_processes` answers. Free the list with `gpushare_gpu_process_list_free`.
 */
gpushare_status_t gpushare_gpu_processes(const struct gpushare_gpu_t *gpu,
                                         struct gpushare_gpu_process_list_t **processes,
                                         struct gpushare_error_t **error);

/**
 * How busy each process kept the GPU, by ascending id, as far as the driver sampled it after a moment, in microseconds since 1970; 0 for
 * all that it has. To miss nothing and count nothing twice, give the greatest `timestamp_us` of the last answer.
 * `GPUSHARE_ERROR_NOT_SUPPORTED` while MIG is enabled. Free the list with `gpushare_process_utilization_list_free`.
 */
gpushare_status_t gpushare_gpu_process_utilization(const struct gpushare_gpu_t *gpu,
                                                   uint64_t since_us,
                                                   struct gpushare_process_utilization_list_t **samples,
                                                   struct gpushare_error_t **error);

/**
 * The process id, as the driver sees it.
 */
uint32_t gpushare_gpu_process_pid(const struct gpushare_gpu_process_t *process);

/**
 * How it uses the GPU: `GPUSHARE_PROCESS_...` bits.
 */
uint32_t gpushare_gpu_process_kinds(const struct gpushare_gpu_process_t *process);

/**
 * The GPU memory that it uses, in bytes; -1 where the driver does not tell.
 */
int64_t gpushare_gpu_process_used_memory(const struct gpushare_gpu_process_t *process);

/**
 * The id of the GPU instance on which it runs; -1 outside of MIG.
 */
int64_t gpushare_gpu_process_gpu_instance(const struct gpushare_gpu_process_t *process);

/**
 * The id of the compute instance on which it runs; -1 outside of MIG.
 */
int64_t gpushare_gpu_process_compute_instance(const struct gpushare_gpu_process_t *process);

/**
 * The name of its program, or what the driver calls it; NULL where neither is known. It lives as long as the list.
 */
const char *gpushare_gpu_process_name(const struct gpushare_gpu_process_t *process);

/**
 * The user whose rights it has; -1 where its process is not seen here.
 */
int64_t gpushare_gpu_process_uid(const struct gpushare_gpu_process_t *process);

/**
 * The container in which it runs, by its id of 64 hexadecimal digits, or by its name with LXC and systemd-nspawn; NULL in none. It
 * lives as long as the list.
 */
const char *gpushare_gpu_process_container(const struct gpushare_gpu_process_t *process);

/**
 * What it is to MPS: `GPUSHARE_MPS_ROLE_...`.
 */
uint32_t gpushare_gpu_process_mps_role(const struct gpushare_gpu_process_t *process);

/**
 * The process id of the server whose client it is; -1 where it is none, and where it cannot be told which of several.
 */
int64_t gpushare_gpu_process_mps_server(const struct gpushare_gpu_process_t *process);

/**
 * The process id of the daemon of the server that it is or has; -1 where there is none, and where that has died or is not seen here.
 */
int64_t gpushare_gpu_process_mps_daemon(const struct gpushare_gpu_process_t *process);

/**
 * The pipe directory of the daemon whose server it is; NULL where it is none, and where this user may not look at its environment. It
 * lives as long as the list.
 */
const char *gpushare_gpu_process_mps_pipe_directory(const struct gpushare_gpu_process_t *process);

/**
 * The number of processes.
 */
size_t gpushare_gpu_process_list_len(const struct gpushare_gpu_process_list_t *list);

/**
 * The process at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_gpu_process_t *gpushare_gpu_process_list_get(const struct gpushare_gpu_process_list_t *list,
                                                                   size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_gpu_process_list_free(struct gpushare_gpu_process_list_t *list);

/**
 * The number of samples.
 */
size_t gpushare_process_utilization_list_len(const struct gpushare_process_utilization_list_t *list);

/**
 * The sample at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_process_utilization_t *gpushare_process_utilization_list_get(const struct gpushare_process_utilization_list_t *list,
                                                                                   size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_process_utilization_list_free(struct gpushare_process_utilization_list_t *list);

/**
 * The compute mode: `GPUSHARE_COMPUTE_MODE_...`. `GPUSHARE_ERROR_NOT_SUPPORTED` while MIG is enabled.
 */
gpushare_status_t gpushare_gpu_compute_mode(const struct gpushare_gpu_t *gpu,
                                            uint32_t *mode,
                                            struct gpushare_error_t **error);

/**
 * Sets the compute mode. Needs root. It holds until it is set again or the machine reboots.
 */
gpushare_status_t gpushare_gpu_set_compute_mode(const struct gpushare_gpu_t *gpu,
                                                uint32_t mode,
                                                struct gpushare_error_t **error);

/**
 * The MIG mode. `GPUSHARE_ERROR_NOT_SUPPORTED` on a GPU without MIG.
 */
gpushare_status_t gpushare_gpu_mig_mode(const struct gpushare_gpu_t *gpu,
                                        struct gpushare_mig_mode_t *mode,
                                        struct gpushare_error_t **error);

/**
 * Enables or disables MIG. Needs root. `GPUSHARE_OK` means that the mode is what was asked for; a change that is stored and needs
 * a reset, or the end of the GPU's clients, is `GPUSHARE_ERROR_RESET_REQUIRED`.
 */
gpushare_status_t gpushare_gpu_set_mig_mode(const struct gpushare_gpu_t *gpu,
                                            bool enabled,
                                            struct gpushare_error_t **error);

/**
 * The number of placements.
 */
size_t gpushare_gpu_instance_placement_list_len(const struct gpushare_gpu_instance_placement_list_t *list);

/**
 * The placement at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_gpu_instance_placement_t *gpushare_gpu_instance_placement_list_get(const struct gpushare_gpu_instance_placement_list_t *list,
                                                                                         size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_gpu_instance_placement_list_free(struct gpushare_gpu_instance_placement_list_t *list);

/**
 * The number of placements.
 */
size_t gpushare_compute_instance_placement_list_len(const struct gpushare_compute_instance_placement_list_t *list);

/**
 * The placement at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_compute_instance_placement_t *gpushare_compute_instance_placement_list_get(const struct gpushare_compute_instance_placement_list_t *list,
                                                                                                 size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_compute_instance_placement_list_free(struct gpushare_compute_instance_placement_list_t *list);

/**
 * Whether two placements share a memory slice.
 */
bool gpushare_gpu_instance_placements_overlap(struct gpushare_gpu_instance_placement_t one,
                                              struct gpushare_gpu_instance_placement_t other);

/**
 * Whether two placements share a compute slice.
 */
bool gpushare_compute_instance_placements_overlap(struct gpushare_compute_instance_placement_t one,
                                                  struct gpushare_compute_instance_placement_t other);

/**
 * Reads the name of a profile: "1g.5gb", "1g.5gb+me", "1c.2g.10gb", also with "MIG " in front.
 */
gpushare_status_t gpushare_profile_name_parse(const char *text,
                                              struct gpushare_profile_name_t *name,
                                              struct gpushare_error_t **error);

/**
 * Writes the name of a profile. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_profile_name_format(const struct gpushare_profile_name_t *name,
                                               char **text,
                                               struct gpushare_error_t **error);

/**
 * What the kind of a GPU-instance profile adds to or takes from the plain profile of its size: `GPUSHARE_PROFILE_...` bits.
 */
uint32_t gpushare_gpu_instance_profile_kind_attributes(uint32_t kind);

/**
 * The name as the driver gives it, without "MIG ": "1g.5gb+me". It lives as long as the handle.
 */
const char *gpushare_gpu_instance_profile_name(const struct gpushare_gpu_instance_profile_t *profile);

/**
 * What the GPU says of it.
 */
gpushare_status_t gpushare_gpu_instance_profile_info(const struct gpushare_gpu_instance_profile_t *profile,
                                                     struct gpushare_gpu_instance_profile_info_t *info,
                                                     struct gpushare_error_t **error);

/**
 * Another handle of the same profile.
 */
struct gpushare_gpu_instance_profile_t *gpushare_gpu_instance_profile_clone(const struct gpushare_gpu_instance_profile_t *profile);

/**
 * Frees a handle. NULL is none.
 */
void gpushare_gpu_instance_profile_free(struct gpushare_gpu_instance_profile_t *profile);

/**
 * The number of profiles.
 */
size_t gpushare_gpu_instance_profile_list_len(const struct gpushare_gpu_instance_profile_list_t *list);

/**
 * The profile at an index, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_gpu_instance_profile_t *gpushare_gpu_instance_profile_list_get(const struct gpushare_gpu_instance_profile_list_t *list,
                                                                                     size_t index);

/**
 * Frees a list and the handles in it. NULL is none.
 */
void gpushare_gpu_instance_profile_list_free(struct gpushare_gpu_instance_profile_list_t *list);

/**
 * The name as the driver gives it, without "MIG ": "1c.2g.10gb", or the GPU instance's own for the whole of it. It lives as long as
 * the handle.
 */
const char *gpushare_compute_instance_profile_name(const struct gpushare_compute_instance_profile_t *profile);

/**
 * What the GPU instance says of it.
 */
gpushare_status_t gpushare_compute_instance_profile_info(const struct gpushare_compute_instance_profile_t *profile,
                                                         struct gpushare_compute_instance_profile_info_t *info,
                                                         struct gpushare_error_t **error);

/**
 * Another handle of the same profile.
 */
struct gpushare_compute_instance_profile_t *gpushare_compute_instance_profile_clone(const struct gpushare_compute_instance_profile_t *profile);

/**
 * Frees a handle. NULL is none.
 */
void gpushare_compute_instance_profile_free(struct gpushare_compute_instance_profile_t *profile);

/**
 * The number of profiles.
 */
size_t gpushare_compute_instance_profile_list_len(const struct gpushare_compute_instance_profile_list_t *list);

/**
 * The profile at an index, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_compute_instance_profile_t *gpushare_compute_instance_profile_list_get(const struct gpushare_compute_instance_profile_list_t *list,
                                                                                             size_t index);

/**
 * Frees a list and the handles in it. NULL is none.
 */
void gpushare_compute_instance_profile_list_free(struct gpushare_compute_instance_profile_list_t *list);

/**
 * The GPU-instance profiles of a GPU, in NVML's order. Asked of the driver once. Free the list with
 * `gpushare_gpu_instance_profile_list_free`.
 */
gpushare_status_t gpushare_gpu_gpu_instance_profiles(const struct gpushare_gpu_t *gpu,
                                                     struct gpushare_gpu_instance_profile_list_t **profiles,
                                                     struct gpushare_error_t **error);

/**
 * The profile with a name, such as "4g.20gb" or "MIG 1g.5gb+me". `GPUSHARE_ERROR_NOT_FOUND` lists the names that the GPU has. Free
 * it with `gpushare_gpu_instance_profile_free`.
 */
gpushare_status_t gpushare_gpu_gpu_instance_profile(const struct gpushare_gpu_t *gpu,
                                                    const char *name,
                                                    struct gpushare_gpu_instance_profile_t **profile,
                                                    struct gpushare_error_t **error);

/**
 * Every placement that a profile can have on the GPU, free or not. Free the list with
 * `gpushare_gpu_instance_placement_list_free`.
 */
gpushare_status_t gpushare_gpu_possible_placements(const struct gpushare_gpu_t *gpu,
                                                   const struct gpushare_gpu_instance_profile_t *profile,
                                                   struct gpushare_gpu_instance_placement_list_t **placements,
                                                   struct gpushare_error_t **error);

/**
 * How many further instances of a profile the GPU has room for.
 */
gpushare_status_t gpushare_gpu_remaining_capacity(const struct gpushare_gpu_t *gpu,
                                                  const struct gpushare_gpu_instance_profile_t *profile,
                                                  uint32_t *count,
                                                  struct gpushare_error_t **error);

/**
 * Creates a GPU instance where the driver chooses. Needs root, or the MIG `config` capability.
 * `GPUSHARE_ERROR_INSUFFICIENT_RESOURCES` where there is no room.
 */
gpushare_status_t gpushare_gpu_create_gpu_instance(const struct gpushare_gpu_t *gpu,
                                                   const struct gpushare_gpu_instance_profile_t *profile,
                                                   struct gpushare_gpu_instance_t **instance,
                                                   struct gpushare_error_t **error);

/**
 * Creates a GPU instance at a placement. Needs root, or the MIG `config` capability. The error names the instance that is in the
 * way, or the placements that the profile can have.
 */
gpushare_status_t gpushare_gpu_create_gpu_instance_at(const struct gpushare_gpu_t *gpu,
                                                      const struct gpushare_gpu_instance_profile_t *profile,
                                                      struct gpushare_gpu_instance_placement_t placement,
                                                      struct gpushare_gpu_instance_t **instance,
                                                      struct gpushare_error_t **error);

/**
 * The GPU instances of a GPU, by ascending id. Free the list with `gpushare_gpu_instance_list_free`.
 */
gpushare_status_t gpushare_gpu_gpu_instances(const struct gpushare_gpu_t *gpu,
                                             struct gpushare_gpu_instance_list_t **instances,
                                             struct gpushare_error_t **error);

/**
 * The GPU instance with an id. `GPUSHARE_ERROR_NOT_FOUND` where there is none.
 */
gpushare_status_t gpushare_gpu_gpu_instance(const struct gpushare_gpu_t *gpu,
                                            uint32_t id,
                                            struct gpushare_gpu_instance_t **instance,
                                            struct gpushare_error_t **error);

/**
 * Destroys the GPU instance; `gpushare_gpu_instance_free` only frees the handle. Needs root, or the MIG `config` capability. The
 * handle is to be freed either way. `GPUSHARE_ERROR_IN_USE` while compute instances live in it; the error lists them.
 */
gpushare_status_t gpushare_gpu_instance_destroy(const struct gpushare_gpu_instance_t *instance,
                                                struct gpushare_error_t **error);

/**
 * The GPU that it is part of. It lives as long as the handle; a clone lives on.
 */
const struct gpushare_gpu_t *gpushare_gpu_instance_gpu(const struct gpushare_gpu_instance_t *instance);

/**
 * The id, unique on its GPU while the instance lives.
 */
uint32_t gpushare_gpu_instance_id(const struct gpushare_gpu_instance_t *instance);

/**
 * The profile. It lives as long as the handle; a clone lives on.
 */
const struct gpushare_gpu_instance_profile_t *gpushare_gpu_instance_profile(const struct gpushare_gpu_instance_t *instance);

/**
 * Where it lies.
 */
gpushare_status_t gpushare_gpu_instance_placement(const struct gpushare_gpu_instance_t *instance,
                                                  struct gpushare_gpu_instance_placement_t *placement,
                                                  struct gpushare_error_t **error);

/**
 * Another handle of the same GPU instance.
 */
struct gpushare_gpu_instance_t *gpushare_gpu_instance_clone(const struct gpushare_gpu_instance_t *instance);

/**
 * Frees a handle; the GPU instance lives on. NULL is none.
 */
void gpushare_gpu_instance_free(struct gpushare_gpu_instance_t *instance);

/**
 * The number of GPU instances in the list.
 */
size_t gpushare_gpu_instance_list_len(const struct gpushare_gpu_instance_list_t *list);

/**
 * The GPU instance at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_gpu_instance_t *gpushare_gpu_instance_list_get(const struct gpushare_gpu_instance_list_t *list,
                                                                     size_t index);

/**
 * Frees a list and the handles in it; the GPU instances live on. NULL is none.
 */
void gpushare_gpu_instance_list_free(struct gpushare_gpu_instance_list_t *list);

/**
 * What the GPU instance can be divided into, in NVML's order. Free the list with `gpushare_compute_instance_profile_list_free`.
 */
gpushare_status_t gpushare_gpu_instance_compute_instance_profiles(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                  struct gpushare_compute_instance_profile_list_t **profiles,
                                                                  struct gpushare_error_t **error);

/**
 * The profile with a name, such as "1c.2g.10gb". Free it with `gpushare_compute_instance_profile_free`.
 */
gpushare_status_t gpushare_gpu_instance_compute_instance_profile(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                 const char *name,
                                                                 struct gpushare_compute_instance_profile_t **profile,
                                                                 struct gpushare_error_t **error);

/**
 * The profile that takes the whole GPU instance. Free it with `gpushare_compute_instance_profile_free`.
 */
gpushare_status_t gpushare_gpu_instance_default_compute_instance_profile(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                         struct gpushare_compute_instance_profile_t **profile,
                                                                         struct gpushare_error_t **error);

/**
 * Every placement that a profile can have in the GPU instance, free or not. Free the list with
 * `gpushare_compute_instance_placement_list_free`.
 */
gpushare_status_t gpushare_gpu_instance_possible_compute_placements(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                    const struct gpushare_compute_instance_profile_t *profile,
                                                                    struct gpushare_compute_instance_placement_list_t **placements,
                                                                    struct gpushare_error_t **error);

/**
 * How many further compute instances of a profile the GPU instance has room for.
 */
gpushare_status_t gpushare_gpu_instance_remaining_compute_capacity(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                   const struct gpushare_compute_instance_profile_t *profile,
                                                                   uint32_t *count,
                                                                   struct gpushare_error_t **error);

/**
 * Creates a compute instance where the driver chooses.
 */
gpushare_status_t gpushare_gpu_instance_create_compute_instance(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                const struct gpushare_compute_instance_profile_t *profile,
                                                                struct gpushare_compute_instance_t **instance,
                                                                struct gpushare_error_t **error);

/**
 * Creates the compute instance that takes the whole GPU instance.
 */
gpushare_status_t gpushare_gpu_instance_create_default_compute_instance(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                        struct gpushare_compute_instance_t **instance,
                                                                        struct gpushare_error_t **error);

/**
 * Creates a compute instance at a placement. The error names the instance that is in the way, or the placements that the profile
 * can have.
 */
gpushare_status_t gpushare_gpu_instance_create_compute_instance_at(const struct gpushare_gpu_instance_t *gpu_instance,
                                                                   const struct gpushare_compute_instance_profile_t *profile,
                                                                   struct gpushare_compute_instance_placement_t placement,
                                                                   struct gpushare_compute_instance_t **instance,
                                                                   struct gpushare_error_t **error);

/**
 * The compute instances of a GPU instance, by ascending id. Free the list with `gpushare_compute_instance_list_free`.
 */
gpushare_status_t gpushare_gpu_instance_compute_instances(const struct gpushare_gpu_instance_t *gpu_instance,
                                                          struct gpushare_compute_instance_list_t **instances,
                                                          struct gpushare_error_t **error);

/**
 * The compute instance with an id. `GPUSHARE_ERROR_NOT_FOUND` where there is none.
 */
gpushare_status_t gpushare_gpu_instance_compute_instance(const struct gpushare_gpu_instance_t *gpu_instance,
                                                         uint32_t id,
                                                         struct gpushare_compute_instance_t **instance,
                                                         struct gpushare_error_t **error);

/**
 * Destroys the compute instance; `gpushare_compute_instance_free` only frees the handle. The handle is to be freed either way.
 * `GPUSHARE_ERROR_IN_USE` while processes run on it; the error lists them.
 */
gpushare_status_t gpushare_compute_instance_destroy(const struct gpushare_compute_instance_t *instance,
                                                    struct gpushare_error_t **error);

/**
 * The GPU instance that it is in. It lives as long as the handle; a clone lives on.
 */
const struct gpushare_gpu_instance_t *gpushare_compute_instance_gpu_instance(const struct gpushare_compute_instance_t *instance);

/**
 * The id, unique in its GPU instance while the instance lives.
 */
uint32_t gpushare_compute_instance_id(const struct gpushare_compute_instance_t *instance);

/**
 * The profile. It lives as long as the handle; a clone lives on.
 */
const struct gpushare_compute_instance_profile_t *gpushare_compute_instance_profile(const struct gpushare_compute_instance_t *instance);

/**
 * Where it lies.
 */
gpushare_status_t gpushare_compute_instance_placement(const struct gpushare_compute_instance_t *instance,
                                                      struct gpushare_compute_instance_placement_t *placement,
                                                      struct gpushare_error_t **error);

/**
 * Another handle of the same compute instance.
 */
struct gpushare_compute_instance_t *gpushare_compute_instance_clone(const struct gpushare_compute_instance_t *instance);

/**
 * Frees a handle; the compute instance lives on. NULL is none.
 */
void gpushare_compute_instance_free(struct gpushare_compute_instance_t *instance);

/**
 * The number of compute instances in the list.
 */
size_t gpushare_compute_instance_list_len(const struct gpushare_compute_instance_list_t *list);

/**
 * The compute instance at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_compute_instance_t *gpushare_compute_instance_list_get(const struct gpushare_compute_instance_list_t *list,
                                                                             size_t index);

/**
 * Frees a list and the handles in it; the compute instances live on. NULL is none.
 */
void gpushare_compute_instance_list_free(struct gpushare_compute_instance_list_t *list);

/**
 * The MIG device with a UUID, "MIG-...". `GPUSHARE_ERROR_NOT_FOUND` where none has it.
 */
gpushare_status_t gpushare_nvml_mig_device(const struct gpushare_nvml_t *nvml,
                                           const char *uuid,
                                           struct gpushare_mig_device_t **device,
                                           struct gpushare_error_t **error);

/**
 * The MIG devices of a GPU. Free the list with `gpushare_mig_device_list_free`.
 */
gpushare_status_t gpushare_gpu_mig_devices(const struct gpushare_gpu_t *gpu,
                                           struct gpushare_mig_device_list_t **devices,
                                           struct gpushare_error_t **error);

/**
 * The MIG device of a GPU at an NVML index. `GPUSHARE_ERROR_NOT_FOUND` where there is none.
 */
gpushare_status_t gpushare_gpu_mig_device(const struct gpushare_gpu_t *gpu,
                                          uint32_t index,
                                          struct gpushare_mig_device_t **device,
                                          struct gpushare_error_t **error);

/**
 * The compute instance as a MIG device.
 */
gpushare_status_t gpushare_compute_instance_mig_device(const struct gpushare_compute_instance_t *instance,
                                                       struct gpushare_mig_device_t **device,
                                                       struct gpushare_error_t **error);

/**
 * The GPU that it is part of. It lives as long as the handle; a clone lives on.
 */
const struct gpushare_gpu_t *gpushare_mig_device_gpu(const struct gpushare_mig_device_t *device);

/**
 * The UUID, "MIG-...", which is what `CUDA_VISIBLE_DEVICES` takes. It lives as long as the handle.
 */
const char *gpushare_mig_device_uuid(const struct gpushare_mig_device_t *device);

/**
 * The id of its GPU instance.
 */
uint32_t gpushare_mig_device_gpu_instance_id(const struct gpushare_mig_device_t *device);

/**
 * The id of its compute instance.
 */
uint32_t gpushare_mig_device_compute_instance_id(const struct gpushare_mig_device_t *device);

/**
 * What it has.
 */
gpushare_status_t gpushare_mig_device_attributes(const struct gpushare_mig_device_t *device,
                                                 struct gpushare_mig_device_attributes_t *attributes,
                                                 struct gpushare_error_t **error);

/**
 * Its GPU instance. Free it with `gpushare_gpu_instance_free`.
 */
gpushare_status_t gpushare_mig_device_gpu_instance(const struct gpushare_mig_device_t *device,
                                                   struct gpushare_gpu_instance_t **instance,
                                                   struct gpushare_error_t **error);

/**
 * Its compute instance. Free it with `gpushare_compute_instance_free`.
 */
gpushare_status_t gpushare_mig_device_compute_instance(const struct gpushare_mig_device_t *device,
                                                       struct gpushare_compute_instance_t **instance,
                                                       struct gpushare_error_t **error);

/**
 * The name, such as "NVIDIA A100-SXM4-40GB MIG 1g.5gb". Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mig_device_name(const struct gpushare_mig_device_t *device,
                                           char **name,
                                           struct gpushare_error_t **error);

/**
 * The NVML index on its GPU, which changes as other MIG devices come and go.
 */
gpushare_status_t gpushare_mig_device_index(const struct gpushare_mig_device_t *device,
                                            uint32_t *index,
                                            struct gpushare_error_t **error);

/**
 * The memory.
 */
gpushare_status_t gpushare_mig_device_memory(const struct gpushare_mig_device_t *device,
                                             struct gpushare_memory_t *memory,
                                             struct gpushare_error_t **error);

/**
 * The BAR1 memory.
 */
gpushare_status_t gpushare_mig_device_bar1_memory(const struct gpushare_mig_device_t *device,
                                                  struct gpushare_bar1_memory_t *memory,
                                                  struct gpushare_error_t **error);

/**
 * The processes that run on it, by ascending id. Free the list with `gpushare_gpu_process_list_free`.
 */
gpushare_status_t gpushare_mig_device_processes(const struct gpushare_mig_device_t *device,
                                                struct gpushare_gpu_process_list_t **processes,
                                                struct gpushare_error_t **error);

/**
 * Another handle of the same MIG device.
 */
struct gpushare_mig_device_t *gpushare_mig_device_clone(const struct gpushare_mig_device_t *device);

/**
 * Frees a handle; the MIG device lives on. NULL is none.
 */
void gpushare_mig_device_free(struct gpushare_mig_device_t *device);

/**
 * The number of MIG devices in the list.
 */
size_t gpushare_mig_device_list_len(const struct gpushare_mig_device_list_t *list);

/**
 * The MIG device at an index of the list, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_mig_device_t *gpushare_mig_device_list_get(const struct gpushare_mig_device_list_t *list,
                                                                 size_t index);

/**
 * Frees a list and the handles in it; the MIG devices live on. NULL is none.
 */
void gpushare_mig_device_list_free(struct gpushare_mig_device_list_t *list);

/**
 * Who keeps the GPU from a reset or a change of its MIG mode: the processes on it, the MPS daemons behind them, the persistence daemon,
 * and whoever else has its device file or that of one of its instances open. All processes of the node are looked at: ask this where
 * something was refused. What this user may not look into is not found, and this process is not told. Free it with
 * `gpushare_holder_list_free`.
 */
gpushare_status_t gpushare_gpu_holders(const struct gpushare_gpu_t *gpu,
                                       struct gpushare_holder_list_t **holders,
                                       struct gpushare_error_t **error);

/**
 * Who keeps the GPU instance from being destroyed: its compute instances, the processes on them, and whoever has its device file or
 * theirs open. Free it with `gpushare_holder_list_free`.
 */
gpushare_status_t gpushare_gpu_instance_holders(const struct gpushare_gpu_instance_t *instance,
                                                struct gpushare_holder_list_t **holders,
                                                struct gpushare_error_t **error);

/**
 * Who keeps the compute instance that this device is from being destroyed: the processes on it, and whoever has its device file open.
 * Free it with `gpushare_holder_list_free`.
 */
gpushare_status_t gpushare_mig_device_holders(const struct gpushare_mig_device_t *device,
                                              struct gpushare_holder_list_t **holders,
                                              struct gpushare_error_t **error);

/**
 * The number of holders.
 */
size_t gpushare_holder_list_len(const struct gpushare_holder_list_t *list);

/**
 * The holder at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_holder_t *gpushare_holder_list_get(const struct gpushare_holder_list_t *list, size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_holder_list_free(struct gpushare_holder_list_t *list);

/**
 * The minor number of the node that grants use of an instance, by the driver's numbering, whether or not the instance exists.
 * `compute_instance` may be `GPUSHARE_NO_COMPUTE_INSTANCE`. `GPUSHARE_ERROR_INVALID_ARGUMENT` beyond what the driver numbers.
 */
gpushare_status_t gpushare_capability_minor_of(uint32_t gpu_minor,
                                               uint32_t gpu_instance,
                                               uint32_t compute_instance,
                                               uint32_t *minor,
                                               struct gpushare_error_t **error);

/**
 * The capability that grants use of a GPU instance, read from the driver's files. Free it with `gpushare_capability_free`.
 */
gpushare_status_t gpushare_gpu_instance_capability(const struct gpushare_gpu_instance_t *instance,
                                                   struct gpushare_capability_t **capability,
                                                   struct gpushare_error_t **error);

/**
 * The capability that grants use of a compute instance, read from the driver's files. Free it with `gpushare_capability_free`.
 */
gpushare_status_t gpushare_compute_instance_capability(const struct gpushare_compute_instance_t *instance,
                                                       struct gpushare_capability_t **capability,
                                                       struct gpushare_error_t **error);

/**
 * Both capabilities that a process needs for a MIG device, read from the driver's files. Free each with
 * `gpushare_capability_free`.
 */
gpushare_status_t gpushare_mig_device_capabilities(const struct gpushare_mig_device_t *device,
                                                   struct gpushare_capability_t **gpu_instance,
                                                   struct gpushare_capability_t **compute_instance,
                                                   struct gpushare_error_t **error);

/**
 * The driver's file that describes it. It lives as long as the capability.
 */
const char *gpushare_capability_file(const struct gpushare_capability_t *capability);

/**
 * The device node, as programs name it: "/dev/nvidia-caps/nvidia-cap21". It lives as long as the capability.
 */
const char *gpushare_capability_node(const struct gpushare_capability_t *capability);

/**
 * The minor number of the device node.
 */
uint32_t gpushare_capability_minor(const struct gpushare_capability_t *capability);

/**
 * The permissions that the driver wants for the node, such as 0444.
 */
uint32_t gpushare_capability_mode(const struct gpushare_capability_t *capability);

/**
 * Frees a capability. NULL is none.
 */
void gpushare_capability_free(struct gpushare_capability_t *capability);

/**
 * Rules by name. `device_order` is the value of `CUDA_DEVICE_ORDER`, "FASTEST_FIRST" or "PCI_BUS_ID"; NULL where it is not set.
 * `mig` is `GPUSHARE_MIG_ONE_PER_...`. Free them with `gpushare_cuda_rules_free`.
 */
gpushare_status_t gpushare_cuda_rules_new(const char *device_order,
                                          uint32_t mig,
                                          struct gpushare_cuda_rules_t **rules,
                                          struct gpushare_error_t **error);

/**
 * The rules of a driver by its version, such as "580.126.09". `device_order` as for `gpushare_cuda_rules_new`. Free them with
 * `gpushare_cuda_rules_free`.
 */
gpushare_status_t gpushare_cuda_rules_of_driver(const char *version,
                                                const char *device_order,
                                                struct gpushare_cuda_rules_t **rules,
                                                struct gpushare_error_t **error);

/**
 * The rules of this node's driver. `device_order` as for `gpushare_cuda_rules_new`. Free them with `gpushare_cuda_rules_free`.
 */
gpushare_status_t gpushare_nvml_cuda_rules(const struct gpushare_nvml_t *nvml,
                                           const char *device_order,
                                           struct gpushare_cuda_rules_t **rules,
                                           struct gpushare_error_t **error);

/**
 * Frees rules. NULL is none.
 */
void gpushare_cuda_rules_free(struct gpushare_cuda_rules_t *rules);

/**
 * The GPU as an entry of `CUDA_VISIBLE_DEVICES`; entries are separated by commas. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_gpu_visible_device(const struct gpushare_gpu_t *gpu,
                                              char **text,
                                              struct gpushare_error_t **error);

/**
 * The MIG device as an entry of `CUDA_VISIBLE_DEVICES`, in one of the forms `GPUSHARE_VISIBLE_...`. Free it with
 * `gpushare_string_free`.
 */
gpushare_status_t gpushare_mig_device_visible_device(const struct gpushare_mig_device_t *device,
                                                     uint32_t form,
                                                     char **text,
                                                     struct gpushare_error_t **error);

/**
 * A value of `CUDA_VISIBLE_DEVICES` in the one form in which this library prints it. The error names an entry that no node could
 * honour. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_visible_devices_normalize(const char *value,
                                                     char **text,
                                                     struct gpushare_error_t **error);

/**
 * A value of `CUDA_VISIBLE_DEVICES` for a program, once it is sure that CUDA would honour all of it: the error names a second MIG
 * device, a GPU beside one, an index beside UUIDs, and an entry that is there before. NULL as rules are those that hold for every
 * driver. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_visible_devices_value(const char *value,
                                                 const struct gpushare_cuda_rules_t *rules,
                                                 char **text,
                                                 struct gpushare_error_t **error);

/**
 * A value of `NVIDIA_VISIBLE_DEVICES` in the one form in which this library prints it. The error names an entry that no node could
 * honour. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_nvidia_visible_devices_normalize(const char *value,
                                                            char **text,
                                                            struct gpushare_error_t **error);

/**
 * The GPUs and MIG devices of this node, as they are now. Free it with `gpushare_visible_node_free`.
 */
gpushare_status_t gpushare_nvml_visible_node(const struct gpushare_nvml_t *nvml,
                                             struct gpushare_visible_node_t **node,
                                             struct gpushare_error_t **error);

/**
 * A node from its JSON, such as one that was written by hand. Free it with `gpushare_visible_node_free`.
 */
gpushare_status_t gpushare_visible_node_from_json(const char *json,
                                                  struct gpushare_visible_node_t **node,
                                                  struct gpushare_error_t **error);

/**
 * The node as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_visible_node_to_json(const struct gpushare_visible_node_t *node,
                                                char **json_text,
                                                struct gpushare_error_t **error);

/**
 * Frees a node. NULL is none.
 */
void gpushare_visible_node_free(struct gpushare_visible_node_t *node);

/**
 * The devices that CUDA numbers 0, 1, ... in a program with this value of `CUDA_VISIBLE_DEVICES`, NULL where it is not set. NULL as
 * rules are those that hold for every driver. What is wrong with the value is no error, but part of the answer;
 * `GPUSHARE_ERROR_NOT_SUPPORTED` where that depends on which of several models is the fastest. Free it with
 * `gpushare_cuda_devices_free`.
 */
gpushare_status_t gpushare_visible_devices_resolve(const struct gpushare_visible_node_t *node,
                                                   const char *value,
                                                   const struct gpushare_cuda_rules_t *rules,
                                                   struct gpushare_cuda_devices_t **devices,
                                                   struct gpushare_error_t **error);

/**
 * The devices that a container with this value of `NVIDIA_VISIBLE_DEVICES` is given, each once; NULL where it is not set, which gives
 * none. The error names an entry for which the NVIDIA Container Toolkit would not start the container. Free the list with
 * `gpushare_cuda_device_list_free`.
 */
gpushare_status_t gpushare_nvidia_visible_devices_resolve(const struct gpushare_visible_node_t *node,
                                                          const char *value,
                                                          struct gpushare_cuda_device_list_t **devices,
                                                          struct gpushare_error_t **error);

/**
 * The devices by their numbers. The list lives as long as the answer.
 */
const struct gpushare_cuda_device_list_t *gpushare_cuda_devices_visible(const struct gpushare_cuda_devices_t *devices);

/**
 * The devices that entries name and that the process is not given all the same. The list lives as long as the answer.
 */
const struct gpushare_cuda_device_list_t *gpushare_cuda_devices_hidden(const struct gpushare_cuda_devices_t *devices);

/**
 * How the list ended: `GPUSHARE_LIST_...`.
 */
uint32_t gpushare_cuda_devices_end(const struct gpushare_cuda_devices_t *devices);

/**
 * The place of the entry that ended the list, from 0; the largest number where none did.
 */
size_t gpushare_cuda_devices_end_position(const struct gpushare_cuda_devices_t *devices);

/**
 * What cuInit answers where it fails, 100 or 101; 0 where it does not.
 */
uint32_t gpushare_cuda_devices_cuda_error(const struct gpushare_cuda_devices_t *devices);

/**
 * How and why the list ended, in words. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_cuda_devices_end_to_string(const struct gpushare_cuda_devices_t *devices,
                                                      char **text,
                                                      struct gpushare_error_t **error);

/**
 * A line for each device, for each that is hidden, and for the end of the list. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_cuda_devices_to_string(const struct gpushare_cuda_devices_t *devices,
                                                  char **text,
                                                  struct gpushare_error_t **error);

/**
 * All of it as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_cuda_devices_to_json(const struct gpushare_cuda_devices_t *devices,
                                                char **json_text,
                                                struct gpushare_error_t **error);

/**
 * Frees an answer. NULL is none.
 */
void gpushare_cuda_devices_free(struct gpushare_cuda_devices_t *devices);

/**
 * The device's own UUID, "GPU-..." or "MIG-...". It lives as long as the list.
 */
const char *gpushare_cuda_device_uuid(const struct gpushare_cuda_device_t *device);

/**
 * The UUID of the GPU that it is, or is part of. It lives as long as the list.
 */
const char *gpushare_cuda_device_gpu_uuid(const struct gpushare_cuda_device_t *device);

/**
 * The NVML index of that GPU.
 */
uint32_t gpushare_cuda_device_gpu_index(const struct gpushare_cuda_device_t *device);

/**
 * Whether it is a MIG device.
 */
bool gpushare_cuda_device_is_mig(const struct gpushare_cuda_device_t *device);

/**
 * The id of the GPU instance of a MIG device; 0 for a whole GPU.
 */
uint32_t gpushare_cuda_device_gpu_instance_id(const struct gpushare_cuda_device_t *device);

/**
 * The id of the compute instance of a MIG device; 0 for a whole GPU.
 */
uint32_t gpushare_cuda_device_compute_instance_id(const struct gpushare_cuda_device_t *device);

/**
 * The place of the entry that names it, from 0; the largest number where none does.
 */
size_t gpushare_cuda_device_entry(const struct gpushare_cuda_device_t *device);

/**
 * Why the process is not given it, in words; NULL where it is. It lives as long as the list.
 */
const char *gpushare_cuda_device_fault(const struct gpushare_cuda_device_t *device);

/**
 * The number of devices.
 */
size_t gpushare_cuda_device_list_len(const struct gpushare_cuda_device_list_t *list);

/**
 * The device at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_cuda_device_t *gpushare_cuda_device_list_get(const struct gpushare_cuda_device_list_t *list,
                                                                   size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_cuda_device_list_free(struct gpushare_cuda_device_list_t *list);

/**
 * Reads a layout: GPU instances separated by commas, each a profile name, perhaps with a count before it ("7x1g.5gb"), with the
 * memory slice where it begins ("1g.5gb@6"), and with its compute instances in brackets ("4g.20gb[2c@0,2x1c]"). Without brackets,
 * one compute instance takes all of the GPU instance; "[]" is none. "off" is disabled MIG, and "" enabled MIG without instances.
 * Free it with `gpushare_layout_free`.
 */
gpushare_status_t gpushare_layout_parse(const char *text,
                                        struct gpushare_layout_t **layout,
                                        struct gpushare_error_t **error);

/**
 * The layout as `gpushare_layout_parse` reads it. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_layout_to_string(const struct gpushare_layout_t *layout,
                                            char **text,
                                            struct gpushare_error_t **error);

/**
 * The layout as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_layout_to_json(const struct gpushare_layout_t *layout,
                                          char **json_text,
                                          struct gpushare_error_t **error);

/**
 * A layout from its JSON. Free it with `gpushare_layout_free`.
 */
gpushare_status_t gpushare_layout_from_json(const char *json,
                                            struct gpushare_layout_t **layout,
                                            struct gpushare_error_t **error);

/**
 * Whether two layouts are the same.
 */
bool gpushare_layout_equal(const struct gpushare_layout_t *one, const struct gpushare_layout_t *other);

/**
 * The layout that the GPU has, with a place for everything. Free it with `gpushare_layout_free`.
 */
gpushare_status_t gpushare_gpu_layout(const struct gpushare_gpu_t *gpu,
                                      struct gpushare_layout_t **layout,
                                      struct gpushare_error_t **error);

/**
 * Frees a layout. NULL is none.
 */
void gpushare_layout_free(struct gpushare_layout_t *layout);

/**
 * How the GPU can be divided, as far as the driver tells. Free it with `gpushare_mig_geometry_free`.
 */
gpushare_status_t gpushare_gpu_mig_geometry(const struct gpushare_gpu_t *gpu,
                                            struct gpushare_mig_geometry_t **geometry,
                                            struct gpushare_error_t **error);

/**
 * The number of memory slices that placements count.
 */
uint32_t gpushare_mig_geometry_memory_slices(const struct gpushare_mig_geometry_t *geometry);

/**
 * All of it as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mig_geometry_to_json(const struct gpushare_mig_geometry_t *geometry,
                                                char **json_text,
                                                struct gpushare_error_t **error);

/**
 * A geometry from its JSON. Free it with `gpushare_mig_geometry_free`.
 */
gpushare_status_t gpushare_mig_geometry_from_json(const char *json,
                                                  struct gpushare_mig_geometry_t **geometry,
                                                  struct gpushare_error_t **error);

/**
 * Frees a geometry. NULL is none.
 */
void gpushare_mig_geometry_free(struct gpushare_mig_geometry_t *geometry);

/**
 * How the GPU is divided at the moment, and who uses it. Free it with `gpushare_mig_state_free`.
 */
gpushare_status_t gpushare_gpu_mig_state(const struct gpushare_gpu_t *gpu,
                                         struct gpushare_mig_state_t **state,
                                         struct gpushare_error_t **error);

/**
 * The MIG mode.
 */
gpushare_status_t gpushare_mig_state_mode(const struct gpushare_mig_state_t *state,
                                          struct gpushare_mig_mode_t *mode,
                                          struct gpushare_error_t **error);

/**
 * The number of GPU instances.
 */
size_t gpushare_mig_state_gpu_instance_count(const struct gpushare_mig_state_t *state);

/**
 * The GPU instance at an index, by ascending id, from 0; NULL beyond the last. It lives as long as the state.
 */
const struct gpushare_gpu_instance_state_t *gpushare_mig_state_gpu_instance(const struct gpushare_mig_state_t *state,
                                                                            size_t index);

/**
 * The compute instance at an index in the GPU instance at an index, by ascending id, from 0; NULL beyond the last. It lives as long
 * as the state.
 */
const struct gpushare_compute_instance_state_t *gpushare_mig_state_compute_instance(const struct gpushare_mig_state_t *state,
                                                                                    size_t gpu_instance,
                                                                                    size_t index);

/**
 * Whether two states have the same mode and instances, whoever uses them.
 */
bool gpushare_mig_state_same_division(const struct gpushare_mig_state_t *one, const struct gpushare_mig_state_t *other);

/**
 * The layout of this state, with a place for everything. Free it with `gpushare_layout_free`.
 */
gpushare_status_t gpushare_mig_state_layout(const struct gpushare_mig_state_t *state,
                                            struct gpushare_layout_t **layout,
                                            struct gpushare_error_t **error);

/**
 * The layout of this state without the GPU instances in which there is nothing: planned and applied, it removes them and touches
 * nothing else. Free it with `gpushare_layout_free`.
 */
gpushare_status_t gpushare_mig_state_without_orphans(const struct gpushare_mig_state_t *state,
                                                     struct gpushare_layout_t **layout,
                                                     struct gpushare_error_t **error);

/**
 * The state for a person, on one line. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mig_state_to_string(const struct gpushare_mig_state_t *state,
                                               char **text,
                                               struct gpushare_error_t **error);

/**
 * All of the state as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mig_state_to_json(const struct gpushare_mig_state_t *state,
                                             char **json_text,
                                             struct gpushare_error_t **error);

/**
 * A state from its JSON. Free it with `gpushare_mig_state_free`.
 */
gpushare_status_t gpushare_mig_state_from_json(const char *json,
                                               struct gpushare_mig_state_t **state,
                                               struct gpushare_error_t **error);

/**
 * Frees a state. NULL is none.
 */
void gpushare_mig_state_free(struct gpushare_mig_state_t *state);

/**
 * The fewest changes that bring the GPU to a layout. Changes nothing. `options` may be NULL. `GPUSHARE_ERROR_INFEASIBLE` with the
 * proof where there is no way. Free it with `gpushare_plan_free`.
 */
gpushare_status_t gpushare_gpu_plan(const struct gpushare_gpu_t *gpu,
                                    const struct gpushare_layout_t *layout,
                                    const struct gpushare_plan_options_t *options,
                                    struct gpushare_plan_t **plan,
                                    struct gpushare_error_t **error);

/**
 * The same from data alone: no driver is asked.
 */
gpushare_status_t gpushare_plan_new(const struct gpushare_mig_geometry_t *geometry,
                                    const struct gpushare_mig_state_t *state,
                                    const struct gpushare_layout_t *layout,
                                    const struct gpushare_plan_options_t *options,
                                    struct gpushare_plan_t **plan,
                                    struct gpushare_error_t **error);

/**
 * How many changes of the GPU the plan makes.
 */
size_t gpushare_plan_step_count(const struct gpushare_plan_t *plan);

/**
 * The change at an index, from 0; NULL beyond the last. It lives as long as the plan.
 */
const struct gpushare_plan_step_t *gpushare_plan_step(const struct gpushare_plan_t *plan, size_t index);

/**
 * The plan for a person: what is kept and what is done, a line each, and the layouts before and after. Free it with
 * `gpushare_string_free`.
 */
gpushare_status_t gpushare_plan_to_string(const struct gpushare_plan_t *plan,
                                          char **text,
                                          struct gpushare_error_t **error);

/**
 * All of the plan as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_plan_to_json(const struct gpushare_plan_t *plan,
                                        char **json_text,
                                        struct gpushare_error_t **error);

/**
 * A plan from its JSON. Free it with `gpushare_plan_free`.
 */
gpushare_status_t gpushare_plan_from_json(const char *json,
                                          struct gpushare_plan_t **plan,
                                          struct gpushare_error_t **error);

/**
 * Frees a plan. NULL is none.
 */
void gpushare_plan_free(struct gpushare_plan_t *plan);

/**
 * Carries out a plan: locked against other processes, each step verified, a failing one undone with all before it. `options` may be
 * NULL. On an error, `gpushare_error_restored` says whether the layout before is there again. Free the result with
 * `gpushare_applied_free`.
 */
gpushare_status_t gpushare_gpu_apply(const struct gpushare_gpu_t *gpu,
                                     const struct gpushare_plan_t *plan,
                                     const struct gpushare_apply_options_t *options,
                                     struct gpushare_applied_t **applied,
                                     struct gpushare_error_t **error);

/**
 * Plans and applies in one: brings the GPU to a layout. `options` may be NULL. Free the result with `gpushare_applied_free`.
 */
gpushare_status_t gpushare_gpu_apply_layout(const struct gpushare_gpu_t *gpu,
                                            const struct gpushare_layout_t *layout,
                                            const struct gpushare_apply_options_t *options,
                                            struct gpushare_applied_t **applied,
                                            struct gpushare_error_t **error);

/**
 * Ends what an apply left half-done because its process died; `recovery` is what was done, `GPUSHARE_RECOVERY_...`. Doing it twice
 * does no harm, and the next apply does it by itself. `options` may be NULL.
 */
gpushare_status_t gpushare_gpu_recover(const struct gpushare_gpu_t *gpu,
                                       const struct gpushare_apply_options_t *options,
                                       uint32_t *recovery,
                                       struct gpushare_error_t **error);

/**
 * The MIG devices that were made. The list lives as long as the result.
 */
const struct gpushare_mig_device_list_t *gpushare_applied_made(const struct gpushare_applied_t *applied);

/**
 * The MIG devices that were there before and stay. The list lives as long as the result.
 */
const struct gpushare_mig_device_list_t *gpushare_applied_kept(const struct gpushare_applied_t *applied);

/**
 * The number of MIG devices that are gone.
 */
size_t gpushare_applied_destroyed_count(const struct gpushare_applied_t *applied);

/**
 * The UUID of one of the MIG devices that are gone, from 0; NULL beyond the last. It lives as long as the result.
 */
const char *gpushare_applied_destroyed(const struct gpushare_applied_t *applied, size_t index);

/**
 * Frees a result. NULL is none.
 */
void gpushare_applied_free(struct gpushare_applied_t *applied);

/**
 * In what the GPU differs from a layout. Free it with `gpushare_drift_free`.
 */
gpushare_status_t gpushare_gpu_drift(const struct gpushare_gpu_t *gpu,
                                     const struct gpushare_layout_t *layout,
                                     struct gpushare_drift_t **drift,
                                     struct gpushare_error_t **error);

/**
 * Whether there is none.
 */
bool gpushare_drift_is_empty(const struct gpushare_drift_t *drift);

/**
 * The number of GPU instances that are wanted and not there.
 */
size_t gpushare_drift_missing_count(const struct gpushare_drift_t *drift);

/**
 * The number of GPU instances that are there and not wanted.
 */
size_t gpushare_drift_unwanted_count(const struct gpushare_drift_t *drift);

/**
 * The number of unwanted GPU instances without compute instances: what failed creations leave.
 */
size_t gpushare_drift_orphan_count(const struct gpushare_drift_t *drift);

/**
 * The number of GPU instances that are wanted and divided otherwise.
 */
size_t gpushare_drift_changed_count(const struct gpushare_drift_t *drift);

/**
 * What repairs it. It lives as long as the drift.
 */
const struct gpushare_plan_t *gpushare_drift_plan(const struct gpushare_drift_t *drift);

/**
 * A line for each difference; "none" where there is none. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_drift_to_string(const struct gpushare_drift_t *drift,
                                           char **text,
                                           struct gpushare_error_t **error);

/**
 * All of it as JSON. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_drift_to_json(const struct gpushare_drift_t *drift,
                                         char **json_text,
                                         struct gpushare_error_t **error);

/**
 * Frees a drift. NULL is none.
 */
void gpushare_drift_free(struct gpushare_drift_t *drift);

/**
 * Reads the YAML of a file. The error names the line of what could not be honoured. Free it with
 * `gpushare_mig_parted_config_free`.
 */
gpushare_status_t gpushare_mig_parted_config_parse(const char *yaml,
                                                   struct gpushare_mig_parted_config_t **config,
                                                   struct gpushare_error_t **error);

/**
 * The same configurations as YAML. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mig_parted_config_to_string(const struct gpushare_mig_parted_config_t *config,
                                                       char **yaml,
                                                       struct gpushare_error_t **error);

/**
 * The number of configurations.
 */
size_t gpushare_mig_parted_config_count(const struct gpushare_mig_parted_config_t *config);

/**
 * The name of the configuration at an index, from 0; NULL beyond the last. It lives as long as the configuration.
 */
const char *gpushare_mig_parted_config_name(const struct gpushare_mig_parted_config_t *config, size_t index);

/**
 * The layout that the configuration of this name wants of a GPU; NULL where it does not speak of that GPU. Free it with
 * `gpushare_layout_free`.
 */
gpushare_status_t gpushare_mig_parted_config_layout(const struct gpushare_mig_parted_config_t *config,
                                                    const char *name,
                                                    const struct gpushare_gpu_t *gpu,
                                                    struct gpushare_layout_t **layout,
                                                    struct gpushare_error_t **error);

/**
 * Frees a configuration. NULL is none.
 */
void gpushare_mig_parted_config_free(struct gpushare_mig_parted_config_t *config);

/**
 * The SMs that a client gets of a GPU with `total` by a share in percent, more than 0 and up to 100 with one decimal.
 */
gpushare_status_t gpushare_mps_multiprocessors(double percentage,
                                               uint32_t total,
                                               uint32_t *multiprocessors,
                                               struct gpushare_error_t **error);

/**
 * What is known to go wrong with a share on an architecture, for a person; NULL where nothing is. Free it with
 * `gpushare_string_free`.
 */
gpushare_status_t gpushare_mps_advisory(double percentage,
                                        uint32_t architecture,
                                        char **advisory,
                                        struct gpushare_error_t **error);

/**
 * Whether a control daemon lives in a pipe directory; `pid` is its process id, or 0 where there is none or its processes are not seen
 * here. It costs microseconds, and the daemon does not notice.
 */
gpushare_status_t gpushare_mps_presence(const char *pipe_directory,
                                        bool *present,
                                        uint32_t *pid,
                                        struct gpushare_error_t **error);

/**
 * Makes a pipe directory for this user alone, unless it exists, and checks that nobody else can change it.
 */
gpushare_status_t gpushare_mps_pipe_directory_create(const char *path, struct gpushare_error_t **error);

/**
 * Starts a control daemon in a pipe directory of its own, which is made where it does not exist. When this returns, it takes commands.
 * `options` may be NULL. Free the handle with `gpushare_mps_daemon_free`.
 */
gpushare_status_t gpushare_mps_daemon_start(const char *pipe_directory,
                                            const struct gpushare_mps_daemon_options_t *options,
                                            struct gpushare_mps_daemon_t **daemon,
                                            struct gpushare_error_t **error);

/**
 * The daemon that runs in a pipe directory. `options` may be NULL; of it, the program and the patience count.
 */
gpushare_status_t gpushare_mps_daemon_attach(const char *pipe_directory,
                                             const struct gpushare_mps_daemon_options_t *options,
                                             struct gpushare_mps_daemon_t **daemon,
                                             struct gpushare_error_t **error);

/**
 * Another handle of the same daemon.
 */
struct gpushare_mps_daemon_t *gpushare_mps_daemon_clone(const struct gpushare_mps_daemon_t *daemon);

/**
 * Frees a handle; the daemon runs on. NULL is none.
 */
void gpushare_mps_daemon_free(struct gpushare_mps_daemon_t *daemon);

/**
 * The pipe directory: the value of `CUDA_MPS_PIPE_DIRECTORY`. It lives as long as the handle.
 */
const char *gpushare_mps_daemon_pipe_directory(const struct gpushare_mps_daemon_t *daemon);

/**
 * The process id; 0 where the daemon has ended or its processes are not seen here.
 */
gpushare_status_t gpushare_mps_daemon_pid(const struct gpushare_mps_daemon_t *daemon,
                                          uint32_t *pid,
                                          struct gpushare_error_t **error);

/**
 * Asks for a server for a user; root may for anybody, others for themselves. It starts later, or never: the daemon does not say.
 */
gpushare_status_t gpushare_mps_daemon_start_server(const struct gpushare_mps_daemon_t *daemon,
                                                   uint32_t uid,
                                                   struct gpushare_error_t **error);

/**
 * Looks whether a client of a user would be served: `GPUSHARE_ERROR_IN_USE`, with a message that names both users, where it would wait
 * for the clients of another one, for which CUDA has no limit; `GPUSHARE_ERROR_INVALID_ARGUMENT` where the user cannot enter the pipe
 * directory, so that the client would run without MPS.
 */
gpushare_status_t gpushare_mps_daemon_verify_user(const struct gpushare_mps_daemon_t *daemon,
                                                  uint32_t uid,
                                                  struct gpushare_error_t **error);

/**
 * Whether the daemon is of another driver than the one behind NVML, for a person; NULL where it is not or that cannot be told. Free it
 * with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mps_daemon_version_advisory(const struct gpushare_mps_daemon_t *daemon,
                                                       const struct gpushare_nvml_t *nvml,
                                                       char **advisory,
                                                       struct gpushare_error_t **error);

/**
 * The share that clients of servers to come may have, in percent.
 */
gpushare_status_t gpushare_mps_daemon_default_active_thread_percentage(const struct gpushare_mps_daemon_t *daemon,
                                                                       double *percentage,
                                                                       struct gpushare_error_t **error);

/**
 * Sets the share that clients of servers to come may have, more than 0 and up to 100 percent with one decimal, and reads it back.
 */
gpushare_status_t gpushare_mps_daemon_set_default_active_thread_percentage(const struct gpushare_mps_daemon_t *daemon,
                                                                           double percentage,
                                                                           struct gpushare_error_t **error);

/**
 * The limit on a device (0 to 31) for clients of servers to come, as the daemon shows it: "2G"; NULL where there is none. Free it
 * with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mps_daemon_default_pinned_device_memory_limit(const struct gpushare_mps_daemon_t *daemon,
                                                                         uint32_t device,
                                                                         char **limit,
                                                                         struct gpushare_error_t **error);

/**
 * Sets the limit on a device for clients of servers to come, in MiB, 1 at the least, and reads back what the daemon shows of it.
 */
gpushare_status_t gpushare_mps_daemon_set_default_pinned_device_memory_limit(const struct gpushare_mps_daemon_t *daemon,
                                                                             uint32_t device,
                                                                             uint64_t limit_mib,
                                                                             struct gpushare_error_t **error);

/**
 * The priority of clients to come that ask for none: `GPUSHARE_MPS_PRIORITY_...`.
 */
gpushare_status_t gpushare_mps_daemon_default_client_priority(const struct gpushare_mps_daemon_t *daemon,
                                                              uint32_t *priority,
                                                              struct gpushare_error_t **error);

/**
 * Sets the priority of clients to come that ask for none, and reads it back.
 */
gpushare_status_t gpushare_mps_daemon_set_default_client_priority(const struct gpushare_mps_daemon_t *daemon,
                                                                  uint32_t priority,
                                                                  struct gpushare_error_t **error);

/**
 * Ends the daemon and its servers, and removes what they leave. Clients have `grace_ms` to leave by themselves; then the daemon ends
 * the work of each, and what does not end by itself is killed. Of a daemon that died, what it left is ended and removed.
 */
gpushare_status_t gpushare_mps_daemon_quit(const struct gpushare_mps_daemon_t *daemon,
                                           uint32_t grace_ms,
                                           struct gpushare_mps_quit_t *quit,
                                           struct gpushare_error_t **error);

/**
 * Where the daemon logs; NULL where it was not started here. It lives as long as the handle.
 */
const char *gpushare_mps_daemon_log_directory(const struct gpushare_mps_daemon_t *daemon);

/**
 * What the daemon wrote into its log. Free the list with `gpushare_mps_log_record_list_free`.
 */
gpushare_status_t gpushare_mps_daemon_control_log(const struct gpushare_mps_daemon_t *daemon,
                                                  struct gpushare_mps_log_record_list_t **records,
                                                  struct gpushare_error_t **error);

/**
 * What the servers wrote into theirs. Free the list with `gpushare_mps_log_record_list_free`.
 */
gpushare_status_t gpushare_mps_daemon_server_log(const struct gpushare_mps_daemon_t *daemon,
                                                 struct gpushare_mps_log_record_list_t **records,
                                                 struct gpushare_error_t **error);

/**
 * The number of records.
 */
size_t gpushare_mps_log_record_list_len(const struct gpushare_mps_log_record_list_t *list);

/**
 * The record at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_mps_log_record_t *gpushare_mps_log_record_list_get(const struct gpushare_mps_log_record_list_t *list,
                                                                         size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_mps_log_record_list_free(struct gpushare_mps_log_record_list_t *list);

/**
 * When it was written, in the local time of the daemon: "2026-11-22 10:36:26.508". It lives as long as the list.
 */
const char *gpushare_mps_log_record_time(const struct gpushare_mps_log_record_t *record);

/**
 * Who wrote it: `GPUSHARE_MPS_LOG_...`.
 */
uint32_t gpushare_mps_log_record_role(const struct gpushare_mps_log_record_t *record);

/**
 * The process id of who wrote it.
 */
uint32_t gpushare_mps_log_record_pid(const struct gpushare_mps_log_record_t *record);

/**
 * What it says. It lives as long as the list.
 */
const char *gpushare_mps_log_record_text(const struct gpushare_mps_log_record_t *record);

/**
 * The servers of a daemon, the starting ones included. Free the list with `gpushare_mps_server_list_free`.
 */
gpushare_status_t gpushare_mps_daemon_servers(const struct gpushare_mps_daemon_t *daemon,
                                              struct gpushare_mps_server_list_t **servers,
                                              struct gpushare_error_t **error);

/**
 * All clients of all servers of a daemon. Free the list with `gpushare_mps_client_list_free`.
 */
gpushare_status_t gpushare_mps_daemon_clients(const struct gpushare_mps_daemon_t *daemon,
                                              struct gpushare_mps_client_list_t **clients,
                                              struct gpushare_error_t **error);

/**
 * The process id, as the daemon sees it.
 */
uint32_t gpushare_mps_server_pid(const struct gpushare_mps_server_t *server);

/**
 * What it is doing: `GPUSHARE_MPS_SERVER_...`. `GPUSHARE_ERROR_NOT_SUPPORTED` before driver 550.
 */
gpushare_status_t gpushare_mps_server_status(const struct gpushare_mps_server_t *server,
                                             uint32_t *status,
                                             struct gpushare_error_t **error);

/**
 * The process ids of its clients, as the daemon sees them. Free the list with `gpushare_pid_list_free`.
 */
gpushare_status_t gpushare_mps_server_clients(const struct gpushare_mps_server_t *server,
                                              struct gpushare_pid_list_t **clients,
                                              struct gpushare_error_t **error);

/**
 * The share that clients to come may have, in percent; 0 while the server is busy.
 */
gpushare_status_t gpushare_mps_server_active_thread_percentage(const struct gpushare_mps_server_t *server,
                                                               double *percentage,
                                                               struct gpushare_error_t **error);

/**
 * Sets the share that clients to come may have, more than 0 and up to 100 percent with one decimal, and reads it back.
 */
gpushare_status_t gpushare_mps_server_set_active_thread_percentage(const struct gpushare_mps_server_t *server,
                                                                   double percentage,
                                                                   struct gpushare_error_t **error);

/**
 * The limit on a device (0 to 31) for clients to come, as the daemon shows it: "2G"; NULL where there is none, and while the server is
 * busy. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_mps_server_pinned_device_memory_limit(const struct gpushare_mps_server_t *server,
                                                                 uint32_t device,
                                                                 char **limit,
                                                                 struct gpushare_error_t **error);

/**
 * Sets the limit on a device for clients to come, in MiB, 1 at the least, and reads back what the daemon shows of it.
 */
gpushare_status_t gpushare_mps_server_set_pinned_device_memory_limit(const struct gpushare_mps_server_t *server,
                                                                     uint32_t device,
                                                                     uint64_t limit_mib,
                                                                     struct gpushare_error_t **error);

/**
 * Ends a client's work on the GPU, so that its process can be killed without harm to others. It waits until that is done.
 */
gpushare_status_t gpushare_mps_server_terminate_client(const struct gpushare_mps_server_t *server,
                                                       uint32_t client,
                                                       struct gpushare_error_t **error);

/**
 * Shuts the server down once its clients have left, or now, whatever they do.
 */
gpushare_status_t gpushare_mps_server_shut_down(const struct gpushare_mps_server_t *server,
                                                bool force,
                                                struct gpushare_error_t **error);

/**
 * Another handle of the same server.
 */
struct gpushare_mps_server_t *gpushare_mps_server_clone(const struct gpushare_mps_server_t *server);

/**
 * Frees a handle; the server runs on. NULL is none.
 */
void gpushare_mps_server_free(struct gpushare_mps_server_t *server);

/**
 * The number of servers.
 */
size_t gpushare_mps_server_list_len(const struct gpushare_mps_server_list_t *list);

/**
 * The server at an index, from 0; NULL beyond the last. It lives as long as the list; a clone lives on.
 */
const struct gpushare_mps_server_t *gpushare_mps_server_list_get(const struct gpushare_mps_server_list_t *list,
                                                                 size_t index);

/**
 * Frees a list and the handles in it; the servers run on. NULL is none.
 */
void gpushare_mps_server_list_free(struct gpushare_mps_server_list_t *list);

/**
 * The number of clients.
 */
size_t gpushare_mps_client_list_len(const struct gpushare_mps_client_list_t *list);

/**
 * The client at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_mps_client_t *gpushare_mps_client_list_get(const struct gpushare_mps_client_list_t *list,
                                                                 size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_mps_client_list_free(struct gpushare_mps_client_list_t *list);

/**
 * The process id, in the daemon's namespace of process ids.
 */
uint32_t gpushare_mps_client_pid(const struct gpushare_mps_client_t *client);

/**
 * The number of its context in the server.
 */
uint32_t gpushare_mps_client_context(const struct gpushare_mps_client_t *client);

/**
 * The process id of its server.
 */
uint32_t gpushare_mps_client_server(const struct gpushare_mps_client_t *client);

/**
 * The beginning of the UUID of the device that it uses, cut by the daemon. It lives as long as the list.
 */
const char *gpushare_mps_client_device(const struct gpushare_mps_client_t *client);

/**
 * The inode of its namespace of process ids.
 */
uint64_t gpushare_mps_client_namespace(const struct gpushare_mps_client_t *client);

/**
 * Whether its process sees the same process ids as this one. The id that a client in another namespace, as in a container, has for itself
 * is not the one by which the daemon finds it.
 */
bool gpushare_mps_client_is_in_this_pid_namespace(const struct gpushare_mps_client_t *client);

/**
 * Its command. It lives as long as the list.
 */
const char *gpushare_mps_client_command(const struct gpushare_mps_client_t *client);

/**
 * The number of process ids.
 */
size_t gpushare_pid_list_len(const struct gpushare_pid_list_t *list);

/**
 * The process id at an index, from 0; 0 beyond the last.
 */
uint32_t gpushare_pid_list_get(const struct gpushare_pid_list_t *list, size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_pid_list_free(struct gpushare_pid_list_t *list);

/**
 * Shares a GPU: starts a daemon for it and sets what the options say, each value read back. `options` may be NULL. Free the session
 * with `gpushare_mps_session_free`, which ends it.
 */
gpushare_status_t gpushare_gpu_mps_session(const struct gpushare_gpu_t *gpu,
                                           const struct gpushare_mps_session_options_t *options,
                                           struct gpushare_mps_session_t **session,
                                           struct gpushare_error_t **error);

/**
 * Shares a MIG device in the same way.
 */
gpushare_status_t gpushare_mig_device_mps_session(const struct gpushare_mig_device_t *device,
                                                  const struct gpushare_mps_session_options_t *options,
                                                  struct gpushare_mps_session_t **session,
                                                  struct gpushare_error_t **error);

/**
 * Ends what a session of a GPU left whose process died: its daemon, servers and clients, and the compute mode that it had set. Clients
 * have `grace_ms` to leave. `found` says whether anything was left. `options` may be NULL; of it, the directory, the program and the
 * patience count. `GPUSHARE_ERROR_IN_USE` where the session lives.
 */
gpushare_status_t gpushare_gpu_mps_session_recover(const struct gpushare_gpu_t *gpu,
                                                   const struct gpushare_mps_session_options_t *options,
                                                   uint32_t grace_ms,
                                                   bool *found,
                                                   struct gpushare_mps_quit_t *quit,
                                                   struct gpushare_error_t **error);

/**
 * Ends what a session of a MIG device left in the same way.
 */
gpushare_status_t gpushare_mig_device_mps_session_recover(const struct gpushare_mig_device_t *device,
                                                          const struct gpushare_mps_session_options_t *options,
                                                          uint32_t grace_ms,
                                                          bool *found,
                                                          struct gpushare_mps_quit_t *quit,
                                                          struct gpushare_error_t **error);

/**
 * The daemon. It lives as long as the session; a clone lives on.
 */
const struct gpushare_mps_daemon_t *gpushare_mps_session_daemon(const struct gpushare_mps_session_t *session);

/**
 * How many things are known to go wrong with the session's limits on this GPU, and with its daemon.
 */
size_t gpushare_mps_session_advisory_count(const struct gpushare_mps_session_t *session);

/**
 * One of them, for a person, from 0; NULL beyond the last. It lives as long as the session.
 */
const char *gpushare_mps_session_advisory(const struct gpushare_mps_session_t *session, size_t index);

/**
 * How many variables a client needs in its environment, or must not have.
 */
size_t gpushare_mps_session_variable_count(const struct gpushare_mps_session_t *session);

/**
 * The name of one of them, from 0; NULL beyond the last. It lives as long as the session.
 */
const char *gpushare_mps_session_variable_name(const struct gpushare_mps_session_t *session, size_t index);

/**
 * Its value; NULL for one that a client must not have. It lives as long as the session.
 */
const char *gpushare_mps_session_variable_value(const struct gpushare_mps_session_t *session, size_t index);

/**
 * Waits until a process is a client of this daemon. A program that cannot reach the daemon runs without MPS and without its limits,
 * and nothing says so but its absence here, which is `GPUSHARE_ERROR_NOT_FOUND`; where it waits for the clients of another user, it is
 * `GPUSHARE_ERROR_IN_USE`.
 */
gpushare_status_t gpushare_mps_session_verify_client(const struct gpushare_mps_session_t *session,
                                                     uint32_t pid,
                                                     uint32_t patience_ms,
                                                     struct gpushare_error_t **error);

/**
 * Ends the session and tells how: clients have `grace_ms` to leave, then the work of each is ended. The handle is freed, whatever comes of
 * it; NULL is `GPUSHARE_ERROR_INVALID_ARGUMENT`.
 */
gpushare_status_t gpushare_mps_session_close(struct gpushare_mps_session_t *session,
                                             uint32_t grace_ms,
                                             struct gpushare_mps_quit_t *quit,
                                             struct gpushare_error_t **error);

/**
 * Ends the session and frees it. NULL is none.
 */
void gpushare_mps_session_free(struct gpushare_mps_session_t *session);

/**
 * The time-slice policy of a GPU: `GPUSHARE_TIME_SLICE_...`. `options` may be NULL. `GPUSHARE_ERROR_NO_DRIVER` where there is no
 * `nvidia-smi`, `GPUSHARE_ERROR_TIMEOUT` where it does not end in time; else an error has its exit status, which is NVML's code, and
 * its words.
 */
gpushare_status_t gpushare_gpu_time_slice(const struct gpushare_gpu_t *gpu,
                                          const struct gpushare_nvidia_smi_options_t *options,
                                          uint32_t *policy,
                                          struct gpushare_error_t **error);

/**
 * Sets the time-slice policy of a GPU, and reads it back. Needs root. It is one of the whole GPU; contexts that exist keep, as far as is
 * known, what they were made with. It holds until it is set again, the driver is unloaded, or the machine reboots. `options` may be
 * NULL. `GPUSHARE_ERROR_NOT_SUPPORTED` on a GPU before Turing, and while MIG is enabled.
 */
gpushare_status_t gpushare_gpu_set_time_slice(const struct gpushare_gpu_t *gpu,
                                              uint32_t policy,
                                              const struct gpushare_nvidia_smi_options_t *options,
                                              struct gpushare_error_t **error);

/**
 * The kinds of events that the driver tells of a GPU: `GPUSHARE_EVENT_...` bits, and those of newer drivers.
 */
gpushare_status_t gpushare_gpu_supported_events(const struct gpushare_gpu_t *gpu,
                                                uint64_t *kinds,
                                                struct gpushare_error_t **error);

/**
 * Watches all GPUs, each for those of the kinds (`GPUSHARE_EVENT_...` bits) that it supports. A GPU that supports none of them, that is
 * lost or that the caller may not open is left out. Free the set with `gpushare_event_set_free`.
 */
gpushare_status_t gpushare_nvml_watch(const struct gpushare_nvml_t *nvml,
                                      uint64_t kinds,
                                      struct gpushare_event_set_t **events,
                                      struct gpushare_error_t **error);

/**
 * Watches some GPUs, each for those of the kinds that it supports. A GPU that supports none of them is left out.
 * `GPUSHARE_ERROR_INVALID_ARGUMENT` without GPUs, as by NULL, and for GPUs of several sessions. Free the set with
 * `gpushare_event_set_free`.
 */
gpushare_status_t gpushare_event_set_new(const struct gpushare_event_set_options_t *options,
                                         struct gpushare_event_set_t **events,
                                         struct gpushare_error_t **error);

/**
 * How many GPUs are watched.
 */
size_t gpushare_event_set_gpu_count(const struct gpushare_event_set_t *events);

/**
 * A GPU that is watched, from 0; NULL beyond the last. It lives as long as the handle of the set; a clone lives on.
 */
const struct gpushare_gpu_t *gpushare_event_set_gpu(const struct gpushare_event_set_t *events, size_t index);

/**
 * What a GPU is watched for: `GPUSHARE_EVENT_...` bits; 0 beyond the last.
 */
uint64_t gpushare_event_set_kinds(const struct gpushare_event_set_t *events, size_t index);

/**
 * The oldest event that was not given yet, or NULL where there is none now: one call of the driver, which does not wait.
 * `GPUSHARE_ERROR_STALE` after its session was closed, and in a child made by `fork`; `GPUSHARE_ERROR_GPU_LOST`, on which a driver may insist as long as the
 * lost GPU is in the set. Free the event with `gpushare_gpu_event_free`.
 */
gpushare_status_t gpushare_event_set_poll(const struct gpushare_event_set_t *events,
                                          struct gpushare_gpu_event_t **event,
                                          struct gpushare_error_t **error);

/**
 * The oldest event that was not given yet, waiting for one up to `timeout_ms` or `GPUSHARE_WAIT_FOREVER`. NULL when the time has run out,
 * and once the set was stopped. Errors are those of `gpushare_event_set_poll`; a session that is closed meanwhile ends the wait
 * within 100 ms. Free the event with `gpushare_gpu_event_free`.
 */
gpushare_status_t gpushare_event_set_wait(const struct gpushare_event_set_t *events,
                                          uint32_t timeout_ms,
                                          struct gpushare_gpu_event_t **event,
                                          struct gpushare_error_t **error);

/**
 * Ends the waiting of every thread, within 100 ms and for good. What the driver kept can still be polled.
 */
void gpushare_event_set_stop(const struct gpushare_event_set_t *events);

/**
 * Whether the set was stopped.
 */
bool gpushare_event_set_is_stopped(const struct gpushare_event_set_t *events);

/**
 * Another handle of the same set.
 */
struct gpushare_event_set_t *gpushare_event_set_clone(const struct gpushare_event_set_t *events);

/**
 * Frees a handle. The set ends with the last handle of it. NULL is none.
 */
void gpushare_event_set_free(struct gpushare_event_set_t *events);

/**
 * The GPU that it happened to. It lives as long as the event; a clone lives on.
 */
const struct gpushare_gpu_t *gpushare_gpu_event_gpu(const struct gpushare_gpu_event_t *event);

/**
 * What happened: one of the `GPUSHARE_EVENT_...` bits, or one of a newer driver. A change of the MIG configuration says that the layout is
 * another, and not how often it changed.
 */
uint64_t gpushare_gpu_event_kind(const struct gpushare_gpu_event_t *event);

/**
 * The number of an XID, in NVIDIA's table of XIDs, 999 for one that NVML does not know; 0 of anything else, as far as NVIDIA documents.
 */
uint64_t gpushare_gpu_event_data(const struct gpushare_gpu_event_t *event);

/**
 * The id of the GPU instance that it is attributed to, which the driver tells of an XID only. `GPUSHARE_EVENT_NO_INSTANCE` where it concerns
 * the whole GPU, and from drivers without `nvmlEventSetWait_v2`, which do not tell: then it may concern any instance.
 */
uint32_t gpushare_gpu_event_gpu_instance(const struct gpushare_gpu_event_t *event);

/**
 * The id of the compute instance in that GPU instance; `GPUSHARE_EVENT_NO_INSTANCE` where it concerns the whole GPU instance.
 */
uint32_t gpushare_gpu_event_compute_instance(const struct gpushare_gpu_event_t *event);

/**
 * The smallest thing that it is attributed to, for a person. It lives as long as the event.
 */
const char *gpushare_gpu_event_target(const struct gpushare_gpu_event_t *event);

/**
 * Every MIG device that it concerns, of those that there are now: the one of its compute instance, all of its GPU instance, or all of the
 * GPU. Free the list with `gpushare_mig_device_list_free`.
 */
gpushare_status_t gpushare_gpu_event_mig_devices(const struct gpushare_gpu_event_t *event,
                                                 struct gpushare_mig_device_list_t **devices,
                                                 struct gpushare_error_t **error);

/**
 * Frees an event. NULL is none.
 */
void gpushare_gpu_event_free(struct gpushare_gpu_event_t *event);

/**
 * The number of compute instances.
 */
size_t gpushare_compute_instance_snapshot_list_len(const struct gpushare_compute_instance_snapshot_list_t *list);

/**
 * The compute instance at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_compute_instance_snapshot_t *gpushare_compute_instance_snapshot_list_get(const struct gpushare_compute_instance_snapshot_list_t *list,
                                                                                               size_t index);

/**
 * The number of GPU instances.
 */
size_t gpushare_gpu_instance_snapshot_list_len(const struct gpushare_gpu_instance_snapshot_list_t *list);

/**
 * The GPU instance at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_gpu_instance_snapshot_t *gpushare_gpu_instance_snapshot_list_get(const struct gpushare_gpu_instance_snapshot_list_t *list,
                                                                                       size_t index);

/**
 * The number of MIG devices.
 */
size_t gpushare_mig_device_snapshot_list_len(const struct gpushare_mig_device_snapshot_list_t *list);

/**
 * The MIG device at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_mig_device_snapshot_t *gpushare_mig_device_snapshot_list_get(const struct gpushare_mig_device_snapshot_list_t *list,
                                                                                   size_t index);

/**
 * The number of profiles.
 */
size_t gpushare_profile_capacity_list_len(const struct gpushare_profile_capacity_list_t *list);

/**
 * What there is room for of the profile at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_profile_capacity_t *gpushare_profile_capacity_list_get(const struct gpushare_profile_capacity_list_t *list,
                                                                             size_t index);

/**
 * The number of refusals.
 */
size_t gpushare_unknown_fact_list_len(const struct gpushare_unknown_fact_list_t *list);

/**
 * The refusal at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_unknown_fact_t *gpushare_unknown_fact_list_get(const struct gpushare_unknown_fact_list_t *list,
                                                                     size_t index);

/**
 * The number of GPUs.
 */
size_t gpushare_gpu_snapshot_list_len(const struct gpushare_gpu_snapshot_list_t *list);

/**
 * The GPU at an index of the list, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_gpu_snapshot_t *gpushare_gpu_snapshot_list_get(const struct gpushare_gpu_snapshot_list_t *list,
                                                                     size_t index);

/**
 * The number of servers.
 */
size_t gpushare_mps_server_snapshot_list_len(const struct gpushare_mps_server_snapshot_list_t *list);

/**
 * The server at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_mps_server_snapshot_t *gpushare_mps_server_snapshot_list_get(const struct gpushare_mps_server_snapshot_list_t *list,
                                                                                   size_t index);

/**
 * The number of daemons.
 */
size_t gpushare_mps_daemon_snapshot_list_len(const struct gpushare_mps_daemon_snapshot_list_t *list);

/**
 * The daemon at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_mps_daemon_snapshot_t *gpushare_mps_daemon_snapshot_list_get(const struct gpushare_mps_daemon_snapshot_list_t *list,
                                                                                   size_t index);

/**
 * What is on the node, who is on it and what is free, as it is now. What the driver refuses to tell of one GPU is part of the answer;
 * an error is what concerns all of it. Whoever wants one after the other takes them from a `gpushare_observer_t`. Free it with
 * `gpushare_snapshot_free`.
 */
gpushare_status_t gpushare_nvml_snapshot(const struct gpushare_nvml_t *nvml,
                                         struct gpushare_snapshot_t **snapshot,
                                         struct gpushare_error_t **error);

/**
 * The driver's version, such as "580.126.09". It lives as long as the snapshot.
 */
const char *gpushare_snapshot_driver_version(const struct gpushare_snapshot_t *snapshot);

/**
 * The GPUs. The list lives as long as the snapshot.
 */
const struct gpushare_gpu_snapshot_list_t *gpushare_snapshot_gpus(const struct gpushare_snapshot_t *snapshot);

/**
 * The GPU with a UUID, "GPU-..."; NULL where none has it. It lives as long as the snapshot.
 */
const struct gpushare_gpu_snapshot_t *gpushare_snapshot_gpu(const struct gpushare_snapshot_t *snapshot,
                                                            const char *uuid);

/**
 * The MIG device with a UUID, in either form; NULL where none has it. It lives as long as the snapshot.
 */
const struct gpushare_mig_device_snapshot_t *gpushare_snapshot_mig_device(const struct gpushare_snapshot_t *snapshot,
                                                                          const char *uuid);

/**
 * The MPS daemons that have servers on the GPUs. The list lives as long as the snapshot.
 */
const struct gpushare_mps_daemon_snapshot_list_t *gpushare_snapshot_mps_daemons(const struct gpushare_snapshot_t *snapshot);

/**
 * The part of it that decides which devices `CUDA_VISIBLE_DEVICES` names. GPUs whose PCI address is not known are left out: CUDA does
 * not see those either. Free it with `gpushare_visible_node_free`.
 */
gpushare_status_t gpushare_snapshot_visible_node(const struct gpushare_snapshot_t *snapshot,
                                                 struct gpushare_visible_node_t **node,
                                                 struct gpushare_error_t **error);

/**
 * Whether two snapshots say the same.
 */
bool gpushare_snapshot_equal(const struct gpushare_snapshot_t *one, const struct gpushare_snapshot_t *other);

/**
 * The snapshot for a person: a paragraph per GPU. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_snapshot_to_string(const struct gpushare_snapshot_t *snapshot,
                                              char **text,
                                              struct gpushare_error_t **error);

/**
 * All of the snapshot as JSON, with the number of its form as "schema". Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_snapshot_to_json(const struct gpushare_snapshot_t *snapshot,
                                            char **json_text,
                                            struct gpushare_error_t **error);

/**
 * A snapshot from its JSON, also of another node or another time. JSON of another form is refused. Free it with
 * `gpushare_snapshot_free`.
 */
gpushare_status_t gpushare_snapshot_from_json(const char *json,
                                              struct gpushare_snapshot_t **snapshot,
                                              struct gpushare_error_t **error);

/**
 * Frees a snapshot. NULL is none.
 */
void gpushare_snapshot_free(struct gpushare_snapshot_t *snapshot);

/**
 * What changed from one snapshot to a later one. Empty where nothing did; how busy a GPU is, how much memory a process has and what was
 * not told are no changes. Free the list with `gpushare_change_list_free`.
 */
gpushare_status_t gpushare_snapshot_changes(const struct gpushare_snapshot_t *before,
                                            const struct gpushare_snapshot_t *after,
                                            struct gpushare_change_list_t **changes,
                                            struct gpushare_error_t **error);

/**
 * The number of changes.
 */
size_t gpushare_change_list_len(const struct gpushare_change_list_t *list);

/**
 * The change at an index, from 0; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_change_t *gpushare_change_list_get(const struct gpushare_change_list_t *list, size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_change_list_free(struct gpushare_change_list_t *list);

/**
 * What takes snapshots one after the other, for the least that they can cost. Free it with `gpushare_observer_free`.
 */
gpushare_status_t gpushare_nvml_observer(const struct gpushare_nvml_t *nvml,
                                         struct gpushare_observer_t **observer,
                                         struct gpushare_error_t **error);

/**
 * What is on the node, who is on it and what is free, as it is now. Free it with `gpushare_snapshot_free`.
 */
gpushare_status_t gpushare_observer_snapshot(const struct gpushare_observer_t *observer,
                                             struct gpushare_snapshot_t **snapshot,
                                             struct gpushare_error_t **error);

/**
 * How each GPU is divided now. Where nothing changed, the driver is asked for events alone, and once for each GPU without instances.
 * Free the list with `gpushare_gpu_layout_list_free`.
 */
gpushare_status_t gpushare_observer_layouts(const struct gpushare_observer_t *observer,
                                            struct gpushare_gpu_layout_list_t **layouts,
                                            struct gpushare_error_t **error);

/**
 * The MIG devices of the node, with handles that are fresh now. It costs as much as `gpushare_observer_layouts`. Free the list with
 * `gpushare_mig_device_list_free`.
 */
gpushare_status_t gpushare_observer_mig_devices(const struct gpushare_observer_t *observer,
                                                struct gpushare_mig_device_list_t **devices,
                                                struct gpushare_error_t **error);

/**
 * The GPUs that are observed, in NVML's order. The list lives as long as the handle of the observer.
 */
const struct gpushare_gpu_list_t *gpushare_observer_gpus(const struct gpushare_observer_t *observer);

/**
 * Another handle of the same observer.
 */
struct gpushare_observer_t *gpushare_observer_clone(const struct gpushare_observer_t *observer);

/**
 * Frees a handle. The observer ends with the last handle of it. NULL is none.
 */
void gpushare_observer_free(struct gpushare_observer_t *observer);

/**
 * The number of GPUs.
 */
size_t gpushare_gpu_layout_list_len(const struct gpushare_gpu_layout_list_t *list);

/**
 * The GPU at an index, from 0, and its layout; NULL beyond the last. It lives as long as the list.
 */
const struct gpushare_gpu_layout_t *gpushare_gpu_layout_list_get(const struct gpushare_gpu_layout_list_t *list,
                                                                 size_t index);

/**
 * Frees a list. NULL is none.
 */
void gpushare_gpu_layout_list_free(struct gpushare_gpu_layout_list_t *list);

/**
 * The driver's files for all GPUs and MIG devices of this node, as they are now. Free them with `gpushare_device_files_free`.
 */
gpushare_status_t gpushare_nvml_device_files(const struct gpushare_nvml_t *nvml,
                                             struct gpushare_device_files_t **files,
                                             struct gpushare_error_t **error);

/**
 * The driver's files for a GPU and its MIG devices. Free them with `gpushare_device_files_free`.
 */
gpushare_status_t gpushare_gpu_device_files(const struct gpushare_gpu_t *gpu,
                                            struct gpushare_device_files_t **files,
                                            struct gpushare_error_t **error);

/**
 * The driver's files for a MIG device alone, among them those of its GPU. Free them with `gpushare_device_files_free`.
 */
gpushare_status_t gpushare_mig_device_device_files(const struct gpushare_mig_device_t *device,
                                                   struct gpushare_device_files_t **files,
                                                   struct gpushare_error_t **error);

/**
 * Files from their JSON, such as those of another node. Free them with `gpushare_device_files_free`.
 */
gpushare_status_t gpushare_device_files_from_json(const char *json,
                                                  struct gpushare_device_files_t **files,
                                                  struct gpushare_error_t **error);

/**
 * The files as JSON, with the GPU or MIG device that each is for. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_device_files_to_json(const struct gpushare_device_files_t *files,
                                                char **json_text,
                                                struct gpushare_error_t **error);

/**
 * The folder below which the files are. It lives as long as they do.
 */
const char *gpushare_device_files_root(const struct gpushare_device_files_t *files);

/**
 * The version of the driver. It lives as long as the files.
 */
const char *gpushare_device_files_driver_version(const struct gpushare_device_files_t *files);

/**
 * The number of nodes, each of which is there once.
 */
size_t gpushare_device_files_node_count(const struct gpushare_device_files_t *files);

/**
 * The node at an index, from 0; NULL beyond the last. Those that are shared come first, then for each GPU its own and those of its MIG
 * devices. It lives as long as the files.
 */
const struct gpushare_device_node_t *gpushare_device_files_node(const struct gpushare_device_files_t *files,
                                                                size_t index);

/**
 * Frees files. NULL is none.
 */
void gpushare_device_files_free(struct gpushare_device_files_t *files);

/**
 * The driver's table of the minor numbers of MIG capabilities, read from its file `mig-minors`. Free it with
 * `gpushare_mig_minors_free`.
 */
gpushare_status_t gpushare_nvml_mig_minors(const struct gpushare_nvml_t *nvml,
                                           struct gpushare_mig_minors_t **minors,
                                           struct gpushare_error_t **error);

/**
 * The minor of the capability to change MIG instances.
 */
uint32_t gpushare_mig_minors_config(const struct gpushare_mig_minors_t *minors);

/**
 * The minor of the capability to see the whole of a GPU that has MIG instances.
 */
uint32_t gpushare_mig_minors_monitor(const struct gpushare_mig_minors_t *minors);

/**
 * The minor of the node that grants use of an instance. `gpu_minor` is that of `gpushare_gpu_minor_number`; `compute_instance` may be
 * `GPUSHARE_NO_COMPUTE_INSTANCE`. `GPUSHARE_ERROR_INVALID_ARGUMENT` where the driver numbers no such.
 */
gpushare_status_t gpushare_mig_minors_minor(const struct gpushare_mig_minors_t *minors,
                                            uint32_t gpu_minor,
                                            uint32_t gpu_instance,
                                            uint32_t compute_instance,
                                            uint32_t *minor,
                                            struct gpushare_error_t **error);

/**
 * Frees a table. NULL is none.
 */
void gpushare_mig_minors_free(struct gpushare_mig_minors_t *minors);

/**
 * The CDI specification by which container runtimes give these devices to containers, of the oldest version that has all that it uses.
 * `options` may be NULL. `GPUSHARE_ERROR_NOT_FOUND` where there is no device; the error names a vendor, class, name or path that the format
 * cannot have. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_device_files_cdi_spec(const struct gpushare_device_files_t *files,
                                                 const struct gpushare_cdi_options_t *options,
                                                 char **spec,
                                                 struct gpushare_error_t **error);

/**
 * The CDI specification of all GPUs and MIG devices of this node, as they are now: `gpushare_device_files_cdi_spec` of
 * `gpushare_nvml_device_files`. Free it with `gpushare_string_free`.
 */
gpushare_status_t gpushare_nvml_cdi_spec(const struct gpushare_nvml_t *nvml,
                                         const struct gpushare_cdi_options_t *options,
                                         char **spec,
                                         struct gpushare_error_t **error);

/**
 * The lines by which Slurm lets jobs have these devices: those of `gres.conf`, and what the node's line of `slurm.conf` has to say, such as
 * "Gres=gpu:nvidia_a100_4g.20gb:1"; it needs the line "GresTypes=gpu" as well. Both are empty where there is no device. `options` may be
 * NULL. The error names a node name, cores or a path that Slurm could not read. Free both with `gpushare_string_free`.
 */
gpushare_status_t gpushare_device_files_slurm_gres(const struct gpushare_device_files_t *files,
                                                   const struct gpushare_slurm_options_t *options,
                                                   char **gres_conf,
                                                   char **node_gres,
                                                   struct gpushare_error_t **error);

/**
 * The same for all GPUs and MIG devices of this node, as they are now. Free both with `gpushare_string_free`.
 */
gpushare_status_t gpushare_nvml_slurm_gres(const struct gpushare_nvml_t *nvml,
                                           const struct gpushare_slurm_options_t *options,
                                           char **gres_conf,
                                           char **node_gres,
                                           struct gpushare_error_t **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* GPUSHARE_H */
