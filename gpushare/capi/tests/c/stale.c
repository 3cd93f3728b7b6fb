/* Handles of what is gone: destroyed by another handle, made anew with the same id, or of a session that was closed. */
#include "check.h"

enum { STALE = GPUSHARE_ERROR_STALE };

static void destroyed(const gpushare_gpu_t *gpu) {
    gpushare_gpu_instance_t *instance = create(gpu, "2g.10gb"), *other;
    gpushare_compute_instance_t *inside, *found;
    gpushare_mig_device_t *device;
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    gpushare_gpu_instance_placement_t at;
    uint32_t number = 77;
    OK(gpushare_gpu_instance_placement(instance, &at, &error));
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    OK(gpushare_compute_instance_mig_device(inside, &device, &error));
    other = gpushare_gpu_instance_clone(instance);

    OK(gpushare_gpu_instance_compute_instance(other, 0, &found, &error));
    OK(gpushare_compute_instance_destroy(found, &error));
    gpushare_compute_instance_free(found);
    FAILS(STALE, gpushare_compute_instance_destroy(inside, &error));
    FAILS(STALE, gpushare_mig_device_memory(device, &memory, &error));
    FAILS(STALE, gpushare_mig_device_index(device, &number, &error));
    OK(gpushare_gpu_instance_destroy(other, &error));
    FAILS(STALE, gpushare_gpu_instance_destroy(instance, &error));
    FAILS(STALE, gpushare_gpu_instance_create_default_compute_instance(instance, &found, &error));
    /* What has the same id is another one if it is of another profile. */
    gpushare_gpu_instance_profile_t *profile;
    gpushare_gpu_instance_t *again;
    OK(gpushare_gpu_gpu_instance_profile(gpu, "1g.10gb", &profile, &error));
    OK(gpushare_gpu_create_gpu_instance_at(gpu, profile, at, &again, &error));
    gpushare_gpu_instance_profile_free(profile);
    CHECK(gpushare_gpu_instance_id(again) == gpushare_gpu_instance_id(instance));
    FAILS(STALE, gpushare_gpu_instance_destroy(instance, &error));
    OK(gpushare_gpu_instance_destroy(again, &error));
    CHECK(number == 77 && memory.total == 0);

    gpushare_gpu_instance_free(again);
    gpushare_mig_device_free(device);
    gpushare_compute_instance_free(inside);
    gpushare_gpu_instance_free(other);
    gpushare_gpu_instance_free(instance);
}

static void closed(gpushare_nvml_t *nvml, gpushare_gpu_t *gpu) {
    gpushare_gpu_instance_profile_list_t *profiles;
    gpushare_nvml_t *other = gpushare_nvml_clone(nvml), *next;
    gpushare_gpu_t *found;
    gpushare_mig_mode_t mode;
    uint32_t count;
    OK(gpushare_gpu_gpu_instance_profiles(gpu, &profiles, &error));
    OK(gpushare_nvml_close(other, &error));
    OK(gpushare_nvml_close(nvml, &error));
    FAILS(STALE, gpushare_nvml_gpu_count(nvml, &count, &error));
    FAILS(STALE, gpushare_nvml_gpu(other, 0, &found, &error));
    FAILS(STALE, gpushare_gpu_mig_mode(gpu, &mode, &error));
    /* What was known is known still. */
    SAME(gpushare_gpu_name(gpu), "NVIDIA A100-SXM4-40GB");
    SAME(gpushare_gpu_instance_profile_name(gpushare_gpu_instance_profile_list_get(profiles, 0)), "1g.5gb");

    next = load();
    OK(gpushare_nvml_gpu_count(next, &count, &error));
    CHECK(count == 1);
    FAILS(STALE, gpushare_nvml_gpu_count(nvml, &count, &error));
    gpushare_nvml_free(next);
    gpushare_nvml_free(other);
    gpushare_gpu_instance_profile_list_free(profiles);
}

int main(void) {
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_t *gpu;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    destroyed(gpu);
    closed(nvml, gpu);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
