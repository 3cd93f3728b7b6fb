/* Who owns what: lists, their elements and clones of them, texts, and sessions that end first. */
#include "check.h"

int main(void) {
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_list_t *gpus;
    char *version, *layout;
    OK(gpushare_nvml_driver_version(nvml, &version, &error));
    OK(gpushare_nvml_gpus(nvml, &gpus, &error));
    gpushare_nvml_free(nvml);
    SAME(version, "580.126.09");
    gpushare_string_free(version);

    CHECK(gpushare_gpu_list_len(gpus) == 1 && gpushare_gpu_list_get(gpus, 1) == NULL);
    CHECK(gpushare_gpu_list_get(gpus, SIZE_MAX) == NULL);
    const gpushare_gpu_t *lent = gpushare_gpu_list_get(gpus, 0);
    CHECK(lent == gpushare_gpu_list_get(gpus, 0));
    OK(gpushare_gpu_set_mig_mode(lent, true, &error));
    gpushare_gpu_t *gpu = gpushare_gpu_clone(lent);
    gpushare_gpu_list_free(gpus);

    gpushare_gpu_instance_t *instance = create(gpu, "2g.10gb");
    gpushare_compute_instance_t *inside;
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    gpushare_gpu_instance_free(instance);
    gpushare_gpu_instance_list_t *instances;
    gpushare_mig_device_list_t *devices;
    OK(gpushare_gpu_gpu_instances(gpu, &instances, &error));
    OK(gpushare_gpu_mig_devices(gpu, &devices, &error));
    gpushare_gpu_free(gpu);

    /* The session lives on in what came of it. */
    CHECK(gpushare_mig_device_list_len(devices) == 1);
    gpushare_mig_device_t *device = gpushare_mig_device_clone(gpushare_mig_device_list_get(devices, 0));
    gpushare_mig_device_list_free(devices);
    gpushare_gpu_t *again = gpushare_gpu_clone(gpushare_mig_device_gpu(device));
    gpushare_mig_device_free(device);
    layout = layout_of(again);
    SAME(layout, "2g.10gb@4[*@0]");
    gpushare_string_free(layout);
    gpushare_gpu_free(again);

    /* Handles outlive what they name, and the handles that they come from. */
    const gpushare_gpu_instance_t *first = gpushare_gpu_instance_list_get(instances, 0);
    gpushare_gpu_instance_profile_t *profile = gpushare_gpu_instance_profile_clone(gpushare_gpu_instance_profile(first));
    gpushare_compute_instance_profile_t *whole =
        gpushare_compute_instance_profile_clone(gpushare_compute_instance_profile(inside));
    OK(gpushare_compute_instance_destroy(inside, &error));
    OK(gpushare_gpu_instance_destroy(first, &error));
    gpushare_compute_instance_free(gpushare_compute_instance_clone(inside));
    gpushare_compute_instance_free(inside);
    gpushare_gpu_instance_list_free(instances);
    SAME(gpushare_gpu_instance_profile_name(profile), "2g.10gb");
    SAME(gpushare_compute_instance_profile_name(whole), "2g.10gb");
    gpushare_compute_instance_profile_free(whole);
    gpushare_gpu_instance_profile_free(profile);
    return 0;
}
