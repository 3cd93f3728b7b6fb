"""usage: your_program.py GPU-INSTANCE-PROFILE COMPUTE-INSTANCE-PROFILE

Makes a MIG device on GPU 0, all of it or nothing.
"""

import sys

import pynvml


def make(gpu, gi_profile, ci_profile):
    if pynvml.nvmlDeviceGetMigMode(gpu)[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        activation = pynvml.nvmlDeviceSetMigMode(gpu, pynvml.NVML_DEVICE_MIG_ENABLE)
        if activation != pynvml.NVML_SUCCESS:
            raise pynvml.NVMLError(activation)
    instance = pynvml.nvmlDeviceCreateGpuInstance(gpu, gi_profile)
    try:
        compute = pynvml.nvmlGpuInstanceCreateComputeInstance(instance, ci_profile)
    except pynvml.NVMLError:
        pynvml.nvmlGpuInstanceDestroy(instance)
        raise
    return pynvml.nvmlGpuInstanceGetInfo(instance).id, pynvml.nvmlComputeInstanceGetInfo_v2(compute).id


def main():
    gi_profile, ci_profile = map(int, sys.argv[1:])
    pynvml.nvmlInit()
    try:
        gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
        gi, ci = make(gpu, gi_profile, ci_profile)
        print(f"{pynvml.nvmlDeviceGetName(gpu)}: GPU instance {gi}, compute instance {ci}")
    except pynvml.NVMLError as error:
        sys.exit(str(error))
    finally:
        pynvml.nvmlShutdown()


if __name__ == "__main__":
    main()
