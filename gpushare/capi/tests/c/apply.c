/* Plans, and what is left when a step of one fails. */
#include "check.h"

static gpushare_layout_t *parsed(const char *text) {
    gpushare_layout_t *layout;
    OK(gpushare_layout_parse(text, &layout, &error));
    return layout;
}

static void layout_is(const gpushare_gpu_t *gpu, const char *wanted) {
    char *text = layout_of(gpu);
    SAME(text, wanted);
    gpushare_string_free(text);
}

static void planned(const gpushare_gpu_t *gpu) {
    gpushare_layout_t *wanted = parsed("4g.20gb, 1g.5gb@6[]"), *impossible = parsed("2x4g.20gb");
    gpushare_plan_t *plan = NULL, *same;
    FAILS(GPUSHARE_ERROR_INFEASIBLE, gpushare_gpu_plan(gpu, impossible, NULL, &plan, &error));
    CHECK(plan == NULL);
    OK(gpushare_gpu_plan(gpu, wanted, NULL, &plan, &error));
    static const uint32_t kinds[] = {GPUSHARE_STEP_ENABLE_MIG, GPUSHARE_STEP_CREATE_GPU_INSTANCE,
                                     GPUSHARE_STEP_CREATE_COMPUTE_INSTANCE, GPUSHARE_STEP_CREATE_GPU_INSTANCE};
    CHECK(gpushare_plan_step_count(plan) == 4 && gpushare_plan_step(plan, 4) == NULL);
    for (size_t i = 0; i < 4; i++) CHECK(gpushare_plan_step(plan, i)->kind == kinds[i]);
    CHECK(gpushare_plan_step(plan, 1)->start == 0 && gpushare_plan_step(plan, 2)->gpu_instance_start == 0);
    CHECK(gpushare_plan_step(plan, 3)->start == 6 && gpushare_plan_step(plan, 3)->id == GPUSHARE_STEP_NONE);

    /* From data alone, and through JSON. */
    gpushare_mig_geometry_t *geometry;
    gpushare_mig_state_t *state;
    char *one, *other;
    OK(gpushare_gpu_mig_geometry(gpu, &geometry, &error));
    OK(gpushare_gpu_mig_state(gpu, &state, &error));
    CHECK(gpushare_mig_geometry_memory_slices(geometry) == 8 && gpushare_mig_state_gpu_instance_count(state) == 0);
    OK(gpushare_plan_to_json(plan, &one, &error));
    gpushare_plan_free(plan);
    OK(gpushare_plan_from_json(one, &same, &error));
    OK(gpushare_plan_new(geometry, state, wanted, NULL, &plan, &error));
    OK(gpushare_plan_to_json(plan, &other, &error));
    CHECK(gpushare_plan_step_count(same) == 4);
    SAME(other, one);
    gpushare_string_free(other);
    gpushare_string_free(one);
    gpushare_mig_state_free(state);
    gpushare_mig_geometry_free(geometry);
    gpushare_plan_free(same);
    gpushare_plan_free(plan);
    gpushare_layout_free(impossible);
    gpushare_layout_free(wanted);
}

static void applied(const gpushare_gpu_t *gpu, const gpushare_apply_options_t *options) {
    gpushare_layout_t *wanted = parsed("4g.20gb, 2g.10gb[1c,1c], 1g.5gb"), *smaller = parsed("4g.20gb, 1g.5gb");
    gpushare_applied_t *first, *second;
    OK(gpushare_gpu_apply_layout(gpu, wanted, options, &first, &error));
    layout_is(gpu, "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]");
    CHECK(gpushare_mig_device_list_len(gpushare_applied_made(first)) == 4);
    CHECK(gpushare_mig_device_list_len(gpushare_applied_kept(first)) == 0);
    OK(gpushare_gpu_apply_layout(gpu, smaller, options, &second, &error));
    layout_is(gpu, "4g.20gb@0[*@0], 1g.5gb@6[*@0]");
    CHECK(gpushare_mig_device_list_len(gpushare_applied_kept(second)) == 2);
    CHECK(gpushare_applied_destroyed_count(second) == 2 && gpushare_applied_destroyed(second, 2) == NULL);
    int gone = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *uuid = gpushare_mig_device_uuid(gpushare_mig_device_list_get(gpushare_applied_made(first), i));
        for (size_t j = 0; j < 2; j++) gone += strcmp(uuid, gpushare_applied_destroyed(second, j)) == 0;
    }
    CHECK(gone == 2);
    gpushare_applied_free(second);
    gpushare_applied_free(first);
    gpushare_layout_free(smaller);
    gpushare_layout_free(wanted);
}

static void failing_step(const gpushare_gpu_t *gpu, const gpushare_apply_options_t *options) {
    char *before = layout_of(gpu);
    gpushare_layout_t *wanted = parsed("7x1g.5gb");
    gpushare_applied_t *applied = NULL;
    control("{\"command\": \"set_faults\", \"faults\": [\"nvmlDeviceCreateGpuInstance*#3=INSUFFICIENT_RESOURCES\"]}");
    gpushare_status_t status = gpushare_gpu_apply_layout(gpu, wanted, options, &applied, &error);
    CHECK(status == GPUSHARE_ERROR_INSUFFICIENT_RESOURCES && applied == NULL && gpushare_error_restored(error));
    CHECK(strstr(gpushare_error_target(error), "GPU 0"));
    gpushare_error_free(error);
    error = NULL;
    control("{\"command\": \"clear_faults\"}");
    layout_is(gpu, before);
    gpushare_layout_free(wanted);
    gpushare_string_free(before);
}

static void drifted(const gpushare_gpu_t *gpu, const gpushare_apply_options_t *options) {
    gpushare_layout_t *wanted;
    gpushare_drift_t *drift;
    gpushare_applied_t *applied;
    OK(gpushare_gpu_layout(gpu, &wanted, &error));
    gpushare_gpu_instance_free(create(gpu, "1g.5gb"));
    OK(gpushare_gpu_drift(gpu, wanted, &drift, &error));
    CHECK(!gpushare_drift_is_empty(drift) && gpushare_drift_unwanted_count(drift) == 1 && gpushare_drift_orphan_count(drift) == 1);
    CHECK(gpushare_drift_missing_count(drift) == 0 && gpushare_drift_changed_count(drift) == 0);
    OK(gpushare_gpu_apply(gpu, gpushare_drift_plan(drift), options, &applied, &error));
    gpushare_applied_free(applied);
    gpushare_drift_free(drift);
    OK(gpushare_gpu_drift(gpu, wanted, &drift, &error));
    CHECK(gpushare_drift_is_empty(drift));
    gpushare_drift_free(drift);
    gpushare_layout_free(wanted);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    gpushare_gpu_t *gpu = load_gpu();
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.directory = argv[1];
    planned(gpu);
    applied(gpu, &options);
    failing_step(gpu, &options);
    drifted(gpu, &options);
    options.flags = 64;
    uint32_t recovery = 77;
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_gpu_recover(gpu, &options, &recovery, &error));
    CHECK(recovery == 77);
    gpushare_gpu_free(gpu);
    return 0;
}
