#include "ekya/simulate/simulation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/profile/estimate_pool.hpp"
#include "ekya/reference/score.hpp"
#include "live_run.hpp"

namespace ekya {
namespace {

void validate(const SimulationOptions& options) {
    require_in_range("window_seconds", options.window_seconds, 1e-9, 1e9);
    require_in_range("delay", options.delay, 0, options.window_seconds);
    require_in_range("noise", options.noise, 0, 1);
    if (options.delay >= options.window_seconds)
        throw DomainError("delay: leaves nothing of the window");
    if (options.as_live && (options.reference_scoring || !plans_anew(options.policy)))
        throw DomainError(
            "as_live: needs a policy that retrains on these devices, and continuous time");
}

ScheduleProblem problem_of(std::vector<PlanningInput> streams, const ProfileSet& set,
                           const SimulationOptions& options) {
    ScheduleProblem problem;
    problem.window = streams.empty() ? 0 : streams.front().window;
    problem.horizon = options.window_seconds;
    problem.gpus = options.gpus;
    problem.min_accuracy = options.min_accuracy;
    problem.max_job_share =
        options.reference_scoring ? std::max(1.0, options.gpus) : options.max_job_share;
    problem.streams = std::move(streams);
    problem.curve = set.curve;
    return problem;
}

/// The same problem for as long as accuracy counts: reference scoring takes T + 1 samples.
ScheduleProblem scored_problem(ScheduleProblem problem, const SimulationOptions& options) {
    if (options.reference_scoring) problem.horizon = reference_samples(problem.horizon);
    return problem;
}

/// Puts what was planned for the time after labelling behind what holds until then.
void shift(const Plan& before, Seconds delay, Plan& plan) {
    for (std::size_t v = 0; v < plan.streams.size(); ++v) {
        StreamPlan& stream = plan.streams[v];
        for (auto& step : stream.steps) step.start += delay;
        stream.steps.insert(stream.steps.begin(), before.streams[v].steps.front());
        if (!stream.retraining) continue;
        stream.retraining->start_seconds += delay;
        stream.retraining->expected_seconds += delay;
    }
    plan.horizon += delay;
    for (auto& violation : plan.violations) violation = "after labelling: " + violation;
    for (const auto& violation : before.violations)
        plan.violations.push_back("while labelling: " + violation);
}

/// Inference alone, divided as the policy would without any retraining.
Plan plan_while_labelling(ScheduleProblem problem, const SimulationOptions& options) {
    PolicyOptions settings = options.policy.setting.options;
    settings.uniform.config.reset();
    for (auto& stream : problem.streams) stream.retraining.clear();
    problem.horizon = options.delay;
    return make_plan(*options.policy.setting.policy, problem, settings);
}

ScheduleProblem after_labelling(ScheduleProblem problem, const SimulationOptions& options) {
    problem.horizon -= options.delay;
    return problem;
}

std::vector<StreamScore> scores_of(const ScheduleProblem& problem, const Plan& plan,
                                   const SimulationOptions& options) {
    if (!options.reference_scoring) return score_plan(problem, plan);
    return options.policy.reference ? score_reference(problem, plan)
                                    : sample_reference(problem, plan);
}

/// As the published simulator plans, which knows of the delay.
Plan plan_reference(const ScheduleProblem& problem, const SimulationOptions& options) {
    ReferenceOptions settings = options.policy.reference_options;
    settings.delay = options.delay;
    const SystemClock clock;
    const Seconds start = clock.now();
    Plan plan = schedule_reference(problem, *options.policy.reference, settings);
    plan.decision_seconds = clock.now() - start;
    return plan;
}

/// Until retraining can start the devices serve inference.
Plan plan_after_delay(const ScheduleProblem& problem, const SimulationOptions& options) {
    if (options.policy.reference) return plan_reference(problem, options);
    Plan plan = make_plan(*options.policy.setting.policy, after_labelling(problem, options),
                          options.policy.setting.options);
    if (options.delay == 0 && !options.reference_scoring) return plan;
    if (options.delay > 0) shift(plan_while_labelling(problem, options), options.delay, plan);
    plan.mean_accuracy = mean_accuracy(scores_of(problem, plan, options));
    return plan;
}

/// What came of a window.
struct Outcome {
    Plan plan;  ///< or what became of it
    std::vector<StreamScore> scores;
    std::vector<std::string> counted_as = {};
};

Outcome run_planned(const ScheduleProblem& predicted, const ScheduleProblem& truth,
                    const SimulationOptions& options) {
    Plan plan = plan_after_delay(predicted, options);
    auto scores = scores_of(truth, plan, options);
    return {std::move(plan), std::move(scores)};
}

/// With all plans that a live window would have had.
Outcome run_as_live(const ScheduleProblem& predicted, ScheduleProblem truth,
                    const SimulationOptions& options) {
    const RestPlanner planner = [&](const ScheduleProblem& rest) {
        if (options.check) options.check();
        return make_plan(*options.policy.setting.policy, rest, options.policy.setting.options);
    };
    auto run = run_as_live(after_labelling(predicted, options), std::move(truth.streams), planner);
    truth.streams = std::move(run.truth);
    if (options.delay > 0) {
        const Plan before = plan_while_labelling(predicted, options);
        const double part = options.delay / predicted.horizon;
        run.course.mean_accuracy =
            part * before.mean_accuracy + (1 - part) * run.course.mean_accuracy;
        shift(before, options.delay, run.course);
    }
    auto scores = score_course(truth, run.course);
    return {std::move(run.course), std::move(scores), std::move(run.counted_as)};
}

/// Accuracies of the streams' models at the end of the last window that had the stream.
using ModelAccuracies = std::map<std::string, double>;

void start_from(const ModelAccuracies& accuracies, ProfileWindow& window) {
    for (auto* streams : {&window.predicted, &window.truth})
        for (auto& stream : *streams)
            if (const auto found = accuracies.find(stream.stream); found != accuracies.end())
                stream.accuracy = found->second;
}

/// The predictions with noise, and refined with what the pool knows.
PreparedWindow prepared(const ProfileWindow& window, const SimulationOptions& options, bool oracle,
                        EstimatePool& pool) {
    PreparedWindow result{&window, {}, 0};
    if (options.noise > 0) {
        result.changed = window.predicted;
        add_noise(*result.changed, window.name, options.noise, options.seed);
    }
    if (pools_estimates(options, oracle)) {
        const SystemClock clock;
        const Seconds start = clock.now();
        result.changed = pool.refine(result.predicted());
        result.seconds = clock.now() - start;
    }
    return result;
}

}  // namespace

bool plans_anew(const SimulatedPolicy& policy) {
    return !policy.reference && policy.setting.policy->replans;
}

bool pools_estimates(const SimulationOptions& options, bool oracle) {
    const auto& policy = options.policy;
    return options.pool && !policy.reference && policy.setting.policy->name == "best" &&
           (!oracle || options.noise > 0);
}

std::vector<PreparedWindow> prepare_windows(const ProfileSet& set, const SimulationOptions& options,
                                            bool oracle) {
    std::vector<PreparedWindow> windows;
    EstimatePool pool;
    for (const auto& window : set.windows)
        windows.push_back(prepared(window, options, oracle, pool));
    return windows;
}

SimulatedWindow simulate_window(const PreparedWindow& window, const ProfileSet& set,
                                const SimulationOptions& options) {
    validate(options);
    if (options.check) options.check();
    const ScheduleProblem truth = problem_of(window.profile->truth, set, options);
    const ScheduleProblem predicted = problem_of(window.predicted(), set, options);
    auto [plan, scores, counted_as] = options.as_live ? run_as_live(predicted, truth, options)
                                                      : run_planned(predicted, truth, options);
    plan.decision_seconds += window.seconds;

    SimulatedWindow result;
    result.name = window.profile->name;
    result.mean_accuracy = mean_accuracy(scores);
    result.expected_accuracy = plan.mean_accuracy;
    result.decision_seconds = plan.decision_seconds;
    if (options.bound) result.bound = options.bound(scored_problem(truth, options));
    for (std::size_t v = 0; v < scores.size(); ++v) {
        const auto& retraining = plan.streams[v].retraining;
        result.streams.push_back({plan.streams[v].stream, scores[v],
                                  retraining ? retraining->id() : "",
                                  v < counted_as.size() ? counted_as[v] : ""});
    }
    result.violations = plan.violations;
    if (options.keep_plans) result.plan = std::move(plan);
    return result;
}

void summarise(Simulation& simulation) {
    const auto count = static_cast<double>(simulation.windows.size());
    double bound = 0;
    bool bounded = !simulation.windows.empty();
    simulation.mean_accuracy = simulation.decision_seconds = 0;
    for (const auto& window : simulation.windows) {
        simulation.mean_accuracy += window.mean_accuracy / count;
        simulation.decision_seconds += window.decision_seconds / count;
        bounded = bounded && window.bound;
        bound += window.bound.value_or(0) / count;
    }
    if (bounded) simulation.bound = bound;
}

Simulation simulate(const ProfileSet& set, const SimulationOptions& options, bool oracle) {
    Simulation simulation{options, oracle, set.cameras.size(), 0, 0, {}, {}};
    EstimatePool pool;
    ModelAccuracies models;
    for (const auto& window : set.windows) {
        ProfileWindow continued = window;
        if (options.keep_models) start_from(models, continued);
        simulation.windows.push_back(
            simulate_window(prepared(continued, options, oracle, pool), set, options));
        for (const auto& stream : simulation.windows.back().streams)
            models[stream.stream] = stream.score.model_accuracy;
    }
    summarise(simulation);
    return simulation;
}

}  // namespace ekya
