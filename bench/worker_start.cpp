// ekya-bench-start: what a job costs from being asked for to its end, executed and forked by a
// worker, in turn.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>

#include "ekya/core/clock.hpp"
#include "ekya/window/local_executor.hpp"
#include "ekya/wire/records.hpp"

namespace {

using ekya::Seconds;

struct Options {
    std::string bin, streams, store, stream, directory;
    int window = 2, times = 5;
};

/// One kind of job.
struct Job {
    std::string name;
    std::vector<std::string> command;
};

struct Cost {
    Seconds wall = 0, cpu = 0;
};

std::vector<Job> jobs_of(const Options& o) {
    const auto tool = [&](const std::string& name) { return o.bin + "/" + name; };
    const std::vector<std::string> common{
        "--streams", o.streams, "--store",  o.store,
        "--stream",  o.stream,  "--window", std::to_string(o.window),
        "--device",  "cpu",     "--replace"};
    const auto with = [&](std::vector<std::string> command, const std::vector<std::string>& more) {
        command.insert(command.end(), common.begin(), common.end());
        command.insert(command.end(), more.begin(), more.end());
        return command;
    };
    return {
        {"ekya-label: to main()", {tool("ekya-label"), "--version"}},
        {"ekya-profile: to main()", {tool("ekya-profile"), "--version"}},
        {"ekya-train: to main()", {tool("ekya-train"), "--version"}},
        {"ekya-label: a window", with({tool("ekya-label")}, {})},
        // One batch holds all samples.
        {"ekya-train: one step", with({tool("ekya-train")}, {"--epochs", "1", "--batch-size",
                                                             "4096", "--data-fraction", "0.05"})}};
}

/// Runs it once, alone. @throws std::runtime_error if it fails
Cost run(ekya::Executor& executor, const Options& o, const Job& job) {
    const ekya::SystemClock clock;
    const Seconds begun = clock.now();
    ekya::JobRequest request;
    request.name = "job";
    request.command = job.command;
    request.log = o.directory + "/log";
    request.records = o.directory + "/records";
    executor.start(request);
    std::vector<ekya::JobEnd> ends;
    while (ends.empty()) ends = executor.wait(1);
    const auto& record = ends.front().record;
    if (record.exit_code != 0)
        throw std::runtime_error(job.name + ": exit code " + std::to_string(*record.exit_code) +
                                 "; see " + request.log.string());
    return {clock.now() - begun, record.used * record.cores};
}

/// Digest of the weights that a training has just made; empty for other jobs.
std::string weights_of(const Options& o) {
    std::ifstream records(o.directory + "/records");
    std::string digest;
    for (std::string line; std::getline(records, line);)
        if (const auto at = line.find("\"sha256\":\""); at != std::string::npos)
            digest = line.substr(at + 10, 64);
    return digest;
}

Seconds median(std::vector<Seconds> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void report(const std::string& job, const std::string& way, const std::vector<Cost>& costs) {
    std::vector<Seconds> wall, cpu;
    for (const Cost& cost : costs) {
        wall.push_back(cost.wall);
        cpu.push_back(cost.cpu);
    }
    std::printf("%s,%s,%.4f,%.4f\n", job.c_str(), way.c_str(), median(wall), median(cpu));
    std::fflush(stdout);
}

int compare(const Options& o) {
    ekya::LocalExecutorOptions options;
    options.on_problem = [](const std::string& problem) { std::cerr << problem << '\n'; };
    ekya::LocalExecutor executed(options);
    options.worker = o.bin + "/ekya-worker";
    ekya::LocalExecutor forked(options);
    std::puts("job,start,wall_seconds,cpu_seconds");
    for (const Job& job : jobs_of(o)) {
        std::map<std::string, std::vector<Cost>> costs;
        std::map<std::string, std::string> weights;
        run(executed, o, job);  // files are in memory, the worker is loaded
        run(forked, o, job);
        for (int i = 0; i < o.times; ++i) {
            costs["exec"].push_back(run(executed, o, job));
            weights["exec"] = weights_of(o);
            costs["worker"].push_back(run(forked, o, job));
            weights["worker"] = weights_of(o);
        }
        for (const auto& [way, list] : costs) report(job.name, way, list);
        if (weights["exec"] != weights["worker"])
            throw std::runtime_error(job.name + ": the worker's weights are others");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app("Cost of starting jobs, executed and forked by a worker. Use worker_start.sh.");
    app.add_option("--bin", o.bin, "directory of the programs")->required();
    app.add_option("--streams", o.streams)->required();
    app.add_option("--store", o.store)->required();
    app.add_option("--stream", o.stream)->required();
    app.add_option("--window", o.window)->capture_default_str();
    app.add_option("--directory", o.directory, "for files of its own")->required();
    app.add_option("--times", o.times, "each job is run, in either way")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        return compare(o);
    } catch (const std::exception& e) {
        std::cerr << "ekya-bench-start: error: " << e.what() << '\n';
        return 1;
    }
}
