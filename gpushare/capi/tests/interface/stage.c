#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int wrong;

static void need(gpushare_status_t status, const char *what) {
    if (status != GPUSHARE_OK) {
        printf("%s: status %d\n", what, status);
        exit(2);
    }
}

/* A function that can fail got NULL where that is no value: it says which. */
static void refused(gpushare_status_t status, gpushare_error_t **error, const char *function, const char *argument) {
    const char *message = *error ? gpushare_error_message(*error) : "";
    if (status != GPUSHARE_ERROR_INVALID_ARGUMENT || strncmp(message, argument, strlen(argument)) != 0
        || strstr(message, function) == NULL || gpushare_error_status(*error) != status) {
        printf("%s with NULL as %s: status %d, \"%s\"\n", function, argument, status, message);
        wrong++;
    }
    gpushare_error_free(*error);
    *error = NULL;
}

/* A function that can fail answered: with an error where it failed, and without where not. */
static void answered(gpushare_status_t status, gpushare_error_t **error, const char *function) {
    if (gpushare_status_name(status) == NULL || status == GPUSHARE_ERROR_PANIC || (status == GPUSHARE_OK) != (*error == NULL)) {
        printf("%s: status %d, error %p\n", function, status, (void *)*error);
        wrong++;
    }
    gpushare_error_free(*error);
    *error = NULL;
}

static void absent(bool is_absent, const char *function) {
    if (!is_absent) {
        printf("%s of NULL is something\n", function);
        wrong++;
    }
}

static gpushare_error_t *error;
static const char *folder;
/* Longer than any path or name. */
static char long_text[5000];
static void calls(void);

/* A daemon with a server, and a session. */
static void mps(const gpushare_gpu_t *gpu) {
    gpushare_mps_daemon_options_t options = GPUSHARE_MPS_DAEMON_OPTIONS_INIT;
    gpushare_mps_session_options_t shared = GPUSHARE_MPS_SESSION_OPTIONS_INIT;
    char pipes[4096];
    snprintf(pipes, sizeof pipes, "%s-mps", folder);
    options.program = shared.program = getenv("GPUSHARE_MPS_CONTROL");
    shared.directory = folder;
    need(gpushare_mps_daemon_start(pipes, &options, (gpushare_mps_daemon_t **)&a_gpushare_mps_daemon_t, NULL), "daemon");
    const gpushare_mps_daemon_t *daemon = a_gpushare_mps_daemon_t;
    need(gpushare_mps_daemon_start_server(daemon, (uint32_t)getuid(), NULL), "server");
    while (gpushare_mps_server_list_len(a_gpushare_mps_server_list_t) == 0) {
        gpushare_mps_server_list_free((gpushare_mps_server_list_t *)a_gpushare_mps_server_list_t);
        need(gpushare_mps_daemon_servers(daemon, (gpushare_mps_server_list_t **)&a_gpushare_mps_server_list_t, NULL), "servers");
    }
    a_gpushare_mps_server_t = gpushare_mps_server_list_get(a_gpushare_mps_server_list_t, 0);
    need(gpushare_mps_daemon_clients(daemon, (gpushare_mps_client_list_t **)&a_gpushare_mps_client_list_t, NULL), "clients");
    need(gpushare_mps_daemon_control_log(daemon, (gpushare_mps_log_record_list_t **)&a_gpushare_mps_log_record_list_t, NULL), "log");
    a_gpushare_mps_log_record_t = gpushare_mps_log_record_list_get(a_gpushare_mps_log_record_list_t, 0);
    need(gpushare_gpu_mps_session(gpu, &shared, (gpushare_mps_session_t **)&a_gpushare_mps_session_t, NULL), "session");
}

/* Snapshots of a GPU that was divided meanwhile. */
static void snapshots(const gpushare_snapshot_t *before) {
    need(gpushare_observer_snapshot(a_gpushare_observer_t, (gpushare_snapshot_t **)&a_gpushare_snapshot_t, NULL), "snapshot");
    need(gpushare_snapshot_changes(before, a_gpushare_snapshot_t, (gpushare_change_list_t **)&a_gpushare_change_list_t, NULL),
         "changes");
    need(gpushare_observer_layouts(a_gpushare_observer_t, (gpushare_gpu_layout_list_t **)&a_gpushare_gpu_layout_list_t, NULL),
         "layouts");
    a_gpushare_gpu_snapshot_list_t = gpushare_snapshot_gpus(a_gpushare_snapshot_t);
    a_gpushare_mps_daemon_snapshot_list_t = gpushare_snapshot_mps_daemons(a_gpushare_snapshot_t);
    const gpushare_gpu_snapshot_t *gpu = gpushare_gpu_snapshot_list_get(a_gpushare_gpu_snapshot_list_t, 0);
    a_gpushare_gpu_instance_snapshot_list_t = gpu->gpu_instances;
    a_gpushare_mig_device_snapshot_list_t = gpu->mig_devices;
    a_gpushare_profile_capacity_list_t = gpu->capacity;
    a_gpushare_unknown_fact_list_t = gpu->unknown;
    a_gpushare_compute_instance_snapshot_list_t =
        gpushare_gpu_instance_snapshot_list_get(gpu->gpu_instances, 0)->compute_instances;
    gpushare_snapshot_t *shared;
    need(gpushare_snapshot_from_json("{\"schema\": 1, \"driver_version\": \"\", \"gpus\": [], \"mps_daemons\": [{\"pid\": 1, "
                                     "\"pipe_directory\": null, \"servers\": []}]}",
                                     &shared, NULL),
         "daemons");
    a_gpushare_mps_server_snapshot_list_t = gpushare_mps_daemon_snapshot_list_get(gpushare_snapshot_mps_daemons(shared), 0)->servers;
}

int main(int count, char **arguments) {
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.directory = folder = arguments[count - 1];
    gpushare_nvml_options_t opened = GPUSHARE_NVML_OPTIONS_INIT;
    opened.root = getenv("GPUSHARE_TEST_ROOT");
    need(gpushare_nvml_open(&opened, (gpushare_nvml_t **)&a_gpushare_nvml_t, NULL), "open");
    need(gpushare_nvml_gpus(a_gpushare_nvml_t, (gpushare_gpu_list_t **)&a_gpushare_gpu_list_t, NULL), "gpus");
    a_gpushare_gpu_t = gpushare_gpu_list_get(a_gpushare_gpu_list_t, 0);
    const gpushare_gpu_t *gpu = a_gpushare_gpu_t;
    need(gpushare_gpu_process_utilization(
             gpu, 0, (gpushare_process_utilization_list_t **)&a_gpushare_process_utilization_list_t, NULL),
         "samples");
    need(gpushare_nvml_watch(a_gpushare_nvml_t, ~(uint64_t)0, (gpushare_event_set_t **)&a_gpushare_event_set_t, NULL), "watch");
    gpushare_snapshot_t *before;
    need(gpushare_nvml_observer(a_gpushare_nvml_t, (gpushare_observer_t **)&a_gpushare_observer_t, NULL), "observer");
    need(gpushare_observer_snapshot(a_gpushare_observer_t, &before, NULL), "snapshot");
    need(gpushare_layout_parse("4g.20gb[2x1c]", (gpushare_layout_t **)&a_gpushare_layout_t, NULL), "layout");
    need(gpushare_gpu_plan(gpu, a_gpushare_layout_t, NULL, (gpushare_plan_t **)&a_gpushare_plan_t, NULL), "plan");
    need(gpushare_gpu_apply(gpu, a_gpushare_plan_t, &options, (gpushare_applied_t **)&a_gpushare_applied_t, NULL), "apply");
    need(gpushare_event_set_poll(a_gpushare_event_set_t, (gpushare_gpu_event_t **)&a_gpushare_gpu_event_t, NULL), "event");
    need(gpushare_gpu_drift(gpu, a_gpushare_layout_t, (gpushare_drift_t **)&a_gpushare_drift_t, NULL), "drift");
    need(gpushare_gpu_mig_state(gpu, (gpushare_mig_state_t **)&a_gpushare_mig_state_t, NULL), "state");
    need(gpushare_gpu_mig_geometry(gpu, (gpushare_mig_geometry_t **)&a_gpushare_mig_geometry_t, NULL), "geometry");
    need(gpushare_gpu_processes(gpu, (gpushare_gpu_process_list_t **)&a_gpushare_gpu_process_list_t, NULL), "processes");
    need(gpushare_gpu_gpu_instances(gpu, (gpushare_gpu_instance_list_t **)&a_gpushare_gpu_instance_list_t, NULL), "instances");
    const gpushare_gpu_instance_t *gi = gpushare_gpu_instance_list_get(a_gpushare_gpu_instance_list_t, 0);
    a_gpushare_gpu_instance_t = gi;
    need(gpushare_gpu_gpu_instance_profiles(
             gpu, (gpushare_gpu_instance_profile_list_t **)&a_gpushare_gpu_instance_profile_list_t, NULL),
         "profiles");
    a_gpushare_gpu_instance_profile_t = gpushare_gpu_instance_profile(gi);
    need(gpushare_gpu_possible_placements(
             gpu, a_gpushare_gpu_instance_profile_t,
             (gpushare_gpu_instance_placement_list_t **)&a_gpushare_gpu_instance_placement_list_t, NULL),
         "placements");
    need(gpushare_gpu_instance_compute_instances(
             gi, (gpushare_compute_instance_list_t **)&a_gpushare_compute_instance_list_t, NULL),
         "compute instances");
    const gpushare_compute_instance_t *ci = gpushare_compute_instance_list_get(a_gpushare_compute_instance_list_t, 0);
    a_gpushare_compute_instance_t = ci;
    need(gpushare_gpu_instance_compute_instance_profiles(
             gi, (gpushare_compute_instance_profile_list_t **)&a_gpushare_compute_instance_profile_list_t, NULL),
         "compute profiles");
    a_gpushare_compute_instance_profile_t = gpushare_compute_instance_profile(ci);
    need(gpushare_gpu_instance_possible_compute_placements(
             gi, a_gpushare_compute_instance_profile_t,
             (gpushare_compute_instance_placement_list_t **)&a_gpushare_compute_instance_placement_list_t, NULL),
         "compute placements");
    need(gpushare_gpu_mig_devices(gpu, (gpushare_mig_device_list_t **)&a_gpushare_mig_device_list_t, NULL), "devices");
    a_gpushare_mig_device_t = gpushare_mig_device_list_get(a_gpushare_mig_device_list_t, 0);
    need(gpushare_nvml_visible_node(a_gpushare_nvml_t, (gpushare_visible_node_t **)&a_gpushare_visible_node_t, NULL), "node");
    need(gpushare_nvml_cuda_rules(a_gpushare_nvml_t, NULL, (gpushare_cuda_rules_t **)&a_gpushare_cuda_rules_t, NULL), "rules");
    need(gpushare_visible_devices_resolve(
             a_gpushare_visible_node_t, "0", a_gpushare_cuda_rules_t, (gpushare_cuda_devices_t **)&a_gpushare_cuda_devices_t, NULL),
         "visible devices");
    a_gpushare_cuda_device_list_t = gpushare_cuda_devices_visible(a_gpushare_cuda_devices_t);
    a_gpushare_cuda_device_t = gpushare_cuda_device_list_get(a_gpushare_cuda_device_list_t, 0);
    need(gpushare_mig_parted_config_parse(
             "version: v1\nmig-configs:\n  one:\n    - devices: all\n      mig-enabled: false\n",
             (gpushare_mig_parted_config_t **)&a_gpushare_mig_parted_config_t, NULL),
         "configuration");
    need(gpushare_nvml_device_files(a_gpushare_nvml_t, (gpushare_device_files_t **)&a_gpushare_device_files_t, NULL), "files");
    need(gpushare_nvml_mig_minors(a_gpushare_nvml_t, (gpushare_mig_minors_t **)&a_gpushare_mig_minors_t, NULL), "minors");
    need(gpushare_gpu_holders(gpu, (gpushare_holder_list_t **)&a_gpushare_holder_list_t, NULL), "holders");
    gpushare_gpu_t *none = NULL;
    if (gpushare_nvml_gpu(a_gpushare_nvml_t, 99, &none, (gpushare_error_t **)&a_gpushare_error_t) == GPUSHARE_OK || none) {
        printf("GPU 99\n");
        return 2;
    }
    snapshots(before);
    mps(gpu);
    memset(long_text, 'x', sizeof long_text - 1);
    calls();
    gpushare_mps_session_free((gpushare_mps_session_t *)a_gpushare_mps_session_t);
    printf(wrong ? "%d wrong\n" : "done\n", wrong);
    return wrong != 0;
}
