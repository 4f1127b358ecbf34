#include "ekya/simulate/simulation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/profile/pooled_inputs.hpp"
#include "ekya/reference/score.hpp"
#include "ekya/schedule/plan_window.hpp"
#include "ekya/window/window_runner.hpp"
#include "simulated_box.hpp"

namespace ekya {
namespace {

void validate(const SimulationOptions& options) {
    require_in_range("window_seconds", options.window_seconds, 1e-9, 1e9);
    require_in_range("delay", options.delay, 0, options.window_seconds);
    require_in_range("noise", options.noise, 0, 1);
    if (options.delay >= options.window_seconds)
        throw DomainError("delay: leaves nothing of the window");
}

/// How a policy plans the windows of this simulation.
PlanSettings settings_of(const ProfileSet& set, const SimulationOptions& options) {
    PlanSettings settings;
    settings.policy = options.policy.setting;
    settings.gpus = options.gpus;
    settings.min_accuracy = options.min_accuracy;
    settings.max_job_share =
        options.reference_scoring ? std::max(1.0, options.gpus) : options.max_job_share;
    settings.curve = set.curve;
    settings.place = options.place;
    return settings;
}

ScheduleProblem problem_of(std::vector<PlanningInput> streams, const ProfileSet& set,
                           const SimulationOptions& options) {
    const int window = streams.empty() ? 0 : streams.front().window;
    return ekya::problem_of(settings_of(set, options), window, options.window_seconds,
                            std::move(streams));
}

/// The same problem for as long as accuracy counts: reference scoring takes T + 1 samples.
ScheduleProblem scored_problem(ScheduleProblem problem, const SimulationOptions& options) {
    if (options.reference_scoring) problem.horizon = reference_samples(problem.horizon);
    return problem;
}

/// What came of a window.
struct Outcome {
    Plan plan;  ///< or what became of it
    std::vector<StreamScore> scores;
    std::map<std::string, std::string> counted_as = {};
};

/// The published simulator plans once, knowing of the delay, and follows its plan.
Outcome run_published(const ScheduleProblem& predicted, const ScheduleProblem& truth,
                      const SimulationOptions& options) {
    ReferenceOptions settings = options.policy.reference_options;
    settings.delay = options.delay;
    const SystemClock clock;
    const Seconds start = clock.now();
    Plan plan = schedule_reference(predicted, *options.policy.reference, settings);
    plan.decision_seconds = clock.now() - start;
    auto scores =
        options.reference_scoring ? score_reference(truth, plan) : score_plan(truth, plan);
    return {std::move(plan), std::move(scores)};
}

/// A window that WindowRunner runs, as it runs live ones, in simulated time.
Outcome run_window(const ScheduleProblem& predicted, ScheduleProblem truth, const ProfileSet& set,
                   const SimulationOptions& options) {
    SimulatedBox box(predicted.streams, truth.streams, predicted.max_job_share,
                     options.window_seconds, options.delay, set.curve);
    WindowOptions window;
    window.window = predicted.window;
    for (const auto& stream : predicted.streams) window.streams.push_back(stream.stream);
    window.length = window.left = options.window_seconds;
    window.plan = settings_of(set, options);
    window.label_and_profile = options.delay > 0;
    window.jobs_take_from_inference = false;  // the golden model runs on other devices
    Plan course;                              // the first plan; its streams are then what they did
    WindowHooks hooks;
    hooks.check = options.check;
    hooks.on_plan = [&](const Plan& plan) {
        if (plan.elapsed == 0)
            course = plan;
        else
            course.decision_seconds += plan.decision_seconds;
    };
    (void)WindowRunner(window, box, box, box, hooks).run();
    course.horizon = options.window_seconds;
    course.streams = box.course();
    truth.streams = box.truth();
    auto scores = score_course(truth, course, options.reference_scoring);
    return {std::move(course), std::move(scores), box.counted_as()};
}

/// Accuracies of the streams' models at the end of the last window that had the stream.
using ModelAccuracies = std::map<std::string, double>;

void start_from(const ModelAccuracies& accuracies, ProfileWindow& window) {
    for (auto* streams : {&window.predicted, &window.truth})
        for (auto& stream : *streams)
            if (const auto found = accuracies.find(stream.stream); found != accuracies.end())
                stream.accuracy = found->second;
}

/// The predictions of all windows up to the last one, as a profiler would have left them.
using History = std::vector<std::vector<PlanningInput>>;

/// The window's predictions as planners see them.
PreparedWindow prepared(const ProfileWindow& window, const SimulationOptions& options, bool oracle,
                        History& history) {
    PreparedWindow result{&window, {}, 0};
    if (options.noise > 0) {
        result.changed = window.predicted;
        add_noise(*result.changed, window.name, options.noise, options.seed);
    }
    if (!pools_estimates(options, oracle)) return result;
    history.push_back(result.predicted());
    const SystemClock clock;
    const Seconds start = clock.now();
    result.changed = pooled_inputs(history);
    result.seconds = clock.now() - start;
    return result;
}

}  // namespace

bool pools_estimates(const SimulationOptions& options, bool oracle) {
    return options.pool && !options.policy.reference && (!oracle || options.noise > 0);
}

std::vector<PreparedWindow> prepare_windows(const ProfileSet& set, const SimulationOptions& options,
                                            bool oracle) {
    std::vector<PreparedWindow> windows;
    History history;
    for (const auto& window : set.windows)
        windows.push_back(prepared(window, options, oracle, history));
    return windows;
}

SimulatedWindow simulate_window(const PreparedWindow& window, const ProfileSet& set,
                                const SimulationOptions& options) {
    validate(options);
    if (options.check) options.check();
    const ScheduleProblem truth = problem_of(window.profile->truth, set, options);
    const ScheduleProblem predicted = problem_of(window.predicted(), set, options);
    auto [plan, scores, counted_as] = options.policy.reference
                                          ? run_published(predicted, truth, options)
                                          : run_window(predicted, truth, set, options);
    plan.decision_seconds += window.seconds;

    SimulatedWindow result;
    result.name = window.profile->name;
    result.mean_accuracy = mean_accuracy(scores);
    result.expected_accuracy = plan.mean_accuracy;
    result.decision_seconds = plan.decision_seconds;
    if (options.bound) result.bound = options.bound(scored_problem(truth, options));
    for (std::size_t v = 0; v < scores.size(); ++v) {
        const auto& retraining = plan.streams[v].retraining;
        const auto& id = plan.streams[v].stream;
        const auto as = counted_as.find(id);
        result.streams.push_back({id, scores[v], retraining ? retraining->id() : "",
                                  as != counted_as.end() ? as->second : ""});
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
    History history;
    ModelAccuracies models;
    for (const auto& window : set.windows) {
        ProfileWindow continued = window;
        if (options.keep_models) start_from(models, continued);
        simulation.windows.push_back(
            simulate_window(prepared(continued, options, oracle, history), set, options));
        for (const auto& stream : simulation.windows.back().streams)
            models[stream.stream] = stream.score.model_accuracy;
    }
    summarise(simulation);
    return simulation;
}

}  // namespace ekya
