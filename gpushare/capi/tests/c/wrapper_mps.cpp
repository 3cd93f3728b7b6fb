// gpushare.hpp: MPS, with the simulated nvidia-cuda-mps-control that the environment names.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

#include <filesystem>
#include <unistd.h>

using namespace std::chrono_literals;

static void values() {
    CHECK(gpushare::mps_multiprocessors(30, 132) == 38);
    CHECK(gpushare::mps_advisory(40, GPUSHARE_ARCHITECTURE_HOPPER)->find("Hopper") != std::string::npos);
    CHECK(!gpushare::mps_advisory(40, GPUSHARE_ARCHITECTURE_AMPERE));
    thrown<gpushare::invalid_argument_error>([] { gpushare::mps_multiprocessors(0, 132); });
}

static void daemon_alone(const std::string &folder, const gpushare::nvml &nvml) {
    gpushare::mps_daemon_options options;
    options.program = getenv("GPUSHARE_MPS_CONTROL");
    options.gpus = {nvml.gpu(0)};
    options.patience = 20s;
    options.flags = GPUSHARE_MPS_ALL_USERS;
    const std::string pipes = folder + "/pipes";
    gpushare::create_mps_pipe_directory(pipes);
    thrown<gpushare::not_found_error>([&] { gpushare::mps_daemon::attach(pipes, options); });
    const auto daemon = gpushare::mps_daemon::start(pipes, options);
    thrown<gpushare::in_use_error>([&] { gpushare::mps_daemon::start(pipes, options); });
    const auto same = gpushare::mps_daemon::attach(pipes, options);
    CHECK(same.pipe_directory() == pipes && same.pid() == daemon.pid() && !same.log_directory());
    CHECK(gpushare::mps_presence::of(pipes).present && gpushare::mps_presence::of(pipes).pid == daemon.pid());
    CHECK((std::filesystem::status(pipes).permissions() & std::filesystem::perms::others_exec) != std::filesystem::perms::none);

    same.set_default_active_thread_percentage(33.3);
    CHECK(daemon.default_active_thread_percentage() == 33.3);
    CHECK(!daemon.default_pinned_device_memory_limit(0));
    same.set_default_pinned_device_memory_limit(0, 512);
    CHECK(daemon.default_pinned_device_memory_limit(0) == "512M");
    same.set_default_client_priority(GPUSHARE_MPS_PRIORITY_BELOW_NORMAL);
    CHECK(daemon.default_client_priority() == GPUSHARE_MPS_PRIORITY_BELOW_NORMAL);
    daemon.verify_user(getuid());
    CHECK(!daemon.version_advisory(nvml));

    daemon.start_server(getuid());
    while (daemon.servers().empty()) {}
    const auto server = gpushare::mps_server::clone(daemon.servers().at(0).get());
    while (server.status() != GPUSHARE_MPS_SERVER_ACTIVE) {}
    CHECK(server.clients().empty() && server.active_thread_percentage() == 33.3 && daemon.clients().empty());
    server.set_active_thread_percentage(20);
    server.set_pinned_device_memory_limit(0, 256);
    CHECK(server.active_thread_percentage() == 20 && server.pinned_device_memory_limit(0) == "256M");
    thrown<gpushare::driver_error>([&] { server.terminate_client(1); });
    server.shut_down(true);
    while (!daemon.servers().empty()) {}
    thrown<gpushare::not_found_error>([&] { server.clients(); });

    bool named = false;
    for (const auto record : daemon.control_log()) {
        CHECK(record.time()[0] == '2' && record.pid() != 0);
        named |= record.role() == GPUSHARE_MPS_LOG_CONTROL && record.text().find("33.3") != std::string::npos;
    }
    CHECK(named && daemon.log_directory() == pipes + ".log");
    CHECK(daemon.quit(1s).killed_count == 0 && !gpushare::mps_presence::of(pipes).present);
}

static void sessions(const std::string &folder, const gpushare::gpu &gpu) {
    gpushare::mps_session_options options;
    options.directory = folder + "/sessions";
    options.program = getenv("GPUSHARE_MPS_CONTROL");
    options.active_thread_percentage = 40;
    options.pinned_device_memory_limit_mib = 2048;
    options.client_priority = GPUSHARE_MPS_PRIORITY_BELOW_NORMAL;
    options.flags = GPUSHARE_MPS_EXCLUSIVE_PROCESS;
    options.patience = 20s;
    CHECK(!gpushare::mps_session::recover(gpu, 0s, options));
    {
        auto session = gpushare::mps_session::share(gpu, options);
        CHECK(gpu.compute_mode() == GPUSHARE_COMPUTE_MODE_EXCLUSIVE_PROCESS && session.advisories().empty());
        CHECK(session.daemon().default_active_thread_percentage() == 40);
        int visible = 0, removed = 0;
        for (const auto &[name, value] : session.client_environment()) {
            visible += name == "CUDA_VISIBLE_DEVICES" && value == gpu.uuid();
            removed += !value;
        }
        CHECK(visible == 1 && removed == 3);
        thrown<gpushare::not_found_error>([&] { session.verify_client(getpid(), 10ms); });
        thrown<gpushare::in_use_error>([&] { gpushare::mps_session::recover(gpu, 0s, options); });
        auto moved = std::move(session);
        CHECK(moved.close(1s).server_count == 0);
    }
    CHECK(gpu.compute_mode() == GPUSHARE_COMPUTE_MODE_DEFAULT);

    options.flags = 0;
    gpu.set_mig_mode(true);
    const auto instance = gpu.create_gpu_instance(gpu.gpu_instance_profile("3g.20gb"));
    const auto device = instance.create_default_compute_instance().mig_device();
    std::string pipes;
    {
        const auto session = gpushare::mps_session::share(device, options);
        pipes = session.daemon().pipe_directory();
        CHECK(pipes == *options.directory + "/" + device.uuid() && gpushare::mps_presence::of(pipes).present);
    }
    CHECK(!gpushare::mps_presence::of(pipes).present && !gpushare::mps_session::recover(device, 0s, options));
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    const auto nvml = gpushare::nvml::load();
    values();
    daemon_alone(argv[1], nvml);
    sessions(argv[1], nvml.gpu(0));
    return 0;
}
