/* Who uses a GPU or MIG device, and what the kernel knows of it. */
#include "check.h"

#include <sys/stat.h>

#define CONTAINER "abababababababababababababababababababababababababababababababab"

static void write_file(const char *folder, const char *name, const char *text, size_t length) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file && fwrite(text, 1, length, file) == length && fclose(file) == 0);
}

/* A process appears in a folder in the place of /proc. `environment` is one variable, or NULL where it is hidden. */
static void appear(const char *procfs, unsigned pid, const char *name, unsigned parent, const char *group, const char *environment) {
    char folder[2048], text[512];
    snprintf(folder, sizeof folder, "%s/%u", procfs, pid);
    CHECK(mkdir(folder, 0755) == 0);
    snprintf(text, sizeof text, "%u (%.15s) S %u 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 %u 0\n", pid, name, parent, pid);
    write_file(folder, "stat", text, strlen(text));
    write_file(folder, "status", "Name:\tx\nUid:\t0\t1000\t0\t0\n", 24);
    snprintf(text, sizeof text, "0::%s\n", group);
    write_file(folder, "cgroup", text, strlen(text));
    write_file(folder, "cmdline", name, strlen(name) + 1);
    if (environment) write_file(folder, "environ", environment, strlen(environment) + 1);
}

static void run(unsigned pid, const char *kind, const char *memory, const char *instance) {
    char command[256];
    snprintf(command, sizeof command,
             "{\"command\": \"add_process\", \"gpu\": 0, \"process\": {\"pid\": %u, \"name\": \"driver's\", \"kind\": \"%s\", "
             "\"used_memory\": %s, \"instance\": %s}}",
             pid, kind, memory, instance);
    control(command);
}

static void known(const gpushare_gpu_t *gpu, const char *procfs) {
    appear(procfs, 7, "python3", 1, "/system.slice/docker-" CONTAINER ".scope", NULL);
    appear(procfs, 20, "nvidia-cuda-mps-control", 1, "/", NULL);
    appear(procfs, 21, "nvidia-cuda-mps-server", 20, "/", "CUDA_MPS_PIPE_DIRECTORY=/run/mps");
    run(7, "compute", "1048576", "null");
    run(8, "graphics", "null", "null");
    run(21, "mps-server", "0", "null");
    run(22, "mps-client", "0", "null");
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
    for (unsigned pid = 7; pid <= 22; pid += pid == 8 ? 13 : 1) {
        char command[128];
        snprintf(command, sizeof command, "{\"command\": \"remove_process\", \"gpu\": 0, \"pid\": %u}", pid);
        control(command);
    }
    SAME(gpushare_gpu_process_name(one), "python3");
    gpushare_gpu_process_list_free(list);
}

static void on_mig_devices(const gpushare_gpu_t *gpu) {
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    gpushare_gpu_instance_t *instance = create(gpu, "2g.10gb");
    gpushare_compute_instance_t *inside;
    gpushare_mig_device_t *device;
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    OK(gpushare_compute_instance_mig_device(inside, &device, &error));
    char place[32];
    snprintf(place, sizeof place, "[%u, 0]", gpushare_gpu_instance_id(instance));
    run(9, "compute", "0", place);
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
    on_mig_devices(gpu);
    gpushare_gpu_free(gpu);
    return 0;
}
