/* What the tests share: checks that end the program, and the simulated machine. The first argument of each test is an empty folder of
 * its own. */
#ifndef CHECK_H
#define CHECK_H

#include <dlfcn.h>
#include <gpushare.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gpushare_error_t *error;

static inline void fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    if (error) fprintf(stderr, "    error: %s\n", gpushare_error_message(error));
    exit(1);
}

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))
#define SAME(text, wanted) CHECK(text_is(text, wanted))
/* A call with &error that must succeed, and one that must fail. */
#define OK(call) CHECK((call) == GPUSHARE_OK && error == NULL)
#define FAILS(wanted, call) CHECK(failed_with(wanted, call))

static inline int text_is(const char *text, const char *wanted) {
    if (text && wanted && strcmp(text, wanted) == 0) return 1;
    if (!text && !wanted) return 1;
    fprintf(stderr, "is:     %s\nwanted: %s\n", text ? text : "NULL", wanted ? wanted : "NULL");
    return 0;
}

/* Whether a call answered with a status, and its error with the same; that is freed. */
static inline int failed_with(gpushare_status_t wanted, gpushare_status_t got) {
    int same = got == wanted && error && gpushare_error_status(error) == got && gpushare_error_message(error)[0];
    if (!same) fprintf(stderr, "is:     %d\nwanted: %d\n", got, wanted);
    if (same) {
        gpushare_error_free(error);
        error = NULL;
    }
    return same;
}

static inline gpushare_nvml_t *load(void) {
    gpushare_nvml_t *nvml;
    OK(gpushare_nvml_load(&nvml, &error));
    return nvml;
}

/* GPU 0 of a session, which lasts as long as it. */
static inline gpushare_gpu_t *gpu_of(gpushare_nvml_t *nvml) {
    gpushare_gpu_t *gpu;
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    gpushare_nvml_free(nvml);
    return gpu;
}

static inline gpushare_gpu_t *load_gpu(void) { return gpu_of(load()); }

/* The same, for which the processes of the machine are those of a folder and not those of the system with their ids. */
static inline gpushare_gpu_t *load_gpu_with(const char *procfs) {
    gpushare_nvml_options_t options = GPUSHARE_NVML_OPTIONS_INIT;
    gpushare_nvml_t *nvml;
    options.procfs = procfs;
    OK(gpushare_nvml_open(&options, &nvml, &error));
    SAME(gpushare_nvml_procfs(nvml), procfs);
    return gpu_of(nvml);
}

/* A GPU instance on a GPU in MIG mode. */
static inline gpushare_gpu_instance_t *create(const gpushare_gpu_t *gpu, const char *name) {
    gpushare_gpu_instance_profile_t *profile;
    gpushare_gpu_instance_t *instance;
    OK(gpushare_gpu_gpu_instance_profile(gpu, name, &profile, &error));
    OK(gpushare_gpu_create_gpu_instance(gpu, profile, &instance, &error));
    gpushare_gpu_instance_profile_free(profile);
    return instance;
}

/* The layout of a GPU. Free it. */
static inline char *layout_of(const gpushare_gpu_t *gpu) {
    gpushare_layout_t *layout;
    char *text;
    OK(gpushare_gpu_layout(gpu, &layout, &error));
    OK(gpushare_layout_to_string(layout, &text, &error));
    gpushare_layout_free(layout);
    return text;
}

/* Does something to the machine that NVML has no calls for: a command of the simulator, as JSON. */
static inline void control(const char *command) {
    struct {
        size_t size;
        int (*control)(const char *command, char *reply, size_t reply_size);
    } const *table = NULL;
    int (*get)(const void **table, const void *name);
    char reply[4096] = "";
    void *library = dlopen(getenv("GPUSHARE_NVML_LIBRARY"), RTLD_NOW);
    CHECK(library);
    *(void **)&get = dlsym(library, "nvmlInternalGetExportTable");
    CHECK(get && get((const void **)&table, "gpushare-sim/ctl") == 0);
    if (table->control(command, reply, sizeof reply) != 0) fail(command, 0, reply);
    dlclose(library);
}

#endif
