// ekya-bench-executors: what the executor for Slurm costs, beside the one for this machine. Needs a
// Slurm of two boxes; use slurm.sh.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "ekya/core/clock.hpp"
#include "ekya/window/local_executor.hpp"
#include "ekya/window/slurm_executor.hpp"

namespace {

namespace fs = std::filesystem;
using ekya::Seconds;

struct Options {
    ekya::SlurmOptions slurm;
    std::string directory;
    int jobs = 40;
};

ekya::JobRequest request(const Options& o, const std::string& name,
                         std::vector<std::string> command, double share) {
    ekya::JobRequest request;
    request.name = name;
    request.command = std::move(command);
    request.share = share;
    request.log = o.directory + "/" + name + ".log";
    return request;
}

/// Waits for so many jobs. @throws std::runtime_error if one fails
void await(ekya::Executor& executor, std::size_t jobs) {
    for (std::size_t ended = 0; ended < jobs;)
        for (const auto& end : executor.wait(1)) {
            if (end.record.exit_code != 0) throw std::runtime_error(end.name + " failed");
            ++ended;
        }
}

void report(const std::string& executor, std::vector<Seconds> times) {
    std::sort(times.begin(), times.end());
    std::printf("%s, a job that does nothing: median %.3f, 90 %% within %.3f (%zu jobs)\n",
                executor.c_str(), times[times.size() / 2], times[times.size() * 9 / 10],
                times.size());
}

void one_by_one(const Options& o, ekya::Executor& local, ekya::Executor& slurm) {
    const ekya::SystemClock clock;
    std::vector<Seconds> local_times, slurm_times;
    for (int i = 0; i < o.jobs; ++i)  // in turn, so that a busy moment meets both
        for (auto [executor, times] :
             {std::pair(&local, &local_times), std::pair(&slurm, &slurm_times)}) {
            const Seconds begun = clock.now();
            executor->start(request(o, "nothing", {"true"}, 0.25));
            await(*executor, 1);
            times->push_back(clock.now() - begun);
        }
    report("local", local_times);
    report("slurm", slurm_times);
}

void many(const Options& o, ekya::Executor& slurm) {
    const ekya::SystemClock clock;
    const Seconds begun = clock.now();
    for (int i = 0; i < 24; ++i)
        slurm.start(request(o, "many" + std::to_string(i), {"sleep", "1"}, 0.25));
    await(slurm, 24);
    std::printf("24 jobs of 1 s on 8 CPUs, at best 3: %.2f\n", clock.now() - begun);
}

/// A job names its box in the file `box`; who runs this kills the box then.
void lost(const Options& o, ekya::Executor& slurm) {
    const fs::path box = fs::path(o.directory) / "box";
    slurm.start(request(o, "lost",
                        {"bash", "-c",
                         "[[ ! -e $0 ]] || exit 0; printf %s \"$SLURMD_NODENAME\" >\"$0.part\"; mv "
                         "\"$0.part\" \"$0\"; sleep 600",
                         box.string()},
                        0));
    const ekya::SystemClock clock;
    while (!fs::exists(box)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const Seconds begun = clock.now();
    await(slurm, 1);
    std::printf("a box dies without a word, until its job has run elsewhere: %.2f\n",
                clock.now() - begun);
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    o.slurm.device = "cpu";
    o.slurm.run_options = {"--executor", "threads"};
    CLI::App app("Cost of the executor for Slurm. Use slurm.sh.");
    app.add_option("--ekya-run", o.slurm.ekya_run)->required();
    app.add_option("--directory", o.directory, "for logs, and the file that names a box")
        ->required();
    app.add_option("--jobs", o.jobs)->check(CLI::Range(1, 100000))->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        ekya::LocalExecutorOptions local_options;
        local_options.holder.kind = "threads";
        ekya::LocalExecutor local(local_options);
        ekya::SlurmExecutor slurm(o.slurm);
        one_by_one(o, local, slurm);
        many(o, slurm);
        lost(o, slurm);
    } catch (const std::exception& e) {
        std::cerr << "ekya-bench-executors: error: " << e.what() << '\n';
        return 1;
    }
    return 0;
}
