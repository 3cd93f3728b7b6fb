/* One handle of each kind, used by many threads at the same time, with errors of their own. */
#include "check.h"

#include <pthread.h>

enum { THREADS = 16, ROUNDS = 50 };

struct shared {
    const gpushare_gpu_t *gpu;
    const gpushare_mig_device_t *device;
    const gpushare_gpu_instance_t *instance;
};

#define MUST(condition) do { if (!(condition)) return (void *)#condition; } while (0)

/* What went wrong; NULL is nothing. */
static void *use(void *argument) {
    const struct shared *with = argument;
    for (int round = 0; round < ROUNDS; round++) {
        gpushare_mig_mode_t mode;
        gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
        gpushare_error_t *in_use = NULL, *unknown = NULL;
        gpushare_gpu_instance_profile_t *none;
        gpushare_gpu_t *clone = gpushare_gpu_clone(with->gpu);
        MUST(gpushare_gpu_mig_mode(clone, &mode, NULL) == GPUSHARE_OK && mode.current);
        MUST(gpushare_mig_device_memory(with->device, &memory, NULL) == GPUSHARE_OK && memory.total == (uint64_t)4864 << 20);
        MUST(gpushare_gpu_instance_destroy(with->instance, &in_use) == GPUSHARE_ERROR_IN_USE);
        MUST(gpushare_gpu_gpu_instance_profile(clone, "9g.9gb", &none, &unknown) == GPUSHARE_ERROR_NOT_FOUND);
        MUST(gpushare_error_holder_count(in_use) == 1 && gpushare_error_holder_count(unknown) == 0);
        gpushare_error_free(unknown);
        gpushare_error_free(in_use);
        gpushare_gpu_free(clone);
    }
    return NULL;
}

int main(void) {
    gpushare_gpu_t *gpu = load_gpu();
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    gpushare_gpu_instance_t *instance = create(gpu, "1g.5gb");
    gpushare_compute_instance_t *inside;
    gpushare_mig_device_t *device;
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    OK(gpushare_compute_instance_mig_device(inside, &device, &error));

    struct shared with = {gpu, device, instance};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, use, &with) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        CHECK(pthread_join(threads[i], &wrong) == 0);
        if (wrong) fail(__FILE__, __LINE__, wrong);
    }
    gpushare_mig_device_free(device);
    gpushare_compute_instance_free(inside);
    gpushare_gpu_instance_free(instance);
    gpushare_gpu_free(gpu);
    return 0;
}
