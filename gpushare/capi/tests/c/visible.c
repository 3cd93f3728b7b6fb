/* What programs and containers are given by CUDA_VISIBLE_DEVICES and NVIDIA_VISIBLE_DEVICES. */
#include "check.h"

enum { INVALID = GPUSHARE_ERROR_INVALID_ARGUMENT };

static char *normal(const char *value) {
    char *text;
    OK(gpushare_visible_devices_normalize(value, &text, &error));
    return text;
}

static void values(void) {
    char *text = normal(" 01,+2,-7,GPU-9E4A");
    SAME(text, "1,2,-1,GPU-9e4a");
    gpushare_string_free(text);
    FAILS(INVALID, gpushare_visible_devices_normalize("0,abc", &text, &error));
    FAILS(INVALID, gpushare_visible_devices_normalize(NULL, &text, &error));

    gpushare_cuda_rules_t *rules;
    FAILS(INVALID, gpushare_visible_devices_value("0:2/0,0:3/0", NULL, &text, &error));
    OK(gpushare_cuda_rules_new(NULL, GPUSHARE_MIG_ONE_PER_GPU_INSTANCE, &rules, &error));
    OK(gpushare_visible_devices_value("0:2/0,0:3/0", rules, &text, &error));
    SAME(text, "0:2/0,0:3/0");
    gpushare_string_free(text);
    gpushare_cuda_rules_free(rules);
    FAILS(INVALID, gpushare_cuda_rules_new(NULL, 2, &rules, &error));
    FAILS(INVALID, gpushare_cuda_rules_new("pci_bus_id", GPUSHARE_MIG_ONE_PER_PROCESS, &rules, &error));
    OK(gpushare_cuda_rules_of_driver("565.57.01", "PCI_BUS_ID", &rules, &error));
    FAILS(INVALID, gpushare_visible_devices_value("0:2/0,0:3/0", rules, &text, &error));
    gpushare_cuda_rules_free(rules);

    OK(gpushare_nvidia_visible_devices_normalize(" 1 ,,0:2", &text, &error));
    SAME(text, "1,0:2");
    gpushare_string_free(text);
    FAILS(INVALID, gpushare_nvidia_visible_devices_normalize("GPU-9e4a", &text, &error));
}

/* The words for a value on a node. */
static void sees(const gpushare_visible_node_t *node, const gpushare_cuda_rules_t *rules, const char *value,
                 uint32_t end, size_t position, uint32_t cuda, const char *words) {
    gpushare_cuda_devices_t *seen;
    char *text;
    OK(gpushare_visible_devices_resolve(node, value, rules, &seen, &error));
    CHECK(gpushare_cuda_devices_end(seen) == end && gpushare_cuda_devices_end_position(seen) == position);
    CHECK(gpushare_cuda_devices_cuda_error(seen) == cuda);
    OK(gpushare_cuda_devices_end_to_string(seen, &text, &error));
    SAME(text, words);
    gpushare_string_free(text);
    gpushare_cuda_devices_free(seen);
}

static void resolved(const gpushare_nvml_t *nvml, const gpushare_gpu_t *gpu) {
    gpushare_visible_node_t *node, *again;
    gpushare_cuda_rules_t *rules;
    gpushare_cuda_devices_t *seen;
    char *json, *text;
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    for (int made = 0; made < 2; made++) {
        gpushare_gpu_instance_t *instance = create(gpu, "2g.10gb");
        gpushare_compute_instance_t *inside;
        OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
        gpushare_compute_instance_free(inside);
        gpushare_gpu_instance_free(instance);
    }
    OK(gpushare_nvml_visible_node(nvml, &node, &error));
    OK(gpushare_nvml_cuda_rules(nvml, NULL, &rules, &error));

    sees(node, rules, NULL, GPUSHARE_LIST_UNSET, SIZE_MAX, 0, "not set: all devices");
    sees(node, rules, "0", GPUSHARE_LIST_COMPLETE, SIZE_MAX, 0, "every entry counts");
    sees(node, rules, "0,7", GPUSHARE_LIST_ENDED, 1, 0, "entry 1 \"7\" is the index of no GPU; there are 1");
    sees(node, rules, "0,0", GPUSHARE_LIST_ENDED, 1, 101, "entry 1 \"0\" names the device of entry 0 again");
    sees(node, rules, "-1", GPUSHARE_LIST_ENDED, 0, 100, "entry 0 \"-1\" is negative and ends the list");

    /* Both MIG devices, backwards; an older driver gives the first of the list alone. */
    OK(gpushare_visible_devices_resolve(node, "0:5/0,0:3/0", rules, &seen, &error));
    const gpushare_cuda_device_list_t *visible = gpushare_cuda_devices_visible(seen);
    CHECK(gpushare_cuda_device_list_len(visible) == 2 && gpushare_cuda_device_list_get(visible, 2) == NULL);
    const gpushare_cuda_device_t *device = gpushare_cuda_device_list_get(visible, 1);
    CHECK(gpushare_cuda_device_is_mig(device) && gpushare_cuda_device_gpu_instance_id(device) == 3);
    CHECK(gpushare_cuda_device_compute_instance_id(device) == 0 && gpushare_cuda_device_gpu_index(device) == 0);
    CHECK(gpushare_cuda_device_entry(device) == 1 && gpushare_cuda_device_fault(device) == NULL);
    CHECK(strncmp(gpushare_cuda_device_uuid(device), "MIG-", 4) == 0);
    SAME(gpushare_cuda_device_gpu_uuid(device), gpushare_gpu_uuid(gpu));
    gpushare_cuda_devices_free(seen);
    OK(gpushare_visible_devices_resolve(node, "0:5/0,0:3/0", NULL, &seen, &error));
    CHECK(gpushare_cuda_device_list_len(gpushare_cuda_devices_visible(seen)) == 1);
    const gpushare_cuda_device_t *hidden = gpushare_cuda_device_list_get(gpushare_cuda_devices_hidden(seen), 0);
    SAME(gpushare_cuda_device_fault(hidden), "is a second MIG device beside entry 0; a process has one");
    OK(gpushare_cuda_devices_to_json(seen, &json, &error));
    CHECK(strstr(json, "\"second_mig_device\":{\"first\":0}"));
    gpushare_string_free(json);
    OK(gpushare_cuda_devices_to_string(seen, &text, &error));
    CHECK(strncmp(text, "0: MIG-", 7) == 0 && strstr(text, "\nhidden: MIG-"));
    gpushare_string_free(text);
    gpushare_cuda_devices_free(seen);

    /* A container has what is listed, or does not start. */
    gpushare_cuda_device_list_t *given;
    OK(gpushare_nvidia_visible_devices_resolve(node, "0:1,0,0:1", &given, &error));
    CHECK(gpushare_cuda_device_list_len(given) == 2);
    CHECK(gpushare_cuda_device_gpu_instance_id(gpushare_cuda_device_list_get(given, 0)) == 5);
    CHECK(!gpushare_cuda_device_is_mig(gpushare_cuda_device_list_get(given, 1)));
    gpushare_cuda_device_list_free(given);
    OK(gpushare_nvidia_visible_devices_resolve(node, NULL, &given, &error));
    CHECK(gpushare_cuda_device_list_len(given) == 0);
    gpushare_cuda_device_list_free(given);
    FAILS(GPUSHARE_ERROR_NOT_FOUND, gpushare_nvidia_visible_devices_resolve(node, "0:2", &given, &error));

    /* The node is data. */
    OK(gpushare_visible_node_to_json(node, &json, &error));
    OK(gpushare_visible_node_from_json(json, &again, &error));
    OK(gpushare_visible_node_to_json(again, &text, &error));
    SAME(text, json);
    FAILS(INVALID, gpushare_visible_node_from_json("{}", &again, &error));
    gpushare_string_free(text);
    gpushare_string_free(json);
    gpushare_visible_node_free(again);
    gpushare_visible_node_free(node);
    gpushare_cuda_rules_free(rules);
}

int main(void) {
    values();
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_t *gpu;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    resolved(nvml, gpu);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
