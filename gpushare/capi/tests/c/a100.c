/* The MIG session of an A100, with the numbers that a real one gave. */
#include "check.h"

struct row {
    const char *name;
    uint32_t id, free, total, mib, sm, ce, dec, jpeg, ofa;
};

static const struct row EMPTY[] = {
    {"1g.5gb", 19, 7, 7, 4864, 14, 1, 0, 0, 0},    {"2g.10gb", 14, 3, 3, 9984, 28, 2, 1, 0, 0},
    {"3g.20gb", 9, 2, 2, 20096, 42, 3, 2, 0, 0},   {"4g.20gb", 5, 1, 1, 20096, 56, 4, 2, 0, 0},
    {"7g.40gb", 0, 1, 1, 40320, 98, 7, 5, 1, 1},   {"1g.5gb+me", 20, 1, 1, 4864, 14, 1, 1, 1, 1},
    {"1g.10gb", 15, 4, 4, 9984, 14, 1, 1, 0, 0},
};
enum { PROFILES = sizeof EMPTY / sizeof *EMPTY };

static void profiles(const gpushare_gpu_t *gpu) {
    gpushare_gpu_instance_profile_list_t *list;
    OK(gpushare_gpu_gpu_instance_profiles(gpu, &list, &error));
    CHECK(gpushare_gpu_instance_profile_list_len(list) == PROFILES);
    for (size_t i = 0; i < PROFILES; i++) {
        const gpushare_gpu_instance_profile_t *profile = gpushare_gpu_instance_profile_list_get(list, i);
        gpushare_gpu_instance_profile_info_t info = GPUSHARE_GPU_INSTANCE_PROFILE_INFO_INIT;
        uint32_t free;
        OK(gpushare_gpu_instance_profile_info(profile, &info, &error));
        OK(gpushare_gpu_remaining_capacity(gpu, profile, &free, &error));
        const struct row *row = &EMPTY[i];
        SAME(gpushare_gpu_instance_profile_name(profile), row->name);
        CHECK(info.id == row->id && free == row->free && info.max_instances == row->total && info.memory_mib == row->mib);
        CHECK(info.multiprocessor_count == row->sm && info.engines.copy == row->ce && info.engines.decoder == row->dec);
        CHECK(info.engines.encoder == 0 && info.engines.jpeg == row->jpeg && info.engines.optical_flow == row->ofa);
        CHECK(!info.p2p_supported && info.struct_size == sizeof info);
    }
    gpushare_gpu_instance_profile_list_free(list);
}

static void placements(const gpushare_gpu_t *gpu) {
    gpushare_gpu_instance_profile_t *profile;
    gpushare_gpu_instance_placement_list_t *list;
    OK(gpushare_gpu_gpu_instance_profile(gpu, "MIG 2g.10gb", &profile, &error));
    OK(gpushare_gpu_possible_placements(gpu, profile, &list, &error));
    CHECK(gpushare_gpu_instance_placement_list_len(list) == 3);
    for (uint32_t i = 0; i < 3; i++) {
        const gpushare_gpu_instance_placement_t *at = gpushare_gpu_instance_placement_list_get(list, i);
        CHECK(at->start == 2 * i && at->size == 2);
    }
    CHECK(gpushare_gpu_instance_placement_list_get(list, 3) == NULL);
    gpushare_gpu_instance_placement_list_free(list);
    gpushare_gpu_instance_profile_free(profile);
}

static void is_at(const gpushare_gpu_instance_t *instance, uint32_t id, uint32_t start, uint32_t size) {
    gpushare_gpu_instance_placement_t at;
    OK(gpushare_gpu_instance_placement(instance, &at, &error));
    CHECK(gpushare_gpu_instance_id(instance) == id && at.start == start && at.size == size);
}

static void compute_profiles(const gpushare_gpu_instance_t *four) {
    static const struct row rows[] = {{"1c.4g.20gb", 0, 4, 4, 0, 14, 4, 2, 0, 0},
                                      {"2c.4g.20gb", 1, 2, 2, 0, 28, 4, 2, 0, 0},
                                      {"4g.20gb", 3, 1, 1, 0, 56, 4, 2, 0, 0}};
    gpushare_compute_instance_profile_list_t *list;
    OK(gpushare_gpu_instance_compute_instance_profiles(four, &list, &error));
    CHECK(gpushare_compute_instance_profile_list_len(list) == 3);
    for (size_t i = 0; i < 3; i++) {
        const gpushare_compute_instance_profile_t *profile = gpushare_compute_instance_profile_list_get(list, i);
        gpushare_compute_instance_profile_info_t info = GPUSHARE_COMPUTE_INSTANCE_PROFILE_INFO_INIT;
        uint32_t free;
        OK(gpushare_compute_instance_profile_info(profile, &info, &error));
        OK(gpushare_gpu_instance_remaining_compute_capacity(four, profile, &free, &error));
        SAME(gpushare_compute_instance_profile_name(profile), rows[i].name);
        CHECK(info.id == rows[i].id && free == rows[i].free && info.max_instances == rows[i].total);
        CHECK(info.multiprocessor_count == rows[i].sm && info.is_default == (i == 2));
        CHECK(info.shared_engines.copy == rows[i].ce && info.shared_engines.decoder == rows[i].dec);
    }
    gpushare_compute_instance_profile_list_free(list);
}

static void device(const gpushare_gpu_t *gpu, uint32_t index, const char *wanted_name, uint32_t sm, uint32_t mib, uint32_t gi_minor) {
    gpushare_mig_device_t *device;
    gpushare_mig_device_attributes_t has = GPUSHARE_MIG_DEVICE_ATTRIBUTES_INIT;
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    gpushare_capability_t *gi, *ci;
    char *name, *visible, node[64];
    OK(gpushare_gpu_mig_device(gpu, index, &device, &error));
    OK(gpushare_mig_device_name(device, &name, &error));
    OK(gpushare_mig_device_attributes(device, &has, &error));
    OK(gpushare_mig_device_memory(device, &memory, &error));
    OK(gpushare_mig_device_visible_device(device, GPUSHARE_VISIBLE_BY_UUID, &visible, &error));
    OK(gpushare_mig_device_capabilities(device, &gi, &ci, &error));
    SAME(name, wanted_name);
    SAME(visible, gpushare_mig_device_uuid(device));
    CHECK(has.multiprocessor_count == sm && has.memory_mib == mib && memory.total == (uint64_t)mib << 20);
    snprintf(node, sizeof node, "/dev/nvidia-caps/nvidia-cap%u", gi_minor);
    SAME(gpushare_capability_node(gi), node);
    CHECK(gpushare_capability_minor(gi) == gi_minor && gpushare_capability_minor(ci) == gi_minor + 1);
    CHECK(gpushare_capability_mode(gi) == 0444);
    gpushare_capability_free(ci);
    gpushare_capability_free(gi);
    gpushare_string_free(visible);
    gpushare_string_free(name);
    gpushare_mig_device_free(device);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    setenv("GPUSHARE_SIM_ROOT", argv[1], 1);
    gpushare_nvml_options_t options = GPUSHARE_NVML_OPTIONS_INIT;
    options.root = argv[1];
    gpushare_nvml_t *nvml;
    gpushare_gpu_t *gpu;
    OK(gpushare_nvml_open(&options, &nvml, &error));
    SAME(gpushare_nvml_root(nvml), argv[1]);
    OK(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    SAME(gpushare_gpu_name(gpu), "NVIDIA A100-SXM4-40GB");
    OK(gpushare_gpu_set_mig_mode(gpu, true, &error));
    profiles(gpu);
    placements(gpu);

    gpushare_gpu_instance_t *four = create(gpu, "4g.20gb"), *two = create(gpu, "2g.10gb"), *one = create(gpu, "1g.5gb");
    is_at(four, 2, 0, 4);
    is_at(two, 3, 4, 2);
    is_at(one, 9, 6, 1);
    compute_profiles(four);

    gpushare_compute_instance_t *all, *small;
    OK(gpushare_gpu_instance_create_default_compute_instance(four, &all, &error));
    OK(gpushare_gpu_instance_create_default_compute_instance(one, &small, &error));
    CHECK(gpushare_compute_instance_id(all) == 0);
    SAME(gpushare_compute_instance_profile_name(gpushare_compute_instance_profile(all)), "4g.20gb");
    CHECK(gpushare_gpu_instance_id(gpushare_compute_instance_gpu_instance(all)) == 2);
    device(gpu, 0, "4g.20gb", 56, 20096, 21);
    device(gpu, 1, "1g.5gb", 14, 4864, 84);

    OK(gpushare_compute_instance_destroy(small, &error));
    OK(gpushare_gpu_instance_destroy(one, &error));
    gpushare_compute_instance_free(small);
    gpushare_compute_instance_free(all);
    gpushare_gpu_instance_free(one);
    gpushare_gpu_instance_free(two);
    gpushare_gpu_instance_free(four);
    char *left = layout_of(gpu);
    SAME(left, "4g.20gb@0[*@0], 2g.10gb@4[]");
    gpushare_string_free(left);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return 0;
}
