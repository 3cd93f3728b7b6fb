/* NVML's types, so far as they matter here: NVIDIA's header is not at hand where the benchmarks are built. */
#ifndef BENCH_NVML_H
#define BENCH_NVML_H

typedef struct nvmlDevice_st *nvmlDevice_t;
struct memory_v2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};
struct bar1_memory {
    unsigned long long total, free, used;
};
enum { MEMORY_V2 = sizeof(struct memory_v2) | 2 << 24 };

#endif
