// ekya-simulate: run planned windows on recorded profiles instead of cameras.
//   in: profiles      out: ekya.simulation/1, ekya.capacity/1, or CSV      stderr: messages,
//   progress
#include <cmath>
#include <numeric>
#include <optional>

#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/simulate/recorded_profiles.hpp"
#include "ekya/simulate/reference_profiles.hpp"
#include "ekya/simulate/simulation_record.hpp"
#include "ekya/window/journal.hpp"
#include "ekya/wire/planning_records.hpp"
#include "ekya/wire/records.hpp"
#ifdef EKYA_WITH_BOUND
#include "ekya/bound/upper_bound.hpp"
#endif

namespace {

struct Options {
    ekya::cli::InputOutput io;
    std::string reference_profiles, inference_profile, estimates, truth, store, journal;
    bool oracle = false;
    std::vector<std::string> policies{"best"};
    std::vector<std::size_t> streams;
    ekya::Sweep sweep;
    ekya::SimulatedPolicyOptions policy_options;
    bool bound = false;
    std::optional<double> capacity;
    std::string format = "json";
};

constexpr std::size_t most_streams = 1000000;

void add_profiles(CLI::App& app, Options& o) {
    app.add_option("--reference-profiles", o.reference_profiles,
                   "directory in the published simulator's format")
        ->group("Profiles");
    app.add_option("--inference-profile", o.inference_profile,
                   "accuracy over frame sampling, CSV (default: real_inference_profiles.csv of "
                   "that directory)")
        ->group("Profiles");
    app.add_option("--estimates", o.estimates,
                   "what windows are planned with: ekya.planning-input/1 or ekya.profile/1, JSON "
                   "Lines, of any windows; - = stdin")
        ->group("Profiles");
    app.add_option("--truth", o.truth,
                   "what retraining really gives: ekya.truth/1 or ekya.planning-input/1 (default: "
                   "the estimates are true)")
        ->group("Profiles");
    app.add_option("--store", o.store,
                   "store of a loop that has run: its profiles, and what its retrainings gave")
        ->group("Profiles");
    app.add_option("--journal", o.journal,
                   "ekya.window-event/1, JSON Lines: the journal of a live window, instead of "
                   "profiles; its runner is told again what it was told then, and must order the "
                   "same. Writes ekya.retraining/1")
        ->check(CLI::ExistingFile)
        ->group("Profiles");
    app.add_flag("--oracle", o.oracle, "plan with the true values")->group("Profiles");
}

void add_sweep(CLI::App& app, Options& o) {
    const auto list = [&app](const char* name, auto& values, const char* help) {
        return app.add_option(name, values, help)
            ->delimiter(',')
            ->capture_default_str()
            ->group("Sweep (each a list: a,b,c)");
    };
    list("--policy", o.policies,
         "policies, with settings after colons (uniform:cheapest:0.3: that configuration and part "
         "for inference; cached:time_of_day)")
        ->check(ekya::cli::suggest(ekya::simulated_policy_names()));
    list("--streams", o.streams,
         "the first so many cameras, 0 = all (default: all; with --capacity each number from 1 on)")
        ->check(CLI::Range(std::size_t{0}, most_streams));
    list("--gpus", o.sweep.gpus, "devices to share out")->check(CLI::NonNegativeNumber);
    list("--noise", o.sweep.noise,
         "standard deviation of Gaussian noise on the predicted accuracies, in [0, 1]")
        ->check(CLI::Range(0.0, 1.0));
    list("--delay", o.sweep.delay, "seconds of each window until retraining can start")
        ->check(CLI::NonNegativeNumber);
    list("--window-seconds", o.sweep.window_seconds, "length of a retraining window")
        ->check(CLI::PositiveNumber);
    list("--quantum", o.sweep.quantum, "the share stolen at a time (thief)")
        ->check(CLI::PositiveNumber);
}

void add_options(CLI::App& app, Options& o) {
    o.sweep.jobs = ekya::usable_cores();
    o.sweep.gpus = {1};
    o.sweep.noise = o.sweep.delay = {0};
    o.sweep.window_seconds = {200};
    o.sweep.quantum = {0.1};
    ekya::cli::add_output(app, o.io);
    add_profiles(app, o);
    add_sweep(app, o);
    auto& common = o.sweep.common;
    app.add_option("--min-accuracy", common.min_accuracy,
                   "a_MIN, which every stream must hold at all times")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--max-job-share", common.max_job_share, "the most one job can use, in devices")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Policy");
    ekya::cli::add(app, o.policy_options.policies, {"--quantum", "--unit"});  // a list here
    app.add_option("--reference-iterations", o.policy_options.reference.iterations,
                   "of reference-thief")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--reference-steal", o.policy_options.reference.steal,
                   "increment of reference-thief, in devices")
        ->check(CLI::Range(1e-4, 1e6))
        ->capture_default_str()
        ->group("Policy");
    app.add_flag("--no-placement{false}", common.place,
                 "do not lay jobs onto whole devices, as live windows do with two and more")
        ->group("Simulation");
    app.add_flag("--reference-scoring", common.reference_scoring,
                 "whole seconds as the published simulator counts them; a job may use all devices")
        ->group("Simulation");
    app.add_flag("!--no-pooling", common.pool,
                 "plan with the predictions as they are (else those of all streams and windows are "
                 "drawn together, as live windows do)")
        ->group("Simulation");
    app.add_flag("--keep-models", common.keep_models,
                 "a window starts with the models that the one before left, not with the profile's "
                 "accuracies")
        ->group("Simulation");
    app.add_option("--seed", common.seed, "of the noise")
        ->capture_default_str()
        ->group("Simulation");
    app.add_option(
           "--jobs", o.sweep.jobs,
           "simulations at a time (default: as many as there are cores; 1 for fair decision times)")
        ->check(CLI::Range(1, 4096))
        ->group("Simulation");
    app.add_flag("--bound", o.bound, "also an upper bound on what any plan could reach")
        ->group("Results");
    app.add_flag("--timeline", common.keep_plans, "every job's share over time")->group("Results");
    app.add_option("--capacity", o.capacity,
                   "only the most of the --streams whose mean accuracy is at least this, for all "
                   "other settings")
        ->check(CLI::Range(0.0, 1.0))
        ->group("Results");
    app.add_option("--format", o.format,
                   "json: one record a line; csv: one row a simulation, without windows")
        ->check(CLI::IsMember({"json", "csv"}))
        ->capture_default_str()
        ->group("Results");
    ekya::cli::describe(
        app, {"profiles", "ekya.simulation/1, or ekya.capacity/1 with --capacity",
              "ekya-simulate --estimates examples/worked-example/estimates.jsonl --gpus 3 "
              "--window-seconds 120 --keep-models --policy uniform,thief,best --format csv",
              "Ekya, NSDI 2022, section 6 (trace-driven simulator)"});
}

ekya::PlanningRecords read_records(const std::string& file, ekya::cli::Context& context) {
    ekya::cli::InputOutput io;
    io.input = file;
    const std::string name = ekya::cli::Context::input_name(io);
    auto records = ekya::read_planning_records(context.input(io), name);
    if (records.inputs.empty())
        throw ekya::InputError(name + ": no records; ekya.planning-input/1 records are needed");
    return records;
}

/// What windows are planned with, and what they are scored with.
struct Profiles {
    ekya::ProfileSet set;
    bool oracle = false;  ///< planned with the truth
};

Profiles read_recorded(const Options& o, ekya::cli::Context& context) {
    ekya::PlanningRecords predicted;
    std::vector<ekya::PlanningInput> truth;
    if (!o.store.empty()) {
        auto recorded = ekya::read_recorded_profiles(ekya::Store(o.store));
        for (const auto& profile : recorded.predicted)
            predicted.inputs.push_back(ekya::planning_input(profile));
        predicted.profiles = std::move(recorded.predicted);
        truth = std::move(recorded.truth);
    } else {
        predicted = read_records(o.estimates, context);
    }
    if (!o.truth.empty()) {
        auto records = read_records(o.truth, context);
        ekya::require_same_starts(predicted.profiles, records.truths);
        truth = std::move(records.inputs);
    }
    const bool oracle =
        o.oracle || truth.empty() || predicted.truths.size() == predicted.inputs.size();
    if (o.oracle && !truth.empty()) predicted.inputs = truth;
    return {ekya::profiles_from_inputs(std::move(predicted.inputs), std::move(truth)), oracle};
}

Profiles read_profiles(const Options& o, ekya::cli::Context& context) {
    if (!o.reference_profiles.empty())
        return {
            ekya::read_reference_profiles(o.reference_profiles, 0, o.oracle, o.inference_profile),
            o.oracle};
    auto profiles = read_recorded(o, context);
    if (!o.inference_profile.empty())
        profiles.set.curve = std::make_shared<const ekya::InferenceCurve>(
            ekya::read_inference_profile(o.inference_profile));
    return profiles;
}

/// Time that is counted in whole seconds cannot begin between two.
void require_whole_delays(const ekya::Sweep& sweep) {
    bool whole = sweep.common.reference_scoring;
    for (const auto& policy : sweep.policies) whole = whole || policy.reference;
    for (const double delay : sweep.delay)
        if (whole && delay != std::floor(delay))
            throw ekya::ConfigError(
                "--delay: is not a whole number of seconds, as --reference-scoring and the "
                "reference policies need");
}

/// Published profiles hold no earlier models; recorded ones only if they were made with them.
void warn_of_no_models(const ekya::Sweep& sweep, const ekya::ProfileSet& set,
                       const ekya::cli::Context& context) {
    for (const auto& policy : sweep.policies)
        if (!policy.reference && policy.setting.policy->name == "cached") {
            for (const auto& window : set.windows)
                for (const auto& stream : window.predicted)
                    if (!stream.cached.empty()) return;
            context.warn("policy " + policy.text +
                         ": the profiles, or the truth of some window, hold no earlier models to "
                         "choose from, all streams keep theirs");
            return;
        }
}

/// Options are checked before anything is read, so that they are not blamed on the profiles.
ekya::Sweep checked_sweep(const Options& o) {
    const auto given = [](const std::string& text) { return text.empty() ? 0 : 1; };
    if (given(o.reference_profiles) + given(o.estimates) + given(o.store) != 1)
        throw ekya::ConfigError("one of --reference-profiles, --estimates and --store is needed");
    if (!o.truth.empty() && !o.reference_profiles.empty())
        throw ekya::ConfigError("--truth: published profiles hold their own truth");
    if (o.estimates == "-" && o.truth == "-")
        throw ekya::ConfigError("--truth: - is --estimates already");
    ekya::Sweep sweep = o.sweep;
    sweep.streams = o.streams.empty() ? std::vector<std::size_t>{0} : o.streams;
    if (sweep.jobs < 1) throw ekya::ConfigError("--jobs: at least 1 is needed");
    try {
        for (const auto& text : o.policies)
            sweep.policies.push_back(ekya::simulated_policy_from(text, o.policy_options));
        // CLI11's ranges let NaN pass.
        for (const double noise : sweep.noise) ekya::require_in_range("--noise", noise, 0, 1);
        for (const double gpus : sweep.gpus) ekya::require_in_range("--gpus", gpus, 0, 1e6);
        for (const double window : sweep.window_seconds)
            ekya::require_in_range("--window-seconds", window, 1e-9, 1e9);
        for (const double quantum : sweep.quantum)
            ekya::require_in_range("--quantum", quantum, 0.001, sweep.common.max_job_share);
        if (o.capacity) ekya::require_in_range("--capacity", *o.capacity, 0, 1);
        ekya::require_in_range("--min-accuracy", sweep.common.min_accuracy, 0, 1);
        ekya::require_in_range("--max-job-share", sweep.common.max_job_share, 1e-9, 1e9);
        for (const double delay : sweep.delay)
            for (const double window : sweep.window_seconds)
                ekya::require_in_range("--delay", delay, 0, window * (1 - 1e-9));
        ekya::require_in_range("--reference-steal", o.policy_options.reference.steal, 1e-4, 1e6);
        require_whole_delays(sweep);
    } catch (const ekya::DomainError& e) {
        throw ekya::ConfigError(e.what());
    }
    return sweep;
}

/// A live window once more, from its journal.
void replay(const Options& o, ekya::cli::Context& context) {
    ekya::WindowHooks hooks;
    hooks.check = ekya::cli::Context::check_interrupted;
    auto output = context.output(o.io);
    const auto outcome = ekya::with_context(
        o.journal, [&] { return ekya::replay_window(ekya::read_journal(o.journal), hooks); });
    for (const auto& record : outcome.retrainings) output.write(ekya::encode(record));
    output.commit();
}

void run(const Options& o, ekya::cli::Context& context) {
    if (!o.journal.empty()) return replay(o, context);
    ekya::Sweep sweep = checked_sweep(o);
    if (o.bound) {
#ifdef EKYA_WITH_BOUND
        sweep.common.bound = [](const ekya::ScheduleProblem& problem) {
            return ekya::upper_bound(problem).mean_accuracy;
        };
#else
        throw ekya::ConfigError("--bound: built without CLP (EKYA_WITH_BOUND)");
#endif
    }
    sweep.common.check = ekya::cli::Context::check_interrupted;
    auto output = context.output(o.io);
    const auto profiles = read_profiles(o, context);
    warn_of_no_models(sweep, profiles.set, context);
    if (o.capacity && o.streams.empty()) {
        sweep.streams.resize(profiles.set.cameras.size());
        std::iota(sweep.streams.begin(), sweep.streams.end(), std::size_t{1});
    }
    std::vector<ekya::Simulation> simulations;
    {
        ekya::cli::Progress progress("simulating", 1);
        simulations = ekya::run_sweep(profiles.set, profiles.oracle, sweep,
                                      [&](double done) { progress.update(done); });
    }
    const auto write = [&](const auto& records) {
        if (o.format == "csv")
            for (const auto& line : ekya::csv_lines(records)) output.write_line(line);
        else
            for (const auto& record : records) output.write(ekya::encode(record));
    };
    if (o.capacity)
        write(ekya::capacities(simulations, *o.capacity));
    else
        write(simulations);
    output.commit();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-simulate",
                                        "Simulate retraining windows from recorded profiles, for "
                                        "any policy and many settings at once.",
                                        argc, argv, add_options, run);
}
