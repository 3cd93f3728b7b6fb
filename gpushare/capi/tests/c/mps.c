/* MPS: a daemon and a session, with the simulated nvidia-cuda-mps-control that the environment names. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

enum { INVALID = GPUSHARE_ERROR_INVALID_ARGUMENT, NOT_FOUND = GPUSHARE_ERROR_NOT_FOUND };

static const char *folder;

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void values(const gpushare_mps_daemon_t *daemon) {
    double percentage;
    uint32_t priority;
    char *limit;
    OK(gpushare_mps_daemon_default_active_thread_percentage(daemon, &percentage, &error));
    CHECK(percentage == 100.0);
    OK(gpushare_mps_daemon_set_default_active_thread_percentage(daemon, 33.3, &error));
    OK(gpushare_mps_daemon_default_active_thread_percentage(daemon, &percentage, &error));
    CHECK(percentage == 33.3);
    const double wrong[] = {0, -1, 101, 12.34, 0.0 / 0.0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        FAILS(INVALID, gpushare_mps_daemon_set_default_active_thread_percentage(daemon, wrong[i], &error));
    OK(gpushare_mps_daemon_default_pinned_device_memory_limit(daemon, 0, &limit, &error));
    CHECK(limit == NULL);
    OK(gpushare_mps_daemon_set_default_pinned_device_memory_limit(daemon, 0, 1536, &error));
    OK(gpushare_mps_daemon_default_pinned_device_memory_limit(daemon, 0, &limit, &error));
    SAME(limit, "1G");
    gpushare_string_free(limit);
    FAILS(INVALID, gpushare_mps_daemon_set_default_pinned_device_memory_limit(daemon, 0, 0, &error));
    FAILS(INVALID, gpushare_mps_daemon_set_default_pinned_device_memory_limit(daemon, 32, 1, &error));
    OK(gpushare_mps_daemon_set_default_client_priority(daemon, GPUSHARE_MPS_PRIORITY_BELOW_NORMAL, &error));
    OK(gpushare_mps_daemon_default_client_priority(daemon, &priority, &error));
    CHECK(priority == GPUSHARE_MPS_PRIORITY_BELOW_NORMAL);
    FAILS(INVALID, gpushare_mps_daemon_set_default_client_priority(daemon, 2, &error));
}

static void daemon_alone(const char *program) {
    gpushare_mps_daemon_options_t options = GPUSHARE_MPS_DAEMON_OPTIONS_INIT;
    gpushare_mps_daemon_t *daemon = NULL, *same;
    gpushare_mps_server_list_t *servers;
    gpushare_mps_client_list_t *clients;
    gpushare_mps_log_record_list_t *records;
    gpushare_mps_quit_t quit = GPUSHARE_MPS_QUIT_INIT;
    uint32_t pid;
    bool present;
    options.program = program;
    FAILS(INVALID, gpushare_mps_daemon_start("relative", &options, &daemon, &error));
    options.flags = GPUSHARE_MPS_EXCLUSIVE_PROCESS;
    FAILS(INVALID, gpushare_mps_daemon_start(in_folder("pipes"), &options, &daemon, &error));
    options.flags = 0;
    char *pipes = strdup(in_folder("pipes"));
    OK(gpushare_mps_pipe_directory_create(pipes, &error));
    FAILS(NOT_FOUND, gpushare_mps_daemon_attach(pipes, &options, &daemon, &error));
    OK(gpushare_mps_daemon_start(pipes, &options, &daemon, &error));
    FAILS(GPUSHARE_ERROR_IN_USE, gpushare_mps_daemon_start(pipes, &options, &same, &error));
    SAME(gpushare_mps_daemon_pipe_directory(daemon), pipes);
    OK(gpushare_mps_presence(pipes, &present, &pid, &error));
    CHECK(present && pid != 0);
    OK(gpushare_mps_daemon_attach(pipes, &options, &same, &error));
    values(same);
    CHECK(gpushare_mps_daemon_log_directory(same) == NULL);
    FAILS(INVALID, gpushare_mps_daemon_control_log(same, &records, &error));
    gpushare_mps_daemon_free(same);
    OK(gpushare_mps_daemon_verify_user(daemon, (uint32_t)getuid(), &error));
    FAILS(INVALID, gpushare_mps_daemon_verify_user(daemon, (uint32_t)getuid() + 1, &error));
    gpushare_nvml_t *nvml = load();
    char *advisory = "unset";
    OK(gpushare_mps_daemon_version_advisory(daemon, nvml, &advisory, &error));
    CHECK(advisory == NULL);
    gpushare_nvml_free(nvml);
    OK(gpushare_mps_daemon_servers(daemon, &servers, &error));
    CHECK(gpushare_mps_server_list_len(servers) == 0 && gpushare_mps_server_list_get(servers, 0) == NULL);
    gpushare_mps_server_list_free(servers);
    OK(gpushare_mps_daemon_clients(daemon, &clients, &error));
    CHECK(gpushare_mps_client_list_len(clients) == 0);
    gpushare_mps_client_list_free(clients);
    OK(gpushare_mps_daemon_control_log(daemon, &records, &error));
    const gpushare_mps_log_record_t *first = gpushare_mps_log_record_list_get(records, 0);
    CHECK(first && gpushare_mps_log_record_pid(first) == pid);
    CHECK(gpushare_mps_log_record_role(first) == GPUSHARE_MPS_LOG_CONTROL);
    CHECK(gpushare_mps_log_record_time(first)[0] == '2');
    bool named = false;
    for (size_t i = 0; i < gpushare_mps_log_record_list_len(records); i++)
        named |= strstr(gpushare_mps_log_record_text(gpushare_mps_log_record_list_get(records, i)), pipes) != NULL;
    CHECK(named);
    gpushare_mps_log_record_list_free(records);
    OK(gpushare_mps_daemon_quit(daemon, 1000, &quit, &error));
    CHECK(quit.server_count == 0 && quit.killed_count == 0 && quit.terminated_count == 0 && !quit.daemon_killed);
    OK(gpushare_mps_presence(pipes, &present, &pid, &error));
    CHECK(!present && pid == 0);
    FAILS(NOT_FOUND, gpushare_mps_daemon_quit(daemon, 0, &quit, &error));
    FAILS(NOT_FOUND, gpushare_mps_daemon_verify_user(daemon, 0, &error));
    gpushare_mps_daemon_free(daemon);
    free(pipes);
}

static void session(const char *program) {
    gpushare_gpu_t *gpu = load_gpu();
    gpushare_mps_session_options_t options = GPUSHARE_MPS_SESSION_OPTIONS_INIT;
    gpushare_mps_session_t *shared = NULL;
    gpushare_mps_quit_t quit = GPUSHARE_MPS_QUIT_INIT;
    uint32_t mode;
    options.program = program;
    options.directory = in_folder("sessions");
    options.active_thread_percentage = 40;
    options.pinned_device_memory_limit_mib = 2048;
    options.flags = 16;
    FAILS(INVALID, gpushare_gpu_mps_session(gpu, &options, &shared, &error));
    options.flags = GPUSHARE_MPS_EXCLUSIVE_PROCESS;
    OK(gpushare_gpu_mps_session(gpu, &options, &shared, &error));
    OK(gpushare_gpu_compute_mode(gpu, &mode, &error));
    CHECK(mode == GPUSHARE_COMPUTE_MODE_EXCLUSIVE_PROCESS);
    CHECK(gpushare_mps_session_advisory_count(shared) == 0 && gpushare_mps_session_advisory(shared, 0) == NULL);
    int visible = 0, removed = 0;
    for (size_t i = 0; i < gpushare_mps_session_variable_count(shared); i++) {
        const char *name = gpushare_mps_session_variable_name(shared, i), *value = gpushare_mps_session_variable_value(shared, i);
        if (strcmp(name, "CUDA_VISIBLE_DEVICES") == 0) visible += strcmp(value, gpushare_gpu_uuid(gpu)) == 0;
        if (value == NULL) removed++;
    }
    CHECK(visible == 1 && removed == 3);
    /* A child that frees what it has inherited does not end its parent's session. */
    const pid_t child = fork();
    if (child == 0) {
        gpushare_mps_session_free(shared);
        _exit(0);
    }
    bool present;
    uint32_t pid;
    CHECK(child > 0 && waitpid(child, NULL, 0) == child);
    OK(gpushare_mps_presence(gpushare_mps_daemon_pipe_directory(gpushare_mps_session_daemon(shared)), &present, &pid, &error));
    CHECK(present);
    FAILS(NOT_FOUND, gpushare_mps_session_verify_client(shared, (uint32_t)getpid(), 10, &error));
    OK(gpushare_mps_session_close(shared, 1000, &quit, &error));
    OK(gpushare_gpu_compute_mode(gpu, &mode, &error));
    CHECK(mode == GPUSHARE_COMPUTE_MODE_DEFAULT);
    options.flags = 0;
    OK(gpushare_gpu_mps_session(gpu, &options, &shared, &error));
    gpushare_mps_session_free(shared);
    gpushare_gpu_free(gpu);
}

/* A process that dies with its session leaves the daemon and the compute mode. */
static void recovered(const char *program) {
    gpushare_gpu_t *gpu = load_gpu();
    gpushare_mps_session_options_t options = GPUSHARE_MPS_SESSION_OPTIONS_INIT;
    gpushare_mps_session_t *shared = NULL;
    gpushare_mps_quit_t quit = GPUSHARE_MPS_QUIT_INIT;
    uint32_t mode;
    bool found = true;
    int status;
    options.program = program;
    options.directory = in_folder("recovered");
    options.flags = GPUSHARE_MPS_EXCLUSIVE_PROCESS;
    OK(gpushare_gpu_mps_session_recover(gpu, &options, 0, &found, &quit, &error));
    CHECK(!found);
    const pid_t child = fork();
    if (child == 0) _exit(gpushare_gpu_mps_session(gpu, &options, &shared, NULL) == GPUSHARE_OK ? 0 : 1);
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    FAILS(GPUSHARE_ERROR_IN_USE, gpushare_gpu_mps_session(gpu, &options, &shared, &error));
    OK(gpushare_gpu_mps_session_recover(gpu, &options, 0, &found, &quit, &error));
    CHECK(found && quit.server_count == 0 && !quit.daemon_killed);
    OK(gpushare_gpu_compute_mode(gpu, &mode, &error));
    CHECK(mode == GPUSHARE_COMPUTE_MODE_DEFAULT);
    OK(gpushare_gpu_mps_session(gpu, &options, &shared, &error));
    FAILS(GPUSHARE_ERROR_IN_USE, gpushare_gpu_mps_session_recover(gpu, &options, 0, &found, &quit, &error));
    gpushare_mps_session_free(shared);
    gpushare_gpu_free(gpu);
}

int main(int count, char **arguments) {
    const char *program = getenv("GPUSHARE_MPS_CONTROL");
    uint32_t multiprocessors;
    char *advisory;
    CHECK(count == 2 && program);
    folder = arguments[1];
    OK(gpushare_mps_multiprocessors(30, 132, &multiprocessors, &error));
    CHECK(multiprocessors == 38);
    OK(gpushare_mps_advisory(40, GPUSHARE_ARCHITECTURE_HOPPER, &advisory, &error));
    CHECK(strstr(advisory, "Hopper"));
    gpushare_string_free(advisory);
    OK(gpushare_mps_advisory(40, GPUSHARE_ARCHITECTURE_AMPERE, &advisory, &error));
    CHECK(advisory == NULL);
    daemon_alone(program);
    session(program);
    recovered(program);
    return 0;
}
