/* usage: mps FOLDER PROGRAM COMMAND...
 *
 * Shares two GPUs by MPS: a control daemon for each, whose clients have 50 % of the first GPU's multiprocessors and 25 % of the second's at
 * most, and COMMAND twice on each. FOLDER is where the sessions have their directories, and PROGRAM the nvidia-cuda-mps-control to use.
 *
 * By hand, CUDA_MPS_PIPE_DIRECTORY=... echo ... | nvidia-cuda-mps-control gives the variable to echo alone, and the command goes to another
 * daemon or to none; a worker with CUDA_VISIBLE_DEVICES=1 finds nothing, since its daemon numbers the one GPU that it sees 0; and who reads
 * the fifo "log" takes its records from the daemon. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <gpushare.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GPUS = 2, WORKERS = 2 };
static const double SHARES[GPUS] = {50, 25};

struct worker {
    pid_t pid;
    int input;
};

static gpushare_error_t *error;

/* Ends the program where a call failed. */
static void check(gpushare_status_t status) {
    if (status == GPUSHARE_OK) return;
    fprintf(stderr, "%s: %s\n", gpushare_status_name(status), gpushare_error_message(error));
    gpushare_error_free(error);
    exit(EXIT_FAILURE);
}

static gpushare_mps_session_t *share(const gpushare_nvml_t *nvml, uint32_t index, const char *folder, const char *program) {
    gpushare_mps_session_options_t options = GPUSHARE_MPS_SESSION_OPTIONS_INIT;
    gpushare_mps_session_t *session;
    gpushare_mps_quit_t quit = GPUSHARE_MPS_QUIT_INIT;
    gpushare_gpu_t *gpu;
    double in_force;
    bool found;
    options.directory = folder;
    options.program = program;
    options.active_thread_percentage = SHARES[index];
    check(gpushare_nvml_gpu(nvml, index, &gpu, &error));
    /* Of a program of this kind that was killed. */
    check(gpushare_gpu_mps_session_recover(gpu, &options, 1000, &found, &quit, &error));
    check(gpushare_gpu_mps_session(gpu, &options, &session, &error));
    check(gpushare_mps_daemon_default_active_thread_percentage(gpushare_mps_session_daemon(session), &in_force, &error));
    printf("GPU %u (%s): %.1f %% for each client\n", index, gpushare_gpu_name(gpu), in_force);
    for (size_t i = 0; i < gpushare_mps_session_advisory_count(session); i++)
        printf("   beware: %s\n", gpushare_mps_session_advisory(session, i));
    gpushare_gpu_free(gpu);
    return session;
}

/* The variables are for the worker alone. Its input ends when the lists are printed. */
static struct worker work(const gpushare_mps_session_t *session, char **command) {
    int ends[2];
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0) {
        perror("pipe");
        exit(EXIT_FAILURE);
    }
    const pid_t pid = fork();
    if (pid != 0) {
        close(ends[0]);
        return (struct worker){pid, ends[1]};
    }
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    for (size_t i = 0; i < gpushare_mps_session_variable_count(session); i++) {
        const char *name = gpushare_mps_session_variable_name(session, i), *value = gpushare_mps_session_variable_value(session, i);
        if (value) setenv(name, value, 1); else unsetenv(name);
    }
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

/* A program that misses the daemon runs all the same, without MPS and without a limit. */
static void confirm(const gpushare_mps_session_t *session, pid_t worker) {
    if (gpushare_mps_session_verify_client(session, (uint32_t)worker, 1000, &error) == GPUSHARE_OK) {
        puts("   a worker is a client");
        return;
    }
    printf("   %s\n", gpushare_error_message(error));
    gpushare_error_free(error);
    error = NULL;
}

static void lists(const gpushare_mps_session_t *session) {
    gpushare_mps_server_list_t *servers;
    check(gpushare_mps_daemon_servers(gpushare_mps_session_daemon(session), &servers, &error));
    for (size_t i = 0; i < gpushare_mps_server_list_len(servers); i++) {
        const gpushare_mps_server_t *server = gpushare_mps_server_list_get(servers, i);
        gpushare_pid_list_t *clients;
        check(gpushare_mps_server_clients(server, &clients, &error));
        printf("   server %u has %zu clients\n", gpushare_mps_server_pid(server), gpushare_pid_list_len(clients));
        gpushare_pid_list_free(clients);
    }
    gpushare_mps_server_list_free(servers);
}

int main(int count, char **arguments) {
    gpushare_mps_session_t *sessions[GPUS];
    gpushare_nvml_t *nvml;
    struct worker workers[GPUS][WORKERS];
    int failed = 0;
    if (count < 4) {
        fputs("usage: mps FOLDER PROGRAM COMMAND...\n", stderr);
        return 2;
    }
    check(gpushare_nvml_load(&nvml, &error));
    for (uint32_t gpu = 0; gpu < GPUS; gpu++) sessions[gpu] = share(nvml, gpu, arguments[1], arguments[2]);
    for (int gpu = 0; gpu < GPUS; gpu++)
        for (int i = 0; i < WORKERS; i++) workers[gpu][i] = work(sessions[gpu], arguments + 3);
    for (int gpu = 0; gpu < GPUS; gpu++) {
        printf("The clients of GPU %d\n", gpu);
        for (int i = 0; i < WORKERS; i++) confirm(sessions[gpu], workers[gpu][i].pid);
        lists(sessions[gpu]);
    }
    for (int gpu = 0; gpu < GPUS; gpu++) {
        gpushare_mps_quit_t quit = GPUSHARE_MPS_QUIT_INIT;
        for (int i = 0; i < WORKERS; i++) {
            int status;
            close(workers[gpu][i].input);
            failed += workers[gpu][i].pid < 0 || waitpid(workers[gpu][i].pid, &status, 0) < 0 || status != 0;
        }
        check(gpushare_mps_session_close(sessions[gpu], 2000, &quit, &error));
        printf("GPU %d: ended with %u servers, of which %u had to be killed\n", gpu, quit.server_count, quit.killed_count);
    }
    gpushare_nvml_free(nvml);
    printf("%d workers failed\n", failed);
    return failed != 0;
}
