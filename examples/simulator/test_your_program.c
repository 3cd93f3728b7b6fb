/* usage: test_your_program PROGRAM, with GPUSHARE_SIM_STATE naming an empty folder
 *
 * Tests your_program.c on the simulated driver, which the loader finds as libnvidia-ml.so.1. */
#undef NDEBUG
#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The simulator's own table: NVML has no calls for what happens to a machine from outside. */
struct control_table {
    size_t size;
    int (*control)(const char *command, char *reply, size_t reply_size);
};

static char reply[1 << 20];

static const char *control(const char *command) {
    static const struct control_table *table;
    if (!table) {
        void *nvml = dlopen("libnvidia-ml.so.1", RTLD_NOW);
        assert(nvml);
        int (*get)(const void **, const void *) = (int (*)(const void **, const void *))dlsym(nvml, "nvmlInternalGetExportTable");
        assert(get && get((const void **)&table, "gpushare-sim/ctl") == 0 && "not the simulated driver");
    }
    if (table->control(command, reply, sizeof reply) != 0) {
        fprintf(stderr, "%s: %s\n", command, reply);
        abort();
    }
    return reply;
}

/* What the program prints, errors included. */
static const char *run(const char *environment, const char *program, const char *arguments) {
    static char command[4096], output[4096];
    snprintf(command, sizeof command, "%s '%s' %s 2>&1", environment, program, arguments);
    FILE *pipe = popen(command, "r");
    assert(pipe);
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    pclose(pipe);
    return output;
}

static int empty(void) {
    return strstr(control("{\"command\": \"state\"}"), "\"profile\"") == NULL;
}

int main(int argc, char **argv) {
    assert(argc == 2);
    const char *program = argv[1];

    /* A process keeps GPU 0 from changing. */
    control("{\"command\": \"add_process\", \"gpu\": 0, \"process\": {\"pid\": 4711, \"name\": \"trainer\", \"kind\": \"compute\", "
            "\"used_memory\": 1073741824, \"instance\": null}}");
    assert(!strcmp(run("", program, "9 2"), "In use by another client\n"));
    control("{\"command\": \"remove_process\", \"gpu\": 0, \"pid\": 4711}");

    /* Nothing is left when the second step fails. */
    const char *fault = "GPUSHARE_SIM_FAULTS='nvmlGpuInstanceCreateComputeInstance#1=INSUFFICIENT_RESOURCES'";
    assert(!strcmp(run(fault, program, "9 2"), "Insufficient Resources\n"));
    assert(empty());

    /* This process and the program see one machine. */
    assert(!strcmp(run("", program, "9 2"), "NVIDIA A100-SXM4-40GB: GPU instance 1, compute instance 0\n"));
    assert(!empty());
    return 0;
}
