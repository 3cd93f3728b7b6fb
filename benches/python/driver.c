/* What the driver alone takes: the calls of getters.py made from C, without any library in between. Each function gives ns. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#include "nvml.h"

enum { TEXT = 96 };

static int (*get_count)(unsigned *);
static int (*get_handle)(unsigned, nvmlDevice_t *);
static int (*get_name)(nvmlDevice_t, char *, unsigned);
static int (*get_uuid)(nvmlDevice_t, char *, unsigned);
static int (*get_memory)(nvmlDevice_t, struct memory_v2 *);
static int (*get_bar1)(nvmlDevice_t, struct bar1_memory *);
static int (*get_mode)(nvmlDevice_t, unsigned *, unsigned *);
static int (*get_most)(nvmlDevice_t, unsigned *);
static int (*get_mig)(nvmlDevice_t, unsigned, nvmlDevice_t *);
static int (*get_gi)(nvmlDevice_t, unsigned *);
static int (*get_ci)(nvmlDevice_t, unsigned *);

static void *symbol(void *library, const char *name) {
    void *const found = dlsym(library, name);
    if (!found) abort();
    return found;
}

/* Before the first measurement, with NVML initialised. */
void driver_open(void) {
    void *const library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (!library) abort();
    *(void **)&get_count = symbol(library, "nvmlDeviceGetCount_v2");
    *(void **)&get_handle = symbol(library, "nvmlDeviceGetHandleByIndex_v2");
    *(void **)&get_name = symbol(library, "nvmlDeviceGetName");
    *(void **)&get_uuid = symbol(library, "nvmlDeviceGetUUID");
    *(void **)&get_memory = symbol(library, "nvmlDeviceGetMemoryInfo_v2");
    *(void **)&get_bar1 = symbol(library, "nvmlDeviceGetBAR1MemoryInfo");
    *(void **)&get_mode = symbol(library, "nvmlDeviceGetMigMode");
    *(void **)&get_most = symbol(library, "nvmlDeviceGetMaxMigDeviceCount");
    *(void **)&get_mig = symbol(library, "nvmlDeviceGetMigDeviceHandleByIndex");
    *(void **)&get_gi = symbol(library, "nvmlDeviceGetGpuInstanceId");
    *(void **)&get_ci = symbol(library, "nvmlDeviceGetComputeInstanceId");
}

static char text[TEXT];
static unsigned one, other;
static struct memory_v2 memory = {.version = MEMORY_V2};
static struct bar1_memory bar1;

static void count(nvmlDevice_t device) {
    (void)device;
    get_count(&one);
}
static void name(nvmlDevice_t device) { get_name(device, text, TEXT); }
static void uuid(nvmlDevice_t device) { get_uuid(device, text, TEXT); }
static void mode(nvmlDevice_t device) { get_mode(device, &one, &other); }
static void amount(nvmlDevice_t device) { get_memory(device, &memory); }
static void window(nvmlDevice_t device) { get_bar1(device, &bar1); }
static void walk(nvmlDevice_t device) {
    unsigned gpus = 0, most;
    get_count(&gpus);
    for (unsigned gpu = 0; gpu < gpus; gpu++) {
        get_handle(gpu, &device);
        get_most(device, &most);
        for (unsigned index = 0; index < most; index++) {
            nvmlDevice_t mig;
            if (get_mig(device, index, &mig)) continue;
            get_uuid(mig, text, TEXT);
            get_gi(mig, &one);
            get_ci(mig, &other);
            get_memory(mig, &memory);
        }
    }
}

static double timed(void (*call)(nvmlDevice_t), unsigned calls) {
    nvmlDevice_t device;
    get_handle(0, &device);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned made = 0; made < calls; made++) call(device);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / calls;
}

double driver_count(unsigned calls) { return timed(count, calls); }
double driver_name(unsigned calls) { return timed(name, calls); }
double driver_uuid(unsigned calls) { return timed(uuid, calls); }
double driver_memory(unsigned calls) { return timed(amount, calls); }
double driver_bar1(unsigned calls) { return timed(window, calls); }
double driver_mode(unsigned calls) { return timed(mode, calls); }
double driver_walk(unsigned calls) { return timed(walk, calls); }
