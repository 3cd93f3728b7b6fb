/* Processes that only the simulated machine and a folder in the place of /proc know of. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "check.h"

#include <sys/stat.h>

static inline void write_file(const char *folder, const char *name, const char *text, size_t length) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file && fwrite(text, 1, length, file) == length && fclose(file) == 0);
}

/* A process appears in a folder in the place of /proc. `environment` is one variable, or NULL where it is hidden. */
static inline void appear(const char *procfs, unsigned pid, const char *name, unsigned parent, const char *group,
                          const char *environment) {
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

/* A process begins to use a GPU, with `memory` bytes or null, as a whole (null) or at an instance ([3, 1]). */
static inline void run_on(unsigned gpu, unsigned pid, const char *kind, const char *memory, const char *instance) {
    char command[256];
    snprintf(command, sizeof command,
             "{\"command\": \"add_process\", \"gpu\": %u, \"process\": {\"pid\": %u, \"name\": \"driver's\", \"kind\": \"%s\", "
             "\"used_memory\": %s, \"instance\": %s}}",
             gpu, pid, kind, memory, instance);
    control(command);
}

static inline void end_on(unsigned gpu, unsigned pid) {
    char command[128];
    snprintf(command, sizeof command, "{\"command\": \"remove_process\", \"gpu\": %u, \"pid\": %u}", gpu, pid);
    control(command);
}

#endif
