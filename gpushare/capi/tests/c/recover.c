/* A process dies in the middle of a change, and another one ends what it began. */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void apply(const gpushare_apply_options_t *options) {
    gpushare_gpu_t *gpu = load_gpu();
    gpushare_layout_t *layout;
    gpushare_applied_t *applied;
    OK(gpushare_layout_parse("3g.20gb, 2g.10gb[2x1c]", &layout, &error));
    OK(gpushare_gpu_apply_layout(gpu, layout, options, &applied, &error));
    exit(0);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    char state[4096], journal[4096];
    snprintf(state, sizeof state, "%s/state", argv[1]);
    snprintf(journal, sizeof journal, "%s/journal", argv[1]);
    setenv("GPUSHARE_SIM_STATE", state, 1);
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.directory = journal;

    /* The child's faults are its own. */
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        setenv("GPUSHARE_SIM_FAULTS", "mutation#4=kill", 1);
        apply(&options);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    gpushare_gpu_t *gpu = load_gpu();
    char *left = layout_of(gpu);
    CHECK(strstr(left, "g.") && strcmp(left, "off") != 0);
    gpushare_string_free(left);
    uint32_t recovery = 77;
    OK(gpushare_gpu_recover(gpu, &options, &recovery, &error));
    CHECK(recovery == GPUSHARE_RECOVERY_ROLLED_BACK);
    left = layout_of(gpu);
    SAME(left, "off");
    gpushare_string_free(left);
    OK(gpushare_gpu_recover(gpu, &options, &recovery, &error));
    CHECK(recovery == GPUSHARE_RECOVERY_NOTHING);
    gpushare_gpu_free(gpu);
    return 0;
}
