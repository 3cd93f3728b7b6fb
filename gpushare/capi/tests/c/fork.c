/* A child uses and frees what it has inherited, and so does its parent. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_list_t *gpus;
    gpushare_gpu_t *missing;
    OK(gpushare_nvml_gpus(nvml, &gpus, &error));
    const gpushare_gpu_t *gpu = gpushare_gpu_list_get(gpus, 0);
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    gpushare_gpu_instance_t *instance = create(gpu, "1g.5gb");
    gpushare_error_t *before = NULL;
    CHECK(gpushare_nvml_gpu(nvml, 5, &missing, &before) == GPUSHARE_ERROR_INVALID_ARGUMENT);

    pid_t child = fork();
    CHECK(child >= 0);
    gpushare_mig_mode_t mode;
    gpushare_compute_instance_t *inside;
    uint32_t count;
    OK(gpushare_nvml_gpu_count(nvml, &count, &error));
    OK(gpushare_gpu_mig_mode(gpu, &mode, &error));
    CHECK(count == 1 && mode.current && gpushare_error_status(before) == GPUSHARE_ERROR_INVALID_ARGUMENT);
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    OK(gpushare_compute_instance_destroy(inside, &error));
    gpushare_compute_instance_free(inside);
    if (child == 0) {
        gpushare_nvml_t *own = load();
        OK(gpushare_nvml_gpu_count(own, &count, &error));
        gpushare_nvml_free(own);
    } else {
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        OK(gpushare_gpu_instance_destroy(instance, &error));
    }
    gpushare_error_free(before);
    gpushare_gpu_instance_free(instance);
    gpushare_gpu_list_free(gpus);
    gpushare_nvml_free(nvml);
    return 0;
}
