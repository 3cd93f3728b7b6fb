/* A child made by fork goes on with the observer of its parent: each sees what the other changes, and neither takes the other's events. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static void sees(const gpushare_observer_t *observer, const char *wanted) {
    gpushare_gpu_layout_list_t *layouts;
    gpushare_snapshot_t *snapshot;
    char *text;
    OK(gpushare_observer_layouts(observer, &layouts, &error));
    OK(gpushare_layout_to_string(gpushare_gpu_layout_list_get(layouts, 0)->layout, &text, &error));
    SAME(text, wanted);
    gpushare_string_free(text);
    gpushare_gpu_layout_list_free(layouts);
    OK(gpushare_observer_snapshot(observer, &snapshot, &error));
    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(gpushare_snapshot_gpus(snapshot), 0);
    OK(gpushare_layout_to_string(gpu->layout, &text, &error));
    SAME(text, wanted);
    gpushare_string_free(text);
    gpushare_snapshot_free(snapshot);
}

/* One after the other. */
static void turn(int from, int to) {
    char byte = 0;
    CHECK(from < 0 || read(from, &byte, 1) == 1);
    CHECK(to < 0 || write(to, &byte, 1) == 1);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    char state[4096];
    snprintf(state, sizeof state, "%s/state", argv[1]);
    setenv("GPUSHARE_SIM_STATE", state, 1);
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_t *gpu;
    gpushare_observer_t *observer;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    OK(gpushare_nvml_observer(nvml, &observer, &error));
    sees(observer, "");

    int down[2], up[2];
    CHECK(pipe(down) == 0 && pipe(up) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        turn(down[0], -1);
        sees(observer, "2g.10gb@4[]");
        gpushare_gpu_instance_free(create(gpu, "1g.5gb"));
        turn(-1, up[1]);
        turn(down[0], -1);
        sees(observer, "1g.5gb@6[]");
        gpushare_observer_free(observer);
        _exit(0);
    }
    gpushare_gpu_instance_t *instance = create(gpu, "2g.10gb");
    turn(-1, down[1]);
    turn(up[0], -1);
    sees(observer, "2g.10gb@4[], 1g.5gb@6[]");
    OK(gpushare_gpu_instance_destroy(instance, &error));
    turn(-1, down[1]);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    /* What the child freed, its parent uses still. */
    gpushare_gpu_instance_free(create(gpu, "3g.20gb"));
    sees(observer, "3g.20gb@0[], 1g.5gb@6[]");
    gpushare_gpu_instance_free(instance);
    gpushare_observer_free(observer);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
