/* The least that a library over NVML does: it checks its arguments, and writes its result on success alone. */
#ifndef THIN_H
#define THIN_H

#include <gpushare.h>

#include "nvml.h"

/* NVML's functions, which whoever found the library sets. */
extern int (*get_count)(unsigned *);
extern int (*get_mig_mode)(nvmlDevice_t, unsigned *, unsigned *);
extern int (*get_memory)(nvmlDevice_t, struct memory_v2 *);
extern int (*get_bar1_memory)(nvmlDevice_t, struct bar1_memory *);

int thin_gpu_count(const void *handle, uint32_t *out);
int thin_gpu_mig_mode(nvmlDevice_t handle, gpushare_mig_mode_t *out);
int thin_gpu_memory(nvmlDevice_t handle, gpushare_memory_t *out);
int thin_gpu_bar1_memory(nvmlDevice_t handle, gpushare_bar1_memory_t *out);
int thin_gpu_index(const void *handle);

#endif
