#include "ekya/cli/window_options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/suggestions.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/retraining_configs.hpp"

namespace ekya::cli {
namespace fs = std::filesystem;
namespace {

void add_stages(CLI::App& app, StageOptions& o) {
    const std::string group = "Stages";
    const auto further = [&](const char* name, auto& options, const char* help) {
        app.add_option(name, options, help)->allow_extra_args(false)->group(group);
    };
    app.add_option("--teacher", o.teacher,
                   "annotations, or the golden model's file (see ekya-label --help)")
        ->capture_default_str()
        ->group(group);
    app.add_option("--fraction", o.fraction, "part of the objects that the golden model labels")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group(group);
    app.add_option("--exemplars", o.exemplars,
                   "samples of earlier windows mixed in (default: 600 crops, or 20 frames)")
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--configs", o.configs, "retraining configurations to profile (ekya.configs/1)")
        ->check(CLI::ExistingFile)
        ->group(group);
    further("--label-option", o.label_options,
            "further option for ekya-label, repeatable, e.g. "
            "--label-option=--class-map=person=pedestrian");
    further("--profile-option", o.profile_options,
            "further option for ekya-profile, repeatable, e.g. --profile-option=--min-samples=100");
    further("--train-option", o.train_options,
            "further option for ekya-train, repeatable, e.g. --train-option=--promote=always");
}

void add_planning(CLI::App& app, WindowToolOptions& o) {
    const std::string group = "Planning";
    app.add_option("--gpus", o.gpus,
                   "devices to share out, those of all boxes and of this one; without a GPU all "
                   "cores of a box are one device")
        ->check(CLI::Range(1e-6, 1e6))
        ->capture_default_str()
        ->group(group);
    app.add_option("--min-accuracy", o.min_accuracy, "a_MIN: no stream may fall below it")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group(group);
    add(app, o.policies);
    app.add_option("--uniform-config", o.uniform_config,
                   "ekya.configs/1 file whose first entry policy uniform uses")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_option("--profile-budget", o.profile_budget,
                   "device-seconds per stream for the micro-profiler, 0 = no limit; short of it, "
                   "configurations are estimated from what earlier windows showed, or dropped. "
                   "auto: together a twentieth of the window's device time, and none is dropped")
        ->capture_default_str()
        ->group(group);
}

void add_boxes(CLI::App& app, BoxOptions& o) {
    const std::string group = "Device";
    app.add_option("--device", o.device, "where networks run: auto, cpu, cuda or cuda:N")
        ->check(suggest({"auto", "cpu", "cuda"}))
        ->capture_default_str()
        ->group(group);
    app.add_option("--threads", o.threads, "CPU threads of each job")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str()
        ->group(group);
    app.add_option("--cores", o.cores,
                   "cores that make one device without a GPU, 0 = all that may be used")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--share-holder", o.share_holder,
                   "what holds jobs to their shares: mps (of a GPU: NVIDIA's Multi-Process "
                   "Service), cgroup (the kernel), threads (thread counts, and stopping a job "
                   "that is ahead), auto = what works here")
        ->check(CLI::IsMember({"auto", "mps", "cgroup", "threads"}))
        ->capture_default_str()
        ->group(group);
    app.add_flag("--cold{false}", o.warm,
                 "start every program anew instead of from a worker that holds libtorch ready")
        ->group(group);
    app.add_option(
           "--executor", o.executor,
           "where labelling, profiling and training run: local, or slurm = each of these "
           "jobs is submitted to Slurm and runs on a box that has room; streams, planning "
           "and inference stay on this one. The store and the programs must lie at the same "
           "place on all boxes")
        ->check(CLI::IsMember({"local", "slurm"}))
        ->capture_default_str()
        ->group(group);
    app.add_option("--slurm-partition", o.slurm_partition, "partition of the boxes")->group(group);
    app.add_option("--slurm-option", o.slurm_options,
                   "further option for srun, repeatable, e.g. --slurm-option=--mem=2G")
        ->allow_extra_args(false)
        ->group(group);
}

/// This program's own directory: the programs lie together.
fs::path own_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

std::optional<double> profile_budget(const std::string& text) {
    if (text == "auto") return std::nullopt;
    double value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) ||
        !std::isfinite(value))
        throw ConfigError("--profile-budget: \"" + text + "\" is neither auto nor seconds");
    return value;
}

}  // namespace

void add(CLI::App& app, WindowToolOptions& o) {
    add(app, o.streams);
    add(app, o.store);
    add(app, o.seed);
    add_stages(app, o.stages);
    add_planning(app, o);
    add_boxes(app, o.boxes);
}

void let_last_count(CLI::App& app) {
    for (auto* option : app.get_options([](CLI::Option*) { return true; }))
        if (option->get_expected_max() == 1 && option->get_type_size_max() == 1)
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void complete(WindowToolOptions& o) {
    for (const auto& [name, value] : {std::pair("--gpus", o.gpus),
                                      {"--min-accuracy", o.min_accuracy},
                                      {"--fraction", o.stages.fraction},
                                      {"--quantum", o.policies.thief.quantum}})
        if (!std::isfinite(value)) throw ConfigError(std::string(name) + ": a number is needed");
    (void)profile_budget(o.profile_budget);
    if (!std::ifstream(o.streams.list))
        throw ConfigError("--streams: " + o.streams.list + " cannot be read");
    if (o.stages.teacher != "annotations" && !std::ifstream(o.stages.teacher))
        throw ConfigError("--teacher: " + o.stages.teacher + " cannot be read");
    o.stages.programs = o.boxes.programs = own_directory();
    for (const char* program : {"ekya-ingest", "ekya-label", "ekya-train", "ekya-infer"})
        if (!fs::exists(o.stages.programs / program))
            throw ConfigError(o.stages.programs.string() + ": has no " + program +
                              "; this build holds only some of the programs");
    o.stages.streams = o.streams.list;
    o.stages.seed = o.seed.seed;
    o.stages.device = o.boxes.device;
    o.stages.threads = o.boxes.threads;
    o.stages.drop_unprofiled = o.profile_budget != "auto";
    o.policies.thief.unit = o.policies.thief.quantum;
    if (!o.uniform_config.empty())
        o.policies.uniform.config = read_retraining_configs(o.uniform_config).front();
}

WindowOptions window_options(const WindowToolOptions& o, const std::string& policy,
                             const Boxes& boxes) {
    WindowOptions window;
    try {
        window.plan.policy = policy_setting_from(policy, o.policies);
    } catch (const DomainError& e) {
        throw ConfigError(std::string("--policy: ") + e.what());
    }
    if (window.plan.policy.policy->simulated_only)
        throw ConfigError("--policy: " + policy + " can only be simulated (ekya-simulate)");
    window.plan.gpus = o.gpus;
    window.plan.min_accuracy = o.min_accuracy;
    window.plan.max_job_share = boxes.most_share();
    window.profile_budget = profile_budget(o.profile_budget);
    window.jobs_at_once = boxes.at_once();
    window.jobs_take_from_inference = boxes.jobs_are_here();
    window.inference_overhead = boxes.idle_share();
    return window;
}

}  // namespace ekya::cli
