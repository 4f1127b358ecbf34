// ekya-schedule: plan one retraining window.
//   in: ekya.planning-input/1, JSON Lines      out: ekya.plan/1      stderr: messages
#include <cmath>

#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/schedule/plan/explain.hpp"
#include "ekya/schedule/plan_window.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "ekya/wire/planning_records.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/retraining_configs.hpp"
#ifdef EKYA_WITH_BOUND
#include "ekya/bound/upper_bound.hpp"
#endif

namespace {

struct Options {
    ekya::cli::InputOutput io;
    ekya::cli::SeedOptions seed;
    std::string policy = "best", uniform_config;
    ekya::ScheduleProblem problem;
    ekya::PolicyOptions policies;
    double inference_overhead = 0;
    bool bound = false, explain = false, no_placement = false;
};

void add_options(CLI::App& app, Options& o) {
    o.problem.horizon = 200;
    o.problem.gpus = 1;
    ekya::cli::add(app, o.io);
    ekya::cli::add(app, o.seed);
    app.add_option("--policy", o.policy,
                   "how to plan: best (ours), thief (the paper's), or a baseline")
        ->check(CLI::IsMember(ekya::policy_names()))
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--window-seconds", o.problem.horizon, "time the plan is for")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--gpus", o.problem.gpus,
                   "devices to share out; without a GPU all cores are one device")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--max-job-share", o.problem.max_job_share,
                   "the most one job can use, in devices")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--inference-overhead", o.inference_overhead,
                   "share that every inference needs besides analysing frames: for taking them in, "
                   "loading models")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Policy");
    app.add_option("--min-accuracy", o.problem.min_accuracy,
                   "a_MIN, which every stream must hold at all times")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Policy");
    ekya::cli::add(app, o.policies);
    app.add_option("--uniform-config", o.uniform_config,
                   "ekya.configs/1 file whose first entry is taken instead of --uniform-choice")
        ->group("Policies");
    app.add_flag(
           "--no-placement", o.no_placement,
           "do not lay the jobs onto whole devices (else done for 2 and more, jobs of at most one)")
        ->group("Policy");
    app.add_flag("--bound", o.bound, "also an upper bound on the mean accuracy of any plan")
        ->group("Results");
    app.add_flag("--explain", o.explain, "say on stderr why each stream gets what it gets")
        ->group("Results");
    ekya::cli::describe(
        app, {"ekya.planning-input/1, JSON Lines, one per stream", "ekya.plan/1",
              "ekya-profile --streams streams.json --window 4 | ekya-schedule --window-seconds 10 "
              "--explain",
              "Ekya, NSDI 2022, section 4.2, Algorithms 1 and 2 (thief); best is ours"});
}

/// Options are checked before anything is read, so that they are not blamed on the input.
void validate_options(const Options& o, const ekya::PolicyOptions& policies) {
    try {
        ekya::require_in_range("--window-seconds", o.problem.horizon, 1e-9, 1e12);
        ekya::require_in_range("--gpus", o.problem.gpus, 0, ekya::limits::share);
        ekya::require_in_range("--max-job-share", o.problem.max_job_share, 1e-9, 1e9);
        ekya::require_in_range("--min-accuracy", o.problem.min_accuracy, 0, 1);
        ekya::require_in_range("--unit", policies.thief.unit, 0.001, o.problem.max_job_share);
        ekya::require_in_range("--quantum", policies.thief.quantum, policies.thief.unit, 1e6);
        ekya::require_in_range("--uniform-inference-share", policies.uniform.inference_share, 0, 1);
    } catch (const ekya::DomainError& e) {
        throw ekya::ConfigError(e.what());
    }
}

ekya::PolicyOptions policy_options(const Options& o) {
    ekya::PolicyOptions policies = o.policies;
    validate_options(o, policies);
    if (!o.uniform_config.empty())
        policies.uniform.config = ekya::read_retraining_configs(o.uniform_config).front();
    return policies;
}

ekya::ScheduleProblem read_problem(const Options& o, ekya::cli::Context& context) {
    const std::string name = ekya::cli::Context::input_name(o.io);
    ekya::ScheduleProblem problem = o.problem;
    problem.streams = ekya::read_planning_records(context.input(o.io), name).inputs;
    if (problem.streams.empty())
        throw ekya::InputError(
            name + ": no records; one ekya.planning-input/1 record per stream is needed");
    problem.window = problem.streams.front().window;
    for (auto& stream : problem.streams)
        for (auto& entry : stream.inference) entry.share += o.inference_overhead;
    for (const auto& stream : problem.streams)
        if (stream.window != problem.window)
            throw ekya::InputError(name + ": stream " + stream.stream +
                                   " has a record for window " + std::to_string(stream.window) +
                                   ", others for " + std::to_string(problem.window));
    return problem;
}

void add_bound(const ekya::ScheduleProblem& problem, ekya::Plan& plan) {
#ifdef EKYA_WITH_BOUND
    plan.bound = ekya::upper_bound(problem).mean_accuracy;
#else
    (void)problem;
    (void)plan;
#endif
}

void run(const Options& o, ekya::cli::Context& context) {
#ifndef EKYA_WITH_BOUND
    if (o.bound) throw ekya::ConfigError("--bound: built without CLP (EKYA_WITH_BOUND)");
#endif
    ekya::PlanSettings settings;
    settings.policy = ekya::policy_setting_from(o.policy, policy_options(o));
    settings.place = !o.no_placement;
    const std::string name = ekya::cli::Context::input_name(o.io);
    const auto problem = read_problem(o, context);
    auto output = context.output(o.io);
    const ekya::Plan plan = ekya::with_context(name, [&] {
        ekya::Plan made = ekya::plan_window(settings, problem);
        const auto planner = [&](const ekya::ScheduleProblem& of) {
            return ekya::make_plan(*settings.policy.policy, of, settings.policy.options);
        };
        // What is written is explained: placing may have cut shares.
        if (o.explain)
            for (const auto& line : ekya::describe(
                     ekya::explain(problem, made, planner, settings.policy.options.thief.quantum)))
                context.say(line);
        if (o.bound) add_bound(problem, made);
        return made;
    });
    for (const auto& violation : plan.violations) context.warn(violation);
    output.write(ekya::encode(plan));
    output.commit();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-schedule", "Plan one retraining window: who retrains, how, and who gets which share.",
        argc, argv, add_options, run);
}
