// gpushare.hpp: processes, and what is not known of them.
#include <gpushare.hpp>

#include "check.h"

int main(int argc, char **argv) {
    CHECK(argc == 2);
    gpushare::nvml_options options;
    options.procfs = argv[1];
    const auto nvml = gpushare::nvml::open(options);
    CHECK(nvml.procfs() == argv[1]);
    const auto gpu = nvml.gpu(0);
    CHECK(gpu.processes().empty());
    control("{\"command\": \"add_process\", \"gpu\": 0, \"process\": {\"pid\": 7, \"name\": \"trainer\", \"kind\": \"mps-client\", "
            "\"used_memory\": 1048576, \"instance\": null}}");
    const auto one = gpu.processes().at(0);
    CHECK(one.pid() == 7 && one.kinds() == (GPUSHARE_PROCESS_COMPUTE | GPUSHARE_PROCESS_MPS_CLIENT) && one.name() == "trainer");
    CHECK(one.used_memory() == std::uint64_t{1048576} && one.mps_role() == GPUSHARE_MPS_ROLE_CLIENT);
    CHECK(!one.uid() && !one.container() && !one.gpu_instance() && !one.compute_instance());
    CHECK(!one.mps_server() && !one.mps_daemon() && !one.mps_pipe_directory());
    control("{\"command\": \"remove_process\", \"gpu\": 0, \"pid\": 7}");
    control("{\"command\": \"sample_process\", \"gpu\": 0, \"sample\": {\"pid\": 7, \"timestamp_us\": 500, \"multiprocessors\": 80, "
            "\"memory\": 20, \"encoder\": 1, \"decoder\": 2}}");
    CHECK(gpu.process_utilization().at(0).multiprocessors == 80 && gpu.process_utilization(500).empty());
    gpu.set_mig_mode(true);
    const auto device = gpu.create_gpu_instance(gpu.gpu_instance_profile("1g.5gb")).create_default_compute_instance().mig_device();
    CHECK(device.processes().empty());
    return 0;
}
