// gpushare.hpp: events.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

#include <thread>

int main() {
    const auto nvml = gpushare::nvml::load();
    const auto gpu = nvml.gpu(0);
    CHECK((gpu.supported_events() & GPUSHARE_EVENT_MIG_CONFIG_CHANGE) != 0);
    gpu.set_mig_mode(true);
    const auto events = nvml.watch(GPUSHARE_EVENT_XID | GPUSHARE_EVENT_MIG_CONFIG_CHANGE);
    CHECK(events.registered().size() == 1 && events.registered()[0].gpu.uuid() == gpu.uuid());
    CHECK(events.registered()[0].kinds == (GPUSHARE_EVENT_XID | GPUSHARE_EVENT_MIG_CONFIG_CHANGE));
    CHECK(!events.poll() && !events.wait(std::chrono::milliseconds(1)));

    const auto instance = gpu.create_gpu_instance(gpu.gpu_instance_profile("1g.5gb"));
    const auto change = events.wait();
    CHECK(change && change->kind() == GPUSHARE_EVENT_MIG_CONFIG_CHANGE && !change->gpu_instance() && change->mig_devices().empty());
    instance.create_default_compute_instance();
    const std::string xid = "{\"command\":\"inject_xid\",\"gpu\":0,\"xid\":31,\"gi\":" + std::to_string(instance.id()) + "}";
    control(xid.c_str());
    std::vector<std::uint64_t> kinds;
    for (const auto &event : events) {
        kinds.push_back(event.kind());
        CHECK(event.gpu().uuid() == gpu.uuid() && event.mig_devices().size() == 1);
        if (event.kind() == GPUSHARE_EVENT_XID) {
            CHECK(event.data() == 31 && event.gpu_instance() == instance.id() && !event.compute_instance());
            CHECK(event.target() == "GPU instance " + std::to_string(instance.id()) + " of GPU 0");
            events.stop();
        }
    }
    CHECK((kinds == std::vector<std::uint64_t>{GPUSHARE_EVENT_MIG_CONFIG_CHANGE, GPUSHARE_EVENT_XID}) && events.is_stopped());

    const auto some = gpushare::event_set::of({gpu}, GPUSHARE_EVENT_XID);
    const auto clone = gpushare::event_set::clone(some.get());
    std::thread waiting([&] { CHECK(!clone.wait()); });
    some.stop();
    waiting.join();
    thrown<gpushare::invalid_argument_error>([] { gpushare::event_set::of({}, GPUSHARE_EVENT_XID); });
    CHECK(events.begin() == events.end());
    nvml.close();
    thrown<gpushare::stale_error>([&] { events.poll(); });
    return 0;
}
