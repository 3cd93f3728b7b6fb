// gpushare.hpp: who owns what, what is thrown, lists as ranges, and what ends with a scope.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

#include <algorithm>
#include <utility>
#if __cplusplus >= 202002L
#include <ranges>
static_assert(std::ranges::random_access_range<gpushare::gpu_instance_list>);
static_assert(std::ranges::random_access_range<gpushare::gpu_instance_placement_list>);
#endif

static_assert(std::is_copy_constructible_v<gpushare::gpu> && std::is_nothrow_move_constructible_v<gpushare::gpu>);
static_assert(!std::is_copy_constructible_v<gpushare::scoped<gpushare::gpu_instance>>);
static_assert(std::is_nothrow_move_constructible_v<gpushare::scoped<gpushare::gpu_instance>>);
static_assert(std::is_nothrow_move_assignable_v<gpushare::scoped<gpushare::gpu_instance>>);
static_assert(std::is_nothrow_copy_constructible_v<gpushare::error>);
static_assert(std::is_base_of_v<std::runtime_error, gpushare::in_use_error>);

namespace {

void ownership(const gpushare::gpu &gpu) {
    auto one = gpu;
    const auto other = one;
    auto moved = std::move(one);
    CHECK(other.get() == gpu.get() && moved.uuid() == gpu.uuid());
    CHECK(one.get() == nullptr && one.uuid().empty());
    CHECK(thrown<gpushare::invalid_argument_error>([&] { one.mig_mode(); }).status() == GPUSHARE_ERROR_INVALID_ARGUMENT);
    CHECK(gpushare::gpu::clone(gpu.get()).get() != gpu.get());
    one = std::move(moved);
    CHECK(one.memory().total == std::uint64_t{40960} << 20);

    // What is part of something keeps it alive.
    const auto profile = gpu.gpu_instance_profiles().at(1);
    CHECK(profile.name() == "2g.10gb" && profile.info().id == 14);
    const auto plan = gpu.drift(gpushare::layout::parse("2g.10gb")).plan();
    CHECK(plan.steps().size() == 2 && plan.steps()[0].kind == GPUSHARE_STEP_CREATE_GPU_INSTANCE);
}

void errors(const gpushare::gpu &gpu) {
    const auto unknown = thrown<gpushare::not_found_error>([&] { gpu.gpu_instance_profile("9g.9gb"); });
    CHECK(std::string(unknown.what()).find("9g.9gb") != std::string::npos && unknown.target() && !unknown.nvml_return());
    CHECK(thrown<gpushare::infeasible_error>([&] { gpu.plan(gpushare::layout::parse("2x4g.20gb")); }).holders().empty());
    CHECK(!thrown<gpushare::error>([] { gpushare::layout::parse("4h"); }).call());
    CHECK(gpushare::status_name(GPUSHARE_ERROR_STALE) == "GPUSHARE_ERROR_STALE" && !gpushare::status_name(99));
    CHECK(gpushare::nvml_return_name(19) == "NVML_ERROR_IN_USE" && !gpushare::nvml_return_name(12345));

    control("{\"command\": \"set_faults\", \"faults\": [\"nvmlDeviceGetMigMode#1=GPU_IS_LOST\"]}");
    const auto lost = thrown<gpushare::gpu_lost_error>([&] { gpu.mig_mode(); });
    control("{\"command\": \"clear_faults\"}");
    CHECK(lost.call() == "nvmlDeviceGetMigMode" && lost.nvml_return() == 15u);
}

void lists(const gpushare::gpu &gpu) {
    const auto profiles = gpu.gpu_instance_profiles();
    CHECK(profiles.size() == 7 && !profiles.empty() && profiles.end() - profiles.begin() == 7);
    std::vector<std::string> names;
    for (const auto profile : gpu.gpu_instance_profiles()) names.push_back(profile.name());
    CHECK(names.front() == "1g.5gb" && names.back() == "1g.10gb");
    const auto found =
        std::find_if(profiles.begin(), profiles.end(), [](const auto &profile) { return profile.name() == "4g.20gb"; });
    CHECK(found - profiles.begin() == 3 && found->info().multiprocessor_count == 56 && found[1].name() == "7g.40gb");
    const std::vector<gpushare::gpu_instance_profile> backwards(std::make_reverse_iterator(profiles.end()),
                                                                std::make_reverse_iterator(profiles.begin()));
    CHECK(backwards.size() == 7 && backwards.front().name() == "1g.10gb");
    const auto places = gpu.possible_placements(*found);
    CHECK(places.size() == 1 && places[0].start == 0 && places[0].size == 4);
    CHECK(gpushare::overlap(places[0], {3, 1}) && !gpushare::overlap(places[0], {4, 1}));
    try {
        profiles.at(7);
        CHECK(!"beyond the last");
    } catch (const std::out_of_range &) {
    }
}

void scopes(const gpushare::gpu &gpu) {
    const auto profile = gpu.gpu_instance_profile("2g.10gb");
    {
        gpushare::scoped outer(gpu.create_gpu_instance(profile));
        gpushare::scoped inner(outer->create_default_compute_instance());
        const auto held = thrown<gpushare::in_use_error>([&] { outer.close(); });
        CHECK(held.holders().size() == 1 && held.holders()[0].kind == GPUSHARE_HOLDER_COMPUTE_INSTANCE && outer);
        const auto device = inner->mig_device();
        CHECK(device.name() == "2g.10gb" && device.visible_device() == device.uuid());
        CHECK(gpu.mig_devices().size() == 1 && gpu.mig_state().gpu_instances().at(0).compute_instances.at(0).uuid == device.uuid());
        inner.close();
        CHECK(!inner && gpu.mig_devices().empty());
        thrown<gpushare::stale_error>([&] { device.memory(); });
    }
    CHECK(gpu.gpu_instances().empty());

    gpushare::scoped first(gpu.create_gpu_instance(profile));
    gpushare::scoped second(std::move(first));
    CHECK(!first && second && gpu.gpu_instances().size() == 1);
    second = gpushare::scoped(gpu.create_gpu_instance(profile));
    CHECK(gpu.gpu_instances().size() == 1);
    const auto kept = second.keep();
    CHECK(!second && kept.profile().name() == "2g.10gb");
    // One that somebody else has destroyed ends silently.
    { gpushare::scoped gone(kept); kept.destroy(); }
    CHECK(gpu.gpu_instances().empty());
}

void plans(const gpushare::gpu &gpu, const std::string &folder) {
    gpushare::apply_options options;
    options.directory = folder;
    const auto made = gpu.apply_layout(gpushare::layout::parse("3g.20gb, 1g.5gb"), options).made();
    CHECK(made.size() == 2);
    const auto applied = gpu.apply(gpu.plan(gpushare::layout::parse("3g.20gb")), options);
    CHECK(applied.kept().size() == 1 && applied.destroyed().size() == 1 && applied.made().empty());
    CHECK(std::count_if(made.begin(), made.end(), [&](const auto &device) { return device.uuid() == applied.destroyed()[0]; }) == 1);
    CHECK(gpu.layout() == gpu.mig_state().layout() && gpu.layout() != gpushare::layout::parse("off"));
    CHECK(gpu.recover(options) == GPUSHARE_RECOVERY_NOTHING);
    const auto from_data = gpushare::plan::make(gpu.mig_geometry(), gpu.mig_state(), gpushare::layout::parse("off"));
    CHECK(gpushare::plan::from_json(from_data.to_json()).steps().back().kind == GPUSHARE_STEP_DISABLE_MIG);
    const auto config = gpushare::mig_parted_config::parse(
        "version: v1\nmig-configs:\n  small:\n    - devices: [0]\n      mig-enabled: true\n      mig-devices: {1g.5gb: 7}\n");
    CHECK(config.names() == std::vector<std::string>{"small"} && config.layout("small", gpu));
}

void visible(const gpushare::nvml &nvml) {
    const auto node = gpushare::visible_node::from_json(nvml.visible_node().to_json());
    const auto seen = node.resolve("0,7", nvml.cuda_rules("PCI_BUS_ID"));
    CHECK(seen.visible().size() == 1 && seen.hidden().empty() && !seen.cuda_error() && seen.end() == GPUSHARE_LIST_ENDED);
    CHECK(seen.end_position() == 1 && seen.visible()[0].entry() == 0 && !seen.visible()[0].fault());
    const auto all = node.resolve(std::nullopt, gpushare::cuda_rules::of_driver("580.126.09"));
    CHECK(all.visible().size() == 1 && !all.visible()[0].entry() && !all.end_position());
    CHECK(node.resolve("", nvml.cuda_rules()).cuda_error() == 100);
    CHECK(node.resolve_for_container("all").size() == 1 && node.resolve_for_container(std::nullopt).empty());
    CHECK(gpushare::normalize_visible_devices(" 07") == "7" && gpushare::normalize_nvidia_visible_devices("1,,2") == "1,2");
    const auto strict = gpushare::cuda_rules::make(GPUSHARE_MIG_ONE_PER_PROCESS);
    CHECK(gpushare::visible_devices_value("0:3/0", strict) == "0:3/0");
    const auto two = thrown<gpushare::invalid_argument_error>([&] { gpushare::visible_devices_value("0:3/0,0:5/0", strict); });
    CHECK(std::string(two.what()).find("a second MIG device") != std::string::npos);
}

} // namespace

int main(int argc, char **argv) {
    CHECK(argc == 2);
    visible(gpushare::nvml::load());
    const auto gpu = gpushare::nvml::load().gpu(0);
    gpu.set_mig_mode(true);
    ownership(gpu);
    errors(gpu);
    lists(gpu);
    scopes(gpu);
    plans(gpu, std::string(argv[1]) + "/journal");
    return 0;
}
