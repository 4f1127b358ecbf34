#include "ekya/schedule/plan_window.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ekya/schedule/place/placement.hpp"

namespace ekya {
namespace {

/// Nothing is laid onto devices where a job may span two, or where models come from elsewhere.
bool to_be_placed(const PlanSettings& settings, const ScheduleProblem& problem, const Plan& plan) {
    const bool several_whole = problem.gpus >= 2 && problem.gpus == std::floor(problem.gpus);
    const bool from_elsewhere =
        std::any_of(plan.streams.begin(), plan.streams.end(), [](const auto& stream) {
            return !stream.cached.empty() || (stream.retraining && stream.retraining->elsewhere);
        });
    return settings.place && several_whole && problem.max_job_share <= 1 && !from_elsewhere;
}

}  // namespace

ScheduleProblem problem_of(const PlanSettings& settings, int window, Seconds horizon,
                           std::vector<PlanningInput> streams) {
    ScheduleProblem problem;
    problem.window = window;
    problem.horizon = horizon;
    problem.gpus = settings.gpus;
    problem.min_accuracy = settings.min_accuracy;
    problem.max_job_share = settings.max_job_share;
    problem.streams = std::move(streams);
    problem.curve = settings.curve;
    return problem;
}

Plan plan_window(const PlanSettings& settings, const ScheduleProblem& problem) {
    Plan plan = make_plan(*settings.policy.policy, problem, settings.policy.options);
    if (to_be_placed(settings, problem, plan)) plan = place_plan(problem, std::move(plan));
    carry_starts(plan, problem.streams);
    return plan;
}

}  // namespace ekya
