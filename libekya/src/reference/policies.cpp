#include "ekya/reference/policies.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/reference/score.hpp"
#include "thief.hpp"

namespace ekya {
namespace {

using Curves = std::vector<std::shared_ptr<const InferenceCurve>>;

constexpr std::array names{std::pair{ReferencePolicy::thief, "reference-thief"},
                           std::pair{ReferencePolicy::fair_dumb, "reference-fair-dumb"},
                           std::pair{ReferencePolicy::fair_naive, "reference-fair-naive"},
                           std::pair{ReferencePolicy::fair_sco, "reference-fair-sco"},
                           std::pair{ReferencePolicy::fair_random, "reference-fair-random"},
                           std::pair{ReferencePolicy::inference_only, "reference-inference-only"}};

/// T, in whole seconds.
int checked_horizon(const ScheduleProblem& problem, const ReferenceOptions& options) {
    validate(problem);
    require_in_range("horizon", problem.horizon, 1, 1e6);
    require_in_range("iterations", options.iterations, 1, 1e6);
    require_in_range("steal", options.steal, 1e-4, 1e6);
    const double horizon = std::floor(problem.horizon + 1e-9);
    require_in_range("delay", options.delay, 0, horizon - 1);
    if (options.delay != std::floor(options.delay))
        throw DomainError("delay: is not a whole number of seconds");
    return static_cast<int>(horizon);
}

ReferenceWindow window_of(const ScheduleProblem& problem, const Curves& curves, int horizon) {
    ReferenceWindow window;
    window.gpus = problem.gpus;
    window.horizon = horizon;
    for (std::size_t v = 0; v < problem.streams.size(); ++v) {
        const auto& stream = problem.streams[v];
        window.cameras.push_back({stream.accuracy, curves[v].get(), nullptr});
        auto& candidates = window.candidates.emplace_back();
        for (const auto& entry : stream.retraining)
            if (entry.accuracy >= stream.accuracy) candidates.push_back(&entry);
    }
    return window;
}

/// The most accurate candidate that takes less than `seconds` with this share; the first of equal
/// ones, null if none.
const RetrainingOption* most_accurate(const std::vector<const RetrainingOption*>& candidates,
                                      double share, Seconds seconds) {
    const RetrainingOption* best = nullptr;
    for (const auto* entry : candidates)
        if (share > 0 && entry->device_seconds / share < seconds &&
            (!best || entry->accuracy > best->accuracy))
            best = entry;
    return best;
}

const RetrainingOption* fair_choice(ReferencePolicy policy, const ReferenceWindow& window,
                                    std::size_t v) {
    const auto& candidates = window.candidates[v];
    if (candidates.empty() || policy == ReferencePolicy::inference_only) return nullptr;
    if (policy == ReferencePolicy::fair_random) return candidates.front();
    if (policy == ReferencePolicy::fair_naive)
        return most_accurate(candidates, window.gpus / 4, window.horizon);
    if (policy == ReferencePolicy::fair_dumb) return most_accurate(candidates, 1, HUGE_VAL);
    ReferenceSimulator simulator;
    return optimise_camera(simulator, window, v, window.gpus / 2, window.gpus / 2);
}

ReferenceTimeline fair(ReferenceWindow& window, ReferencePolicy policy) {
    const std::size_t count = window.cameras.size();
    double retrained = 0;
    for (std::size_t v = 0; v < count; ++v) {
        window.cameras[v].retraining = fair_choice(policy, window, v);
        retrained += window.cameras[v].retraining ? 1 : 0;
    }
    const double half = policy == ReferencePolicy::inference_only ? window.gpus : window.gpus * 0.5;
    ReferenceTimeline timeline;
    timeline.restart(count);
    for (std::size_t v = 0; v < count; ++v) {
        timeline.inference_of(0, v) = half / static_cast<double>(count);
        if (window.cameras[v].retraining)
            timeline.retraining_of(0, v) = (window.gpus - half) / retrained;
    }
    ReferenceSimulator().redistribute(window.cameras, timeline);
    return timeline;
}

/// All of it later, after an even split over inference.
ReferenceTimeline delayed(const ReferenceTimeline& timeline, Seconds delay, double gpus) {
    if (delay == 0) return timeline;
    ReferenceTimeline later = timeline;
    for (Seconds& start : later.starts) start += delay;
    later.insert(0);
    for (std::size_t v = 0; v < later.cameras; ++v)
        later.inference_of(0, v) = gpus / static_cast<double>(later.cameras);
    return later;
}

/// The first row in which a retraining that has run holds nothing any more; timeline.size() if
/// there is none.
std::size_t row_after(const ReferenceTimeline& timeline, std::size_t v) {
    std::size_t row = 0;
    while (row < timeline.size() && timeline.retraining_of(row, v) == 0) ++row;
    while (row < timeline.size() && timeline.retraining_of(row, v) != 0) ++row;
    return row;
}

StreamPlan stream_plan(const ScheduleProblem& problem, const ReferenceCamera& camera,
                       const ReferenceTimeline& timeline, std::size_t v, Seconds delay) {
    StreamPlan plan;
    plan.stream = problem.streams[v].stream;
    for (std::size_t row = 0; row < timeline.size(); ++row) {
        const double share = timeline.inference_of(row, v);
        plan.steps.push_back({timeline.starts[row], share, timeline.retraining_of(row, v),
                              camera.curve->config(share)});
    }
    const std::size_t planned = delay > 0 ? 1 : 0, after = row_after(timeline, v);
    if (const auto* entry = camera.retraining) {
        const Seconds ends = after < timeline.size()
                                 ? std::min(timeline.starts[after], problem.horizon)
                                 : problem.horizon;
        plan.retraining = PlannedRetraining{entry->config, timeline.retraining_of(planned, v),
                                            ends,          entry->accuracy,
                                            delay,         entry->name};
    }
    return plan;
}

/// The published simulator knows no a_MIN: what falls below it is only said.
void report_low_accuracy(ScheduleProblem problem, Plan& plan) {
    problem.max_job_share = std::max(problem.max_job_share, problem.gpus);
    const auto scores = score_reference(problem, plan);
    for (std::size_t v = 0; v < scores.size(); ++v) {
        if (scores[v].shortfall == 0) continue;
        std::ostringstream text;
        text << "stream " << plan.streams[v].stream << ": accuracy " << scores[v].lowest_accuracy
             << " is below min_accuracy " << problem.min_accuracy;
        plan.violations.push_back(text.str());
    }
}

}  // namespace

std::string to_string(ReferencePolicy policy) {
    for (const auto& [value, name] : names)
        if (value == policy) return name;
    throw DomainError("policy: unknown");
}

std::optional<ReferencePolicy> reference_policy_from(const std::string& name) {
    for (const auto& [value, text] : names)
        if (name == text) return value;
    return std::nullopt;
}

std::vector<std::string> reference_policy_names() {
    std::vector<std::string> all;
    for (const auto& [value, name] : names) all.emplace_back(name);
    return all;
}

Plan schedule_reference(const ScheduleProblem& problem, ReferencePolicy policy,
                        const ReferenceOptions& options) {
    const int horizon = checked_horizon(problem, options);
    const Curves curves = inference_curves(problem);
    ReferenceWindow window = window_of(problem, curves, horizon - static_cast<int>(options.delay));
    const ReferenceTimeline planned =
        policy == ReferencePolicy::thief ? reference_thief(window, options) : fair(window, policy);
    const ReferenceTimeline timeline = delayed(planned, options.delay, problem.gpus);

    Plan plan;
    plan.policy = to_string(policy);
    plan.window = problem.window;
    plan.gpus = problem.gpus;
    plan.horizon = problem.horizon;
    plan.min_accuracy = problem.min_accuracy;
    ReferenceSimulator simulator;
    plan.mean_accuracy = simulator.score(window.cameras, timeline, horizon);
    for (std::size_t v = 0; v < window.cameras.size(); ++v) {
        plan.streams.push_back(stream_plan(problem, window.cameras[v], timeline, v, options.delay));
        plan.streams.back().expected_accuracy = simulator.means()[v];
    }
    if (problem.min_accuracy > 0) report_low_accuracy(problem, plan);
    return plan;
}

}  // namespace ekya
