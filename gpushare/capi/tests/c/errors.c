/* What errors say, also after what they are about is gone. */
#include "check.h"

/* The error of the last call, which failed. */
static gpushare_error_t *taken(gpushare_status_t wanted, gpushare_status_t got) {
    gpushare_error_t *made = error;
    CHECK(got == wanted && made && gpushare_error_status(made) == wanted);
    error = NULL;
    return made;
}

static void from_the_driver(const gpushare_gpu_t *gpu) {
    gpushare_mig_mode_t mode;
    control("{\"command\": \"set_faults\", \"faults\": [\"nvmlDeviceGetMigMode#1=TIMEOUT\"]}");
    gpushare_error_t *made = taken(GPUSHARE_ERROR_TIMEOUT, gpushare_gpu_mig_mode(gpu, &mode, &error));
    control("{\"command\": \"clear_faults\"}");
    SAME(gpushare_error_call(made), "nvmlDeviceGetMigMode");
    CHECK(gpushare_error_nvml_return(made) == 10 && strstr(gpushare_error_target(made), "GPU 0"));
    CHECK(gpushare_error_holder_count(made) == 0 && !gpushare_error_restored(made));
    gpushare_error_free(made);
}

static void without_the_driver(void) {
    gpushare_layout_t *layout = NULL;
    gpushare_error_t *made = taken(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_layout_parse("4h.20gb", &layout, &error));
    CHECK(strstr(gpushare_error_message(made), "4h.20gb") && layout == NULL);
    CHECK(gpushare_error_call(made) == NULL && gpushare_error_target(made) == NULL && gpushare_error_nvml_return(made) == -1);
    gpushare_error_free(made);
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_layout_parse("\xff", &layout, &error));
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_layout_from_json("{", &layout, &error));
}

static void held(const gpushare_gpu_t *gpu) {
    gpushare_gpu_instance_t *instance = create(gpu, "3g.20gb");
    gpushare_compute_instance_t *inside;
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    gpushare_error_t *by_inside = taken(GPUSHARE_ERROR_IN_USE, gpushare_gpu_instance_destroy(instance, &error));
    CHECK(gpushare_error_holder_count(by_inside) == 1);
    CHECK(gpushare_error_holder(by_inside, 0)->kind == GPUSHARE_HOLDER_COMPUTE_INSTANCE);
    CHECK(gpushare_error_holder(by_inside, 0)->id == 0 && gpushare_error_holder(by_inside, 0)->name == NULL);
    CHECK(gpushare_error_holder(by_inside, 1) == NULL);

    char command[256];
    snprintf(command, sizeof command,
             "{\"command\": \"add_process\", \"gpu\": 0, \"process\": {\"pid\": 4711, \"name\": \"trainer\", \"kind\": \"compute\", "
             "\"used_memory\": 1048576, \"instance\": [%u, 0]}}",
             gpushare_gpu_instance_id(instance));
    control(command);
    gpushare_error_t *by_process = taken(GPUSHARE_ERROR_IN_USE, gpushare_compute_instance_destroy(inside, &error));
    CHECK(gpushare_error_holder_count(by_process) == 1);
    CHECK(gpushare_error_holder(by_process, 0)->kind == GPUSHARE_HOLDER_PROCESS);
    CHECK(gpushare_error_holder(by_process, 0)->id == 4711);
    SAME(gpushare_error_holder(by_process, 0)->name, "trainer");
    CHECK(gpushare_error_holder(by_process, 0)->path == NULL);

    gpushare_holder_list_t *holders;
    OK(gpushare_gpu_instance_holders(instance, &holders, &error));
    CHECK(gpushare_holder_list_len(holders) == 2 && gpushare_holder_list_get(holders, 2) == NULL);
    CHECK(gpushare_holder_list_get(holders, 0)->kind == GPUSHARE_HOLDER_COMPUTE_INSTANCE);
    CHECK(gpushare_holder_list_get(holders, 1)->kind == GPUSHARE_HOLDER_PROCESS);
    gpushare_holder_list_free(holders);
    OK(gpushare_gpu_holders(gpu, &holders, &error));
    CHECK(gpushare_holder_list_len(holders) == 1 && gpushare_holder_list_get(holders, 0)->id == 4711);
    gpushare_holder_list_free(holders);

    control("{\"command\": \"remove_process\", \"gpu\": 0, \"pid\": 4711}");
    OK(gpushare_compute_instance_destroy(inside, &error));
    OK(gpushare_gpu_instance_destroy(instance, &error));
    gpushare_compute_instance_free(inside);
    gpushare_gpu_instance_free(instance);
    SAME(gpushare_error_holder(by_process, 0)->name, "trainer");
    gpushare_error_free(by_process);
    gpushare_error_free(by_inside);
}

static void names(void) {
    SAME(gpushare_status_name(GPUSHARE_ERROR_IN_USE), "GPUSHARE_ERROR_IN_USE");
    SAME(gpushare_status_name(GPUSHARE_OK), "GPUSHARE_OK");
    SAME(gpushare_status_name(99), NULL);
    char *name = gpushare_nvml_return_name(19), *meaning = gpushare_nvml_return_description(19);
    SAME(name, "NVML_ERROR_IN_USE");
    CHECK(meaning && meaning[0]);
    gpushare_string_free(meaning);
    gpushare_string_free(name);
    CHECK(gpushare_nvml_return_name(12345) == NULL);
    SAME(gpushare_version(), GPUSHARE_VERSION);
}

static void no_library(void) {
    gpushare_nvml_options_t options = GPUSHARE_NVML_OPTIONS_INIT;
    gpushare_nvml_t *nvml = NULL;
    options.library_path = "/nonexistent/libnvidia-ml.so.1";
    gpushare_error_t *made = taken(GPUSHARE_ERROR_NO_DRIVER, gpushare_nvml_open(&options, &nvml, &error));
    CHECK(strstr(gpushare_error_message(made), "/nonexistent/libnvidia-ml.so.1") && nvml == NULL);
    gpushare_error_free(made);
}

int main(void) {
    names();
    no_library();
    without_the_driver();
    gpushare_gpu_t *gpu = load_gpu_with("/nonexistent");
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    from_the_driver(gpu);
    held(gpu);
    gpushare_gpu_free(gpu);
    return 0;
}
