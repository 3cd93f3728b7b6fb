/* Who uses a GPU or MIG device, and what the kernel knows of it. */
#include "processes.h"

#define CONTAINER "abababababababababababababababababababababababababababababababab"

static void known(const gpushare_gpu_t *gpu, const char *procfs) {
    appear(procfs, 7, "python3", 1, "/system.slice/docker-" CONTAINER ".scope", NULL);
    appear(procfs, 20, "nvidia-cuda-mps-control", 1, "/", NULL);
    appear(procfs, 21, "nvidia-cuda-mps-server", 20, "/", "CUDA_MPS_PIPE_DIRECTORY=/run/mps");
    run_on(0, 7, "compute", "1048576", "null");
    run_on(0, 8, "graphics", "null", "null");
    run_on(0, 21, "mps-server", "0", "null");
    run_on(0, 22, "mps-client", "0", "null");
    gpushare_gpu_process_list_t *list;
    OK(gpushare_gpu_processes(gpu, &list, &error));
    CHECK(gpushare_gpu_process_list_len(list) == 4 && gpushare_gpu_process_list_get(list, 4) == NULL);

    const gpushare_gpu_process_t *one = gpushare_gpu_process_list_get(list, 0);
    CHECK(gpushare_gpu_process_pid(one) == 7 && gpushare_gpu_process_kinds(one) == GPUSHARE_PROCESS_COMPUTE);
    CHECK(gpushare_gpu_process_used_memory(one) == 1048576 && gpushare_gpu_process_uid(one) == 1000);
    CHECK(gpushare_gpu_process_gpu_instance(one) == -1 && gpushare_gpu_process_compute_instance(one) == -1);
    SAME(gpushare_gpu_process_name(one), "python3");
    SAME(gpushare_gpu_process_container(one), CONTAINER);
    CHECK(gpushare_gpu_process_mps_role(one) == GPUSHARE_MPS_ROLE_NONE && gpushare_gpu_process_mps_daemon(one) == -1);

    const gpushare_gpu_process_t *hidden = gpushare_gpu_process_list_get(list, 1);
    CHECK(gpushare_gpu_process_kinds(hidden) == GPUSHARE_PROCESS_GRAPHICS);
    CHECK(gpushare_gpu_process_used_memory(hidden) == -1 && gpushare_gpu_process_uid(hidden) == -1);
    SAME(gpushare_gpu_process_name(hidden), "driver's");
    SAME(gpushare_gpu_process_container(hidden), NULL);

    const gpushare_gpu_process_t *server = gpushare_gpu_process_list_get(list, 2);
    CHECK(gpushare_gpu_process_mps_role(server) == GPUSHARE_MPS_ROLE_SERVER && gpushare_gpu_process_mps_daemon(server) == 20);
    CHECK(gpushare_gpu_process_mps_server(server) == -1);
    SAME(gpushare_gpu_process_mps_pipe_directory(server), "/run/mps");

    const gpushare_gpu_process_t *client = gpushare_gpu_process_list_get(list, 3);
    CHECK(gpushare_gpu_process_kinds(client) == (GPUSHARE_PROCESS_COMPUTE | GPUSHARE_PROCESS_MPS_CLIENT));
    CHECK(gpushare_gpu_process_mps_role(client) == GPUSHARE_MPS_ROLE_CLIENT);
    CHECK(gpushare_gpu_process_mps_server(client) == 21 && gpushare_gpu_process_mps_daemon(client) == 20);
    SAME(gpushare_gpu_process_mps_pipe_directory(client), NULL);

    /* They outlive the processes. */
    for (unsigned pid = 7; pid <= 22; pid += pid == 8 ? 13 : 1) end_on(0, pid);
    SAME(gpushare_gpu_process_name(one), "python3");
    gpushare_gpu_process_list_free(list);
}

static void sampled(const gpushare_gpu_t *gpu) {
    gpushare_process_utilization_list_t *list;
    control("{\"command\": \"sample_process\", \"gpu\": 0, \"sample\": {\"pid\": 7, \"timestamp_us\": 500, \"multiprocessors\": 80, "
            "\"memory\": 20, \"encoder\": 1, \"decoder\": 2}}");
    OK(gpushare_gpu_process_utilization(gpu, 0, &list, &error));
    CHECK(gpushare_process_utilization_list_len(list) == 1 && gpushare_process_utilization_list_get(list, 1) == NULL);
    const gpushare_process_utilization_t *one = gpushare_process_utilization_list_get(list, 0);
    CHECK(one->pid == 7 && one->timestamp_us == 500 && one->multiprocessors == 80 && one->memory == 20);
    CHECK(one->encoder == 1 && one->decoder == 2);
    gpushare_process_utilization_list_free(list);
    OK(gpushare_gpu_process_utilization(gpu, 500, &list, &error));
    CHECK(gpushare_process_utilization_list_len(list) == 0);
    gpushare_process_utilization_list_free(list);
}

static void on_mig_devices(const gpushare_gpu_t *gpu) {
    gpushare_process_utilization_list_t *samples;
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    FAILS(GPUSHARE_ERROR_NOT_SUPPORTED, gpushare_gpu_process_utilization(gpu, 0, &samples, &error));
    gpushare_gpu_instance_t *instance = create(gpu, "2g.10gb");
    gpushare_compute_instance_t *inside;
    gpushare_mig_device_t *device;
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    OK(gpushare_compute_instance_mig_device(inside, &device, &error));
    char place[32];
    snprintf(place, sizeof place, "[%u, 0]", gpushare_gpu_instance_id(instance));
    run_on(0, 9, "compute", "0", place);
    gpushare_gpu_process_list_t *of_gpu, *of_device;
    OK(gpushare_gpu_processes(gpu, &of_gpu, &error));
    OK(gpushare_mig_device_processes(device, &of_device, &error));
    for (int i = 0; i < 2; i++) {
        const gpushare_gpu_process_list_t *list = i ? of_device : of_gpu;
        const gpushare_gpu_process_t *one = gpushare_gpu_process_list_get(list, 0);
        CHECK(gpushare_gpu_process_list_len(list) == 1 && gpushare_gpu_process_pid(one) == 9);
        CHECK(gpushare_gpu_process_gpu_instance(one) == (int64_t)gpushare_gpu_instance_id(instance));
        CHECK(gpushare_gpu_process_compute_instance(one) == 0);
    }
    gpushare_gpu_process_list_free(of_device);
    gpushare_gpu_process_list_free(of_gpu);

    control("{\"command\": \"set_access\", \"access\": \"unprivileged\"}");
    FAILS(GPUSHARE_ERROR_NO_PERMISSION, gpushare_gpu_processes(gpu, &of_gpu, &error));
    OK(gpushare_mig_device_processes(device, &of_device, &error));
    CHECK(gpushare_gpu_process_list_len(of_device) == 1);
    gpushare_gpu_process_list_free(of_device);
    gpushare_mig_device_free(device);
    gpushare_compute_instance_free(inside);
    gpushare_gpu_instance_free(instance);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    gpushare_gpu_t *gpu = load_gpu_with(argv[1]);
    known(gpu, argv[1]);
    sampled(gpu);
    on_mig_devices(gpu);
    gpushare_gpu_free(gpu);
    return 0;
}
