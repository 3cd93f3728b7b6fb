/* Device files, CDI specifications and lines for Slurm, for an A100 with the recorded layout. */
#include "check.h"

enum { INVALID = GPUSHARE_ERROR_INVALID_ARGUMENT };

static gpushare_nvml_t *open_at(const char *root) {
    gpushare_nvml_options_t options = GPUSHARE_NVML_OPTIONS_INIT;
    gpushare_nvml_t *nvml;
    CHECK(setenv("GPUSHARE_SIM_ROOT", root, 1) == 0);
    options.root = root;
    OK(gpushare_nvml_open(&options, &nvml, &error));
    return nvml;
}

static void divide(const gpushare_gpu_t *gpu) {
    static const char *const profiles[] = {"4g.20gb", "2g.10gb", "1g.5gb"};
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    for (size_t i = 0; i < 3; i++) {
        gpushare_gpu_instance_t *instance = create(gpu, profiles[i]);
        gpushare_compute_instance_profile_t *part;
        gpushare_compute_instance_t *inside;
        if (i == 1) {
            OK(gpushare_gpu_instance_compute_instance_profile(instance, "1c.2g.10gb", &part, &error));
            for (int made = 0; made < 2; made++) {
                OK(gpushare_gpu_instance_create_compute_instance(instance, part, &inside, &error));
                gpushare_compute_instance_free(inside);
            }
            gpushare_compute_instance_profile_free(part);
        } else {
            OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
            gpushare_compute_instance_free(inside);
        }
        gpushare_gpu_instance_free(instance);
    }
}

static void nodes(const gpushare_gpu_t *gpu, const char *root) {
    static const uint32_t minors[][2] = {{21, 22}, {30, 31}, {30, 32}, {84, 85}};
    for (uint32_t i = 0; i < 4; i++) {
        gpushare_mig_device_t *device;
        gpushare_device_files_t *files;
        char path[512];
        OK(gpushare_gpu_mig_device(gpu, i, &device, &error));
        OK(gpushare_mig_device_device_files(device, &files, &error));
        CHECK(gpushare_device_files_node_count(files) == 6 && gpushare_device_files_node(files, 6) == NULL);
        SAME(gpushare_device_files_root(files), root);
        SAME(gpushare_device_files_driver_version(files), "580.126.09");
        SAME(gpushare_device_files_node(files, 0)->path, "/dev/nvidiactl");
        SAME(gpushare_device_files_node(files, 0)->cgroup_rule, "c 195:255 rw");
        SAME(gpushare_device_files_node(files, 3)->path, "/dev/nvidia0");
        for (size_t j = 0; j < 2; j++) {
            const gpushare_device_node_t *node = gpushare_device_files_node(files, 4 + j);
            snprintf(path, sizeof path, "/dev/nvidia-caps/nvidia-cap%u", minors[i][j]);
            SAME(node->path, path);
            snprintf(path, sizeof path, "%s/dev/nvidia-caps/nvidia-cap%u", root, minors[i][j]);
            SAME(node->host_path, path);
            CHECK(node->major == 242 && node->minor == minors[i][j]);
        }
        gpushare_device_files_free(files);
        gpushare_mig_device_free(device);
    }
}

static void minors(const gpushare_nvml_t *nvml) {
    gpushare_mig_minors_t *table;
    uint32_t minor;
    OK(gpushare_nvml_mig_minors(nvml, &table, &error));
    CHECK(gpushare_mig_minors_config(table) == 1 && gpushare_mig_minors_monitor(table) == 2);
    OK(gpushare_mig_minors_minor(table, 0, 9, GPUSHARE_NO_COMPUTE_INSTANCE, &minor, &error));
    CHECK(minor == 84);
    OK(gpushare_mig_minors_minor(table, 0, 9, 0, &minor, &error));
    CHECK(minor == 85);
    FAILS(INVALID, gpushare_mig_minors_minor(table, 0, 15, 0, &minor, &error));
    gpushare_mig_minors_free(table);
}

static void cdi(const gpushare_nvml_t *nvml, const gpushare_device_files_t *files) {
    gpushare_cdi_options_t options = GPUSHARE_CDI_OPTIONS_INIT;
    char *spec, *again;
    options.host_root = "/";
    options.names = GPUSHARE_CDI_NAME_TYPE_INDEX;
    options.flags = GPUSHARE_CDI_WITHOUT_ALL;
    options.vendor = "example.com";
    options.device_class = "slice";
    OK(gpushare_device_files_cdi_spec(files, &options, &spec, &error));
    const char *begin = "cdiVersion: 0.3.0\n"
                        "kind: example.com/slice\n"
                        "devices:\n"
                        "- name: mig0:0\n"
                        "  containerEdits:\n"
                        "    deviceNodes:\n"
                        "    - path: /dev/nvidia0\n"
                        "    - path: /dev/nvidia-caps/nvidia-cap21\n"
                        "    - path: /dev/nvidia-caps/nvidia-cap22\n"
                        "- name: mig0:1\n";
    CHECK(strncmp(spec, begin, strlen(begin)) == 0);
    CHECK(strstr(spec, "- NVIDIA_VISIBLE_DEVICES=void\n") && !strstr(spec, "name: all"));
    OK(gpushare_nvml_cdi_spec(nvml, &options, &again, &error));
    SAME(again, spec);
    gpushare_string_free(again);
    gpushare_string_free(spec);

    options.form = GPUSHARE_CDI_JSON;
    options.flags = GPUSHARE_CDI_DEVICE_NUMBERS;
    OK(gpushare_device_files_cdi_spec(files, &options, &spec, &error));
    CHECK(strncmp(spec, "{\n  \"cdiVersion\": \"0.3.0\"", 25) == 0 && strstr(spec, "\"major\": 242,\n            \"minor\": 85"));
    gpushare_string_free(spec);
    OK(gpushare_nvml_cdi_spec(nvml, NULL, &spec, &error));
    CHECK(strstr(spec, "kind: nvidia.com/gpu\n") && strstr(spec, "hostPath: ") && strstr(spec, "- name: 0:3\n"));
    gpushare_string_free(spec);

    options.form = 2;
    FAILS(INVALID, gpushare_device_files_cdi_spec(files, &options, &spec, &error));
    options.form = 0;
    options.names = 8;
    FAILS(INVALID, gpushare_device_files_cdi_spec(files, &options, &spec, &error));
    options.names = 0;
    options.vendor = "9";
    FAILS(INVALID, gpushare_device_files_cdi_spec(files, &options, &spec, &error));
    options.vendor = "\xff";
    FAILS(INVALID, gpushare_device_files_cdi_spec(files, &options, &spec, &error));
    options.vendor = NULL;
    options.hook = "nvidia-cdi-hook";
    FAILS(GPUSHARE_ERROR_NOT_FOUND, gpushare_device_files_cdi_spec(files, &options, &spec, &error));
}

static void slurm(const gpushare_nvml_t *nvml, const gpushare_device_files_t *files) {
    gpushare_slurm_options_t options = GPUSHARE_SLURM_OPTIONS_INIT;
    const char *cores[] = {"0-15"};
    char *gres, *node, *again;
    options.host_root = "/";
    options.node_name = "tux[0-3]";
    options.count = 1;
    options.cores = cores;
    options.cores_count = 1;
    OK(gpushare_device_files_slurm_gres(files, &options, &gres, &node, &error));
    const char *begin = "NodeName=tux[0-3] Name=gpu Type=nvidia_a100_4g.20gb "
                        "MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap21,/dev/nvidia-caps/nvidia-cap22 Count=1 Cores=0-15\n";
    CHECK(strncmp(gres, begin, strlen(begin)) == 0);
    SAME(node, "Gres=gpu:nvidia_a100_4g.20gb:1,gpu:nvidia_a100_1c.2g.10gb:2,gpu:nvidia_a100_1g.5gb:1");
    gpushare_string_free(node);
    OK(gpushare_nvml_slurm_gres(nvml, &options, &again, &node, &error));
    SAME(again, gres);
    gpushare_string_free(node);
    gpushare_string_free(again);
    gpushare_string_free(gres);
    cores[0] = NULL;
    OK(gpushare_device_files_slurm_gres(files, &options, &gres, &node, &error));
    CHECK(!strstr(gres, "Cores"));
    gpushare_string_free(node);
    gpushare_string_free(gres);
    options.node_name = "tux 1";
    FAILS(INVALID, gpushare_device_files_slurm_gres(files, &options, &gres, &node, &error));
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    gpushare_nvml_t *nvml = open_at(arguments[1]);
    gpushare_gpu_t *gpu;
    gpushare_device_files_t *files, *again;
    char *json, *text;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    divide(gpu);
    nodes(gpu, arguments[1]);
    minors(nvml);
    OK(gpushare_nvml_device_files(nvml, &files, &error));
    CHECK(gpushare_device_files_node_count(files) == 4 + 7);
    cdi(nvml, files);
    slurm(nvml, files);

    /* It is data. */
    OK(gpushare_device_files_to_json(files, &json, &error));
    OK(gpushare_device_files_from_json(json, &again, &error));
    OK(gpushare_device_files_to_json(again, &text, &error));
    SAME(text, json);
    gpushare_device_files_free(again);
    OK(gpushare_gpu_device_files(gpu, &again, &error));
    gpushare_string_free(text);
    OK(gpushare_device_files_to_json(again, &text, &error));
    SAME(text, json);
    FAILS(INVALID, gpushare_device_files_from_json("{}", &again, &error));
    gpushare_device_files_free(again);
    gpushare_string_free(text);
    gpushare_string_free(json);
    gpushare_device_files_free(files);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
