/* Time-slicing, by the simulated nvidia-smi that the environment names. */
#include "check.h"

#include <sys/stat.h>

enum { INVALID = GPUSHARE_ERROR_INVALID_ARGUMENT, UNSUPPORTED = GPUSHARE_ERROR_NOT_SUPPORTED };

static void policies(const gpushare_gpu_t *gpu) {
    const uint32_t all[] = {GPUSHARE_TIME_SLICE_SHORT, GPUSHARE_TIME_SLICE_MEDIUM, GPUSHARE_TIME_SLICE_LONG, GPUSHARE_TIME_SLICE_DEFAULT};
    uint32_t policy = 77;
    OK(gpushare_gpu_time_slice(gpu, NULL, &policy, &error));
    CHECK(policy == GPUSHARE_TIME_SLICE_DEFAULT);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        OK(gpushare_gpu_set_time_slice(gpu, all[i], NULL, &error));
        OK(gpushare_gpu_time_slice(gpu, NULL, &policy, &error));
        CHECK(policy == all[i]);
    }
    FAILS(INVALID, gpushare_gpu_set_time_slice(gpu, 4, NULL, &error));
    CHECK(gpushare_gpu_set_time_slice(gpu, 4, NULL, &error) == INVALID);
    CHECK(strstr(gpushare_error_message(error), "is 4; there are 0 to 3"));
    gpushare_error_free(error);
    error = NULL;
}

static void programs(const gpushare_gpu_t *gpu, const char *folder) {
    gpushare_nvidia_smi_options_t options = GPUSHARE_NVIDIA_SMI_OPTIONS_INIT;
    uint32_t policy = 77;
    options.patience_ms = 60000;
    options.program = getenv("GPUSHARE_NVIDIA_SMI");
    OK(gpushare_gpu_time_slice(gpu, &options, &policy, &error));
    CHECK(policy == GPUSHARE_TIME_SLICE_DEFAULT);
    policy = 77;
    options.program = "nvidia-smi";
    FAILS(INVALID, gpushare_gpu_time_slice(gpu, &options, &policy, &error));
    char missing[256];
    snprintf(missing, sizeof missing, "%s/nvidia-smi", folder);
    options.program = missing;
    FAILS(GPUSHARE_ERROR_NO_DRIVER, gpushare_gpu_set_time_slice(gpu, 1, &options, &error));
    options.program = "/bin/false";
    CHECK(gpushare_gpu_time_slice(gpu, &options, &policy, &error) != GPUSHARE_OK && policy == 77);
    CHECK(strstr(gpushare_error_message(error), "/bin/false") && strstr(gpushare_error_message(error), "exit status 1"));
    gpushare_error_free(error);
    error = NULL;
}

int main(int count, char **arguments) {
    CHECK(count == 2 && getenv("GPUSHARE_NVIDIA_SMI"));
    char state[256];
    snprintf(state, sizeof state, "%s/state", arguments[1]);
    CHECK(mkdir(state, 0700) == 0 && setenv("GPUSHARE_SIM_STATE", state, 1) == 0);
    gpushare_gpu_t *gpu = load_gpu();
    policies(gpu);
    programs(gpu, arguments[1]);
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    FAILS(UNSUPPORTED, gpushare_gpu_set_time_slice(gpu, GPUSHARE_TIME_SLICE_SHORT, NULL, &error));
    gpushare_gpu_free(gpu);
    return 0;
}
