#include "ekya/schedule/pick_configs.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/inference_choice.hpp"
#include "outcome.hpp"

namespace ekya {
namespace {

/// Shares as the jobs can use them: what inference has while the stream is retrained, and when it
/// is not.
struct UsableShares {
    UsableShares(const ScheduleProblem& problem, const JobShares& given) {
        require_in_range("inference share", given.inference, 0, std::numeric_limits<double>::max());
        require_in_range("retraining share", given.retraining, 0,
                         std::numeric_limits<double>::max());
        inference = std::min(given.inference, problem.max_job_share);
        retraining = std::min(given.retraining, problem.max_job_share);
        inference_after = std::min(given.inference + given.retraining, problem.max_job_share);
    }
    double inference, retraining, inference_after;
};

/// The accuracies of one stream over the window.
struct Course {
    Seconds seconds = 0;  ///< of retraining
    double during = 0, after = 0;
};

StreamPlan plan_without_retraining(const PlanningInput& estimate, const InferenceChoice& choice,
                                   double share) {
    StreamPlan plan;
    plan.stream = estimate.stream;
    plan.inference = plan.inference_after = choice.config;
    plan.inference_share = plan.inference_share_after = share;
    return plan;
}

PickedConfigs picked_from(const ScheduleProblem& problem, StreamPlan plan, const Course& course) {
    const Outcome outcome = outcome_of(problem, course.seconds, course.during, course.after);
    PickedConfigs picked{std::move(plan), course.after, 0, outcome.shortfall};
    picked.plan.expected_accuracy = outcome.accuracy;
    const bool all_during = course.seconds >= problem.horizon;
    if (course.seconds > 0 && (all_during || course.during < course.after))
        picked.lowest_accuracy = course.during;
    const bool after_holds =
        all_during || holds_min_accuracy(course.after, 1, problem.min_accuracy);
    if (!picked.holds()) picked.below_until = after_holds ? course.seconds : problem.horizon;
    return picked;
}

}  // namespace

bool ends_within_horizon(const ScheduleProblem& problem, const RetrainingOption& retraining,
                         double share) {
    constexpr double rounding = 1e-9;
    const double used = std::min(share, problem.max_job_share);
    return used > 0 && retraining.device_seconds / used <= problem.horizon * (1 + rounding);
}

PickedConfigs with_retraining(const ScheduleProblem& problem, const PlanningInput& estimate,
                              const JobShares& shares, const RetrainingOption* retraining) {
    const UsableShares usable(problem, shares);
    const auto after = choose_inference(problem, estimate, usable.inference_after);
    StreamPlan plan = plan_without_retraining(estimate, after, usable.inference_after);
    const double unchanged = estimate.accuracy * after.relative_accuracy;
    if (!retraining) return picked_from(problem, std::move(plan), {0, unchanged, unchanged});
    if (!ends_within_horizon(problem, *retraining, usable.retraining))
        throw DomainError("stream " + estimate.stream + ": " + retraining->config.name() +
                          " does not end in time");
    const auto during = choose_inference(problem, estimate, usable.inference);
    const Seconds seconds =
        std::min(retraining->device_seconds / usable.retraining, problem.horizon);
    plan.retraining = PlannedRetraining{
        retraining->config, usable.retraining, seconds, retraining->accuracy, 0, retraining->name};
    plan.inference = during.config;
    plan.inference_share = usable.inference;
    return picked_from(problem, std::move(plan),
                       {seconds, estimate.accuracy * during.relative_accuracy,
                        retraining->accuracy * after.relative_accuracy});
}

PickedConfigs pick_configs(const ScheduleProblem& problem, const PlanningInput& estimate,
                           const JobShares& shares) {
    const UsableShares usable(problem, shares);
    const double during = choose_inference(problem, estimate, usable.inference).relative_accuracy;
    const double after =
        choose_inference(problem, estimate, usable.inference_after).relative_accuracy;
    const auto choice = choose_retraining(problem, estimate, usable.retraining, during, after);
    return with_retraining(problem, estimate, shares, choice.retraining);
}

}  // namespace ekya
