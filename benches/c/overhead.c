/* usage: overhead [ROUNDS]
 *
 * What a gpushare call costs beyond the NVML call that it makes: both are called in turn in one process, on the library that
 * GPUSHARE_NVML_LIBRARY names, and the ns a call of each round are printed as the records that benches/lib.rs describes. Beside them stands
 * the least that a library in between costs: thin.c. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <gpushare.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "thin.h"

enum { CALLS = 2000, MOST_ROUNDS = 10000 };

static int (*get_handle)(unsigned, nvmlDevice_t *);

static nvmlDevice_t device;
static gpushare_nvml_t *nvml;
static gpushare_gpu_t *gpu;

static void fail(const char *what) {
    fprintf(stderr, "overhead: %s\n", what);
    exit(EXIT_FAILURE);
}

static int raw_count(void) {
    unsigned count;
    return get_count(&count);
}

static int thin_count(void) {
    uint32_t count;
    return thin_gpu_count(nvml, &count);
}

static int our_count(void) {
    uint32_t count;
    return gpushare_nvml_gpu_count(nvml, &count, NULL);
}

static int raw_mig_mode(void) {
    unsigned current, pending;
    return get_mig_mode(device, &current, &pending);
}

static int thin_mig_mode(void) {
    gpushare_mig_mode_t mode;
    return thin_gpu_mig_mode(device, &mode);
}

static int our_mig_mode(void) {
    gpushare_mig_mode_t mode;
    return gpushare_gpu_mig_mode(gpu, &mode, NULL);
}

static int raw_memory(void) {
    struct memory_v2 memory = {.version = MEMORY_V2};
    return get_memory(device, &memory);
}

static int thin_memory(void) {
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    return thin_gpu_memory(device, &memory);
}

static int our_memory(void) {
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    return gpushare_gpu_memory(gpu, &memory, NULL);
}

static int raw_bar1_memory(void) {
    struct bar1_memory memory;
    return get_bar1_memory(device, &memory);
}

static int thin_bar1_memory(void) {
    gpushare_bar1_memory_t memory = GPUSHARE_BAR1_MEMORY_INIT;
    return thin_gpu_bar1_memory(device, &memory);
}

static int our_bar1_memory(void) {
    gpushare_bar1_memory_t memory = GPUSHARE_BAR1_MEMORY_INIT;
    return gpushare_gpu_bar1_memory(gpu, &memory, NULL);
}

static int nothing(void) { return 0; }

static int thin_index(void) { return thin_gpu_index(gpu); }

static int our_index(void) { return gpushare_gpu_index(gpu) != 0; }

static int our_uuid(void) { return gpushare_gpu_uuid(gpu) == NULL; }

static const struct {
    const char *name;
    int (*raw)(void);
    int (*thin)(void);
    int (*ours)(void);
} PAIRS[] = {
    {"gpushare_nvml_gpu_count", raw_count, thin_count, our_count},
    {"gpushare_gpu_mig_mode", raw_mig_mode, thin_mig_mode, our_mig_mode},
    {"gpushare_gpu_memory", raw_memory, thin_memory, our_memory},
    {"gpushare_gpu_bar1_memory", raw_bar1_memory, thin_bar1_memory, our_bar1_memory},
    {"gpushare_gpu_index", nothing, thin_index, our_index},
    {"gpushare_gpu_uuid", nothing, thin_index, our_uuid},
};
enum { COUNT = sizeof PAIRS / sizeof *PAIRS };

/* ns a call. */
static double once(int (*function)(void)) {
    struct timespec begin, end;
    int failed = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < CALLS; i++) failed |= function();
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (failed) fail("a call failed");
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / CALLS;
}

/* One contender of a record. */
static void print(const char *before, const char *name, const double *samples, int rounds) {
    printf("%s{\"name\":\"%s\",\"samples\":[", before, name);
    for (int round = 0; round < rounds; round++) printf("%s%.3f", round ? "," : "", samples[round]);
    printf("]}");
}

static void find(void *library, const char *name, void *place) {
    void *found = dlsym(library, name);
    if (!found) fail(name);
    *(void **)place = found;
}

static void set_up(void) {
    const char *path = getenv("GPUSHARE_NVML_LIBRARY");
    if (gpushare_nvml_load(&nvml, NULL) || gpushare_nvml_gpu(nvml, 0, &gpu, NULL)) fail("NVML is not to be had");
    void *library = dlopen(path ? path : gpushare_nvml_library_path(nvml), RTLD_NOW);
    if (!library) fail(dlerror());
    find(library, "nvmlDeviceGetCount_v2", &get_count);
    find(library, "nvmlDeviceGetHandleByIndex_v2", &get_handle);
    find(library, "nvmlDeviceGetMigMode", &get_mig_mode);
    find(library, "nvmlDeviceGetMemoryInfo_v2", &get_memory);
    find(library, "nvmlDeviceGetBAR1MemoryInfo", &get_bar1_memory);
    if (get_handle(0, &device)) fail("GPU 0 is not to be had");
}

int main(int argc, char **argv) {
    static double raw[COUNT][MOST_ROUNDS], thin[COUNT][MOST_ROUNDS], ours[COUNT][MOST_ROUNDS];
    const int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    if (rounds < 1 || rounds > MOST_ROUNDS) fail("ROUNDS is 1 to 10000");
    set_up();
    /* Rounds of all pairs, so that none falls as a whole into a time in which the machine is slow. */
    for (int round = 0; round < rounds; round++) {
        for (int pair = 0; pair < COUNT; pair++) {
            raw[pair][round] = once(PAIRS[pair].raw);
            thin[pair][round] = once(PAIRS[pair].thin);
            ours[pair][round] = once(PAIRS[pair].ours);
        }
    }
    for (int pair = 0; pair < COUNT; pair++) {
        printf("{\"stage\":\"c\",\"case\":\"%s\",\"unit\":\"ns\",\"contenders\":[", PAIRS[pair].name);
        print("", PAIRS[pair].raw == nothing ? "nothing" : "NVML", raw[pair], rounds);
        print(",", "thin library", thin[pair], rounds);
        print(",", "gpushare", ours[pair], rounds);
        puts("]}");
    }
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return EXIT_SUCCESS;
}
