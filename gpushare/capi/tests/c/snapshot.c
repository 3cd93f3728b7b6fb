/* What is on a node, who is on it and what is free: the recorded session of an A100, beside a T4, which has no MIG. */
#include "processes.h"

#define CONTAINER "abababababababababababababababababababababababababababababababab"
#define MIB ((uint64_t)1 << 20)

static gpushare_nvml_t *open_node(const char *procfs) {
    gpushare_nvml_options_t options = GPUSHARE_NVML_OPTIONS_INIT;
    gpushare_nvml_t *nvml;
    setenv("GPUSHARE_SIM_MACHINE", "1xA100-SXM4-40GB+1xT4", 1);
    options.procfs = procfs;
    OK(gpushare_nvml_open(&options, &nvml, &error));
    return nvml;
}

static void divide(gpushare_nvml_t *nvml, const char *text) {
    gpushare_gpu_t *gpu;
    gpushare_layout_t *layout;
    gpushare_applied_t *applied;
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.flags = GPUSHARE_APPLY_WITHOUT_JOURNAL;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    OK(gpushare_layout_parse(text, &layout, &error));
    OK(gpushare_gpu_apply_layout(gpu, layout, &options, &applied, &error));
    gpushare_applied_free(applied);
    gpushare_layout_free(layout);
    gpushare_gpu_free(gpu);
}

static void has_layout(const gpushare_layout_t *layout, const char *wanted) {
    char *text;
    OK(gpushare_layout_to_string(layout, &text, &error));
    SAME(text, wanted);
    gpushare_string_free(text);
}

/* Where the change of a kind is in a list, from an index on. */
static size_t next(const gpushare_change_list_t *changes, size_t from, uint32_t kind) {
    const gpushare_change_t *change = gpushare_change_list_get(changes, from);
    if (change && change->kind != kind) fprintf(stderr, "is:     %u %s\nwanted: %u\n", change->kind, change->text, kind);
    CHECK(change && change->kind == kind);
    return from + 1;
}

/* Index, name, ids and memory as nvidia-smi printed them in the recording; then the process. */
static void devices(const gpushare_gpu_snapshot_t *gpu) {
    static const struct {
        const char *name;
        uint32_t gi, ci;
        uint64_t used, total;
        size_t processes;
    } rows[] = {{"4g.20gb", 2, 0, 142, 20096, 0},
                {"1c.2g.10gb", 3, 0, 71 + 512, 9984, 0},
                {"1c.2g.10gb", 3, 1, 71 + 512, 9984, 1},
                {"1g.5gb", 9, 0, 36, 4864, 0}};
    CHECK(gpushare_mig_device_snapshot_list_len(gpu->mig_devices) == 4);
    CHECK(gpushare_mig_device_snapshot_list_get(gpu->mig_devices, 4) == NULL);
    for (uint32_t i = 0; i < 4; i++) {
        const gpushare_mig_device_snapshot_t *device = gpushare_mig_device_snapshot_list_get(gpu->mig_devices, i);
        SAME(device->name, rows[i].name);
        SAME(device->gpu_uuid, gpu->uuid);
        CHECK(device->index == i && device->gpu_instance == rows[i].gi && device->compute_instance == rows[i].ci);
        CHECK(device->memory->used == rows[i].used * MIB && device->memory->total == rows[i].total * MIB);
        CHECK(device->memory->struct_size == sizeof(gpushare_memory_t));
        CHECK(gpushare_gpu_process_list_len(device->processes) == rows[i].processes);
    }
    const gpushare_mig_device_snapshot_t *second = gpushare_mig_device_snapshot_list_get(gpu->mig_devices, 2);
    CHECK(second->attributes->multiprocessor_count == 14 && second->attributes->gpu_instance_slice_count == 2);
    CHECK(second->attributes->memory_mib == 9984 && second->attributes->struct_size == sizeof(gpushare_mig_device_attributes_t));
    const gpushare_gpu_process_t *process = gpushare_gpu_process_list_get(second->processes, 0);
    CHECK(gpushare_gpu_process_pid(process) == 7 && gpushare_gpu_process_uid(process) == 1000);
    CHECK(gpushare_gpu_process_kinds(process) == GPUSHARE_PROCESS_COMPUTE);
    CHECK(gpushare_gpu_process_used_memory(process) == (int64_t)(512 * MIB));
    CHECK(gpushare_gpu_process_gpu_instance(process) == 3 && gpushare_gpu_process_compute_instance(process) == 1);
    SAME(gpushare_gpu_process_name(process), "python3");
    SAME(gpushare_gpu_process_container(process), CONTAINER);
}

static void instances(const gpushare_gpu_snapshot_t *gpu) {
    CHECK(gpushare_gpu_instance_snapshot_list_len(gpu->gpu_instances) == 3);
    const gpushare_gpu_instance_snapshot_t *two = gpushare_gpu_instance_snapshot_list_get(gpu->gpu_instances, 1);
    SAME(two->profile, "2g.10gb");
    CHECK(two->id == 3 && two->profile_id == 14 && two->placement.start == 4 && two->placement.size == 2);
    CHECK(gpushare_compute_instance_snapshot_list_len(two->compute_instances) == 2);
    const gpushare_compute_instance_snapshot_t *inside = gpushare_compute_instance_snapshot_list_get(two->compute_instances, 1);
    CHECK(inside->id == 1 && inside->profile_id == 0 && !inside->is_whole);
    CHECK(inside->placement.start == 1 && inside->placement.size == 1);
    const gpushare_gpu_instance_snapshot_t *four = gpushare_gpu_instance_snapshot_list_get(gpu->gpu_instances, 0);
    CHECK(gpushare_compute_instance_snapshot_list_get(four->compute_instances, 0)->is_whole);
    CHECK(gpushare_compute_instance_snapshot_list_get(four->compute_instances, 1) == NULL);
    /* The profiles of the recording, for none of which there is room. */
    CHECK(gpushare_profile_capacity_list_len(gpu->capacity) == 7);
    const gpushare_profile_capacity_t *small = gpushare_profile_capacity_list_get(gpu->capacity, 0);
    SAME(small->profile, "1g.5gb");
    CHECK(small->profile_id == 19 && small->total == 7);
    for (size_t i = 0; i < 7; i++) CHECK(gpushare_profile_capacity_list_get(gpu->capacity, i)->free == 0);
}

/* A T4 with an MPS daemon, whose server has a client. */
static void without_mig(const gpushare_snapshot_t *snapshot) {
    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(gpushare_snapshot_gpus(snapshot), 1);
    SAME(gpu->name, "Tesla T4");
    CHECK(!gpu->has_mig_mode && !gpu->mig_enabled && gpu->layout == NULL);
    CHECK(gpushare_gpu_instance_snapshot_list_len(gpu->gpu_instances) == 0 && gpu->gpu_instances);
    CHECK(gpushare_mig_device_snapshot_list_len(gpu->mig_devices) == 0 && gpu->mig_devices);
    CHECK(gpu->index == 1 && gpu->minor_number == 1 && gpu->compute_mode == GPUSHARE_COMPUTE_MODE_DEFAULT);
    CHECK(gpu->utilization->gpu == 0 && gpu->utilization->memory == 0 && gpu->memory->total == 15360 * MIB);
    CHECK(gpushare_gpu_process_list_len(gpu->processes) == 2 && gpushare_unknown_fact_list_len(gpu->unknown) == 0);

    const gpushare_mps_daemon_snapshot_list_t *daemons = gpushare_snapshot_mps_daemons(snapshot);
    CHECK(gpushare_mps_daemon_snapshot_list_len(daemons) == 1 && gpushare_mps_daemon_snapshot_list_get(daemons, 1) == NULL);
    const gpushare_mps_daemon_snapshot_t *daemon = gpushare_mps_daemon_snapshot_list_get(daemons, 0);
    CHECK(daemon->pid == 20);
    SAME(daemon->pipe_directory, "/run/mps");
    CHECK(gpushare_mps_server_snapshot_list_len(daemon->servers) == 1);
    const gpushare_mps_server_snapshot_t *server = gpushare_mps_server_snapshot_list_get(daemon->servers, 0);
    CHECK(server->pid == 21 && server->uid == 1000);
    CHECK(gpushare_pid_list_len(server->clients) == 1 && gpushare_pid_list_get(server->clients, 0) == 22);
}

static void recorded(const gpushare_snapshot_t *snapshot) {
    const gpushare_gpu_snapshot_list_t *gpus = gpushare_snapshot_gpus(snapshot);
    CHECK(gpushare_gpu_snapshot_list_len(gpus) == 2 && gpushare_gpu_snapshot_list_get(gpus, 2) == NULL);
    SAME(gpushare_snapshot_driver_version(snapshot), "580.126.09");
    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(gpus, 0);
    SAME(gpu->name, "NVIDIA A100-SXM4-40GB");
    CHECK(gpu->index == 0 && gpu->minor_number == 0 && gpu->has_mig_mode && gpu->mig_enabled);
    CHECK(gpu->compute_mode == -1 && gpu->utilization == NULL && gpu->memory && gpu->pci_address);
    has_layout(gpu->layout, "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]");
    CHECK(gpushare_gpu_process_list_len(gpu->processes) == 1 && gpushare_unknown_fact_list_len(gpu->unknown) == 0);
    devices(gpu);
    instances(gpu);
    without_mig(snapshot);

    CHECK(gpushare_snapshot_gpu(snapshot, gpu->uuid) == gpu);
    CHECK(gpushare_snapshot_gpu(snapshot, "GPU-00000000-0000-0000-0000-000000000000") == NULL);
    CHECK(gpushare_snapshot_gpu(snapshot, "no UUID") == NULL && gpushare_snapshot_gpu(snapshot, NULL) == NULL);
    const gpushare_mig_device_snapshot_t *device = gpushare_mig_device_snapshot_list_get(gpu->mig_devices, 2);
    char legacy[96];
    snprintf(legacy, sizeof legacy, "MIG-%s/3/1", gpu->uuid);
    CHECK(gpushare_snapshot_mig_device(snapshot, device->uuid) == device);
    CHECK(gpushare_snapshot_mig_device(snapshot, legacy) == device);
    CHECK(gpushare_snapshot_mig_device(snapshot, gpu->uuid) == NULL);
}

/* By a value of CUDA_VISIBLE_DEVICES. */
static void visible(const gpushare_snapshot_t *snapshot) {
    gpushare_visible_node_t *node;
    gpushare_cuda_rules_t *rules;
    gpushare_cuda_devices_t *seen;
    OK(gpushare_snapshot_visible_node(snapshot, &node, &error));
    OK(gpushare_cuda_rules_of_driver(gpushare_snapshot_driver_version(snapshot), "PCI_BUS_ID", &rules, &error));
    OK(gpushare_visible_devices_resolve(node, "0:3/1", rules, &seen, &error));
    const gpushare_cuda_device_t *device = gpushare_cuda_device_list_get(gpushare_cuda_devices_visible(seen), 0);
    CHECK(gpushare_snapshot_mig_device(snapshot, gpushare_cuda_device_uuid(device))->index == 2);
    gpushare_cuda_devices_free(seen);
    gpushare_cuda_rules_free(rules);
    gpushare_visible_node_free(node);
}

static void as_text(const gpushare_snapshot_t *snapshot) {
    char *text, *json;
    gpushare_snapshot_t *again;
    gpushare_change_list_t *changes;
    OK(gpushare_snapshot_to_string(snapshot, &text, &error));
    CHECK(strstr(text, "driver 580.126.09, GPUs: 2\nGPU 0 NVIDIA A100-SXM4-40GB") == text);
    CHECK(strstr(text, "(GI 3, CI 1): 583 of 9984 MiB in use\n    process 7 (python3)"));
    gpushare_string_free(text);
    OK(gpushare_snapshot_to_json(snapshot, &json, &error));
    OK(gpushare_snapshot_from_json(json, &again, &error));
    CHECK(gpushare_snapshot_equal(snapshot, again) && !gpushare_snapshot_equal(snapshot, NULL));
    recorded(again);
    gpushare_snapshot_free(again);

    /* Another UUID is another GPU. */
    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(gpushare_snapshot_gpus(snapshot), 1);
    char *digit = strstr(json, gpu->uuid) + strlen("GPU-");
    *digit = *digit == '0' ? '1' : '0';
    OK(gpushare_snapshot_from_json(json, &again, &error));
    CHECK(!gpushare_snapshot_equal(snapshot, again));
    OK(gpushare_snapshot_changes(snapshot, again, &changes, &error));
    size_t at = next(changes, 0, GPUSHARE_CHANGE_GPU_VANISHED);
    SAME(gpushare_change_list_get(changes, 0)->gpu_uuid, gpu->uuid);
    CHECK(gpushare_change_list_len(changes) == next(changes, at, GPUSHARE_CHANGE_GPU_APPEARED));
    gpushare_change_list_free(changes);
    gpushare_snapshot_free(again);

    char *schema = strstr(json, "\"schema\":1");
    CHECK(schema);
    schema[strlen("\"schema\":")] = '2';
    CHECK(gpushare_snapshot_from_json(json, &again, &error) == GPUSHARE_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(gpushare_error_message(error), "a snapshot of form 2; this version of gpushare reads form 1"));
    gpushare_error_free(error);
    error = NULL;
    gpushare_string_free(json);
}

/* From an undivided node to the recorded one. */
static void began(const gpushare_snapshot_t *before, const gpushare_snapshot_t *after) {
    gpushare_change_list_t *changes;
    OK(gpushare_snapshot_changes(before, after, &changes, &error));
    size_t at = next(changes, 0, GPUSHARE_CHANGE_MIG_MODE);
    at = next(changes, at, GPUSHARE_CHANGE_COMPUTE_MODE);
    for (int i = 0; i < 3; i++) at = next(changes, at, GPUSHARE_CHANGE_GPU_INSTANCE_CREATED);
    for (int i = 0; i < 4; i++) at = next(changes, at, GPUSHARE_CHANGE_MIG_DEVICE_CREATED);
    at = next(changes, at, GPUSHARE_CHANGE_PROCESS_STARTED);
    at = next(changes, at, GPUSHARE_CHANGE_MEMORY);
    for (int i = 0; i < 2; i++) at = next(changes, at, GPUSHARE_CHANGE_PROCESS_STARTED);
    at = next(changes, at, GPUSHARE_CHANGE_MPS_DAEMON_STARTED);
    CHECK(gpushare_change_list_len(changes) == at && gpushare_change_list_get(changes, at) == NULL);

    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(gpushare_snapshot_gpus(after), 0);
    char wanted[256];
    const gpushare_change_t *mode = gpushare_change_list_get(changes, 0);
    snprintf(wanted, sizeof wanted, "%s: MIG enabled, was disabled", gpu->uuid);
    SAME(mode->text, wanted);
    snprintf(wanted, sizeof wanted, "{\"change\":\"mig-mode\",\"gpu\":\"%s\",\"before\":false,\"after\":true}", gpu->uuid);
    SAME(mode->json, wanted);
    CHECK(!mode->gpu_instance && !mode->mig_device && !mode->process && !mode->mps_daemon);
    SAME(gpushare_change_list_get(changes, 3)->gpu_instance->profile, "2g.10gb");
    const gpushare_mig_device_snapshot_t *device = gpushare_change_list_get(changes, 7)->mig_device;
    SAME(device->uuid, gpushare_mig_device_snapshot_list_get(gpu->mig_devices, 2)->uuid);
    SAME(device->gpu_uuid, gpu->uuid);
    CHECK(device->processes && gpushare_gpu_process_list_len(device->processes) == 0);
    CHECK(gpushare_gpu_process_pid(gpushare_change_list_get(changes, 9)->process) == 7);
    const gpushare_change_t *daemon = gpushare_change_list_get(changes, at - 1);
    CHECK(daemon->gpu_uuid == NULL && daemon->mps_daemon->pid == 20);
    gpushare_change_list_free(changes);

    OK(gpushare_snapshot_changes(after, before, &changes, &error));
    at = next(changes, 0, GPUSHARE_CHANGE_MIG_MODE);
    at = next(changes, at, GPUSHARE_CHANGE_COMPUTE_MODE);
    at = next(changes, at, GPUSHARE_CHANGE_PROCESS_ENDED);
    for (int i = 0; i < 4; i++) at = next(changes, at, GPUSHARE_CHANGE_MIG_DEVICE_DESTROYED);
    for (int i = 0; i < 3; i++) at = next(changes, at, GPUSHARE_CHANGE_GPU_INSTANCE_DESTROYED);
    at = next(changes, at, GPUSHARE_CHANGE_MEMORY);
    for (int i = 0; i < 2; i++) at = next(changes, at, GPUSHARE_CHANGE_PROCESS_ENDED);
    CHECK(gpushare_change_list_len(changes) == next(changes, at, GPUSHARE_CHANGE_MPS_DAEMON_ENDED));
    gpushare_change_list_free(changes);

    OK(gpushare_snapshot_changes(after, after, &changes, &error));
    CHECK(gpushare_change_list_len(changes) == 0);
    gpushare_change_list_free(changes);
}

/* To a user in a container. */
static void untold(const gpushare_observer_t *observer) {
    static const uint32_t facts[] = {GPUSHARE_FACT_GPU_INSTANCES, GPUSHARE_FACT_MEMORY, GPUSHARE_FACT_PROCESSES};
    gpushare_nvml_t *nvml = load();
    gpushare_snapshot_t *snapshot;
    control("{\"command\": \"set_access\", \"access\": \"unprivileged\"}");
    OK(gpushare_nvml_snapshot(nvml, &snapshot, &error));
    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(gpushare_snapshot_gpus(snapshot), 0);
    CHECK(gpushare_unknown_fact_list_len(gpu->unknown) == 3);
    for (size_t i = 0; i < 3; i++) {
        const gpushare_unknown_fact_t *one = gpushare_unknown_fact_list_get(gpu->unknown, i);
        CHECK(one->fact == facts[i] && one->status == GPUSHARE_ERROR_NO_PERMISSION && one->mig_device == NULL);
        CHECK(strlen(one->message) > 0);
    }
    CHECK(gpu->mig_enabled && !gpu->gpu_instances && !gpu->layout && !gpu->memory);
    CHECK(gpushare_profile_capacity_list_len(gpu->capacity) == 0 && gpu->capacity);
    const gpushare_mig_device_snapshot_t *device = gpushare_mig_device_snapshot_list_get(gpu->mig_devices, 2);
    CHECK(gpushare_gpu_process_list_len(device->processes) == 1);
    gpushare_snapshot_free(snapshot);

    control("{\"command\": \"set_access\", \"access\": \"admin\"}");
    control("{\"command\": \"set_faults\", \"faults\": [\"nvmlDeviceGetMemoryInfo*#1+=UNKNOWN\"]}");
    OK(gpushare_observer_snapshot(observer, &snapshot, &error));
    control("{\"command\": \"clear_faults\"}");
    gpu = gpushare_gpu_snapshot_list_get(gpushare_snapshot_gpus(snapshot), 0);
    device = gpushare_mig_device_snapshot_list_get(gpu->mig_devices, 0);
    const gpushare_unknown_fact_t *one = gpushare_unknown_fact_list_get(gpu->unknown, 1);
    CHECK(one->fact == GPUSHARE_FACT_MEMORY && one->status == GPUSHARE_ERROR_DRIVER && device->memory == NULL);
    SAME(one->mig_device, device->uuid);
    gpushare_snapshot_free(snapshot);
    gpushare_nvml_free(nvml);
}

static void observed(const gpushare_observer_t *observer) {
    CHECK(gpushare_gpu_list_len(gpushare_observer_gpus(observer)) == 2);
    SAME(gpushare_gpu_name(gpushare_gpu_list_get(gpushare_observer_gpus(observer), 1)), "Tesla T4");
    gpushare_gpu_layout_list_t *layouts;
    OK(gpushare_observer_layouts(observer, &layouts, &error));
    CHECK(gpushare_gpu_layout_list_len(layouts) == 2 && gpushare_gpu_layout_list_get(layouts, 2) == NULL);
    const gpushare_gpu_layout_t *first = gpushare_gpu_layout_list_get(layouts, 0);
    SAME(first->gpu_uuid, gpushare_gpu_uuid(gpushare_gpu_list_get(gpushare_observer_gpus(observer), 0)));
    has_layout(first->layout, "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]");
    CHECK(gpushare_gpu_layout_list_get(layouts, 1)->layout == NULL);
    gpushare_gpu_layout_list_free(layouts);
    gpushare_mig_device_list_t *devices;
    OK(gpushare_observer_mig_devices(observer, &devices, &error));
    CHECK(gpushare_mig_device_list_len(devices) == 4);
    CHECK(gpushare_mig_device_compute_instance_id(gpushare_mig_device_list_get(devices, 2)) == 1);
    gpushare_mig_device_list_free(devices);
}

static void utilization(gpushare_nvml_t *nvml) {
    gpushare_gpu_t *gpu;
    gpushare_utilization_t busy = {77, 77};
    OK(gpushare_nvml_gpu(nvml, 1, &gpu, &error));
    OK(gpushare_gpu_utilization(gpu, &busy, &error));
    CHECK(busy.gpu == 0 && busy.memory == 0);
    gpushare_gpu_free(gpu);
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    FAILS(GPUSHARE_ERROR_NOT_SUPPORTED, gpushare_gpu_utilization(gpu, &busy, &error));
    gpushare_gpu_free(gpu);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    gpushare_nvml_t *nvml = open_node(argv[1]);
    gpushare_observer_t *observer, *other;
    gpushare_snapshot_t *before, *after;
    OK(gpushare_nvml_observer(nvml, &observer, &error));
    OK(gpushare_observer_snapshot(observer, &before, &error));
    divide(nvml, "4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6");
    appear(argv[1], 7, "python3", 1, "/system.slice/docker-" CONTAINER ".scope", NULL);
    appear(argv[1], 20, "nvidia-cuda-mps-control", 1, "/", NULL);
    appear(argv[1], 21, "nvidia-cuda-mps-server", 20, "/", "CUDA_MPS_PIPE_DIRECTORY=/run/mps");
    run_on(0, 7, "compute", "536870912", "[3, 1]");
    run_on(1, 21, "mps-server", "0", "null");
    run_on(1, 22, "mps-client", "0", "null");
    OK(gpushare_observer_snapshot(observer, &after, &error));
    recorded(after);
    visible(after);
    as_text(after);
    began(before, after);
    observed(observer);
    utilization(nvml);
    untold(observer);

    other = gpushare_observer_clone(observer);
    gpushare_observer_free(observer);
    gpushare_snapshot_free(before);
    OK(gpushare_observer_snapshot(other, &before, &error));
    CHECK(gpushare_snapshot_equal(before, after));
    OK(gpushare_nvml_close(nvml, &error));
    FAILS(GPUSHARE_ERROR_STALE, gpushare_observer_snapshot(other, &before, &error));
    gpushare_observer_free(other);
    gpushare_nvml_free(nvml);
    /* It is data, and needs no driver. */
    recorded(after);
    gpushare_snapshot_free(before);
    gpushare_snapshot_free(after);
    return 0;
}
