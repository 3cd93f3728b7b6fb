/* usage: your_program GPU-INSTANCE-PROFILE COMPUTE-INSTANCE-PROFILE
 *
 * Makes a MIG device on GPU 0, all of it or nothing. */
#include <nvml.h>
#include <stdio.h>
#include <stdlib.h>

static nvmlReturn_t make(nvmlDevice_t gpu, unsigned gi_profile, unsigned ci_profile, unsigned *gi_id, unsigned *ci_id) {
    unsigned current, pending;
    nvmlReturn_t code = nvmlDeviceGetMigMode(gpu, &current, &pending);
    if (code == NVML_SUCCESS && current != NVML_DEVICE_MIG_ENABLE) {
        nvmlReturn_t activation;
        code = nvmlDeviceSetMigMode(gpu, NVML_DEVICE_MIG_ENABLE, &activation);
        if (code == NVML_SUCCESS) code = activation;
    }
    if (code != NVML_SUCCESS) return code;

    nvmlGpuInstance_t instance;
    code = nvmlDeviceCreateGpuInstance(gpu, gi_profile, &instance);
    if (code != NVML_SUCCESS) return code;

    nvmlComputeInstance_t compute;
    code = nvmlGpuInstanceCreateComputeInstance(instance, ci_profile, &compute);
    if (code != NVML_SUCCESS) {
        nvmlGpuInstanceDestroy(instance);
        return code;
    }
    nvmlGpuInstanceInfo_t gi;
    nvmlComputeInstanceInfo_t ci;
    code = nvmlGpuInstanceGetInfo(instance, &gi);
    if (code == NVML_SUCCESS) code = nvmlComputeInstanceGetInfo_v2(compute, &ci);
    if (code == NVML_SUCCESS) {
        *gi_id = gi.id;
        *ci_id = ci.id;
    }
    return code;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    char name[NVML_DEVICE_NAME_V2_BUFFER_SIZE];
    nvmlDevice_t gpu;
    unsigned gi = 0, ci = 0;
    nvmlReturn_t code = nvmlInit_v2();
    if (code == NVML_SUCCESS) code = nvmlDeviceGetHandleByIndex_v2(0, &gpu);
    if (code == NVML_SUCCESS) code = nvmlDeviceGetName(gpu, name, sizeof name);
    if (code == NVML_SUCCESS) code = make(gpu, atoi(argv[1]), atoi(argv[2]), &gi, &ci);
    if (code == NVML_SUCCESS)
        printf("%s: GPU instance %u, compute instance %u\n", name, gi, ci);
    else
        fprintf(stderr, "%s\n", nvmlErrorString(code));
    nvmlShutdown();
    return code != NVML_SUCCESS;
}
