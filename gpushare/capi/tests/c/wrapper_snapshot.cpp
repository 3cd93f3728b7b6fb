// gpushare.hpp: snapshots, what is not told in them, and what keeps what alive.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

#include <algorithm>

namespace {

gpushare::snapshot divided(const gpushare::nvml &nvml, const gpushare::observer &observer) {
    gpushare::apply_options options;
    options.flags = GPUSHARE_APPLY_WITHOUT_JOURNAL;
    nvml.gpu(0).apply_layout(gpushare::layout::parse("4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6"), options);
    control("{\"command\": \"add_process\", \"gpu\": 0, \"process\": {\"pid\": 4000000001, \"name\": \"trainer\", \"kind\": \"compute\", "
            "\"used_memory\": null, \"instance\": [3, 1]}}");
    return observer.snapshot();
}

void whole(const gpushare::snapshot &snapshot) {
    CHECK(snapshot.driver_version() == "580.126.09" && snapshot.gpus().size() == 1 && snapshot.mps_daemons().empty());
    const auto gpu = snapshot.gpus().at(0);
    CHECK(snapshot.gpu(gpu.uuid())->index() == 0 && !snapshot.gpu("GPU-0") && !snapshot.mig_device(gpu.uuid()));
    CHECK(gpu.name() == "NVIDIA A100-SXM4-40GB" && gpu.minor_number() == 0u && gpu.pci_address() && gpu.mig_enabled() == true);
    CHECK(!gpu.utilization() && !gpu.compute_mode() && gpu.memory() && gpu.unknown().empty());
    CHECK(gpu.layout()->to_string() == "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]");

    std::vector<std::string> names;
    for (const auto device : gpu.mig_devices()) names.push_back(device.name());
    CHECK((names == std::vector<std::string>{"4g.20gb", "1c.2g.10gb", "1c.2g.10gb", "1g.5gb"}));
    const auto device = gpu.mig_devices().at(2);
    CHECK(device.index() == 2 && device.gpu_instance() == 3 && device.compute_instance() == 1 && device.gpu_uuid() == gpu.uuid());
    CHECK(device.attributes().multiprocessor_count == 14 && device.memory()->total == std::uint64_t{9984} << 20);
    CHECK(snapshot.mig_device(device.uuid())->index() == 2);
    const auto process = device.processes().at(0);
    CHECK(process.pid() == 4000000001 && process.name() == "trainer" && !process.used_memory() && !process.uid());
    CHECK(gpu.processes().size() == 1 && gpu.mig_devices()[0].processes().empty());

    const auto instances = gpu.gpu_instances();
    CHECK(instances && instances->size() == 3);
    const auto two = (*instances)[1];
    CHECK(two.id() == 3 && two.profile() == "2g.10gb" && two.profile_id() == 14 && two.placement().start == 4);
    const auto inside = two.compute_instances();
    CHECK(inside.size() == 2 && inside[1].id() == 1 && inside[1].placement().start == 1 && !inside[1].is_whole());
    CHECK(inside[0].profile_id() == 0);
    const auto capacity = gpu.capacity();
    CHECK(std::none_of(capacity.begin(), capacity.end(), [](const auto &one) { return one.free() > 0; }));
    CHECK(capacity[0].profile() == "1g.5gb" && capacity[0].profile_id() == 19 && capacity[0].total() == 7);

    const auto seen = snapshot.visible_node().resolve("0:3/1", gpushare::cuda_rules::of_driver(snapshot.driver_version()));
    CHECK(seen.visible()[0].uuid() == device.uuid());
    CHECK(snapshot.to_string().find("MIG 2: 1c.2g.10gb " + device.uuid()) != std::string::npos);
    CHECK(gpushare::snapshot::from_json(snapshot.to_json()) == snapshot);
    thrown<gpushare::invalid_argument_error>([] { gpushare::snapshot::from_json("{\"schema\": 1}"); });
}

void changes(const gpushare::snapshot &before, const gpushare::snapshot &after) {
    CHECK(before != after && before.changes_to(before).empty());
    const auto all = before.changes_to(after);
    const auto created =
        std::find_if(all.begin(), all.end(), [](const auto &one) { return one.kind() == GPUSHARE_CHANGE_MIG_DEVICE_CREATED; });
    CHECK(created - all.begin() == 5 && created->mig_device()->name() == "4g.20gb" && !created->process());
    CHECK(created->gpu_uuid() == after.gpus()[0].uuid() && !created->gpu_instance() && !created->mps_daemon());
    CHECK(all[2].gpu_instance()->profile() == "4g.20gb" && all[9].process()->pid() == 4000000001);
    CHECK(all[0].to_string() == after.gpus()[0].uuid() + ": MIG enabled, was disabled");
    CHECK(all[0].to_json().find("\"change\":\"mig-mode\"") != std::string::npos);
}

void observed(const gpushare::observer &observer) {
    CHECK(observer.gpus().size() == 1 && observer.mig_devices().size() == 4);
    const auto layouts = gpushare::observer::clone(observer.get()).layouts();
    CHECK(layouts.size() == 1 && layouts[0].gpu_uuid() == observer.gpus()[0].uuid());
    CHECK(layouts[0].layout() == gpushare::layout::parse("4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]"));
}

// To a user in a container.
void untold(const gpushare::nvml &nvml) {
    control("{\"command\": \"set_access\", \"access\": \"unprivileged\"}");
    const auto gpu = nvml.snapshot().gpus()[0];
    CHECK(!gpu.gpu_instances() && !gpu.layout() && !gpu.memory() && gpu.capacity().empty() && gpu.mig_devices().size() == 4);
    const auto first = gpu.unknown()[0];
    CHECK(first.fact() == GPUSHARE_FACT_GPU_INSTANCES && first.status() == GPUSHARE_ERROR_NO_PERMISSION);
    CHECK(!first.mig_device() && !first.message().empty());
    control("{\"command\": \"set_access\", \"access\": \"admin\"}");
}

void with_mps() {
    const auto node = gpushare::snapshot::from_json(
        "{\"schema\": 1, \"driver_version\": \"580.126.09\", \"gpus\": [], \"mps_daemons\": [{\"pid\": null, \"pipe_directory\": \"/run/mps\", "
        "\"servers\": [{\"pid\": 71, \"uid\": null, \"clients\": [80, 81]}]}]}");
    const auto daemon = node.mps_daemons().at(0);
    CHECK(!daemon.pid() && daemon.pipe_directory() == "/run/mps" && daemon.servers().size() == 1);
    const auto server = daemon.servers()[0];
    CHECK(server.pid() == 71 && !server.uid() && server.clients() == (std::vector<std::uint32_t>{80, 81}));
}

} // namespace

int main() {
    const auto nvml = gpushare::nvml::load();
    CHECK(nvml.gpu(0).utilization().gpu == 0);
    const auto observer = nvml.observer();
    const auto before = observer.snapshot();
    CHECK(before.gpus()[0].mig_enabled() == false && before.gpus()[0].utilization()->memory == 0);
    CHECK(before.gpus()[0].compute_mode() == static_cast<std::uint32_t>(GPUSHARE_COMPUTE_MODE_DEFAULT));
    const auto after = divided(nvml, observer);
    whole(after);
    changes(before, after);
    observed(observer);
    untold(nvml);
    with_mps();

    // What is part of a snapshot keeps it alive, and what was moved from is empty.
    auto device = observer.snapshot().gpus()[0].mig_devices()[2];
    CHECK(device.processes()[0].name() == "trainer");
    const auto moved = std::move(device);
    CHECK(device.name().empty() && device.processes().empty() && !device.memory() && moved.name() == "1c.2g.10gb");
    nvml.close();
    thrown<gpushare::stale_error>([&] { observer.snapshot(); });
    return 0;
}
