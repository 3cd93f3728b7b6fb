/* A change of the MIG mode that needs a reset of the GPU, which a function of the caller's makes or refuses. */
#include "check.h"

struct told {
    int calls;
    int answer;
    const char *reason;
};

static int32_t reset(const gpushare_gpu_t *gpu, void *context, char *reason, size_t reason_size) {
    struct told *told = context;
    told->calls++;
    CHECK(gpushare_gpu_index(gpu) == 0 && reason_size >= 64);
    if (told->answer == 0) control("{\"command\": \"reset\", \"gpu\": 0}");
    if (told->reason) snprintf(reason, reason_size, "%s", told->reason);
    return told->answer;
}

static gpushare_status_t apply(const gpushare_gpu_t *gpu, gpushare_apply_options_t *options, struct told *told) {
    gpushare_layout_t *layout;
    gpushare_applied_t *applied = NULL;
    OK(gpushare_layout_parse("2x3g.20gb", &layout, &error));
    options->reset = told ? GPUSHARE_RESET_BY_FUNCTION : GPUSHARE_RESET_NEVER;
    options->reset_function = told ? reset : NULL;
    options->reset_context = told;
    gpushare_status_t status = gpushare_gpu_apply_layout(gpu, layout, options, &applied, &error);
    CHECK((status == GPUSHARE_OK) == (applied != NULL));
    gpushare_applied_free(applied);
    gpushare_layout_free(layout);
    return status;
}

/* Refused with a message that has the reason, and the mode is what it was. */
static void refused(const gpushare_gpu_t *gpu, gpushare_apply_options_t *options, struct told *told, const char *reason) {
    const gpushare_status_t wanted = told ? GPUSHARE_ERROR_DRIVER : GPUSHARE_ERROR_RESET_REQUIRED;
    gpushare_mig_mode_t mode;
    CHECK(apply(gpu, options, told) == wanted);
    CHECK(strstr(gpushare_error_message(error), reason) && gpushare_error_restored(error));
    gpushare_error_free(error);
    error = NULL;
    CHECK(told == NULL || told->calls == 1);
    OK(gpushare_gpu_mig_mode(gpu, &mode, &error));
    CHECK(!mode.current && !mode.pending);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    /* A GPU that is passed through to a virtual machine is not reset by its driver. */
    char path[4096], folder[4096];
    snprintf(path, sizeof path, "%s/machine.toml", argv[1]);
    snprintf(folder, sizeof folder, "%s/journal", argv[1]);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs("[[gpu]]\nmodel = \"A100-SXM4-40GB\"\npassthrough = true\n", file) >= 0 && fclose(file) == 0);
    setenv("GPUSHARE_SIM_MACHINE", path, 1);

    gpushare_gpu_t *gpu = load_gpu();
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.directory = folder;
    refused(gpu, &options, NULL, "reset");
    struct told silent = {0, 7, NULL}, speaking = {0, -1, "the rack is locked"}, made = {0, 0, NULL};
    refused(gpu, &options, &silent, "the function returned 7");
    refused(gpu, &options, &speaking, "the rack is locked");
    CHECK(apply(gpu, &options, &made) == GPUSHARE_OK && made.calls == 1);
    char *layout = layout_of(gpu);
    SAME(layout, "3g.20gb@4[*@0], 3g.20gb@0[*@0]");
    gpushare_string_free(layout);

    gpushare_layout_t *off;
    gpushare_applied_t *applied;
    OK(gpushare_layout_parse("off", &off, &error));
    options.reset_function = NULL;
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_gpu_apply_layout(gpu, off, &options, &applied, &error));
    options.reset = 9;
    FAILS(GPUSHARE_ERROR_INVALID_ARGUMENT, gpushare_gpu_apply_layout(gpu, off, &options, &applied, &error));
    gpushare_layout_free(off);
    gpushare_gpu_free(gpu);
    return 0;
}
