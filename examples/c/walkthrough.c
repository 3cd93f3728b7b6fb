/* usage: walkthrough [FOLDER]
 *
 * MIG from end to end on GPU 0, an A100: enable it, split the GPU, hand out the parts, see what a wrong step says, and clean up.
 * Beside each step stands the command that does it by hand. FOLDER is where changes are journalled, if not in the library's own. */
#include <gpushare.h>
#include <stdio.h>
#include <stdlib.h>

static gpushare_error_t *error;

/* Ends the program where a call failed. */
static void check(gpushare_status_t status) {
    if (status == GPUSHARE_OK) return;
    fprintf(stderr, "%s: %s\n", gpushare_status_name(status), gpushare_error_message(error));
    gpushare_error_free(error);
    exit(EXIT_FAILURE);
}

/* Says why a call failed that had to. */
static void failure(gpushare_status_t status) {
    if (status == GPUSHARE_OK) {
        fputs("it should have failed\n", stderr);
        exit(EXIT_FAILURE);
    }
    const char *call = gpushare_error_call(error);
    printf("   %s: %s\n", gpushare_status_name(status), gpushare_error_message(error));
    if (call) printf("   %s answered %d\n", call, gpushare_error_nvml_return(error));
    for (size_t i = 0; i < gpushare_error_holder_count(error); i++) {
        const gpushare_holder_t *holder = gpushare_error_holder(error, i);
        printf("   held by %s %u\n", holder->kind == GPUSHARE_HOLDER_PROCESS ? "process" : "compute instance", holder->id);
    }
    gpushare_error_free(error);
    error = NULL;
}

static void heading(const char *title, const char *by_hand) {
    printf("\n%s%s%s\n", title, *by_hand ? "    $ " : "", by_hand);
}

static void introduce(const gpushare_nvml_t *nvml) {
    heading("The machine", "nvidia-smi -L");
    char *driver;
    gpushare_cuda_version_t cuda;
    gpushare_gpu_list_t *gpus;
    check(gpushare_nvml_driver_version(nvml, &driver, &error));
    check(gpushare_nvml_cuda_driver_version(nvml, &cuda, &error));
    check(gpushare_nvml_gpus(nvml, &gpus, &error));
    printf("   driver %s, CUDA %u.%u\n", driver, cuda.major, cuda.minor);
    for (size_t i = 0; i < gpushare_gpu_list_len(gpus); i++) {
        const gpushare_gpu_t *gpu = gpushare_gpu_list_get(gpus, i);
        gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
        check(gpushare_gpu_memory(gpu, &memory, &error));
        printf("   GPU %u: %s, %s, %llu MiB\n", gpushare_gpu_index(gpu), gpushare_gpu_name(gpu), gpushare_gpu_uuid(gpu),
               (unsigned long long)(memory.total >> 20));
    }
    gpushare_gpu_list_free(gpus);
    gpushare_string_free(driver);
}

static void gpu_instance_profiles(const gpushare_gpu_t *gpu) {
    gpushare_gpu_instance_profile_list_t *profiles;
    check(gpushare_gpu_gpu_instance_profiles(gpu, &profiles, &error));
    puts("   Profile     ID  Free/Total     MiB  SM  CE DEC ENC JPEG OFA");
    for (size_t i = 0; i < gpushare_gpu_instance_profile_list_len(profiles); i++) {
        const gpushare_gpu_instance_profile_t *profile = gpushare_gpu_instance_profile_list_get(profiles, i);
        gpushare_gpu_instance_profile_info_t info = GPUSHARE_GPU_INSTANCE_PROFILE_INFO_INIT;
        uint32_t left;
        check(gpushare_gpu_instance_profile_info(profile, &info, &error));
        check(gpushare_gpu_remaining_capacity(gpu, profile, &left, &error));
        printf("   %-10s %3u  %u/%-8u %7llu %3u %3u %3u %3u %4u %3u\n", gpushare_gpu_instance_profile_name(profile), info.id, left,
               info.max_instances, (unsigned long long)info.memory_mib, info.multiprocessor_count, info.engines.copy,
               info.engines.decoder, info.engines.encoder, info.engines.jpeg, info.engines.optical_flow);
    }
    gpushare_gpu_instance_profile_list_free(profiles);
}

static gpushare_gpu_instance_t *create_gpu_instance(const gpushare_gpu_t *gpu, const char *name) {
    gpushare_gpu_instance_profile_t *profile;
    gpushare_gpu_instance_t *instance;
    gpushare_gpu_instance_placement_t at;
    check(gpushare_gpu_gpu_instance_profile(gpu, name, &profile, &error));
    check(gpushare_gpu_create_gpu_instance(gpu, profile, &instance, &error));
    check(gpushare_gpu_instance_placement(instance, &at, &error));
    printf("   %-8s is GPU instance %u at %u:%u\n", name, gpushare_gpu_instance_id(instance), at.start, at.size);
    gpushare_gpu_instance_profile_free(profile);
    return instance;
}

static void compute_instance_profiles(const gpushare_gpu_instance_t *instance) {
    gpushare_compute_instance_profile_list_t *profiles;
    check(gpushare_gpu_instance_compute_instance_profiles(instance, &profiles, &error));
    for (size_t i = 0; i < gpushare_compute_instance_profile_list_len(profiles); i++) {
        const gpushare_compute_instance_profile_t *profile = gpushare_compute_instance_profile_list_get(profiles, i);
        gpushare_compute_instance_profile_info_t info = GPUSHARE_COMPUTE_INSTANCE_PROFILE_INFO_INIT;
        uint32_t left;
        check(gpushare_compute_instance_profile_info(profile, &info, &error));
        check(gpushare_gpu_instance_remaining_compute_capacity(instance, profile, &left, &error));
        printf("   GPU instance %u: %-10s%s ID %u, %u/%u, %u SM\n", gpushare_gpu_instance_id(instance),
               gpushare_compute_instance_profile_name(profile), info.is_default ? "*" : " ", info.id, left, info.max_instances,
               info.multiprocessor_count);
    }
    gpushare_compute_instance_profile_list_free(profiles);
}

/* With a profile's name, or all of the GPU instance. */
static void create_compute_instance(const gpushare_gpu_instance_t *inside, const char *name) {
    gpushare_compute_instance_t *instance;
    if (name) {
        gpushare_compute_instance_profile_t *profile;
        check(gpushare_gpu_instance_compute_instance_profile(inside, name, &profile, &error));
        check(gpushare_gpu_instance_create_compute_instance(inside, profile, &instance, &error));
        gpushare_compute_instance_profile_free(profile);
    } else {
        check(gpushare_gpu_instance_create_default_compute_instance(inside, &instance, &error));
    }
    const gpushare_compute_instance_profile_t *profile = gpushare_compute_instance_profile(instance);
    printf("   %-10s is compute instance %u of GPU instance %u\n", gpushare_compute_instance_profile_name(profile),
           gpushare_compute_instance_id(instance), gpushare_gpu_instance_id(inside));
    gpushare_compute_instance_free(instance);
}

static void mig_device(const gpushare_mig_device_t *device) {
    char *name;
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    gpushare_mig_device_attributes_t has = GPUSHARE_MIG_DEVICE_ATTRIBUTES_INIT;
    gpushare_capability_t *of_gpu_instance, *of_compute_instance;
    check(gpushare_mig_device_name(device, &name, &error));
    check(gpushare_mig_device_memory(device, &memory, &error));
    check(gpushare_mig_device_attributes(device, &has, &error));
    check(gpushare_mig_device_capabilities(device, &of_gpu_instance, &of_compute_instance, &error));
    printf("   %s: %llu MiB, %u SM\n", name, (unsigned long long)(memory.total >> 20), has.multiprocessor_count);
    for (uint32_t form = GPUSHARE_VISIBLE_BY_UUID; form <= GPUSHARE_VISIBLE_BY_GPU_INDEX; form++) {
        char *text;
        check(gpushare_mig_device_visible_device(device, form, &text, &error));
        printf("      CUDA_VISIBLE_DEVICES=%s\n", text);
        gpushare_string_free(text);
    }
    printf("      needs %s and %s\n", gpushare_capability_node(of_gpu_instance), gpushare_capability_node(of_compute_instance));
    gpushare_capability_free(of_compute_instance);
    gpushare_capability_free(of_gpu_instance);
    gpushare_string_free(name);
}

static void mig_devices(const gpushare_gpu_t *gpu) {
    gpushare_mig_device_list_t *devices;
    check(gpushare_gpu_mig_devices(gpu, &devices, &error));
    for (size_t i = 0; i < gpushare_mig_device_list_len(devices); i++) mig_device(gpushare_mig_device_list_get(devices, i));
    gpushare_mig_device_list_free(devices);
}

static void apply(const gpushare_gpu_t *gpu, const char *text, const gpushare_apply_options_t *options) {
    gpushare_layout_t *layout;
    gpushare_plan_t *plan;
    gpushare_applied_t *applied;
    char *steps;
    check(gpushare_layout_parse(text, &layout, &error));
    check(gpushare_gpu_plan(gpu, layout, NULL, &plan, &error));
    check(gpushare_plan_to_string(plan, &steps, &error));
    puts(steps);
    check(gpushare_gpu_apply(gpu, plan, options, &applied, &error));
    printf("   MIG devices made: %zu, kept: %zu, destroyed: %zu\n", gpushare_mig_device_list_len(gpushare_applied_made(applied)),
           gpushare_mig_device_list_len(gpushare_applied_kept(applied)), gpushare_applied_destroyed_count(applied));
    gpushare_applied_free(applied);
    gpushare_string_free(steps);
    gpushare_plan_free(plan);
    gpushare_layout_free(layout);
}

static void wrong_steps(const gpushare_gpu_t *gpu) {
    gpushare_layout_t *layout;
    gpushare_plan_t *plan;
    heading("Wrong: a layout that cannot be", "");
    check(gpushare_layout_parse("4g.20gb, 2g.10gb, 2x1g.5gb", &layout, &error));
    failure(gpushare_gpu_plan(gpu, layout, NULL, &plan, &error));
    gpushare_layout_free(layout);

    heading("Wrong: a placement that is taken", "nvidia-smi mig -i 0 -cgi 14:2");
    gpushare_gpu_instance_profile_t *profile;
    gpushare_gpu_instance_t *instance;
    gpushare_gpu_instance_placement_t taken = {.start = 2, .size = 2};
    check(gpushare_gpu_gpu_instance_profile(gpu, "2g.10gb", &profile, &error));
    failure(gpushare_gpu_create_gpu_instance_at(gpu, profile, taken, &instance, &error));
    gpushare_gpu_instance_profile_free(profile);

    heading("Wrong: a profile that this GPU does not have", "nvidia-smi mig -i 0 -cgi 1g.10gb+me");
    failure(gpushare_gpu_gpu_instance_profile(gpu, "1g.10gb+me", &profile, &error));

    heading("Wrong: destroy a GPU instance that is in use", "nvidia-smi mig -i 0 -gi 2 -dgi");
    gpushare_gpu_instance_list_t *instances;
    check(gpushare_gpu_gpu_instances(gpu, &instances, &error));
    failure(gpushare_gpu_instance_destroy(gpushare_gpu_instance_list_get(instances, 0), &error));
    gpushare_gpu_instance_list_free(instances);

    heading("Wrong: use a handle of something that is gone", "");
    gpushare_mig_device_t *device;
    gpushare_compute_instance_t *inside;
    gpushare_memory_t memory = GPUSHARE_MEMORY_INIT;
    check(gpushare_gpu_mig_device(gpu, 0, &device, &error));
    check(gpushare_mig_device_compute_instance(device, &inside, &error));
    check(gpushare_compute_instance_destroy(inside, &error));
    failure(gpushare_mig_device_memory(device, &memory, &error));
    gpushare_compute_instance_free(inside);
    gpushare_mig_device_free(device);
}

static void clean_up(const gpushare_gpu_t *gpu) {
    heading("Clean up", "nvidia-smi mig -i 0 -dci; nvidia-smi mig -i 0 -dgi; nvidia-smi -i 0 -mig 0");
    gpushare_gpu_instance_list_t *instances;
    check(gpushare_gpu_gpu_instances(gpu, &instances, &error));
    for (size_t i = 0; i < gpushare_gpu_instance_list_len(instances); i++) {
        const gpushare_gpu_instance_t *instance = gpushare_gpu_instance_list_get(instances, i);
        gpushare_compute_instance_list_t *inside;
        check(gpushare_gpu_instance_compute_instances(instance, &inside, &error));
        for (size_t j = 0; j < gpushare_compute_instance_list_len(inside); j++)
            check(gpushare_compute_instance_destroy(gpushare_compute_instance_list_get(inside, j), &error));
        gpushare_compute_instance_list_free(inside);
        check(gpushare_gpu_instance_destroy(instance, &error));
    }
    gpushare_gpu_instance_list_free(instances);
    check(gpushare_gpu_set_mig_mode(gpu, false, &error));
}

int main(int argc, char **argv) {
    /* Where a simulated driver keeps its files; not set on a real one. */
    gpushare_nvml_options_t how = GPUSHARE_NVML_OPTIONS_INIT;
    how.root = getenv("GPUSHARE_SIM_ROOT");
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.directory = argc > 1 ? argv[1] : NULL;
    gpushare_nvml_t *nvml;
    gpushare_gpu_t *gpu;
    check(gpushare_nvml_open(&how, &nvml, &error));
    check(gpushare_nvml_gpu(nvml, 0, &gpu, &error));
    introduce(nvml);

    heading("Enable MIG on GPU 0", "nvidia-smi -i 0 -mig 1");
    check(gpushare_gpu_set_mig_mode(gpu, true, &error));
    heading("GPU-instance profiles", "nvidia-smi mig -i 0 -lgip");
    gpu_instance_profiles(gpu);

    heading("Create GPU instances", "nvidia-smi mig -i 0 -cgi 4g.20gb,2g.10gb,1g.5gb");
    gpushare_gpu_instance_t *four = create_gpu_instance(gpu, "4g.20gb");
    gpushare_gpu_instance_t *two = create_gpu_instance(gpu, "2g.10gb");
    gpushare_gpu_instance_t *one = create_gpu_instance(gpu, "1g.5gb");
    heading("What is left", "nvidia-smi mig -i 0 -lgip");
    gpu_instance_profiles(gpu);

    heading("Compute-instance profiles", "nvidia-smi mig -i 0 -lcip");
    compute_instance_profiles(four);
    compute_instance_profiles(two);
    compute_instance_profiles(one);
    heading("Create compute instances", "nvidia-smi mig -i 0 -gi 2 -cci");
    create_compute_instance(four, NULL);
    create_compute_instance(two, "1c.2g.10gb");
    create_compute_instance(two, "1c.2g.10gb");
    create_compute_instance(one, NULL);
    gpushare_gpu_instance_free(one);
    gpushare_gpu_instance_free(two);
    gpushare_gpu_instance_free(four);
    heading("MIG devices, and what a program or container is given", "nvidia-smi -L");
    mig_devices(gpu);

    heading("Another layout", "");
    apply(gpu, "4g.20gb[2c,1c,1c], 3g.20gb", &options);
    heading("And back", "");
    apply(gpu, "4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6", &options);

    wrong_steps(gpu);
    clean_up(gpu);
    gpushare_gpu_free(gpu);
    gpushare_nvml_free(nvml);
    return EXIT_SUCCESS;
}
