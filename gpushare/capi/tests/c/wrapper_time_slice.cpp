// gpushare.hpp: time-slicing, by the simulated nvidia-smi that the environment names.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

#include <filesystem>

int main(int argc, char **argv) {
    CHECK(argc == 2);
    const auto state = std::filesystem::path(argv[1]) / "state";
    CHECK(std::filesystem::create_directory(state) && setenv("GPUSHARE_SIM_STATE", state.c_str(), 1) == 0);
    const auto gpu = gpushare::nvml::load().gpu(0);
    CHECK(gpu.time_slice() == GPUSHARE_TIME_SLICE_DEFAULT);
    gpu.set_time_slice(GPUSHARE_TIME_SLICE_LONG);
    gpushare::nvidia_smi_options options;
    options.program = getenv("GPUSHARE_NVIDIA_SMI");
    options.patience = std::chrono::seconds(60);
    CHECK(gpu.time_slice(options) == GPUSHARE_TIME_SLICE_LONG);
    options.program = "nvidia-smi";
    thrown<gpushare::invalid_argument_error>([&] { gpu.set_time_slice(GPUSHARE_TIME_SLICE_SHORT, options); });
    gpu.set_mig_mode(true);
    const auto refused = thrown<gpushare::not_supported_error>([&] { gpu.set_time_slice(GPUSHARE_TIME_SLICE_SHORT); });
    CHECK(std::string(refused.what()).find("while MIG is enabled") != std::string::npos);
    return 0;
}
