/* NULL: freed, as an argument, and as the place of an error. */
#include "check.h"

static void freed(void) {
    gpushare_applied_free(NULL);
    gpushare_capability_free(NULL);
    gpushare_change_list_free(NULL);
    gpushare_compute_instance_free(NULL);
    gpushare_compute_instance_list_free(NULL);
    gpushare_compute_instance_placement_list_free(NULL);
    gpushare_compute_instance_profile_free(NULL);
    gpushare_compute_instance_profile_list_free(NULL);
    gpushare_cuda_device_list_free(NULL);
    gpushare_cuda_devices_free(NULL);
    gpushare_cuda_rules_free(NULL);
    gpushare_drift_free(NULL);
    gpushare_error_free(NULL);
    gpushare_gpu_process_list_free(NULL);
    gpushare_process_utilization_list_free(NULL);
    gpushare_gpu_free(NULL);
    gpushare_gpu_instance_free(NULL);
    gpushare_gpu_instance_list_free(NULL);
    gpushare_gpu_instance_placement_list_free(NULL);
    gpushare_gpu_instance_profile_free(NULL);
    gpushare_gpu_instance_profile_list_free(NULL);
    gpushare_gpu_layout_list_free(NULL);
    gpushare_gpu_list_free(NULL);
    gpushare_layout_free(NULL);
    gpushare_mig_device_free(NULL);
    gpushare_mig_device_list_free(NULL);
    gpushare_mig_geometry_free(NULL);
    gpushare_mig_parted_config_free(NULL);
    gpushare_mig_state_free(NULL);
    gpushare_nvml_free(NULL);
    gpushare_observer_free(NULL);
    gpushare_plan_free(NULL);
    gpushare_snapshot_free(NULL);
    gpushare_string_free(NULL);
    gpushare_visible_node_free(NULL);
}

static void asked(void) {
    CHECK(gpushare_gpu_index(NULL) == 0);
    CHECK(gpushare_gpu_uuid(NULL) == NULL);
    CHECK(gpushare_gpu_clone(NULL) == NULL);
    CHECK(gpushare_gpu_list_len(NULL) == 0);
    CHECK(gpushare_gpu_list_get(NULL, 0) == NULL);
    CHECK(gpushare_error_nvml_return(NULL) == -1);
    CHECK(gpushare_error_holder(NULL, 0) == NULL);
    CHECK(!gpushare_layout_equal(NULL, NULL));
    CHECK(gpushare_applied_made(NULL) == NULL);
    CHECK(gpushare_drift_plan(NULL) == NULL);
    CHECK(!gpushare_drift_is_empty(NULL));
    CHECK(gpushare_mig_state_compute_instance(NULL, 0, 0) == NULL);
}

static void given(const gpushare_nvml_t *nvml, const gpushare_gpu_t *gpu) {
    enum { INVALID = GPUSHARE_ERROR_INVALID_ARGUMENT };
    uint32_t number = 77;
    char *text = (char *)&number;
    gpushare_gpu_t *found = (gpushare_gpu_t *)&number;
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    FAILS(INVALID, gpushare_nvml_load(NULL, &error));
    FAILS(INVALID, gpushare_nvml_gpu_count(NULL, &number, &error));
    FAILS(INVALID, gpushare_nvml_gpu_count(nvml, NULL, &error));
    FAILS(INVALID, gpushare_nvml_gpu_by_uuid(nvml, NULL, &found, &error));
    FAILS(INVALID, gpushare_gpu_memory(NULL, &memory, &error));
    FAILS(INVALID, gpushare_gpu_memory(gpu, NULL, &error));
    FAILS(INVALID, gpushare_gpu_remaining_capacity(gpu, NULL, &number, &error));
    FAILS(INVALID, gpushare_gpu_set_mig_mode(NULL, true, &error));
    FAILS(INVALID, gpushare_layout_parse(NULL, NULL, &error));
    FAILS(INVALID, gpushare_layout_to_string(NULL, &text, &error));
    FAILS(INVALID, gpushare_plan_new(NULL, NULL, NULL, NULL, NULL, &error));
    FAILS(INVALID, gpushare_gpu_apply(gpu, NULL, NULL, NULL, &error));
    FAILS(INVALID, gpushare_profile_name_format(NULL, &text, &error));
    CHECK(number == 77 && found == (gpushare_gpu_t *)&number && text == (char *)&number);

    CHECK(gpushare_gpu_memory(gpu, NULL, &error) == INVALID);
    SAME(gpushare_error_message(error), "memory of gpushare_gpu_memory is NULL");
    gpushare_error_free(error);
    error = NULL;
    CHECK(gpushare_gpu_memory(gpu, NULL, NULL) == INVALID);
    CHECK(gpushare_nvml_gpu(nvml, 99, &found, NULL) == INVALID && found == (gpushare_gpu_t *)&number);
}

int main(void) {
    freed();
    asked();
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_t *gpu;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    given(nvml, gpu);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
