// A reset of the GPU by a C++ function: what it throws comes back as the reason and harms nothing.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

int main(int argc, char **argv) {
    CHECK(argc == 2);
    const std::string folder = argv[1], path = folder + "/machine.toml";
    std::FILE *file = std::fopen(path.c_str(), "w");
    CHECK(file && std::fputs("[[gpu]]\nmodel = \"A100-SXM4-40GB\"\npassthrough = true\n", file) >= 0 && std::fclose(file) == 0);
    setenv("GPUSHARE_SIM_MACHINE", path.c_str(), 1);
    const auto gpu = gpushare::nvml::load().gpu(0);
    const auto wanted = gpushare::layout::parse("7g.40gb");
    gpushare::apply_options options;
    options.directory = folder + "/journal";
    thrown<gpushare::reset_required_error>([&] { gpu.apply_layout(wanted, options); });
    options.reset_function = [](const gpushare::gpu &) { throw std::runtime_error("the rack is locked"); };
    const auto locked = thrown<gpushare::driver_error>([&] { gpu.apply_layout(wanted, options); });
    CHECK(std::string(locked.what()).find("the rack is locked") != std::string::npos && locked.restored());
    options.reset_function = [](const gpushare::gpu &) { throw 7; };
    thrown<gpushare::driver_error>([&] { gpu.apply_layout(wanted, options); });
    options.reset_function = [](const gpushare::gpu &of) {
        control("{\"command\": \"reset\", \"gpu\": 0}");
        CHECK(of.index() == 0);
    };
    CHECK(gpu.apply_layout(wanted, options).made().at(0).name() == "7g.40gb");
    return 0;
}
