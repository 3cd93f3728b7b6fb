/* Structs that grow: a size that cannot be is refused, and no more is written or read than it says. */
#include "check.h"

enum { ROOM = 8192, LARGEST = 4096, INVALID = GPUSHARE_ERROR_INVALID_ARGUMENT };

/* What the library may write to, and how large the caller says that it is. */
static union {
    uint32_t size;
    uint64_t align;
    unsigned char bytes[ROOM];
} room;

static void *sized(uint32_t size) {
    memset(&room, 0xA5, sizeof room);
    room.size = size;
    return &room;
}

/* Whether nothing was written from an offset on. */
static int untouched(size_t from) {
    for (size_t i = from; i < ROOM; i++)
        if (room.bytes[i] != 0xA5) return 0;
    return 1;
}

/* `first` is the size of the struct when it was first released. */
#define FILLED(type, first, call)                                                                                                        \
    do {                                                                                                                                 \
        const uint32_t wrong[] = {0, 3, (first) - 1, LARGEST + 1, UINT32_MAX};                                                           \
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {                                                                      \
            type *place = sized(wrong[i]);                                                                                               \
            FAILS(INVALID, call);                                                                                                        \
            CHECK(place->struct_size == wrong[i] && untouched(sizeof(uint32_t)));                                                        \
        }                                                                                                                                \
        for (uint32_t size = (first); size <= LARGEST; size += size < sizeof(type) ? 1 : 13) {                                           \
            type *place = sized(size);                                                                                                   \
            OK(call);                                                                                                                    \
            const uint32_t filled = size < sizeof(type) ? size : (uint32_t)sizeof(type);                                                 \
            CHECK(place->struct_size == filled && untouched(filled));                                                                    \
        }                                                                                                                                \
    } while (0)

static void filled(const gpushare_gpu_t *gpu, const char *folder) {
    gpushare_gpu_instance_t *instance = create(gpu, "1g.5gb");
    gpushare_compute_instance_t *inside;
    gpushare_mig_device_t *device;
    OK(gpushare_gpu_instance_create_default_compute_instance(instance, &inside, &error));
    OK(gpushare_compute_instance_mig_device(inside, &device, &error));
    const gpushare_gpu_instance_profile_t *profile = gpushare_gpu_instance_profile(instance);
    const gpushare_compute_instance_profile_t *of_inside = gpushare_compute_instance_profile(inside);
    FILLED(gpushare_memory_t, 40, gpushare_gpu_memory(gpu, place, &error));
    FILLED(gpushare_memory_t, 40, gpushare_mig_device_memory(device, place, &error));
    FILLED(gpushare_bar1_memory_t, 32, gpushare_gpu_bar1_memory(gpu, place, &error));
    FILLED(gpushare_gpu_instance_profile_info_t, 56, gpushare_gpu_instance_profile_info(profile, place, &error));
    FILLED(gpushare_compute_instance_profile_info_t, 48, gpushare_compute_instance_profile_info(of_inside, place, &error));
    FILLED(gpushare_mig_device_attributes_t, 48, gpushare_mig_device_attributes(device, place, &error));
    gpushare_mps_session_options_t nowhere = GPUSHARE_MPS_SESSION_OPTIONS_INIT;
    bool found;
    nowhere.directory = folder;
    FILLED(gpushare_mps_quit_t, 20, gpushare_gpu_mps_session_recover(gpu, &nowhere, 0, &found, place, &error));
    gpushare_mig_device_free(device);
    gpushare_compute_instance_free(inside);
    gpushare_gpu_instance_free(instance);
}

static void options(const gpushare_gpu_t *gpu) {
    const uint32_t wrong[] = {0, 3, 7, LARGEST + 1, UINT32_MAX};
    gpushare_nvml_t *nvml;
    gpushare_plan_t *plan;
    gpushare_layout_t *layout;
    gpushare_mps_session_t *session;
    gpushare_mps_daemon_t *daemon;
    uint32_t recovery, policy;
    OK(gpushare_layout_parse("1g.5gb", &layout, &error));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FAILS(INVALID, gpushare_nvml_open(sized(wrong[i]), &nvml, &error));
        FAILS(INVALID, gpushare_gpu_plan(gpu, layout, sized(wrong[i]), &plan, &error));
        FAILS(INVALID, gpushare_gpu_recover(gpu, sized(wrong[i]), &recovery, &error));
        FAILS(INVALID, gpushare_gpu_time_slice(gpu, sized(wrong[i]), &policy, &error));
        FAILS(INVALID, gpushare_gpu_mps_session(gpu, sized(wrong[i]), &session, &error));
        FAILS(INVALID, gpushare_mps_daemon_start("/nowhere", sized(wrong[i]), &daemon, &error));
    }
    /* What a larger struct has beyond ours is a later version's, and is not dropped in silence. */
    gpushare_plan_options_t *larger = sized(LARGEST);
    memset(larger + 1, 0, LARGEST - sizeof *larger);
    larger->destroy_in_use = 0;
    OK(gpushare_gpu_plan(gpu, layout, larger, &plan, &error));
    gpushare_plan_free(plan);
    ((char *)larger)[LARGEST - 1] = 1;
    FAILS(INVALID, gpushare_gpu_plan(gpu, layout, larger, &plan, &error));
    gpushare_layout_free(layout);
}

int main(int count, char **arguments) {
    gpushare_gpu_t *gpu = load_gpu();
    CHECK(count == 2);
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    filled(gpu, arguments[1]);
    options(gpu);
    gpushare_gpu_free(gpu);
    return 0;
}
