#include "thin.h"

int (*get_count)(unsigned *);
int (*get_mig_mode)(nvmlDevice_t, unsigned *, unsigned *);
int (*get_memory)(nvmlDevice_t, struct memory_v2 *);
int (*get_bar1_memory)(nvmlDevice_t, struct bar1_memory *);

int thin_gpu_count(const void *handle, uint32_t *out) {
    unsigned count = 0;
    if (!handle || !out) return -1;
    const int code = get_count(&count);
    if (code == 0) *out = count;
    return code;
}

int thin_gpu_mig_mode(nvmlDevice_t handle, gpushare_mig_mode_t *out) {
    unsigned current = 0, pending = 0;
    if (!handle || !out) return -1;
    const int code = get_mig_mode(handle, &current, &pending);
    if (code == 0) *out = (gpushare_mig_mode_t){current != 0, pending != 0};
    return code;
}

int thin_gpu_memory(nvmlDevice_t handle, gpushare_memory_t *out) {
    struct memory_v2 memory = {.version = MEMORY_V2};
    if (!handle || !out || out->struct_size < sizeof *out) return -1;
    const int code = get_memory(handle, &memory);
    if (code == 0) *out = (gpushare_memory_t){sizeof *out, true, memory.total, memory.free, memory.used, memory.reserved};
    return code;
}

int thin_gpu_bar1_memory(nvmlDevice_t handle, gpushare_bar1_memory_t *out) {
    struct bar1_memory memory = {0};
    if (!handle || !out || out->struct_size < sizeof *out) return -1;
    const int code = get_bar1_memory(handle, &memory);
    if (code == 0) *out = (gpushare_bar1_memory_t){sizeof *out, memory.total, memory.free, memory.used};
    return code;
}

int thin_gpu_index(const void *handle) { return handle ? 0 : -1; }
