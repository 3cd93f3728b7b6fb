/* Events: what a set is told, which devices it concerns, and how the waiting ends. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t XID = GPUSHARE_EVENT_XID, CHANGE = GPUSHARE_EVENT_MIG_CONFIG_CHANGE;
static const uint32_t NONE = GPUSHARE_EVENT_NO_INSTANCE;

static gpushare_gpu_event_t *poll(const gpushare_event_set_t *events) {
    gpushare_gpu_event_t *event;
    OK(gpushare_event_set_poll(events, &event, &error));
    return event;
}

/* The next event is this one, and concerns so many MIG devices. */
static void told(const gpushare_event_set_t *events, uint64_t kind, uint64_t data, uint32_t gi, uint32_t ci, size_t count) {
    gpushare_gpu_event_t *event = poll(events);
    gpushare_mig_device_list_t *devices;
    CHECK(event && gpushare_gpu_event_kind(event) == kind && gpushare_gpu_event_data(event) == data);
    CHECK(gpushare_gpu_event_gpu_instance(event) == gi && gpushare_gpu_event_compute_instance(event) == ci);
    CHECK(gpushare_gpu_index(gpushare_gpu_event_gpu(event)) == 0);
    OK(gpushare_gpu_event_mig_devices(event, &devices, &error));
    CHECK(gpushare_mig_device_list_len(devices) == count);
    gpushare_mig_device_list_free(devices);
    gpushare_gpu_event_free(event);
}

static void instances(const gpushare_gpu_t *gpu, const gpushare_event_set_t *events) {
    gpushare_gpu_instance_t *two = create(gpu, "2g.10gb"), *one = create(gpu, "1g.5gb");
    gpushare_compute_instance_t *inside[2];
    OK(gpushare_gpu_instance_create_default_compute_instance(two, &inside[0], &error));
    OK(gpushare_gpu_instance_create_default_compute_instance(one, &inside[1], &error));
    for (int change = 0; change < 4; change++) told(events, CHANGE, 0, NONE, NONE, 2);
    uint32_t id = gpushare_gpu_instance_id(two);
    char command[128];
    snprintf(command, sizeof command, "{\"command\":\"inject_xid\",\"gpu\":0,\"xid\":31,\"gi\":%u,\"ci\":0}", id);
    control(command);
    control("{\"command\":\"inject_xid\",\"gpu\":0,\"xid\":48}");
    told(events, XID, 31, id, 0, 1);
    gpushare_gpu_event_t *event = poll(events);
    CHECK(event && strncmp(gpushare_gpu_event_target(event), "GPU 0 (GPU-", 11) == 0);
    gpushare_gpu_event_free(event);
    CHECK(poll(events) == NULL);
    for (int index = 0; index < 2; index++) gpushare_compute_instance_free(inside[index]);
    gpushare_gpu_instance_free(two);
    gpushare_gpu_instance_free(one);
}

static void *wait_for_ever(void *events) {
    gpushare_gpu_event_t *event = (gpushare_gpu_event_t *)events;
    gpushare_status_t status = gpushare_event_set_wait(events, GPUSHARE_WAIT_FOREVER, &event, NULL);
    return status == GPUSHARE_OK && event == NULL ? NULL : "it did not end without an event";
}

static void stop(const gpushare_nvml_t *nvml) {
    gpushare_event_set_t *events;
    gpushare_gpu_event_t *event;
    pthread_t thread;
    void *wrong;
    OK(gpushare_nvml_watch(nvml, XID, &events, &error));
    OK(gpushare_event_set_wait(events, 1, &event, &error));
    CHECK(event == NULL && !gpushare_event_set_is_stopped(events));
    CHECK(pthread_create(&thread, NULL, wait_for_ever, events) == 0);
    gpushare_event_set_stop(events);
    CHECK(pthread_join(thread, &wrong) == 0 && wrong == NULL && gpushare_event_set_is_stopped(events));
    control("{\"command\":\"inject_xid\",\"gpu\":0,\"xid\":13}");
    event = poll(events);
    CHECK(event != NULL);
    gpushare_gpu_event_free(event);
    gpushare_event_set_free(events);
}

/* The events are the parent's: a child takes none of them, and ends nothing. */
static void fork_with(const gpushare_event_set_t *events) {
    control("{\"command\":\"inject_xid\",\"gpu\":0,\"xid\":62}");
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        gpushare_gpu_event_t *event;
        FAILS(GPUSHARE_ERROR_STALE, gpushare_event_set_poll(events, &event, &error));
        FAILS(GPUSHARE_ERROR_STALE, gpushare_event_set_wait(events, GPUSHARE_WAIT_FOREVER, &event, &error));
        gpushare_event_set_free((gpushare_event_set_t *)events);
        gpushare_nvml_t *own = load();
        gpushare_event_set_t *others;
        OK(gpushare_nvml_watch(own, XID, &others, &error));
        CHECK(poll(others) == NULL);
        gpushare_event_set_free(others);
        gpushare_nvml_free(own);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    told(events, XID, 62, NONE, NONE, 2);
}

static void some(const gpushare_gpu_t *gpu) {
    const gpushare_gpu_t *gpus[] = {gpu, NULL};
    gpushare_event_set_options_t options = GPUSHARE_EVENT_SET_OPTIONS_INIT;
    gpushare_event_set_t *events;
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_event_set_new(NULL, &events, &error));
    options.gpus = gpus;
    options.gpu_count = 2;
    options.kinds = CHANGE;
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_event_set_new(&options, &events, &error));
    options.gpu_count = 1;
    OK(gpushare_event_set_new(&options, &events, &error));
    CHECK(gpushare_event_set_gpu_count(events) == 1 && gpushare_event_set_kinds(events, 0) == CHANGE);
    CHECK(gpushare_event_set_gpu(events, 1) == NULL && gpushare_event_set_kinds(events, 1) == 0);
    SAME(gpushare_gpu_uuid(gpushare_event_set_gpu(events, 0)), gpushare_gpu_uuid(gpu));
    gpushare_event_set_free(events);
}

int main(void) {
    gpushare_nvml_t *nvml = load();
    gpushare_gpu_t *gpu;
    gpushare_event_set_t *events;
    uint64_t kinds;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    OK(gpushare_gpu_supported_events(gpu, &kinds, &error));
    CHECK(kinds == 0xff9f);
    OK(gpushare_nvml_watch(nvml, XID | CHANGE, &events, &error));
    gpushare_event_set_t *clone = gpushare_event_set_clone(events);
    instances(gpu, events);
    stop(nvml);
    /* What was told to the set that was stopped is told to this one, too. */
    told(clone, XID, 13, NONE, NONE, 2);
    gpushare_event_set_free(clone);
    fork_with(events);
    some(gpu);
    OK(gpushare_nvml_close(nvml, &error));
    gpushare_gpu_event_t *event;
    FAILS(GPUSHARE_ERROR_STALE, gpushare_event_set_wait(events, GPUSHARE_WAIT_FOREVER, &event, &error));
    gpushare_event_set_free(events);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
