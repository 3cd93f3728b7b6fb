// usage: scheduler FOLDER [PROGRAM [ARGUMENT...]]
//
// Runs a list of jobs on GPU 0, each on a MIG device of its own of the size that it needs. What does not fit waits until others end.
// Before each wait it says what is free and who is on the MIG devices, from an observer, which asks the driver for what has changed.
// A job is PROGRAM, which finds its MIG device in CUDA_VISIBLE_DEVICES; without one, this program again, which says what it was given.
// FOLDER is where changes of the GPU are journalled.
#include <gpushare.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <system_error>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

namespace {

struct job {
    std::string name;
    std::string profile;
};

struct running_job {
    job what;
    std::string place; // "3g.20gb@4"
    pid_t pid;
};

std::string describe(const job &one) { return one.name + " (" + one.profile + ")"; }

// Starts a program that sees one MIG device.
pid_t start(const std::vector<std::string> &program, const std::string &device) {
    std::vector<std::string> variables{"CUDA_VISIBLE_DEVICES=" + device};
    for (char **variable = environ; *variable != nullptr; ++variable) {
        if (std::string(*variable).rfind("CUDA_VISIBLE_DEVICES=", 0) != 0) variables.emplace_back(*variable);
    }
    const auto pointers = [](const std::vector<std::string> &texts) {
        std::vector<char *> all;
        for (const auto &text : texts) all.push_back(const_cast<char *>(text.c_str()));
        all.push_back(nullptr);
        return all;
    };
    pid_t pid = 0;
    const int failed =
        posix_spawnp(&pid, program.front().c_str(), nullptr, nullptr, pointers(program).data(), pointers(variables).data());
    if (failed != 0) throw std::system_error(failed, std::generic_category(), program.front());
    return pid;
}

class scheduler {
public:
    scheduler(const gpushare::nvml &nvml, std::string folder, std::vector<std::string> program)
        : gpu_(nvml.gpu(0)), observer_(nvml.observer()), program_(std::move(program)) {
        options_.directory = std::move(folder);
    }

    void run(std::vector<job> waiting) {
        while (!waiting.empty() || !running_.empty()) {
            for (auto one = waiting.begin(); one != waiting.end();) one = admit(*one) ? waiting.erase(one) : one + 1;
            if (running_.empty()) throw std::runtime_error(describe(waiting.front()) + " fits on no empty GPU");
            show();
            reap();
        }
    }

private:
    // Gives a job its MIG device and starts it; false where there is no room for now.
    bool admit(const job &one) {
        std::optional<gpushare::plan> plan;
        try {
            plan = gpu_.plan(layout(one.profile));
        } catch (const gpushare::infeasible_error &) {
            std::cout << "wait    " << describe(one) << std::endl;
            return false;
        }
        const auto made = gpu_.apply(*plan, options_).made();
        const auto device = made.at(0);
        const auto instance = device.gpu_instance();
        const auto place = one.profile + "@" + std::to_string(instance.placement().start);
        std::cout << "start   " << describe(one) << " on " << device.uuid() << " at " << place << std::endl;
        running_.push_back({one, place, start(program_, device.uuid())});
        return true;
    }

    // Says what is free and who is on which MIG device.
    void show() const {
        const auto gpu = observer_.snapshot().gpu(gpu_.uuid());
        if (!gpu) return;
        std::string room;
        for (const auto &one : gpu->capacity()) {
            if (one.free() > 0) room += (room.empty() ? "" : " or ") + std::to_string(one.free()) + " " + one.profile();
        }
        std::cout << "free    " << (room.empty() ? "nothing" : room) << std::endl;
        for (const auto &device : gpu->mig_devices()) {
            std::cout << "device  " << device.name() << " " << device.uuid() << ":";
            if (const auto memory = device.memory()) std::cout << " " << (memory->used >> 20) << " MiB in use";
            for (const auto &process : device.processes()) {
                std::cout << ", process " << process.pid() << " (" << process.name().value_or("unknown") << ")";
            }
            std::cout << std::endl;
        }
        for (const auto &one : gpu->unknown()) std::cout << "unknown " << one.message() << std::endl;
    }

    // Waits for a job to end, and destroys its MIG device.
    void reap() {
        int status = 0;
        const pid_t pid = wait(&status);
        const auto ended = std::find_if(running_.begin(), running_.end(), [pid](const auto &one) { return one.pid == pid; });
        if (ended == running_.end()) return;
        std::cout << (status == 0 ? "end     " : "failed  ") << describe(ended->what) << std::endl;
        running_.erase(ended);
        gpu_.apply_layout(layout(), options_);
    }

    // What runs stays where it is, and what comes may lie anywhere else.
    gpushare::layout layout(const std::string &coming = "") const {
        std::string text = coming;
        for (const auto &one : running_) text += (text.empty() ? "" : ", ") + one.place;
        return gpushare::layout::parse(text);
    }

    gpushare::gpu gpu_;
    gpushare::observer observer_;
    gpushare::apply_options options_;
    std::vector<std::string> program_;
    std::vector<running_job> running_;
};

int work() {
    std::cout << "worker  sees " << std::getenv("CUDA_VISIBLE_DEVICES") << std::endl;
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char **argv) {
    if (argc == 2 && argv[1] == std::string("--work")) return work();
    if (argc < 2) {
        std::cerr << "usage: scheduler FOLDER [PROGRAM [ARGUMENT...]]\n";
        return EXIT_FAILURE;
    }
    std::vector<std::string> program(argv + 2, argv + argc);
    if (program.empty()) program = {"/proc/self/exe", "--work"};
    try {
        const auto nvml = gpushare::nvml::load();
        scheduler(nvml, argv[1], program).run({
            {"train", "4g.20gb"},
            {"tune", "3g.20gb"},
            {"infer", "2g.10gb"},
            {"notebook", "1g.5gb"},
            {"evaluate", "3g.20gb"},
            {"embed", "1g.5gb"},
        });
        nvml.gpu(0).set_mig_mode(false);
        return EXIT_SUCCESS;
    } catch (const std::exception &failed) {
        std::cerr << "scheduler: " << failed.what() << "\n";
        return EXIT_FAILURE;
    }
}
